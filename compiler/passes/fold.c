/* Simplification of the scalar region of a statement or tile.
 *
 * Only what is exact is folded: the oracle interprets the module as semantic analysis left it, and
 * a constant computed here must be the value that it computes there. So an op is evaluated by its
 * own row of ops.def, in double and rounded once, and only rows that are EXACT; x * 1 is x, but x +
 * 0 is not (-0 + 0 is +0).
 */
#include "passes/fold.h"
#include "passes/rewrite.h"
#include "tpp/opsdef.h"

#include <math.h>
#include <string.h>

/* ---- constants ---- */

typedef struct Number {
  bool is_float;
  double f;
  int64_t i;
} Number;

static bool number_of(const TppcValue *v, Number *n) {
  if (!v->def || v->def->kind != TPPC_OP_CONST)
    return false;
  const TppcAttr *a = tppc_attr(v->def, "value");
  if (!a || (a->kind != TPPC_A_INT && a->kind != TPPC_A_FLOAT))
    return false;
  n->is_float = tppc_elem_is_float(v->type->elem);
  n->f = a->kind == TPPC_A_FLOAT ? a->f : (double)a->i;
  n->i = a->kind == TPPC_A_INT ? a->i : n->is_float || fabs(a->f) >= 0x1p63 ? 0 : (int64_t)a->f;
  return true;
}

static bool is_number(const TppcValue *v, double x) {
  Number n;
  if (!number_of(v, &n))
    return false;
  return n.is_float ? n.f == x && signbit(n.f) == signbit(x) : (double)n.i == x;
}

static bool eval_float(TppcElt elt, double x, double y, double z, double *r) {
  (void)y;
  (void)z;
  switch (elt) {
#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def)                                 \
  case TPPC_ELT_##id:                                                                              \
    *r = (double)(def);                                                                            \
    return true;
#define CONTRACT(num, id, mnemonic, def)
#define REDUCE(num, id, mnemonic, update, identity, def)
#include "tpp/ops.def"
#undef ELTWISE
#undef CONTRACT
#undef REDUCE
  case TPPC_ELT_NONE:
  case TPPC_ELT_END:
    break;
  }
  return false;
}

static bool eval_int(TppcElt elt, int64_t x, int64_t y, int64_t z, int64_t *r) {
  (void)y;
  (void)z;
  switch (elt) {
#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def)                                 \
  case TPPC_ELT_##id:                                                                              \
    *r = (int64_t)(def);                                                                           \
    return true;
#define CONTRACT(num, id, mnemonic, def)
#define REDUCE(num, id, mnemonic, update, identity, def)
#include "tpp/ops.def"
#undef ELTWISE
#undef CONTRACT
#undef REDUCE
  case TPPC_ELT_NONE:
  case TPPC_ELT_END:
    break;
  }
  return false;
}

static bool small(int64_t v) {
  return v >= -((int64_t)1 << 31) && v <= (int64_t)1 << 31;
}

static TppcOp *const_before(TppcContext *cx, TppcOp *at, int elem, double value) {
  TppcRegion scratch = {0};
  TppcOp *op = tppc_new_const(cx, &scratch, elem, value);
  op->span = at->span;
  tppc_op_unlink(op);
  tppc_op_insert_before(at, op);
  return op;
}

static double rounded(int elem, double v) {
  return elem == TPP_F32 ? (double)(float)v : v;
}

static TppcValue *fold_elt(TppcContext *cx, TppcOp *op) {
  const TppcEltInfo *info = tppc_elt_info(op->elt);
  int elem = op->results[0]->type->elem;
  Number n[3] = {{0}};
  if (!info || !(info->traits & TPPC_TRAIT_EXACT) || op->n_uses > 3)
    return NULL;
  for (int i = 0; i < op->n_uses; i++)
    if (!number_of(op->uses[i].value, &n[i]))
      return NULL;
  bool is_float = n[op->n_uses - 1].is_float;
  if (is_float) {
    double x = n[0].is_float ? n[0].f : (double)n[0].i, r;
    if (!eval_float(op->elt, x, n[1].f, n[2].f, &r))
      return NULL;
    return const_before(cx, op, elem, rounded(elem, r))->results[0];
  }
  int64_t r;
  if (info->types == TPPC_TYPES_FLT || info->types == TPPC_TYPES_RNG ||
      info->types == TPPC_TYPES_ZIP || !small(n[0].i) || !small(n[1].i) || !small(n[2].i) ||
      !eval_int(op->elt, n[0].i, n[1].i, n[2].i, &r))
    return NULL;
  if (elem == TPP_I32)
    r = (int32_t)(uint32_t)(uint64_t)r;
  if (!small(r))
    return NULL;
  return const_before(cx, op, elem, (double)r)->results[0];
}

/* ---- identities ---- */

static TppcValue *identity(TppcOp *op) {
  TppcValue *x = op->uses[0].value, *y = op->n_uses > 1 ? op->uses[1].value : NULL;
  bool is_float = tppc_elem_is_float(op->results[0]->type->elem);
  Number n;
  switch (op->elt) {
  case TPPC_ELT_MUL:
    return is_number(y, 1) ? x : is_number(x, 1) ? y : NULL;
  case TPPC_ELT_DIV:
    return is_number(y, 1) ? x : NULL;
  case TPPC_ELT_ADD:
    if (is_number(y, is_float ? -0.0 : 0.0))
      return x;
    return is_number(x, is_float ? -0.0 : 0.0) ? y : NULL;
  case TPPC_ELT_SUB:
    return is_number(y, 0) ? x : NULL;
  case TPPC_ELT_SELECT:
    if (number_of(x, &n))
      return n.i ? y : op->uses[2].value;
    return y == op->uses[2].value ? y : NULL;
  default:
    return NULL;
  }
}

static TppcValue *fold_convert(TppcContext *cx, TppcOp *op) {
  TppcValue *x = op->uses[0].value;
  int to = op->results[0]->type->elem;
  Number n;
  if (x->type == op->results[0]->type)
    return x;
  if (!number_of(x, &n) || !(to == TPP_F32 || to == TPP_F64))
    return NULL;
  if (!n.is_float && !small(n.i))
    return NULL;
  return const_before(cx, op, to, rounded(to, n.is_float ? n.f : (double)n.i))->results[0];
}

static TppcValue *simpler(TppcContext *cx, TppcOp *op) {
  int64_t v;
  switch (op->kind) {
  case TPPC_OP_ELT: {
    TppcValue *r = identity(op);
    return r && r->type == op->results[0]->type ? r : fold_elt(cx, op);
  }
  case TPPC_OP_CONVERT:
    return fold_convert(cx, op);
  case TPPC_OP_INDEX: {
    const TppcExpr *e = tppc_attr_expr(op, "value");
    if (e && tppc_e_const(e, &v) && small(v))
      return const_before(cx, op, op->results[0]->type->elem, (double)v)->results[0];
    return NULL;
  }
  default:
    return NULL;
  }
}

/* ---- sharing ---- */

static bool same_attrs(const TppcOp *a, const TppcOp *b) {
  if (a->n_attrs != b->n_attrs)
    return false;
  for (int i = 0; i < a->n_attrs; i++) {
    const TppcAttr *x = &a->attrs[i], *y = &b->attrs[i];
    bool same = x->key == y->key && x->kind == y->kind && x->i == y->i && x->e == y->e &&
                x->n == 0 && y->n == 0 && memcmp(&x->f, &y->f, sizeof x->f) == 0 &&
                (x->s == y->s || (x->s && y->s && strcmp(x->s, y->s) == 0));
    if (!same)
      return false;
  }
  return true;
}

static bool same_use(const TppcUse *a, const TppcUse *b) {
  if (a->value != b->value || a->n_idx != b->n_idx)
    return false;
  for (int i = 0; i < a->n_idx; i++)
    if (a->idx[i] != b->idx[i])
      return false;
  return true;
}

static bool same_op(const TppcOp *a, const TppcOp *b) {
  if (a->kind != b->kind || a->elt != b->elt || a->n_uses != b->n_uses || a->n_results != 1 ||
      a->results[0]->type != b->results[0]->type || !same_attrs(a, b))
    return false;
  bool same = true;
  for (int i = 0; i < a->n_uses; i++)
    same = same && same_use(&a->uses[i], &b->uses[i]);
  if (same || a->kind != TPPC_OP_ELT || a->n_uses != 2)
    return same;
  return (tppc_elt_info(a->elt)->traits & TPPC_TRAIT_COMMUTES) &&
         same_use(&a->uses[0], &b->uses[1]) && same_use(&a->uses[1], &b->uses[0]);
}

/* An earlier op of the region with the same value, no store to a loaded tensor in between. */
static TppcValue *shared(const TppcOp *op) {
  if (op->n_results != 1)
    return NULL;
  for (const TppcOp *o = op->prev; o; o = o->prev) {
    if (same_op(o, op))
      return o->results[0];
    if (op->kind == TPPC_OP_LOAD && o->kind == TPPC_OP_STORE &&
        o->uses[1].value == op->uses[0].value)
      return NULL;
  }
  return NULL;
}

static bool uses_symbol(const TppcRegion *r, const char *sym) {
  for (const TppcOp *op = r->first; op; op = op->next) {
    for (int i = 0; i < op->n_uses; i++)
      if (tppc_use_has(&op->uses[i], sym))
        return true;
    for (int i = 0; i < op->n_attrs; i++)
      if (op->attrs[i].kind == TPPC_A_EXPR && tppc_e_uses(op->attrs[i].e, sym))
        return true;
  }
  return false;
}

void tppc_fold_region(TppcContext *cx, TppcRegion *r) {
  for (TppcOp *op = r->first, *next; op; op = next) {
    next = op->next;
    TppcValue *v = simpler(cx, op);
    v = v ? v : shared(op);
    if (!v)
      continue;
    tppc_replace_value(r, op->results[0], v);
    tppc_op_unlink(op);
  }
  for (TppcOp *op = r->last, *prev; op; op = prev) {
    prev = op->prev;
    if ((op->n_results == 1 && !tppc_is_used(r, op->results[0])) ||
        (op->kind == TPPC_OP_BIND && !uses_symbol(r, op->dims[0].sym)))
      tppc_op_unlink(op);
  }
}
