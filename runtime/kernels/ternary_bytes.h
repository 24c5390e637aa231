/* Products of bytes with ternary weights (FGQ, arXiv 1705.01462; residual planes, arXiv
 * 1707.04679), for instructions that multiply unsigned by signed bytes: VPMADDUBSW and VPDPBUSD.
 *
 * Weights are multiplied as their codes, 0, 1, 2, which go into either operand, so that activations
 * are used as they are, whatever their sign. What that adds is the sum of the activations: it does
 * not depend on the column, and accumulators begin with it, negated, instead of with zero.
 *
 * The sum is cut into segments that an accumulator holds and that lie within a group. At the end of
 * one, its sums are scaled into sums of the chunk, which are
 *
 *   integers  where scales are bytes, or one group is all of the chunk: the segment times a small
 *             integer is exact, one multiplication by the unit of the column makes a float of it
 *   floats    else
 *
 * Products with several rows unpack 16 columns of codes into a panel on the stack, a load of which
 * serves all rows of a tile. A product with one row is in ternary_row.h.
 *
 * A template. The including file has defined V, the vector of LANES 32-bit lanes, F, the same of
 * floats, and
 *   MR TILE_PANELS TILES       rows of the highest tile, panels of the widest, the list of all
 *   ROW_PANELS                 panels of columns that one row takes at a time
 *   MOST                       weights of a segment; one row takes half as many
 *   V_REGISTER(x)              the constraint of a vector in a register that is changed
 *   v_load v_store v_set v_zero v_word v_and v_shift, v_add of integers
 *   v_dot(acc, x, q, type)     acc + x * q, q of codes, x of bytes of the type, in lanes of which
 *                              d_negate and word_add know what they hold
 *   d_fold(acc, sum)           sums of the even and of the odd lanes
 *   d_quarter(a, b)            a + b / 4
 *   v_sum(acc)                 integers of them
 *   v_times(acc, scale)        the same, times
 *   v_spread(scales)           LANES byte scales as v_times wants them; ONE is such a word
 *   f_of f_bits f_load f_store f_fma f_set */
#include "../kernels.h"

#include <string.h>
#include <tpp/ternary.h>

#if defined(__clang__)
#define UNROLL_ALL _Pragma("clang loop unroll(full)")
#define UNROLL_TWO _Pragma("clang loop unroll_count(2)")
#else
#define UNROLL_ALL _Pragma("GCC unroll 32")
#define UNROLL_TWO _Pragma("GCC unroll 2")
#endif
#define OPAQUE_V(x) __asm__ volatile("" : V_REGISTER(x))
/* Makes a pointer of its own out of one that the compiler could derive from another. */
#define OPAQUE(p) __asm__("" : "+r"(p))
#define INLINE    static inline __attribute__((always_inline))

enum {
  PANEL = TPP_TERNARY_COLS, /* columns */
  NV = PANEL / LANES,
  COLS = PANEL * TILE_PANELS, /* of a tile */
  KC = 1024,                  /* weights of a chunk */
  WORDS = KC / 4,             /* a word is four activations, or four weights of a column */
  SEGMENTS = 32,              /* of a chunk, at most */
  MC = 96,                    /* rows of A that are done together */
  MC_COPY = 32 / TILE_PANELS, /* the same where they are copied */
  A_LD = KC + 32,             /* bytes of a row of a copy: no multiple of a cache line */
  ROW_KC = 4096,              /* weights of a chunk of one row */
  ROW_WORDS = ROW_KC / 4
};

static int64_t min64(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* The operands of a call; the window begins at (k0, n0) of the weights. */
typedef struct product {
  const tpp_sgemm_desc *d;
  const char *A;
  const tpp_ternary *b;
  float *C;
  int64_t m, n, k, n0, k0;
  int64_t group, groups, blocks;     /* groups and blocks of 16 along all rows */
  int64_t code_bytes, scales, units; /* of a plane */
} product;

/* Words [first, last) of a chunk. */
typedef struct segment {
  int32_t first, last;
  int64_t group;
} segment;

/* ---- weights ---- */

INLINE const uint8_t *codes_of(const product *g, int64_t plane) {
  return g->b->codes + plane * g->code_bytes;
}

/* Whether sums of a chunk are integers. */
INLINE int is_integer(const product *g, int64_t row, int64_t rows) {
  return g->b->units || row / g->group == (row + rows - 1) / g->group;
}

/* What integer sums of a panel of columns are multiplied by: its units, or the scales of the only
 * group. */
INLINE const float *units_of(const product *g, int64_t plane, int64_t group, int64_t panel) {
  if (g->b->units)
    return g->b->units + plane * g->units + panel * PANEL;
  return (const float *)g->b->scales + plane * g->scales + (panel * g->groups + group) * PANEL;
}

/* Vector v of the scales of a group: floats, or as v_times wants them. */
INLINE V scale_of(const product *g, int64_t plane, int64_t group, int64_t panel, int v,
                  const int is_float) {
  int64_t at = plane * g->scales + (panel * g->groups + group) * PANEL + v * LANES;
  return is_float      ? v_load((const float *)g->b->scales + at)
         : g->b->units ? v_spread((const uint8_t *)g->b->scales + at)
                       : v_set(ONE);
}

/* The codes of n words from row on, of a panel: to[word][COLS]. */
INLINE void unpack(const product *g, const uint8_t *codes, int64_t row, int64_t n, int64_t panel,
                   int32_t *to) {
  const V mask = v_set(0x03030303);
  const uint8_t *block = codes + (panel * g->blocks + row / 16) * TPP_TERNARY_BLOCK;
  int64_t q = -(row / 4 % 4);
  for (; q < n; q += 4, block += TPP_TERNARY_BLOCK)
    UNROLL_ALL
  for (int v = 0; v < NV; v++) {
    const V x = v_load(block + v * LANES * 4);
    int32_t *at = to + q * COLS + v * LANES;
    if (q >= 0 && q + 4 <= n) {
      v_store(at, v_and(x, mask));
      v_store(at + COLS, v_and(v_shift(x, 2), mask));
      v_store(at + 2 * COLS, v_and(v_shift(x, 4), mask));
      v_store(at + 3 * COLS, v_and(v_shift(x, 6), mask));
    } else {
      for (int64_t i = q < 0 ? -q : 0; i < 4 && q + i < n; i++)
        v_store(at + i * COLS, v_and(v_shift(x, (int)(2 * i)), mask));
    }
  }
}

/* ---- activations ---- */

/* kc bytes of a row of A, zeros up to a whole word; from is the distance to the next. */
INLINE void copy_activations(const char *from, int64_t stride, int64_t kc, char *to) {
  if (stride == 1) {
    memcpy(to, from, (size_t)kc);
  } else {
    for (int64_t p = 0; p < kc; p++)
      to[p] = from[p * stride];
  }
  for (int64_t p = kc; p % 4 != 0; p++)
    to[p] = 0;
}

/* The negated sums of words of activations, one by one; of whole vectors of them are written. */
INLINE void sum_words(const char *x, int64_t words, int32_t *sums, const int type) {
  const V ones = v_set(0x01010101);
  int64_t q = 0;
  for (; q + LANES <= words; q += LANES)
    v_store(sums + q, d_negate(v_dot(v_zero(), v_load(x + 4 * q), ones, type)));
  if (q < words) {
    char last[4 * LANES] = {0};
    memcpy(last, x + 4 * q, (size_t)(words - q) * 4);
    v_store(sums + q, d_negate(v_dot(v_zero(), v_load(last), ones, type)));
  }
}

/* Those of even and of odd words of a segment; sums are read for what is not a whole vector. */
INLINE void sum_segment(const char *x, const int32_t *sums, segment s, int32_t sum[2],
                        const int type) {
  const V ones = v_set(0x01010101);
  int64_t q = s.first;
  V acc = v_zero();
  for (; q + LANES <= s.last; q += LANES)
    acc = v_dot(acc, v_load(x + 4 * q), ones, type);
  d_fold(d_negate(acc), sum);
  for (; q < s.last; q++)
    sum[(q - s.first) % 2] = word_add(sum[(q - s.first) % 2], sums[q]);
}

/* Whether some segment is not of whole vectors. */
INLINE int has_parts(const segment *segments, int n) {
  for (int s = 0; s < n; s++)
    if ((segments[s].last - segments[s].first) % LANES != 0)
      return 1;
  return 0;
}

/* ---- several rows ---- */

typedef struct tile {
  const char *a;
  int64_t a_rs;
  const int32_t *b;      /* [word][COLS] */
  const int32_t *begin;  /* what accumulators begin with: [row][SEGMENTS] */
  const int32_t *scales; /* [segment][COLS]: floats, or integers as v_times wants them */
  const segment *segments;
  int64_t n;          /* of them */
  const float *units; /* [COLS]; NULL: sums are floats */
  float *c;
  int64_t c_rs;
  int load_c;
} tile;

/* C of a tile: mr rows of nv vectors. */
INLINE void store_sums(const tile *t, const int32_t *sums, const int mr, const int nv) {
  for (int i = 0; i < mr; i++)
    for (int v = 0; v < nv; v++) {
      float *c = t->c + i * t->c_rs + v * LANES;
      const int32_t *from = sums + (i * nv + v) * LANES;
      F old = t->load_c ? f_load(c) : f_set(0);
      f_store(c, t->units ? f_fma(f_of(v_load(from)), f_load(t->units + v * LANES), old)
                          : f_fma(f_load((const float *)(const void *)from), f_set(1), old));
    }
}

/* acc + a segment; the pointers are to its first words. */
INLINE void run_segment(V acc[MR][TILE_PANELS * NV], const char *a, int64_t a_rs, const int32_t *b,
                        int64_t words, const int mr, const int nv, const int type) {
  const char *a0 = a, *a1 = a0 + 3 * a_rs, *a2 = a1 + 3 * a_rs, *a3 = a2 + 3 * a_rs;
  UNROLL_TWO
  for (; words > 0; words--) {
    V y[TILE_PANELS * NV];
    UNROLL_ALL
    for (int v = 0; v < nv; v++)
      y[v] = v_load(b + v * LANES);
    UNROLL_ALL
    for (int i = 0; i < mr; i++) {
      const char *row = i < 3 ? a0 : i < 6 ? a1 : i < 9 ? a2 : a3;
      const V x = v_word(row + i % 3 * a_rs);
      UNROLL_ALL
      for (int v = 0; v < nv; v++)
        acc[i][v] = v_dot(acc[i][v], x, y[v], type);
    }
    b += COLS, a0 += 4, a1 += 4, a2 += 4, a3 += 4;
    OPAQUE(a0);
    if (mr > 3)
      OPAQUE(a1);
    if (mr > 6)
      OPAQUE(a2);
    if (mr > 9)
      OPAQUE(a3);
  }
}

INLINE void run_tile(const tile *t, const int mr, const int np, const int is_float,
                     const int type) {
  const int nv = np * NV;
  _Alignas(64) int32_t sums[MR * COLS];
  UNROLL_ALL
  for (int i = 0; i < mr * nv; i++)
    v_store(sums + i * LANES, v_zero());
  for (int64_t s = 0; s < t->n; s++) {
    const segment at = t->segments[s];
    V acc[MR][TILE_PANELS * NV];
    UNROLL_ALL
    for (int i = 0; i < mr; i++)
      UNROLL_ALL
    for (int v = 0; v < nv; v++) {
      acc[i][v] = v_set(t->begin[i * SEGMENTS + s]);
      OPAQUE_V(acc[i][v]); /* or equal ones are copied from each other */
    }
    run_segment(acc, t->a + 4 * at.first, t->a_rs, t->b + at.first * COLS, at.last - at.first, mr,
                nv, type);
    UNROLL_ALL
    for (int v = 0; v < nv; v++) {
      const V scale = v_load(t->scales + s * COLS + v * LANES);
      UNROLL_ALL
      for (int i = 0; i < mr; i++) {
        int32_t *to = sums + (i * nv + v) * LANES;
        float *f = (float *)(void *)to;
        if (is_float)
          f_store(f, f_fma(f_of(v_sum(acc[i][v])), f_bits(scale), f_load(f)));
        else
          v_store(to, v_add(v_load(to), v_times(acc[i][v], scale)));
      }
    }
  }
  store_sums(t, sums, mr, nv);
}

typedef void (*tile_fn)(const tile *t);
#define DEFINE_TILE(rows, panels, name, type)                                                      \
  static void tile_##name##_int_##rows##x##panels(const tile *t) {                                 \
    run_tile(t, rows, panels, 0, type);                                                            \
  }                                                                                                \
  static void tile_##name##_float_##rows##x##panels(const tile *t) {                               \
    run_tile(t, rows, panels, 1, type);                                                            \
  }
#define TILE_ENTRY(rows, panels, name, type)                                                       \
  [panels - 1][rows - 1] = {tile_##name##_int_##rows##x##panels,                                   \
                            tile_##name##_float_##rows##x##panels},

TILES(DEFINE_TILE, u8, TPP_U8)
TILES(DEFINE_TILE, i8, TPP_I8)
static const tile_fn tiles_u8[TILE_PANELS][MR][2] = {TILES(TILE_ENTRY, u8, TPP_U8)};
static const tile_fn tiles_i8[TILE_PANELS][MR][2] = {TILES(TILE_ENTRY, i8, TPP_I8)};

/* A chunk of the sum for some rows. */
typedef struct chunk {
  int64_t i0, mc, row, kc; /* row of the weights */
  const char *a;
  int64_t a_rs;
  int n; /* segments */
  segment segments[SEGMENTS];
  int32_t begin[MC * SEGMENTS];
} chunk;

INLINE void cut_segments(const product *g, chunk *c) {
  int64_t end = (c->kc + 3) / 4;
  c->n = 0;
  for (int64_t q = 0, last; q < end; q = last) {
    int64_t group = (c->row + 4 * q) / g->group;
    last = min64(q + MOST / 4, end);
    if (group + 1 < g->groups)
      last = min64(last, ((group + 1) * g->group - c->row) / 4);
    c->segments[c->n++] = (segment){(int32_t)q, (int32_t)last, group};
  }
}

INLINE int is_direct(const product *g, int64_t kc) {
  return g->d->a_cs == 1 && kc % 4 == 0 && g->d->a_rs % 2048 != 0;
}

/* Rows of A as tiles read them, and what their accumulators begin with. */
INLINE void place_a(const product *g, chunk *c, char *panel, const int type) {
  const tpp_sgemm_desc *d = g->d;
  const char *a = g->A + c->i0 * d->a_rs + (c->row - g->k0) * d->a_cs;
  int32_t sums[WORDS + LANES];
  c->a = is_direct(g, c->kc) ? a : panel;
  c->a_rs = is_direct(g, c->kc) ? d->a_rs : A_LD;
  for (int64_t i = 0; i < c->mc; i++) {
    if (!is_direct(g, c->kc))
      copy_activations(a + i * d->a_rs, d->a_cs, c->kc, panel + i * A_LD);
    const char *x = c->a + i * c->a_rs;
    if (has_parts(c->segments, c->n))
      sum_words(x, (c->kc + 3) / 4, sums, type);
    for (int s = 0; s < c->n; s++) {
      int32_t sum[2];
      sum_segment(x, sums, c->segments[s], sum, type);
      c->begin[i * SEGMENTS + s] = word_add(sum[0], sum[1]);
    }
  }
}

/* Columns [from, to) of rows of COLS sums. */
INLINE void add_part(const float *sums, int64_t mc, int64_t from, int64_t to, float *c,
                     int64_t c_rs, int load_c) {
  for (int64_t i = 0; i < mc; i++)
    for (int64_t j = from; j < to; j++)
      c[i * c_rs + j] = sums[i * COLS + j] + (load_c ? c[i * c_rs + j] : 0);
}

/* np panels of columns of one plane. */
INLINE void run_panels(const product *g, const chunk *u, int64_t plane, int64_t panel,
                       int32_t *weights, int load_c, int np, const int type) {
  _Alignas(64) int32_t scales[SEGMENTS * COLS];
  _Alignas(64) float part[MR * COLS], units[COLS];
  const int is_float = !is_integer(g, u->row, u->kc);
  for (int p = 0; p < np; p++) {
    unpack(g, codes_of(g, plane), u->row, (u->kc + 3) / 4, panel + p, weights + p * PANEL);
    for (int s = 0; s < u->n; s++)
      for (int v = 0; v < NV; v++)
        v_store(scales + s * COLS + p * PANEL + v * LANES,
                scale_of(g, plane, u->segments[s].group, panel + p, v, is_float));
    if (!is_float)
      memcpy(units + p * PANEL, units_of(g, plane, u->segments[0].group, panel + p),
             PANEL * sizeof(float));
  }
  int64_t first = panel * PANEL - g->n0, c_rs = g->d->c_rs;
  int64_t from = first < 0 ? -first : 0, to = min64(np * PANEL, g->n - first);
  const int whole = from == 0 && to == np * PANEL;
  tile t = {.b = weights, .scales = scales, .segments = u->segments, .n = u->n};
  t.units = is_float ? NULL : units;
  t.a_rs = u->a_rs, t.c_rs = whole ? c_rs : COLS, t.load_c = whole && load_c;
  int64_t tiles = (u->mc + MR - 1) / MR;
  for (int64_t v = 0; v < tiles; v++) {
    int64_t i = v * u->mc / tiles, rows = (v + 1) * u->mc / tiles - i;
    float *c = g->C + (u->i0 + i) * c_rs + first;
    t.a = u->a + i * u->a_rs;
    t.begin = u->begin + i * SEGMENTS;
    t.c = whole ? c : part;
    (type == TPP_U8 ? tiles_u8 : tiles_i8)[np - 1][rows - 1][is_float](&t);
    if (!whole)
      add_part(part, rows, from, to, c, c_rs, load_c);
  }
}

INLINE void run_rows(const product *g, int load_c, const int type) {
  _Alignas(64) int32_t weights[WORDS * COLS];
  char panel_of_a[MC_COPY * A_LD];
  chunk u;
  /* A chunk may begin within a group, or within a segment's length: one more of each. */
  int64_t most = g->group < g->d->rows ? min64(KC, (SEGMENTS - 2) * g->group) / 16 * 16 : KC;
  int64_t cuts = (g->k + most - 1) / most, last = (g->n0 + g->n + PANEL - 1) / PANEL;
  int64_t kc = ((g->k + cuts - 1) / cuts + 15) / 16 * 16;
  for (u.row = g->k0; u.row < g->k0 + g->k; u.row += kc) {
    u.kc = min64(kc, g->k0 + g->k - u.row);
    cut_segments(g, &u);
    int64_t mc = is_direct(g, u.kc) ? MC : MC_COPY, parts = (g->m + mc - 1) / mc;
    for (int64_t v = 0; v < parts; v++) {
      u.i0 = v * g->m / parts, u.mc = (v + 1) * g->m / parts - u.i0;
      place_a(g, &u, panel_of_a, type);
      for (int64_t plane = 0; plane < g->d->planes; plane++)
        for (int64_t panel = g->n0 / PANEL, np; panel < last; panel += np) {
          np = min64(TILE_PANELS, last - panel);
          run_panels(g, &u, plane, panel, weights, load_c || plane > 0 || u.row > g->k0, (int)np,
                     type);
        }
    }
  }
}

#include "ternary_row.h"

/* ---- the kernel ---- */

INLINE void run_ternary(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                        int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta,
                        const int type) {
  const tpp_sgemm_desc *d = &kernel->desc;
  product g = {.d = d, .A = A, .b = B, .C = C, .m = m, .n = n, .k = k, .n0 = n0, .k0 = k0};
  g.group = d->group > 0 ? d->group : d->rows > 0 ? d->rows : 1;
  g.groups = tppt_blocks(d->rows, g.group);
  g.blocks = tppt_blocks(d->rows, TPP_TERNARY_ROWS);
  g.code_bytes = tppt_code_bytes(d->rows, d->cols);
  g.scales = tppt_scales(d->rows, d->cols, g.group), g.units = tppt_units(d->cols);
  if (k <= 0 || n <= 0 || d->planes <= 0) {
    for (int64_t i = 0; i < m && beta == 0 && n > 0; i++)
      memset((float *)C + i * d->c_rs, 0, (size_t)n * sizeof(float));
    return;
  }
  if ((k0 % 4 != 0 && m != 1) || (g.group % 4 != 0 && g.group < d->rows))
    tpp_ref_ternary(kernel, A, B, C, m, n, k, n0, k0, beta);
  else if (m == 1)
    run_row(&g, beta != 0, type);
  else
    run_rows(&g, beta != 0, type);
}

#define TERNARY_KERNEL(name, type)                                                                 \
  void name(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C, int64_t m,      \
            int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta) {                          \
    run_ternary(kernel, A, B, C, m, n, k, n0, k0, beta, type);                                     \
  }
