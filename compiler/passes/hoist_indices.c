/* Data indices that the kernel computes: what they are computed by moves in front.
 *
 *   tpp.nest @nest0 { %t[m] = ix[m] / 2 ... ; Y[m, d] = E[t[m], d] }
 *   -->  %t = local;  tpp.nest @nest0_indices { %t[m] = ix[m] / 2 };  the check of t;  tpp.nest
 * @nest0 { Y = E[t] }
 *
 * An index must be right before anything is written, and the one that is checked must be the one
 * that is used, to the last bit. So nothing is computed twice: the statements that make a temporary
 * of the nest from which an index comes, and those that they need, form a nest of their own, and
 * the temporaries that others read become locals. A temporary has its final value when it is first
 * read, so its statements may move before all that read it. What they read is not written before by
 * the kernel, or is a local that earlier nests make, as long as these write no argument. All else
 * is left to late_indices.c.
 */
#include "passes/hoist_indices.h"

typedef TppcVec(TppcOp *) Ops;

typedef struct Hoist {
  TppcContext *cx;
  TppcOp *kernel, *nest, *at;
  const TppcOp *bind;
  Ops slice;                  /* statements to move, in the order of the nest at the end */
  TppcVec(TppcValue *) temps; /* that they make */
  const TppcOp *after;        /* the last nest that makes a local they read, or NULL */
  const TppcValue *refused;
} Hoist;

static bool has(const Ops *ops, const TppcOp *op) {
  for (int i = 0; i < ops->n; i++)
    if (ops->data[i] == op)
      return true;
  return false;
}

static bool comes_before(const TppcOp *a, const TppcOp *b) {
  for (; a; a = a->next)
    if (a == b)
      return true;
  return false;
}

static bool need_value(Hoist *h, TppcValue *v, const TppcOp *stmt);

/* Everything that the statement reads. */
static bool need_statement(Hoist *h, TppcOp *stmt, const TppcValue *made) {
  if (has(&h->slice, stmt))
    return true;
  TPPC_PUSH(h->cx->arena, &h->slice, stmt);
  for (int i = 0; i < stmt->n_uses; i++)
    if (stmt->uses[i].value != made && !need_value(h, stmt->uses[i].value, stmt))
      return false;
  for (TppcOp *op = stmt->n_regions ? stmt->regions[0].first : NULL; op; op = op->next)
    for (int i = 0; i < op->n_uses; i++) {
      TppcTouch t = tppc_touch(op, i);
      if (t.writes && t.use->value != made) {
        h->refused = t.use->value;
        return false;
      }
      if (t.reads && t.use->value != made && !need_value(h, t.use->value, stmt))
        return false;
    }
  return true;
}

/* The value that stmt reads is known in front of the nest, or will be. */
static bool need_value(Hoist *h, TppcValue *v, const TppcOp *stmt) {
  if (v->type->kind != TPPC_T_TENSOR || !v->def)
    return true;
  bool temp = v->def->kind == TPPC_OP_TEMP, local = v->def->kind == TPPC_OP_LOCAL;
  TppcTouches all = tppc_touches(h->cx, &h->kernel->regions[0], v);
  TppcRegion *body = &h->kernel->regions[0];
  const TppcOp *around = tppc_op_in_region(h->nest, body);
  bool repeated = around != h->nest;
  for (int i = 0; i < all.v.n; i++) {
    TppcOp *op = all.v.data[i].op, *own = tppc_op_in_region(op, &h->nest->regions[0]);
    TppcOp *top = tppc_op_in_region(op, body);
    if (!repeated && (op == stmt || own == stmt))
      break;
    if (!all.v.data[i].writes || own == stmt)
      continue;
    if (repeated && top == around && !(temp && own)) { /* perhaps in an iteration before */
      h->refused = v;
      return false;
    }
    if (repeated && top != around && !comes_before(top, around))
      continue;
    if (temp && own) {
      if (!need_statement(h, own, v))
        return false;
    } else if (local && top != h->nest) {
      if (!h->after || comes_before(h->after, top))
        h->after = top;
    } else {
      h->refused = v;
      return false;
    }
  }
  for (int i = 0; temp && i < h->temps.n; i++)
    if (h->temps.data[i] == v)
      return true;
  if (temp)
    TPPC_PUSH(h->cx->arena, &h->temps, v);
  return true;
}

/* A parameter that something in front of `at` writes, or NULL. */
static const TppcValue *written_in_front(Hoist *h, const TppcOp *at) {
  TppcRegion *body = &h->kernel->regions[0];
  for (TppcOp *op = body->first; op && op != at; op = tppc_next_op(body, op))
    for (int i = 0; i < op->n_uses; i++) {
      TppcTouch t = tppc_touch(op, i);
      if (t.writes && t.use->value->def && t.use->value->def->kind == TPPC_OP_PARAM)
        return t.use->value;
    }
  return NULL;
}

static bool uses_letter(const Ops *slice, const char *sym) {
  for (int i = 0; i < slice->n; i++)
    for (int j = 0; j < slice->data[i]->n_dims; j++)
      if (slice->data[i]->dims[j].sym == sym)
        return true;
  return false;
}

static void move_temp(Hoist *h, TppcValue *v, TppcOp *nest, TppcOp *at) {
  TppcOp *op = v->def;
  if (!tppc_is_used(&h->nest->regions[0], v)) {
    tppc_op_unlink(op);
    if (nest->regions[0].first)
      tppc_op_insert_before(nest->regions[0].first, op);
    else
      tppc_op_append(&nest->regions[0], op);
    return;
  }
  TppcOp *local = tppc_op_new(h->cx, TPPC_OP_LOCAL, op->span);
  local->name = op->name;
  TppcValue *to = tppc_op_add_result(h->cx, local, v->type, v->name);
  tppc_op_insert_before(at, local);
  tppc_replace_value(&h->kernel->regions[0], v, to);
  tppc_op_unlink(op);
}

static void move_slice(Hoist *h, TppcOp *at) {
  TppcContext *cx = h->cx;
  TppcOp *nest = tppc_op_new(cx, TPPC_OP_NEST, h->nest->span);
  const char *stem = tppc_internf(cx->names, "%s_indices", h->nest->name);
  nest->name = tppc_fresh_name(cx, h->kernel, stem);
  for (int i = 0; i < h->nest->n_dims; i++)
    if (uses_letter(&h->slice, h->nest->dims[i].sym))
      tppc_copy_dim(cx, nest, &h->nest->dims[i]);
  for (TppcOp *op = h->nest->regions[0].first, *next; op; op = next) {
    next = op->next;
    if (!has(&h->slice, op))
      continue;
    tppc_op_unlink(op);
    tppc_op_append(&nest->regions[0], op);
  }
  tppc_op_insert_before(at, nest);
  for (int i = 0; i < h->temps.n; i++)
    move_temp(h, h->temps.data[i], nest, nest);
}

TppcOp *tppc_hoist_index(TppcContext *cx, TppcOp *kernel, TppcOp *at, const TppcOp *bind,
                         TppcOp *const *chain, int n_chain) {
  Hoist h = {.cx = cx, .kernel = kernel, .at = at, .bind = bind};
  TppcOp *stmt = tppc_op_parent(bind);
  h.nest = tppc_op_parent(stmt);
  bool plain = tppc_op_parent(h.nest) == kernel; /* nests that are repeated depend on themselves */
  for (int i = 0; i < n_chain && !h.refused; i++)
    if (chain[i]->kind == TPPC_OP_LOAD)
      need_value(&h, chain[i]->uses[0].value, stmt);
  if (!plain && !h.refused && h.slice.n)
    h.refused = h.temps.data[0];
  if (!h.refused && h.after && comes_before(at, h.after) && h.after != at->prev)
    at = h.after->next;
  if (!h.refused && at != h.at)
    h.refused = written_in_front(&h, at);
  if (h.refused)
    return NULL;
  if (h.slice.n)
    move_slice(&h, at);
  return at;
}
