/* Reads elements of any type into the types that sums are taken in. */
#ifndef TPP_RUNTIME_REF_ELEMENTS_H
#define TPP_RUNTIME_REF_ELEMENTS_H

#include <stdint.h>

/* A walk over elements of one operand: element q of the walk is
 * base[first + ((q0 + q) / pack) * stride + (q0 + q) % pack], in elements of dtype. */
typedef struct tpp_walk {
  const void *base;
  int dtype;
  int pack; /* 1, 2, or 4 */
  int64_t first, stride, q0;
} tpp_walk;

/* Each reads n elements. Integers become floats rounded to nearest; the unsigned results hold
 * integers modulo 2^32 or 2^64, and 0 for elements of a float type. */
void tpp_walk_f32(const tpp_walk *w, int64_t n, float *out);
void tpp_walk_f64(const tpp_walk *w, int64_t n, double *out);
void tpp_walk_u32(const tpp_walk *w, int64_t n, uint32_t *out);
void tpp_walk_u64(const tpp_walk *w, int64_t n, uint64_t *out);

float tpp_f16_to_f32(uint16_t h);

#endif
