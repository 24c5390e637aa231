/* Simplification with facts. The normal form has done what holds for all values; here ranges and
 * divisors decide quotients and remainders, and the sign of a difference decides minima and
 * comparisons (expr_prove.c).
 */
#include "ir/expr_internal.h"

typedef struct Simplifier {
  TppcContext *cx;
  const TppcFacts *facts;
  TppcMap done;
} Simplifier;

/* ---- quotients and remainders ---- */

/* k * atoms / c, for a term that is a multiple of c. */
static const TppcExpr *divide_term(Simplifier *s, TppcTerm t, int64_t c) {
  const TppcExpr *divisor = tppc_e_int(s->cx, c);
  TppcTerm atoms = {1, t.n, t.atom};
  const TppcExpr *x = tppc_term_build(s->cx, atoms);
  if (t.n && tppc_e_multiple_of(x, c, s->facts))
    return tppc_e_mul(s->cx, tppc_e_int(s->cx, t.k), tppc_e_div(s->cx, x, divisor));
  return tppc_e_div(s->cx, tppc_term_build(s->cx, t), divisor);
}

/* The terms of a that are multiples of c, divided by it, and the others. */
static void split_multiples(Simplifier *s, const TppcExpr *a, int64_t c, const TppcExpr **quotient,
                            const TppcExpr **others) {
  TppcSum q = {.cx = s->cx}, o = {.cx = s->cx};
  int n = tppc_e_terms(a);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&a, i);
    if (tppc_e_multiple_of(tppc_term_build(s->cx, t), c, s->facts))
      tppc_sum_add(&q, 1, divide_term(s, t, c));
    else
      tppc_sum_add_term(&o, t);
  }
  *quotient = tppc_sum_build(&q);
  *others = tppc_sum_build(&o);
}

/* True when floor(a / c) is one known number. */
static bool known_quotient(Simplifier *s, const TppcExpr *a, int64_t c, int64_t *q) {
  bool has_lo, has_hi;
  int64_t lo, hi, last;
  tppc_e_bounds(a, s->facts, &has_lo, &lo, &has_hi, &hi);
  return has_lo && has_hi && tppc_floor_div(lo, c, q) && tppc_floor_div(hi, c, &last) && *q == last;
}

/* A multiple of c that a exceeds by less than c: for m = m0 to min(m0 + 32, M), m0 a multiple of
 * 32, that is m0. Found by putting symbols at their lower ends, inner ones first. NULL when there
 * is none. */
static const TppcExpr *base_below(Simplifier *s, const TppcExpr *a, int64_t c) {
  const TppcExpr *base = a;
  for (int i = s->facts ? s->facts->v.n - 1 : -1; i >= 0; i--) {
    const TppcSymFact *f = &s->facts->v.data[i];
    if (!f->ge || !tppc_e_uses(base, f->sym))
      continue;
    base = tppc_e_subst1(s->cx, base, f->sym, f->ge);
    if (!tppc_e_multiple_of(base, c, s->facts))
      continue;
    const TppcExpr *over = tppc_e_sub(s->cx, a, base);
    const TppcExpr *room = tppc_e_sub(s->cx, tppc_e_int(s->cx, c - 1), over);
    if (tppc_e_nonnegative(s->cx, over, s->facts) && tppc_e_nonnegative(s->cx, room, s->facts))
      return base;
  }
  return NULL;
}

static const TppcExpr *divide_constant(Simplifier *s, TppcExprKind kind, const TppcExpr *a,
                                       int64_t c) {
  TppcContext *cx = s->cx;
  const TppcExpr *whole, *others, *divisor = tppc_e_int(cx, c), *base = NULL;
  split_multiples(s, a, c, &whole, &others);
  int64_t q, qc;
  if (known_quotient(s, others, c, &q) && !__builtin_mul_overflow(q, c, &qc))
    base = tppc_e_int(cx, qc);
  else
    base = base_below(s, others, c);
  if (kind == TPPC_E_MOD)
    return base ? tppc_e_sub(cx, others, base) : tppc_e_mod(cx, others, divisor);
  return tppc_e_add(cx, whole, tppc_e_div(cx, base ? base : others, divisor));
}

static const TppcExpr *divide(Simplifier *s, TppcExprKind kind, const TppcExpr *a,
                              const TppcExpr *b) {
  int64_t c;
  if (tppc_e_const(b, &c) && c > 0)
    return divide_constant(s, kind, a, c);
  const TppcExpr *room = tppc_e_sub(s->cx, tppc_e_sub(s->cx, b, a), tppc_e_int(s->cx, 1));
  if (tppc_e_nonnegative(s->cx, a, s->facts) && tppc_e_nonnegative(s->cx, room, s->facts))
    return kind == TPPC_E_MOD ? a : tppc_e_int(s->cx, 0);
  return tppc_e_bin(s->cx, kind, a, b);
}

/* 32*(M/32) is M when M is a multiple of 32. */
static const TppcExpr *join_multiples(Simplifier *s, const TppcExpr *e) {
  TppcSum sum = {.cx = s->cx};
  bool found = false;
  int n = tppc_e_terms(e);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&e, i);
    int64_t c;
    const TppcExpr *x = t.n == 1 && t.atom[0]->kind == TPPC_E_DIV ? t.atom[0]->op[0] : NULL;
    if (x && tppc_e_const(t.atom[0]->op[1], &c) && c > 0 && t.k % c == 0 &&
        tppc_e_multiple_of(x, c, s->facts)) {
      tppc_sum_add(&sum, t.k / c, x);
      found = true;
    } else {
      tppc_sum_add_term(&sum, t);
    }
  }
  return found ? tppc_sum_build(&sum) : e;
}

/* ---- minima and comparisons ---- */

/* a <= b? */
static bool at_most(Simplifier *s, const TppcExpr *a, const TppcExpr *b) {
  return tppc_e_nonnegative(s->cx, tppc_e_sub(s->cx, b, a), s->facts);
}

static bool less(Simplifier *s, const TppcExpr *a, const TppcExpr *b) {
  return at_most(s, tppc_e_add(s->cx, a, tppc_e_int(s->cx, 1)), b);
}

/* Drops operands that another one makes superfluous. */
static const TppcExpr *extremum(Simplifier *s, TppcExprKind kind, const TppcExpr *e) {
  TppcExprVec all = {0}, kept = {0};
  tppc_e_flatten(s->cx, kind, e, &all);
  for (int i = 0; i < all.n; i++) {
    bool needed = true;
    for (int j = 0; j < all.n && needed; j++) {
      const TppcExpr *x = all.data[i], *y = all.data[j];
      if (i == j || !y)
        continue;
      needed = kind == TPPC_E_MIN ? !at_most(s, y, x) : !at_most(s, x, y);
    }
    if (needed)
      TPPC_PUSH(s->cx->arena, &kept, all.data[i]);
    else
      all.data[i] = NULL;
  }
  return tppc_e_extremum(s->cx, kind, &kept);
}

/* Can a - b not be 0 because all of it but a constant is a multiple of something? */
static bool out_of_phase(Simplifier *s, const TppcExpr *a, const TppcExpr *b) {
  const TppcExpr *d = tppc_e_sub(s->cx, a, b);
  int n = tppc_e_terms(d);
  TppcTerm last = n ? tppc_e_term(&d, n - 1) : (TppcTerm){0};
  if (n < 2 || last.n != 0)
    return false;
  const TppcExpr *rest = tppc_e_sub(s->cx, d, tppc_e_int(s->cx, last.k));
  for (int i = 0; s->facts && i < s->facts->v.n; i++) {
    int64_t m = s->facts->v.data[i].multiple;
    if (m > 1 && last.k % m != 0 && tppc_e_multiple_of(rest, m, s->facts))
      return true;
  }
  return false;
}

static const TppcExpr *comparison(Simplifier *s, const TppcExpr *e) {
  const TppcExpr *a = e->op[0], *b = e->op[1];
  TppcContext *cx = s->cx;
  switch (e->kind) {
  case TPPC_E_LT:
    return less(s, a, b) ? tppc_e_int(cx, 1) : at_most(s, b, a) ? tppc_e_int(cx, 0) : e;
  case TPPC_E_LE:
    return at_most(s, a, b) ? tppc_e_int(cx, 1) : less(s, b, a) ? tppc_e_int(cx, 0) : e;
  case TPPC_E_EQ:
  case TPPC_E_NE:
    if (less(s, a, b) || less(s, b, a) || out_of_phase(s, a, b))
      return tppc_e_int(cx, e->kind == TPPC_E_NE);
    if (at_most(s, a, b) && at_most(s, b, a))
      return tppc_e_int(cx, e->kind == TPPC_E_EQ);
    return e;
  case TPPC_E_CONST:
  case TPPC_E_SYM:
  case TPPC_E_ADD:
  case TPPC_E_MUL:
  case TPPC_E_DIV:
  case TPPC_E_MOD:
  case TPPC_E_MIN:
  case TPPC_E_MAX:
  case TPPC_E_AND:
  case TPPC_E_OR:
    break;
  }
  return e;
}

/* ---- walk ---- */

static const TppcExpr *symbol(Simplifier *s, const TppcExpr *e) {
  const TppcSymFact *f = tppc_facts_find(s->facts, e->sym);
  bool known = f && f->has_lo && f->has_hi && f->lo == f->hi;
  return known ? tppc_e_int(s->cx, f->lo) : e;
}

/* One more look at a node whose operands are simple. */
static const TppcExpr *node(Simplifier *s, const TppcExpr *e) {
  switch (e->kind) {
  case TPPC_E_DIV:
  case TPPC_E_MOD:
    return divide(s, e->kind, e->op[0], e->op[1]);
  case TPPC_E_MIN:
  case TPPC_E_MAX:
    return extremum(s, e->kind, e);
  case TPPC_E_EQ:
  case TPPC_E_NE:
  case TPPC_E_LT:
  case TPPC_E_LE:
    return comparison(s, e);
  case TPPC_E_ADD:
  case TPPC_E_MUL:
    return join_multiples(s, e);
  case TPPC_E_CONST:
  case TPPC_E_SYM:
  case TPPC_E_AND:
  case TPPC_E_OR:
    break;
  }
  return e;
}

static const TppcExpr *simplify(Simplifier *s, const TppcExpr *e) {
  if (e->kind == TPPC_E_CONST)
    return e;
  if (e->kind == TPPC_E_SYM)
    return symbol(s, e);
  const TppcExpr *r = tppc_map_get(&s->done, e);
  if (r)
    return r;
  r = simplify(s, e->op[0]);
  bool same = r == e->op[0];
  for (int i = 1; i < e->n; i++) {
    const TppcExpr *op = simplify(s, e->op[i]);
    same = same && op == e->op[i];
    r = tppc_e_bin(s->cx, e->kind, r, op);
  }
  r = node(s, same ? e : r);
  tppc_memo_set(&s->done, e, r);
  return r;
}

enum { ROUNDS = 4 }; /* what one round builds may simplify further; rarely more than once */

const TppcExpr *tppc_e_simplify(TppcContext *cx, const TppcExpr *e, const TppcFacts *f) {
  for (int i = 0; i < ROUNDS; i++) {
    Simplifier s = {.cx = cx, .facts = f, .done = {.arena = cx->arena}};
    const TppcExpr *r = simplify(&s, e);
    if (r == e)
      break;
    e = r;
  }
  return e;
}
