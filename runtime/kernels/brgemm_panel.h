/* What both ways of bringing operands to the tiles share, a template as they are: brgemm_widen.h
 * and brgemm_groups.h. */
#include "../cache.h"
#include "../kernels.h"
#include "brgemm_tile.h"

#include <string.h>

/* Whether panels of A are as tall as there is room: a panel of B then serves more rows while it is
 * in the first-level cache, for products that leave loads little time. */
#ifndef TALL_A
#define TALL_A 0
#endif

enum {
  KC = PANEL_BYTES / (int)sizeof(T), /* steps of k in a panel */
  KC_PAD = KC / 8,            /* room for the distance between rows of several batch elements */
  MC_ROWS = TALL_A ? 36 : 12, /* rows in a panel of A: whole tiles of any width; */
  MC = 36,                    /* more when A is read by columns, which are longer then */
  NC = NV_MAX * LANES,        /* columns in a panel of B */
  LINE = 64 / (int)sizeof(T)  /* elements of a cache line */
};

/* From one row to the next in a panel of A of kc steps: no multiple of a cache line, so that rows
 * lie in different sets. */
INLINE int64_t panel_ld(int64_t kc) {
  return (kc + LINE - 1) / LINE * LINE + LINE / 2;
}

#ifdef TERNARY
/* Where ternary weights begin in their matrix, and what of it a product needs to find them. */
typedef struct window {
  const tpp_ternary *b;
  int64_t row, col;
  int64_t plane, group;           /* of this part of the sum */
  int64_t blocks, groups, scales; /* along the rows, and scales of a plane */
  int64_t cols;
} window;
#endif

/* Operand types are constants in every instance. */
typedef struct drive {
  const tpp_brgemm_desc *d;
  const void *A, *B;
  T *C;
  int64_t m, n, k;
#ifdef TERNARY
  window window;
#endif
} drive;

/* A part of the sum: batch elements [b, b + nb), steps [p, p + kc) of each. A step is one element
 * of the sum, or a pair of them. */
typedef struct chunk {
  int64_t b, nb, p, kc;
} chunk;

/* Bytes of what becomes one T: an element, or a group of them. */
INLINE int64_t type_bytes(const int type) {
#ifdef GROUP
  (void)type;
  return GROUP * ELEM;
#else
  return type == TPP_F64 ? 8 : type == TPP_F32 ? 4 : 2;
#endif
}

INLINE const char *element(const void *base, int64_t at, const int type) {
  return (const char *)base + at * type_bytes(type);
}

static int64_t min64(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* n > 0 elements that follow each other, widened; exactly n are read, whole vectors are written. */
INLINE void widen_row(const char *src, int64_t n, T *dst, const int type) {
  const int64_t size = type_bytes(type);
  if (n < LANES) {
    v_store(dst, v_load_type_n(src, (int)n, type));
    return;
  }
  const char *last = src + (n - LANES) * size;
  T *to = dst;
  for (; last - src >= 3 * LANES * size; to += 4 * LANES, src += 4 * LANES * size) {
    OPAQUE(src); /* or a copy becomes a call of memcpy */
    UNROLL_ALL
    for (int i = 0; i < 4; i++)
      v_store(to + i * LANES, v_load_type(src + i * LANES * size, type));
  }
  for (; src < last; to += LANES, src += LANES * size) {
    OPAQUE(src);
    v_store(to, v_load_type(src, type));
  }
  v_store(dst + n - LANES, v_load_type(last, type));
}

/* The same with zeros up to ld, a multiple of LANES less than LANES above n. */
INLINE void widen_row_pad(const char *src, int64_t n, T *dst, int64_t ld, const int type) {
  v_store(dst + ld - LANES, v_zero());
  widen_row(src, n, dst, type);
}

/* Whether A is better copied although it has the right type: rows that the first-level cache keeps
 * in the same few sets, or columns that each begin another line. */
INLINE int a_conflicts(const drive *g) {
  int64_t rs = g->d->a_rs * (int64_t)sizeof(T), cs = g->d->a_cs * (int64_t)sizeof(T);
  if (g->n <= LANES || g->m <= 2)
    return 0;
  return g->d->a_cs == 1 ? rs % 2048 == 0 : cs >= 512 || cs <= -512;
}

/* Whether a row-major B is better copied, when enough rows of A use it: its rows fall in the same
 * sets of the cache, or lie so far apart that the hardware does not fetch ahead. A narrower B has
 * half the lines, and a copy of it would be wider. */
INLINE int b_is_scattered(const drive *g, int64_t kc, int64_t size) {
  int64_t stride = g->d->b_rs * size;
  return g->m >= 12 && ((size == (int64_t)sizeof(T) && stride >= 1024) ||
                        tpp_cache_conflicts(kc, stride, NC * size));
}

/* A square of TR columns through registers; rows and cols of it exist. */
INLINE void transpose_block(const char *src, int64_t ld_bytes, int64_t rows, int64_t cols, T *dst,
                            int64_t ld, const int type) {
  H x[TR];
  if (rows == TR && cols >= TR) { /* all of it in registers */
    UNROLL_ALL
    for (int j = 0; j < TR; j++)
      x[j] = h_load_type(src + j * ld_bytes, type);
    h_transpose(x);
    UNROLL_ALL
    for (int q = 0; q < TR; q++)
      h_store(dst + q * ld, x[q]);
    return;
  }
  UNROLL_ALL
  for (int j = 0; j < TR; j++)
    x[j] = j >= cols    ? h_zero()
           : rows == TR ? h_load_type(src + j * ld_bytes, type)
                        : h_load_type_n(src + j * ld_bytes, (int)rows, type);
  h_transpose(x);
  for (int64_t q = 0; q < rows; q++)
    h_store(dst + q * ld, x[q]);
}

/* nc columns of kc elements, ld_bytes apart, become kc rows of ld with zeros to the right. */
INLINE void copy_transposed(const char *src, int64_t ld_bytes, int64_t kc, int64_t nc, T *dst,
                            int64_t ld, const int type) {
  for (int64_t j = 0; j < ld; j += TR)
    for (int64_t q = 0; q < kc; q += TR) {
      const char *block = j < nc ? src + j * ld_bytes + q * type_bytes(type) : src;
      transpose_block(block, ld_bytes, min64(TR, kc - q), nc - j, dst + q * ld + j, ld, type);
    }
}

/* How A is brought to the tiles. */
enum a_place { A_DIRECT, A_PANEL_ROWS, A_PANEL_COLS };
