/* Kernels that are one plain product, and libraries that compute the same. */
#ifndef TPPC_API_PRODUCT_H
#define TPPC_API_PRODUCT_H

#include "api/run_internal.h"

/* C = A B over logical matrices, m x k by k x n; A and C are vectors where C has rank 1 (m is 1).
 */
typedef struct PlainProduct {
  const RunParam *a, *b, *c;
  int64_t m, n, k;
  bool a_turned, b_turned; /* stored as k x m, n x k */
} PlainProduct;

/* Finds the product that a prepared run's kernel is: one nest with one contraction of two
 * parameters by plain letters, the sum stored as it is. False after a located message. */
bool tppc_plain_product(TppcRun *r, const char *peer, PlainProduct *out);

/* OpenBLAS on copies of the run's inputs, in F32, or F64 for F64 operands. */
typedef struct PeerOpenblas PeerOpenblas;
/* path NULL: wherever the loader finds it. NULL after a message, with *result. */
PeerOpenblas *tppc_openblas_open(TppcRun *r, const PlainProduct *p, const char *path, int threads,
                                 TppcResult *result);
int tppc_openblas_run(void *peer);
/* Its C, m x n in row-major order: float, or double for F64 operands. */
const void *tppc_openblas_result(const PeerOpenblas *peer);
/* Largest error over some elements, in units of k roundings of the sum of absolute terms, of the
 * peer and of the C that the run's native call left. */
void tppc_openblas_errors(PeerOpenblas *peer, const TppcTensor *c, double *own, double *peers);
void tppc_openblas_close(PeerOpenblas *peer);

#endif
