/* A BRGEMM of any size on instructions that multiply matrices in vector registers (NEON's SMMLA,
 * USMMLA, UMMLA, BFMMLA): two rows of A by two columns of B, eight bytes of the sum at a time, are
 * added to the two by two 32-bit sums of a register.
 *
 * A tile is eight rows by eight columns in 16 registers; a step loads four pairs of rows and four
 * of columns and makes 16 instructions of them. B goes into panels of eight columns, in groups of
 * eight bytes of the sum; A is read where it lies when its rows are of whole groups, else from a
 * panel. Rows and columns that there are not are zeros of the panel, or the row before once more,
 * and are not stored. Sums that do not fill a tile go through a buffer.
 *
 * A template: the including file has defined MMLA(acc, a, b), the instruction, and what
 * brgemm_groups.h asks for with groups of eight bytes, and has included that. */
enum {
  SIDE = 8,        /* rows and columns of a tile */
  PAIRS = SIDE / 2 /* registers on a side */
};

typedef struct sums {
  tile t; /* operands: a, a_rs, a_cs, a_br, b, b_br in groups; k steps, br */
  int32_t *c;
  int64_t c_rs, rows, cols;
  int load_c;
} sums;

/* Sums of a pair of rows: registers hold two by two of them. */
INLINE void load_rows(int32x4_t acc[PAIRS], const int32_t *top, const int32_t *bottom) {
  UNROLL_ALL
  for (int j = 0; j < PAIRS; j++)
    acc[j] = vcombine_s32(vld1_s32(top + 2 * j), vld1_s32(bottom + 2 * j));
}

INLINE void store_rows(const int32x4_t acc[PAIRS], int32_t *top, int32_t *bottom) {
  UNROLL_ALL
  for (int j = 0; j < PAIRS; j++) {
    vst1_s32(top + 2 * j, vget_low_s32(acc[j]));
    vst1_s32(bottom + 2 * j, vget_high_s32(acc[j]));
  }
}

INLINE int fills(const sums *s, const int mp) {
  return s->rows == 2 * mp && s->cols == SIDE;
}

INLINE void load_sums(int32x4_t acc[PAIRS][PAIRS], const sums *s, const int mp) {
  int32_t room[SIDE * SIDE];
  const int32_t *c = s->c;
  int64_t c_rs = s->c_rs;
  memset(room, 0, sizeof room);
  if (s->load_c && !fills(s, mp))
    for (int64_t i = 0; i < s->rows; i++)
      for (int64_t j = 0; j < s->cols; j++)
        room[i * SIDE + j] = c[i * c_rs + j];
  if (!s->load_c || !fills(s, mp))
    c = room, c_rs = SIDE;
  UNROLL_ALL
  for (int i = 0; i < mp; i++)
    load_rows(acc[i], c + 2 * i * c_rs, c + (2 * i + 1) * c_rs);
}

INLINE void store_sums(int32x4_t acc[PAIRS][PAIRS], const sums *s, const int mp) {
  int32_t room[SIDE * SIDE];
  int32_t *c = fills(s, mp) ? s->c : room;
  int64_t c_rs = fills(s, mp) ? s->c_rs : SIDE;
  UNROLL_ALL
  for (int i = 0; i < mp; i++)
    store_rows(acc[i], c + 2 * i * c_rs, c + (2 * i + 1) * c_rs);
  if (c == room)
    for (int64_t i = 0; i < s->rows; i++)
      for (int64_t j = 0; j < s->cols; j++)
        s->c[i * s->c_rs + j] = room[i * SIDE + j];
}

INLINE int64x2_t pair_of(const T *top, const T *bottom) {
  uint8x8_t x = vld1_u8((const uint8_t *)top), y = vld1_u8((const uint8_t *)bottom);
  return vreinterpretq_s64_u8(vcombine_u8(x, y));
}

/* mp pairs of rows by SIDE columns. */
INLINE void run_pairs(const sums *s, const int mp) {
  int32x4_t acc[PAIRS][PAIRS];
  const tile *t = &s->t;
  const int64_t a_cs = t->a_cs, a_rs = t->a_rs, k = t->k;
  const int64_t to_last = (s->rows - 1) * a_rs; /* the row before where the last pair has one */
  load_sums(acc, s, mp);
  for (int64_t n = 0; n < t->br; n++) {
    const T *b = (const T *)t->b + n * t->b_br, *a = t->a + n * t->a_br, *last = a + to_last;
    for (int64_t q = k; q > 0; q--, b += SIDE, a += a_cs, last += a_cs) {
      int64x2_t y[PAIRS];
      UNROLL_ALL
      for (int j = 0; j < PAIRS; j++)
        y[j] = load_pair(b + 2 * j);
      UNROLL_ALL
      for (int i = 0; i < mp; i++) {
        const T *top = a + 2 * i * a_rs;
        const int64x2_t x = pair_of(top, i == mp - 1 ? last : top + a_rs);
        UNROLL_ALL
        for (int j = 0; j < PAIRS; j++)
          MMLA(acc[i][j], x, y[j]);
      }
    }
  }
  store_sums(acc, s, mp);
}

typedef void (*pairs_fn)(const sums *s);
#define DEFINE_PAIRS(mp)                                                                           \
  static __attribute__((noinline)) void pairs_##mp(const sums *s) {                                \
    run_pairs(s, mp);                                                                              \
  }
DEFINE_PAIRS(1)
DEFINE_PAIRS(2)
DEFINE_PAIRS(3)
DEFINE_PAIRS(4)
static const pairs_fn pairs[PAIRS] = {pairs_1, pairs_2, pairs_3, pairs_4};

enum { MC_PAIRS = 32 }; /* rows that a panel of B serves at a time */

/* One chunk of the sum, for nc <= NC columns from j0 on. */
INLINE void run_mmla_columns(const drive *g, chunk u, int64_t j0, int64_t nc, int load_c,
                             T *panel_of_a, T *panel_of_b, const int type) {
  const int64_t strip = u.nb * u.kc * SIDE;
  sums s = {.c_rs = g->d->c_rs, .load_c = load_c};
  for (int64_t j = 0; j < nc; j += SIDE)
    panel_b(g, u, j0 + j, min64(SIDE, nc - j), SIDE, panel_of_b + j / SIDE * strip, type, 0);
  int place = place_of_a(g, type);
  for (int64_t i0 = 0; i0 < g->m; i0 += MC_PAIRS) {
    int64_t mc = min64(MC_PAIRS, g->m - i0);
    tile whole = {.k = u.kc, .br = u.nb, .b_br = u.kc * SIDE};
    place_a(g, u, i0, mc, panel_of_a, &whole, place, type);
    for (int64_t j = 0; j < nc; j += SIDE)
      for (int64_t i = 0; i < mc; i += SIDE) {
        s.t = whole;
        s.t.a = whole.a + i * whole.a_rs, s.t.b = panel_of_b + j / SIDE * strip;
        s.rows = min64(SIDE, mc - i), s.cols = min64(SIDE, nc - j);
        s.c = (int32_t *)(void *)g->C + (i0 + i) * s.c_rs + j0 + j;
        pairs[(s.rows - 1) / 2](&s);
      }
  }
}

INLINE void run_mmla(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                     int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta, const int type) {
  _Alignas(64) T panel_of_a[MC * (KC + KC_PAD)];
  _Alignas(64) T panel_of_b[NC * KC];
  const tpp_brgemm_desc *d = &kernel->desc;
  drive g = {d, A, B, C, m, n, k};
  if (k <= 0 || br <= 0) {
    for (int64_t i = 0; i < m && beta == 0; i++)
      memset((int32_t *)C + i * d->c_rs, 0, (size_t)(n > 0 ? n : 0) * sizeof(int32_t));
    return;
  }
  int64_t steps = steps_of(k);
  int64_t nb = steps <= KC ? min64(KC / steps, (KC + KC_PAD) / panel_ld(steps)) : 1;
  nb = nb < 1 ? 1 : nb;
  for (int64_t b = 0; b < br; b += nb)
    for (int64_t p = 0; p < steps; p += KC) {
      chunk u = {b, min64(nb, br - b), p, min64(KC, steps - p)};
      for (int64_t j = 0; j < n; j += NC)
        run_mmla_columns(&g, u, j, min64(NC, n - j), beta != 0 || b > 0 || p > 0, panel_of_a,
                         panel_of_b, type);
    }
}
