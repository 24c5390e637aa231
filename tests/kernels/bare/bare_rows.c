/* A kernel test on a machine without an operating system: the rows that it executed go to the
 * output, and its command line is CASES and ROWS. */
#include "tests/kernels/rows.h"

#include <stdio.h>
#include <tpp/rt.h>

int bare_main(void);
int main(int argc, char **argv);
const char *tpp_xsmm_bind(tpp_brgemm *kernel);
const char *tpp_xsmm_refuse(const tpp_brgemm_desc *desc, uint32_t isas);

void rows_begin(void) {}

void rows_add(const char *name) {
  printf("row %s executed\n", name);
}

/* In place of the library, which compiles at run time. */
const char *tpp_xsmm_bind(tpp_brgemm *kernel) {
  (void)kernel;
  return "there is no libxsmm on this machine";
}

const char *tpp_xsmm_refuse(const tpp_brgemm_desc *desc, uint32_t isas) {
  (void)desc, (void)isas;
  return "there is no libxsmm on this machine";
}

int bare_main(void) {
  char program[] = "test", cases[] = CASES, rows[] = ROWS, made[] = "xsmm";
  char *argv[] = {program, cases, rows, made, NULL};
  return main(4, argv);
}
