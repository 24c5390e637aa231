/* A BRGEMM of any size as register tiles.
 *
 * The sum is cut into chunks of at most KC steps, within a batch element or over several whole
 * ones. Of each chunk, groups of rows of A and groups of columns of B are brought, where they need
 * it, into panels on the stack in the type of C:
 *
 *   A   when it is not of that type: widened once, then only broadcast (a load, no conversion);
 *       when rows or columns fall in the same sets of the cache
 *   B   when it is transposed (through register transposes), strided, its columns do not fill the
 *       vectors, or its rows fall in the same sets; else it is read where it lies
 *
 * so that a ragged or transposed operand costs a copy that is used by all rows, never a mask in the
 * loop. Nothing is allocated; elements that the operands do not have are not read.
 *
 * A template like brgemm_tile.h, which it includes. */
#include "../cache.h"
#include "../kernels.h"
#include "brgemm_tile.h"

#include <string.h>

enum {
  KC = 1024 / (int)sizeof(T), /* steps of k in a panel: B's stays in the first-level cache */
  KC_PAD = KC / 8,            /* room for the distance between rows of several batch elements */
  MC_ROWS = 12,               /* rows in a panel of A: whole tiles of any width; */
  MC = 36,                    /* more when A is read by columns, which are longer then */
  NC = NV_MAX * LANES,        /* columns in a panel of B */
  LINE = 64 / (int)sizeof(T)  /* elements of a cache line */
};

/* From one row to the next in a panel of A of kc steps: no multiple of a cache line, so that rows
 * lie in different sets. */
static int64_t panel_ld(int64_t kc) {
  return (kc + LINE - 1) / LINE * LINE + LINE / 2;
}

/* Operand types are constants in every instance. */
typedef struct drive {
  const tpp_brgemm_desc *d;
  const void *A, *B;
  T *C;
  int64_t m, n, k;
} drive;

/* A part of the sum: batch elements [b, b + nb), steps [p, p + kc) of each. */
typedef struct chunk {
  int64_t b, nb, p, kc;
} chunk;

INLINE int64_t type_bytes(const int type) {
  return type == TPP_F64 ? 8 : type == TPP_F32 ? 4 : 2;
}

INLINE const char *element(const void *base, int64_t at, const int type) {
  return (const char *)base + at * type_bytes(type);
}

static int64_t min64(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* n > 0 elements that follow each other, widened; exactly n are read, whole vectors are written. */
INLINE void widen_row(const char *src, int64_t n, T *dst, const int type) {
  const int64_t size = type_bytes(type);
  if (n < LANES) {
    v_store(dst, v_load_type_n(src, (int)n, type));
    return;
  }
  const char *last = src + (n - LANES) * size;
  for (T *to = dst; src < last; to += LANES, src += LANES * size) {
    OPAQUE(src); /* or a copy becomes a call of memcpy */
    v_store(to, v_load_type(src, type));
  }
  v_store(dst + n - LANES, v_load_type(last, type));
}

/* The same with zeros up to ld, a multiple of LANES less than LANES above n. */
INLINE void widen_row_pad(const char *src, int64_t n, T *dst, int64_t ld, const int type) {
  v_store(dst + ld - LANES, v_zero());
  widen_row(src, n, dst, type);
}

/* ---- panels of A ---- */

/* Rows i0 .. i0 + mc of a row-major A: panel[b][i][KC]. */
INLINE void panel_a_rows(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t,
                         const int type) {
  int64_t ld = panel_ld(s.kc);
  for (int64_t b = 0; b < s.nb; b++)
    for (int64_t i = 0; i < mc; i++) {
      int64_t at = (s.b + b) * g->d->br_a + (i0 + i) * g->d->a_rs + s.p;
      widen_row(element(g->A, at, type), s.kc, panel + (b * mc + i) * ld, type);
    }
  t->a = panel, t->a_rs = ld, t->a_cs = 1, t->a_br = mc * ld;
}

/* Two steps of a VNNI-2 A: mc pairs that follow each other, to row (even) and row + mc (odd). */
INLINE void split_pairs(const char *src, int64_t mc, T *row) {
  int64_t i = 0;
  for (; i + LANES <= mc; i += LANES) {
    v_store(row + i, v_load_even(src + i * 4));
    v_store(row + mc + i, v_load_odd(src + i * 4));
  }
  for (; i < mc; i++) {
    row[i] = widen(src + i * 4, TPP_BF16);
    row[mc + i] = widen(src + i * 4 + 2, TPP_BF16);
  }
}

/* The same rows of an A of any other layout: panel[b][p][mc]. */
INLINE void panel_a_cols(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t,
                         const int type) {
  const tpp_brgemm_desc *d = g->d;
  for (int64_t b = 0; b < s.nb; b++) {
    int64_t first = (s.b + b) * d->br_a + i0 * d->a_rs;
    T *row = panel + b * s.kc * mc;
    for (int64_t q = 0; q < s.kc; q++, row += mc) {
      int64_t p = s.p + q, at = first + p / d->a_pack * d->a_cs + p % d->a_pack;
      if (type == TPP_BF16 && d->a_pack == 2 && d->a_rs == 2 && q + 1 < s.kc) {
        split_pairs(element(g->A, at, type), mc, row);
        q++, row += mc;
      } else if (d->a_rs == 1) {
        widen_row(element(g->A, at, type), mc, row, type);
      } else {
        for (int64_t i = 0; i < mc; i++)
          row[i] = widen(element(g->A, at + i * d->a_rs, type), type);
      }
    }
  }
  t->a = panel, t->a_rs = 1, t->a_cs = mc, t->a_br = s.kc * mc;
}

/* Whether A is better copied although it has the right type: rows that the first-level cache keeps
 * in the same few sets, or columns that each begin another line. */
INLINE int a_conflicts(const drive *g) {
  int64_t rs = g->d->a_rs * (int64_t)sizeof(T), cs = g->d->a_cs * (int64_t)sizeof(T);
  if (g->n <= LANES || g->m <= 2)
    return 0;
  return g->d->a_cs == 1 ? rs % 2048 == 0 : cs >= 512 || cs <= -512;
}

/* How A is brought to the tiles. */
enum a_place { A_DIRECT, A_PANEL_ROWS, A_PANEL_COLS };

INLINE int place_of_a(const drive *g, const int type) {
  if (type_bytes(type) == (int64_t)sizeof(T) && !a_conflicts(g))
    return A_DIRECT;
  return g->d->a_pack == 1 && g->d->a_cs == 1 ? A_PANEL_ROWS : A_PANEL_COLS;
}

/* Sets the tile's A for rows from i0 on. */
INLINE void place_a(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t, int place,
                    const int type) {
  const tpp_brgemm_desc *d = g->d;
  if (place == A_PANEL_ROWS) {
    panel_a_rows(g, s, i0, mc, panel, t, type);
  } else if (place == A_PANEL_COLS) {
    panel_a_cols(g, s, i0, mc, panel, t, type);
  } else {
    t->a = (const T *)g->A + s.b * d->br_a + i0 * d->a_rs + s.p * d->a_cs;
    t->a_rs = d->a_rs, t->a_cs = d->a_cs, t->a_br = d->br_a;
  }
}

/* ---- panels of B ---- */

/* Column-major B: blocks of TR x TR go through registers. */
INLINE void transpose_block(const char *src, int64_t ld_bytes, int64_t rows, int64_t cols, T *dst,
                            int64_t ld, const int type) {
  H x[TR];
  UNROLL_ALL
  for (int j = 0; j < TR; j++)
    x[j] = j >= cols    ? h_zero()
           : rows == TR ? h_load_type(src + j * ld_bytes, type)
                        : h_load_type_n(src + j * ld_bytes, (int)rows, type);
  h_transpose(x);
  for (int64_t q = 0; q < rows; q++)
    h_store(dst + q * ld, x[q]);
}

INLINE void panel_b_cols(const drive *g, const char *src, int64_t kc, int64_t nc, T *dst,
                         int64_t ld, const int type) {
  int64_t size = type_bytes(type), ld_bytes = g->d->b_cs * size;
  for (int64_t j = 0; j < ld; j += TR)
    for (int64_t q = 0; q < kc; q += TR) {
      const char *block = j < nc ? src + j * ld_bytes + q * size : src;
      transpose_block(block, ld_bytes, min64(TR, kc - q), nc - j, dst + q * ld + j, ld, type);
    }
}

/* Copies VNNI-2 pairs as they are, as if they were floats; zeros where there are none. The pair of
 * an odd last step has one element. */
INLINE void panel_b_pairs(const drive *g, const char *src, int64_t kc, int64_t nc, T *dst,
                          int64_t ld) {
  for (int64_t q = 0; q + 1 < kc; q += 2, dst += ld, src += g->d->b_rs * 2)
    widen_row_pad(src, nc, dst, ld, TPP_F32);
  if (kc % 2) {
    memset(dst, 0, (size_t)ld * 4);
    for (int64_t j = 0; j < nc; j++)
      memcpy((char *)dst + 4 * j, src + 4 * j, 2);
  }
}

/* Columns j0 .. j0 + nc of a chunk of B: panel[b][p][ld], zeros to the right. */
INLINE void panel_b(const drive *g, chunk s, int64_t j0, int64_t nc, int64_t ld, T *panel,
                    const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  for (int64_t b = 0; b < s.nb; b++) {
    int64_t first = (s.b + b) * d->br_b + j0 * d->b_cs;
    T *dst = panel + b * s.kc * ld;
    if (form == TPP_FORM_VNNI2) {
      panel_b_pairs(g, element(g->B, first + s.p / 2 * d->b_rs, type), s.kc, nc,
                    panel + b * ((s.kc + 1) / 2) * ld, ld);
      continue;
    }
    const char *src = element(g->B, first + s.p * d->b_rs, type);
    if (form == TPP_FORM_COL) {
      panel_b_cols(g, src, s.kc, nc, dst, ld, type);
      continue;
    }
    for (int64_t q = 0; q < s.kc; q++, dst += ld, src += d->b_rs * type_bytes(type)) {
      if (form == TPP_FORM_ROW) {
        widen_row_pad(src, nc, dst, ld, type);
        continue;
      }
      v_store(dst + ld - LANES, v_zero());
      for (int64_t j = 0; j < nc; j++)
        dst[j] = widen(src + j * d->b_cs * type_bytes(type), type);
    }
  }
}

INLINE int kind_of(const int type, const int form) {
  if (form == TPP_FORM_VNNI2)
    return B_VNNI2;
  return type == TPP_BF16 ? B_BF16 : type == TPP_F16 ? B_F16 : B_SAME;
}

/* Whether a row-major B is better copied, when enough rows of A use it: its rows fall in the same
 * sets of the cache, or lie so far apart that the hardware does not fetch ahead. A narrower B has
 * half the lines, and a copy of it would be wider. */
INLINE int b_is_scattered(const drive *g, int64_t kc, int64_t size) {
  int64_t stride = g->d->b_rs * size;
  return g->m >= 12 && ((size == (int64_t)sizeof(T) && stride >= 1024) ||
                        tpp_cache_conflicts(kc, stride, NC * size));
}

/* A group of columns of one chunk, copied or not. */
typedef struct columns {
  int64_t j0, nc;
  const T *panel; /* NULL: read where they lie */
} columns;

/* Sets the tile's B for nv vectors from column j on; returns how it is to be read. */
INLINE int place_b(const drive *g, chunk s, columns u, int64_t j, int64_t nv, tile *t,
                   const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  if (!u.panel) {
    int64_t p = form == TPP_FORM_VNNI2 ? s.p / 2 : s.p;
    t->b = element(g->B, s.b * d->br_b + p * d->b_rs + j * d->b_cs, type);
    t->b_rs = d->b_rs, t->b_br = d->br_b;
    return kind_of(type, form);
  }
  /* Panels of the group follow each other; a pair of VNNI-2 takes the room of one element of T. */
  int64_t rows = form == TPP_FORM_VNNI2 ? (s.kc + 1) / 2 : s.kc;
  t->b = u.panel + (j - u.j0) * rows * s.nb;
  t->b_rs = nv * LANES * (form == TPP_FORM_VNNI2 ? 2 : 1), t->b_br = rows * t->b_rs;
  return form == TPP_FORM_VNNI2 ? B_VNNI2 : B_SAME;
}

/* ---- the loops ---- */

/* Vectors in the next panel of n columns. Four (by three rows) follow each other in memory, so they
 * need no copy to keep their place in the cache; but two (by six rows) widen fewer elements and
 * copy less. No panel of one vector is left over, since its tiles load too much. */
INLINE int64_t panel_vectors(int64_t n, int is_plain) {
  int64_t v = (n + LANES - 1) / LANES;
  if (is_plain && v >= 4 && v != 5 && v != 6)
    return 4;
  return v == 3 || (is_plain && v >= 5) ? 3 : v < 2 ? v : 2;
}

/* Rows [i0, i0 + mc) in blocks of nearly equal height. */
INLINE void run_rows(const drive *g, tile *t, int64_t i0, int64_t mc, int64_t j, int64_t nv,
                     int kind) {
  int64_t most = mr_limit((int)nv), blocks = (mc + most - 1) / most;
  const T *a = t->a;
  for (int64_t u = 0; u < blocks; u++) {
    int64_t first = u * mc / blocks, rows = (u + 1) * mc / blocks - first;
    t->a = a + first * t->a_rs;
    t->c = g->C + (i0 + first) * g->d->c_rs + j;
    tiles[kind][nv][rows](t);
  }
  t->a = a;
}

/* All rows of one group of columns. */
INLINE void run_columns(const drive *g, chunk s, columns u, int load_c, T *panel_of_a,
                        const int a_type, const int b_type, const int b_form) {
  tile t = {.c_rs = g->d->c_rs, .k = s.kc, .br = s.nb, .load_c = load_c};
  int is_plain = !u.panel && kind_of(b_type, b_form) == B_SAME;
  int place = place_of_a(g, a_type);
  int64_t most = place == A_PANEL_COLS ? MC : MC_ROWS, groups = (g->m + most - 1) / most;
  for (int64_t v = 0; v < groups; v++) {
    int64_t i0 = v * g->m / groups, mc = (v + 1) * g->m / groups - i0;
    place_a(g, s, i0, mc, panel_of_a, &t, place, a_type);
    for (int64_t j = u.j0, nv; j < u.j0 + u.nc; j += nv * LANES) {
      int64_t left = u.j0 + u.nc - j;
      nv = panel_vectors(left, is_plain);
      t.lanes = (int)(min64(left, nv * LANES) - (nv - 1) * LANES);
      int kind = place_b(g, s, u, j, nv, &t, b_type, b_form);
      run_rows(g, &t, i0, mc, j, nv, kind);
    }
  }
}

/* Copies the panels of a group, in the widths that run_columns will use. */
INLINE void copy_columns(const drive *g, chunk s, columns u, T *panel, const int b_type,
                         const int b_form) {
  int64_t rows = s.nb * (b_form == TPP_FORM_VNNI2 ? (s.kc + 1) / 2 : s.kc);
  for (int64_t j = u.j0, nv; j < u.j0 + u.nc; j += nv * LANES) {
    int64_t left = u.j0 + u.nc - j;
    nv = panel_vectors(left, 0);
    panel_b(g, s, j, min64(left, nv * LANES), nv * LANES, panel + (j - u.j0) * rows, b_type,
            b_form);
  }
}

INLINE void run_chunk(const drive *g, chunk s, int load_c, T *panel_of_a, T *panel_of_b,
                      const int a_type, const int b_type, const int b_form) {
  int copies = b_form == TPP_FORM_VNNI2 ? s.kc % 2 != 0
               : b_form == TPP_FORM_ROW ? b_is_scattered(g, s.kc * s.nb, type_bytes(b_type))
                                        : 1;
  int64_t direct = copies || (g->n % LANES && g->n <= NC) ? 0 : g->n / LANES * LANES;
  if (direct > 0) {
    columns u = {0, direct, NULL};
    run_columns(g, s, u, load_c, panel_of_a, a_type, b_type, b_form);
  }
  for (int64_t j = direct; j < g->n; j += NC) {
    columns u = {j, min64(NC, g->n - j), panel_of_b};
    copy_columns(g, s, u, panel_of_b, b_type, b_form);
    run_columns(g, s, u, load_c, panel_of_a, a_type, b_type, b_form);
  }
}

/* The kernel for constant types and form of B (ROW, COL, STRIDED, or VNNI2). */
INLINE void run_brgemm(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                       int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta, const int a_type,
                       const int b_type, const int b_form) {
  _Alignas(64) T panel_of_a[MC * (KC + KC_PAD)];
  _Alignas(64) T panel_of_b[NC * KC];
  drive g = {&kernel->desc, A, B, C, m, n, k};
  if (k <= 0 || br <= 0) {
    for (int64_t i = 0; i < m && beta == 0; i++)
      memset(g.C + i * g.d->c_rs, 0, (size_t)(n > 0 ? n : 0) * sizeof(T));
    return;
  }
  /* Cuts are even: of a batch element at multiples of whole vectors and pairs, else between some.
   */
  int64_t cuts = (k + KC - 1) / KC;
  int64_t kc = cuts == 1 ? k : ((k + cuts - 1) / cuts + LANES - 1) / LANES * LANES;
  int64_t nb = min64(KC / k, (KC + KC_PAD) / panel_ld(k));
  int64_t parts = nb > 1 ? (br + nb - 1) / nb : br;
  nb = (br + parts - 1) / parts;
  for (int64_t b = 0; b < br; b += nb)
    for (int64_t p = 0; p < k; p += kc) {
      chunk s = {b, min64(nb, br - b), p, min64(kc, k - p)};
      run_chunk(&g, s, beta != 0 || b > 0 || p > 0, panel_of_a, panel_of_b, a_type, b_type, b_form);
    }
}
