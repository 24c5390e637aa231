/* Reference products with a sparse B: CSR, BCSR, and BCSC, as it is or transposed.
 *
 * A tile is any window of B, aligned to blocks or not. Stored blocks are visited so that p ascends
 * for every column; an element v of B at (p, j) adds A(:, p) * v to column j of C, whose type is
 * that of the sum. CSR is BCSR with blocks of one element. */
#include "../../kernels.h"
#include "elements.h"

enum { BLOCK_M = 64 };

/* The window and the rows [i0, i0 + mc) of A and C that are at work. */
typedef struct {
  const tpp_sgemm_desc *desc;
  const void *A;
  const tpp_csr *B;
  void *C;
  int64_t n, k, n0, k0, bk, bn;
  int64_t i0, mc;
} window;

typedef struct {
  int64_t first, last;
} range;

/* The part of block number t of size block that lies in [start, start + extent). */
static range clip(int64_t t, int64_t block, int64_t start, int64_t extent) {
  range r = {t * block, t * block + block};
  if (r.first < start)
    r.first = start;
  if (r.last > start + extent)
    r.last = start + extent;
  return r;
}

#define BLOCK(name, T, CT, walk)                                                                   \
  static void name(const window *w, int64_t e, range kr, range nr, int64_t pk, int64_t pn) {       \
    const tpp_sgemm_desc *d = w->desc;                                                             \
    T a[BLOCK_M], v;                                                                               \
    for (int64_t p = kr.first; p < kr.last; p++) {                                                 \
      tpp_walk wa = {w->A, d->a_type, 1, w->i0 * d->a_rs + (p - w->k0) * d->a_cs, d->a_rs, 0};     \
      walk(&wa, w->mc, a);                                                                         \
      for (int64_t j = nr.first; j < nr.last; j++) {                                               \
        int64_t at = d->transposed ? (e * w->bn + j - pn) * w->bk + p - pk                         \
                                   : (e * w->bk + p - pk) * w->bn + j - pn;                        \
        tpp_walk wb = {w->B->val, d->b_type, 1, at, 1, 0};                                         \
        walk(&wb, 1, &v);                                                                          \
        CT *c = (CT *)w->C + w->i0 * d->c_rs + (j - w->n0) * d->c_cs;                              \
        for (int64_t i = 0; i < w->mc; i++)                                                        \
          c[i * d->c_rs] = (CT)((T)c[i * d->c_rs] + a[i] * v);                                     \
      }                                                                                            \
    }                                                                                              \
  }

BLOCK(block_f64, double, double, tpp_walk_f64)
BLOCK(block_f32, float, float, tpp_walk_f32)
BLOCK(block_i64, uint64_t, int64_t, tpp_walk_u64)
BLOCK(block_i32, uint32_t, int32_t, tpp_walk_u32)

/* Block e of B, in block row kb and block column nb. */
static void add_block(const window *w, int64_t e, int64_t kb, int64_t nb) {
  range kr = clip(kb, w->bk, w->k0, w->k), nr = clip(nb, w->bn, w->n0, w->n);
  int64_t pk = kb * w->bk, pn = nb * w->bn;
  if (kr.first >= kr.last || nr.first >= nr.last)
    return;
  if (w->desc->c_type == TPP_F64)
    block_f64(w, e, kr, nr, pk, pn);
  else if (w->desc->c_type == TPP_F32)
    block_f32(w, e, kr, nr, pk, pn);
  else if (w->desc->c_type == TPP_I64)
    block_i64(w, e, kr, nr, pk, pn);
  else
    block_i32(w, e, kr, nr, pk, pn);
}

static void clear(const tpp_sgemm_desc *d, void *C, int64_t m, int64_t n) {
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) {
      int64_t at = i * d->c_rs + j * d->c_cs;
      if (d->c_type == TPP_F64)
        ((double *)C)[at] = 0;
      else if (d->c_type == TPP_F32)
        ((float *)C)[at] = 0;
      else if (d->c_type == TPP_I64)
        ((int64_t *)C)[at] = 0;
      else
        ((int32_t *)C)[at] = 0;
    }
}

static void multiply(window w, int64_t m, int64_t beta) {
  /* ptr runs over block columns and idx holds block rows. */
  int by_columns = (w.desc->storage == TPP_STORE_BCSC) != (w.desc->transposed != 0);
  if (beta == 0)
    clear(w.desc, w.C, m, w.n);
  if (w.n <= 0 || w.k <= 0)
    return;
  int64_t major_block = by_columns ? w.bn : w.bk;
  int64_t start = by_columns ? w.n0 : w.k0, extent = by_columns ? w.n : w.k;
  int64_t first = start / major_block, last = (start + extent - 1) / major_block;
  for (w.i0 = 0; w.i0 < m; w.i0 += BLOCK_M) {
    w.mc = m - w.i0 < BLOCK_M ? m - w.i0 : BLOCK_M;
    for (int64_t t = first; t <= last; t++)
      for (int64_t e = w.B->ptr[t]; e < w.B->ptr[t + 1]; e++) {
        int64_t s = w.B->idx[e];
        add_block(&w, e, by_columns ? s : t, by_columns ? t : s);
      }
  }
}

void tpp_ref_spgemm_csr(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                        int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta) {
  window w = {&kernel->desc, A, B, C, n, k, n0, k0, 1, 1, 0, 0};
  multiply(w, m, beta);
}

void tpp_ref_spgemm_blocks(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                           int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta) {
  const tpp_sgemm_desc *d = &kernel->desc;
  window w = {d, A, B, C, n, k, n0, k0, d->block_k, d->block_n, 0, 0};
  multiply(w, m, beta);
}
