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
 * A template: brgemm_widen.h or brgemm_groups.h, which the including file chooses, brings the
 * operands. */
/* A group of columns of one chunk, copied or not. */
typedef struct columns {
  int64_t j0, nc;
  const T *panel; /* NULL: read where they lie */
} columns;

/* Vectors of the widest tile for a B that is not copied. */
#ifndef NV_PLAIN
#define NV_PLAIN NV_MAX
#endif

/* Vectors of the widest tile that widens B as it reads it. */
#ifndef NV_WIDENED
#define NV_WIDENED NV_MAX
#endif

/* Columns that are done together where they need no panel; their sums are kept on the stack. */
#ifdef A_OFFSET
#define MOST_COLUMNS 256
#else
#define MOST_COLUMNS INT64_MAX
#endif

/* ---- the loops ---- */

/* Vectors in the next panel of n columns. Four (by three rows) follow each other in memory, so they
 * need no copy to keep their place in the cache; but two (by six rows) widen fewer elements and
 * copy less. No panel of one vector is left over, since its tiles load too much. */
INLINE int64_t panel_vectors(int64_t n, int is_plain, int kind) {
  int64_t v = (n + LANES - 1) / LANES;
  if (NV_WIDENED < 3 && kind != B_SAME)
    return v < 2 ? v : 2;
  if (is_plain && NV_PLAIN >= 4 && v >= 4 && v != 5 && v != 6)
    return 4;
  return v == 3 || (is_plain && NV_PLAIN >= 3 && v >= 5) ? 3 : v < 2 ? v : 2;
}

/* The next of left rows: as many as a tile can have, or two last blocks of nearly equal height. */
INLINE int64_t block_rows(int64_t left, int64_t most) {
  return left >= 2 * most ? most : left > most ? (left + 1) / 2 : left;
}

/* Rows [i0, i0 + mc). */
INLINE void run_rows(const drive *g, tile *t, int64_t i0, int64_t mc, int64_t j, int64_t nv,
                     int kind) {
  const int64_t most = mr_limit((int)nv);
  const T *a = t->a;
  t->c = g->C + i0 * g->d->c_rs + j;
  for (int64_t left = mc, rows; left > 0; left -= rows) {
    rows = block_rows(left, most);
    tiles[kind][nv][rows](t);
    t->a += rows * t->a_rs;
    t->c += rows * t->c_rs;
  }
  t->a = a;
}

/* Batch elements that follow each other are one long sum. */
INLINE void join_batch(tile *t, int kind) {
  int64_t rows = kind == B_VNNI2 ? t->k / 2 : t->k;
  if (t->br > 1 && t->a_br == t->k * t->a_cs && t->b_br == rows * t->b_rs &&
      (kind != B_VNNI2 || t->k % 2 == 0))
    t->k *= t->br, t->br = 1;
}

/* Sets the tile's B for nv vectors from column j on. */
INLINE void columns_b(const drive *g, chunk s, columns u, int64_t j, int64_t nv, tile *t,
                      const int type, const int form) {
  if (!u.panel) {
    place_b(g, s, j, t, type, form);
    return;
  }
  /* Panels of the group follow each other. */
  int64_t rows = panel_b_rows(s.kc, form);
  t->b = u.panel + (j - u.j0) * rows * s.nb;
  t->b_rs = nv * LANES * (panel_b_kind(form) == B_VNNI2 ? 2 : 1), t->b_br = rows * t->b_rs;
}

#ifdef A_OFFSET
/* The instruction takes A as A - A_OFFSET: what that adds, A_OFFSET times the sums of the columns
 * of B, is the product of B with one row of A_OFFSETs. */
INLINE void offset_columns(tile t, int kind, int64_t nv, T *sums) {
  T row;
  memset(&row, A_OFFSET, sizeof row);
  t.a = &row, t.a_rs = 0, t.a_cs = 0, t.a_br = 0;
  t.c = sums, t.c_rs = 0, t.lanes = LANES, t.load_c = 0, t.minus = NULL;
  tiles[kind][nv][1](&t);
}
#endif

/* All rows of one group of columns. */
INLINE void run_columns(const drive *g, chunk s, columns u, int load_c, T *panel_of_a,
                        const int a_type, const int b_type, const int b_form) {
  tile t = {.c_rs = g->d->c_rs, .k = s.kc, .br = s.nb, .load_c = load_c};
  const int kind = u.panel ? panel_b_kind(b_form) : kind_of(b_type, b_form);
  int is_plain = !u.panel && kind == B_SAME;
#ifdef A_OFFSET
  _Alignas(64) T sums[MOST_COLUMNS + NC];
#endif
  int place = place_of_a(g, a_type);
  int64_t most = place == A_PANEL_COLS ? MC : MC_ROWS, groups = (g->m + most - 1) / most;
  for (int64_t v = 0; v < groups; v++) {
    int64_t i0 = v * g->m / groups, mc = (v + 1) * g->m / groups - i0;
    place_a(g, s, i0, mc, panel_of_a, &t, place, a_type);
    for (int64_t j = u.j0, nv; j < u.j0 + u.nc; j += nv * LANES) {
      int64_t left = u.j0 + u.nc - j;
      nv = panel_vectors(left, is_plain, kind);
      t.lanes = (int)(min64(left, nv * LANES) - (nv - 1) * LANES);
      t.overlap = 0;
      if (is_plain && nv > 1)
        t.overlap = LANES - t.lanes, t.lanes = LANES;
      columns_b(g, s, u, j, nv, &t, b_type, b_form);
      t.k = s.kc, t.br = s.nb;
#ifdef TERNARY
      _Alignas(64) float scales[NC];
      copy_scales(g, j, nv * LANES, scales);
      t.scales = scales;
#endif
#ifdef A_OFFSET
      t.minus = is_as_is(a_type, 0) ? NULL : sums + (j - u.j0);
      if (t.minus && v == 0)
        offset_columns(t, kind, nv, sums + (j - u.j0));
#endif
      join_batch(&t, kind);
      run_rows(g, &t, i0, mc, j, nv, kind);
    }
  }
}

/* Copies the panels of a group, in the widths that run_columns will use. */
INLINE void copy_columns(const drive *g, chunk s, columns u, T *panel, const int b_type,
                         const int b_form) {
  int64_t rows = s.nb * panel_b_rows(s.kc, b_form);
  for (int64_t j = u.j0, nv; j < u.j0 + u.nc; j += nv * LANES) {
    int64_t left = u.j0 + u.nc - j;
    nv = panel_vectors(left, 0, panel_b_kind(b_form));
    panel_b(g, s, j, min64(left, nv * LANES), nv * LANES, panel + (j - u.j0) * rows, b_type,
            b_form);
  }
}

/* How many columns of B are read where they lie. The last of several vectors may overlap the one
 * before; a single one would need a mask in the loop. */
INLINE int64_t columns_in_place(const drive *g, chunk s, const int b_type, const int b_form) {
  if (copies_b(g, s, b_type, b_form))
    return 0;
  if (g->n % LANES == 0 ||
      (kind_of(b_type, b_form) == B_SAME && MOST_COLUMNS == INT64_MAX && g->n > LANES))
    return g->n;
  return g->n <= NC ? 0 : g->n / LANES * LANES;
}

INLINE void run_chunk(const drive *g, chunk s, int load_c, T *panel_of_a, T *panel_of_b,
                      const int a_type, const int b_type, const int b_form) {
  int64_t direct = columns_in_place(g, s, b_type, b_form);
  for (int64_t j = 0, nc; j < direct; j += nc) {
    nc = min64(MOST_COLUMNS, direct - j);
    columns u = {j, nc, NULL};
    run_columns(g, s, u, load_c, panel_of_a, a_type, b_type, b_form);
  }
  for (int64_t j = direct; j < g->n; j += NC) {
    columns u = {j, min64(NC, g->n - j), panel_of_b};
    copy_columns(g, s, u, panel_of_b, b_type, b_form);
    run_columns(g, s, u, load_c, panel_of_a, a_type, b_type, b_form);
  }
}

#ifndef TERNARY
/* All of the sum, in chunks. */
INLINE void run_sum(const drive *g, int64_t br, int load_c, T *panel_of_a, T *panel_of_b,
                    const int a_type, const int b_type, const int b_form) {
  int64_t k = steps_of(g->k), kc = k, nb = br;
  if (k * br > KC || br * panel_ld(k) > KC + KC_PAD) {
    /* Cuts are even: of a batch element at multiples of whole vectors and pairs, else between some.
     */
    int64_t cuts = (k + KC - 1) / KC;
    kc = cuts == 1 ? k : ((k + cuts - 1) / cuts + LANES - 1) / LANES * LANES;
    nb = min64(KC / k, (KC + KC_PAD) / panel_ld(k));
    int64_t parts = nb > 1 ? (br + nb - 1) / nb : br;
    nb = (br + parts - 1) / parts;
  }
  for (int64_t b = 0; b < br; b += nb)
    for (int64_t p = 0; p < k; p += kc) {
      chunk s = {b, min64(nb, br - b), p, min64(kc, k - p)};
      run_chunk(g, s, load_c || b > 0 || p > 0, panel_of_a, panel_of_b, a_type, b_type, b_form);
    }
}

/* A sum of nothing. */
INLINE void clear_c(const drive *g, int64_t beta) {
  for (int64_t i = 0; i < g->m && beta == 0; i++)
    memset(g->C + i * g->d->c_rs, 0, (size_t)(g->n > 0 ? g->n : 0) * sizeof(T));
}

/* The kernel for constant types and form of B (ROW, COL, STRIDED, or VNNI2). */
INLINE void run_brgemm(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                       int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta, const int a_type,
                       const int b_type, const int b_form) {
  _Alignas(64) T panel_of_a[MC * (KC + KC_PAD)];
  _Alignas(64) T panel_of_b[NC * KC];
  drive g = {&kernel->desc, A, B, C, m, n, k};
  if (k <= 0 || br <= 0)
    clear_c(&g, beta);
  else
    run_sum(&g, br, beta != 0, panel_of_a, panel_of_b, a_type, b_type, b_form);
}
#endif
