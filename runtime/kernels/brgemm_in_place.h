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
    nv = panel_vectors(n - j, 1, B_SAME);
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

/* ---- vectors along the rows ---- */

/* Where A lies by columns, as B lies by rows, vectors may as well go along the rows of A: C^T = B^T
 * * A^T, kept on the stack and turned into C. What fills vectors better is faster: 24 x 4 has 24
 * vectors along its columns and 12 along its rows. */
enum { TURNED = 6144 / (int)sizeof(T), TURNED_COLUMNS = TURNED / (4 * LANES) };

INLINE int64_t vectors_of(int64_t n) {
  return (n + LANES - 1) / LANES;
}

/* Turning an element costs about what half an FMA does. */
INLINE int is_better_turned(const drive *g, int64_t br) {
  const tpp_brgemm_desc *d = g->d;
  if (d->a_pack != 1 || d->a_rs != 1 || g->m < LANES || g->n > TURNED_COLUMNS)
    return 0;
  int64_t along_columns = g->m * vectors_of(g->n), along_rows = g->n * vectors_of(g->m);
  int64_t saved = along_columns - along_rows;
  return 20 * saved > along_columns && saved * g->k * br > g->m * g->n / 2;
}

/* turned[n][ld] to m rows of C. */
INLINE void turn_back(const T *turned, int64_t ld, int64_t m, int64_t n, T *c, int64_t c_rs,
                      const int type) {
  for (int64_t i = 0; i < m; i += TR)
    for (int64_t first = 0; first < n; first += TR) {
      int64_t j = first > 0 && n - first < TR ? n - TR : first;
      H x[TR];
      UNROLL_ALL
      for (int q = 0; q < TR; q++)
        x[q] = j + q < n ? h_load_type((const char *)(turned + (j + q) * ld + i), type) : h_zero();
      h_transpose(x);
      for (int64_t q = 0; q < min64(TR, m - i); q++)
        if (n >= TR)
          h_store(c + (i + q) * c_rs + j, x[q]);
        else
          h_store_n(c + (i + q) * c_rs, x[q], (int)n);
    }
}

static __attribute__((noinline)) void run_turned(const drive *g, int64_t br, int load_c,
                                                 const int type) {
  const tpp_brgemm_desc *d = g->d;
  _Alignas(64) T turned[TURNED];
  const int64_t most = TURNED / g->n / LANES * LANES, groups = (g->m + most - 1) / most;
  const int64_t ld = groups == 1 ? vectors_of(g->m) * LANES : most;
  const tpp_brgemm_desc flipped = {.a_pack = 1,
                                   .b_pack = 1,
                                   .a_rs = 1,
                                   .a_cs = d->b_rs,
                                   .b_rs = d->a_cs,
                                   .b_cs = 1,
                                   .br_a = d->br_b,
                                   .br_b = d->br_a,
                                   .c_rs = ld,
                                   .c_cs = 1};
  for (int64_t v = 0; v < groups; v++) {
    int64_t i0 = groups == 1 ? 0 : v * g->m / groups;
    int64_t mc = groups == 1 ? g->m : (v + 1) * g->m / groups - i0;
    T *c = g->C + i0 * d->c_rs;
    const drive f = {&flipped, g->B, (const T *)g->A + i0, turned, g->n, mc, g->k};
    if (load_c)
      copy_transposed((const char *)c, d->c_rs * (int64_t)sizeof(T), g->n, mc, turned, ld, type);
    run_in_place(&f, br, load_c);
    turn_back(turned, ld, mc, g->n, c, d->c_rs, type);
  }
}

/* Whether the operands of the flipped product can be read where they lie. */
INLINE int can_be_turned(const drive *g) {
  return g->d->a_cs * (int64_t)sizeof(T) < 1024 && g->d->b_rs * (int64_t)sizeof(T) < 512;
}

/* A kernel with narrower vectors, which may take what is not in place. */
#ifndef RUN_NARROW
#define RUN_NARROW(kernel, A, B, C, m, n, k, br, beta) 0
#endif

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
    if (k <= 0 || br <= 0 || m <= 0 || n <= 0)                                                     \
      clear_c(&g, beta);                                                                           \
    else if (is_better_turned(&g, br) && can_be_turned(&g))                                        \
      run_turned(&g, br, beta != 0, type);                                                         \
    else if (is_in_place(&g, br, type))                                                            \
      run_in_place(&g, br, beta != 0);                                                             \
    else if (!RUN_NARROW(kernel, A, B, C, m, n, k, br, beta))                                      \
      name##_copied(kernel, A, B, C, m, n, k, br, beta);                                           \
  }
