/* Ternary weights, element by element, from dense weights and back. */
#include <tpp/rt.h>

#include <stdlib.h>
#include <string.h>

static int64_t up(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

float tpp_ternary_at(const tpp_ternary *t, int64_t rows, int64_t cols, int64_t group,
                     int64_t planes, int64_t i) {
  int64_t row = i / cols, col = i % cols, codes = up(rows, 4) * cols,
          scales = up(rows, group) * cols;
  float sum = 0;
  for (int64_t p = 0; p < planes; p++) {
    int code = t->codes[p * codes + row / 4 * cols + col] >> (2 * (row % 4)) & 3;
    if (code != 1) /* a weight of 0 takes no part, whatever its scale */
      sum += (float)(code - 1) * t->scales[p * scales + row / group * cols + col];
  }
  return sum;
}

/* ---- conversions ----
 *
 * A group w is replaced by s * c, c in {-1, 0, 1}. For a fixed support the best scale is the mean
 * of |w| over it, and the squared error falls by (sum of |w|)^2 / size; the best support of each
 * size has the largest |w|. Sorting and trying every size is therefore optimal (Li, Zhang, Liu,
 * "Ternary weight networks", arXiv 1605.04711, solve it approximately). Further planes fit what is
 * left. */

static int descending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

static double magnitude(double v) {
  return v < 0 ? -v : v;
}

/* The smallest |w| of the best support; its mean in *scale. */
static double best_support(double *sorted, int64_t n, double *scale) {
  double sum = 0, best = 0, least = 0;
  qsort(sorted, (size_t)n, sizeof *sorted, descending);
  *scale = 0;
  for (int64_t i = 0; i < n && sorted[i] > 0; i++) {
    sum += sorted[i];
    double gain = sum * sum / (double)(i + 1);
    if (gain > best) {
      best = gain;
      least = sorted[i];
      *scale = sum / (double)(i + 1);
    }
  }
  return least;
}

static void set_code(uint8_t *codes, int64_t cols, int64_t row, int64_t col, int code) {
  uint8_t *byte = &codes[row / 4 * cols + col];
  int shift = (int)(2 * (row % 4));
  *byte = (uint8_t)((*byte & ~(3 << shift)) | (code + 1) << shift);
}

typedef struct weights {
  int64_t rows, cols, group, codes, scales; /* of a plane: bytes of codes, scales */
  int32_t planes;
} weights;

static void fit_group(const weights *w, uint8_t *codes, float *scales, double *rest, int64_t g,
                      int64_t col) {
  int64_t first = g * w->group, n = w->rows - first < w->group ? w->rows - first : w->group;
  double *sorted = rest + w->group;
  for (int32_t p = 0; p < w->planes; p++) {
    double scale;
    for (int64_t i = 0; i < n; i++)
      sorted[i] = magnitude(rest[i]);
    double least = best_support(sorted, n, &scale);
    scale = (double)(float)scale;
    scales[p * w->scales + g * w->cols + col] = (float)scale;
    for (int64_t i = 0; i < n; i++) {
      int code = least == 0 || magnitude(rest[i]) < least ? 0 : rest[i] > 0 ? 1 : -1;
      set_code(codes + p * w->codes, w->cols, first + i, col, code);
      rest[i] -= code * scale;
    }
  }
}

static int measure(weights *w, int64_t rows, int64_t cols, int64_t group, int32_t planes) {
  if (rows < 0 || cols < 0 || planes < 1 || group < 0)
    return TPP_ERR_SIZE;
  group = group == 0 || group > rows ? rows : group;
  *w = (weights){.rows = rows, .cols = cols, .group = group ? group : 1, .planes = planes};
  int64_t bytes;
  if (__builtin_mul_overflow(up(rows, 4), cols, &w->codes) ||
      __builtin_mul_overflow(up(rows, w->group), cols, &w->scales) ||
      __builtin_mul_overflow(w->codes, planes, &bytes) ||
      __builtin_mul_overflow(w->scales, (int64_t)planes * 4, &bytes) ||
      w->codes > INT64_MAX / 4 / planes)
    return TPP_ERR_SIZE;
  return TPP_OK;
}

int tpp_ternary_from_dense(tpp_ternary *out, int64_t rows, int64_t cols, int64_t group,
                           int32_t planes, const float *dense, int64_t ld) {
  weights w;
  if (!out || (!dense && rows > 0 && cols > 0))
    return TPP_ERR_NULL;
  memset(out, 0, sizeof *out);
  int status = measure(&w, rows, cols, group, planes);
  if (status || ld < cols)
    return status ? status : TPP_ERR_SIZE;
  size_t scale_bytes = (size_t)(w.scales * planes) * sizeof(float);
  size_t code_bytes = (size_t)(w.codes * planes);
  float *scales = tpp_scratch_alloc(scale_bytes + code_bytes + 1);
  double *rest = tpp_scratch_alloc((size_t)w.group * 2 * sizeof *rest);
  if (!scales || !rest) {
    tpp_scratch_free(scales);
    tpp_scratch_free(rest);
    return TPP_ERR_NOMEM;
  }
  uint8_t *codes = (uint8_t *)scales + scale_bytes;
  memset(codes, 0x55, code_bytes); /* zeros, in the filling too */
  for (int64_t g = 0; g * w.group < rows; g++)
    for (int64_t col = 0; col < cols; col++) {
      for (int64_t i = 0; i < w.group && g * w.group + i < rows; i++) {
        double v = (double)dense[(g * w.group + i) * ld + col];
        rest[i] = v - v == 0 ? v : 0; /* infinities and NaN count as 0 */
      }
      fit_group(&w, codes, scales, rest, g, col);
    }
  tpp_scratch_free(rest);
  *out = (tpp_ternary){.codes = codes, .scales = scales, .planes = planes};
  return TPP_OK;
}

int tpp_ternary_to_dense(const tpp_ternary *t, int64_t rows, int64_t cols, int64_t group,
                         int32_t planes, float *dense, int64_t ld) {
  weights w;
  if (!dense && rows > 0 && cols > 0)
    return TPP_ERR_NULL;
  int status = tpp_check_ternary(t, planes);
  status = status ? status : measure(&w, rows, cols, group, planes > 0 ? planes : 1);
  if (status || ld < cols)
    return status ? status : TPP_ERR_SIZE;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t col = 0; col < cols; col++)
      dense[row * ld + col] = tpp_ternary_at(t, rows, cols, w.group, planes, row * cols + col);
  return TPP_OK;
}

void tpp_ternary_free(tpp_ternary *t) {
  if (!t)
    return;
  union {
    const void *from;
    void *to;
  } scales = {t->scales};
  tpp_scratch_free(scales.to);
  memset(t, 0, sizeof *t);
}
