/* The register tiles that fit 16 vector registers: accumulators, B, and one broadcast, or with four
 * vectors one of B and a broadcast for each row. */
#ifndef TPP_RUNTIME_AVX2_TILES_H
#define TPP_RUNTIME_AVX2_TILES_H

#define NV_MAX     4
#define NV_WIDENED 2 /* where B is widened on the way, which takes a register more */
#define MR_MAX     12

/* Room for one row or column of a panel: B's 256 steps of two vectors of floats keep to half of the
 * first-level cache. */
#define PANEL_BYTES 1024

/* Rows of the highest tile of nv vectors. */
static inline int mr_limit(int nv) {
  return nv == 1 ? 12 : nv == 2 ? 6 : nv == 3 ? 4 : 3;
}

/* clang-format off */
#define TILE_LIST_KIND(X, kind)                                                                    \
  X(kind, 1, 1) X(kind, 1, 2) X(kind, 1, 3) X(kind, 1, 4) X(kind, 1, 5) X(kind, 1, 6)              \
  X(kind, 1, 7) X(kind, 1, 8) X(kind, 1, 9) X(kind, 1, 10) X(kind, 1, 11) X(kind, 1, 12)           \
  X(kind, 2, 1) X(kind, 2, 2) X(kind, 2, 3) X(kind, 2, 4) X(kind, 2, 5) X(kind, 2, 6)              \
  X(kind, 3, 1) X(kind, 3, 2) X(kind, 3, 3) X(kind, 3, 4)                                          \
  X(kind, 4, 1) X(kind, 4, 2) X(kind, 4, 3)

/* Of a B that is widened. */
#define TILE_LIST_WIDENED(X, kind)                                                                   \
  X(kind, 1, 1) X(kind, 1, 2) X(kind, 1, 3) X(kind, 1, 4) X(kind, 1, 5) X(kind, 1, 6)              \
  X(kind, 1, 7) X(kind, 1, 8) X(kind, 1, 9) X(kind, 1, 10) X(kind, 1, 11) X(kind, 1, 12)           \
  X(kind, 2, 1) X(kind, 2, 2) X(kind, 2, 3) X(kind, 2, 4) X(kind, 2, 5) X(kind, 2, 6)
/* clang-format on */

#endif
