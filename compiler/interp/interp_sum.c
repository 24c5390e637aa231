/* Sums and other reductions with bounds.
 *
 * A compiled kernel adds the same terms in an order of its own, in the accumulator's type, perhaps
 * as fused multiply-adds. With n terms t_i and unit roundoff u, each of at most n additions and one
 * rounding of the product is off by at most u times a partial sum, and no partial sum exceeds the
 * sum of |t_i|; so
 *
 *   |computed - exact| <= (n + 1) u sum |t_i|  +  what the terms themselves may be off by
 *
 * (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2, to first order: n u is
 * below 1/64 up to 2^18 terms, and the next 1/32 covers the rest). When all terms are integer
 * multiples of one power of two and sum |t_i| stays below 2^24 of it, every partial sum is
 * representable, and the sum is exact in any order.
 */
#include "interp/interp_internal.h"
#include "interp/number.h"
#include "support/memory.h"

#include "tpp/opsdef.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_exact(int elem, const Sum *s) {
  int digits = elem == TPP_F64 ? 53 : 24, least = elem == TPP_F64 ? -1000 : -126;
  if (s->error != 0 || s->low_bit < least || s->mag > tppc_float_most(elem))
    return false;
  return s->low_bit == TPPC_LOW_BIT_OF_ZERO || s->mag < ldexp(1, s->low_bit + digits);
}

Number sum_finish(int elem, const Sum *s) {
  Number r = {.f = tppc_round_float(elem, s->value)};
  if (is_exact(elem, s))
    return r;
  if (!isfinite(s->mag)) {
    r.e = s->error == 0 ? 0 : (double)INFINITY;
    return r;
  }
  double n = (double)s->terms + 1, u = tppc_unit_roundoff(elem), mag = s->mag + s->error;
  /* The reference's own additions round too, which only counts where it is no wider than the
   * accumulator. */
  double slack = elem == TPP_F64 ? 2 : 1 + 1.0 / 32;
  double bound = n * u * slack * mag + s->error + n * ldexp(1, elem == TPP_F64 ? -1022 : -126);
  bool overflows = mag * (1 + n * u) > tppc_float_most(elem);
  r.e = overflows || !isfinite(bound) ? (double)INFINITY : bound + fabs(r.f - s->value);
  return r;
}

/* ---- reductions of statements ---- */

static int significant_bits(double v) {
  int e;
  frexp(v, &e);
  return v == 0 || !isfinite(v) ? 0 : e - tppc_low_bit(v);
}

static double identity(TppcUpdate update) {
  switch (update) {
  case TPPC_MUL:
    return 1;
  case TPPC_MAX:
    return -(double)INFINITY;
  case TPPC_MIN:
    return (double)INFINITY;
  case TPPC_SET:
  case TPPC_ADD:
    break;
  }
  return 0;
}

static int64_t int_identity(const Reduction *r) {
  int elem = tppc_elem_compute(r->s->elem);
  switch (r->update) {
  case TPPC_MUL:
    return 1;
  case TPPC_MAX:
    return tppc_int_least(elem);
  case TPPC_MIN:
    return tppc_int_most(elem);
  case TPPC_SET:
  case TPPC_ADD:
    break;
  }
  return 0;
}

/* Any order may multiply the large factors first, or the small ones. */
static void factor(Sum *s, double v) {
  if (!isfinite(v) || v == 0)
    return;
  s->mag *= fmax(fabs(v), 1);
  s->small *= fmin(fabs(v), 1);
}

static void start(Reduction *r, int64_t k) {
  if (r->touched[k])
    return;
  r->touched[k] = true;
  Sum *s = &r->sums[k];
  *s = (Sum){.low_bit = TPPC_LOW_BIT_OF_ZERO, .small = 1};
  int64_t at = r->least + k;
  if (r->s->is_int) {
    r->ints[k] = r->init ? int_identity(r) : r->s->i[at];
    s->error = !r->init && r->s->e ? r->s->e[at] : 0;
    return;
  }
  s->value = r->init ? identity(r->update) : r->s->f[at];
  s->error = !r->init && r->s->e ? r->s->e[at] : 0;
  s->mag = fabs(s->value);
  s->terms = !r->init;
  s->low_bit = tppc_low_bit(s->value);
  if (r->update == TPPC_MUL) {
    s->low_bit = significant_bits(s->value);
    s->mag = 1;
    factor(s, s->value);
  }
}

/* Visits the elements that the index reaches, so that those without a term get the identity. */
static void touch_all(Interp *in, Reduction *r, const Access *a, const Letters *l,
                      const TppcEnv *env) {
  Chunk c = {.n = 1, .inner = -1, .row = -1, .col = -1};
  bool varies[MAX_LETTERS];
  for (int i = 0; i < l->n; i++) {
    varies[i] = false;
    for (int d = 0; d < a->rank; d++)
      varies[i] = varies[i] || !a->idx[d].ok || a->idx[d].coef[i] != 0;
    c.at[i] = l->lo[i];
    if (varies[i] && l->lo[i] >= l->hi[i])
      return;
  }
  for (;;) {
    int64_t off;
    access_offsets(in, a, &c, l, env, &off);
    if (off >= 0)
      start(r, off - r->least);
    int i = l->n - 1;
    for (; i >= 0; i--) {
      if (!varies[i])
        continue;
      if (++c.at[i] < l->hi[i])
        break;
      c.at[i] = l->lo[i];
    }
    if (i < 0)
      return;
  }
}

void reduction_begin(Interp *in, Reduction *r, const Access *a, const Letters *l,
                     const TppcEnv *env, TppcUpdate update, bool init) {
  int64_t most;
  *r = (Reduction){.s = a->s, .update = update, .init = init, .in = in};
  access_extremes(a, l, &r->least, &most);
  r->n = most - r->least;
  r->touched = tppc_zeroed((size_t)r->n + 1, sizeof *r->touched);
  r->sums = tppc_zeroed((size_t)r->n + 1, sizeof *r->sums);
  r->ints = tppc_zeroed((size_t)(a->s->is_int ? r->n : 0) + 1, sizeof *r->ints);
  if (init && a->s->sparse) {
    for (int64_t k = 0; k < r->n; k++)
      start(r, k);
  } else if (init) {
    touch_all(in, r, a, l, env);
  }
}

static void combine_int(Reduction *r, int64_t k, int64_t v) {
  uint64_t a = (uint64_t)r->ints[k];
  switch (r->update) {
  case TPPC_SET:
    break;
  case TPPC_ADD:
    r->ints[k] = tppc_wrap_int(r->s->elem, (int64_t)(a + (uint64_t)v));
    break;
  case TPPC_MUL:
    r->ints[k] = tppc_wrap_int(r->s->elem, (int64_t)(a * (uint64_t)v));
    break;
  case TPPC_MAX:
    r->ints[k] = tppd_max_i(r->ints[k], v);
    break;
  case TPPC_MIN:
    r->ints[k] = tppd_min_i(r->ints[k], v);
    break;
  }
}

static void combine(Reduction *r, Sum *s, double v, double e) {
  int low;
  switch (r->update) {
  case TPPC_SET:
    break;
  case TPPC_ADD:
    s->value += v;
    s->mag += fabs(v);
    s->error += e;
    low = tppc_low_bit(v);
    s->low_bit = low < s->low_bit ? low : s->low_bit;
    break;
  case TPPC_MUL:
    if (s->error != 0 || e != 0)
      s->error = s->error * (fabs(v) + e) + fabs(s->value) * e;
    s->value *= v;
    factor(s, v);
    s->low_bit += significant_bits(v);
    break;
  case TPPC_MAX:
    s->value = tppd_max_f(s->value, v);
    s->error = fmax(s->error, e);
    break;
  case TPPC_MIN:
    s->value = tppd_min_f(s->value, v);
    s->error = fmax(s->error, e);
    break;
  }
  s->terms++;
}

void reduction_add(Reduction *r, const int64_t *off, const Slot *v, int n) {
  for (int j = 0; j < n; j++) {
    if (off[j] < 0)
      continue;
    int64_t k = off[j] - r->least;
    start(r, k);
    Number x = {.e = v->inexact ? v->e[j] : 0};
    if (v->x && r->update == TPPC_ADD)
      x.e += v->x[j];
    if (v->is_int)
      x.i = v->i[j];
    else
      x.f = v->f[j];
    if (v->is_int != r->s->is_int)
      x = number_convert(x, v->is_int, tppc_elem_compute(r->s->elem));
    if (r->s->is_int) {
      combine_int(r, k, x.i);
      r->sums[k].error += x.e;
    } else {
      combine(r, &r->sums[k], x.f, x.e);
    }
  }
}

/* A product of n factors: relative rounding n u, unless the bits of all factors fit together. Where
 * a part of it may overflow or vanish before a zero or a factor of the other kind comes, any value
 * is right. */
static Number product_finish(int elem, const Sum *s) {
  Number r = {.f = tppc_round_float(elem, s->value)};
  bool parts_fit =
      s->mag <= tppc_float_most(elem) / 2 && s->small >= ldexp(1, elem == TPP_F64 ? -1022 : -126);
  if (s->terms > 1 && !parts_fit) {
    r.e = (double)INFINITY;
    return r;
  }
  if (s->error == 0 && s->low_bit <= (elem == TPP_F64 ? 53 : 24) && r.f == s->value)
    return r;
  if (!isfinite(s->value)) {
    r.e = s->error == 0 ? 0 : (double)INFINITY;
    return r;
  }
  double n = (double)s->terms + 1, u = tppc_unit_roundoff(elem);
  r.e = 2 * n * u * (fabs(s->value) + s->error) + s->error +
        n * ldexp(1, elem == TPP_F64 ? -1022 : -126);
  return r;
}

static Number finish(const Reduction *r, const Sum *s) {
  if (r->update == TPPC_ADD)
    return sum_finish(r->s->elem, s);
  if (r->update == TPPC_MUL)
    return product_finish(r->s->elem, s);
  Number v = {.f = s->value, .e = s->error};
  return number_convert(v, false, r->s->elem);
}

void reduction_end(Reduction *r) {
  for (int64_t k = 0; k < r->n; k++) {
    if (!r->touched[k])
      continue;
    int64_t at = r->least + k;
    double e = r->sums[k].error;
    if (r->s->is_int) {
      r->s->i[at] = tppc_saturate(r->s->elem, r->ints[k]);
    } else {
      Number v = finish(r, &r->sums[k]);
      r->s->f[at] = v.f;
      e = v.e;
      /* The greatest of no terms is -inf. */
      if (r->op && !r->spoiled && (r->update == TPPC_ADD || r->update == TPPC_MUL))
        trace_result(r->in, r->s, at, r->op, &r->op->uses[1]);
    }
    if (e != 0 || r->s->e)
      store_errors(r->s)[at] = e;
  }
  store_written(r->s);
  free(r->touched);
  free(r->sums);
  free(r->ints);
}
