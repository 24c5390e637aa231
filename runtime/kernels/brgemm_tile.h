/* Register tiles of a BRGEMM: mr rows by nv vectors of C, summed over the whole batch.
 *
 * The outer-product form that BLIS and GotoBLAS use: each step of k broadcasts mr elements of A and
 * multiplies them with nv vectors of B, all of C stays in registers. Tiles are limited so that
 * accumulators, B, and one broadcast fill the register file, and at least eight independent FMAs
 * cover the latency.
 *
 * A is read in the type of C; B is widened as it is loaded, on ports that FMAs do not use. From B
 * in VNNI-2, one load brings two steps of k: the odd element is the high half, the even one is
 * shifted up, and they are added in that order, which is the order of VDPBF16PS.
 *
 * A template: the file that includes it has defined T, V (the vector), LANES, NV_MAX, MR_MAX,
 * TILE_LIST, and the functions v_*; see avx2/vec_f32.h. */
#include <stdint.h>

#if defined(__clang__)
#define UNROLL_ALL _Pragma("clang loop unroll(full)")
#define UNROLL_K   _Pragma("clang loop unroll_count(2)")
#else
#define UNROLL_ALL _Pragma("GCC unroll 32")
#define UNROLL_K   _Pragma("GCC unroll 2")
#endif
#define INLINE static inline __attribute__((always_inline))

/* How a tile reads B. */
enum b_kind { B_SAME, B_BF16, B_VNNI2, B_F16, N_B_KINDS };

typedef struct tile {
  const T *a;
  int64_t a_rs, a_cs, a_br; /* elements */
  const void *b;
  int64_t b_rs, b_br; /* elements; b_rs from one k (VNNI-2: pair of k) to the next */
  T *c;
  int64_t c_rs;
  int64_t k, br;
  int lanes; /* of the last vector, in use: the others are not touched in C */
  /* Elements that the last of several vectors begins before the end of the one before: what does
   * not fill a vector is done with elements of that once more. Both sums are the same bit for bit,
   * so both are stored. 0 where B is not of type T. */
  int64_t overlap;
  int load_c; /* add to C rather than overwrite it */
#ifdef A_OFFSET
  const T *minus; /* subtracted from every row, nv vectors; NULL for nothing */
#endif
#ifdef TERNARY
  const float *scales; /* C gets acc times these by column */
#endif
} tile;

typedef void (*tile_fn)(const tile *t);

/* Makes a pointer of its own out of one that the compiler could derive from another: derived
 * pointers become a chain of additions, as long as the FMAs themselves, and loads from it are not
 * taken for loads done before. */
#define OPAQUE(p) __asm__("" : "+r"(p))

/* Rows of A are addressed from a pointer for every three: a, a + a_rs, a + 2 a_rs are addressing
 * modes. */
enum { ROWS_PER_PTR = 3, N_PTRS = (MR_MAX + ROWS_PER_PTR - 1) / ROWS_PER_PTR };

INLINE void set_ptrs(const T *ptr[N_PTRS], const T *a, int64_t a_rs, const int mr) {
  UNROLL_ALL
  for (int i = 0; i < mr; i += ROWS_PER_PTR) {
    ptr[i / ROWS_PER_PTR] = a + i * a_rs;
    OPAQUE(ptr[i / ROWS_PER_PTR]);
  }
}

INLINE void advance(const T *ptr[N_PTRS], int64_t a_cs, const int mr) {
  UNROLL_ALL
  for (int i = 0; i < mr; i += ROWS_PER_PTR) {
    ptr[i / ROWS_PER_PTR] += a_cs;
    OPAQUE(ptr[i / ROWS_PER_PTR]);
  }
}

/* How vectors of B are brought into registers. */
enum b_load { LOAD_SAME, LOAD_BF16, LOAD_F16, LOAD_ODD, LOAD_EVEN };

INLINE V load_b(const char *b, const int j, const int how) {
#ifndef GROUP
  switch (how) {
  case LOAD_BF16:
    return v_load_type(b + j * LANES * 2, TPP_BF16);
  case LOAD_F16:
    return v_load_type(b + j * LANES * 2, TPP_F16);
  case LOAD_ODD:
    return v_load_odd(b + j * LANES * 4);
  case LOAD_EVEN:
    return v_load_even(b + j * LANES * 4);
  }
#endif
  (void)how;
  return v_load((const T *)(const void *)b + j * LANES);
}

/* One step of k: acc += a(:, p) * b. What there is less of, rows or vectors, is held in registers.
 * The last vector of b lies back bytes before its place. */
INLINE void step(V acc[MR_MAX][NV_MAX], const T *const ptr[N_PTRS], int64_t a_rs, const char *b,
                 int64_t back, const int mr, const int nv, const int how) {
  V x[MR_MAX], y[NV_MAX];
  if (mr < nv) {
    UNROLL_ALL
    for (int i = 0; i < mr; i++)
      x[i] = v_broadcast(ptr[i / ROWS_PER_PTR] + i % ROWS_PER_PTR * a_rs);
    UNROLL_ALL
    for (int j = 0; j < nv; j++) {
      y[j] = load_b(j < nv - 1 ? b : b - back, j, how);
      UNROLL_ALL
      for (int i = 0; i < mr; i++)
        acc[i][j] = v_fma(x[i], y[j], acc[i][j]);
    }
    return;
  }
  UNROLL_ALL
  for (int j = 0; j < nv; j++)
    y[j] = load_b(j < nv - 1 ? b : b - back, j, how);
  UNROLL_ALL
  for (int i = 0; i < mr; i++) {
    x[i] = v_broadcast(ptr[i / ROWS_PER_PTR] + i % ROWS_PER_PTR * a_rs);
    UNROLL_ALL
    for (int j = 0; j < nv; j++)
      acc[i][j] = v_fma(x[i], y[j], acc[i][j]);
  }
}

/* Bytes of an element of B. */
INLINE int64_t b_bytes(const int kind) {
  return kind == B_SAME ? (int64_t)sizeof(T) : 2;
}

INLINE void steps_plain(V acc[MR_MAX][NV_MAX], const tile *t, const T *ptr[N_PTRS], const char *b,
                        const int mr, const int nv, const int kind) {
  const int how = kind == B_BF16 ? LOAD_BF16 : kind == B_F16 ? LOAD_F16 : LOAD_SAME;
  const int64_t size = b_bytes(kind);
  const int64_t b_step = t->b_rs * size, a_rs = t->a_rs, a_cs = t->a_cs;
  const int64_t back = kind == B_SAME && nv > 1 ? t->overlap * size : 0;
  UNROLL_K
  for (int64_t p = t->k; p > 0; p--) {
    step(acc, ptr, a_rs, b, back, mr, nv, how);
    advance(ptr, a_cs, mr);
    b += b_step;
  }
}

/* Two steps of k at a time; the last of an odd number has its element in the even place. */
INLINE void steps_vnni2(V acc[MR_MAX][NV_MAX], const tile *t, const T *ptr[N_PTRS], const char *b,
                        const int mr, const int nv) {
  const int64_t b_step = t->b_rs * 2, a_rs = t->a_rs, a_cs = t->a_cs;
  const T *next[N_PTRS];
  for (int64_t p = t->k / 2; p > 0; p--) {
    UNROLL_ALL
    for (int i = 0; i < mr; i += ROWS_PER_PTR)
      next[i / ROWS_PER_PTR] = ptr[i / ROWS_PER_PTR];
    advance(next, a_cs, mr);
    step(acc, next, a_rs, b, 0, mr, nv, LOAD_ODD);
    OPAQUE(b);
    step(acc, ptr, a_rs, b, 0, mr, nv, LOAD_EVEN);
    UNROLL_ALL
    for (int i = 0; i < mr; i += ROWS_PER_PTR)
      ptr[i / ROWS_PER_PTR] = next[i / ROWS_PER_PTR];
    advance(ptr, a_cs, mr);
    b += b_step;
  }
  if (t->k % 2)
    step(acc, ptr, a_rs, b, 0, mr, nv, LOAD_EVEN);
}

/* Where vector j begins in a row of C. */
INLINE int64_t place_of(const tile *t, const int j, const int nv) {
  return j * LANES - (nv > 1 && j == nv - 1 ? t->overlap : 0);
}

INLINE void load_tile(V acc[MR_MAX][NV_MAX], const tile *t, const int mr, const int nv,
                      const int is_full) {
  UNROLL_ALL
  for (int i = 0; i < mr; i++)
    UNROLL_ALL
  for (int j = 0; j < nv; j++) {
    const T *c = t->c + i * t->c_rs + place_of(t, j, nv);
    acc[i][j] = is_full || j < nv - 1 ? v_load(c) : v_load_n(c, t->lanes);
  }
}

INLINE void store_tile(V acc[MR_MAX][NV_MAX], const tile *t, const int mr, const int nv,
                       const int is_full) {
  UNROLL_ALL
  for (int i = 0; i < mr; i++)
    UNROLL_ALL
  for (int j = 0; j < nv; j++) {
    T *c = t->c + i * t->c_rs + place_of(t, j, nv);
    if (is_full || j < nv - 1)
      v_store(c, acc[i][j]);
    else
      v_store_n(c, acc[i][j], t->lanes);
  }
}

#ifdef A_OFFSET
INLINE void subtract(V acc[MR_MAX][NV_MAX], const T *minus, const int mr, const int nv) {
  UNROLL_ALL
  for (int j = 0; j < nv; j++) {
    V x = v_load(minus + j * LANES);
    UNROLL_ALL
    for (int i = 0; i < mr; i++)
      acc[i][j] = v_sub(acc[i][j], x);
  }
}
#endif

#ifdef TERNARY
/* C = C + acc * scales. */
INLINE void add_scaled(V acc[MR_MAX][NV_MAX], const tile *t, const int mr, const int nv) {
  UNROLL_ALL
  for (int j = 0; j < nv; j++) {
    const int lanes = j < nv - 1 ? LANES : t->lanes;
    const V scales = v_load(t->scales + j * LANES);
    UNROLL_ALL
    for (int i = 0; i < mr; i++) {
      T *c = t->c + i * t->c_rs + j * LANES;
      V old = !t->load_c ? v_zero() : lanes == LANES ? v_load(c) : v_load_n(c, lanes);
      V sum = V_SCALED(acc[i][j], scales, old);
      if (lanes == LANES)
        v_store(c, sum);
      else
        v_store_n(c, sum, lanes);
    }
  }
}
#endif

INLINE void run_tile(const tile *t, const int mr, const int nv, const int kind) {
  V acc[MR_MAX][NV_MAX];
#ifdef TERNARY
  const int load_c = 0;
#else
  const int load_c = t->load_c;
#endif
  if (!load_c) {
    UNROLL_ALL
    for (int i = 0; i < mr; i++)
      UNROLL_ALL
    for (int j = 0; j < nv; j++)
      acc[i][j] = v_zero();
  } else if (t->lanes == LANES) {
    load_tile(acc, t, mr, nv, 1);
  } else {
    load_tile(acc, t, mr, nv, 0);
  }
  const int64_t size = b_bytes(kind);
  for (int64_t n = 0; n < t->br; n++) {
    const char *b = (const char *)t->b + n * t->b_br * size;
    const T *ptr[N_PTRS];
    set_ptrs(ptr, t->a + n * t->a_br, t->a_rs, mr);
    if (kind == B_VNNI2)
      steps_vnni2(acc, t, ptr, b, mr, nv);
    else
      steps_plain(acc, t, ptr, b, mr, nv, kind);
  }
#ifdef A_OFFSET
  if (t->minus)
    subtract(acc, t->minus, mr, nv);
#endif
#ifdef TERNARY
  add_scaled(acc, t, mr, nv);
#else
  if (t->lanes == LANES)
    store_tile(acc, t, mr, nv, 1);
  else
    store_tile(acc, t, mr, nv, 0);
#endif
}

/* tiles[kind][nv][mr] */
#define DEFINE_TILE(kind, nv, mr)                                                                  \
  static void tile_##kind##_##nv##x##mr(const tile *t) {                                           \
    run_tile(t, mr, nv, kind);                                                                     \
  }
#define TILE_ENTRY(kind, nv, mr) [kind][nv][mr] = tile_##kind##_##nv##x##mr,

TILE_LIST(DEFINE_TILE)
static const tile_fn tiles[N_B_KINDS][NV_MAX + 1][MR_MAX + 1] = {TILE_LIST(TILE_ENTRY)};
