/* Reference product with ternary weights (FGQ, arXiv 1705.01462; residual planes, arXiv
 * 1707.04679).
 *
 * Within a group of K the weights only add and subtract: integers sum in 32 bits, exactly, floats
 * in F32. Each group's sum is scaled once, and planes add up. A window may cut groups: their parts
 * are scaled apart, which changes rounding and nothing else. */
#include "../../kernels.h"
#include "elements.h"

#include <tpp/ternary.h>

enum { BLOCK_K = 256, BLOCK_N = 16 };

typedef struct {
  const tpp_sgemm_desc *desc;
  const void *A;
  const tpp_ternary *b;
  const uint8_t *codes; /* of this plane */
  int64_t number, group, n_scales;
  int64_t n0, k0;
} plane;

static int weight(const plane *t, int64_t p, int64_t j) {
  return (t->codes[tppt_code_at(t->desc->rows, p, j)] >> tppt_code_shift(p) & 3) - 1;
}

/* sum[j] = sum over p in [first, last) of A(i, p) * w(p, j0 + j). */
#define GROUP(name, T, W, walk)                                                                    \
  static void name(const plane *t, int64_t i, int64_t first, int64_t last, int64_t j0, int64_t nc, \
                   float *out) {                                                                   \
    const tpp_sgemm_desc *d = t->desc;                                                             \
    T row[BLOCK_K], sum[BLOCK_N] = {0};                                                            \
    for (int64_t p0 = first; p0 < last; p0 += BLOCK_K) {                                           \
      int64_t kc = last - p0 < BLOCK_K ? last - p0 : BLOCK_K;                                      \
      tpp_walk wa = {t->A, d->a_type, 1, i * d->a_rs + (p0 - t->k0) * d->a_cs, d->a_cs, 0};        \
      walk(&wa, kc, row);                                                                          \
      for (int64_t p = 0; p < kc; p++)                                                             \
        for (int64_t j = 0; j < nc; j++)                                                           \
          sum[j] += row[p] * (T)weight(t, p0 + p, j0 + j);                                         \
    }                                                                                              \
    for (int64_t j = 0; j < nc; j++)                                                               \
      out[j] = (float)(W)sum[j];                                                                   \
  }

GROUP(group_f32, float, float, tpp_walk_f32)
GROUP(group_i32, uint32_t, int32_t, tpp_walk_u32)

/* acc[j] += the scaled groups of one plane that meet [k0, k0 + k). */
static void add_plane(const plane *t, int64_t i, int64_t k, int64_t j0, int64_t nc, float *acc) {
  const tpp_sgemm_desc *d = t->desc;
  int is_float =
      d->a_type == TPP_F64 || d->a_type == TPP_F32 || d->a_type == TPP_F16 || d->a_type == TPP_BF16;
  int64_t end = t->k0 + k, group = t->group, groups = tppt_blocks(d->rows, group);
  float sum[BLOCK_N];
  for (int64_t first = t->k0; first < end;) {
    int64_t g = first / group, last = (g + 1) * group < end ? (g + 1) * group : end;
    (is_float ? group_f32 : group_i32)(t, i, first, last, t->n0 + j0, nc, sum);
    for (int64_t j = 0; j < nc; j++) {
      int64_t col = t->n0 + j0 + j, at = tppt_scale_at(groups, g, col);
      acc[j] += tppt_scale(t->b, t->number, t->n_scales, at, d->cols, col) * sum[j];
    }
    first = last;
  }
}

void tpp_ref_ternary(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                     int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta) {
  const tpp_sgemm_desc *d = &kernel->desc;
  const tpp_ternary *b = B;
  int64_t group = d->group > 0 ? d->group : d->rows > 0 ? d->rows : 1;
  plane t = {.desc = d, .A = A, .b = b, .group = group, .n0 = n0, .k0 = k0};
  t.n_scales = tppt_scales(d->rows, d->cols, group);
  float acc[BLOCK_N];
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j += BLOCK_N) {
      int64_t nc = n - j < BLOCK_N ? n - j : BLOCK_N;
      float *c = (float *)C + i * d->c_rs + j * d->c_cs;
      for (int64_t q = 0; q < nc; q++)
        acc[q] = beta == 0 ? 0 : c[q * d->c_cs];
      for (t.number = 0; t.number < d->planes; t.number++) {
        t.codes = b->codes + t.number * tppt_code_bytes(d->rows, d->cols);
        add_plane(&t, i, k, j, nc, acc);
      }
      for (int64_t q = 0; q < nc; q++)
        c[q * d->c_cs] = acc[q];
    }
}
