/* Questions about expressions, substitution, evaluation. */
#include "ir/expr_internal.h"

#include <string.h>

bool tppc_e_uses(const TppcExpr *e, const char *sym) {
  if (e->kind == TPPC_E_SYM)
    return e->sym == sym || strcmp(e->sym, sym) == 0;
  for (int i = 0; i < e->n; i++)
    if (tppc_e_uses(e->op[i], sym))
      return true;
  return false;
}

/* ---- substitution ---- */

const TppcSymFact *tppc_facts_find(const TppcFacts *f, const char *sym) {
  for (int i = f ? f->v.n - 1 : -1; i >= 0; i--)
    if (f->v.data[i].sym == sym || strcmp(f->v.data[i].sym, sym) == 0)
      return &f->v.data[i];
  return NULL;
}

TppcSymFact *tppc_facts_add(TppcFacts *f, const char *sym) {
  for (int i = 0; i < f->v.n; i++)
    if (strcmp(f->v.data[i].sym, sym) == 0)
      return &f->v.data[i];
  TppcSymFact fact = {.sym = sym};
  TPPC_PUSH(f->arena, &f->v, fact);
  return &f->v.data[f->v.n - 1];
}

static const TppcExpr *subst(TppcContext *cx, const TppcExpr *e, const TppcFacts *f,
                             TppcMap *done) {
  if (e->kind == TPPC_E_CONST)
    return e;
  if (e->kind == TPPC_E_SYM) {
    const TppcSymFact *fact = tppc_facts_find(f, e->sym);
    return fact && fact->with ? fact->with : e;
  }
  const TppcExpr *r = tppc_map_get(done, e);
  if (r)
    return r;
  const TppcExpr **op = TPPC_NEW_N(cx->arena, const TppcExpr *, e->n);
  bool same = true;
  for (int i = 0; i < e->n; i++) {
    op[i] = subst(cx, e->op[i], f, done);
    same = same && op[i] == e->op[i];
  }
  r = e;
  if (!same) {
    r = op[0];
    for (int i = 1; i < e->n; i++)
      r = tppc_e_bin(cx, e->kind, r, op[i]);
  }
  tppc_memo_set(done, e, r);
  return r;
}

const TppcExpr *tppc_e_subst(TppcContext *cx, const TppcExpr *e, const TppcFacts *f) {
  if (!e || !f)
    return e;
  TppcMap done = {.arena = cx->arena};
  return subst(cx, e, f, &done);
}

const TppcExpr *tppc_e_subst1(TppcContext *cx, const TppcExpr *e, const char *sym,
                              const TppcExpr *with) {
  TppcFacts f = {.arena = cx->arena};
  tppc_facts_add(&f, sym)->with = with;
  return tppc_e_subst(cx, e, &f);
}

/* ---- affine coefficients ---- */

const TppcExpr *tppc_e_coeff(TppcContext *cx, const TppcExpr *e, const char *sym,
                             const TppcExpr **rest) {
  const TppcExpr *x = tppc_e_sym(cx, sym);
  TppcSum factor = {.cx = cx}, other = {.cx = cx};
  int n = tppc_e_terms(e);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&e, i);
    const TppcExpr **atom = TPPC_NEW_N(cx->arena, const TppcExpr *, t.n + 1);
    TppcTerm q = {t.k, 0, atom};
    int found = 0;
    for (int j = 0; j < t.n; j++) {
      if (t.atom[j] == x)
        found++;
      else if (tppc_e_uses(t.atom[j], sym))
        return NULL;
      else
        atom[q.n++] = t.atom[j];
    }
    if (found > 1)
      return NULL;
    tppc_sum_add_term(found ? &factor : &other, q);
  }
  if (rest)
    *rest = tppc_sum_build(&other);
  return tppc_sum_build(&factor);
}

/* ---- evaluation ---- */

static bool combine(TppcExprKind kind, int64_t a, int64_t b, int64_t *r) {
  switch (kind) {
  case TPPC_E_ADD:
    return !__builtin_add_overflow(a, b, r);
  case TPPC_E_MUL:
    return !__builtin_mul_overflow(a, b, r);
  case TPPC_E_DIV:
    return b != 0 && tppc_floor_div(a, b, r);
  case TPPC_E_MOD:
    if (b == 0)
      return false;
    *r = tppc_floor_mod(a, b);
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
    *r = a != 0 && b != 0;
    return true;
  case TPPC_E_OR:
    *r = a != 0 || b != 0;
    return true;
  case TPPC_E_CONST:
  case TPPC_E_SYM:
    break;
  }
  return false;
}

bool tppc_e_eval(const TppcExpr *e, bool (*lookup)(void *user, const char *sym, int64_t *v),
                 void *user, int64_t *value) {
  if (tppc_e_const(e, value))
    return true;
  if (e->kind == TPPC_E_SYM)
    return lookup(user, e->sym, value);
  if (!tppc_e_eval(e->op[0], lookup, user, value))
    return false;
  for (int i = 1; i < e->n; i++) {
    int64_t v;
    if (!tppc_e_eval(e->op[i], lookup, user, &v) || !combine(e->kind, *value, v, value))
      return false;
  }
  return true;
}
