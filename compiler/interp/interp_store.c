/* Contents of tensors while the interpreter runs. */
#include "interp/interp_internal.h"
#include "interp/number.h"
#include "support/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *take(size_t n, size_t size) {
  return tppc_zeroed(n + 1, size);
}

static Store *new_store(Interp *in, const TppcTensor *shape) {
  Store *s = take(1, sizeof *s);
  s->type = shape->type;
  s->elem = shape->elem == TPP_TERNARY ? TPP_F32 : shape->elem;
  s->is_int = !tppc_elem_is_float(s->elem);
  s->rank = shape->rank;
  s->ld = shape->ld;
  int64_t stride = 1;
  for (int d = s->rank - 1; d >= 0; d--) {
    s->dim[d] = shape->dim[d];
    s->stride[d] = stride;
    stride *= shape->dim[d];
  }
  s->n = shape->type->storage == TPP_STORE_TERNARY ? shape->count : shape->n_values;
  s->next = in->stores;
  in->stores = s;
  return s;
}

void store_set_padding(Interp *in, Store *s, const TppcType *t, const TppcEnv *env) {
  s->padded = false;
  memset(s->pad, 0, sizeof s->pad);
  for (int d = 0; t->kind == TPPC_T_TENSOR && t->pad && d < s->rank; d++) {
    if (!tppc_env_eval(env, t->pad[d], &s->pad[d]))
      in->status = TPP_ERR_SIZE;
    s->padded = s->padded || s->pad[d] != 0;
  }
}

Store *store_new(Interp *in, const TppcType *type, const TppcEnv *env, const Store *pattern) {
  const char *why;
  TppcTensor *shape = tppc_tensor_new(type, env, &why);
  if (!shape) {
    in->status = TPP_ERR_NOMEM;
    return NULL;
  }
  Store *s = new_store(in, shape);
  store_set_padding(in, s, type, env);
  if (pattern) {
    s->sparse = pattern->sparse;
    s->n = pattern->n;
  }
  if (s->is_int)
    s->i = take((size_t)s->n, sizeof *s->i);
  else
    s->f = take((size_t)s->n, sizeof *s->f);
  tppc_tensor_free(shape);
  return s;
}

/* The planes of an element add up in f32, where each sum may round. */
static void round_planes(const TppcTensor *t, Store *s) {
  const int8_t *codes = t->data;
  for (int64_t i = 0; t->levels > 1 && i < s->n; i++) {
    double sum = 0;
    bool exact = true;
    for (int64_t p = 0; p < t->levels; p++) {
      int64_t group = p * t->groups + i / t->dim[1] / t->group;
      sum += codes[p * t->count + i] * (double)t->scales[group * t->dim[1] + i % t->dim[1]];
      exact = exact && (double)(float)sum == sum;
    }
    if (!exact)
      store_errors(s)[i] = (double)(t->levels - 1) * 0x1p-24 * s->ternary_mag[i];
  }
}

bool store_has_planes(const Store *s) {
  return s->ternary_mag && s->type->planes > 1;
}

Store *store_of_tensor(Interp *in, const TppcTensor *t) {
  Store *s = new_store(in, t);
  s->is_arg = true;
  if (t->ptr)
    s->sparse = t;
  if (s->is_int) {
    s->i = take((size_t)s->n, sizeof *s->i);
    tppc_tensor_read_int(t, 0, s->n, s->i);
  } else if (t->type->storage == TPP_STORE_TERNARY) {
    s->f = take((size_t)s->n, sizeof *s->f);
    s->ternary_mag = take((size_t)s->n, sizeof *s->ternary_mag);
    tppc_ternary_to_dense(t, s->f, s->ternary_mag);
    round_planes(t, s);
  } else {
    s->f = take((size_t)s->n, sizeof *s->f);
    tppc_tensor_read(t, 0, s->n, s->f);
  }
  return s;
}

static void drop_summary(Store *s) {
  free(s->as_double);
  free(s->mag);
  s->as_double = s->mag = NULL;
}

void store_free(Interp *in, Store *s) {
  for (Store **at = &in->stores; *at; at = &(*at)->next)
    if (*at == s) {
      *at = s->next;
      break;
    }
  drop_summary(s);
  free(s->f);
  free(s->i);
  free(s->e);
  free(s->ternary_mag);
  free(s->copies);
  free(s->element_at);
  free(s->shadow);
  free(s);
}

double *store_errors(Store *s) {
  if (!s->e)
    s->e = take((size_t)s->n, sizeof *s->e);
  return s->e;
}

void store_written(Store *s) {
  drop_summary(s);
}

Number number_convert(Number v, bool from_int, int elem) {
  bool to_int = !tppc_elem_is_float(elem);
  Number r = {0};
  if (from_int && to_int) {
    r.i = tppc_saturate(elem, v.i);
    r.e = v.e;
    return r;
  }
  if (to_int) {
    r.i = tppc_round_int(elem, v.f);
    if (v.e > 0) {
      double up = (double)tppc_round_int(elem, v.f + v.e),
             down = (double)tppc_round_int(elem, v.f - v.e);
      r.e = fmax(up - (double)r.i, (double)r.i - down);
      r.e = isfinite(v.e) && isfinite(v.f) ? r.e : (double)INFINITY;
    }
    return r;
  }
  double x = from_int ? (double)v.i : v.f;
  r.f = from_int && elem == TPP_F32 ? (double)(float)v.i : tppc_round_float(elem, x);
  if (v.e > 0) {
    double up = tppc_round_float(elem, x + v.e), down = tppc_round_float(elem, x - v.e);
    r.e = up == r.f && down == r.f ? 0 : fmax(up - r.f, r.f - down);
    if (!isfinite(v.e) || isnan(r.e))
      r.e = (double)INFINITY;
  }
  return r;
}

static void convert_values(Store *s, int elem, bool to_int) {
  double *f = to_int ? NULL : s->is_int ? take((size_t)s->n, sizeof *f) : s->f;
  int64_t *i = !to_int ? NULL : s->is_int ? s->i : take((size_t)s->n, sizeof *i);
  for (int64_t k = 0; k < s->n; k++) {
    Number v = {.e = s->e ? s->e[k] : 0};
    if (s->is_int)
      v.i = s->i[k];
    else
      v.f = s->f[k];
    Number r = number_convert(v, s->is_int, elem);
    if (to_int)
      i[k] = r.i;
    else
      f[k] = r.f;
    if (s->e)
      s->e[k] = r.e;
  }
  if (s->is_int != to_int) {
    free(s->f);
    free(s->i);
  }
  s->f = f;
  s->i = i;
}

void store_convert(Store *s, int elem) {
  if (elem == s->elem)
    return;
  bool to_int = !tppc_elem_is_float(elem);
  convert_values(s, elem, to_int);
  s->elem = elem;
  s->is_int = to_int;
  store_written(s);
}

void store_summarise(Store *s) {
  if (s->mag)
    return;
  s->mag = take((size_t)s->n, sizeof *s->mag);
  if (s->is_int)
    s->as_double = take((size_t)s->n, sizeof *s->as_double);
  s->low_bit = TPPC_LOW_BIT_OF_ZERO;
  s->most = 0;
  s->has_error = false;
  for (int64_t k = 0; k < s->n; k++) {
    double v = s->is_int ? (double)s->i[k] : s->f[k];
    if (s->is_int)
      s->as_double[k] = v;
    int low = tppc_low_bit(v);
    s->low_bit = low < s->low_bit ? low : s->low_bit;
    s->mag[k] = s->ternary_mag ? s->ternary_mag[k] : fabs(v);
    s->most = fmax(s->most, s->mag[k]);
    s->has_error = s->has_error || (s->e && s->e[k] > 0);
  }
}

void store_to_tensor(const Store *s, TppcTensor *t, double *bound) {
  for (int64_t k = 0; k < s->n; k++) {
    if (s->is_int)
      tppc_tensor_set_int(t, k, s->i[k]);
    else
      tppc_tensor_set(t, k, s->f[k]);
    if (bound)
      bound[k] = s->e ? s->e[k] : 0;
  }
}
