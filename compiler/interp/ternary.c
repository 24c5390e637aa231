/* Ternary weights: fitting and dequantising.
 *
 * A group of weights w is replaced by s * c, c in {-1, 0, 1}^n. For a fixed support S the best
 * scale is the mean of |w| over S, and the squared error falls by (sum over S of |w|)^2 / |S|; the
 * best S of each size holds the largest |w|. Sorting |w| and trying every size is therefore optimal
 * (Li, Zhang, Liu, "Ternary weight networks", arXiv 1605.04711, solve it approximately by a
 * threshold). Further planes fit what is left over.
 */
#include "interp/tensor.h"

#include <math.h>
#include <stdlib.h>

static int descending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

/* The smallest |w| of the best support, and its mean. */
static double best_support(double *sorted, int64_t n, double *scale) {
  qsort(sorted, (size_t)n, sizeof *sorted, descending);
  double sum = 0, best = 0, least = (double)INFINITY;
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

static void fit_group(TppcTensor *t, double *rest, double *sorted, int64_t g, int64_t col) {
  int64_t n_cols = t->dim[1], first = g * t->group;
  int64_t n = t->dim[0] - first < t->group ? t->dim[0] - first : t->group;
  for (int64_t i = 0; i < n; i++)
    rest[i] = isfinite(rest[i]) ? rest[i] : 0;
  for (int64_t p = 0; p < t->planes; p++) {
    for (int64_t i = 0; i < n; i++)
      sorted[i] = fabs(rest[i]);
    double scale, least = best_support(sorted, n, &scale);
    t->scales[(p * t->groups + g) * n_cols + col] = (float)scale;
    scale = (double)(float)scale;
    for (int64_t i = 0; i < n; i++) {
      int code = fabs(rest[i]) < least ? 0 : rest[i] > 0 ? 1 : -1;
      tppc_tensor_set_int(t, p * t->count + (first + i) * n_cols + col, code);
      rest[i] -= code * scale;
    }
  }
}

void tppc_ternary_from_dense(TppcTensor *t, const double *values) {
  size_t room = (size_t)(t->group < t->dim[0] ? t->group : t->dim[0]) + 1;
  double *rest = calloc(2 * room, sizeof *rest);
  if (!rest)
    abort();
  for (int64_t g = 0; g < t->groups; g++)
    for (int64_t col = 0; col < t->dim[1]; col++) {
      for (int64_t i = 0; i < t->group && g * t->group + i < t->dim[0]; i++)
        rest[i] = values[(g * t->group + i) * t->dim[1] + col];
      fit_group(t, rest, rest + room, g, col);
    }
  free(rest);
}

void tppc_ternary_to_dense(const TppcTensor *t, double *values, double *mag) {
  const int8_t *codes = t->data;
  for (int64_t i = 0; i < t->count; i++) {
    int64_t row = i / t->dim[1], col = i % t->dim[1];
    double sum = 0, abs_sum = 0;
    for (int64_t p = 0; p < t->levels; p++) {
      int code = codes[p * t->count + i];
      double s = (double)t->scales[(p * t->groups + row / t->group) * t->dim[1] + col];
      /* A code of 0 takes no part, whatever the scale is. */
      sum += code ? code * s : 0;
      abs_sum += code ? fabs(s) : 0;
    }
    values[i] = sum;
    if (mag)
      mag[i] = abs_sum;
  }
}
