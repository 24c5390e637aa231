/* A CPU that has AMX and nothing else above the reference: in the place of the runtime's cpu.c. The
 * kernels bring operands to tiles with AVX-512, which must be there all the same. */
#include <stdio.h>
#include <stdlib.h>
#include <tpp/rt.h>

enum { SKIPPED = 77 };

uint32_t tpp_cpu_isas_unmasked(void) {
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl")) {
    printf("skipped: the CPU lacks AVX-512, which brings operands to the tiles\n");
    exit(SKIPPED);
  }
  return TPP_ISA_REF | TPP_ISA_AMX;
}

uint32_t tpp_cpu_isas(void) {
  return tpp_cpu_isas_unmasked();
}
