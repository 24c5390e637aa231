/* Storage of host tensors and access to single values. */
#include "interp/tensor.h"

#include "interp/number.h"

#include <stdlib.h>
#include <string.h>

static size_t value_bytes(int elem) {
  switch (elem) {
  case TPP_F64:
  case TPP_I64:
    return 8;
  case TPP_F32:
  case TPP_I32:
    return 4;
  case TPP_F16:
  case TPP_BF16:
  case TPP_U16:
    return 2;
  default:
    return 1;
  }
}

static int64_t ceil_div(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

static const char *set_shape(TppcTensor *t, const TppcEnv *env) {
  const TppcType *type = t->type;
  t->elem = type->elem;
  t->rank = type->kind == TPPC_T_TENSOR ? type->rank : 0;
  t->count = 1;
  if (t->rank > TPPC_MAX_RANK)
    return "it has too many dimensions";
  bool too_large = false, empty = false;
  for (int d = 0; d < t->rank; d++) {
    if (!tppc_env_eval(env, type->dims[d], &t->dim[d]) || t->dim[d] < 0)
      return "its shape is not known";
    empty = empty || t->dim[d] == 0;
    too_large = too_large || __builtin_mul_overflow(t->count, t->dim[d] ? t->dim[d] : 1, &t->count);
  }
  if (empty)
    t->count = 0;
  else if (too_large || t->count > INT64_MAX / 64)
    return "it exceeds the address space";
  if (type->kind == TPPC_T_TENSOR && type->ld && !tppc_env_eval(env, type->ld, &t->ld))
    return "its leading dimension is not known";
  return NULL;
}

static const char *set_ternary(TppcTensor *t, const TppcEnv *env) {
  const TppcType *type = t->type;
  if (t->rank != 2)
    return "a ternary tensor has two dimensions";
  t->group = type->group > 0 ? type->group : t->dim[0] > 0 ? t->dim[0] : 1;
  t->groups = ceil_div(t->dim[0], t->group);
  t->planes = t->levels = type->planes > 0 ? type->planes : 1;
  if (type->levels && !tppc_env_eval(env, type->levels, &t->levels))
    return "the number of its planes is not known";
  if (t->levels < 0 || t->levels > t->planes)
    return "it does not have so many planes";
  t->n_values = t->planes * t->count;
  t->scales = calloc((size_t)(t->planes * t->groups * t->dim[1]) + 1, sizeof *t->scales);
  return t->scales ? NULL : "memory is out";
}

TppcTensor *tppc_tensor_new(const TppcType *type, const TppcEnv *env, const char **why) {
  TppcTensor *t = calloc(1, sizeof *t);
  *why = "memory is out";
  if (!t)
    return NULL;
  t->type = type;
  *why = set_shape(t, env);
  if (!*why && type->storage == TPP_STORE_TERNARY) {
    *why = set_ternary(t, env);
  } else if (!*why && type->kind == TPPC_T_TENSOR && type->storage != TPP_STORE_DENSE) {
    if (t->rank != 2)
      *why = "a sparse tensor has two dimensions";
    else if (!tppc_tensor_reserve(t, 0))
      *why = "memory is out";
  } else if (!*why) {
    t->n_values = t->count;
  }
  if (!*why && !t->data && !(t->data = calloc((size_t)t->n_values + 1, value_bytes(t->elem))))
    *why = "memory is out";
  if (!*why)
    return t;
  tppc_tensor_free(t);
  return NULL;
}

void tppc_tensor_free(TppcTensor *t) {
  if (!t)
    return;
  free(t->data);
  free(t->ptr);
  free(t->idx);
  free(t->scales);
  free(t->units);
  free(t);
}

bool tppc_tensor_reserve(TppcTensor *t, int64_t nnz) {
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t major = b.by_columns ? b.blocks_c : b.blocks_r, n;
  if (__builtin_mul_overflow(nnz, b.side_r * b.side_c, &n) || n > INT64_MAX / 64)
    return false;
  void *data = calloc((size_t)n + 1, value_bytes(t->elem));
  int64_t *ptr = calloc((size_t)major + 1, sizeof *ptr);
  int32_t *idx = calloc((size_t)nnz + 1, sizeof *idx);
  if (!data || !ptr || !idx) {
    free(data);
    free(ptr);
    free(idx);
    return false;
  }
  free(t->data);
  free(t->ptr);
  free(t->idx);
  t->data = data;
  t->ptr = ptr;
  t->idx = idx;
  t->nnz = nnz;
  t->n_values = n;
  return true;
}

bool tppc_tensor_copy(TppcTensor *to, const TppcTensor *from) {
  if (from->ptr) {
    TppcBlocking b = tppc_tensor_blocking(from);
    if (!tppc_tensor_reserve(to, from->nnz))
      return false;
    int64_t major = b.by_columns ? b.blocks_c : b.blocks_r;
    memcpy(to->ptr, from->ptr, (size_t)(major + 1) * sizeof *to->ptr);
    memcpy(to->idx, from->idx, (size_t)from->nnz * sizeof *to->idx);
  }
  if (from->scales)
    memcpy(to->scales, from->scales,
           (size_t)(from->planes * from->groups * from->dim[1]) * sizeof *to->scales);
  if (from->units) {
    if (!tppc_ternary_use_bytes(to))
      return false;
    memcpy(to->units, from->units, (size_t)(from->planes * from->dim[1]) * sizeof *to->units);
  }
  memcpy(to->data, from->data, (size_t)from->n_values * value_bytes(from->elem));
  return true;
}

static bool is_float(int elem) {
  return elem == TPP_F64 || elem == TPP_F32 || elem == TPP_F16 || elem == TPP_BF16;
}

static double float_at(const TppcTensor *t, int64_t i) {
  switch (t->elem) {
  case TPP_F64:
    return ((const double *)t->data)[i];
  case TPP_F32:
    return (double)((const float *)t->data)[i];
  case TPP_F16:
    return tppc_f16_value(((const uint16_t *)t->data)[i]);
  default:
    return tppc_bf16_value(((const uint16_t *)t->data)[i]);
  }
}

static int64_t int_at(const TppcTensor *t, int64_t i) {
  switch (t->elem) {
  case TPP_I64:
    return ((const int64_t *)t->data)[i];
  case TPP_I32:
    return ((const int32_t *)t->data)[i];
  case TPP_U16:
    return ((const uint16_t *)t->data)[i];
  case TPP_U8:
    return ((const uint8_t *)t->data)[i];
  default:
    return ((const int8_t *)t->data)[i];
  }
}

double tppc_tensor_get(const TppcTensor *t, int64_t i) {
  return is_float(t->elem) ? float_at(t, i) : (double)int_at(t, i);
}

int64_t tppc_tensor_get_int(const TppcTensor *t, int64_t i) {
  return is_float(t->elem) ? tppc_round_int(TPP_I64, float_at(t, i)) : int_at(t, i);
}

static void put_float(TppcTensor *t, int64_t i, double v) {
  v = tppc_round_float(t->elem, v);
  switch (t->elem) {
  case TPP_F64:
    ((double *)t->data)[i] = v;
    break;
  case TPP_F32:
    ((float *)t->data)[i] = (float)v;
    break;
  case TPP_F16:
    ((uint16_t *)t->data)[i] = tppc_f16_bits(v);
    break;
  default:
    ((uint16_t *)t->data)[i] = tppc_bf16_bits(v);
    break;
  }
}

static void put_int(TppcTensor *t, int64_t i, int64_t v) {
  switch (t->elem) {
  case TPP_I64:
    ((int64_t *)t->data)[i] = v;
    break;
  case TPP_I32:
    ((int32_t *)t->data)[i] = (int32_t)v;
    break;
  case TPP_U16:
    ((uint16_t *)t->data)[i] = (uint16_t)v;
    break;
  case TPP_U8:
    ((uint8_t *)t->data)[i] = (uint8_t)v;
    break;
  default:
    ((int8_t *)t->data)[i] = (int8_t)v;
    break;
  }
}

void tppc_tensor_set(TppcTensor *t, int64_t i, double v) {
  if (is_float(t->elem))
    put_float(t, i, v);
  else if (t->elem == TPP_TERNARY)
    put_int(t, i, v > 0 ? 1 : v < 0 ? -1 : 0);
  else
    put_int(t, i, tppc_round_int(t->elem, v));
}

void tppc_tensor_set_int(TppcTensor *t, int64_t i, int64_t v) {
  if (is_float(t->elem))
    put_float(t, i, (double)v);
  else if (t->elem == TPP_TERNARY)
    put_int(t, i, v > 0 ? 1 : v < 0 ? -1 : 0);
  else
    put_int(t, i, tppc_saturate(t->elem, v));
}

void tppc_tensor_read(const TppcTensor *t, int64_t first, int64_t n, double *out) {
  if (t->elem == TPP_F32) {
    const float *p = (const float *)t->data + first;
    for (int64_t i = 0; i < n; i++)
      out[i] = (double)p[i];
    return;
  }
  for (int64_t i = 0; i < n; i++)
    out[i] = tppc_tensor_get(t, first + i);
}

void tppc_tensor_read_int(const TppcTensor *t, int64_t first, int64_t n, int64_t *out) {
  for (int64_t i = 0; i < n; i++)
    out[i] = tppc_tensor_get_int(t, first + i);
}
