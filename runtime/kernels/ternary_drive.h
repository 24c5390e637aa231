/* Products with ternary weights (FGQ, arXiv 1705.01462; residual planes, arXiv 1707.04679) as
 * register tiles of a dense product.
 *
 * A byte of codes has four weights of one column along K, so it becomes four bytes in a 32-bit lane
 * (or four floats below each other) with a few shifts: the form that VPDPBUSD and VPMADDUBSW take.
 * Where several rows use the weights they are unpacked into a panel on the stack; one row of bytes,
 * a product with a vector, unpacks them on the way into registers, many columns at a time, because
 * columns of codes lie far apart. Signed bytes are then multiplied by the codes themselves, which
 * are unsigned, and their sum is taken away. The sum of a group stays in registers, exact where A
 * is of integers; it is scaled as it is added to C, in F32.
 *
 * A window that begins within a byte of codes is left to the reference. So that integer sums are
 * those of whole groups wherever registers can hold them, a group is one chunk of the drive, or a
 * few even ones.
 *
 * A template: the including file has defined TERNARY, SCALED, and what brgemm_tile.h asks for, has
 * included what brings A (brgemm_widen.h or brgemm_groups.h), and defines v_decode(codes), the
 * weights of LANES columns for the tile, and v_decode_n(codes, n, used), of n columns of which only
 * the first `used` weights of a lane count. With GROUP 1, v_decode takes the step in the byte. */

/* Weights of a step of the inner loop. */
#ifdef GROUP
#define STEP_WEIGHTS GROUP
#else
#define STEP_WEIGHTS 1
#endif

/* B as the drive sees it: codes[rows / 4][cols], from which panels are unpacked. */
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

INLINE const char *codes_at(const drive *g, int64_t step, int64_t j) {
  return (const char *)g->B + step * STEP_WEIGHTS / 4 * g->d->b_rs + j;
}

INLINE int copies_b(const drive *g, chunk s, const int type, const int form) {
  (void)g, (void)s, (void)type, (void)form;
  return 1;
}
INLINE void place_b(const drive *g, chunk s, int64_t j, tile *t, const int type, const int form) {
  (void)g, (void)s, (void)j, (void)t, (void)type, (void)form;
}

/* Columns j0 .. j0 + nc of a chunk of B: panel[p][ld]. */
INLINE void panel_b(const drive *g, chunk s, int64_t j0, int64_t nc, int64_t ld, T *panel,
                    const int type, const int form) {
  (void)type, (void)form;
  for (int64_t q = 0; q < s.kc; q++) {
    const char *codes = codes_at(g, s.p + q, j0);
    int used = (int)min64(STEP_WEIGHTS, g->k - STEP_WEIGHTS * (s.p + q));
    int part = (int)((s.p + q) * STEP_WEIGHTS % 4);
    T *dst = panel + q * ld;
    for (int64_t j = 0; j < nc; j += LANES)
      v_store(dst + j, nc - j >= LANES && used == STEP_WEIGHTS
                           ? v_decode(codes + j, part)
                           : v_decode_n(codes + j, (int)min64(LANES, nc - j), used, part));
  }
}

/* ORDER: the loops use what is above. */
#include "brgemm_drive.h"

/* One group, or what of it lies in the window, of one plane. */
INLINE void run_group(drive *g, int load_c, T *panel_of_a, T *panel_of_b, const int a_type) {
  int64_t steps = steps_of(g->k), cuts = (steps + KC - 1) / KC;
  int64_t kc = (steps + cuts - 1) / cuts;
  /* Chunks begin at whole bytes of codes. */
  kc = (kc + 3) / 4 * 4;
  for (int64_t p = 0; p < steps; p += kc) {
    chunk s = {0, 1, p, min64(kc, steps - p)};
    run_chunk(g, s, load_c || p > 0, panel_of_a, panel_of_b, a_type, TPP_TERNARY, 0);
  }
}

#ifdef ONE_ROW
/* nv vectors of columns of one row, steps [p, p + kc) of the group. */
INLINE void row_columns(const drive *g, chunk s, int64_t j, int load_c, const int nv,
                        const int is_moved) {
  V acc[ONE_ROW], all = v_zero();
  UNROLL_ALL
  for (int v = 0; v < nv; v++)
    acc[v] = v_zero();
  const char *x = (const char *)g->A + STEP_WEIGHTS * s.p, *codes = codes_at(g, s.p, j);
  const int64_t whole = min64(s.kc, g->k / STEP_WEIGHTS - s.p);
  for (int64_t q = 0; q < s.kc; q++, x += STEP_WEIGHTS, codes += g->d->b_rs) {
    T last = 0;
    if (q == whole)
      memcpy(&last, x, (size_t)(g->k % STEP_WEIGHTS));
    const V xs = v_broadcast(q == whole ? &last : (const T *)(const void *)x);
    __builtin_prefetch(codes + 16 * g->d->b_rs);
    UNROLL_ALL
    for (int v = 0; v < nv; v++)
      acc[v] = is_moved ? v_fma(v_codes(codes + v * LANES), xs, acc[v])
                        : v_fma(xs, v_decode(codes + v * LANES, 0), acc[v]);
    if (is_moved)
      all = v_fma(v_ones(), xs, all);
  }
  all = V_FINISH(all);
  UNROLL_ALL
  for (int v = 0; v < nv; v++) {
    float *c = (float *)(void *)g->C + j + v * LANES;
    F old = load_c ? f_load_n(c, LANES) : f_zero();
    F sum = f_of(v_sub(V_FINISH(acc[v]), all));
    f_store_n(c, f_fma(sum, f_load_n(g->scales + j + v * LANES, LANES), old), LANES);
  }
}

/* Whole vectors of columns; what is left is for the tiles. Returns how many columns. */
INLINE int64_t run_row(const drive *g, int load_c, const int is_moved) {
  int64_t steps = steps_of(g->k), whole = g->n / LANES * LANES;
  for (int64_t p = 0; p < steps; p += KC) {
    chunk s = {0, 1, p, min64(KC, steps - p)};
    int64_t j = 0;
    for (; j + ONE_ROW * LANES <= whole; j += ONE_ROW * LANES)
      row_columns(g, s, j, load_c || p > 0, ONE_ROW, is_moved);
    for (; j < whole; j += LANES)
      row_columns(g, s, j, load_c || p > 0, 1, is_moved);
  }
  return whole;
}
#endif

INLINE void run_ternary(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                        int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta,
                        const int a_type) {
  _Alignas(64) T panel_of_a[MC * (KC + KC_PAD)];
  _Alignas(64) T panel_of_b[NC * KC];
  const tpp_sgemm_desc *d = &kernel->desc;
  const tpp_ternary *b = B;
  int64_t group = d->group > 0 ? d->group : d->rows > 0 ? d->rows : 1;
  if (k0 % 4 != 0 || (group % 4 != 0 && group < d->rows)) {
    tpp_ref_ternary(kernel, A, B, C, m, n, k, n0, k0, beta);
    return;
  }
  int64_t code_bytes = (d->rows + 3) / 4 * d->cols, groups = (d->rows + group - 1) / group;
  const tpp_brgemm_desc dense = {.a_type = d->a_type,
                                 .a_pack = 1,
                                 .b_pack = 1,
                                 .a_rs = d->a_rs,
                                 .a_cs = d->a_cs,
                                 .b_rs = d->cols,
                                 .b_cs = 1,
                                 .c_rs = d->c_rs,
                                 .c_cs = 1};
  int load_c = beta != 0;
  for (int64_t s = 0; s < d->planes; s++)
    for (int64_t first = k0, last; first < k0 + k; first = last, load_c = 1) {
      int64_t at = first / group;
      last = min64((at + 1) * group, k0 + k);
      drive g = {.d = &dense, .m = m, .n = n, .k = last - first, .C = C};
      g.A = (const char *)A + (first - k0) * d->a_cs * A_BYTES(a_type);
      g.B = b->codes + s * code_bytes + first / 4 * d->cols + n0;
      g.scales = b->scales + (s * groups + at) * d->cols + n0;
#ifdef ONE_ROW
      if (m == 1 && d->a_cs == 1) {
        int64_t done = run_row(&g, load_c, !is_as_is(a_type, 0));
        g.n -= done, g.C += done, g.scales += done;
        g.B = (const char *)g.B + done;
      }
#endif
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
