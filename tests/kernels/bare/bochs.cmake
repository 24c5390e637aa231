# Makes a disk of a boot sector, a kernel test, and the runtime as it is shipped, and runs it in Bochs as MODEL.
#   -DTEST=brgemm_test -DCASES=n -DROWS=part-of-names -DMODEL=tigerlake -DSECONDS=limit
#   -DSOURCE=project -DRUNTIME=libtpprt.a -DCC=compiler -DOUT=folder -DROWS_FILE=what was executed
set(bare ${SOURCE}/tests/kernels/bare)
set(ENV{TERM} xterm)
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${OUT})
file(MAKE_DIRECTORY ${OUT})
file(REMOVE ${ROWS_FILE})
set(flags -O2 -w -ffreestanding -fno-builtin -fno-pic -fno-pie -fno-stack-protector -fno-tree-loop-distribute-patterns
  -fcf-protection=none -U_FORTIFY_SOURCE -mno-red-zone -I${SOURCE} -I${SOURCE}/include -I${SOURCE}/runtime
  "-DCASES=\"${CASES}\"" "-DROWS=\"${ROWS}\"" -DTPP_HAVE_XSMM=1)
set(objects "")
foreach(file ../${TEST} ../guard bare_rows libc)
  cmake_path(GET file FILENAME name)
  run(${CC} ${flags} -c ${bare}/${file}.c -o ${OUT}/${name}.o)
  list(APPEND objects ${OUT}/${name}.o)
endforeach()
run(ld -nostdlib -static -z noexecstack --no-warn-rwx-segments -T ${bare}/image.ld ${objects} ${RUNTIME} -o ${OUT}/image.elf)
run(objcopy -O binary ${OUT}/image.elf ${OUT}/image.bin)

file(SIZE ${OUT}/image.bin bytes)
math(EXPR chunks "(${bytes} + 32767) / 32768")
if(chunks GREATER 200)
  message(FATAL_ERROR "the image has ${bytes} bytes, which reaches the stack")
endif()
run(nasm -DCHUNKS=${chunks} ${bare}/boot.asm -o ${OUT}/boot.bin)
# Cylinders of 16 heads and 63 sectors.
set(cylinders 20)
math(EXPR size "${cylinders} * 16 * 63 * 512")
run(sh -c "cat boot.bin image.bin > disk.img && truncate -s ${size} disk.img" WORKING_DIRECTORY ${OUT})

file(WRITE ${OUT}/commands "c\n")
file(WRITE ${OUT}/bochsrc "display_library: term
cpu: model=${MODEL}, count=1, ips=200000000, reset_on_triple_fault=0
memory: guest=128, host=128
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path=disk.img, mode=flat, cylinders=${cylinders}, heads=16, spt=63
boot: disk
port_e9_hack: enabled=1
sound: driver=dummy
log: bochs.log
panic: action=fatal
clock: sync=none
")
# The text display wants a terminal; Bochs ends with 1 when it is told to. What counts is the output.
execute_process(COMMAND timeout ${SECONDS} script -qfc "bochs -q -f bochsrc -rc commands" /dev/null
  WORKING_DIRECTORY ${OUT} INPUT_FILE /dev/null OUTPUT_FILE ${OUT}/output RESULT_VARIABLE ignored)
file(STRINGS ${OUT}/output lines)
set(executed "")
set(status "no end")
foreach(line IN LISTS lines)
  if(line MATCHES "^row ([a-z0-9_]+ executed)")
    string(APPEND executed "${CMAKE_MATCH_1}\n")
  elseif(line MATCHES "^exit ([0-9]+)")
    set(status ${CMAKE_MATCH_1})
  elseif(line MATCHES "cases|wrong|FAILED|skipped|refus")
    message("${line}")
  endif()
endforeach()
if(NOT status STREQUAL "0" OR executed STREQUAL "")
  message(FATAL_ERROR "ended with ${status}; see ${OUT}/output and ${OUT}/bochs.log")
endif()
file(WRITE ${ROWS_FILE} "${executed}")
