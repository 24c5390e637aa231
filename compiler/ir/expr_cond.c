/* Conditions: comparisons in normal form, negation, conjunction.
 *
 * A comparison is one of b - a with 0. Its positive terms go to one side, its negative ones to the
 * other, common factors are divided out, so 2*x + 3 < 2*y + 5 is x < y + 1 and then x <= y.
 */
#include "ir/expr_internal.h"

bool tppc_e_is_condition(const TppcExpr *e) {
  return tppc_e_is_compare(e->kind) || e->kind == TPPC_E_AND || e->kind == TPPC_E_OR;
}

static bool compare_constants(TppcExprKind kind, int64_t a, int64_t b) {
  return kind == TPPC_E_EQ   ? a == b
         : kind == TPPC_E_NE ? a != b
         : kind == TPPC_E_LT ? a < b
                             : a <= b;
}

/* The terms of d other than the constant; their greatest common divisor; the constant. False when
 * two constants stand side by side because their sum does not fit. */
static bool take_apart(TppcContext *cx, const TppcExpr *d, TppcSum *terms, int64_t *g, int64_t *c) {
  *g = *c = 0;
  terms->cx = cx;
  int n = tppc_e_terms(d);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&d, i);
    if (t.n == 0) {
      if (*c != 0)
        return false;
      *c = t.k;
      continue;
    }
    if (t.k == INT64_MIN)
      return false;
    tppc_sum_add_term(terms, t);
    *g = tppc_gcd(*g, t.k);
  }
  return *c != INT64_MIN;
}

/* left holds the negative terms, right the positive ones. */
static void by_sign(const TppcSum *terms, bool flip, TppcSum *left, TppcSum *right) {
  left->cx = right->cx = terms->cx;
  for (int i = 0; i < terms->v.n; i++) {
    TppcTerm t = terms->v.data[i];
    t.k = flip ? -t.k : t.k;
    if (t.k > 0) {
      tppc_sum_add_term(right, t);
    } else {
      t.k = -t.k;
      tppc_sum_add_term(left, t);
    }
  }
}

/* (terms + c) / g, the constant rounded down. */
static const TppcExpr *divide_out(TppcContext *cx, const TppcSum *terms, int64_t g, int64_t c) {
  TppcSum s = {.cx = cx};
  for (int i = 0; i < terms->v.n; i++) {
    TppcTerm t = terms->v.data[i];
    t.k /= g;
    tppc_sum_add_term(&s, t);
  }
  tppc_floor_div(c, g, &c);
  tppc_sum_add_term(&s, (TppcTerm){c, 0, NULL});
  return tppc_sum_build(&s);
}

/* The constant goes where it is positive, unless a side would be empty otherwise. */
static void place_constant(TppcSum *left, TppcSum *right, int64_t c) {
  bool to_left = left->v.n == 0 || (right->v.n != 0 && c < 0);
  tppc_sum_add_term(to_left ? left : right, (TppcTerm){to_left ? -c : c, 0, NULL});
}

/* Of d = b - a - (0 or 1) >= 0. */
static const TppcExpr *make_order(TppcContext *cx, const TppcSum *terms, int64_t c) {
  TppcSum left = {0}, right = {0};
  by_sign(terms, false, &left, &right);
  TppcExprKind kind = TPPC_E_LE;
  if (c == -1) {
    kind = TPPC_E_LT;
    c = 0;
  }
  place_constant(&left, &right, c);
  return tppc_e_raw2(cx, kind, tppc_sum_build(&left), tppc_sum_build(&right));
}

/* left == right or left != right of parts in order: a condition beside 0 or 1 is itself or its
 * negation. */
static const TppcExpr *equality_of(TppcContext *cx, TppcExprKind kind, const TppcExpr *left,
                                   const TppcExpr *right) {
  int64_t y;
  if (!tppc_e_is_condition(left) || !tppc_e_const(right, &y))
    return tppc_e_raw2(cx, kind, left, right);
  if (y != 0 && y != 1)
    return tppc_e_int(cx, kind == TPPC_E_NE);
  return (y == 1) == (kind == TPPC_E_EQ) ? left : tppc_e_not(cx, left);
}

static const TppcExpr *make_equality(TppcContext *cx, TppcExprKind kind, const TppcSum *terms,
                                     int64_t c) {
  bool flip = terms->v.data[0].k < 0;
  TppcSum left = {0}, right = {0};
  by_sign(terms, flip, &right, &left);
  c = flip ? -c : c;
  /* left - right + c == 0 */
  place_constant(&right, &left, c);
  return equality_of(cx, kind, tppc_sum_build(&left), tppc_sum_build(&right));
}

static const TppcExpr *compare(TppcContext *cx, TppcExprKind kind, const TppcExpr *a,
                               const TppcExpr *b) {
  int64_t x, y, g, c;
  if (tppc_e_const(a, &x) && tppc_e_const(b, &y))
    return tppc_e_int(cx, compare_constants(kind, x, y));
  bool equality = kind == TPPC_E_EQ || kind == TPPC_E_NE;
  if (equality && tppc_e_is_condition(a) && tppc_e_const(b, &y))
    return equality_of(cx, kind, a, b);
  const TppcExpr *d = equality ? tppc_e_sub(cx, a, b) : tppc_e_sub(cx, b, a);
  if (kind == TPPC_E_LT)
    d = tppc_e_sub(cx, d, tppc_e_int(cx, 1));
  for (;;) {
    TppcSum terms = {0};
    if (!take_apart(cx, d, &terms, &g, &c))
      return tppc_e_raw2(cx, kind, a, b);
    if (!terms.v.n)
      return tppc_e_int(cx, equality ? (c == 0) == (kind == TPPC_E_EQ) : c >= 0);
    if (equality && c % g != 0)
      return tppc_e_int(cx, kind == TPPC_E_NE);
    if (g == 1)
      return equality ? make_equality(cx, kind, &terms, c) : make_order(cx, &terms, c);
    d = divide_out(cx, &terms, g, c);
  }
}

/* ---- not, and, or ---- */

const TppcExpr *tppc_e_not(TppcContext *cx, const TppcExpr *a) {
  switch (a->kind) {
  case TPPC_E_EQ:
    return compare(cx, TPPC_E_NE, a->op[0], a->op[1]);
  case TPPC_E_NE:
    return compare(cx, TPPC_E_EQ, a->op[0], a->op[1]);
  case TPPC_E_LT:
    return compare(cx, TPPC_E_LE, a->op[1], a->op[0]);
  case TPPC_E_LE:
    return compare(cx, TPPC_E_LT, a->op[1], a->op[0]);
  case TPPC_E_AND:
  case TPPC_E_OR:
    return tppc_e_bin(cx, a->kind == TPPC_E_AND ? TPPC_E_OR : TPPC_E_AND, tppc_e_not(cx, a->op[0]),
                      tppc_e_not(cx, a->op[1]));
  case TPPC_E_CONST:
  case TPPC_E_SYM:
  case TPPC_E_ADD:
  case TPPC_E_MUL:
  case TPPC_E_DIV:
  case TPPC_E_MOD:
  case TPPC_E_MIN:
  case TPPC_E_MAX:
    break;
  }
  return tppc_e_sub(cx, tppc_e_int(cx, 1), a);
}

static const TppcExpr *truth(TppcContext *cx, const TppcExpr *e) {
  return tppc_e_is_condition(e) ? e : compare(cx, TPPC_E_NE, e, tppc_e_int(cx, 0));
}

/* Sorted, without repetition; a condition beside its own negation decides. */
static const TppcExpr *junction(TppcContext *cx, TppcExprKind kind, const TppcExpr *a,
                                const TppcExpr *b) {
  int64_t decisive = kind == TPPC_E_OR, value;
  TppcExprVec all = {0}, v = {0};
  tppc_e_flatten(cx, kind, truth(cx, a), &all);
  tppc_e_flatten(cx, kind, truth(cx, b), &all);
  for (int i = 0; i < all.n; i++) {
    const TppcExpr *e = all.data[i];
    if (tppc_e_const(e, &value)) {
      if (value == decisive)
        return e;
      continue;
    }
    const TppcExpr *no = tppc_e_not(cx, e);
    int at = 0;
    for (; at < v.n && v.data[at] != e; at++)
      if (v.data[at] == no)
        return tppc_e_int(cx, decisive);
    if (at < v.n)
      continue;
    TPPC_PUSH(cx->arena, &v, e);
    for (; at > 0 && tppc_e_compare(v.data[at - 1], e) > 0; at--)
      v.data[at] = v.data[at - 1];
    v.data[at] = e;
  }
  if (!v.n)
    return tppc_e_int(cx, !decisive);
  const TppcExpr *e = v.data[0];
  for (int i = 1; i < v.n; i++)
    e = tppc_e_raw2(cx, kind, e, v.data[i]);
  return e;
}

const TppcExpr *tppc_e_and(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  return junction(cx, TPPC_E_AND, a, b);
}

const TppcExpr *tppc_e_bin(TppcContext *cx, TppcExprKind kind, const TppcExpr *a,
                           const TppcExpr *b) {
  switch (kind) {
  case TPPC_E_ADD:
    return tppc_e_add(cx, a, b);
  case TPPC_E_MUL:
    return tppc_e_mul(cx, a, b);
  case TPPC_E_DIV:
    return tppc_e_div(cx, a, b);
  case TPPC_E_MOD:
    return tppc_e_mod(cx, a, b);
  case TPPC_E_MIN:
    return tppc_e_min(cx, a, b);
  case TPPC_E_MAX:
    return tppc_e_max(cx, a, b);
  case TPPC_E_EQ:
  case TPPC_E_NE:
  case TPPC_E_LT:
  case TPPC_E_LE:
    return compare(cx, kind, a, b);
  case TPPC_E_AND:
  case TPPC_E_OR:
    return junction(cx, kind, a, b);
  case TPPC_E_CONST:
  case TPPC_E_SYM:
    break;
  }
  return a;
}
