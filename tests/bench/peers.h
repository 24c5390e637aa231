/* Libraries that the benchmarks are compared with; each may be missing, then the call returns
 * false. */
#ifndef TPPC_BENCH_PEERS_H
#define TPPC_BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>

/* C = A B, row-major F32. */
bool peer_openblas(int threads, int64_t m, int64_t n, int64_t k, const float *a, const float *b,
                   float *c);

#endif
