/* One row of bytes by ternary weights: a part of the template ternary_bytes.h, which includes it.
 *
 * Codes are read where they lie, in one stream: a word of them has four vectors of weights, two of
 * which need no shift, because those above the lowest bits are summed apart, four times as large.
 */

/* Activations from the beginning of a block on, zeros before and behind the window. */
typedef struct activations {
  int64_t row, k;                      /* of the weights: the window's part */
  int64_t block;                       /* that row lies in */
  int64_t words;                       /* of whole blocks */
  int n;                               /* segments */
  int32_t begin[2 * ROW_WORDS / 4];    /* of even and of odd words of segments, these fourfold */
  int32_t sums[ROW_WORDS + 2 * LANES]; /* negated, of single words */
  segment segments[ROW_WORDS / 4];
  _Alignas(64) char x[ROW_KC];
} activations;

/* Whether segments are of whole blocks. */
INLINE int has_blocks(const product *g) {
  return g->group % TPP_TERNARY_ROWS == 0 || g->group >= g->d->rows;
}

INLINE void place_row(const product *g, activations *u, const int type) {
  int64_t skipped = u->row % TPP_TERNARY_ROWS;
  u->block = u->row / TPP_TERNARY_ROWS;
  u->words = (skipped + u->k + 15) / 16 * 4;
  memset(u->x, 0, (size_t)skipped);
  memset(u->x + skipped + u->k, 0, (size_t)(4 * u->words - skipped - u->k));
  copy_activations(g->A + (u->row - g->k0) * g->d->a_cs, g->d->a_cs, u->k, u->x + skipped);
  u->n = 0;
  for (int64_t q = 0, last; has_blocks(g) && q < u->words; q = last) {
    int64_t group = (16 * u->block + 4 * q) / g->group;
    last = min64(q + MOST / 8, u->words);
    if (group + 1 < g->groups)
      last = min64(last, ((group + 1) * g->group - 16 * u->block) / 4);
    u->segments[u->n++] = (segment){(int32_t)q, (int32_t)last, group};
  }
  if (!has_blocks(g) || has_parts(u->segments, u->n))
    sum_words(u->x, u->words, u->sums, type);
  for (int s = 0; s < u->n; s++) {
    int32_t *begin = u->begin + 2 * s;
    sum_segment(u->x, u->sums, u->segments[s], begin, type);
    begin[1] = word_add(begin[1], begin[1]);
    begin[1] = word_add(begin[1], begin[1]);
  }
}

/* What one row makes of np panels of columns. */
typedef struct row_sums {
  V i[ROW_PANELS * NV];
  F f[ROW_PANELS * NV];
} row_sums;

INLINE void add_segment(const product *g, int64_t plane, int64_t group, int64_t panel,
                        const V acc[ROW_PANELS * NV], row_sums *sums, const int np,
                        const int is_float) {
  UNROLL_ALL
  for (int p = 0; p < np; p++) {
    UNROLL_ALL
    for (int v = 0; v < NV; v++) {
      const V scale = scale_of(g, plane, group, panel + p, v, is_float);
      const int at = p * NV + v;
      if (is_float)
        sums->f[at] = f_fma(f_of(v_sum(acc[at])), f_bits(scale), sums->f[at]);
      else
        sums->i[at] = v_add(sums->i[at], v_times(acc[at], scale));
    }
  }
}

INLINE void row_blocks(const product *g, const activations *u, int64_t plane, int64_t panel,
                       row_sums *sums, const int np, const int is_float, const int type) {
  V low = v_set(0x03030303), high = v_set(0x0c0c0c0c);
  OPAQUE_V(low); /* or the loop loads them */
  OPAQUE_V(high);
  const uint8_t *codes = codes_of(g, plane) + (panel * g->blocks + u->block) * TPP_TERNARY_BLOCK;
  const int64_t far = g->blocks * TPP_TERNARY_BLOCK;
  const char *x = u->x;
  for (int s = 0; s < u->n; s++) {
    V a[ROW_PANELS * NV], b[ROW_PANELS * NV];
    UNROLL_ALL
    for (int v = 0; v < np * NV; v++) {
      a[v] = v_set(u->begin[2 * s]), b[v] = v_set(u->begin[2 * s + 1]);
      OPAQUE_V(a[v]);
      OPAQUE_V(b[v]);
    }
    for (int64_t q = u->segments[s].last - u->segments[s].first; q > 0; q -= 4) {
      const V x0 = v_word(x), x1 = v_word(x + 4), x2 = v_word(x + 8), x3 = v_word(x + 12);
      UNROLL_ALL
      for (int v = 0; v < np * NV; v++) {
        V c = v_load(codes + v / NV * far + v % NV * LANES * 4);
        a[v] = v_dot(a[v], x0, v_and(c, low), type);
        b[v] = v_dot(b[v], x1, v_and(c, high), type);
        c = v_shift(c, 4);
        a[v] = v_dot(a[v], x2, v_and(c, low), type);
        b[v] = v_dot(b[v], x3, v_and(c, high), type);
      }
      codes += TPP_TERNARY_BLOCK, x += 16;
    }
    UNROLL_ALL
    for (int v = 0; v < np * NV; v++)
      a[v] = d_quarter(a[v], b[v]);
    add_segment(g, plane, u->segments[s].group, panel, a, sums, np, is_float);
  }
}

/* Groups that are not of whole blocks: word by word. */
INLINE void row_words(const product *g, const activations *u, int64_t plane, int64_t panel,
                      row_sums *sums, const int np, const int is_float, const int type) {
  const uint8_t *codes = codes_of(g, plane) + (panel * g->blocks + u->block) * TPP_TERNARY_BLOCK;
  const int64_t far = g->blocks * TPP_TERNARY_BLOCK;
  const int64_t last = (u->row % 16 + u->k + 3) / 4;
  for (int64_t q = u->row % 16 / 4; q < last; q++) {
    const V x = v_word(u->x + 4 * q);
    V acc[ROW_PANELS * NV];
    UNROLL_ALL
    for (int v = 0; v < np * NV; v++) {
      V c = v_load(codes + v / NV * far + q / 4 * TPP_TERNARY_BLOCK + v % NV * LANES * 4);
      c = v_and(v_shift(c, (int)(q % 4 * 2)), v_set(0x03030303));
      acc[v] = v_dot(v_set(u->sums[q]), x, c, type);
    }
    add_segment(g, plane, (16 * u->block + 4 * q) / g->group, panel, acc, sums, np, is_float);
  }
}

INLINE void row_panels(const product *g, const activations *u, int64_t plane, int64_t panel,
                       int load_c, const int np, const int is_float, const int type) {
  row_sums sums;
  UNROLL_ALL
  for (int v = 0; v < np * NV; v++)
    sums.i[v] = v_zero(), sums.f[v] = f_set(0);
  if (has_blocks(g))
    row_blocks(g, u, plane, panel, &sums, np, is_float, type);
  else
    row_words(g, u, plane, panel, &sums, np, is_float, type);
  UNROLL_ALL
  for (int p = 0; p < np; p++) {
    _Alignas(64) float part[PANEL];
    const float *units = is_float ? NULL : units_of(g, plane, u->row / g->group, panel + p);
    int64_t first = (panel + p) * PANEL - g->n0;
    int64_t from = first < 0 ? -first : 0, to = min64(PANEL, g->n - first);
    UNROLL_ALL
    for (int v = 0; v < NV; v++)
      f_store(part + v * LANES,
              is_float ? sums.f[p * NV + v]
                       : f_fma(f_of(sums.i[p * NV + v]), f_load(units + v * LANES), f_set(0)));
    add_part(part, 1, from, to, g->C + first, 0, load_c);
  }
}

INLINE void run_row(const product *g, int load_c, const int type) {
  activations u;
  int64_t end = g->k0 + g->k, last = (g->n0 + g->n + PANEL - 1) / PANEL;
  for (u.row = g->k0; u.row < end; u.row += u.k) {
    u.k = min64(ROW_KC - u.row % TPP_TERNARY_ROWS, end - u.row);
    place_row(g, &u, type);
    const int is_float = !is_integer(g, u.row, u.k);
    for (int64_t plane = 0; plane < g->d->planes; plane++) {
      int load = load_c || plane > 0 || u.row > g->k0;
      int64_t panel = g->n0 / PANEL;
      for (; panel + ROW_PANELS <= last; panel += ROW_PANELS)
        if (is_float)
          row_panels(g, &u, plane, panel, load, ROW_PANELS, 1, type);
        else
          row_panels(g, &u, plane, panel, load, ROW_PANELS, 0, type);
      for (; panel < last; panel++)
        if (is_float)
          row_panels(g, &u, plane, panel, load, 1, 1, type);
        else
          row_panels(g, &u, plane, panel, load, 1, 0, type);
    }
  }
}
