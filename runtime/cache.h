/* When an operand does not stay in the first-level cache although it is small enough. */
#ifndef TPP_RUNTIME_CACHE_H
#define TPP_RUNTIME_CACHE_H

#include <stdint.h>

/* 32 KiB of 8 ways: the smallest first-level cache of the machines with AVX2. A larger one has more
 * ways. */
enum { TPP_CACHE_LINE = 64, TPP_CACHE_SETS = 64, TPP_CACHE_WAYS = 8 };

/* Rows of some bytes that begin stride bytes apart: a stride with many factors of two puts them all
 * in few sets. Whether those have too few lines for them. What is merely too large for the cache
 * does not count: it streams. */
static inline int tpp_cache_conflicts(int64_t rows, int64_t stride, int64_t bytes) {
  int64_t step = stride / TPP_CACHE_LINE, lines = (bytes + TPP_CACHE_LINE - 1) / TPP_CACHE_LINE;
  if (stride % TPP_CACHE_LINE != 0 || step == 0)
    return 0;
  int64_t period = (step | TPP_CACHE_SETS) & -(step | TPP_CACHE_SETS);
  int64_t sets = TPP_CACHE_SETS / period * lines;
  return sets < TPP_CACHE_SETS && rows * lines > sets * TPP_CACHE_WAYS;
}

#endif
