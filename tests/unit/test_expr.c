/* Random expressions: normal form and simplification keep the value, printing parses back, bounds
 * and divisors hold. */
#include "ir/parse_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TREES = 10000, POINTS = 24, DEPTH = 5 };

static int failures;

/* ---- a small generator of random numbers, the same everywhere ---- */

static uint64_t next(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 33;
}

static int64_t below(uint64_t *state, int64_t n) {
  return (int64_t)(next(state) % (uint64_t)n);
}

/* ---- the loops that give the symbols their ranges ----
 *
 * M % 32 == 0; m0 = 0 to M step 32; m = m0 to min(m0 + 32, M); t = 0 to 8; i = 0 to 32; x in -20 ..
 * 20; N >= 0; n < N.
 */

enum { S_M, S_M0, S_M1, S_T, S_I, S_X, S_N, S_N1, N_SYMBOLS };
static const char *const symbols[N_SYMBOLS] = {"M", "m0", "m", "t", "i", "x", "N", "n"};

typedef struct Point {
  int64_t v[N_SYMBOLS];
} Point;

static Point random_point(uint64_t *state) {
  Point p;
  p.v[S_M] = 32 * (1 + below(state, 4));
  p.v[S_M0] = 32 * below(state, p.v[S_M] / 32);
  p.v[S_M1] = p.v[S_M0] + below(state, 32);
  p.v[S_T] = below(state, 8);
  p.v[S_I] = below(state, 32);
  p.v[S_X] = below(state, 41) - 20;
  p.v[S_N] = 1 + below(state, 40);
  p.v[S_N1] = below(state, p.v[S_N]);
  return p;
}

static const char facts_text[] =
    "module level=loop\n"
    "kernel @k { size @M size @N require when=(M % 32 == 0)\n"
    "  loop.nest @n { loop.for [m0 = 0 to M step 32] { loop.for [m = m0 to min(m0 + 32, M)] {\n"
    "    loop.for [t: 8] { loop.for [i: 32] { loop.for [x = -20 to 21] { loop.for [n: N] {\n"
    "      loop.barrier } } } } } } } }\n";

static bool find_barrier(void *user, TppcOp *op) {
  if (op->kind == TPPC_OP_BARRIER)
    *(TppcOp **)user = op;
  return true;
}

static TppcFacts make_facts(TppcContext *cx) {
  TppcOp *at = NULL;
  TppcModule *m =
      tppc_parse_tir(cx, tppc_source_add(cx->diags, "facts", facts_text, strlen(facts_text)));
  tppc_walk(&m->body, find_barrier, &at);
  return tppc_facts_at(cx, at);
}

/* ---- trees that know nothing of normal forms ---- */

typedef struct Tree Tree;
struct Tree {
  int kind; /* an expression kind, or NEGATE */
  int64_t value;
  int symbol;
  const Tree *a, *b;
};
enum { SUBTRACT = 100, NOT };

static const Tree *random_tree(TppcArena *arena, uint64_t *state, int depth, bool big) {
  static const int kinds[] = {TPPC_E_ADD, TPPC_E_ADD, TPPC_E_ADD, TPPC_E_MUL, TPPC_E_MUL,
                              TPPC_E_DIV, TPPC_E_MOD, TPPC_E_MIN, TPPC_E_MAX, TPPC_E_EQ,
                              TPPC_E_NE,  TPPC_E_LT,  TPPC_E_LE,  TPPC_E_AND, TPPC_E_OR,
                              SUBTRACT,   SUBTRACT,   NOT};
  static const int64_t constants[] = {0, 1, 2, 3, 4, 8, 31, 32, 33, 64, -1, -2, -32, 5, 7, 100};
  static const int64_t extremes[] = {INT64_MAX, INT64_MIN, INT64_MIN + 1, INT64_MAX / 2, 3};
  Tree *t = TPPC_NEW(arena, Tree);
  int64_t what = below(state, 10);
  if (depth == 0 || what < 2) {
    t->kind = what % 2 ? TPPC_E_SYM : TPPC_E_CONST;
    t->symbol = (int)below(state, N_SYMBOLS);
    t->value = big ? extremes[below(state, 5)] : constants[below(state, 16)];
    return t;
  }
  t->kind = kinds[below(state, 18)];
  t->a = random_tree(arena, state, depth - 1, big);
  t->b = random_tree(arena, state, depth - 1, big);
  /* Most divisors of real programs are positive constants. */
  if ((t->kind == TPPC_E_DIV || t->kind == TPPC_E_MOD) && below(state, 4)) {
    Tree *d = TPPC_NEW(arena, Tree);
    d->kind = TPPC_E_CONST;
    d->value = INT64_C(1) << below(state, 7);
    t->b = d;
  }
  return t;
}

static bool eval(const Tree *t, const Point *p, int64_t *r) {
  int64_t a, b, q;
  if (t->kind == TPPC_E_CONST || t->kind == TPPC_E_SYM) {
    *r = t->kind == TPPC_E_CONST ? t->value : p->v[t->symbol];
    return true;
  }
  if (!eval(t->a, p, &a) || !eval(t->b, p, &b))
    return false;
  switch (t->kind) {
  case TPPC_E_ADD:
    return !__builtin_add_overflow(a, b, r);
  case SUBTRACT:
    return !__builtin_sub_overflow(a, b, r);
  case TPPC_E_MUL:
    return !__builtin_mul_overflow(a, b, r);
  case TPPC_E_DIV:
  case TPPC_E_MOD:
    if (b == 0 || (a == INT64_MIN && b == -1))
      return false;
    q = a / b;
    if (q * b != a && (a < 0) != (b < 0))
      q--;
    *r = t->kind == TPPC_E_DIV ? q : (int64_t)((uint64_t)a - (uint64_t)q * (uint64_t)b);
    return true;
  case TPPC_E_MIN:
    *r = a < b ? a : b;
    return true;
  case TPPC_E_MAX:
    *r = a > b ? a : b;
    return true;
  case TPPC_E_EQ:
    *r = a == b;
    return true;
  case TPPC_E_NE:
    *r = a != b;
    return true;
  case TPPC_E_LT:
    *r = a < b;
    return true;
  case TPPC_E_LE:
    *r = a <= b;
    return true;
  case TPPC_E_AND:
    *r = a && b;
    return true;
  case TPPC_E_OR:
    *r = a || b;
    return true;
  default: /* NOT */
    return !__builtin_sub_overflow(1, a, r);
  }
}

static const TppcExpr *build(TppcContext *cx, const Tree *t) {
  if (t->kind == TPPC_E_CONST)
    return tppc_e_int(cx, t->value);
  if (t->kind == TPPC_E_SYM)
    return tppc_e_sym(cx, symbols[t->symbol]);
  const TppcExpr *a = build(cx, t->a), *b = build(cx, t->b);
  if (t->kind == SUBTRACT)
    return tppc_e_sub(cx, a, b);
  return t->kind == NOT ? tppc_e_not(cx, a) : tppc_e_bin(cx, (TppcExprKind)t->kind, a, b);
}

static bool lookup(void *user, const char *sym, int64_t *v) {
  const Point *p = user;
  for (int i = 0; i < N_SYMBOLS; i++)
    if (strcmp(symbols[i], sym) == 0) {
      *v = p->v[i];
      return true;
    }
  return false;
}

/* ---- the checks ---- */

static void fail(const char *what, int number, const TppcExpr *e, const TppcExpr *other) {
  TppcBuf b = {0};
  tppc_e_print(&b, e);
  if (other) {
    tppc_buf_puts(&b, "   and   ");
    tppc_e_print(&b, other);
  }
  if (failures++ < 20)
    printf("tree %d: %s: %s\n", number, what, b.data);
  tppc_buf_free(&b);
}

static void check_value(const char *what, int number, const TppcExpr *e, Point *p, int64_t want,
                        bool big) {
  int64_t have;
  if (!tppc_e_eval(e, lookup, p, &have)) {
    if (!big) /* another order of the same sum may overflow on its way */
      fail("no value", number, e, NULL);
  } else if (have != want) {
    fail(what, number, e, NULL);
  }
}

static void check_text(TppcContext *cx, int number, const TppcExpr *e) {
  TppcBuf b = {0};
  TppcParser p;
  tppc_e_print(&b, e);
  const char *text = tppc_strdup(cx->arena, b.data);
  tppc_lex_start(&p, cx, tppc_source_add(cx->diags, "text", text, b.n));
  const TppcExpr *back = tppc_parse_expr(&p);
  if (p.failed || p.tok != TPPC_TOK_END || back != e)
    fail("parses back as", number, e, back);
  tppc_buf_free(&b);
}

static void check_known(int number, const TppcExpr *e, const TppcFacts *facts, Point *p) {
  bool has_lo, has_hi;
  int64_t lo, hi, v;
  if (!tppc_e_eval(e, lookup, p, &v))
    return;
  tppc_e_bounds(e, facts, &has_lo, &lo, &has_hi, &hi);
  if ((has_lo && v < lo) || (has_hi && v > hi))
    fail("outside of its bounds", number, e, NULL);
  for (int64_t d = 2; d <= 64; d *= 2)
    if (tppc_e_multiple_of(e, d, facts) && v % d != 0)
      fail("not a multiple", number, e, NULL);
}

/* e = coefficient * m + rest: the two agree at every point, and neither uses m. */
static void check_coefficient(TppcContext *cx, int number, const TppcExpr *e, Point *p) {
  const TppcExpr *rest, *c = tppc_e_coeff(cx, e, "m", &rest);
  int64_t v;
  if (!c || !tppc_e_eval(e, lookup, p, &v))
    return;
  if (tppc_e_uses(c, "m") || tppc_e_uses(rest, "m"))
    fail("coefficient uses its symbol", number, e, c);
  const TppcExpr *again = tppc_e_add(cx, tppc_e_mul(cx, c, tppc_e_sym(cx, "m")), rest);
  check_value("coefficient * m + rest differs", number, again, p, v, false);
}

static void check_tree(TppcContext *cx, const TppcFacts *facts, int number, uint64_t *state) {
  bool big = number % 10 == 9;
  const Tree *t = random_tree(cx->arena, state, 1 + (int)below(state, DEPTH), big);
  const TppcExpr *e = build(cx, t), *s = tppc_e_simplify(cx, e, facts);
  if (!big) { /* what overflows when folded has more than one form */
    check_text(cx, number, e);
    check_text(cx, number, s);
  }
  const TppcExpr *replaced =
      tppc_e_subst1(cx, e, "x", tppc_e_add(cx, tppc_e_sym(cx, "t"), tppc_e_int(cx, 3)));
  for (int i = 0; i < POINTS; i++) {
    Point p = random_point(state), moved = p;
    int64_t want;
    moved.v[S_X] = p.v[S_T] + 3;
    if (eval(t, &moved, &want))
      check_value("substitution changed the value", number, replaced, &p, want, big);
    if (!eval(t, &p, &want))
      continue;
    check_value("normal form changed the value", number, e, &p, want, big);
    check_value("simplification changed the value", number, s, &p, want, big);
    check_known(number, e, facts, &p);
    if (!big)
      check_coefficient(cx, number, e, &p);
  }
}

int main(void) {
  uint64_t state = 1;
  for (int i = 0; i < TREES && failures < 20;) {
    /* A context for a hundred trees keeps the memory small. */
    TppcContext *cx = tppc_context_create();
    TppcFacts facts = make_facts(cx);
    do
      check_tree(cx, &facts, i, &state);
    while (++i % 100 != 0);
    tppc_context_destroy(cx);
  }
  printf("%d trees, %d failures\n", TREES, failures);
  return failures != 0;
}
