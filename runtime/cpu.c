/* Which instruction sets the CPU and the operating system offer, and the TPP_ISA mask over them.
 *
 * An extension counts only if the system saves its registers: CPUID says what the CPU has, XCR0
 * which state is enabled. Detection runs once; two threads that race compute the same value. */
#include <tpp/rt.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static uint64_t read_xcr0(void) {
  uint32_t lo, hi;
  __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
  return (uint64_t)hi << 32 | lo;
}

static int has(uint32_t reg, unsigned bit) {
  return (int)(reg >> bit & 1u);
}

/* Linux gives a process the state of tile registers, 8 KiB a thread, when it asks for it; threads
 * that it makes later, and those it has, may use them too. */
static int may_use_tiles(void) {
#if defined(__linux__)
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
  return 0;
#endif
}

static uint32_t detect(void) {
  uint32_t isas = TPP_ISA_REF;
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d))
    return isas;
  int fma = has(c, 12), osxsave = has(c, 27), avx = has(c, 28), f16c = has(c, 29);
  uint64_t xcr0 = osxsave ? read_xcr0() : 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
    return isas;
  uint32_t b7 = b, c7 = c, d7 = d, max7 = a;

  const uint64_t ymm_state = 0x6, zmm_state = 0xe6, tile_state = 0x60000;
  if ((xcr0 & ymm_state) == ymm_state && avx && fma && f16c && has(b7, 5) && has(b7, 8))
    isas |= TPP_ISA_AVX2;
  else
    return isas;
  if ((xcr0 & zmm_state) == zmm_state && has(b7, 16) && has(b7, 17) && has(b7, 30) && has(b7, 31))
    isas |= TPP_ISA_AVX512;
  else
    return isas;
  if (has(c7, 11))
    isas |= TPP_ISA_AVX512_VNNI;
  if (max7 >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && has(a, 5))
    isas |= TPP_ISA_AVX512_BF16;
  if ((xcr0 & tile_state) == tile_state && has(d7, 22) && has(d7, 24) && has(d7, 25) &&
      may_use_tiles())
    isas |= TPP_ISA_AMX;
  return isas;
}

#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>

static uint32_t detect(void) {
  const unsigned long asimddp = 1ul << 20, i8mm = 1ul << 13, bf16 = 1ul << 14;
  unsigned long cap = getauxval(AT_HWCAP), cap2 = getauxval(AT_HWCAP2);
  uint32_t isas = TPP_ISA_REF | TPP_ISA_NEON;
  if (cap & asimddp)
    isas |= TPP_ISA_NEON_DOT;
  if (cap2 & bf16)
    isas |= TPP_ISA_NEON_BF16;
  if ((cap & asimddp) &&
      (cap2 & i8mm)) /* kernels of I8MM use dot products where those are better */
    isas |= TPP_ISA_NEON_I8MM;
  return isas;
}

#else
static uint32_t detect(void) {
  return TPP_ISA_REF;
}
#endif

/* What each value of TPP_ISA leaves visible. */
static const struct {
  const char *name;
  uint32_t visible;
} masks[] = {
    {"ref", TPP_ISA_REF},
    {"avx2", (TPP_ISA_AVX2 << 1) - 1},
    {"avx512", (TPP_ISA_AVX512 << 1) - 1},
    {"avx512_vnni", (TPP_ISA_AVX512_VNNI << 1) - 1},
    {"avx512_bf16", (TPP_ISA_AVX512_BF16 << 1) - 1},
    {"amx", (TPP_ISA_AMX << 1) - 1},
    {"neon", (TPP_ISA_NEON << 1) - 1},
    {"neon_dot", (TPP_ISA_NEON_DOT << 1) - 1},
    {"neon_bf16", (TPP_ISA_NEON_BF16 << 1) - 1},
    {"neon_i8mm", (TPP_ISA_NEON_I8MM << 1) - 1},
};

static uint32_t read_mask(void) {
  const char *name = getenv("TPP_ISA");
  if (!name || !*name)
    return UINT32_MAX;
  for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
    if (strcmp(name, masks[i].name) == 0)
      return masks[i].visible;
  fprintf(stderr, "tpp: TPP_ISA=%s is not known and hides nothing\n", name);
  return UINT32_MAX;
}

/* 0 before the first call; a detected set always has the reference bit. */
static _Atomic uint32_t detected, visible;

uint32_t tpp_cpu_isas_unmasked(void) {
  uint32_t isas = atomic_load_explicit(&detected, memory_order_relaxed);
  if (isas == 0) {
    isas = detect();
    atomic_store_explicit(&detected, isas, memory_order_relaxed);
  }
  return isas;
}

uint32_t tpp_cpu_isas(void) {
  uint32_t isas = atomic_load_explicit(&visible, memory_order_relaxed);
  if (isas == 0) {
    isas = tpp_cpu_isas_unmasked() & read_mask();
    atomic_store_explicit(&visible, isas, memory_order_relaxed);
  }
  return isas;
}
