/* Conditions on sizes that contradict themselves, or say something twice.
 *
 * Versions of a nest run where their own condition holds and those of the versions before do not:
 * `M <= 16 && (M >= 5 || M >= 17) && M >= 20` never does. A conjunction is searched for a way to
 * hold: of each disjunction one part is taken, and each comparison bounds a sum of sizes without
 * its constant. What leaves some sum no value has no solution; comparisons of different sums are
 * not combined, so a condition may be never true and still stay.
 */
#include "ir/expr_internal.h"

enum { MAX_STEPS = 4096 };

typedef struct Bound {
  const TppcExpr *sum;
  int64_t lo, hi;
} Bound;

typedef struct Search {
  TppcContext *cx;
  TppcVec(Bound) bounds;
  int steps; /* left before it is taken that there is a solution */
} Search;

/* e as a sum without constant, and the constant. */
static const TppcExpr *split(TppcContext *cx, const TppcExpr *e, int64_t *constant) {
  *constant = 0;
  for (int i = 0; i < tppc_e_terms(e); i++) {
    TppcTerm t = tppc_e_term(&e, i);
    if (!t.n)
      *constant = t.k;
  }
  return tppc_e_sub(cx, e, tppc_e_int(cx, *constant));
}

/* lo <= e <= hi where the flags say so; false when nothing is left. */
static bool narrow(Search *s, const TppcExpr *e, bool below, bool above) {
  int64_t c;
  const TppcExpr *sum = split(s->cx, e, &c), *minus = tppc_e_sub(s->cx, tppc_e_int(s->cx, 0), sum);
  bool flip = tppc_e_compare(minus, sum) < 0;
  Bound b = {flip ? minus : sum, INT64_MIN, INT64_MAX};
  if (c == INT64_MIN)
    return true;
  if (flip ? above : below) /* e >= 0: sum >= -c; of its negative -sum <= c */
    b.lo = flip ? c : -c;
  if (flip ? below : above)
    b.hi = flip ? c : -c;
  for (int i = 0; i < s->bounds.n; i++) {
    if (s->bounds.data[i].sum != b.sum)
      continue;
    b.lo = b.lo > s->bounds.data[i].lo ? b.lo : s->bounds.data[i].lo;
    b.hi = b.hi < s->bounds.data[i].hi ? b.hi : s->bounds.data[i].hi;
  }
  TPPC_PUSH(s->cx->arena, &s->bounds, b);
  return b.lo <= b.hi;
}

static bool holds_somewhere(Search *s, const TppcExprVec *all, int at) {
  while (at < all->n) {
    const TppcExpr *e = all->data[at++];
    int64_t v;
    if (--s->steps < 0)
      return true;
    if (tppc_e_const(e, &v) && !v)
      return false;
    if (e->kind == TPPC_E_LE && !narrow(s, tppc_e_sub(s->cx, e->op[1], e->op[0]), true, false))
      return false;
    if (e->kind == TPPC_E_EQ && tppc_e_is(e->op[1], 0) && tppc_e_is_condition(e->op[0]))
      continue;
    if (e->kind == TPPC_E_EQ && !narrow(s, tppc_e_sub(s->cx, e->op[0], e->op[1]), true, true))
      return false;
    if (e->kind != TPPC_E_OR && e->kind != TPPC_E_AND)
      continue;
    int n = s->bounds.n;
    TppcExprVec rest = {0}, parts = {0};
    tppc_e_flatten(s->cx, e->kind, e, &parts);
    for (int i = 0; i < parts.n; i++) {
      TPPC_PUSH(s->cx->arena, &rest, parts.data[i]);
      for (int k = at; k < all->n && (e->kind == TPPC_E_OR || i + 1 == parts.n); k++)
        TPPC_PUSH(s->cx->arena, &rest, all->data[k]);
      if (e->kind == TPPC_E_AND)
        continue;
      s->bounds.n = n;
      if (holds_somewhere(s, &rest, 0))
        return true;
      rest.n = 0;
    }
    return e->kind == TPPC_E_AND && holds_somewhere(s, &rest, 0);
  }
  return true;
}

static bool possible(TppcContext *cx, const TppcExprVec *all) {
  Search s = {.cx = cx, .steps = MAX_STEPS};
  return holds_somewhere(&s, all, 0);
}

/* `all` with another part in place of number i, possible? */
static bool possible_with(TppcContext *cx, const TppcExprVec *all, int i, const TppcExpr *part) {
  TppcExprVec v = {0};
  for (int k = 0; k < all->n; k++)
    TPPC_PUSH(cx->arena, &v, k == i ? part : all->data[k]);
  return possible(cx, &v);
}

const TppcExpr *tppc_e_tidy(TppcContext *cx, const TppcExpr *e) {
  TppcExprVec all = {0};
  tppc_e_flatten(cx, TPPC_E_AND, e, &all);
  if (!possible(cx, &all))
    return tppc_e_int(cx, 0);
  for (int i = 0; i < all.n; i++) {
    if (all.data[i]->kind != TPPC_E_OR)
      continue;
    TppcExprVec parts = {0};
    const TppcExpr *left = tppc_e_int(cx, 0);
    tppc_e_flatten(cx, TPPC_E_OR, all.data[i], &parts);
    for (int k = 0; k < parts.n; k++)
      if (possible_with(cx, &all, i, parts.data[k]))
        left = tppc_e_bin(cx, TPPC_E_OR, left, tppc_e_tidy(cx, parts.data[k]));
    all.data[i] = left;
  }
  for (int i = all.n - 1; i >= 0; i--)
    if (!possible_with(cx, &all, i, tppc_e_not(cx, all.data[i])))
      all.data[i] = tppc_e_int(cx, 1);
  const TppcExpr *r = tppc_e_int(cx, 1);
  for (int i = 0; i < all.n; i++)
    r = tppc_e_and(cx, r, all.data[i]);
  return r;
}
