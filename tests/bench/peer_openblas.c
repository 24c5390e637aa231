/* OpenBLAS as a peer; the only file that includes it. */
#include "peers.h"

#ifdef BENCH_OPENBLAS
#include <cblas.h>
#include <limits.h>

bool peer_openblas(int threads, int64_t m, int64_t n, int64_t k, const float *a, const float *b,
                   float *c) {
  openblas_set_num_threads(threads);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1.0f, a, (int)k, b,
              (int)n, 0.0f, c, (int)n);
  return true;
}
#else
bool peer_openblas(int threads, int64_t m, int64_t n, int64_t k, const float *a, const float *b,
                   float *c) {
  (void)threads, (void)m, (void)n, (void)k, (void)a, (void)b, (void)c;
  return false;
}
#endif
