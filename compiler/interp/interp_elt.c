/* Elementwise ops on chunks, with bounds.
 *
 * The value is the definition of ops.def, evaluated in double and rounded once. Where operands have
 * bounds, the definition is evaluated at the ends of their intervals too: what a compiled kernel
 * computes lies between the least and the largest of those results. That is right for functions
 * that are monotone over the interval in each operand, and for the others after widening: a smooth
 * function exceeds its ends by less than the second difference, the bit-manipulating K-functions
 * are sampled, and jumps are seen because their two sides are evaluated. Rounding is monotone, so
 * the ends are rounded like the value; often both round to it and the bound vanishes. Ops that are
 * not EXACT add their ulps.
 *
 * A compiler may contract a * b + c, so a product remembers how far rounding moved it, and an
 * addition takes that as a bound of its operand.
 */
#include "interp/interp_internal.h"
#include "interp/number.h"

#include "tpp/opsdef.h"

#include <math.h>
#include <string.h>

typedef void (*FloatFn)(const double *x, const double *y, const double *z, double *r, int n);
typedef void (*IntFn)(const int64_t *x, const int64_t *y, const int64_t *z, int64_t *r, int n);

#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def)                                 \
  static void float_##id(const double *xs, const double *ys, const double *zs, double *r, int n) { \
    for (int j = 0; j < n; j++) {                                                                  \
      double x = xs[j], y = ys[j], z = zs[j];                                                      \
      (void)x, (void)y, (void)z;                                                                   \
      r[j] = (double)(def);                                                                        \
    }                                                                                              \
  }                                                                                                \
  static void int_##id(const int64_t *xs, const int64_t *ys, const int64_t *zs, int64_t *r,        \
                       int n) {                                                                    \
    for (int j = 0; j < n; j++) {                                                                  \
      int64_t x = xs[j], y = ys[j], z = zs[j];                                                     \
      (void)x, (void)y, (void)z;                                                                   \
      r[j] = (int64_t)(def);                                                                       \
    }                                                                                              \
  }
#define CONTRACT(num, id, mnemonic, def)
#define REDUCE(num, id, mnemonic, update, identity, def)
#include "tpp/ops.def"
#undef ELTWISE

static FloatFn float_fn(TppcElt elt) {
  switch (elt) {
#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def)                                 \
  case TPPC_ELT_##id:                                                                              \
    return float_##id;
#include "tpp/ops.def"
#undef ELTWISE
  case TPPC_ELT_NONE:
  case TPPC_ELT_END:
    break;
  }
  return NULL;
}

static IntFn int_fn(TppcElt elt) {
  switch (elt) {
#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def)                                 \
  case TPPC_ELT_##id:                                                                              \
    return int_##id;
#include "tpp/ops.def"
#undef ELTWISE
  case TPPC_ELT_NONE:
  case TPPC_ELT_END:
    break;
  }
  return NULL;
}
#undef CONTRACT
#undef REDUCE

static const double zeros[CHUNK];
static const int64_t int_zeros[CHUNK];

/* ---- integers ---- */

/* The ops whose definitions may overflow int64_t are done modulo 2^64. */
static bool wrapping(TppcElt elt, const int64_t *x, const int64_t *y, const int64_t *z, int64_t *r,
                     int n) {
  for (int j = 0; j < n; j++) {
    uint64_t a = (uint64_t)x[j], b = (uint64_t)y[j], c = (uint64_t)z[j];
    switch (elt) {
    case TPPC_ELT_ADD:
      r[j] = (int64_t)(a + b);
      break;
    case TPPC_ELT_SUB:
      r[j] = (int64_t)(a - b);
      break;
    case TPPC_ELT_MUL:
      r[j] = (int64_t)(a * b);
      break;
    case TPPC_ELT_FMA:
      r[j] = (int64_t)(a * b + c);
      break;
    case TPPC_ELT_NEG:
      r[j] = (int64_t)(0 - a);
      break;
    case TPPC_ELT_ABS:
      r[j] = x[j] < 0 ? (int64_t)(0 - a) : x[j];
      break;
    default:
      return false;
    }
  }
  return true;
}

static void run_int(TppcElt elt, const int64_t *const v[3], int64_t *r, int n) {
  if (!wrapping(elt, v[0], v[1], v[2], r, n))
    int_fn(elt)(v[0], v[1], v[2], r, n);
}

static int64_t clamp_int(double v) {
  return v >= 0x1p62 ? INT64_C(1) << 62 : v <= -0x1p62 ? -(INT64_C(1) << 62) : (int64_t)v;
}

/* Results at the corners of the operands' intervals. */
static void int_errors(TppcElt elt, const Slot *const in[3], Slot *out, int n) {
  int64_t at[3][CHUNK], r[CHUNK];
  memset(out->e, 0, (size_t)n * sizeof *out->e);
  for (int corner = 0; corner < 8; corner++) {
    const int64_t *v[3];
    for (int k = 0; k < 3; k++) {
      v[k] = int_zeros;
      for (int j = 0; in[k] && j < n; j++)
        at[k][j] =
            in[k]->inexact
                ? clamp_int((double)in[k]->i[j] + (corner >> k & 1 ? in[k]->e[j] : -in[k]->e[j]))
                : in[k]->i[j];
      if (in[k])
        v[k] = at[k];
    }
    run_int(elt, v, r, n);
    for (int j = 0; j < n; j++)
      out->e[j] = fmax(out->e[j], fabs((double)tppc_wrap_int(out->elem, r[j]) - (double)out->i[j]));
  }
}

static void run_ints(TppcElt elt, const Slot *const in[3], Slot *out, int n) {
  const int64_t *v[3];
  for (int k = 0; k < 3; k++) {
    v[k] = in[k] ? in[k]->i : int_zeros;
    out->inexact = out->inexact || (in[k] && in[k]->inexact);
  }
  run_int(elt, v, out->i, n);
  for (int j = 0; j < n; j++)
    out->i[j] = tppc_wrap_int(out->elem, out->i[j]);
  if (out->inexact)
    int_errors(elt, in, out, n);
}

/* ---- comparisons and selection ---- */

static void run_compare(TppcElt elt, const Slot *const in[3], Slot *out, int n) {
  const Slot *x = in[0], *y = in[1];
  if (x->is_int) {
    int_fn(elt)(x->i, y->i, int_zeros, out->i, n);
  } else {
    double r[CHUNK];
    float_fn(elt)(x->f, y->f, zeros, r, n);
    for (int j = 0; j < n; j++)
      out->i[j] = r[j] != 0;
  }
  out->inexact = x->inexact || y->inexact;
  for (int j = 0; out->inexact && j < n; j++) {
    double e = (x->inexact ? x->e[j] : 0) + (y->inexact ? y->e[j] : 0);
    double gap = x->is_int ? fabs((double)x->i[j] - (double)y->i[j]) : fabs(x->f[j] - y->f[j]);
    /* Equal infinities have no gap; they are exact unless their bound is infinite. */
    bool apart = isnan(gap) ? isfinite(e) : gap > e;
    out->e[j] = e > 0 && !apart ? 1 : 0;
  }
}

static void run_select(const Slot *const in[3], Slot *out, int n) {
  const Slot *c = in[0];
  out->inexact = c->inexact || in[1]->inexact || in[2]->inexact;
  for (int j = 0; j < n; j++) {
    const Slot *s = c->i[j] ? in[1] : in[2], *t = c->i[j] ? in[2] : in[1];
    if (out->is_int)
      out->i[j] = s->i[j];
    else
      out->f[j] = s->f[j];
    if (!out->inexact)
      continue;
    out->e[j] = s->inexact ? s->e[j] : 0;
    if (!c->inexact || c->e[j] == 0)
      continue;
    double apart = out->is_int          ? fabs((double)s->i[j] - (double)t->i[j])
                   : s->f[j] == t->f[j] ? 0
                                        : fabs(s->f[j] - t->f[j]);
    double e = apart + (t->inexact ? t->e[j] : 0);
    out->e[j] = isnan(e) ? (double)INFINITY : fmax(out->e[j], e);
  }
}

/* ---- floats ---- */

typedef struct Ends {
  double lo[CHUNK], hi[CHUNK];
} Ends;

static void widen_to(Ends *ends, const double *center, const double *r, int n) {
  for (int j = 0; j < n; j++) {
    if (isnan(r[j]) != isnan(center[j])) {
      ends->lo[j] = -(double)INFINITY;
      ends->hi[j] = (double)INFINITY;
    } else {
      ends->lo[j] = r[j] < ends->lo[j] ? r[j] : ends->lo[j];
      ends->hi[j] = r[j] > ends->hi[j] ? r[j] : ends->hi[j];
    }
  }
}

/* Operand errors; of a product that is added also what contraction leaves unrounded. */
static bool operand_errors(TppcElt elt, const Slot *s, double *e, int n) {
  bool any = false, contracts = s->x && (elt == TPPC_ELT_ADD || elt == TPPC_ELT_SUB);
  for (int j = 0; j < n; j++) {
    e[j] = (s->inexact ? s->e[j] : 0) + (contracts ? s->x[j] : 0);
    any = any || e[j] != 0;
  }
  return any;
}

/* In f64 the reference is no more precise than what it is compared with, and where a function is
 * ill-conditioned (the tails of the error function, the roots of derivatives) its own error exceeds
 * the ulps of the row. A few units of the argument stand for it, as backward errors do. */
static bool reference_errors(TppcElt elt, const Slot *x, double *e, int n) {
  const TppcEltInfo *info = tppc_elt_info(elt);
  if (x->elem != TPP_F64 || info->arity != 1 || (info->traits & TPPC_TRAIT_EXACT))
    return false;
  for (int j = 0; j < n; j++)
    if (isfinite(x->f[j]) && fabs(x->f[j]) > 0x1p-1000)
      e[j] += 4 * tppc_ulp(TPP_F64, x->f[j]);
  return true;
}

/* What rounding takes from a product whose operands have bounds is not known: any value of the
 * interval may lie in the middle between two floats. */
static void widen_products(double e[3][CHUNK], Slot *out, int n) {
  for (int j = 0; j < n; j++)
    if (e[0][j] > 0 || e[1][j] > 0) {
      double most = tppc_ulp(out->elem, fabs(out->f[j]) + out->e[j]) / 2;
      out->x[j] = isfinite(most) ? fmax(out->x[j], most) : 0;
    }
}

/* What rounding to double takes from a product. */
static double product_error(double x, double y) {
  double e = fabs(fma(x, y, -(x * y)));
  return isfinite(e) ? e : 0;
}

static bool is_stepped(TppcElt elt) {
  return elt >= TPPC_ELT_KTANH && elt <= TPPC_ELT_KGELU_FINE;
}

static bool is_smooth(TppcElt elt) {
  const TppcEltInfo *info = tppc_elt_info(elt);
  return info->arity == 1 && info->types == TPPC_TYPES_FLT && !(info->traits & TPPC_TRAIT_EXACT);
}

static void sample(FloatFn fn, const double *x, const double *e, const double *center, Ends *ends,
                   int n) {
  double at[CHUNK], r[CHUNK];
  for (int k = -7; k <= 7; k++) {
    for (int j = 0; j < n; j++)
      at[j] = x[j] + e[j] * k / 8;
    fn(at, zeros, zeros, r, n);
    widen_to(ends, center, r, n);
  }
}

static void visit_corners(TppcElt elt, const double *const v[3], double e[3][CHUNK],
                          const double *center, Ends *ends, int n) {
  FloatFn fn = float_fn(elt);
  int arity = tppc_elt_info(elt)->arity;
  double at[3][CHUNK], r[CHUNK], first[CHUNK];
  for (int corner = 0; corner < 1 << arity; corner++) {
    const double *p[3] = {zeros, zeros, zeros};
    for (int k = 0; k < arity; k++) {
      for (int j = 0; j < n; j++)
        at[k][j] = e[k][j] == 0 ? v[k][j] : v[k][j] + (corner >> k & 1 ? e[k][j] : -e[k][j]);
      p[k] = at[k];
    }
    fn(p[0], p[1], p[2], r, n);
    widen_to(ends, center, r, n);
    if (corner == 0)
      memcpy(first, r, (size_t)n * sizeof *first);
  }
  if (is_smooth(elt))
    for (int j = 0; j < n; j++) {
      double bend = fabs(first[j] + r[j] - 2 * center[j]);
      if (isfinite(bend)) {
        ends->lo[j] -= bend;
        ends->hi[j] += bend;
      }
    }
  if (is_stepped(elt))
    sample(fn, v[0], e[0], center, ends, n);
  /* With a negative slope both ends are above the bend. */
  if (elt == TPPC_ELT_LEAKY_RELU)
    for (int j = 0; j < n; j++)
      if (e[0][j] > 0 && fabs(v[0][j]) <= e[0][j])
        ends->lo[j] = fmin(ends->lo[j], 0);
  if (elt == TPPC_ELT_DIV)
    for (int j = 0; j < n; j++)
      if (e[1][j] > 0 && fabs(v[1][j]) <= e[1][j]) {
        ends->lo[j] = -(double)INFINITY;
        ends->hi[j] = (double)INFINITY;
      }
}

/* Ops that pick or negate operands do not round. */
static double end_error(TppcElt elt, int elem, double c, double r, double lo, double hi) {
  const TppcEltInfo *info = tppc_elt_info(elt);
  bool exact = info->traits & TPPC_TRAIT_EXACT;
  if (isnan(c))
    return isnan(lo) && isnan(hi) ? 0 : (double)INFINITY;
  /* Double's own rounding of the ends matters where the op is double. */
  if (elem == TPP_F64 && lo != hi) {
    lo -= 4 * tppc_ulp(TPP_F64, lo);
    hi += 4 * tppc_ulp(TPP_F64, hi);
  }
  lo = tppc_round_float(elem, lo);
  hi = tppc_round_float(elem, hi);
  if (!exact) {
    double big = fmax(fabs(lo), fabs(hi)), most = tppc_float_most(elem);
    double margin = info->ulp * tppc_ulp(elem, fmin(big, most));
    margin +=
        elem == TPP_F64 ? 0x1p-1021 : 0; /* intermediate results that the definition underflows */
    bool edge = fmin(fabs(c), big) > most - margin && fabs(c) < most * (1 + 0x1p-16);
    if (edge)
      return (double)INFINITY;
    if (isfinite(lo) && isfinite(hi)) {
      lo -= margin;
      hi += margin;
    }
  }
  if (lo == r && hi == r)
    return 0;
  double e = fmax(hi - r, r - lo);
  return isnan(e) ? (double)INFINITY : e;
}

static void float_errors(TppcElt elt, const Slot *const in[3], Slot *out, const double *center,
                         int n) {
  double e[3][CHUNK];
  const double *v[3] = {zeros, zeros, zeros};
  Ends ends;
  bool any = false;
  for (int k = 0; k < 3; k++) {
    memset(e[k], 0, sizeof e[k]);
    if (!in[k] || in[k]->is_int)
      continue;
    v[k] = in[k]->f;
    any = operand_errors(elt, in[k], e[k], n) || any;
    any = reference_errors(elt, in[k], e[k], n) || any;
  }
  bool double_fma = elt == TPPC_ELT_FMA && out->elem == TPP_F64;
  if (!any && !double_fma && (tppc_elt_info(elt)->traits & TPPC_TRAIT_EXACT))
    return;
  memcpy(ends.lo, center, (size_t)n * sizeof *center);
  memcpy(ends.hi, center, (size_t)n * sizeof *center);
  if (any)
    visit_corners(elt, v, e, center, &ends, n);
  /* The definition rounds the product, a fused operation does not. Added to an operand, so small an
   * error could be lost; the ends take it whole. */
  for (int j = 0; double_fma && j < n; j++) {
    double apart = product_error(v[0][j], v[1][j]);
    ends.lo[j] -= apart;
    ends.hi[j] += apart;
  }
  out->inexact = true;
  for (int j = 0; j < n; j++) {
    bool lost = isinf(e[0][j]) || isinf(e[1][j]) || isinf(e[2][j]);
    out->e[j] = lost ? (double)INFINITY
                     : end_error(elt, out->elem, center[j], out->f[j], ends.lo[j], ends.hi[j]);
  }
  if (any && out->x)
    widen_products(e, out, n);
}

static void run_floats(TppcElt elt, const Slot *const in[3], Slot *out, int n) {
  double center[CHUNK];
  const double *v[3] = {zeros, zeros, zeros};
  for (int k = 0; k < 3; k++)
    if (in[k])
      v[k] = in[k]->f;
  float_fn(elt)(v[0], v[1], v[2], center, n);
  for (int j = 0; j < n; j++)
    out->f[j] = tppc_round_float(out->elem, center[j]);
  for (int j = 0; out->x && j < n; j++) {
    double moved =
        out->elem == TPP_F64 ? product_error(v[0][j], v[1][j]) : fabs(center[j] - out->f[j]);
    out->x[j] = isfinite(moved) ? moved : 0;
  }
  float_errors(elt, in, out, center, n);
}

/* ---- halves of f32 words ---- */

/* An operand with a bound: the upper half is off by what hi is, and by a unit of BF16 for whatever
 * the lower half may be. */
static void run_zip(const Slot *const in[3], Slot *out, int n) {
  for (int j = 0; j < n; j++) {
    double hi = in[0]->f[j], e = in[0]->inexact ? in[0]->e[j] : 0;
    bool known = e == 0 && !(in[1]->inexact && in[1]->e[j] > 0);
    out->f[j] = tppd_zip(hi, in[1]->i[j]);
    out->e[j] = known ? 0 : e + 2 * tppc_ulp(TPP_BF16, fabs(hi) + e);
    if (isnan(out->e[j]))
      out->e[j] = (double)INFINITY;
    out->inexact = out->inexact || !known;
  }
}

/* The lower halves of an interval are all there are, unless the upper half is the same at both of
 * its ends. */
static void run_low(const Slot *x, Slot *out, int n) {
  for (int j = 0; j < n; j++) {
    double e = x->inexact ? x->e[j] : 0;
    int64_t v = out->i[j] = tppd_unzip_lo(x->f[j]);
    out->e[j] = 0;
    if (e == 0)
      continue;
    uint32_t a = tppd_word(x->f[j] - e), b = tppd_word(x->f[j] + e);
    double lo = fabs((double)(a & 0xffffu) - (double)v),
           hi = fabs((double)(b & 0xffffu) - (double)v);
    out->e[j] = a >> 16 == b >> 16 ? fmax(lo, hi) : 65535;
    out->inexact = true;
  }
}

void elt_run(TppcElt elt, const Slot *const in[3], Slot *out, int n) {
  out->inexact = false;
  switch (tppc_elt_info(elt)->types) {
  case TPPC_TYPES_CMP:
    run_compare(elt, in, out, n);
    return;
  case TPPC_TYPES_SEL:
    run_select(in, out, n);
    return;
  case TPPC_TYPES_RNG:
    for (int j = 0; j < n; j++) {
      out->f[j] = tppd_uniform(in[0]->i[j], in[1]->i[j]);
      bool known = !(in[0]->inexact && in[0]->e[j] > 0) && !(in[1]->inexact && in[1]->e[j] > 0);
      out->e[j] = known ? 0 : 1;
      out->inexact = out->inexact || !known;
    }
    return;
  case TPPC_TYPES_ZIP:
    run_zip(in, out, n);
    return;
  case TPPC_TYPES_LOW:
    run_low(in[0], out, n);
    return;
  case TPPC_TYPES_FLT:
  case TPPC_TYPES_NUM:
  case TPPC_TYPES_INT:
    break;
  }
  if (out->is_int)
    run_ints(elt, in, out, n);
  else
    run_floats(elt, in, out, n);
}

void convert_run(const Slot *in, Slot *out, int to, int n) {
  out->inexact = in->inexact;
  for (int j = 0; j < n; j++) {
    Number v = {.e = in->inexact ? in->e[j] : 0};
    if (in->is_int)
      v.i = in->i[j];
    else
      v.f = in->f[j];
    Number r = number_convert(v, in->is_int, to);
    /* tpp.round goes to a narrow type and back to the one that is computed in. */
    if (out->is_int)
      out->i[j] = r.i;
    else
      out->f[j] = r.f;
    out->e[j] = r.e;
  }
}
