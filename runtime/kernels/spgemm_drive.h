/* Products of a dense A with a sparse B: CSR, BCSR, or BCSC, as it is or transposed.
 *
 * Vectors run along the rows of A, so that a stored element of B is broadcast and every lane of
 * every FMA counts, whatever the blocks are. A sparse left factor is the same product transposed:
 * its dense right factor and result are then A and C with contiguous columns, which are taken as
 * they are.
 *
 * A scattered B reads all of A over and over. So a block of rows of A is copied into a panel
 * [p][row] on the stack, for a part of the sum at a time that stays in the first-level cache. Where
 * the columns of C are not contiguous they collect in a transposed buffer, over all parts of the
 * sum, and are transposed once at the end.
 *
 * Stored by columns (BCSC; CSR and BCSR transposed): the elements of a column within a part are
 * summed in registers; a cursor for each column says where the next part begins. Single elements
 * need nothing shared: the panel is as wide as there are accumulators. The columns of a block share
 * what is loaded of A, so a narrower panel covers a longer part of the sum.
 * Stored by rows: a row of A meets one row of B, whose elements add to columns all over C; the
 * columns at work are as few as stay in the first-level cache.
 * In both, the elements of one column are added in ascending order of p.
 *
 * Vectors along the dense dimension are what the packed SpGEMM of PARLOOPER has (arXiv 2304.12576);
 * parts of the sum for the cache are what makes single elements fast.
 *
 * A template: the including file has defined T, V, LANES, and the functions v_* of brgemm_tile.h
 * with the panels of brgemm_panel.h, v_broadcast_type and v_fma_load, and
 *   V_POINT   vectors of rows with a single column, at most 9: FMAs on their way
 *   V_BLOCK   vectors of rows with the columns of a block, at most 4
 *   J_BLOCK   columns of a block that are done together, at most 8
 *   WIDEN_BLOCKS  1 where narrow elements of blocks are widened in memory */
#include "brgemm_panel.h"

enum {
  PANEL = 7680, /* elements of A: a panel leaves room for C and B in a cache of 32 KiB */
  SUMS = 22528, /* elements of C that collect transposed; for each chunk A is copied again */
  NEAR = 6144,  /* those that single elements stored by rows may add to at a time */
  LINES = 1536  /* columns of C in a chunk, stored by columns */
};

typedef struct spgemm {
  const tpp_sgemm_desc *d;
  const tpp_csr *b;
  const char *A;
  T *C;
  int64_t m, n, k, n0, k0;
  int64_t bk, bn;   /* sides of a block along the sum and along the columns */
  int64_t v_k, v_n; /* element (p, j) of a block is number p * v_k + j * v_n */
  int by_columns;
  int turned; /* columns of C are not contiguous */
  int direct; /* A is read where it is */
  /* What is at work: rows [i0, i0 + mc) of A, elements [p0, p_end) of the sum, columns [j0, j_end);
   * p and j count as in B. */
  int64_t i0, mc, p0, p_end, j0, j_end;
  int nv;         /* vectors of rows */
  int lanes;      /* of the last one that c has */
  int64_t ld;     /* of the panel */
  const T *panel; /* its row p0 */
  T *c;           /* column j0: the buffer, or C itself */
  int64_t c_ld;
  int fresh;       /* c has nothing yet */
  int64_t *cursor; /* by block column of the chunk, the first block that is not done */
} spgemm;

#include "spgemm_panel.h"

/* ---- a block ---- */

typedef V accumulators[J_BLOCK][V_POINT];

INLINE void start(const spgemm *g, accumulators acc, const T *c, const int nj, const int nv,
                  int fresh) {
  UNROLL_ALL
  for (int q = 0; q < nj; q++)
    UNROLL_ALL
  for (int v = 0; v < nv; v++)
    acc[q][v] = fresh ? v_zero() : load_c(g, c + q * g->c_ld, v, nv);
}

INLINE void finish(const spgemm *g, accumulators acc, T *c, const int nj, const int nv) {
  UNROLL_ALL
  for (int q = 0; q < nj; q++)
    UNROLL_ALL
  for (int v = 0; v < nv; v++)
    store_c(g, c + q * g->c_ld, v, nv, acc[q][v]);
}

/* One row of the panel by nj elements of B, v_n apart. */
INLINE void add_step(accumulators acc, const T *a, const char *x, int64_t v_n, const int nj,
                     const int nv, const int type) {
  if (nj == 1) {
    const V b = v_broadcast_type(x, type);
    UNROLL_ALL
    for (int v = 0; v < nv; v++)
      acc[0][v] = v_fma_load(a + v * LANES, b, acc[0][v]);
    return;
  }
  V row[V_POINT];
  UNROLL_ALL
  for (int v = 0; v < nv; v++)
    row[v] = v_load(a + v * LANES);
  UNROLL_ALL
  for (int q = 0; q < nj; q++) {
    const V b = v_broadcast_type(x + q * v_n * type_bytes(type), type);
    UNROLL_ALL
    for (int v = 0; v < nv; v++)
      acc[q][v] = v_fma(row[v], b, acc[q][v]);
  }
}

/* What the loops over blocks read of spgemm, kept in registers. */
typedef struct block_loop {
  const T *panel; /* its row 0 */
  int64_t ld, p0, p_end, bk, bn, v_n;
  int64_t v_k, area; /* in bytes */
} block_loop;

INLINE block_loop block_loop_of(const spgemm *g, const int type) {
  block_loop l = {.panel = g->panel - g->p0 * g->ld, .ld = g->ld, .p0 = g->p0, .p_end = g->p_end};
  l.bk = g->bk, l.bn = g->bn, l.v_n = g->v_n;
  l.v_k = g->v_k * type_bytes(type), l.area = g->bk * g->bn * type_bytes(type);
  return l;
}

#if WIDEN_BLOCKS
/* What p points at is in memory: else the compiler broadcasts from registers, of which it then has
 * too few. */
#define IN_MEMORY(p) __asm__ volatile("" : "+r"(p) : : "memory")

/* n elements that follow each other. */
INLINE void widen_few(const char *src, int64_t n, T *dst, const int type) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES)
    v_store(dst + i, v_load_type(src + 2 * i, type));
  for (; i + 4 <= n; i += 4)
    store4_type(dst + i, src + 2 * i, type);
  for (; i < n; i++)
    dst[i] = widen(src + 2 * i, type);
}

/* Steps of a block whose elements are widened before they are broadcast, which leaves registers and
 * ports to the FMAs. They follow each other along the columns or along the sum, and if all are
 * wanted, altogether. */
INLINE void add_widened(const block_loop *l, accumulators acc, const T *a, const char *x,
                        int64_t steps, const int nj, const int nv, const int type) {
  enum { MOST = 32 };
  T array[MOST * J_BLOCK], *wide = array;
  const int along = l->v_n == 1;
  for (; steps > 0; steps -= MOST, x += MOST * l->v_k) {
    int64_t n = min64(steps, MOST), w_k = along ? J_BLOCK : 1, w_n = along ? 1 : MOST;
    IN_MEMORY(wide);
    if (along ? l->bn == nj : l->bk == n) {
      widen_few(x, n * nj, wide, type);
      w_k = along ? nj : 1, w_n = along ? 1 : n;
    } else {
      for (int64_t s = 0; along && s < n; s++)
        widen_few(x + s * l->v_k, nj, wide + s * J_BLOCK, type);
      for (int q = 0; !along && q < nj; q++)
        widen_few(x + q * l->v_n * 2, n, wide + q * MOST, type);
    }
    IN_MEMORY(wide);
    const T *w = wide;
    for (int64_t s = 0; s < n; s++, a += l->ld, w += w_k)
      add_step(acc, a, (const char *)w, w_n, nj, nv, TPP_F32);
  }
}
#endif

/* A block with a single row, whose elements follow each other. */
INLINE void add_flat(accumulators acc, const T *a, const char *x, const int nj, const int nv,
                     const int type) {
#if WIDEN_BLOCKS
  if (type != TPP_F32 && nj > 1) {
    T array[J_BLOCK], *wide = array;
    IN_MEMORY(wide);
    widen_few(x, nj, wide, type);
    IN_MEMORY(wide);
    add_step(acc, a, (const char *)wide, 1, nj, nv, TPP_F32);
    return;
  }
#endif
  add_step(acc, a, x, 1, nj, nv, type);
}

/* What lies in [p0, p_end) of the block at p; x is its first element of the columns at work. */
INLINE void add_block(const block_loop *l, accumulators acc, int64_t p, const char *x, const int nj,
                      const int nv, const int type) {
  int64_t steps = l->bk;
  if (p < l->p0 || p + steps > l->p_end) { /* parts cut only blocks that are longer than they */
    int64_t first = p < l->p0 ? l->p0 : p;
    steps = min64(p + steps, l->p_end) - first;
    x += (first - p) * l->v_k, p = first;
  }
  const T *a = l->panel + p * l->ld;
#if WIDEN_BLOCKS
  if (type != TPP_F32 && nj > 1) {
    add_widened(l, acc, a, x, steps, nj, nv, type);
    return;
  }
#endif
  for (; steps > 0; steps--, a += l->ld, x += l->v_k)
    add_step(acc, a, x, l->v_n, nj, nv, type);
}

/* ---- B by columns ---- */

/* Columns from j on, of the block column whose first one is first_j: from block e to the end of the
 * part, but not beyond `end`. Returns the first block that is not done. */
typedef int64_t (*column_fn)(const spgemm *g, int64_t e, int64_t end, int64_t first_j, int64_t j);

/* is_flat: blocks are one element long along the sum. */
INLINE int64_t run_column(const spgemm *g, int64_t e, int64_t end, int64_t first_j, int64_t j,
                          const int nj, const int nv, const int is_flat, const int type) {
  accumulators acc;
  T *c = g->c + (j - g->j0) * g->c_ld;
  const block_loop l = block_loop_of(g, type);
  const int32_t *idx = g->b->idx;
  const char *val = (const char *)g->b->val + (j - first_j) * g->v_n * type_bytes(type);
  start(g, acc, c, nj, nv, g->fresh);
  for (; is_flat && e < end && idx[e] < l.p_end; e++)
    add_flat(acc, l.panel + idx[e] * l.ld, val + e * l.area, nj, nv, type);
  for (; !is_flat && e < end; e++) {
    int64_t p = idx[e] * l.bk;
    if (p >= l.p_end)
      break;
    add_block(&l, acc, p, val + e * l.area, nj, nv, type);
    if (p + l.bk > l.p_end)
      break;
  }
  finish(g, acc, c, nj, nv);
  return e;
}

/* All columns at work, of single elements. What a part has of a column is little: calls in between
 * would take a tenth of the time. Two elements a round share the test for the end. */
typedef void (*points_fn)(const spgemm *g);

INLINE void run_points(const spgemm *g, const int nv, const int type) {
  const int64_t p_end = g->p_end, ld = g->ld, size = type_bytes(type);
  const T *panel = g->panel - g->p0 * ld;
  const int32_t *idx = g->b->idx;
  const char *val = g->b->val;
  const int64_t *ptr = g->b->ptr + g->j0 + 1;
  T *c = g->c;
  for (int64_t t = 0; t < g->j_end - g->j0; t++, c += g->c_ld) {
    accumulators acc;
    int64_t e = g->cursor[t], end = ptr[t];
    if (!g->fresh && (e == end || idx[e] >= p_end))
      continue;
    start(g, acc, c, 1, nv, g->fresh);
    for (; e + 1 < end && idx[e + 1] < p_end; e += 2) {
      add_flat(acc, panel + idx[e] * ld, val + e * size, 1, nv, type);
      add_flat(acc, panel + idx[e + 1] * ld, val + (e + 1) * size, 1, nv, type);
    }
    if (e < end && idx[e] < p_end) {
      add_flat(acc, panel + idx[e] * ld, val + e * size, 1, nv, type);
      e++;
    }
    finish(g, acc, c, 1, nv);
    g->cursor[t] = e;
  }
}

/* ---- B by rows ---- */

/* Block e of B, which is block row t, adds to columns from j on, of the block column whose first
 * one is first_j. */
typedef void (*block_fn)(const spgemm *g, int64_t e, int64_t t, int64_t first_j, int64_t j);

INLINE void run_block(const spgemm *g, int64_t e, int64_t t, int64_t first_j, int64_t j,
                      const int nj, const int nv, const int type) {
  accumulators acc;
  T *c = g->c + (j - g->j0) * g->c_ld;
  const block_loop l = block_loop_of(g, type);
  int64_t at = e * l.area + (j - first_j) * l.v_n * type_bytes(type);
  start(g, acc, c, nj, nv, 0);
  add_block(&l, acc, t * l.bk, (const char *)g->b->val + at, nj, nv, type);
  finish(g, acc, c, nj, nv);
}

/* Elements [e, end) of row p of B, each a block, by that row of the panel, which stays in
 * registers. */
typedef void (*row_fn)(const spgemm *g, int64_t e, int64_t end, int64_t p);

INLINE void run_row(const spgemm *g, int64_t e, int64_t end, int64_t p, const int nv,
                    const int type) {
  V row[V_POINT];
  UNROLL_ALL
  for (int v = 0; v < nv; v++)
    row[v] = v_load(g->panel + (p - g->p0) * g->ld + v * LANES);
  for (; e < end; e++) {
    const V b = v_broadcast_type((const char *)g->b->val + e * type_bytes(type), type);
    T *c = g->c + (g->b->idx[e] - g->j0) * g->c_ld;
    UNROLL_ALL
    for (int v = 0; v < nv; v++)
      store_c(g, c, v, nv, v_fma(row[v], b, load_c(g, c, v, nv)));
  }
}

/* ---- instances ---- */

enum { NV_MOST = V_POINT, N_TYPES = 2 };

#define POINT_INSTANCE(nv)                                                                         \
  static void row_f32_##nv(const spgemm *g, int64_t e, int64_t end, int64_t p) {                   \
    run_row(g, e, end, p, nv, TPP_F32);                                                            \
  }                                                                                                \
  static void row_bf16_##nv(const spgemm *g, int64_t e, int64_t end, int64_t p) {                  \
    run_row(g, e, end, p, nv, TPP_BF16);                                                           \
  }                                                                                                \
  static void points_f32_##nv(const spgemm *g) {                                                   \
    run_points(g, nv, TPP_F32);                                                                    \
  }                                                                                                \
  static void points_bf16_##nv(const spgemm *g) {                                                  \
    run_points(g, nv, TPP_BF16);                                                                   \
  }
#define COLUMN_INSTANCE(name, nj, nv, is_flat, type)                                               \
  static int64_t name(const spgemm *g, int64_t e, int64_t end, int64_t first_j, int64_t j) {       \
    return run_column(g, e, end, first_j, j, nj, nv, is_flat, type);                               \
  }
#define BLOCK_INSTANCE(nj, nv)                                                                     \
  COLUMN_INSTANCE(column_f32_##nj##_##nv, nj, nv, 0, TPP_F32)                                      \
  COLUMN_INSTANCE(column_bf16_##nj##_##nv, nj, nv, 0, TPP_BF16)                                    \
  COLUMN_INSTANCE(flat_f32_##nj##_##nv, nj, nv, 1, TPP_F32)                                        \
  COLUMN_INSTANCE(flat_bf16_##nj##_##nv, nj, nv, 1, TPP_BF16)                                      \
  static void block_f32_##nj##_##nv(const spgemm *g, int64_t e, int64_t t, int64_t first_j,        \
                                    int64_t j) {                                                   \
    run_block(g, e, t, first_j, j, nj, nv, TPP_F32);                                               \
  }                                                                                                \
  static void block_bf16_##nj##_##nv(const spgemm *g, int64_t e, int64_t t, int64_t first_j,       \
                                     int64_t j) {                                                  \
    run_block(g, e, t, first_j, j, nj, nv, TPP_BF16);                                              \
  }
POINT_LIST(POINT_INSTANCE)
BLOCK_LIST(BLOCK_INSTANCE)

/* [1 if B is BF16], for columns [1 if blocks are flat], and for all but rows [nj], then [nv]. */
#define ROW_ENTRY(nv)    [0][nv] = row_f32_##nv, [1][nv] = row_bf16_##nv,
#define POINTS_ENTRY(nv) [0][nv] = points_f32_##nv, [1][nv] = points_bf16_##nv,
#define COLUMN_ENTRY(nj, nv)                                                                       \
  [0][0][nj][nv] = column_f32_##nj##_##nv, [0][1][nj][nv] = flat_f32_##nj##_##nv,                  \
  [1][0][nj][nv] = column_bf16_##nj##_##nv, [1][1][nj][nv] = flat_bf16_##nj##_##nv,
#define BLOCK_ENTRY(nj, nv)                                                                        \
  [0][nj][nv] = block_f32_##nj##_##nv, [1][nj][nv] = block_bf16_##nj##_##nv,
static const row_fn rows[N_TYPES][NV_MOST + 1] = {POINT_LIST(ROW_ENTRY)};
static const points_fn points[N_TYPES][NV_MOST + 1] = {POINT_LIST(POINTS_ENTRY)};
static const column_fn columns[N_TYPES][2][J_BLOCK + 1][NV_MOST + 1] = {BLOCK_LIST(COLUMN_ENTRY)};
static const block_fn blocks[N_TYPES][J_BLOCK + 1][NV_MOST + 1] = {BLOCK_LIST(BLOCK_ENTRY)};

/* How many of the columns left in a block are done together: no small rest where it can be helped.
 */
static int together(int64_t left) {
  if (left >= J_BLOCK)
    return left == J_BLOCK + 1 || left == J_BLOCK + 2 ? 3 * J_BLOCK / 4 : J_BLOCK;
  return left >= 6 ? 6 : left == 5 ? 3 : (int)left;
}

/* ---- the part of B at work ---- */

static void run_by_columns(const spgemm *g) {
  const tpp_csr *b = g->b;
  if (g->bn == 1 && g->bk == 1) {
    points[g->d->b_type == TPP_BF16][g->nv](g);
    return;
  }
  const column_fn(*fn)[NV_MOST + 1] = columns[g->d->b_type == TPP_BF16][g->bk == 1];
  int64_t t0 = g->j0 / g->bn, t_last = (g->j_end - 1) / g->bn;
  for (int64_t t = t0; t <= t_last; t++) {
    int64_t e = g->cursor[t - t0], end = b->ptr[t + 1], next = e, first = t * g->bn;
    if (!g->fresh && (e == end || b->idx[e] * g->bk >= g->p_end))
      continue;
    int64_t j = first < g->j0 ? g->j0 : first, j_end = min64(first + g->bn, g->j_end);
    for (int nj; j < j_end; j += nj) {
      nj = together(j_end - j);
      next = fn[nj][g->nv](g, e, end, first, j);
    }
    g->cursor[t - t0] = next;
  }
}

/* The first of entries [lo, hi) whose index is at least `least`. */
static int64_t lower_bound(const int32_t *idx, int64_t lo, int64_t hi, int64_t least) {
  while (lo < hi) {
    int64_t middle = lo + (hi - lo) / 2;
    if (idx[middle] < least)
      lo = middle + 1;
    else
      hi = middle;
  }
  return lo;
}

static void run_by_rows(const spgemm *g) {
  const tpp_csr *b = g->b;
  const int is_bf16 = g->d->b_type == TPP_BF16, is_point = g->bn == 1 && g->bk == 1;
  int64_t n_first = g->j0 / g->bn, n_last = (g->j_end - 1) / g->bn;
  for (int64_t t = g->p0 / g->bk; t <= (g->p_end - 1) / g->bk; t++) {
    int64_t e = lower_bound(b->idx, b->ptr[t], b->ptr[t + 1], n_first);
    int64_t end = lower_bound(b->idx, e, b->ptr[t + 1], n_last + 1);
    if (is_point) {
      rows[is_bf16][g->nv](g, e, end, t);
      continue;
    }
    for (; e < end; e++) {
      int64_t first = b->idx[e] * g->bn;
      int64_t j = first < g->j0 ? g->j0 : first, j_end = min64(first + g->bn, g->j_end);
      for (int nj; j < j_end; j += nj) {
        nj = together(j_end - j);
        blocks[is_bf16][nj][g->nv](g, e, t, first, j);
      }
    }
  }
}

static void start_cursor(const spgemm *g) {
  const tpp_csr *b = g->b;
  int64_t t0 = g->j0 / g->bn, t_last = (g->j_end - 1) / g->bn;
  for (int64_t t = t0; t <= t_last; t++)
    g->cursor[t - t0] =
        g->k0 ? lower_bound(b->idx, b->ptr[t], b->ptr[t + 1], g->k0 / g->bk) : b->ptr[t];
}

/* The end of the part that starts at p0: whole blocks where they are not too long. */
static int64_t part_end(const spgemm *g) {
  int64_t steps = PANEL / g->ld, end = g->p0 + steps, whole = end / g->bk * g->bk;
  return min64(whole > g->p0 ? whole : end, g->k0 + g->k);
}

/* Rows of A that are contiguous, of which the columns at work use few: a copy would cost more than
 * the product. */
static int is_direct(const spgemm *g) {
  const int64_t *ptr = g->b->ptr;
  int64_t t0 = g->j0 / g->bn, t_last = (g->j_end - 1) / g->bn;
  return g->by_columns && g->d->a_rs == 1 && g->d->a_type == TPP_F32 &&
         (ptr[t_last + 1] - ptr[t0]) * g->bk < g->k;
}

/* Rows too few for a vector, in direct mode. */
static void run_rest(const spgemm *g, int64_t few, int64_t beta) {
  const tpp_sgemm_desc *d = g->d;
  const tpp_csr *b = g->b;
  const T *a = (const T *)(const void *)g->A + g->i0;
  for (int64_t j = g->j0; j < g->j_end; j++) {
    T *c = g->C + g->i0 * d->c_rs + (j - g->n0) * d->c_cs, sum[LANES];
    for (int64_t i = 0; i < few; i++)
      sum[i] = beta ? c[i * d->c_rs] : 0;
    for (int64_t e = b->ptr[j / g->bn]; e < b->ptr[j / g->bn + 1]; e++)
      for (int64_t q = 0; q < g->bk; q++) {
        int64_t p = b->idx[e] * g->bk + q,
                at = (e * g->bn * g->bk) + q * g->v_k + j % g->bn * g->v_n;
        if (p < g->k0 || p >= g->k0 + g->k)
          continue;
        T x = widen((const char *)b->val + at * type_bytes(d->b_type), d->b_type);
        for (int64_t i = 0; i < few; i++)
          sum[i] += a[(p - g->k0) * d->a_cs + i] * x;
      }
    for (int64_t i = 0; i < few; i++)
      c[i * d->c_rs] = sum[i];
  }
}

/* Rows [i0, i0 + mc) of C, columns [j0, j_end). */
static void run_rows(spgemm *g, T *panel, T *sums, int64_t beta) {
  g->nv = (int)((g->mc + LANES - 1) / LANES);
  g->ld = (int64_t)g->nv * LANES;
  g->lanes = g->turned ? LANES : (int)(g->mc - (g->nv - 1) * LANES);
  g->c = g->turned ? sums : g->C + g->i0 + (g->j0 - g->n0) * g->d->c_cs;
  g->c_ld = g->turned ? g->ld : g->d->c_cs;
  g->fresh = g->turned || beta == 0;
  if (g->by_columns)
    start_cursor(g);
  else if (g->fresh)
    clear(g);
  for (g->p0 = g->k0; g->p0 < g->k0 + g->k; g->p0 = g->p_end, g->fresh = 0) {
    g->p_end = g->direct ? g->k0 + g->k : part_end(g);
    g->panel = panel;
    if (g->direct) {
      g->panel = (const T *)(const void *)g->A + g->i0;
      g->ld = g->d->a_cs;
    } else {
      make_panel(g, panel);
    }
    if (g->by_columns)
      run_by_columns(g);
    else
      run_by_rows(g);
  }
  if (g->turned)
    flush(g, beta != 0);
}

/* Parts of about equal size, at most `most`, multiples of unit where that is possible. */
static int64_t even_part(int64_t n, int64_t most, int64_t unit) {
  int64_t parts = (n + most - 1) / most, part = (n + parts - 1) / parts;
  int64_t whole = (part + unit - 1) / unit * unit;
  return whole <= most ? whole : part;
}

static int64_t columns_in_chunk(const spgemm *g, int64_t rows_in_block) {
  int64_t most = g->turned ? min64(LINES, SUMS / rows_in_block) : LINES;
  if (!g->by_columns && !g->turned)
    most = g->n;
  if (!g->by_columns && g->bn == 1 && g->bk == 1) {
    int64_t entries = g->b->ptr[g->k0 + g->k] - g->b->ptr[g->k0], near_most = NEAR / rows_in_block;
    if (entries * near_most >= 8 * g->k * g->n) /* else a row has too few of them for a search */
      most = min64(most, near_most);
  }
  return even_part(g->n, most, g->bn > 8 ? g->bn : 8 / g->bn * g->bn);
}

static void run_spgemm(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                       int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta) {
  _Alignas(64) T panel[PANEL], sums[SUMS];
  int64_t cursor[LINES + 1];
  const tpp_sgemm_desc *d = &kernel->desc;
  int is_csr = d->storage == TPP_STORE_CSR;
  spgemm g = {.d = d, .b = B, .A = A, .C = C, .m = m, .n = n, .k = k, .n0 = n0, .k0 = k0};
  g.bk = is_csr ? 1 : d->block_k, g.bn = is_csr ? 1 : d->block_n;
  g.v_k = d->transposed ? 1 : g.bn, g.v_n = d->transposed ? g.bk : 1;
  g.by_columns = (d->storage == TPP_STORE_BCSC) != (d->transposed != 0);
  g.turned = d->c_rs != 1;
  g.cursor = cursor;
  if (m <= 0 || n <= 0)
    return;
  if (k <= 0) {
    for (int64_t i = 0; i < (g.turned ? m : n) && beta == 0; i++)
      memset(g.C + i * (g.turned ? d->c_rs : d->c_cs), 0, (size_t)(g.turned ? n : m) * sizeof(T));
    return;
  }
  int64_t rows_most = (g.bn == 1 ? V_POINT : V_BLOCK) * LANES;
  int64_t part = even_part(m, rows_most, LANES), chunk = columns_in_chunk(&g, part);
  for (g.j0 = n0; g.j0 < n0 + n; g.j0 = g.j_end) {
    g.j_end = min64(g.j0 + chunk - (g.j0 - n0 ? 0 : n0 % (g.bn > chunk ? 1 : g.bn)), n0 + n);
    g.direct = is_direct(&g);
    for (g.i0 = 0; g.i0 < m; g.i0 += g.mc) {
      g.mc = min64(part, m - g.i0);
      if (g.direct && g.mc >= LANES)
        g.mc = g.mc / LANES * LANES;
      if (g.direct && g.mc < LANES)
        run_rest(&g, g.mc, beta);
      else
        run_rows(&g, panel, sums, beta);
    }
  }
}

#define SPGEMM_KERNEL(name)                                                                        \
  void name(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C, int64_t m,      \
            int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta) {                          \
    run_spgemm(kernel, A, B, C, m, n, k, n0, k0, beta);                                            \
  }
