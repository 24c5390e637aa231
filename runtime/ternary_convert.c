/* Ternary weights, element by element, from dense weights and back. The format and the fit are in
 * tpp/ternary.h. */
#include <tpp/ternary.h>

#include <string.h>

float tpp_ternary_at(const tpp_ternary *t, int64_t rows, int64_t cols, int64_t group,
                     int64_t planes, int64_t i) {
  int64_t row = i / cols, col = i % cols, scales = tppt_scales(rows, cols, group);
  int64_t at = tppt_code_at(rows, row, col), codes = tppt_code_bytes(rows, cols);
  int64_t scale = tppt_scale_at(tppt_blocks(rows, group), row / group, col);
  float sum = 0;
  for (int64_t p = 0; p < planes; p++) {
    int code = t->codes[p * codes + at] >> tppt_code_shift(row) & 3;
    if (code != 1) /* a weight of 0 takes no part, whatever its scale */
      sum += (float)(code - 1) * tppt_scale(t, p, scales, scale, cols, col);
  }
  return sum;
}

/* ---- conversions ---- */

/* Sizes of a plane, and what the fit of a column works on. */
typedef struct plan {
  const tpp_ternary_shape *shape;
  int64_t group, groups, codes, scales, units;
  size_t scale_bytes; /* of one scale */
  double *room;
  int8_t *column;      /* codes [planes][rows] of a column */
  float *column_scale; /* [planes][groups] */
  float *column_unit;  /* [planes] */
  uint8_t *to_codes;
  void *to_scales;
  float *to_units;
} plan;

static int is_shape(const tpp_ternary_shape *s) {
  int method = s->method == TPP_FIT_EXACT ||
               (s->method == TPP_FIT_RMS && s->filter > 0 && s->group % s->filter == 0);
  return method && (s->scales == TPP_F32 || s->scales == TPP_U8) && s->tolerance >= 0;
}

static int measure(plan *q, const tpp_ternary_shape *s) {
  if (s->rows < 0 || s->cols < 0 || s->planes < 1 || s->group < 0)
    return TPP_ERR_SIZE;
  int64_t all, bytes, cols, rows;
  if (__builtin_add_overflow(s->rows, 15, &rows) || __builtin_add_overflow(s->cols, 15, &cols) ||
      __builtin_mul_overflow(rows, cols, &all) || __builtin_mul_overflow(all, s->planes, &bytes) ||
      bytes > INT64_MAX / 64)
    return TPP_ERR_SIZE;
  *q = (plan){.shape = s};
  q->group = s->group == 0 || s->group > s->rows ? s->rows : s->group;
  q->group = q->group ? q->group : 1;
  q->groups = tppt_blocks(s->rows, q->group);
  q->codes = tppt_code_bytes(s->rows, s->cols);
  q->scales = tppt_scales(s->rows, s->cols, q->group);
  q->units = s->scales == TPP_U8 ? tppt_units(s->cols) : 0;
  q->scale_bytes = s->scales == TPP_U8 ? 1 : sizeof(float);
  return TPP_OK;
}

/* Units, scales, and codes are one piece of memory, in falling order of alignment. */
static void *allocate(plan *q) {
  const tpp_ternary_shape *s = q->shape;
  size_t planes = (size_t)s->planes, units = (size_t)q->units * planes * sizeof(float);
  size_t scales = (size_t)q->scales * planes * q->scale_bytes, codes = (size_t)q->codes * planes;
  size_t doubles = (size_t)tppt_fit_room(s->rows, q->group) * sizeof(double);
  size_t floats = planes * ((size_t)q->groups + 1) * sizeof(float);
  uint8_t *result = tpp_scratch_alloc(units + scales + codes + 1);
  uint8_t *room = tpp_scratch_alloc(doubles + floats + planes * (size_t)s->rows + 1);
  if (!result || !room) {
    tpp_scratch_free(result);
    tpp_scratch_free(room);
    return NULL;
  }
  memset(result, 0, units + scales);
  q->to_units = (float *)(void *)result;
  q->to_scales = result + units;
  q->to_codes = result + units + scales;
  memset(q->to_codes, 0x55, codes); /* zeros, in the filling too */
  q->room = (double *)(void *)room;
  q->column_scale = (float *)(void *)(room + doubles);
  q->column_unit = q->column_scale + planes * (size_t)q->groups;
  q->column = (int8_t *)(room + doubles + floats);
  return result;
}

static void store_column(const plan *q, int64_t col) {
  const tpp_ternary_shape *s = q->shape;
  for (int64_t p = 0; p < s->planes; p++) {
    for (int64_t k = 0; k < s->rows; k++) {
      uint8_t *byte = &q->to_codes[p * q->codes + tppt_code_at(s->rows, k, col)];
      *byte = (uint8_t)((*byte & ~(3 << tppt_code_shift(k))) | (q->column[p * s->rows + k] + 1)
                                                                   << tppt_code_shift(k));
    }
    if (q->units)
      q->to_units[p * q->units + col] = q->column_unit[p];
    for (int64_t g = 0; g < q->groups; g++) {
      int64_t at = p * q->scales + tppt_scale_at(q->groups, g, col);
      float scale = q->column_scale[p * q->groups + g];
      if (q->units)
        ((uint8_t *)q->to_scales)[at] = (uint8_t)(scale / q->column_unit[p]);
      else
        ((float *)q->to_scales)[at] = scale;
    }
  }
}

int tpp_ternary_quantize(tpp_ternary *out, const tpp_ternary_shape *shape, const float *dense,
                         int64_t ld) {
  plan q;
  if (!out)
    return TPP_ERR_NULL;
  memset(out, 0, sizeof *out);
  if (!shape || (!dense && shape->rows > 0 && shape->cols > 0))
    return TPP_ERR_NULL;
  int status = is_shape(shape) ? measure(&q, shape) : TPP_ERR_FORMAT;
  if (status || ld < shape->cols)
    return status ? status : TPP_ERR_SIZE;
  if (!allocate(&q))
    return TPP_ERR_NOMEM;
  for (int64_t col = 0; col < shape->cols; col++) {
    for (int64_t k = 0; k < shape->rows; k++) {
      double v = (double)dense[k * ld + col];
      q.room[k] = v - v == 0 ? v : 0; /* infinities and NaN count as 0 */
    }
    tppt_fit_column(shape, q.group, q.room, q.column, q.column_scale, q.column_unit);
    store_column(&q, col);
  }
  tpp_scratch_free(q.room);
  *out = (tpp_ternary){.codes = q.to_codes,
                       .scales = q.to_scales,
                       .planes = shape->planes,
                       .units = q.units ? q.to_units : NULL};
  return TPP_OK;
}

int tpp_ternary_to_dense(const tpp_ternary *t, const tpp_ternary_shape *shape, float *dense,
                         int64_t ld) {
  plan q;
  if (!shape || (!dense && shape->rows > 0 && shape->cols > 0))
    return TPP_ERR_NULL;
  tpp_ternary_shape s = *shape;
  int status = tpp_check_ternary(t, s.planes);
  s.planes = s.planes > 0 ? s.planes : 1;
  status = status ? status : measure(&q, &s);
  if (status || ld < s.cols)
    return status ? status : TPP_ERR_SIZE;
  for (int64_t row = 0; row < s.rows; row++)
    for (int64_t col = 0; col < s.cols; col++)
      dense[row * ld + col] =
          tpp_ternary_at(t, s.rows, s.cols, q.group, shape->planes, row * s.cols + col);
  return TPP_OK;
}

void tpp_ternary_free(tpp_ternary *t) {
  if (!t)
    return;
  union {
    const void *from;
    void *to;
  } first = {t->units ? t->units : t->scales};
  tpp_scratch_free(first.to);
  memset(t, 0, sizeof *t);
}
