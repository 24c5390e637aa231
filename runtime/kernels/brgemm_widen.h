/* Operands for tiles that sum in the type of C: elements of another type are widened on the way
 * into a panel, or as they are loaded.
 *
 * A template like brgemm_tile.h; it gives brgemm_drive.h what that asks for. */
#include "brgemm_panel.h"

/* Steps of the inner loop for k elements of the sum. */
INLINE int64_t steps_of(int64_t k) {
  return k;
}

/* ---- panels of A ---- */

/* Rows i0 .. i0 + mc of a row-major A: panel[b][i][ld]. Rows that follow each other are one. */
INLINE void panel_a_rows(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t,
                         const int type) {
  const int is_one = g->d->a_rs == s.kc;
  int64_t ld = is_one ? s.kc : panel_ld(s.kc);
  for (int64_t b = 0; b < s.nb; b++) {
    int64_t at = (s.b + b) * g->d->br_a + i0 * g->d->a_rs + s.p;
    if (is_one)
      widen_row(element(g->A, at, type), mc * s.kc, panel + b * mc * ld, type);
    for (int64_t i = 0; i < mc && !is_one; i++, at += g->d->a_rs)
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

#ifndef TERNARY

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
      copy_transposed(src, d->b_cs * type_bytes(type), s.kc, nc, dst, ld, type);
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

/* How tiles read a B that is not copied. */
INLINE int kind_of(const int type, const int form) {
  if (form == TPP_FORM_VNNI2)
    return B_VNNI2;
  return type == TPP_BF16 ? B_BF16 : type == TPP_F16 ? B_F16 : B_SAME;
}

/* Whether all of B is copied, rather than only columns that do not fill the vectors. */
INLINE int copies_b(const drive *g, chunk s, const int type, const int form) {
  return form == TPP_FORM_VNNI2 ? s.kc % 2 != 0
         : form == TPP_FORM_ROW ? b_is_scattered(g, s.kc * s.nb, type_bytes(type))
                                : 1;
}

/* Sets the tile's B, not copied, from column j on. */
INLINE void place_b(const drive *g, chunk s, int64_t j, tile *t, const int type, const int form) {
  int64_t p = form == TPP_FORM_VNNI2 ? s.p / 2 : s.p;
  t->b = element(g->B, s.b * g->d->br_b + p * g->d->b_rs + j * g->d->b_cs, type);
  t->b_rs = g->d->b_rs, t->b_br = g->d->br_b;
}

/* Rows of a panel of B for one batch element; those of VNNI-2 hold pairs, in the room of one T. */
INLINE int64_t panel_b_rows(int64_t kc, const int form) {
  return form == TPP_FORM_VNNI2 ? (kc + 1) / 2 : kc;
}

/* How tiles read a panel. */
INLINE int panel_b_kind(const int form) {
  return form == TPP_FORM_VNNI2 ? B_VNNI2 : B_SAME;
}
#endif
