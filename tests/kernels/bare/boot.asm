; The boot sector: loads CHUNKS pieces of 32 KiB from the disk to BASE, above the first MiB, enters long mode with
; AVX-512 state enabled, and calls BASE. The first GiB is mapped to itself, in pages of 2 MiB; the last 2 MiB of
; GUARDED MiB in pages of 4 KiB is up to what is called.
bits 16
org 0x7c00

BASE   equ 0x100000
BUFFER equ 0x10000              ; where the BIOS can read to
PML4   equ 0x1000
PDPT   equ 0x2000
PD     equ 0x3000

        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00
        mov     [drive], dl
        in      al, 0x92        ; the address line of the second MiB
        or      al, 2
        out     0x92, al
        mov     cx, CHUNKS
load:   push    cx
        mov     si, packet
        mov     ah, 0x42        ; read sectors by their number
        mov     dl, [drive]
        int     0x13
        jc      fail
        mov     si, move_table
        mov     cx, 0x4000      ; words
        mov     ah, 0x87        ; copy to where real mode does not reach
        int     0x15
        jc      fail
        add     dword [packet + 8], 64
        add     word [to_low], 0x8000
        adc     byte [to_high], 0
        pop     cx
        loop    load

        cli
        mov     edi, PML4
        xor     eax, eax
        mov     ecx, 0x3000 / 4
        rep     stosd
        mov     dword [PML4], PDPT + 3
        mov     dword [PDPT], PD + 3
        mov     edi, PD
        mov     eax, 0x83       ; present, writable, 2 MiB
        mov     cx, 512
page:   mov     [edi], eax
        add     eax, 0x200000
        add     edi, 8
        loop    page

        lgdt    [gdt_pointer]
        mov     eax, cr4
        or      eax, 1 << 5 | 1 << 9 | 1 << 10 | 1 << 18 ; PAE, OSFXSR, OSXMMEXCPT, OSXSAVE
        mov     cr4, eax
        mov     eax, PML4
        mov     cr3, eax
        mov     ecx, 0xc0000080 ; EFER
        rdmsr
        or      eax, 1 << 8     ; long mode
        wrmsr
        mov     eax, cr0
        and     eax, ~(1 << 2)  ; no emulation of the FPU
        or      eax, 1 << 31 | 1 << 1 | 1
        mov     cr0, eax
        jmp     8:long_mode

fail:   mov     al, '!'
        out     0xe9, al
        hlt

bits 64
long_mode:
        mov     ax, 16
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     rsp, 0x1000000
        mov     eax, 13         ; which state the CPU has
        xor     ecx, ecx
        cpuid
        and     eax, 0xe7       ; x87, SSE, AVX, AVX-512
        xor     ecx, ecx
        xor     edx, edx
        xsetbv
        mov     eax, BASE
        call    rax
        mov     dx, 0x8900      ; Bochs ends when it reads the word
        mov     rsi, word_of_end
        mov     ecx, 8
end:    lodsb
        out     dx, al
        loop    end
stop:   hlt
        jmp     stop

word_of_end: db 'Shutdown'
align 8
gdt:    dq 0, 0x00209a0000000000, 0x0000920000000000
gdt_pointer:
        dw 23
        dd gdt
packet: db 16, 0
        dw 64, 0, BUFFER >> 4
        dq 1
move_table: dq 0, 0             ; the BIOS fills these
        dw 0xffff, 0            ; from BUFFER
        db BUFFER >> 16, 0x93, 0, 0
        dw 0xffff
to_low: dw 0
to_high: db BASE >> 16, 0x93, 0, 0
        dq 0, 0
drive:  db 0
        times 510 - ($ - $$) db 0
        dw 0xaa55
