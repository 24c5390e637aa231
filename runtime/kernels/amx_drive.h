/* A BRGEMM of any size on tile registers of 16 rows by 64 bytes (AMX).
 *
 * A block of C, two by two tiles of 16 by 16, stays in four of the eight registers while the others
 * pass over the sum: two of A, 16 rows of 16 groups (pairs of BF16, quadruples of bytes), and two
 * of B, 16 groups down by 16 columns, each used twice. Tiles read operands where they lie when
 * those are in groups and fill the tiles; else from panels on the stack, which end in zeros. Tiles
 * of C that are not full go through a buffer. Every tile has the same shape, so that they are
 * configured once a call; they are released at its end, since tiles in use make a switch of threads
 * dear.
 *
 * TDPBF16PS adds the products of even places and those of odd places of 16 pairs in two sums, in
 * ascending order, then these two, then that to C; subnormals count as zero, and rounding is to
 * nearest. So sums differ from those of VDPBF16PS, within the same bound.
 *
 * A template: the including file has defined what brgemm_groups.h asks for, with vectors of 16
 * lanes, and has included that. */
#include "amx/tiles.h"

enum {
  SIDE = 16,       /* rows of a tile, its groups, and columns */
  BLOCK = 2 * SIDE /* rows and columns of a block of C */
};

/* A step takes 64 cycles of the multiplier; copies of the loop would only be more code. */
#if defined(__clang__)
#define NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define NO_UNROLL _Pragma("GCC unroll 1")
#endif

enum dot { DOT_BF16, DOT_UNSIGNED_BY, DOT_SIGNED, DOT_UNSIGNED };

/* A macro, since tile numbers are constants of the instruction. */
#define DOT(kind, c, a, b)                                                                         \
  do {                                                                                             \
    if ((kind) == DOT_BF16)                                                                        \
      AMX_BF16(c, a, b);                                                                           \
    else                                                                                           \
      AMX_BYTES(kind, c, a, b);                                                                    \
  } while (0)

/* One tile of C in memory, or the part of it that there is. */
typedef struct c_tile {
  T *at;
  int64_t rows, cols;
} c_tile;

typedef struct block {
  tile t; /* operands: a, a_rs, a_br, b, b_rs, b_br in groups */
  int64_t steps, nb;
  c_tile c[4];
  int64_t c_rs;
  int load_c;
} block;

INLINE int is_full(c_tile c) {
  return c.rows >= SIDE && c.cols >= SIDE;
}

INLINE void copy_in(c_tile c, int64_t c_rs, T *buffer) {
  for (int64_t i = 0; i < SIDE; i++)
    v_store(buffer + i * SIDE,
            i < c.rows ? v_load_n(c.at + i * c_rs, (int)min64(SIDE, c.cols)) : v_zero());
}

INLINE void copy_out(c_tile c, int64_t c_rs, const T *buffer) {
  for (int64_t i = 0; i < min64(SIDE, c.rows); i++)
    v_store_n(c.at + i * c_rs, v_load(buffer + i * SIDE), (int)min64(SIDE, c.cols));
}

#define LOAD_C(number)                                                                             \
  do {                                                                                             \
    if (!g->load_c) {                                                                              \
      TILE_ZERO(number);                                                                           \
    } else if (is_full(g->c[number])) {                                                            \
      TILE_LOAD(number, g->c[number].at, g->c_rs *(int64_t)sizeof(T));                             \
    } else {                                                                                       \
      copy_in(g->c[number], g->c_rs, buffer);                                                      \
      TILE_LOAD(number, buffer, SIDE * sizeof(T));                                                 \
    }                                                                                              \
  } while (0)

#define STORE_C(number)                                                                            \
  do {                                                                                             \
    if (is_full(g->c[number])) {                                                                   \
      TILE_STORE(number, g->c[number].at, g->c_rs *(int64_t)sizeof(T));                            \
    } else {                                                                                       \
      TILE_STORE(number, buffer, SIDE * sizeof(T));                                                \
      copy_out(g->c[number], g->c_rs, buffer);                                                     \
    }                                                                                              \
  } while (0)

/* Tiles 0 to 3 are C by rows, 4 and 5 A, 6 and 7 B. */
INLINE void run_block(const block *g, const int mt, const int nt, const int kind) {
  _Alignas(64) T buffer[SIDE * SIDE];
  const int64_t a_bytes = g->t.a_rs * (int64_t)sizeof(T), b_bytes = g->t.b_rs * (int64_t)sizeof(T);
  LOAD_C(0);
  if (nt > 1)
    LOAD_C(1);
  if (mt > 1)
    LOAD_C(2);
  if (mt > 1 && nt > 1)
    LOAD_C(3);
  for (int64_t n = 0; n < g->nb; n++) {
    const T *a = g->t.a + n * g->t.a_br, *b = (const T *)g->t.b + n * g->t.b_br;
    NO_UNROLL
    for (int64_t q = 0; q < g->steps; q++, a += SIDE, b += SIDE * g->t.b_rs) {
      TILE_LOAD(4, a, a_bytes);
      TILE_LOAD(6, b, b_bytes);
      DOT(kind, 0, 4, 6);
      if (nt > 1) {
        TILE_LOAD(7, b + SIDE, b_bytes);
        DOT(kind, 1, 4, 7);
      }
      if (mt > 1) {
        TILE_LOAD(5, a + SIDE * g->t.a_rs, a_bytes);
        DOT(kind, 2, 5, 6);
      }
      if (mt > 1 && nt > 1)
        DOT(kind, 3, 5, 7);
    }
  }
  STORE_C(0);
  if (nt > 1)
    STORE_C(1);
  if (mt > 1)
    STORE_C(2);
  if (mt > 1 && nt > 1)
    STORE_C(3);
}

/* blocks_<kind>[tiles down - 1][tiles right - 1]; functions of their own, whose loops a test counts
 * the instructions of. */
typedef void (*block_fn)(const block *g);
#define DEFINE_BLOCK(kind, mt, nt)                                                                 \
  static __attribute__((noinline)) void block_##kind##_##mt##x##nt(const block *g) {               \
    run_block(g, mt, nt, kind);                                                                    \
  }
#define DEFINE_BLOCKS(kind)                                                                        \
  DEFINE_BLOCK(kind, 1, 1)                                                                         \
  DEFINE_BLOCK(kind, 1, 2)                                                                         \
  DEFINE_BLOCK(kind, 2, 1)                                                                         \
  DEFINE_BLOCK(kind, 2, 2)                                                                         \
  static const block_fn blocks_##kind[2][2] = {{block_##kind##_1x1, block_##kind##_1x2},           \
                                               {block_##kind##_2x1, block_##kind##_2x2}};

/* Rows of A of any layout, contiguous: brought by columns, SIDE steps at a time, and transposed. */
INLINE void panel_a_turned(const drive *g, chunk s, int64_t i0, int64_t mc, T *panel, tile *t,
                           const int type) {
  _Alignas(64) T columns[SIDE * BLOCK + LANES];
  int64_t ld = panel_ld(s.kc);
  for (int64_t b = 0; b < s.nb; b++)
    for (int64_t q = 0; q < s.kc; q += SIDE) {
      chunk part = {s.b + b, 1, s.p + q, min64(SIDE, s.kc - q)};
      panel_a_cols(g, part, i0, mc, columns, t, type);
      T *to = panel + b * mc * ld + q;
      for (int64_t i = 0; i < mc; i++)
        for (int64_t e = 0; e < part.kc; e++)
          to[i * ld + e] = columns[e * mc + i];
    }
  t->a = panel, t->a_rs = ld, t->a_cs = 1, t->a_br = mc * ld;
}

/* A panel of A whose rows end in zeros, or A itself. */
INLINE void bring_a(const drive *g, chunk s, int64_t i0, int64_t mc, int64_t steps, T *panel,
                    tile *t, const int type) {
  int is_rows = g->d->a_pack == 1 && g->d->a_cs == 1;
  if (is_rows && place_of_a(g, type) == A_DIRECT && mc % SIDE == 0 && s.kc % SIDE == 0) {
    place_a(g, s, i0, mc, panel, t, A_DIRECT, type);
    return;
  }
  if (is_rows)
    panel_a_rows(g, s, i0, mc, panel, t, type);
  else
    panel_a_turned(g, s, i0, mc, panel, t, type);
  for (int64_t i = 0; i < mc && s.kc < steps * SIDE; i++)
    for (int64_t q = s.kc; q < steps * SIDE; q++)
      panel[i * t->a_rs + q] = 0;
}

/* A panel of columns [j, j + nc) of B of whole tiles, or B itself. */
INLINE void bring_b(const drive *g, chunk s, int64_t j, int64_t nc, int64_t steps, T *panel,
                    tile *t, const int type) {
  if (!copies_b(g, s, type, 0) && nc % SIDE == 0 && s.kc % SIDE == 0) {
    place_b(g, s, j, t, type, 0);
    return;
  }
  int64_t ld = (nc + SIDE - 1) / SIDE * SIDE;
  panel_b(g, s, j, nc, ld, panel, type, 0);
  for (int64_t q = s.kc; q < steps * SIDE; q++)
    for (int64_t i = 0; i < ld; i += SIDE)
      v_store(panel + q * ld + i, v_zero());
  t->b = panel, t->b_rs = ld, t->b_br = s.kc * ld;
}

INLINE void run_amx_chunk(const drive *g, chunk s, int load_c, T *panel_of_a, T *panel_of_b,
                          const int a_type, const int b_type, const block_fn blocks[2][2]) {
  const int64_t c_rs = g->d->c_rs;
  block x = {.steps = (s.kc + SIDE - 1) / SIDE, .nb = s.nb, .c_rs = c_rs, .load_c = load_c};
  for (int64_t j = 0; j < g->n; j += BLOCK) {
    int64_t nc = min64(BLOCK, g->n - j);
    bring_b(g, s, j, nc, x.steps, panel_of_b, &x.t, b_type);
    for (int64_t i = 0; i < g->m; i += BLOCK) {
      int64_t mc = min64(BLOCK, g->m - i);
      bring_a(g, s, i, mc, x.steps, panel_of_a, &x.t, a_type);
      for (int u = 0; u < 4; u++) {
        int64_t down = u / 2 * SIDE, right = u % 2 * SIDE;
        x.c[u] = (c_tile){g->C + (i + down) * c_rs + j + right, mc - down, nc - right};
      }
      blocks[mc > SIDE][nc > SIDE](&x);
    }
  }
}

/* What LDTILECFG reads: palette 1, and for each tile its bytes of a row and its rows. */
typedef struct tile_config {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_config;
_Static_assert(sizeof(tile_config) == 64, "the layout that the instruction reads");

INLINE void run_amx(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                    int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta, const int a_type,
                    const int b_type, const block_fn blocks[2][2]) {
  _Alignas(64) T panel_of_a[BLOCK * (KC + KC_PAD)];
  _Alignas(64) T panel_of_b[BLOCK * KC];
  static const tile_config config = {
      1, 0, {0}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};
  drive g = {&kernel->desc, A, B, C, m, n, k};
  if (k <= 0 || br <= 0) {
    for (int64_t i = 0; i < m && beta == 0; i++)
      memset(g.C + i * g.d->c_rs, 0, (size_t)(n > 0 ? n : 0) * sizeof(T));
    return;
  }
  k = steps_of(k);
  /* Several batch elements in a chunk when their tiles are whole; else parts of one. */
  int64_t nb = k % SIDE == 0 && k <= KC ? min64(KC / k, (KC + KC_PAD) / panel_ld(k)) : 1;
  nb = nb < 1 ? 1 : nb;
  TILE_CONFIG(&config);
  for (int64_t b = 0; b < br; b += nb)
    for (int64_t p = 0; p < k; p += KC) {
      chunk s = {b, min64(nb, br - b), p, min64(KC, k - p)};
      run_amx_chunk(&g, s, beta != 0 || b > 0 || p > 0, panel_of_a, panel_of_b, a_type, b_type,
                    blocks);
    }
  TILE_RELEASE();
}
