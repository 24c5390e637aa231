/* Ternary weights: fitting, by the definitions of tpp/ternary.h, and dequantising. */
#include "interp/tensor.h"
#include "support/memory.h"

#include <tpp/ternary.h>

#include <stdlib.h>

static void take_column(TppcTensor *t, int64_t col, const int8_t *codes, const float *scales,
                        const float *units) {
  int64_t rows = t->dim[0], cols = t->dim[1];
  for (int64_t p = 0; p < t->planes; p++) {
    for (int64_t k = 0; k < rows; k++)
      tppc_tensor_set_int(t, p * t->count + k * cols + col, codes[p * rows + k]);
    for (int64_t g = 0; g < t->groups; g++)
      t->scales[(p * t->groups + g) * cols + col] = scales[p * t->groups + g];
    if (t->units)
      t->units[p * cols + col] = units[p];
  }
}

void tppc_ternary_from_dense(TppcTensor *t, const double *values) {
  int64_t rows = t->dim[0], cols = t->dim[1], group = t->group < rows ? t->group : rows;
  group = group > 0 ? group : 1;
  tpp_ternary_shape shape = {.size = sizeof shape,
                             .scales = t->units ? TPP_U8 : TPP_F32,
                             .planes = (int32_t)t->planes,
                             .rows = rows,
                             .cols = cols,
                             .group = group};
  double *room = tppc_zeroed((size_t)tppt_fit_room(rows, group) + 1, sizeof *room);
  int8_t *codes = tppc_zeroed((size_t)t->planes, (size_t)rows + 1);
  float *scales = tppc_zeroed((size_t)t->planes * 2, (size_t)(t->groups + 1) * sizeof *scales);
  float *units = scales + t->planes * t->groups;
  for (int64_t col = 0; col < cols; col++) {
    for (int64_t k = 0; k < rows; k++) {
      double v = values[k * cols + col];
      room[k] = isfinite(v) ? v : 0;
    }
    tppt_fit_column(&shape, group, room, codes, scales, units);
    take_column(t, col, codes, scales, units);
  }
  free(room);
  free(codes);
  free(scales);
}

bool tppc_ternary_use_bytes(TppcTensor *t) {
  if (!t->units)
    t->units = calloc((size_t)(t->planes * t->dim[1]) + 1, sizeof *t->units);
  return t->units != NULL;
}

void tppc_ternary_round_scales(TppcTensor *t) {
  int64_t cols = t->dim[1];
  for (int64_t i = 0; t->units && i < t->planes * cols; i++) {
    float *scale = t->scales + i / cols * t->groups * cols + i % cols;
    double most = 0;
    for (int64_t g = 0; g < t->groups; g++)
      most = fmax(most, (double)scale[g * cols]);
    t->units[i] = tppt_unit(&most, 1);
    for (int64_t g = 0; g < t->groups; g++)
      scale[g * cols] = rintf(scale[g * cols] / t->units[i]) * t->units[i];
  }
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
