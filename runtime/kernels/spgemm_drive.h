/* Products of a dense A with a sparse B (CSR, BCSR, BCSC).
 *
 * Vectors run along the rows of A, so that a stored element of B is broadcast and every lane of
 * every FMA counts, whatever the blocks are. A block of rows of A is transposed into a panel on the
 * stack, [p][row], for a part of the sum at a time that stays in the first-level cache: without
 * that, a scattered B reads A from the second one. The columns of C collect in a transposed buffer,
 * which is added to C once for each part.
 *
 * BCSC: the blocks of a column are summed in registers. CSR and BCSR: a block adds to the columns
 * that it has; those stay in the buffer. In both, the elements of one column are added in ascending
 * order of p. Up to four columns of a block share what is loaded of A.
 *
 * The idea of vectors along the dense dimension is that of the packed SpGEMM of PARLOOPER (arXiv
 * 2304.12576); chunks of the sum for the cache are what makes single elements fast.
 *
 * A template: the including file has defined T, V, LANES, and the functions v_* of brgemm_tile.h
 * with the panels of brgemm_panel.h, V_MOST (vectors of rows in registers), and
 * v_broadcast_type. */
#include "brgemm_panel.h"

enum {
  ROWS = 64,    /* of A in a panel; a multiple of LANES */
  STEPS = 192,  /* of the sum in a panel */
  COLUMNS = 64, /* of C in the buffer */
  J_MOST = 4    /* columns of a block that are done together */
};

typedef struct spgemm {
  const tpp_sgemm_desc *d;
  const tpp_csr *b;
  const void *A;
  float *C;
  int64_t m, n, k, n0, k0, bk, bn;
  /* What is at work: rows [i0, i0 + mc) of A, elements [p0, p0 + pc) of the sum, columns [j0, j0 +
   * jc); p and j count as in B. */
  int64_t i0, mc, p0, pc, j0, jc;
  int64_t ld; /* of the panel and the buffer: mc rounded up to whole vectors */
  const T *panel;
  T *sums; /* sums[j - j0][ld] */
} spgemm;

/* ---- A ---- */

INLINE void make_panel(const spgemm *g, T *panel, const int type) {
  const tpp_sgemm_desc *d = g->d;
  int64_t size = type_bytes(type);
  const char *src = (const char *)g->A + (g->i0 * d->a_rs + (g->p0 - g->k0) * d->a_cs) * size;
  if (d->a_cs == 1) {
    copy_transposed(src, d->a_rs * size, g->pc, g->mc, panel, g->ld, type);
    return;
  }
  for (int64_t p = 0; p < g->pc; p++, src += d->a_cs * size) {
    T *dst = panel + p * g->ld;
    if (d->a_rs == 1) {
      widen_row_pad(src, g->mc, dst, g->ld, type);
      continue;
    }
    v_store(dst + g->ld - LANES, v_zero());
    for (int64_t i = 0; i < g->mc; i++)
      dst[i] = widen(src + i * d->a_rs * size, type);
  }
}

/* ---- C ---- */

/* A square of the buffer, up to TR columns by TR rows, added to C. */
INLINE void add_square(const spgemm *g, int64_t i, int64_t j, int load_c) {
  H x[TR];
  int64_t rows = min64(TR, g->mc - i), cols = min64(TR, g->jc - j);
  for (int64_t q = 0; q < TR; q++)
    x[q] = h_load_type((const char *)(g->sums + min64(j + q, g->jc - 1) * g->ld + i), TPP_F32);
  h_transpose(x);
  float *c = g->C + (g->i0 + i) * g->d->c_rs + (g->j0 - g->n0) + j;
  for (int64_t r = 0; r < rows; r++, c += g->d->c_rs) {
    if (cols == TR) {
      h_store(c, load_c ? h_load_type((const char *)c, TPP_F32) + x[r] : x[r]);
      continue;
    }
    float lanes[TR];
    h_store(lanes, x[r]);
    for (int64_t q = 0; q < cols; q++)
      c[q] = load_c ? c[q] + lanes[q] : lanes[q];
  }
}

INLINE void add_sums(const spgemm *g, int load_c) {
  for (int64_t j = 0; j < g->jc; j += TR)
    for (int64_t i = 0; i < g->mc; i += TR)
      add_square(g, i, j, load_c);
}

/* ---- blocks ---- */

/* nj columns from j on (as in B, of the same block column, whose first column is first_j) by nv
 * vectors of rows: blocks [lo, hi) of `at`. For BCSC these are the blocks of the column, and row is
 * NULL; else one block, and *row is its block row. */
INLINE void run_blocks(const spgemm *g, int64_t lo, int64_t hi, const int64_t *row, int64_t first_j,
                       int64_t j, int64_t v0, const int nj, const int nv, const int is_point,
                       const int type) {
  V acc[J_MOST][V_MOST];
  T *sums = g->sums + (j - g->j0) * g->ld + v0;
  const int64_t bk = is_point ? 1 : g->bk, bn = is_point ? 1 : g->bn;
  const char *val = (const char *)g->b->val + (j - first_j) * type_bytes(type);
  UNROLL_ALL
  for (int q = 0; q < nj; q++)
    UNROLL_ALL
  for (int v = 0; v < nv; v++)
    acc[q][v] = v_load(sums + q * g->ld + v * LANES);
  for (int64_t e = lo; e < hi; e++) {
    int64_t p = (row ? *row : g->b->idx[e]) * bk, end = p + bk;
    const char *x = val + e * bk * bn * type_bytes(type);
    if (!is_point && p < g->p0)
      x += (g->p0 - p) * bn * type_bytes(type), p = g->p0;
    end = is_point ? end : min64(end, g->p0 + g->pc);
    const T *a = g->panel + (p - g->p0) * g->ld + v0;
    for (; p < end; p++, a += g->ld, x += bn * type_bytes(type)) {
      UNROLL_ALL
      for (int q = 0; q < nj; q++) {
        const V b = v_broadcast_type(x + q * type_bytes(type), type);
        UNROLL_ALL
        for (int v = 0; v < nv; v++)
          acc[q][v] = v_fma(v_load(a + v * LANES), b, acc[q][v]);
      }
    }
  }
  UNROLL_ALL
  for (int q = 0; q < nj; q++)
    UNROLL_ALL
  for (int v = 0; v < nv; v++)
    v_store(sums + q * g->ld + v * LANES, acc[q][v]);
}

/* All rows and the columns [j, end) of one block column. */
INLINE void block_columns(const spgemm *g, int64_t lo, int64_t hi, const int64_t *row,
                          int64_t first_j, int64_t j, int64_t end, const int type) {
  if (g->bk == 1 && g->bn == 1) {
    int64_t v = 0;
    for (; v + V_MOST * LANES <= g->ld; v += V_MOST * LANES)
      run_blocks(g, lo, hi, row, first_j, j, v, 1, V_MOST, 1, type);
    for (; v < g->ld; v += LANES)
      run_blocks(g, lo, hi, row, first_j, j, v, 1, 1, 1, type);
    return;
  }
  while (j < end) {
    int64_t v = 0;
    if (end - j >= J_MOST) {
      for (; v + V_MANY * LANES <= g->ld; v += V_MANY * LANES)
        run_blocks(g, lo, hi, row, first_j, j, v, J_MOST, V_MANY, 0, type);
      for (; v < g->ld; v += LANES)
        run_blocks(g, lo, hi, row, first_j, j, v, J_MOST, 1, 0, type);
      j += J_MOST;
      continue;
    }
    for (; v + V_MOST * LANES <= g->ld; v += V_MOST * LANES)
      run_blocks(g, lo, hi, row, first_j, j, v, 1, V_MOST, 0, type);
    for (; v < g->ld; v += LANES)
      run_blocks(g, lo, hi, row, first_j, j, v, 1, 1, 0, type);
    j++;
  }
}

/* The first of entries [lo, hi) whose index is at least `least`. */
INLINE int64_t lower_bound(const int32_t *idx, int64_t lo, int64_t hi, int64_t least) {
  while (lo < hi) {
    int64_t middle = lo + (hi - lo) / 2;
    if (idx[middle] < least)
      lo = middle + 1;
    else
      hi = middle;
  }
  return lo;
}

/* The part of B in the chunk: rows [p0, p0 + pc), columns [j0, j0 + jc). */
INLINE void run_part(const spgemm *g, const int by_columns, const int type) {
  const tpp_csr *b = g->b;
  int64_t p_end = g->p0 + g->pc, j_end = g->j0 + g->jc;
  int64_t k_first = g->p0 / g->bk, k_last = (p_end - 1) / g->bk;
  int64_t n_first = g->j0 / g->bn, n_last = (j_end - 1) / g->bn;
  if (by_columns) {
    for (int64_t t = n_first; t <= n_last; t++) {
      int64_t lo = lower_bound(b->idx, b->ptr[t], b->ptr[t + 1], k_first);
      int64_t hi = lower_bound(b->idx, lo, b->ptr[t + 1], k_last + 1);
      int64_t first = t * g->bn, j = first < g->j0 ? g->j0 : first;
      block_columns(g, lo, hi, NULL, first, j, min64(first + g->bn, j_end), type);
    }
    return;
  }
  for (int64_t t = k_first; t <= k_last; t++) {
    int64_t e = lower_bound(b->idx, b->ptr[t], b->ptr[t + 1], n_first);
    for (; e < b->ptr[t + 1] && b->idx[e] <= n_last; e++) {
      int64_t first = b->idx[e] * g->bn, j = first < g->j0 ? g->j0 : first;
      block_columns(g, e, e + 1, &t, first, j, min64(first + g->bn, j_end), type);
    }
  }
}

INLINE void run_spgemm(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                       int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta,
                       const int by_columns, const int a_type, const int b_type) {
  _Alignas(64) T panel[STEPS * ROWS], sums[COLUMNS * ROWS];
  const tpp_sgemm_desc *d = &kernel->desc;
  int is_csr = d->storage == TPP_STORE_CSR;
  spgemm g = {.d = d, .b = B, .A = A, .C = C, .m = m, .n = n, .k = k, .n0 = n0, .k0 = k0};
  g.bk = is_csr ? 1 : d->block_k, g.bn = is_csr ? 1 : d->block_n;
  g.panel = panel, g.sums = sums;
  for (int64_t i = 0; i < m && k <= 0 && beta == 0; i++)
    memset(g.C + i * d->c_rs, 0, (size_t)(n > 0 ? n : 0) * sizeof(float));
  int64_t parts = (k + STEPS - 1) / STEPS;
  for (g.i0 = 0; g.i0 < m; g.i0 += ROWS) {
    g.mc = min64(ROWS, m - g.i0), g.ld = (g.mc + LANES - 1) / LANES * LANES;
    for (int64_t u = 0; u < parts; u++) {
      g.p0 = k0 + u * k / parts, g.pc = k0 + (u + 1) * k / parts - g.p0;
      make_panel(&g, panel, a_type);
      for (g.j0 = n0; g.j0 < n0 + n; g.j0 += COLUMNS) {
        g.jc = min64(COLUMNS, n0 + n - g.j0);
        memset(sums, 0, (size_t)(g.jc * g.ld) * sizeof *sums);
        run_part(&g, by_columns, b_type);
        add_sums(&g, beta != 0 || u > 0);
      }
    }
  }
}

#define SPGEMM_KERNEL(name, by_columns, a_type, b_type)                                            \
  void name(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C, int64_t m,      \
            int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta) {                          \
    run_spgemm(kernel, A, B, C, m, n, k, n0, k0, beta, by_columns, a_type, b_type);                \
  }
