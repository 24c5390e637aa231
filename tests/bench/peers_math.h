/* tanh and exp of n BF16 by a vector function of F32, converted in registers; of one instruction
 * set each. */
#ifndef TPPC_BENCH_PEERS_MATH_H
#define TPPC_BENCH_PEERS_MATH_H

#include <stdint.h>

/* fn: the vector function's address. n is a multiple of 16. */
void bench_map_256(void *fn, const uint16_t *x, uint16_t *y, int64_t n);
void bench_map_512(void *fn, const uint16_t *x, uint16_t *y, int64_t n);
/* tanh as a quotient of polynomials. */
void bench_rational_256(void *fn, const uint16_t *x, uint16_t *y, int64_t n);
void bench_rational_512(void *fn, const uint16_t *x, uint16_t *y, int64_t n);

#endif
