/* Atomic updates: what a tile adds is summed first, and goes to the shared result once.
 *
 *   schedule "Mn" { m: 32; n: 64; reduce m = atomic; }     b[n] += G[m, n]
 *   -->  loop.tile [n] { b_part[n] = -0 }
 *        loop.tile [m, n] { b_part[n] += G[m, n] }
 *        loop.tile [n] { b[n] += b_part[n] atomic=1 }
 *
 * Problem: an atomic operation costs tens of cycles where an addition costs less than one, and it
 * has no vectors. Method: a buffer of the thread takes the updates of one tile, and of the serial
 * loops around it whose letters the result does not have; then each element of the result is
 * updated once. The buffer has the letters that index the result. A product has no other way,
 * its kernel knows nothing of threads. Where a tile meets each element once, where the element is
 * data, and along stored entries the update goes to the result directly.
 */
#include "passes/rewrite.h"
#include "passes/schedule_tiles.h"

static const TppcOp *updating_op(const TppcOp *stmt) {
  if (stmt->kind == TPPC_OP_CONTRACT)
    return tppc_attr_int(stmt, "atomic", 0) ? stmt : NULL;
  const TppcOp *found = NULL;
  for (const TppcOp *op = stmt->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_STORE)
      continue;
    if (found || !tppc_attr_int(op, "atomic", 0))
      return NULL;
    found = op;
  }
  return found;
}

static TppcUse *updated(const TppcOp *op) {
  return &op->uses[op->kind == TPPC_OP_STORE ? 1 : 0];
}

static bool sums_first(const TppcSchedStmt *stmt) {
  const TppcOp *op = updating_op(stmt->op);
  if (!op || stmt->op->kind == TPPC_OP_CONTRACT || stmt->pattern)
    return op && stmt->op->kind == TPPC_OP_CONTRACT;
  const TppcUse *u = updated(op);
  for (int i = 0; i < u->n_idx; i++)
    if (tppc_e_has_bound(u->idx[i]))
      return false;
  for (int i = 0; i < stmt->op->n_dims; i++)
    if (!tppc_use_has(u, stmt->op->dims[i].sym))
      return true;
  return false;
}

const TppcSchedStmt *tppc_atomic_part(const TppcEmitter *e, const TppcTree *t) {
  const TppcTree *leaf = t;
  while (leaf->kind == TPPC_TREE_LOOP && !leaf->walk && leaf->first && !leaf->first->next &&
         !leaf->first->guard)
    leaf = leaf->first;
  if (e->part.stmt || leaf->kind != TPPC_TREE_STMT || !sums_first(leaf->stmt))
    return NULL;
  const TppcUse *u = updated(updating_op(leaf->stmt->op));
  for (; t != leaf; t = t->first)
    if (tppc_use_has(u, tppc_loop_at(e, t->levels[0])->sym))
      return NULL;
  return leaf->stmt;
}

/* A tile over the elements of the part. */
static TppcRegion *over_part(TppcEmitter *e, TppcRegion *r) {
  const TppcSchedStmt *stmt = e->part.stmt;
  TppcOp *tile = tppc_emit_op(e, r, TPPC_OP_TILE, stmt->op->span);
  for (int i = 0; i < stmt->op->n_dims; i++) {
    const TppcDim *d = &stmt->op->dims[i];
    if (!tppc_use_has(&e->part.at, d->sym))
      continue;
    TppcDim own = tppc_tile_dim(e, stmt, d);
    tppc_op_add_dim(e->cx, tile, own.sym, own.lo, own.hi, NULL, own.span);
  }
  return tppc_emitted_body(e, tile);
}

void tppc_open_part(TppcEmitter *e, const TppcSchedStmt *stmt, TppcRegion *r) {
  TppcContext *cx = e->cx;
  const TppcOp *op = updating_op(stmt->op);
  const TppcUse *to = updated(op);
  int elem = to->value->type->elem, n = 0;
  const TppcExpr **extent = TPPC_NEW_N(cx->arena, const TppcExpr *, stmt->op->n_dims + 1);
  const TppcExpr **idx = TPPC_NEW_N(cx->arena, const TppcExpr *, stmt->op->n_dims + 1);
  for (int i = 0; i < stmt->op->n_dims; i++)
    if (tppc_use_has(to, stmt->op->dims[i].sym)) {
      extent[n] = stmt->op->dims[i].hi;
      idx[n++] = tppc_e_sym(cx, stmt->op->dims[i].sym);
    }
  TppcOp *buffer = tppc_op_new(cx, TPPC_OP_BUFFER, stmt->op->span);
  buffer->name = tppc_fresh_name(
      cx, e->kernel,
      tppc_internf(cx->names, e->n_parts ? "%s_part%d" : "%s_part", to->value->name, e->n_parts));
  e->n_parts++;
  tppc_set_int(cx, buffer, "part", 1);
  TppcValue *v = tppc_op_add_result(cx, buffer, tppc_t_tensor(cx, elem, n, extent), buffer->name);
  if (e->top->first)
    tppc_op_insert_before(e->top->first, buffer);
  else
    tppc_op_append(e->top, buffer);
  e->part = (TppcPart){stmt, {.value = v, .n_idx = n, .idx = idx, .span = to->span}};
  TppcRegion *body = over_part(e, r);
  TppcUpdate u = op->kind == TPPC_OP_STORE ? tppc_op_update(op) : TPPC_ADD;
  bool minus = u == TPPC_ADD && op->kind == TPPC_OP_STORE && tppc_elem_is_float(elem);
  TppcOp *start =
      minus ? tppc_new_const(cx, body, elem, -0.0) : tppc_new_identity(cx, body, elem, u);
  tppc_new_store(cx, body, start->results[0], v, &e->part.at, TPPC_SET);
}

void tppc_close_part(TppcEmitter *e, TppcRegion *r) {
  TppcContext *cx = e->cx;
  const TppcOp *op = updating_op(e->part.stmt->op);
  const TppcUse *to = updated(op);
  TppcValue *result = tppc_map_get(&e->values, to->value);
  TppcRegion *body = over_part(e, r);
  TppcOp *load = tppc_new_load(cx, body, e->part.at.value, &e->part.at);
  TppcOp *store = tppc_new_store(cx, body, load->results[0], result ? result : to->value, to,
                                 op->kind == TPPC_OP_STORE ? tppc_op_update(op) : TPPC_ADD);
  tppc_set_int(cx, store, "init", 0);
  tppc_set_int(cx, store, "atomic", 1);
  e->part.stmt = NULL;
}

void tppc_use_part(const TppcEmitter *e, TppcOp *tile) {
  TppcOp *op = tile;
  if (tile->kind == TPPC_OP_TILE)
    for (op = tile->regions[0].first; op->kind != TPPC_OP_STORE;)
      op = op->next;
  TppcUse *u = updated(op);
  u->value = e->part.at.value;
  u->n_idx = e->part.at.n_idx;
  u->idx = e->part.at.idx;
  tppc_attr_remove(op, "atomic");
}
