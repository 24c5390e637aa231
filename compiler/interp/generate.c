/* Contents from a seed: SplitMix64 by counter, so that element i is the same on every machine. */
#include "interp/tensor.h"
#include "interp/number.h"

#include "tpp/opsdef.h"

#include <stdlib.h>

typedef struct Source {
  TppcGenerator kind;
  int64_t seed;
  double value;
  int64_t least, most; /* of integers */
  double share;        /* of stored blocks, 0 for the usual one */
  bool scalar;
} Source;

/* FNV-1a of the name, mixed into the seed. */
static int64_t seed_of(uint64_t seed, const char *stream) {
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  for (; *stream; stream++)
    h = (h ^ (unsigned char)*stream) * UINT64_C(0x100000001b3);
  return (int64_t)tppd_mix64(h + seed * TPPD_GOLDEN_64);
}

static double unit(const Source *s, int64_t i) {
  uint64_t z = tppd_mix64((uint64_t)s->seed + TPPD_GOLDEN_64);
  z = tppd_mix64(z + (uint64_t)i * TPPD_GOLDEN_64);
  return (double)(z >> 40) * 0x1p-24;
}

static int64_t int_between(const Source *s, int64_t i) {
  double span = (double)(s->most - s->least) + 1;
  int64_t v = s->least + (int64_t)floor(unit(s, i) * span);
  return v > s->most ? s->most : v;
}

/* 2^-2 .. 2^2. */
static double power_of_two(const Source *s, int64_t i) {
  return ldexp(1, (int)floor(unit(s, i) * 5) - 2);
}

static double float_value(const Source *s, int64_t i) {
  switch (s->kind) {
  case TPPC_GEN_RAND:
    return s->scalar ? 1 - unit(s, i) : 2 * unit(s, i) - 1;
  case TPPC_GEN_INT:
    return s->scalar ? power_of_two(s, i) : floor(unit(s, i) * 9) - 4;
  case TPPC_GEN_CONST:
    break;
  }
  return s->value;
}

static int64_t int_value(const Source *s, int64_t i) {
  if (s->kind == TPPC_GEN_INT && s->scalar)
    return INT64_C(1) << (int)floor(unit(s, i) * 3);
  return int_between(s, i);
}

/* What the element and a declared range have of s->least..s->most. */
static void keep_within(Source *s, const TppcTensor *t) {
  int64_t least = tppc_int_least(t->elem), most = tppc_int_most(t->elem);
  if (t->type->has_range && t->type->range_lo <= t->type->range_hi) {
    least = t->type->range_lo > least ? t->type->range_lo : least;
    most = t->type->range_hi < most ? t->type->range_hi : most;
  }
  s->least = s->least < least ? least : s->least > most ? most : s->least;
  s->most = s->most > most ? most : s->most < least ? least : s->most;
}

static void set_bounds(Source *s, const TppcTensor *t) {
  int64_t wide = s->kind == TPPC_GEN_INT ? 4 : 100;
  s->least = s->scalar ? 1 : -wide;
  s->most = wide;
  keep_within(s, t);
}

static void fill(TppcTensor *t, const Source *s) {
  bool flt = tppc_elem_is_float(t->elem);
  for (int64_t i = 0; i < t->n_values; i++) {
    if (flt || s->kind == TPPC_GEN_CONST)
      tppc_tensor_set(t, i, float_value(s, i));
    else
      tppc_tensor_set_int(t, i, int_value(s, i));
  }
}

static void fill_ternary(TppcTensor *t, const Source *s) {
  if (s->kind == TPPC_GEN_CONST) {
    double *values = calloc((size_t)t->count + 1, sizeof *values);
    for (int64_t i = 0; values && i < t->count; i++)
      values[i] = s->value;
    if (values)
      tppc_ternary_from_dense(t, values);
    free(values);
    return;
  }
  for (int64_t i = 0; i < t->n_values; i++)
    tppc_tensor_set_int(t, i, (int64_t)floor(unit(s, i) * 3) - 1);
  int64_t n = t->groups * t->dim[1];
  for (int64_t i = 0; i < t->planes * n; i++) {
    double scale =
        s->kind == TPPC_GEN_INT ? power_of_two(s, t->n_values + i) : 1 - unit(s, t->n_values + i);
    t->scales[i] = (float)ldexp(scale, -(int)(i / n));
  }
  tppc_ternary_round_scales(t);
}

/* Unless asked for: a quarter of the blocks, a tenth of single entries; all of them for const. */
static bool is_stored(const Source *s, const TppcBlocking *b, int64_t number) {
  double share = s->share > 0 ? s->share : b->side_r * b->side_c > 1 ? 0.25 : 0.1;
  return (s->kind == TPPC_GEN_CONST && s->share <= 0) || unit(s, -1 - number) < share;
}

static bool fill_pattern(TppcTensor *t, const Source *s) {
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t majors = b.by_columns ? b.blocks_c : b.blocks_r;
  int64_t minors = b.by_columns ? b.blocks_r : b.blocks_c, n = 0;
  for (int64_t i = 0; i < majors * minors; i++)
    n += is_stored(s, &b, i);
  if (!tppc_tensor_reserve(t, n))
    return false;
  n = 0;
  for (int64_t i = 0; i < majors; i++) {
    for (int64_t j = 0; j < minors; j++)
      if (is_stored(s, &b, i * minors + j))
        t->idx[n++] = (int32_t)j;
    t->ptr[i + 1] = n;
  }
  return true;
}

/* Elements of edge blocks outside the matrix are zero. */
static void clear_filling(TppcTensor *t) {
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t majors = b.by_columns ? b.blocks_c : b.blocks_r;
  for (int64_t i = 0; i < majors; i++)
    for (int64_t e = t->ptr[i]; e < t->ptr[i + 1]; e++) {
      int64_t row, col;
      tppc_sparse_entry(t, i, e, &row, &col);
      for (int64_t k = 0; k < b.side_r * b.side_c; k++)
        if (row + k / b.side_c >= t->dim[0] || col + k % b.side_c >= t->dim[1])
          tppc_tensor_set_int(t, e * b.side_r * b.side_c + k, 0);
    }
}

bool tppc_tensor_generate(TppcTensor *t, TppcGenerator kind, uint64_t seed, const char *stream,
                          double value, double share) {
  Source s = {.kind = kind,
              .seed = seed_of(seed, stream),
              .value = value,
              .share = share,
              .scalar = t->type->kind == TPPC_T_SCALAR};
  set_bounds(&s, t);
  if (t->type->storage == TPP_STORE_TERNARY) {
    fill_ternary(t, &s);
    return true;
  }
  /* The pattern depends on seed and shape only, so that tensors of one seed share it. */
  Source pattern = s;
  pattern.seed = seed_of(seed, "pattern");
  if (t->ptr && !fill_pattern(t, &pattern))
    return false;
  fill(t, &s);
  if (t->ptr)
    clear_filling(t);
  return true;
}

void tppc_tensor_generate_between(TppcTensor *t, uint64_t seed, const char *stream, int64_t least,
                                  int64_t most) {
  Source s = {.kind = TPPC_GEN_RAND, .seed = seed_of(seed, stream)};
  int64_t far = INT64_C(1) << 52; /* differences are exact in double */
  s.least = least < -far ? -far : least > far ? far : least;
  s.most = most < s.least ? s.least : most > far ? far : most;
  keep_within(&s, t);
  fill(t, &s);
}
