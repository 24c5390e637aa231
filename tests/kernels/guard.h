/* Memory whose every byte outside a buffer faults, and numbers to fill it with. */
#ifndef TPP_TESTS_GUARD_H
#define TPP_TESTS_GUARD_H

#include <stddef.h>
#include <stdint.h>

/* A buffer of bytes that ends at (or begins right after) a page that cannot be touched. */
typedef struct guarded {
  unsigned char *data;
  void *pages;
  size_t mapped;
} guarded;

/* The end of the buffer touches the guard page, or with at_start its beginning does. */
guarded guarded_alloc(size_t bytes, int at_start);
void guarded_free(guarded *g);

/* A generator with a period of 2^64 (splitmix64). */
typedef struct rng {
  uint64_t state;
} rng;

uint64_t rng_next(rng *r);
/* In [lo, hi]. */
int64_t rng_int(rng *r, int64_t lo, int64_t hi);
/* In [-1, 1), 24 bits. */
float rng_float(rng *r);

/* Elements of any strided type by number, in the tests' own words: floats and integers as double
 * (exact for what the tests store), I4 and BIT packed. */
double element_get(const void *base, int dtype, int64_t e);
/* Rounds to the type, to nearest. */
void element_set(void *base, int dtype, int64_t e, double value);
size_t element_bytes(int dtype, int64_t n);

#endif
