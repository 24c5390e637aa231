/* The rules of quotients, remainders, minima, comparisons, and conditions that hold without knowing
 * anything of the symbols. What needs ranges is in expr_simplify.c.
 *
 * Quotients: whole parts come out, (32*t + i) / 32 = t + i/32, common factors go, quotients of
 * quotients join, and a quotient of a remainder becomes a remainder of a quotient. A rule may give
 * a value to an expression that had none (x / x is 1), never another value.
 */
#include "ir/expr_internal.h"

/* ---- quotient and remainder by a constant ---- */

/* a = c * whole + rest + constant, where no term of rest is a multiple of c, 0 <= constant < c, and
 * divisor is the greatest common divisor of c and the coefficients of rest. */
typedef struct Split {
  TppcSum whole, rest;
  int64_t constant, divisor;
} Split;

/* There are several constants where their sum did not fit. */
static void add_constant(Split *s, int64_t k, int64_t c) {
  bool carry = s->constant >= c - k;
  s->constant = carry ? s->constant - (c - k) : s->constant + k;
  tppc_sum_add_term(&s->whole, (TppcTerm){carry, 0, NULL});
}

static Split split_by(TppcContext *cx, const TppcExpr *a, int64_t c) {
  Split s = {.whole = {.cx = cx}, .rest = {.cx = cx}, .divisor = c};
  int n = tppc_e_terms(a);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&a, i), whole = t;
    bool constant = t.n == 0;
    whole.k = t.k / c;
    t.k %= c;
    if (constant && t.k < 0) {
      whole.k--;
      t.k += c;
    }
    tppc_sum_add_term(&s.whole, whole);
    if (constant) {
      add_constant(&s, t.k, c);
      continue;
    }
    tppc_sum_add_term(&s.rest, t);
    s.divisor = tppc_gcd(s.divisor, t.k);
  }
  return s;
}

/* (rest + constant) / divisor, exactly as far as the floor is concerned. */
static const TppcExpr *reduced(Split *s) {
  TppcSum r = {.cx = s->rest.cx};
  for (int i = 0; i < s->rest.v.n; i++) {
    TppcTerm t = s->rest.v.data[i];
    t.k /= s->divisor;
    tppc_sum_add_term(&r, t);
  }
  tppc_sum_add_term(&r, (TppcTerm){s->constant / s->divisor, 0, NULL});
  return tppc_sum_build(&r);
}

/* e = x/d + constant with d > 0? */
static bool is_quotient_plus(const TppcExpr *e, const TppcExpr **x, int64_t *d, int64_t *constant) {
  int n = tppc_e_terms(e);
  *constant = 0;
  if (n < 1 || n > 2)
    return false;
  TppcTerm t = tppc_e_term(&e, 0);
  if (n == 2) {
    TppcTerm c = tppc_e_term(&e, 1);
    if (c.n != 0)
      return false;
    *constant = c.k;
  }
  if (t.n != 1 || t.k != 1 || t.atom[0]->kind != TPPC_E_DIV || !tppc_e_const(t.atom[0]->op[1], d) ||
      *d <= 0)
    return false;
  *x = t.atom[0]->op[0];
  return true;
}

static const TppcExpr *div_constant(TppcContext *cx, const TppcExpr *a, int64_t c) {
  if (c < 0)
    return c == INT64_MIN ? tppc_e_raw2(cx, TPPC_E_DIV, a, tppc_e_int(cx, c))
                          : div_constant(cx, tppc_e_mul(cx, a, tppc_e_int(cx, -1)), -c);
  Split s = split_by(cx, a, c);
  if (s.rest.v.n == 0)
    return tppc_sum_build(&s.whole);
  const TppcExpr *r = reduced(&s), *q, *x;
  int64_t d, m, k;
  c /= s.divisor;
  if (c == 1)
    q = r;
  else if (is_quotient_plus(r, &x, &d, &k) && !__builtin_mul_overflow(k, d, &k) &&
           !__builtin_mul_overflow(c, d, &m))
    q = div_constant(cx, tppc_e_add(cx, x, tppc_e_int(cx, k)), m);
  else if (r->kind == TPPC_E_MOD && tppc_e_const(r->op[1], &m) && m > 0 && m % c == 0)
    q = tppc_e_mod(cx, div_constant(cx, r->op[0], c), tppc_e_int(cx, m / c));
  else
    q = tppc_e_raw2(cx, TPPC_E_DIV, r, tppc_e_int(cx, c));
  tppc_sum_add(&s.whole, 1, q);
  return tppc_sum_build(&s.whole);
}

/* In a sum taken modulo c, x % m is as good as x when c divides m. NULL when there is no such term.
 */
static const TppcExpr *drop_remainders(TppcContext *cx, const TppcExpr *a, int64_t c) {
  TppcSum s = {.cx = cx};
  bool found = false;
  int n = tppc_e_terms(a);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&a, i);
    int64_t m, km;
    if (t.n == 1 && t.atom[0]->kind == TPPC_E_MOD && tppc_e_const(t.atom[0]->op[1], &m) &&
        !__builtin_mul_overflow(t.k, m, &km) && km % c == 0) {
      tppc_sum_add(&s, t.k, t.atom[0]->op[0]);
      found = true;
    } else {
      tppc_sum_add_term(&s, t);
    }
  }
  return found ? tppc_sum_build(&s) : NULL;
}

static const TppcExpr *mod_constant(TppcContext *cx, const TppcExpr *a, int64_t c) {
  const TppcExpr *minus = tppc_e_int(cx, -1);
  if (c < 0)
    return c == INT64_MIN ? tppc_e_raw2(cx, TPPC_E_MOD, a, tppc_e_int(cx, c))
                          : tppc_e_mul(cx, minus, mod_constant(cx, tppc_e_mul(cx, a, minus), -c));
  const TppcExpr *simpler = drop_remainders(cx, a, c);
  if (simpler)
    return mod_constant(cx, simpler, c);
  Split s = split_by(cx, a, c);
  if (s.rest.v.n == 0)
    return tppc_e_int(cx, s.constant);
  const TppcExpr *r = reduced(&s);
  int64_t g = s.divisor, left = s.constant % g;
  const TppcExpr *m = tppc_e_int(cx, 0);
  if (c / g != 1) {
    /* Dividing by the common factor may have uncovered a remainder. */
    simpler = drop_remainders(cx, r, c / g);
    m = simpler ? mod_constant(cx, simpler, c / g)
                : tppc_e_raw2(cx, TPPC_E_MOD, r, tppc_e_int(cx, c / g));
  }
  return tppc_e_add(cx, tppc_e_mul(cx, tppc_e_int(cx, g), m), tppc_e_int(cx, left));
}

/* ---- by an expression ---- */

/* t / b when b is one term that divides it. */
static bool divide_term(TppcContext *cx, TppcTerm t, TppcTerm b, TppcTerm *q) {
  if (b.k == 0 || (b.k == -1 && t.k == INT64_MIN) || t.k % b.k != 0)
    return false;
  const TppcExpr **atom = TPPC_NEW_N(cx->arena, const TppcExpr *, t.n + 1);
  *q = (TppcTerm){t.k / b.k, 0, atom};
  int j = 0;
  for (int i = 0; i < t.n; i++) {
    if (j < b.n && t.atom[i] == b.atom[j])
      j++;
    else
      atom[q->n++] = t.atom[i];
  }
  return j == b.n;
}

/* a = b * whole + rest. */
static void divide_by(TppcContext *cx, const TppcExpr *a, const TppcExpr *b, TppcSum *whole,
                      TppcSum *rest) {
  if (a == b) {
    tppc_sum_add_term(whole, (TppcTerm){1, 0, NULL});
    return;
  }
  TppcTerm divisor = tppc_e_term(&b, 0), q;
  int n = tppc_e_terms(a);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&a, i);
    if (tppc_e_terms(b) == 1 && divide_term(cx, t, divisor, &q))
      tppc_sum_add_term(whole, q);
    else
      tppc_sum_add_term(rest, t);
  }
}

const TppcExpr *tppc_e_div(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  int64_t c;
  if (tppc_e_const(b, &c))
    return c == 0 ? tppc_e_raw2(cx, TPPC_E_DIV, a, b) : div_constant(cx, a, c);
  TppcSum whole = {.cx = cx}, rest = {.cx = cx};
  divide_by(cx, a, b, &whole, &rest);
  if (rest.v.n)
    tppc_sum_add(&whole, 1, tppc_e_raw2(cx, TPPC_E_DIV, tppc_sum_build(&rest), b));
  return tppc_sum_build(&whole);
}

const TppcExpr *tppc_e_mod(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  int64_t c;
  if (tppc_e_const(b, &c))
    return c == 0 ? tppc_e_raw2(cx, TPPC_E_MOD, a, b) : mod_constant(cx, a, c);
  TppcSum whole = {.cx = cx}, rest = {.cx = cx};
  divide_by(cx, a, b, &whole, &rest);
  if (!rest.v.n)
    return tppc_e_int(cx, 0);
  return tppc_e_raw2(cx, TPPC_E_MOD, tppc_sum_build(&rest), b);
}

const TppcExpr *tppc_e_ceildiv(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  const TppcExpr *up = tppc_e_sub(cx, tppc_e_add(cx, a, b), tppc_e_int(cx, 1));
  return tppc_e_div(cx, up, b);
}

/* ---- chains: min, max, and, or ---- */

void tppc_e_flatten(TppcContext *cx, TppcExprKind kind, const TppcExpr *e, TppcExprVec *out) {
  if (e->kind != kind) {
    TPPC_PUSH(cx->arena, out, e);
    return;
  }
  for (int i = 0; i < e->n; i++)
    tppc_e_flatten(cx, kind, e->op[i], out);
}

/* The one term of the sum e that is a chain of kind, with 1 in front; -1 when there is none or
 * another. */
static int inner_chain(const TppcExpr *e, TppcExprKind kind) {
  int at = -1, n = e->kind == TPPC_E_ADD ? e->n : 0;
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&e, i);
    if (t.n != 1 || t.atom[0]->kind != kind)
      continue;
    if (at >= 0 || t.k != 1)
      return -1;
    at = i;
  }
  return at;
}

/* The operands of a minimum or maximum: those of min(min(a, b) + x, c) are a + x, b + x, c. */
static void flatten_extremum(TppcContext *cx, TppcExprKind kind, const TppcExpr *e,
                             TppcExprVec *out) {
  int at = e->size < TPPC_SIZE_LIMIT / 4 ? inner_chain(e, kind) : -1;
  if (at < 0) {
    tppc_e_flatten(cx, kind, e, out);
    return;
  }
  TppcExprVec inner = {0};
  const TppcExpr *chain = tppc_e_term(&e, at).atom[0], *rest = tppc_e_sub(cx, e, chain);
  tppc_e_flatten(cx, kind, chain, &inner);
  for (int i = 0; i < inner.n; i++)
    TPPC_PUSH(cx->arena, out, tppc_e_add(cx, inner.data[i], rest));
}

/* Constants first, then sums: min(32, M - m0), min(m0 + 32, M). */
static int chain_rank(const TppcExpr *e) {
  return e->kind == TPPC_E_CONST ? 0 : e->kind == TPPC_E_ADD ? 1 : 2;
}

static const TppcExpr *chain_build(TppcContext *cx, TppcExprKind kind, TppcExprVec *v) {
  for (int i = 1; i < v->n; i++)
    for (int j = i; j > 0; j--) {
      const TppcExpr *a = v->data[j - 1], *b = v->data[j];
      int d = chain_rank(a) - chain_rank(b);
      if (d < 0 || (d == 0 && tppc_e_compare(a, b) <= 0))
        break;
      v->data[j - 1] = b;
      v->data[j] = a;
    }
  const TppcExpr *e = v->data[0];
  for (int i = 1; i < v->n; i++)
    e = tppc_e_raw2(cx, kind, e, v->data[i]);
  return e;
}

/* How many terms stand before the constant, which is 0 if there is none; -1 when there are several.
 */
static int variable_terms(const TppcExpr *e, int64_t *constant) {
  int n = tppc_e_terms(e), variable = 0;
  *constant = 0;
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&e, i);
    if (t.n != 0)
      variable++;
    else if (i == n - 1)
      *constant = t.k;
    else
      return -1;
  }
  return variable;
}

/* True when a - b is a number: sums are in order, so they then have the same terms. */
static bool constant_apart(const TppcExpr *a, const TppcExpr *b, int64_t *d) {
  int64_t ca, cb;
  int n = variable_terms(a, &ca);
  if (n < 0 || n != variable_terms(b, &cb))
    return false;
  for (int i = 0; i < n; i++) {
    TppcTerm x = tppc_e_term(&a, i), y = tppc_e_term(&b, i);
    if (x.k != y.k || !tppc_term_same_atoms(x, y))
      return false;
  }
  return !__builtin_sub_overflow(ca, cb, d);
}

/* Adds e to v unless v holds it, up to a constant: of two such, the smaller (larger) one stays. */
static void chain_add(TppcContext *cx, TppcExprKind kind, TppcExprVec *v, const TppcExpr *e) {
  for (int i = 0; i < v->n; i++) {
    int64_t d;
    if (!constant_apart(e, v->data[i], &d))
      continue;
    if (kind == TPPC_E_MIN ? d < 0 : d > 0)
      v->data[i] = e;
    return;
  }
  TPPC_PUSH(cx->arena, v, e);
}

/* Moves the terms that all operands have into common: min(x + 1, x + y) is x + min(1, y). */
static void take_common(TppcContext *cx, TppcExprVec *v, TppcSum *common) {
  const TppcExpr *first = v->data[0];
  int n = tppc_e_terms(first);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&first, i);
    bool all = t.k != INT64_MIN;
    for (int j = 1; j < v->n && all; j++) {
      all = false;
      for (int p = 0; p < tppc_e_terms(v->data[j]) && !all; p++) {
        TppcTerm u = tppc_e_term((const TppcExpr *const *)&v->data[j], p);
        all = u.k == t.k && tppc_term_same_atoms(u, t);
      }
    }
    if (all)
      tppc_sum_add_term(common, t);
  }
  if (!common->v.n)
    return;
  const TppcExpr *sum = NULL;
  TppcSum copy = {.cx = cx};
  for (int i = 0; i < common->v.n; i++)
    tppc_sum_add_term(&copy, common->v.data[i]);
  sum = tppc_sum_build(&copy);
  for (int j = 0; j < v->n; j++)
    v->data[j] = tppc_e_sub(cx, v->data[j], sum);
}

const TppcExpr *tppc_e_extremum(TppcContext *cx, TppcExprKind kind, const TppcExprVec *operands) {
  TppcExprVec flat = {0}, v = {0};
  for (int i = 0; i < operands->n; i++)
    flatten_extremum(cx, kind, operands->data[i], &flat);
  for (int i = 0; i < flat.n; i++)
    chain_add(cx, kind, &v, flat.data[i]);
  if (v.n == 1)
    return v.data[0];
  TppcSum s = {.cx = cx};
  take_common(cx, &v, &s);
  const TppcExpr *chain = chain_build(cx, kind, &v);
  if (!s.v.n)
    return chain;
  tppc_sum_add(&s, 1, chain);
  return tppc_sum_build(&s);
}

static const TppcExpr *extremum2(TppcContext *cx, TppcExprKind kind, const TppcExpr *a,
                                 const TppcExpr *b) {
  TppcExprVec v = {0};
  TPPC_PUSH(cx->arena, &v, a);
  TPPC_PUSH(cx->arena, &v, b);
  return tppc_e_extremum(cx, kind, &v);
}

const TppcExpr *tppc_e_min(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  return extremum2(cx, TPPC_E_MIN, a, b);
}

const TppcExpr *tppc_e_max(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  return extremum2(cx, TPPC_E_MAX, a, b);
}
