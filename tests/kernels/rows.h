/* What the kernel tests are asked for, and the rows of kernels.def that they have executed, for the
 * check that there is none without. A program may be given: cases for a row, of which an emulated
 * machine takes fewer, a part of the names of the rows, and a part of those to leave out. */
#ifndef TPP_TESTS_ROWS_H
#define TPP_TESTS_ROWS_H

#include <tpp/rt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Empties the file that TPP_ROWS names in the environment; nothing without. */
void rows_begin(void);
/* Adds a row that came out right. */
void rows_add(const char *name);

static inline int rows_cases(int argc, char **argv, int usual) {
  int n = argc > 1 ? atoi(argv[1]) : 0;
  return n > 0 ? n : usual;
}

/* Whether to test the row; says so when this machine cannot. */
static inline int rows_wanted(int argc, char **argv, const char *name, uint32_t isa) {
  if ((argc > 2 && !strstr(name, argv[2])) || (argc > 3 && strstr(name, argv[3])))
    return 0;
  if (tpp_cpu_isas() & isa)
    return 1;
  printf("%-32s skipped: this CPU or TPP_ISA does not have its instruction set\n", name);
  return 0;
}

/* Notes how the row came out; returns whether it is right. */
static inline int rows_result(const char *name, int ok) {
  if (ok)
    rows_add(name);
  else
    printf("%s FAILED\n", name);
  return ok != 0;
}

#endif
