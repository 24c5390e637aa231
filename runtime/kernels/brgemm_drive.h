/* A BRGEMM of any size as register tiles.
 *
 * The sum is cut into chunks of at most KC steps, within a batch element or over several whole ones. Of
 * each chunk, groups of rows of A and panels of columns of B are brought, where they need it, into panels
 * on the stack in the type of C:
 *
 *   A   when it is not of that type: widened once, then only broadcast (a load, no conversion);
 *       when its columns are so far apart that each step of k touches another page
 *   B   when it is transposed (through register transposes), strided, or its columns do not fill
 *       the vectors; a plain or VNNI-2 panel is read where it lies
 *
 * so that a ragged or transposed operand costs a copy of a panel that is used by all rows, never a mask in
 * the loop. Nothing is allocated; elements that the operands do not have are not read.
 *
 * A template like brgemm_tile.h, which it includes. */
#include "../cache.h"
#include "../kernels.h"
#include "brgemm_tile.h"

#include <string.h>

enum {
  KC = 1024 / (int)sizeof(T), /* steps of k in a panel: B's stays in the first-level cache */
  MC = 36,                    /* rows in a panel of A */
  NC = NV_MAX * LANES,
  LINE = 64 / (int)sizeof(T) /* elements of a cache line */
};

/* From one row to the next in a panel of A of kc steps: no multiple of a cache line, so that rows lie in different
 * sets. */
static int64_t panel_ld(int64_t kc) { return (kc + LINE - 1) / LINE * LINE + LINE / 2; }


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

static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

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

/* Whether A is better copied although it has the right type: rows that the first-level cache keeps in the same
 * few sets, or columns that each begin another line. */
INLINE int a_conflicts(const drive *g) {
  int64_t rs = g->d->a_rs * (int64_t)sizeof(T), cs = g->d->a_cs * (int64_t)sizeof(T);
  if (g->n <= LANES || g->m <= 2)
    return 0;
  return g->d->a_cs == 1 ? rs % 2048 == 0 : cs >= 512 || cs <= -512;
}

/* Sets the tile's A for rows from i0 on. */
INLINE void place_a(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t,
                    const int type) {
  const tpp_brgemm_desc *d = g->d;
  if (type_bytes(type) == (int64_t)sizeof(T) && !a_conflicts(g)) {
    t->a = (const T *)g->A + s.b * d->br_a + i0 * d->a_rs + s.p * d->a_cs;
    t->a_rs = d->a_rs, t->a_cs = d->a_cs, t->a_br = d->br_a;
  } else if (d->a_pack == 1 && d->a_cs == 1) {
    panel_a_rows(g, s, i0, mc, panel, t, type);
  } else {
    panel_a_cols(g, s, i0, mc, panel, t, type);
  }
}

/* ---- panels of B ---- */

/* Column-major B: blocks of TR x TR go through registers. */
INLINE void transpose_block(const char *src, int64_t ld_bytes, int64_t rows, int64_t cols, T *dst,
                            int64_t ld, const int type) {
  H x[TR];
  UNROLL_ALL
  for (int j = 0; j < TR; j++)
    x[j] = j >= cols     ? h_zero()
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

/* Copies VNNI-2 pairs as they are, as if they were floats; zeros where there are none. The pair of an odd last
 * step has one element. */
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

/* Whether a row-major B is better copied: a panel does not stay in the cache, and enough rows of A use it. */
INLINE int b_conflicts(const drive *g, int64_t kc, int64_t size) {
  return g->m >= 12 && tpp_cache_conflicts(kc, g->d->b_rs * size, NC * size);
}

/* Sets the tile's B for columns from j0 on; returns how it is to be read. */
INLINE int place_b(const drive *g, chunk s, int64_t j0, int64_t nc, int64_t nv, int copies, T *panel,
                   tile *t, const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  if (!copies && nc == nv * LANES) {
    int64_t p = form == TPP_FORM_VNNI2 ? s.p / 2 : s.p;
    t->b = element(g->B, s.b * d->br_b + p * d->b_rs + j0 * d->b_cs, type);
    t->b_rs = d->b_rs, t->b_br = d->br_b;
    return kind_of(type, form);
  }
  panel_b(g, s, j0, nc, nv * LANES, panel, type, form);
  t->b = panel;
  if (form == TPP_FORM_VNNI2) {
    t->b_rs = 2 * nv * LANES, t->b_br = (s.kc + 1) / 2 * t->b_rs;
    return B_VNNI2;
  }
  t->b_rs = nv * LANES, t->b_br = s.kc * t->b_rs;
  return B_SAME;
}

/* ---- the loops ---- */

/* Vectors in the next panel of n columns. Four (by three rows) follow each other in memory, so they need no
 * copy to keep their place in the cache; but two (by six rows) widen fewer elements and copy less. No
 * panel of one vector is left over, since its tiles load too much. */
INLINE int64_t panel_vectors(int64_t n, int is_plain) {
  int64_t v = (n + LANES - 1) / LANES;
  if (is_plain && v >= 4 && v != 5 && v != 6)
    return 4;
  return v == 3 || (is_plain && v >= 5) ? 3 : v < 2 ? v : 2;
}

/* Rows [i0, i0 + mc) in blocks of nearly equal height. */
INLINE void run_rows(const drive *g, tile *t, int64_t i0, int64_t mc, int64_t j0, int64_t nv,
                     int kind) {
  int64_t most = mr_limit((int)nv), blocks = (mc + most - 1) / most;
  const T *a = t->a;
  for (int64_t u = 0; u < blocks; u++) {
    int64_t first = u * mc / blocks, rows = (u + 1) * mc / blocks - first;
    t->a = a + first * t->a_rs;
    t->c = g->C + (i0 + first) * g->d->c_rs + j0;
    tiles[kind][nv][rows](t);
  }
  t->a = a;
}

INLINE void run_chunk(const drive *g, chunk s, int load_c, T *panel_of_a, T *panel_of_b,
                      const int a_type, const int b_type, const int b_form) {
  tile t = {.c_rs = g->d->c_rs, .k = s.kc, .br = s.nb, .load_c = load_c};
  int copies = b_form == TPP_FORM_VNNI2 ? s.kc % 2 != 0
               : b_form == TPP_FORM_ROW ? b_conflicts(g, s.kc * s.nb, type_bytes(b_type))
                                        : 1;
  int is_plain = !copies && b_form == TPP_FORM_ROW && type_bytes(b_type) == (int64_t)sizeof(T);
  int64_t groups = (g->m + MC - 1) / MC;
  for (int64_t u = 0; u < groups; u++) {
    int64_t i0 = u * g->m / groups, mc = (u + 1) * g->m / groups - i0;
    place_a(g, s, i0, mc, panel_of_a, &t, a_type);
    for (int64_t j0 = 0, nv; j0 < g->n; j0 += nv * LANES) {
      nv = panel_vectors(g->n - j0, is_plain);
      int64_t nc = min64(nv * LANES, g->n - j0);
      t.lanes = (int)(nc - (nv - 1) * LANES);
      int kind = place_b(g, s, j0, nc, nv, copies, panel_of_b, &t, b_type, b_form);
      run_rows(g, &t, i0, mc, j0, nv, kind);
    }
  }
}

/* The kernel for constant types and form of B (ROW, COL, STRIDED, or VNNI2). */
INLINE void run_brgemm(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                       int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta, const int a_type,
                       const int b_type, const int b_form) {
  _Alignas(64) T panel_of_a[MC * (KC + 2 * LINE)];
  _Alignas(64) T panel_of_b[NC * KC];
  drive g = {&kernel->desc, A, B, C, m, n, k};
  if (k <= 0 || br <= 0) {
    for (int64_t i = 0; i < m && beta == 0; i++)
      memset(g.C + i * g.d->c_rs, 0, (size_t)(n > 0 ? n : 0) * sizeof(T));
    return;
  }
  /* Cuts within a batch element are even, and at multiples of whole vectors and pairs. */
  int64_t cuts = (k + KC - 1) / KC;
  int64_t kc = cuts == 1 ? k : ((k + cuts - 1) / cuts + LANES - 1) / LANES * LANES;
  int64_t nb = panel_ld(k) > KC / 2 ? 1 : KC / panel_ld(k);
  for (int64_t b = 0; b < br; b += nb)
    for (int64_t p = 0; p < k; p += kc) {
      chunk s = {b, min64(nb, br - b), p, min64(kc, k - p)};
      run_chunk(&g, s, beta != 0 || b > 0 || p > 0, panel_of_a, panel_of_b, a_type, b_type, b_form);
    }
}
