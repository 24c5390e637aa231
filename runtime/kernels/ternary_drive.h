/* Products with ternary weights (FGQ, arXiv 1705.01462; residual planes, arXiv 1707.04679) as
 * register tiles of a dense product.
 *
 * A byte of codes has four weights of one column along K, so it becomes four bytes in a 32-bit lane
 * (or four floats below each other) with a few shifts: the form that VPDPBUSD and VPMADDUBSW take.
 * Where several rows use the weights they are unpacked into a panel on the stack; one or two rows
 * unpack them on the way into registers. The sum of a group stays in registers, exact where A is of
 * integers; it is scaled as it is added to C, in F32.
 *
 * A window that begins within a byte of codes is left to the reference. So that integer sums are
 * those of whole groups wherever registers can hold them, a group is one chunk of the drive, or a
 * few even ones.
 *
 * A template: the including file has defined TERNARY, SCALED, and what brgemm_tile.h asks for, has
 * included what brings A (brgemm_widen.h or brgemm_groups.h), and defines v_decode(codes), the
 * weights of LANES columns for the tile, and v_decode_n(codes, n, used), of n columns of which only
 * the first `used` weights of a lane count. With GROUP 1, v_decode takes the step in the byte. */

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
  return FEW_ROWS ? B_CODES : B_SAME;
}

INLINE const char *codes_at(const drive *g, int64_t step, int64_t j) {
  return (const char *)g->B + step * STEP_WEIGHTS / 4 * g->d->b_rs + j;
}

/* Steps that read all of their weights. */
INLINE int copies_b(const drive *g, chunk s, const int type, const int form) {
  (void)type, (void)form;
  return !FEW_ROWS || g->m > FEW_ROWS || STEP_WEIGHTS * (s.p + s.kc) > g->k;
}

INLINE void place_b(const drive *g, chunk s, int64_t j, tile *t, const int type, const int form) {
  (void)type, (void)form;
  t->b = codes_at(g, s.p, j);
  t->b_rs = g->d->b_rs, t->b_br = 0;
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
