/* The register tiles that fit 32 vector registers. */
#ifndef TPP_RUNTIME_AVX512_TILES_H
#define TPP_RUNTIME_AVX512_TILES_H

#define NV_MAX 4
#define MR_MAX 12

/* Room for one row or column of a panel: vectors are twice as wide as with AVX2, the cache is not.
 */
#ifndef PANEL_BYTES
#define PANEL_BYTES 768
#endif

/* Rows of the highest tile of nv vectors. */
static inline int mr_limit(int nv) {
  return nv <= 2 ? 12 : nv == 3 ? 8 : 6;
}

/* clang-format off */
#define TILE_LIST_KIND(X, kind)                                                                    \
  X(kind, 1, 1) X(kind, 1, 2) X(kind, 1, 3) X(kind, 1, 4) X(kind, 1, 5) X(kind, 1, 6)              \
  X(kind, 1, 7) X(kind, 1, 8) X(kind, 1, 9) X(kind, 1, 10) X(kind, 1, 11) X(kind, 1, 12)           \
  X(kind, 2, 1) X(kind, 2, 2) X(kind, 2, 3) X(kind, 2, 4) X(kind, 2, 5) X(kind, 2, 6)              \
  X(kind, 2, 7) X(kind, 2, 8) X(kind, 2, 9) X(kind, 2, 10) X(kind, 2, 11) X(kind, 2, 12)           \
  X(kind, 3, 1) X(kind, 3, 2) X(kind, 3, 3) X(kind, 3, 4) X(kind, 3, 5) X(kind, 3, 6)              \
  X(kind, 3, 7) X(kind, 3, 8)                                                                      \
  X(kind, 4, 1) X(kind, 4, 2) X(kind, 4, 3) X(kind, 4, 4) X(kind, 4, 5) X(kind, 4, 6)
/* clang-format on */

#endif
