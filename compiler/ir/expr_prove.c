/* What follows from facts: intervals, divisors, and the sign of an expression.
 *
 * Intervals (tppc_e_bounds) know numbers only. The sign of b - a decides min(a, b) and a <= b, and
 * often needs more: with m0 = 0 to M step 32 and M a multiple of 32, M - m0 - 32 >= 0. So
 * tppc_e_nonnegative replaces symbols, inner loops first, by the bound that makes the expression
 * smallest (m0 <= M - 32), takes minima apart, and relaxes quotients, until an interval shows the
 * sign. That is a search of a few levels with a budget; it may fail to see what is true, never the
 * other way round.
 */
#include "ir/expr_internal.h"

/* ---- intervals ---- */

/* An end of an interval: minus infinity, a number, plus infinity (inf is -1, 0, 1). */
typedef struct End {
  int inf;
  int64_t v;
} End;
typedef struct Interval {
  End lo, hi;
} Interval;

static const Interval ALL = {{-1, 0}, {1, 0}};
static const Interval TRUTH = {{0, 0}, {0, 1}};

static End number(int64_t v) {
  return (End){0, v};
}

static int sign(End a) {
  return a.inf ? a.inf : a.v < 0 ? -1 : a.v > 0;
}

static bool below(End a, End b) {
  return a.inf != b.inf ? a.inf < b.inf : a.inf == 0 && a.v < b.v;
}

static End lower(End a, End b) {
  return below(b, a) ? b : a;
}
static End higher(End a, End b) {
  return below(a, b) ? b : a;
}

static End add_ends(End a, End b) {
  if (a.inf || b.inf)
    return (End){a.inf ? a.inf : b.inf, 0};
  End r = {0, 0};
  if (__builtin_add_overflow(a.v, b.v, &r.v))
    r = (End){a.v < 0 ? -1 : 1, 0};
  return r;
}

static End mul_ends(End a, End b) {
  int s = sign(a) * sign(b);
  End r = {0, 0};
  if (s == 0)
    return r;
  if (a.inf || b.inf || __builtin_mul_overflow(a.v, b.v, &r.v))
    r = (End){s, 0};
  return r;
}

static Interval mul_intervals(Interval a, Interval b) {
  End p[4] = {mul_ends(a.lo, b.lo), mul_ends(a.lo, b.hi), mul_ends(a.hi, b.lo),
              mul_ends(a.hi, b.hi)};
  Interval r = {p[0], p[0]};
  for (int i = 1; i < 4; i++) {
    r.lo = lower(r.lo, p[i]);
    r.hi = higher(r.hi, p[i]);
  }
  return r;
}

/* Rounded down; b > 0. */
static End div_ends(End a, End b) {
  End r = {0, sign(a) < 0 ? -1 : 0};
  if (a.inf)
    return a;
  if (!b.inf)
    tppc_floor_div(a.v, b.v, &r.v);
  return r;
}

static Interval div_intervals(Interval a, Interval b) {
  if (sign(b.lo) <= 0)
    return ALL;
  return (Interval){div_ends(a.lo, sign(a.lo) < 0 ? b.lo : b.hi),
                    div_ends(a.hi, sign(a.hi) < 0 ? b.hi : b.lo)};
}

static Interval mod_intervals(Interval a, Interval b) {
  if (sign(b.lo) <= 0)
    return ALL;
  Interval r = {number(0), add_ends(b.hi, number(-1))};
  if (sign(a.lo) < 0)
    return r;
  if (below(a.hi, b.lo))
    return a;
  r.hi = lower(r.hi, a.hi);
  return r;
}

/* A lower end beyond all numbers says less than it seems to: the largest number is what it is at
 * least. */
static Interval clamp(Interval r) {
  if (r.lo.inf > 0)
    r.lo = number(INT64_MAX);
  if (r.hi.inf < 0)
    r.hi = number(INT64_MIN);
  return r;
}

static Interval symbol_interval(const TppcExpr *e, const TppcFacts *f) {
  const TppcSymFact *fact = tppc_facts_find(f, e->sym);
  Interval r = ALL;
  if (!fact)
    return r;
  int64_t m = fact->multiple > 1 ? fact->multiple : 1, up;
  if (fact->has_lo)
    r.lo = __builtin_add_overflow(fact->lo, m - 1, &up) ? number(fact->lo)
                                                        : number(up - tppc_floor_mod(up, m));
  if (fact->has_hi)
    r.hi = number(fact->hi - (fact->hi < 0 ? 0 : tppc_floor_mod(fact->hi, m)));
  return r;
}

static Interval interval(const TppcExpr *e, const TppcFacts *f) {
  if (e->kind == TPPC_E_CONST)
    return (Interval){number(e->value), number(e->value)};
  if (e->kind == TPPC_E_SYM)
    return symbol_interval(e, f);
  Interval r = interval(e->op[0], f);
  for (int i = 1; i < e->n; i++) {
    Interval b = interval(e->op[i], f);
    switch (e->kind) {
    case TPPC_E_ADD:
      r = (Interval){add_ends(r.lo, b.lo), add_ends(r.hi, b.hi)};
      break;
    case TPPC_E_MUL:
      r = mul_intervals(r, b);
      break;
    case TPPC_E_DIV:
      r = div_intervals(r, b);
      break;
    case TPPC_E_MOD:
      r = mod_intervals(r, b);
      break;
    case TPPC_E_MIN:
      r = (Interval){lower(r.lo, b.lo), lower(r.hi, b.hi)};
      break;
    case TPPC_E_MAX:
      r = (Interval){higher(r.lo, b.lo), higher(r.hi, b.hi)};
      break;
    case TPPC_E_EQ:
    case TPPC_E_NE:
    case TPPC_E_LT:
    case TPPC_E_LE:
    case TPPC_E_AND:
    case TPPC_E_OR:
    case TPPC_E_CONST:
    case TPPC_E_SYM:
      r = TRUTH;
      break;
    }
    r = clamp(r);
  }
  return r;
}

void tppc_e_bounds(const TppcExpr *e, const TppcFacts *f, bool *has_lo, int64_t *lo, bool *has_hi,
                   int64_t *hi) {
  Interval r = interval(e, f);
  *has_lo = r.lo.inf == 0;
  *has_hi = r.hi.inf == 0;
  *lo = r.lo.v;
  *hi = r.hi.v;
}

/* ---- divisors ---- */

int64_t tppc_e_divisor(const TppcExpr *e, int64_t d, const TppcFacts *f) {
  int64_t c, g = 0;
  switch (e->kind) {
  case TPPC_E_CONST:
    return tppc_gcd(e->value, d);
  case TPPC_E_SYM: {
    const TppcSymFact *fact = tppc_facts_find(f, e->sym);
    if (fact && fact->has_lo && fact->has_hi && fact->lo == fact->hi)
      return tppc_gcd(fact->lo, d);
    return fact && fact->multiple > 1 ? tppc_gcd(fact->multiple, d) : 1;
  }
  case TPPC_E_MUL:
    g = 1;
    for (int i = 0; i < e->n && g < d; i++)
      g *= tppc_e_divisor(e->op[i], d / g, f);
    return g;
  case TPPC_E_ADD:
  case TPPC_E_MOD:
  case TPPC_E_MIN:
  case TPPC_E_MAX:
    for (int i = 0; i < e->n; i++)
      g = tppc_gcd(g, tppc_e_divisor(e->op[i], d, f));
    return g;
  case TPPC_E_DIV:
    if (!tppc_e_const(e->op[1], &c) || c <= 0 || __builtin_mul_overflow(c, d, &d))
      return 1;
    g = tppc_e_divisor(e->op[0], d, f);
    return g % c == 0 ? g / c : 1;
  case TPPC_E_EQ:
  case TPPC_E_NE:
  case TPPC_E_LT:
  case TPPC_E_LE:
  case TPPC_E_AND:
  case TPPC_E_OR:
    break;
  }
  return 1;
}

bool tppc_e_multiple_of(const TppcExpr *e, int64_t d, const TppcFacts *f) {
  if (d < 0)
    d = d == INT64_MIN ? INT64_MAX : -d;
  return d == 0 ? tppc_e_is(e, 0) : tppc_e_divisor(e, d, f) == d;
}

/* ---- sign ---- */

enum { SEARCH_DEPTH = 10, SEARCH_BUDGET = 100 };

typedef struct Search {
  TppcContext *cx;
  const TppcFacts *facts;
  TppcMap seen; /* expressions whose sign was not found */
  int budget;
} Search;

static bool search(Search *s, const TppcExpr *e, int depth);

/* e with its term t replaced by t.k * by. */
static const TppcExpr *replace_term(Search *s, const TppcExpr *e, TppcTerm t, int64_t k,
                                    const TppcExpr *by) {
  TppcSum sum = {.cx = s->cx};
  tppc_sum_add(&sum, 1, e);
  tppc_sum_add(&sum, -1, tppc_term_build(s->cx, t));
  tppc_sum_add(&sum, k, by);
  return tppc_sum_build(&sum);
}

/* A minimum or maximum with an integer in front: all operands must do, or one. */
static bool try_extremum(Search *s, const TppcExpr *e, TppcTerm t, int depth) {
  TppcExprVec v = {0};
  TppcExprKind kind = t.atom[0]->kind;
  tppc_e_flatten(s->cx, kind, t.atom[0], &v);
  bool all = (kind == TPPC_E_MIN) == (t.k > 0);
  for (int i = 0; i < v.n; i++)
    if (search(s, replace_term(s, e, t, t.k, v.data[i]), depth) != all)
      return !all;
  return all;
}

/* x/c lies between (x - c + 1)/c and x/c of the rational numbers. The whole is multiplied by c
 * where that is needed to stay with integers. */
static bool try_quotient(Search *s, const TppcExpr *e, TppcTerm t, int depth) {
  const TppcExpr *x = t.atom[0]->op[0];
  int64_t c;
  if (!tppc_e_const(t.atom[0]->op[1], &c) || c <= 0)
    return false;
  if (t.k > 0)
    x = tppc_e_add(s->cx, x, tppc_e_int(s->cx, 1 - c));
  if (t.k % c == 0)
    return search(s, replace_term(s, e, t, t.k / c, x), depth);
  const TppcExpr *scaled = tppc_e_mul(s->cx, e, tppc_e_int(s->cx, c));
  TppcTerm ct = t;
  if (__builtin_mul_overflow(t.k, c, &ct.k))
    return false;
  return search(s, replace_term(s, scaled, ct, t.k, x), depth);
}

static bool try_remainder(Search *s, const TppcExpr *e, TppcTerm t, int depth) {
  const TppcExpr *n = t.atom[0]->op[1];
  if (t.k > 0 || sign(interval(n, s->facts).lo) <= 0)
    return false;
  n = tppc_e_sub(s->cx, n, tppc_e_int(s->cx, 1));
  return search(s, replace_term(s, e, t, t.k, n), depth);
}

static bool try_atoms(Search *s, const TppcExpr *e, int depth) {
  int n = tppc_e_terms(e);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&e, i);
    if (t.n != 1)
      continue;
    TppcExprKind kind = t.atom[0]->kind;
    if (kind == TPPC_E_MIN || kind == TPPC_E_MAX)
      return try_extremum(s, e, t, depth);
    if (kind == TPPC_E_DIV && try_quotient(s, e, t, depth))
      return true;
    if (kind == TPPC_E_MOD && try_remainder(s, e, t, depth))
      return true;
  }
  return false;
}

/* The largest value of a symbol that runs from ge in steps and stays below u. */
static const TppcExpr *last_below(Search *s, const TppcSymFact *fact, const TppcExpr *u) {
  int64_t step;
  if (fact->ge && fact->step && tppc_e_const(fact->step, &step) && step > 1 &&
      tppc_e_multiple_of(tppc_e_sub(s->cx, u, fact->ge), step, s->facts))
    return tppc_e_sub(s->cx, u, fact->step);
  return tppc_e_sub(s->cx, u, tppc_e_int(s->cx, 1));
}

typedef enum Outcome { NOT_APPLICABLE, UNPROVED, PROVED } Outcome;

/* e = coefficient * symbol + rest with a coefficient of known sign: the symbol at its unfavourable
 * end. */
static Outcome try_symbol(Search *s, const TppcExpr *e, const TppcSymFact *fact, bool numbers,
                          int depth) {
  const TppcExpr *rest, *coefficient;
  if (!tppc_e_uses(e, fact->sym) || !(coefficient = tppc_e_coeff(s->cx, e, fact->sym, &rest)))
    return NOT_APPLICABLE;
  Interval c = interval(coefficient, s->facts);
  bool up = sign(c.hi) <= 0;
  if (!up && sign(c.lo) < 0)
    return NOT_APPLICABLE;
  const TppcExpr *bound = up ? fact->lt : fact->ge;
  TppcExprVec v = {0};
  if (bound && !numbers)
    tppc_e_flatten(s->cx, up ? TPPC_E_MIN : TPPC_E_MAX, bound, &v);
  else if (numbers && (up ? fact->has_hi : fact->has_lo))
    TPPC_PUSH(s->cx->arena, &v, tppc_e_int(s->cx, up ? fact->hi : fact->lo));
  for (int i = 0; i < v.n; i++) {
    const TppcExpr *end = up && !numbers ? last_below(s, fact, v.data[i]) : v.data[i];
    if (search(s, tppc_e_add(s->cx, tppc_e_mul(s->cx, coefficient, end), rest), depth))
      return PROVED;
  }
  return v.n ? UNPROVED : NOT_APPLICABLE;
}

/* The innermost symbol that has a bound decides: what holds at its end holds everywhere.
 * Expressions before numbers, which forget how symbols hang together. */
static bool try_symbols(Search *s, const TppcExpr *e, int depth) {
  int n = s->facts ? s->facts->v.n : 0;
  for (int i = 2 * n - 1; i >= 0; i--) {
    Outcome o = try_symbol(s, e, &s->facts->v.data[i % n], i < n, depth);
    if (o != NOT_APPLICABLE)
      return o == PROVED;
  }
  return false;
}

static bool search(Search *s, const TppcExpr *e, int depth) {
  if (sign(interval(e, s->facts).lo) >= 0)
    return true;
  if (depth == 0 || tppc_map_get(&s->seen, e) || --s->budget < 0)
    return false;
  tppc_map_set(&s->seen, e, s);
  return try_atoms(s, e, depth - 1) || try_symbols(s, e, depth - 1);
}

bool tppc_e_nonnegative(TppcContext *cx, const TppcExpr *e, const TppcFacts *f) {
  if (e->kind == TPPC_E_CONST)
    return e->value >= 0;
  Search s = {.cx = cx, .facts = f, .seen = {.arena = cx->arena}, .budget = SEARCH_BUDGET};
  return search(&s, e, SEARCH_DEPTH);
}
