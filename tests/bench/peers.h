/* Who takes turns with a compiled program: the runtime's kernel called directly, and libraries.
 *
 * An opening function looks at the case and fills in a contestant, or says why it does not run. The
 * libraries are loaded when they are there; nothing is linked for their sake.
 */
#ifndef TPPC_BENCH_PEERS_H
#define TPPC_BENCH_PEERS_H

#include "api/run_internal.h"

/* An open run with its sizes: 1 where the program has no such size. */
typedef struct BenchCase {
  TppcRun *run;
  const char *file; /* of the program */
  int64_t t, m, n, k;
} BenchCase;

typedef struct BenchPeer {
  const char *name;
  const char *not_run; /* the reason, static, or NULL */
  int (*run)(void *state);
  void *state;
  void (*close)(void *state); /* may be NULL */
  /* What a run leaves, as many elements as the program's last parameter; NULL: not to be compared.
   */
  const void *result;
  int elem;         /* enum tpp_dtype of it */
  double tolerance; /* 0: equal */
} BenchPeer;

typedef void (*BenchPeerFn)(const BenchCase *c, BenchPeer *out);

/* The parameter's logical tensor; the only one of that name. */
const TppcTensor *bench_tensor(const BenchCase *c, const char *name);
/* The bytes that the program gets for it. */
void *bench_argument(const BenchCase *c, const char *name);

void direct_tiles(const BenchCase *c, BenchPeer *out);
void direct_brgemm(const BenchCase *c, BenchPeer *out);
void direct_sgemm(const BenchCase *c, BenchPeer *out);

void peer_f32_gemm(const BenchCase *c, BenchPeer *out);    /* tppc's own F32 product */
void peer_int8_gemm(const BenchCase *c, BenchPeer *out);   /* tppc's exact u8 x i8 product to I32 */
void peer_openblas(const BenchCase *c, BenchPeer *out);    /* sgemm, sgemv on F32 copies */
void peer_dnnl(const BenchCase *c, BenchPeer *out);        /* oneDNN's gemm of the types */
void peer_dnnl_rows(const BenchCase *c, BenchPeer *out);   /* its softmax and layer normalisation */
void peer_xsmm_debian(const BenchCase *c, BenchPeer *out); /* libxsmm as Debian has it */
void peer_xsmm(const BenchCase *c, BenchPeer *out);        /* -DTPPC_PEER_LIBXSMM=folder */
void peer_ggml(const BenchCase *c, BenchPeer *out);        /* -DTPPC_PEER_GGML=folder */
void peer_tanh_libmvec(const BenchCase *c, BenchPeer *out);
void peer_tanh_sleef(const BenchCase *c, BenchPeer *out);
void peer_tanh_rational(const BenchCase *c, BenchPeer *out);
void peer_exp_libmvec(const BenchCase *c, BenchPeer *out);
void peer_exp_sleef(const BenchCase *c, BenchPeer *out);

#endif
