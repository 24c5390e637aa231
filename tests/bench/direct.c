/* The runtime's kernels called without a compiled program around them, on the arguments of one:
 * what the program can reach at most. */
#include "peers.h"

#include <stdlib.h>
#include <string.h>

/* Blocks of a large product: A's and B's stay in the second-level cache. */
enum { BLOCK_M = 64, BLOCK_N = 256, BLOCK_K = 256 };

typedef struct Direct {
  tpp_brgemm dense;
  tpp_sgemm structured;
  const char *a;
  const void *b;
  char *c;
  int64_t t, m, n, k;
  int64_t a_bytes, b_bytes, c_bytes; /* of an element */
} Direct;

static void close_direct(void *state) {
  Direct *d = state;
  free(d->c);
  free(d);
}

static Direct *new_direct(const BenchCase *c, BenchPeer *out) {
  const TppcTensor *a = bench_tensor(c, "A"), *b = bench_tensor(c, "B"), *to = bench_tensor(c, "C");
  Direct *d = calloc(1, sizeof *d);
  if (!d)
    abort();
  *d = (Direct){.a = bench_argument(c, "A"),
                .b = bench_argument(c, "B"),
                .t = c->t,
                .m = c->m,
                .n = c->n,
                .k = c->k,
                .a_bytes = tppc_elem_bits(a->elem) / 8,
                .b_bytes = tppc_elem_bits(b->elem) / 8,
                .c_bytes = tppc_elem_bits(to->elem) / 8};
  d->c = aligned_alloc(64, ((size_t)(to->count * d->c_bytes) + 64) / 64 * 64);
  if (!d->c)
    abort();
  *out = (BenchPeer){
      .name = "direct", .state = d, .close = close_direct, .result = d->c, .elem = to->elem};
  return d;
}

static int64_t at_most(int64_t n, int64_t most) {
  return n < most ? n : most;
}

/* ---- batches of tiles ---- */

enum { BATCH = 8 };

static int run_tiles(void *state) {
  const Direct *d = state;
  int64_t a = BATCH * d->k * d->m * d->a_bytes, b = BATCH * d->k * d->n * d->b_bytes;
  for (int64_t t = 0; t < d->t; t++)
    d->dense.fn(&d->dense, d->a + t * a, (const char *)d->b + t * b,
                d->c + t * d->m * d->n * d->c_bytes, d->m, d->n, d->k, BATCH, 0);
  return 0;
}

static void open_tiles(const BenchCase *c, BenchPeer *out, uint8_t provider) {
  Direct *d = new_direct(c, out);
  d->dense.desc = (tpp_brgemm_desc){.size = sizeof d->dense.desc,
                                    .a_type = TPP_F32,
                                    .b_type = TPP_F32,
                                    .c_type = TPP_F32,
                                    .a_pack = 1,
                                    .b_pack = 1,
                                    .exact_shape = 1,
                                    .provider = provider,
                                    .m = c->m,
                                    .n = c->n,
                                    .k = c->k,
                                    .br = BATCH,
                                    .a_rs = 1,
                                    .a_cs = c->m,
                                    .b_rs = c->n,
                                    .b_cs = 1,
                                    .c_rs = c->n,
                                    .c_cs = 1,
                                    .br_a = c->k * c->m,
                                    .br_b = c->k * c->n};
  tpp_brgemm_select(&d->dense);
  out->run = run_tiles;
}

void direct_tiles(const BenchCase *c, BenchPeer *out) {
  open_tiles(c, out, TPP_PROVIDER_ANY);
}

void peer_xsmm_debian(const BenchCase *c, BenchPeer *out) {
  open_tiles(c, out, TPP_PROVIDER_XSMM);
  out->name = "xsmm 1.17";
  if (!strncmp(((Direct *)out->state)->dense.name, "xsmm", 4))
    return;
  close_direct(out->state);
  *out = (BenchPeer){.name = "xsmm 1.17", .not_run = "refuses the layout"};
}

/* ---- large products ---- */

static int run_brgemm(void *state) {
  const Direct *d = state;
  for (int64_t j = 0; j < d->n; j += BLOCK_N)
    for (int64_t p = 0; p < d->k; p += BLOCK_K)
      for (int64_t i = 0; i < d->m; i += BLOCK_M)
        d->dense.fn(&d->dense, d->a + (i * d->k + p) * d->a_bytes,
                    (const char *)d->b + (p * d->n + j) * d->b_bytes,
                    d->c + (i * d->n + j) * d->c_bytes, at_most(d->m - i, BLOCK_M),
                    at_most(d->n - j, BLOCK_N), at_most(d->k - p, BLOCK_K), 1, p > 0);
  return 0;
}

void direct_brgemm(const BenchCase *c, BenchPeer *out) {
  const TppcTensor *a = bench_tensor(c, "A"), *b = bench_tensor(c, "B"), *to = bench_tensor(c, "C");
  Direct *d = new_direct(c, out);
  d->dense.desc = (tpp_brgemm_desc){.size = sizeof d->dense.desc,
                                    .a_type = (uint8_t)a->elem,
                                    .b_type = (uint8_t)b->elem,
                                    .c_type = (uint8_t)to->elem,
                                    .a_pack = 1,
                                    .b_pack = 1,
                                    .fits16 = a->type->has_range && a->type->range_hi <= 127,
                                    .m = BLOCK_M,
                                    .n = BLOCK_N,
                                    .k = BLOCK_K,
                                    .br = 1,
                                    .a_rs = c->k,
                                    .a_cs = 1,
                                    .b_rs = c->n,
                                    .b_cs = 1,
                                    .c_rs = c->n,
                                    .c_cs = 1};
  tpp_brgemm_select(&d->dense);
  out->run = run_brgemm;
}

/* A structured B knows where its tile is; the sum is not cut, since groups and blocks are not. */
static int run_sgemm(void *state) {
  const Direct *d = state;
  for (int64_t j = 0; j < d->n; j += BLOCK_N)
    for (int64_t i = 0; i < d->m; i += BLOCK_M)
      d->structured.fn(&d->structured, d->a + i * d->k * d->a_bytes, d->b,
                       d->c + (i * d->n + j) * d->c_bytes, at_most(d->m - i, BLOCK_M),
                       at_most(d->n - j, BLOCK_N), d->k, j, 0, 0);
  return 0;
}

void direct_sgemm(const BenchCase *c, BenchPeer *out) {
  const TppcTensor *a = bench_tensor(c, "A"), *b = bench_tensor(c, "B"), *to = bench_tensor(c, "C");
  Direct *d = new_direct(c, out);
  d->structured.desc = (tpp_sgemm_desc){.size = sizeof d->structured.desc,
                                        .a_type = (uint8_t)a->elem,
                                        .b_type = (uint8_t)b->elem,
                                        .c_type = (uint8_t)to->elem,
                                        .storage = (uint8_t)b->type->storage,
                                        .a_rs = c->k,
                                        .a_cs = 1,
                                        .c_rs = c->n,
                                        .c_cs = 1,
                                        .rows = c->k,
                                        .cols = c->n};
  if (b->scales) {
    d->structured.desc.b_type = TPP_TERNARY;
    d->structured.desc.group = b->group;
    d->structured.desc.planes = b->levels;
  } else {
    TppcBlocking blocks = tppc_tensor_blocking(b);
    d->structured.desc.block_k = blocks.side_r;
    d->structured.desc.block_n = blocks.side_c;
  }
  tpp_sgemm_select(&d->structured);
  out->run = run_sgemm;
}
