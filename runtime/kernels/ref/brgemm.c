/* Reference BRGEMM: any types, strides, and packs.
 *
 * Sums in the type of C, in order of b and then p, one product at a time. Blocks of B and rows of A
 * are first read into the type of C, so that the inner loop is the same for every pair of types. C
 * holds the partial sums between blocks, which loses nothing since it has the type of the sum. */
#include "../../kernels.h"
#include "elements.h"

enum { BLOCK_K = 64, BLOCK_N = 16 };

/* Where the operands are and how to step over them. */
typedef struct {
  const tpp_brgemm_desc *desc;
  const void *A, *B;
  void *C;
  int64_t m, n, k, br, beta;
} product;

static tpp_walk walk_of_a(const product *g, int64_t b, int64_t i, int64_t p) {
  const tpp_brgemm_desc *d = g->desc;
  return (tpp_walk){g->A, d->a_type, d->a_pack, b * d->br_a + i * d->a_rs, d->a_cs, p};
}

static tpp_walk walk_of_b(const product *g, int64_t b, int64_t p, int64_t j) {
  const tpp_brgemm_desc *d = g->desc;
  int64_t first = b * d->br_b + p / d->b_pack * d->b_rs + p % d->b_pack + j * d->b_cs;
  return (tpp_walk){g->B, d->b_type, 1, first, d->b_cs, 0};
}

/* One block of columns, summed over b and p. T is the type of the arithmetic, CT that of C. */
#define COLUMNS(name, T, CT, walk)                                                                 \
  static void name##_rows(const product *g, T(*block)[BLOCK_N], int64_t b, int64_t p0, int64_t kc, \
                          int64_t j0, int64_t nc, int first) {                                     \
    const tpp_brgemm_desc *d = g->desc;                                                            \
    T row[BLOCK_K], sum[BLOCK_N];                                                                  \
    for (int64_t i = 0; i < g->m; i++) {                                                           \
      CT *c = (CT *)g->C + i * d->c_rs + j0 * d->c_cs;                                             \
      tpp_walk wa = walk_of_a(g, b, i, p0);                                                        \
      walk(&wa, kc, row);                                                                          \
      for (int64_t j = 0; j < BLOCK_N; j++)                                                        \
        sum[j] = first || j >= nc ? 0 : (T)c[j * d->c_cs];                                         \
      for (int64_t p = 0; p < kc; p++)                                                             \
        for (int64_t j = 0; j < BLOCK_N; j++)                                                      \
          sum[j] += row[p] * block[p][j];                                                          \
      for (int64_t j = 0; j < nc; j++)                                                             \
        c[j * d->c_cs] = (CT)sum[j];                                                               \
    }                                                                                              \
  }                                                                                                \
                                                                                                   \
  static void name(const product *g, int64_t j0, int64_t nc) {                                     \
    T block[BLOCK_K][BLOCK_N] = {{0}};                                                             \
    int first = g->beta == 0;                                                                      \
    for (int64_t b = 0; b < g->br; b++)                                                            \
      for (int64_t p0 = 0; p0 < g->k; p0 += BLOCK_K) {                                             \
        int64_t kc = g->k - p0 < BLOCK_K ? g->k - p0 : BLOCK_K;                                    \
        for (int64_t p = 0; p < kc; p++) {                                                         \
          tpp_walk wb = walk_of_b(g, b, p0 + p, j0);                                               \
          walk(&wb, nc, block[p]);                                                                 \
        }                                                                                          \
        name##_rows(g, block, b, p0, kc, j0, nc, first);                                           \
        first = 0;                                                                                 \
      }                                                                                            \
    if (first)                                                                                     \
      for (int64_t i = 0; i < g->m; i++)                                                           \
        for (int64_t j = j0; j < j0 + nc; j++)                                                     \
          ((CT *)g->C)[i * g->desc->c_rs + j * g->desc->c_cs] = 0;                                 \
  }

COLUMNS(columns_f64, double, double, tpp_walk_f64)
COLUMNS(columns_f32, float, float, tpp_walk_f32)
COLUMNS(columns_i64, uint64_t, int64_t, tpp_walk_u64)
COLUMNS(columns_i32, uint32_t, int32_t, tpp_walk_u32)

void tpp_ref_brgemm(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                    int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  product g = {&kernel->desc, A, B, C, m, n, k, br, beta};
  for (int64_t j = 0; j < n; j += BLOCK_N) {
    int64_t nc = n - j < BLOCK_N ? n - j : BLOCK_N;
    if (g.desc->c_type == TPP_F64)
      columns_f64(&g, j, nc);
    else if (g.desc->c_type == TPP_F32)
      columns_f32(&g, j, nc);
    else if (g.desc->c_type == TPP_I64)
      columns_i64(&g, j, nc);
    else
      columns_i32(&g, j, nc);
  }
}
