/* Copies of ops and modules. */
#include "ir/ir.h"

#include <string.h>

typedef struct Cloner {
  TppcContext *cx;
  TppcMap *values;
  const TppcFacts *facts;
} Cloner;

static TppcValue *value_of(const Cloner *c, TppcValue *v) {
  TppcValue *copy = tppc_map_get(c->values, v);
  return copy ? copy : v;
}

static TppcAttr clone_attr(const Cloner *c, const TppcAttr *a) {
  TppcAttr r = *a;
  if (a->kind == TPPC_A_EXPR)
    r.e = tppc_e_subst(c->cx, a->e, c->facts);
  r.list = NULL;
  if (a->n)
    r.list = TPPC_NEW_N(c->cx->arena, TppcAttr, a->n);
  for (int i = 0; i < a->n; i++)
    r.list[i] = clone_attr(c, &a->list[i]);
  return r;
}

static void clone_uses(const Cloner *c, TppcOp *r, const TppcOp *op) {
  for (int i = 0; i < op->n_uses; i++) {
    const TppcUse *u = &op->uses[i];
    tppc_op_add_use(c->cx, r, value_of(c, u->value), u->n_idx, (const TppcExpr *const *)u->idx,
                    u->span);
    for (int j = 0; j < u->n_idx; j++)
      r->uses[i].idx[j] = tppc_e_subst(c->cx, u->idx[j], c->facts);
  }
}

static TppcOp *clone_op(const Cloner *c, const TppcOp *op) {
  TppcOp *r = tppc_op_new(c->cx, op->kind, op->span);
  r->elt = op->elt;
  r->name = op->name;
  clone_uses(c, r, op);
  for (int i = 0; i < op->n_dims; i++) {
    const TppcDim *d = &op->dims[i];
    tppc_op_add_dim(c->cx, r, d->sym, tppc_e_subst(c->cx, d->lo, c->facts),
                    tppc_e_subst(c->cx, d->hi, c->facts), tppc_e_subst(c->cx, d->step, c->facts),
                    d->span);
  }
  r->n_attrs = op->n_attrs;
  r->attrs = TPPC_NEW_N(c->cx->arena, TppcAttr, op->n_attrs + 1);
  for (int i = 0; i < op->n_attrs; i++)
    r->attrs[i] = clone_attr(c, &op->attrs[i]);
  for (int i = 0; i < op->n_results; i++) {
    TppcValue *v = op->results[i];
    const TppcType *type = tppc_t_subst(c->cx, v->type, c->facts);
    tppc_map_set(c->values, v, tppc_op_add_result(c->cx, r, type, v->name));
  }
  for (int i = 0; i < op->n_regions; i++) {
    TppcRegion *into = i < r->n_regions ? &r->regions[i] : tppc_op_add_region(c->cx, r);
    for (const TppcOp *inner = op->regions[i].first; inner; inner = inner->next)
      tppc_op_append(into, clone_op(c, inner));
  }
  return r;
}

TppcOp *tppc_op_clone(TppcContext *cx, const TppcOp *op, TppcMap *values, const TppcFacts *facts) {
  TppcMap own = {.arena = cx->arena};
  Cloner c = {cx, values ? values : &own, facts};
  return clone_op(&c, op);
}

TppcModule *tppc_module_clone(TppcModule *m) {
  TppcModule *r = tppc_module_new(m->cx);
  r->level = m->level;
  for (const TppcOp *op = m->body.first; op; op = op->next)
    tppc_op_append(&r->body, tppc_op_clone(m->cx, op, NULL, NULL));
  return r;
}
