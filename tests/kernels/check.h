/* Checks of a test program: a failed one is printed and counted. */
#ifndef TPP_TESTS_CHECK_H
#define TPP_TESTS_CHECK_H

#include <stdio.h>

static int failures;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      printf("line %d: %s\n", __LINE__, #condition);                                               \
      failures++;                                                                                  \
    }                                                                                              \
  } while (0)

#endif
