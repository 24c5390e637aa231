/* Products of floats with ternary weights (FGQ, arXiv 1705.01462; residual planes, arXiv
 * 1707.04679) as register tiles of a dense product. Those of bytes are in ternary_bytes.h.
 *
 * A word of codes has sixteen weights of a column (tpp/ternary.h); a shift and a table in a
 * register make weights of it, which go into a panel on the stack that all rows use. The sum of a
 * group stays in registers and is scaled as it is added to C.
 *
 * A template: the including file has defined TERNARY, V_SCALED(acc, scales, c), and what
 * brgemm_tile.h asks for, has included what brings A (brgemm_widen.h or brgemm_groups.h), and
 * defines v_decode(words, row), the weights of LANES columns for a step that begins in that row of
 * the words. A window or a group that begins within a step is left to the reference. */
#include <tpp/ternary.h>

/* Weights of a step of the inner loop. */
#ifdef GROUP
#define STEP_WEIGHTS GROUP
#else
#define STEP_WEIGHTS 1
#endif

/* B as the drive sees it: codes, from which panels are unpacked. */
INLINE int64_t panel_b_rows(int64_t kc, const int form) {
  (void)form;
  return kc;
}
INLINE int panel_b_kind(const int form) {
  (void)form;
  return B_SAME;
}
INLINE int kind_of(const int type, const int form) {
  (void)type, (void)form;
  return B_SAME;
}
INLINE int copies_b(const drive *g, chunk s, const int type, const int form) {
  (void)g, (void)s, (void)type, (void)form;
  return 1;
}
INLINE void place_b(const drive *g, chunk s, int64_t j, tile *t, const int type, const int form) {
  (void)g, (void)s, (void)j, (void)t, (void)type, (void)form;
}

/* The words of LANES columns from column j of the window on; `room` where they lie in two panels,
 * of which the second need not be there. */
INLINE const uint32_t *words_at(const drive *g, int64_t row, int64_t j, uint32_t room[LANES]) {
  const window *w = &g->window;
  const uint32_t *words = (const uint32_t *)(const void *)g->B;
  int64_t col = w->col + j, in = col % TPP_TERNARY_COLS;
  words += (col / TPP_TERNARY_COLS * w->blocks + row / TPP_TERNARY_ROWS) * TPP_TERNARY_COLS;
  if (in + LANES <= TPP_TERNARY_COLS)
    return words + in;
  const uint32_t *next =
      col - in + TPP_TERNARY_COLS < w->col + g->n ? words + w->blocks * TPP_TERNARY_COLS : words;
  for (int64_t i = 0; i < LANES; i++)
    room[i] = in + i < TPP_TERNARY_COLS ? words[in + i] : next[in + i - TPP_TERNARY_COLS];
  return room;
}

/* Columns j0 .. j0 + nc of a chunk of B: panel[p][ld]. */
INLINE void panel_b(const drive *g, chunk s, int64_t j0, int64_t nc, int64_t ld, T *panel,
                    const int type, const int form) {
  (void)type, (void)form;
  for (int64_t q = 0; q < s.kc; q++) {
    int64_t row = g->window.row + (s.p + q) * STEP_WEIGHTS;
    for (int64_t j = 0; j < nc; j += LANES) {
      uint32_t room[LANES];
      const uint32_t *words = words_at(g, row, j0 + j, room);
      v_store(panel + q * ld + j, v_decode(words, (int)(row % TPP_TERNARY_ROWS)));
    }
  }
}

/* The scales of n columns from j on. */
INLINE void copy_scales(const drive *g, int64_t j, int64_t n, float *scales) {
  const window *w = &g->window;
  for (int64_t i = 0; i < n && j + i < g->n; i++) {
    int64_t col = w->col + j + i, at = tppt_scale_at(w->groups, w->group, col);
    scales[i] = tppt_scale(w->b, w->plane, w->scales, at, w->cols, col);
  }
}

/* ORDER: the loops use what is above. */
#include "brgemm_drive.h"

/* One group, or what of it lies in the window, of one plane. */
INLINE void run_group(drive *g, int load_c, T *panel_of_a, T *panel_of_b, const int a_type) {
  int64_t steps = steps_of(g->k), cuts = (steps + KC - 1) / KC;
  int64_t kc = (steps + cuts - 1) / cuts;
  for (int64_t p = 0; p < steps; p += kc) {
    chunk s = {0, 1, p, min64(kc, steps - p)};
    run_chunk(g, s, load_c || p > 0, panel_of_a, panel_of_b, a_type, TPP_TERNARY, 0);
  }
}

INLINE void run_ternary(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                        int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta,
                        const int a_type) {
  _Alignas(64) T panel_of_a[MC * (KC + KC_PAD)];
  _Alignas(64) T panel_of_b[NC * KC];
  const tpp_sgemm_desc *d = &kernel->desc;
  const tpp_ternary *b = B;
  int64_t group = d->group > 0 ? d->group : d->rows > 0 ? d->rows : 1;
  if (k0 % STEP_WEIGHTS != 0 || (group % STEP_WEIGHTS != 0 && group < d->rows)) {
    tpp_ref_ternary(kernel, A, B, C, m, n, k, n0, k0, beta);
    return;
  }
  const tpp_brgemm_desc dense = {.a_type = d->a_type,
                                 .a_pack = 1,
                                 .b_pack = 1,
                                 .a_rs = d->a_rs,
                                 .a_cs = d->a_cs,
                                 .b_rs = d->cols,
                                 .b_cs = 1,
                                 .c_rs = d->c_rs,
                                 .c_cs = 1};
  window w = {.b = b, .col = n0, .cols = d->cols};
  w.blocks = tppt_blocks(d->rows, TPP_TERNARY_ROWS);
  w.groups = tppt_blocks(d->rows, group), w.scales = tppt_scales(d->rows, d->cols, group);
  int load_c = beta != 0;
  for (w.plane = 0; w.plane < d->planes; w.plane++)
    for (int64_t first = k0, last; first < k0 + k; first = last, load_c = 1) {
      w.group = first / group, w.row = first;
      last = min64((w.group + 1) * group, k0 + k);
      drive g = {.d = &dense, .m = m, .n = n, .k = last - first, .C = C, .window = w};
      g.A = (const char *)A + (first - k0) * d->a_cs * A_BYTES(a_type);
      g.B = b->codes + w.plane * tppt_code_bytes(d->rows, d->cols);
      run_group(&g, load_c, panel_of_a, panel_of_b, a_type);
    }
  for (int64_t i = 0; i < m && !load_c; i++)
    memset((float *)C + i * d->c_rs, 0, (size_t)n * sizeof(float));
}

#define TERNARY_KERNEL(name, a_type)                                                               \
  void name(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C, int64_t m,      \
            int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta) {                          \
    run_ternary(kernel, A, B, C, m, n, k, n0, k0, beta, a_type);                                   \
  }
