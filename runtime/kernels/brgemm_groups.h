/* Narrow operands for tiles whose multiply-add takes a group of them in each 32-bit lane: pairs of
 * BF16 (VDPBF16PS), pairs of 16-bit integers (VPMADDWD), quadruples of bytes (VPDPBUSD,
 * VPMADDUBSW), four BF16 or eight bytes
 * in 64 bits (BFMMLA, SMMLA).
 *
 * A step of the inner loop is a group of GROUP elements of the sum. Seen as elements of that size,
 * an A whose rows are contiguous and a B that is packed by GROUP lie as the tiles want them, if the
 * instruction takes their elements as they are; other layouts are brought into panels: GROUP rows
 * of k next to each other become one of groups; a column-major B is transposed as it is, in groups.
 * A last group that is not full is filled with zeros, and is always copied.
 *
 * A template like brgemm_tile.h; it gives brgemm_drive.h what that asks for. Besides the functions
 * v_* it needs GROUP, ELEM (bytes of an element in memory), is_as_is (whether the elements of a
 * group reach the instruction as they are), v_group and v_group_full, which put elements of GROUP
 * rows together, one_group, which does so for one lane, and v_part, which takes groups out of
 * longer ones; with V_JOIN also v_join, which puts groups together from halves. */
#include "brgemm_panel.h"

INLINE int64_t steps_of(int64_t k) {
  return (k + GROUP - 1) / GROUP;
}

/* Whether the last step of the chunk lacks elements. */
INLINE int has_part(const drive *g, chunk s) {
  return GROUP * (s.p + s.kc) > g->k;
}

INLINE int is_whole(int64_t a, int64_t b) {
  return a % GROUP == 0 && b % GROUP == 0;
}

INLINE const char *element_at(const void *base, int64_t at) {
  return (const char *)base + at * ELEM;
}

/* From the first element of a step to those behind it, for an operand packed by pack whose groups
 * are stride apart. */
INLINE int64_t along_sum(int64_t p, int64_t pack, int64_t stride) {
  return pack == 1 ? p * stride : p / pack * stride + p % pack;
}

INLINE const char *a_at(const drive *g, int64_t b, int64_t i, int64_t p) {
  const tpp_brgemm_desc *d = g->d;
  return element_at(g->A, b * d->br_a + i * d->a_rs + along_sum(p, d->a_pack, d->a_cs));
}

INLINE const char *b_at(const drive *g, int64_t b, int64_t p, int64_t j) {
  const tpp_brgemm_desc *d = g->d;
  return element_at(g->B, b * d->br_b + j * d->b_cs + along_sum(p, d->b_pack, d->b_rs));
}

/* n groups that lie side by side; of the last, only the first `part` elements if part is not 0. */
INLINE void copy_groups(const char *src, int64_t n, int64_t part, T *dst, const int type) {
  if (n > (part != 0))
    widen_row(src, n - (part != 0), dst, type);
  if (part) {
    const char *at[GROUP] = {0};
    for (int64_t e = 0; e < part; e++)
      at[e] = src + ((n - 1) * GROUP + e) * ELEM;
    dst[n - 1] = one_group(at, type);
  }
}

/* n groups of which the elements are in the rows `row` (NULL: zeros), whole vectors are written. */
INLINE void group_rows(const char *const row[GROUP], int64_t n, T *dst, const int type) {
  for (int64_t i = 0; i < n; i += LANES) {
    const char *at[GROUP];
    for (int e = 0; e < GROUP; e++)
      at[e] = row[e] ? row[e] + i * ELEM : NULL;
    v_store(dst + i, v_group(at, (int)min64(LANES, n - i), type));
  }
}

/* kc rows of n groups, ld apart, whose elements are in GROUP * kc rows of src, all there. */
INLINE void group_block(const char *src, int64_t stride, int64_t kc, int64_t n, T *dst, int64_t ld,
                        const int type) {
  for (int64_t q = 0; q < kc; q++, src += GROUP * stride, dst += ld) {
    const char *row[GROUP];
    for (int e = 0; e < GROUP; e++) {
      row[e] = src + e * stride;
    }
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
      const char *at[GROUP];
      for (int e = 0; e < GROUP; e++)
        at[e] = row[e] + i * ELEM;
      v_store(dst + i, v_group_full(at, type));
    }
    if (i < n) {
      for (int e = 0; e < GROUP; e++)
        row[e] += i * ELEM;
      v_store(dst + i, v_group(row, (int)(n - i), type));
    }
  }
}

/* ---- A ---- */

INLINE int place_of_a(const drive *g, const int type) {
  const tpp_brgemm_desc *d = g->d;
  int is_plain = is_as_is(type, 0) && g->k % GROUP == 0;
  if (d->a_pack == 1 && d->a_cs == 1) {
    int far = d->a_rs * ELEM % 2048 == 0;
    return is_plain && is_whole(d->a_rs, d->br_a) && !far ? A_DIRECT : A_PANEL_ROWS;
  }
  int is_vnni = d->a_pack == GROUP && d->a_rs == GROUP;
  return is_plain && is_vnni && is_whole(d->a_cs, d->br_a) ? A_DIRECT : A_PANEL_COLS;
}

/* Rows i0 .. i0 + mc of a row-major A: panel[b][i][panel_ld]. */
INLINE void panel_a_rows(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t,
                         const int type) {
  int64_t ld = panel_ld(s.kc), part = has_part(g, s) ? g->k % GROUP : 0;
  for (int64_t b = 0; b < s.nb; b++)
    for (int64_t i = 0; i < mc; i++)
      copy_groups(a_at(g, s.b + b, i0 + i, GROUP * s.p), s.kc, part, panel + (b * mc + i) * ld,
                  type);
  t->a = panel, t->a_rs = ld, t->a_cs = 1, t->a_br = mc * ld;
}

/* The elements of a step: rows of k for the index i. Those behind the end of the sum are NULL. */
INLINE void rows_of_a(const drive *g, int64_t b, int64_t i, int64_t q, const char *row[GROUP]) {
  for (int e = 0; e < GROUP; e++) {
    int64_t p = GROUP * q + e;
    row[e] = p < g->k ? a_at(g, b, i, p) : NULL;
  }
}

/* The same rows of an A of any other layout: panel[b][p][mc]. */
INLINE void panel_a_cols(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t,
                         const int type) {
  const tpp_brgemm_desc *d = g->d;
  int is_flat = d->a_pack == 1 && d->a_rs == 1, is_vnni = d->a_pack == GROUP && d->a_rs == GROUP;
  for (int64_t b = 0; b < s.nb; b++) {
    int64_t q = 0;
    if (is_flat) {
      q = s.kc - has_part(g, s);
      group_block(a_at(g, s.b + b, i0, GROUP * s.p), d->a_cs * ELEM, q, mc, panel + b * s.kc * mc,
                  mc, type);
    }
    for (; q < s.kc; q++) {
      const char *row[GROUP];
      T *dst = panel + (b * s.kc + q) * mc;
      rows_of_a(g, s.b + b, i0, s.p + q, row);
      if (is_flat) {
        group_rows(row, mc, dst, type);
      } else if (is_vnni && row[GROUP - 1]) {
        widen_row(row[0], mc, dst, type);
      } else {
        for (int64_t i = 0; i < mc; i++) {
          rows_of_a(g, s.b + b, i0 + i, s.p + q, row);
          dst[i] = one_group(row, type);
        }
      }
    }
  }
  t->a = panel, t->a_rs = 1, t->a_cs = mc, t->a_br = s.kc * mc;
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
    t->a = (const T *)(const void *)a_at(g, s.b, i0, GROUP * s.p);
    t->a_rs = d->a_pack == 1 ? d->a_rs / GROUP : 1;
    t->a_cs = d->a_pack == 1 ? 1 : d->a_cs / GROUP;
    t->a_br = d->br_a / GROUP;
  }
}

/* ---- B ---- */

#ifndef TERNARY

/* How a B of any layout is brought: by the layout of one row of groups. */
enum b_layout {
  B_LIES_FLAT,
  B_LIES_PACKED,
  B_LIES_IN_LONGER,
  B_LIES_IN_HALVES, /* packed by half a group */
  B_LIES_ANYHOW
};

INLINE int layout_of_b(const drive *g) {
  const tpp_brgemm_desc *d = g->d;
  if (d->b_pack == 1)
    return d->b_cs == 1 ? B_LIES_FLAT : B_LIES_ANYHOW;
  if (d->b_pack == d->b_cs && d->b_pack == GROUP)
    return B_LIES_PACKED;
#ifdef V_JOIN
  if (d->b_pack == d->b_cs && 2 * d->b_pack == GROUP)
    return B_LIES_IN_HALVES;
#endif
  return d->b_pack == d->b_cs && d->b_pack > GROUP ? B_LIES_IN_LONGER : B_LIES_ANYHOW;
}

/* Groups out of longer ones: part e of each, written in whole vectors. */
INLINE void part_rows(const char *src, int64_t pack, int64_t n, T *dst, const int type) {
  int64_t j = 0;
  for (; j + LANES <= n; j += LANES)
    v_store(dst + j, v_part(src + j * pack * ELEM, pack, type));
  for (; j < n; j++) {
    const char *at[GROUP];
    for (int e = 0; e < GROUP; e++)
      at[e] = src + (j * pack + e) * ELEM;
    dst[j] = one_group(at, type);
  }
}

#ifdef V_JOIN
/* Groups of which the halves lie in two rows, written in whole vectors. */
INLINE void join_rows(const char *low, const char *high, int64_t n, T *dst, const int type) {
  const int half = GROUP / 2;
  int64_t j = 0;
  for (; j + LANES <= n; j += LANES)
    v_store(dst + j, v_join(low + j * half * ELEM, high + j * half * ELEM));
  for (; j < n; j++) {
    const char *at[GROUP];
    for (int e = 0; e < GROUP; e++)
      at[e] = (e < half ? low : high) + (j * half + e % half) * ELEM;
    dst[j] = one_group(at, type);
  }
}
#endif

/* One row of groups of B from column j0 on, zeros up to ld. */
INLINE void panel_b_row(const drive *g, int64_t b, int64_t q, int64_t j0, int64_t nc, T *dst,
                        int64_t ld, const int layout, const int type) {
  const char *row[GROUP];
  int is_full = GROUP * (q + 1) <= g->k;
  for (int e = 0; e < GROUP; e++)
    row[e] = GROUP * q + e < g->k ? b_at(g, b, GROUP * q + e, j0) : NULL;
  v_store(dst + ld - LANES, v_zero());
  if (layout == B_LIES_FLAT) {
    group_rows(row, nc, dst, type);
  } else if (layout == B_LIES_PACKED && is_full) {
    widen_row(row[0], nc, dst, type);
  } else if (layout == B_LIES_IN_LONGER && is_full) {
    part_rows(row[0], g->d->b_pack, nc, dst, type);
#ifdef V_JOIN
  } else if (layout == B_LIES_IN_HALVES && is_full) {
    join_rows(row[0], row[GROUP / 2], nc, dst, type);
#endif
  } else {
    for (int64_t j = 0; j < nc; j++) {
      const char *at[GROUP];
      for (int e = 0; e < GROUP; e++)
        at[e] = row[e] ? row[e] + j * g->d->b_cs * ELEM : NULL;
      dst[j] = one_group(at, type);
    }
  }
}

INLINE void zero_right(T *dst, int64_t rows, int64_t ld) {
  for (int64_t q = 0; q < rows; q++)
    v_store(dst + q * ld + ld - LANES, v_zero());
}

/* Columns j0 .. j0 + nc of a chunk of B: panel[b][p][ld], zeros to the right. */
INLINE void panel_b(const drive *g, chunk s, int64_t j0, int64_t nc, int64_t ld, T *panel,
                    const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  const int layout = layout_of_b(g);
  (void)form;
  for (int64_t b = 0; b < s.nb; b++) {
    int64_t q = 0;
    T *dst = panel + b * s.kc * ld;
    if (d->b_pack == 1 && d->b_rs == 1) {
      q = s.kc - has_part(g, s);
      copy_transposed(b_at(g, s.b + b, GROUP * s.p, j0), d->b_cs * ELEM, q, nc, dst, ld, type);
    } else if (layout == B_LIES_FLAT) {
      q = s.kc - has_part(g, s);
      zero_right(dst, q, ld);
      group_block(b_at(g, s.b + b, GROUP * s.p, j0), d->b_rs * ELEM, q, nc, dst, ld, type);
    }
    for (; q < s.kc; q++)
      panel_b_row(g, s.b + b, s.p + q, j0, nc, dst + q * ld, ld, layout, type);
  }
}

/* How tiles read B, copied or not: as groups. */
INLINE int kind_of(const int type, const int form) {
  (void)type, (void)form;
  return B_SAME;
}

INLINE int panel_b_kind(const int form) {
  (void)form;
  return B_SAME;
}

/* Whether all of B is copied, rather than only columns that do not fill the vectors. */
INLINE int copies_b(const drive *g, chunk s, const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  (void)form;
  if (layout_of_b(g) != B_LIES_PACKED || !is_as_is(type, 1) || has_part(g, s) ||
      !is_whole(d->b_rs, d->br_b))
    return 1;
  return g->m >= 12 && tpp_cache_conflicts(s.kc * s.nb, d->b_rs * ELEM, NC * (int64_t)sizeof(T));
}

/* Sets the tile's B, not copied, from column j on. */
INLINE void place_b(const drive *g, chunk s, int64_t j, tile *t, const int type, const int form) {
  const tpp_brgemm_desc *d = g->d;
  (void)type, (void)form;
  t->b = b_at(g, s.b, GROUP * s.p, j);
  t->b_rs = d->b_rs / GROUP, t->b_br = d->br_b / GROUP;
}

INLINE int64_t panel_b_rows(int64_t kc, const int form) {
  (void)form;
  return kc;
}
#endif
