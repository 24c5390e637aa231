/* The register tiles of products that take more than one instruction: accumulators, B, a broadcast,
 * a product on its way, and what MOST_ROWS leaves for constants fit 16 vector registers. */
#ifndef TPP_RUNTIME_AVX2_TILES_I32_H
#define TPP_RUNTIME_AVX2_TILES_I32_H

/* Rows of the tile of two vectors: six where the product needs no constants. */
#ifndef MOST_ROWS
#define MOST_ROWS 6
#endif

#define NV_MAX 4
#define MR_MAX 12
#ifndef NV_PLAIN
#define NV_PLAIN 2 /* of them where B lies as tiles want it */
#endif
#ifndef PANEL_BYTES
#define PANEL_BYTES 1024
#endif

/* Rows of the highest tile of nv vectors. */
static inline int mr_limit(int nv) {
  return nv == 1 ? 10 : nv == 2 ? MOST_ROWS : 3;
}

#if MOST_ROWS > 5
#define TILE_OF_SIX(X) X(B_SAME, 2, 6)
#else
#define TILE_OF_SIX(X)
#endif

/* clang-format off */
#define TILE_LIST(X)                                                                               \
  X(B_SAME, 1, 1) X(B_SAME, 1, 2) X(B_SAME, 1, 3) X(B_SAME, 1, 4) X(B_SAME, 1, 5) X(B_SAME, 1, 6)  \
  X(B_SAME, 1, 7) X(B_SAME, 1, 8) X(B_SAME, 1, 9) X(B_SAME, 1, 10)                                 \
  X(B_SAME, 2, 1) X(B_SAME, 2, 2) X(B_SAME, 2, 3) X(B_SAME, 2, 4) X(B_SAME, 2, 5) TILE_OF_SIX(X)   \
  X(B_SAME, 3, 1) X(B_SAME, 3, 2) X(B_SAME, 3, 3)
/* clang-format on */

#endif
