/* BF16 operands for tiles whose multiply-add takes a pair of them in each 32-bit lane (VDPBF16PS).
 *
 * A step of the inner loop is a pair of elements of the sum. Seen as 32-bit elements, an A whose
 * rows are contiguous and a B in VNNI-2 lie as the tiles want them; so does a VNNI-2 A. Other
 * layouts are zipped into panels: two rows of k next to each other become one of pairs; a
 * column-major B is transposed as it is, in pairs. The last pair of an odd k has a zero, and is
 * always copied.
 *
 * A template like brgemm_tile.h; it gives brgemm_drive.h what that asks for. Besides the functions
 * v_* it needs v_zip, which puts 16-bit elements of two rows together. Types are BF16 throughout.
 */
#include "brgemm_panel.h"

INLINE int64_t steps_of(int64_t k) {
  return (k + 1) / 2;
}

/* Whether the last step of the chunk has half a pair. */
INLINE int has_half(const drive *g, chunk s) {
  return 2 * (s.p + s.kc) > g->k;
}

INLINE int is_even(int64_t a, int64_t b) {
  return (a | b) % 2 == 0;
}

/* The pair at lo and hi, or of lo and zero. */
INLINE T one_pair(const char *lo, const char *hi) {
  uint16_t pair[2] = {0, 0};
  T x;
  memcpy(&pair[0], lo, 2);
  if (hi)
    memcpy(&pair[1], hi, 2);
  memcpy(&x, pair, sizeof x);
  return x;
}

/* n pairs of two rows, or of a row and zeros (hi NULL); whole vectors are written. */
INLINE void zip_rows(const char *lo, const char *hi, int64_t n, T *dst) {
  for (int64_t i = 0; i < n; i += LANES) {
    int lanes = (int)min64(LANES, n - i);
    v_store(dst + i, v_zip(lo + 2 * i, hi ? hi + 2 * i : NULL, lanes));
  }
}

/* n pairs that lie side by side, of which the last may be half. */
INLINE void copy_pairs(const char *src, int64_t n, int half, T *dst) {
  if (n > half)
    widen_row(src, n - half, dst, TPP_F32);
  if (half)
    dst[n - 1] = one_pair(src + 4 * (n - 1), NULL);
}

/* ---- A ---- */

INLINE int place_of_a(const drive *g, const int type) {
  const tpp_brgemm_desc *d = g->d;
  (void)type;
  if (d->a_pack == 1 && d->a_cs == 1) {
    int is_direct = is_even(d->a_rs, d->br_a) && g->k % 2 == 0 && d->a_rs * 2 % 2048 != 0;
    return is_direct ? A_DIRECT : A_PANEL_ROWS;
  }
  int is_vnni2 = d->a_pack == 2 && d->a_rs == 2;
  return is_vnni2 && is_even(d->a_cs, d->br_a) && g->k % 2 == 0 ? A_DIRECT : A_PANEL_COLS;
}

INLINE const char *pair_of_a(const drive *g, int64_t b, int64_t i, int64_t p) {
  const tpp_brgemm_desc *d = g->d;
  int64_t step = d->a_pack == 1 ? 2 * p * d->a_cs : 2 * p / d->a_pack * d->a_cs + 2 * p % d->a_pack;
  return element(g->A, b * d->br_a + i * d->a_rs + step, TPP_BF16);
}

/* Rows i0 .. i0 + mc of a row-major A: panel[b][i][panel_ld]. */
INLINE void panel_a_rows(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t) {
  int64_t ld = panel_ld(s.kc);
  for (int64_t b = 0; b < s.nb; b++)
    for (int64_t i = 0; i < mc; i++)
      copy_pairs(pair_of_a(g, s.b + b, i0 + i, s.p), s.kc, has_half(g, s),
                 panel + (b * mc + i) * ld);
  t->a = panel, t->a_rs = ld, t->a_cs = 1, t->a_br = mc * ld;
}

/* The same rows of an A of any other layout: panel[b][p][mc]. */
INLINE void panel_a_cols(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t) {
  const tpp_brgemm_desc *d = g->d;
  /* From the first element of a pair to the second. */
  int64_t next = 2 * (d->a_pack == 1 ? d->a_cs : 1);
  for (int64_t b = 0; b < s.nb; b++)
    for (int64_t q = 0; q < s.kc; q++) {
      const char *lo = pair_of_a(g, s.b + b, i0, s.p + q);
      int half = has_half(g, s) && q == s.kc - 1;
      T *row = panel + (b * s.kc + q) * mc;
      if (d->a_rs == 1 && d->a_pack == 1) {
        zip_rows(lo, half ? NULL : lo + next, mc, row);
        continue;
      }
      for (int64_t i = 0; i < mc; i++) {
        const char *at = lo + 2 * i * d->a_rs;
        row[i] = one_pair(at, half ? NULL : at + next);
      }
    }
  t->a = panel, t->a_rs = 1, t->a_cs = mc, t->a_br = s.kc * mc;
}

/* Sets the tile's A for rows from i0 on. */
INLINE void place_a(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t, int place,
                    const int type) {
  const tpp_brgemm_desc *d = g->d;
  (void)type;
  if (place == A_PANEL_ROWS) {
    panel_a_rows(g, s, i0, mc, panel, t);
  } else if (place == A_PANEL_COLS) {
    panel_a_cols(g, s, i0, mc, panel, t);
  } else {
    t->a = (const T *)(const void *)pair_of_a(g, s.b, i0, s.p);
    t->a_rs = d->a_pack == 1 ? d->a_rs / 2 : 1;
    t->a_cs = d->a_pack == 1 ? 1 : d->a_cs / 2;
    t->a_br = d->br_a / 2;
  }
}

/* ---- B ---- */

/* One row of pairs of B, of whatever layout but column-major: zeros up to ld. */
INLINE void panel_b_row(const drive *g, const char *lo, int half, int64_t nc, T *dst, int64_t ld,
                        const int form) {
  const tpp_brgemm_desc *d = g->d;
  v_store(dst + ld - LANES, v_zero());
  if (form == TPP_FORM_VNNI2 && !half) {
    widen_row(lo, nc, dst, TPP_F32);
  } else if (form == TPP_FORM_ROW) {
    zip_rows(lo, half ? NULL : lo + 2 * d->b_rs, nc, dst);
  } else {
    int64_t next = 2 * (form == TPP_FORM_VNNI2 ? 1 : d->b_rs);
    for (int64_t j = 0; j < nc; j++) {
      const char *at = lo + 2 * j * d->b_cs;
      dst[j] = one_pair(at, half ? NULL : at + next);
    }
  }
}

/* Columns j0 .. j0 + nc of a chunk of B: panel[b][p][ld], zeros to the right. */
INLINE void panel_b(const drive *g, chunk s, int64_t j0, int64_t nc, int64_t ld, T *panel,
                    const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  int64_t step = form == TPP_FORM_VNNI2 ? d->b_rs : 2 * d->b_rs; /* from pair to pair */
  (void)type;
  for (int64_t b = 0; b < s.nb; b++) {
    int64_t first = (s.b + b) * d->br_b + j0 * d->b_cs + s.p * step, q = 0;
    T *dst = panel + b * s.kc * ld;
    if (form == TPP_FORM_COL) {
      q = s.kc - has_half(g, s);
      copy_transposed(element(g->B, first, TPP_BF16), d->b_cs * 2, q, nc, dst, ld, TPP_F32);
    }
    for (; q < s.kc; q++) {
      int half = has_half(g, s) && q == s.kc - 1;
      panel_b_row(g, element(g->B, first + q * step, TPP_BF16), half, nc, dst + q * ld, ld, form);
    }
  }
}

/* How tiles read B, copied or not: as pairs. */
INLINE int kind_of(const int type, const int form) {
  (void)type, (void)form;
  return B_SAME;
}

INLINE int panel_b_kind(const int form) {
  return kind_of(TPP_BF16, form);
}

/* Whether all of B is copied, rather than only columns that do not fill the vectors. */
INLINE int copies_b(const drive *g, chunk s, const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  (void)type;
  if (form != TPP_FORM_VNNI2 || has_half(g, s) || !is_even(d->b_rs, d->br_b))
    return 1;
  return g->m >= 12 && tpp_cache_conflicts(s.kc * s.nb, d->b_rs * 2, NC * (int64_t)sizeof(T));
}

/* Sets the tile's B, not copied, from column j on. */
INLINE void place_b(const drive *g, chunk s, int64_t j, tile *t, const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  (void)type, (void)form;
  t->b = element(g->B, s.b * d->br_b + s.p * d->b_rs + j * d->b_cs, TPP_BF16);
  t->b_rs = d->b_rs / 2, t->b_br = d->br_b / 2;
}

INLINE int64_t panel_b_rows(int64_t kc, const int form) {
  (void)form;
  return kc;
}
