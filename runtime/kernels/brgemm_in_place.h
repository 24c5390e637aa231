/* A BRGEMM of operands of the type of C that are read where they lie: the tiles of a blocked
 * product, small and many, so that what a call and a register tile cost beside their FMAs counts.
 * What needs a copy is left to brgemm_drive.h.
 *
 * No step of the inner loop has a mask: columns that do not fill the last vector are done in one
 * that overlaps the vector before.
 *
 * A template: included behind brgemm_widen.h and brgemm_drive.h. */

/* Steps of the sum at a time: half of what panels have, because rows that lie some distance apart
 * use a part of the cache. */
enum { KC_IN_PLACE = KC / 2 };

INLINE int is_in_place(const drive *g, int64_t br, const int type) {
  const chunk s = {0, 1, 0, min64(g->k * br, KC)};
  return g->n >= LANES && place_of_a(g, type) == A_DIRECT && !copies_b(g, s, type, TPP_FORM_ROW);
}

/* One chunk of the sum. */
INLINE void run_tiles_in_place(const T *a, const T *b, T *c, int64_t m, int64_t n, tile t) {
  for (int64_t j = 0, nv; j < n; j += nv * LANES) {
    nv = panel_vectors(n - j, 1);
    t.overlap = nv > 1 && nv * LANES > n - j ? nv * LANES - (n - j) : 0;
    t.a = a, t.b = b + j, t.c = c + j;
    const int64_t most = mr_limit((int)nv);
    for (int64_t left = m, rows; left > 0; left -= rows) {
      rows = block_rows(left, most);
      tiles[B_SAME][nv][rows](&t);
      t.a += rows * t.a_rs;
      t.c += rows * t.c_rs;
    }
  }
}

static __attribute__((noinline)) void run_in_place(const drive *g, int64_t br, int load_c) {
  const tpp_brgemm_desc *d = g->d;
  tile t = {.a_rs = d->a_rs,
            .a_cs = d->a_cs,
            .a_br = d->br_a,
            .b_rs = d->b_rs,
            .b_br = d->br_b,
            .c_rs = d->c_rs,
            .lanes = LANES,
            .load_c = load_c};
  int64_t nb = g->k * br <= KC_IN_PLACE ? br : KC_IN_PLACE / min64(g->k, KC_IN_PLACE);
  for (int64_t x = 0; x < br; x += nb)
    for (int64_t p = 0; p < g->k; p += KC_IN_PLACE) {
      t.k = min64(KC_IN_PLACE, g->k - p), t.br = min64(nb, br - x);
      join_batch(&t, B_SAME);
      run_tiles_in_place((const T *)g->A + x * d->br_a + p * d->a_cs,
                         (const T *)g->B + x * d->br_b + p * d->b_rs, g->C, g->m, g->n, t);
      t.load_c = 1;
    }
}

/* A kernel for operands of the type of C and a row-major B. */
#define IN_PLACE_KERNEL(name, type)                                                                \
  static __attribute__((noinline)) void name##_copied(                                             \
      const struct tpp_brgemm *kernel, const void *A, const void *B, void *C, int64_t m,           \
      int64_t n, int64_t k, int64_t br, int64_t beta) {                                            \
    run_brgemm(kernel, A, B, C, m, n, k, br, beta, type, type, TPP_FORM_ROW);                      \
  }                                                                                                \
  void name(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C, int64_t m,     \
            int64_t n, int64_t k, int64_t br, int64_t beta) {                                      \
    const drive g = {&kernel->desc, A, B, C, m, n, k};                                             \
    if (k > 0 && br > 0 && is_in_place(&g, br, type))                                              \
      run_in_place(&g, br, beta != 0);                                                             \
    else                                                                                           \
      name##_copied(kernel, A, B, C, m, n, k, br, beta);                                           \
  }
