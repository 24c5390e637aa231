/* fuse-tiles: neighbouring elementwise tiles over the same points become one pass over them.
 *
 *   loop.tile [m, n] { t = load acc + b; store t }  loop.tile [m, n] { y = gelu(load t); store y }
 *   -->  loop.tile [m, n] { t = load acc + b; store t; y = gelu(t); store y }, and without t if
 * nobody else reads it
 *
 * Two tiles may be interleaved when each element that one writes and the other touches belongs to
 * one point: all their accesses to a common tensor have one index, which tells the points apart.
 * Reductions do not qualify, since their index lacks a letter, so the statement order of the
 * program is kept for everybody who can see it. A value that is stored and loaded again at its own
 * point is taken from the register, rounded as the store would. Declared tensors that a single nest
 * uses are storage of that nest, and may disappear in the same way.
 */
#include "passes/fold.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* ---- locals of one nest ---- */

/* NULL also where a seq between the local and its nest may carry values from one run of the nest to
 * the next. */
static TppcOp *only_nest(TppcRegion *body, const TppcValue *v) {
  TppcOp *nest = NULL;
  for (TppcOp *op = body->first; op; op = op->next) {
    if (op->kind == TPPC_OP_CHECK && op->uses[0].value == v)
      return NULL;
    if ((op->kind != TPPC_OP_LNEST && op->kind != TPPC_OP_SEQ) || !tppc_is_used(&op->regions[0], v))
      continue;
    if (nest || op->kind == TPPC_OP_SEQ)
      return NULL;
    nest = op;
  }
  return nest;
}

static bool is_plain_storage(const TppcType *t) {
  return tppc_t_is_plain(t) && t->storage == TPP_STORE_DENSE && !t->pad &&
         tppc_elem_bits(t->elem) >= 8;
}

static void move_locals(TppcContext *cx, TppcRegion *body) {
  for (TppcOp *op = body->first, *next; op; op = next) {
    next = op->next;
    if (op->kind == TPPC_OP_SEQ)
      move_locals(cx, &op->regions[0]);
    if (op->kind != TPPC_OP_LOCAL || !is_plain_storage(op->results[0]->type))
      continue;
    TppcOp *nest = only_nest(body, op->results[0]);
    if (!nest)
      continue;
    TppcOp *buffer = tppc_op_new(cx, TPPC_OP_BUFFER, op->span);
    buffer->name = op->name;
    TppcValue *v = tppc_op_add_result(cx, buffer, op->results[0]->type, op->results[0]->name);
    tppc_replace_value(&nest->regions[0], op->results[0], v);
    tppc_op_unlink(op);
    if (nest->regions[0].first)
      tppc_op_insert_before(nest->regions[0].first, buffer);
    else
      tppc_op_append(&nest->regions[0], buffer);
  }
}

/* ---- legality ---- */

static bool same_points(const TppcOp *a, const TppcOp *b) {
  if (a->n_dims != b->n_dims)
    return false;
  for (int i = 0; i < a->n_dims; i++) {
    const TppcDim *d = tppc_op_dim(b, a->dims[i].sym);
    if (!d || d->lo != a->dims[i].lo || d->hi != a->dims[i].hi)
      return false;
  }
  return true;
}

static bool same_index(const TppcUse *a, const TppcUse *b) {
  if (a->n_idx != b->n_idx)
    return false;
  for (int i = 0; i < a->n_idx; i++)
    if (a->idx[i] != b->idx[i])
      return false;
  return true;
}

/* Different points of the tile have different elements: each letter stands alone in some position.
 */
static bool one_element_a_point(TppcContext *cx, const TppcOp *tile, const TppcUse *u) {
  for (int i = 0; i < tile->n_dims; i++) {
    const TppcDim *d = &tile->dims[i];
    bool found = tppc_e_is(tppc_e_shift(cx, d->hi, d->lo), 1);
    for (int j = 0; j < u->n_idx && !found; j++) {
      const TppcExpr *rest = tppc_e_sub(cx, u->idx[j], tppc_e_sym(cx, d->sym));
      found = !tppc_e_has_bound(rest);
      for (int k = 0; k < tile->n_dims; k++)
        found = found && !tppc_e_uses(rest, tile->dims[k].sym);
    }
    if (!found)
      return false;
  }
  return true;
}

typedef struct Points {
  TppcContext *cx;
  const TppcOp *tile;
} Points;

static bool same_point(const void *user, const TppcTouch *x, const TppcTouch *y) {
  const Points *p = user;
  return same_index(x->use, y->use) && one_element_a_point(p->cx, p->tile, x->use);
}

static bool may_fuse(TppcContext *cx, TppcOp *a, TppcOp *b) {
  Points points = {cx, a};
  return same_points(a, b) &&
         tppc_conflicts_allowed(&a->regions[0], &b->regions[0], same_point, &points);
}

/* ---- forwarding ---- */

static TppcValue *unary_before(TppcContext *cx, TppcOp *at, TppcOpKind kind, TppcValue *v, int elem,
                               int to) {
  TppcOp *op = tppc_op_new(cx, kind, at->span);
  tppc_op_add_use(cx, op, v, 0, NULL, at->span);
  if (kind == TPPC_OP_ROUND)
    tppc_set_word(cx, op, "to", tppc_elem_name(to));
  tppc_op_add_result(cx, op, tppc_t_scalar(cx, elem), "v");
  tppc_op_insert_before(at, op);
  return op->results[0];
}

/* What a load of v's tensor would give after storing v; NULL when no op says that. */
static TppcValue *read_back(TppcContext *cx, TppcOp *load, TppcValue *v) {
  int to = load->uses[0].value->type->elem, compute = tppc_elem_compute(to), own = v->type->elem;
  if (to != own && own != tppc_elem_compute(own)) { /* a scalar parameter as it was passed */
    v = unary_before(cx, load, TPPC_OP_CONVERT, v, tppc_elem_compute(own), own);
    own = v->type->elem;
  }
  if (to != own && to != compute) {
    if (!tppc_elem_is_float(own) && tppc_elem_is_float(to))
      return NULL;
    v = unary_before(cx, load, TPPC_OP_ROUND, v, own, to);
  }
  return own == compute ? v : unary_before(cx, load, TPPC_OP_CONVERT, v, compute, to);
}

/* Outside a tensor with padding a store is dropped and a load gives 0. */
static bool may_be_outside(const TppcUse *u) {
  for (int i = 0; u->value->type->pad && i < u->n_idx; i++)
    if (u->idx[i]->kind != TPPC_E_SYM)
      return true;
  return false;
}

static void forward_stores(TppcContext *cx, TppcRegion *r) {
  for (TppcOp *load = r->first, *next; load; load = next) {
    next = load->next;
    if (load->kind != TPPC_OP_LOAD || may_be_outside(&load->uses[0]))
      continue;
    for (TppcOp *store = load->prev; store; store = store->prev) {
      if (store->kind != TPPC_OP_STORE || store->uses[1].value != load->uses[0].value)
        continue;
      if (tppc_op_update(store) == TPPC_SET && same_index(&store->uses[1], &load->uses[0])) {
        TppcValue *v = read_back(cx, load, store->uses[0].value);
        if (v) {
          tppc_replace_value(r, load->results[0], v);
          tppc_op_unlink(load);
        }
      }
      break;
    }
  }
}

/* ---- the pass ---- */

static void fuse_region(TppcContext *cx, TppcRegion *r) {
  for (TppcOp *op = r->first; op; op = op->next) {
    if (op->kind != TPPC_OP_TILE) {
      if (op->n_regions)
        fuse_region(cx, &op->regions[0]);
      continue;
    }
    while (op->next && op->next->kind == TPPC_OP_TILE && may_fuse(cx, op, op->next)) {
      TppcOp *second = op->next;
      tppc_splice(&op->regions[0], &second->regions[0]);
      tppc_op_unlink(second);
    }
    forward_stores(cx, &op->regions[0]);
    tppc_fold_region(cx, &op->regions[0]);
  }
}

static bool is_read(TppcRegion *r, const TppcValue *v) {
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++)
      if (op->uses[i].value == v && !tppc_touch(op, i).writes)
        return true;
  return false;
}

static bool is_empty(const TppcOp *op) {
  if (op->kind == TPPC_OP_TILE) {
    for (const TppcOp *o = op->regions[0].first; o; o = o->next)
      if (o->kind == TPPC_OP_STORE)
        return false;
    return true;
  }
  return (op->kind == TPPC_OP_IF || op->kind == TPPC_OP_FOR || op->kind == TPPC_OP_PAR ||
          op->kind == TPPC_OP_WALK) &&
         !op->regions[0].first;
}

static void drop_empty(TppcContext *cx, TppcRegion *r) {
  for (TppcOp *op = r->first, *next; op; op = next) {
    next = op->next;
    if (op->kind == TPPC_OP_TILE)
      tppc_fold_region(cx, &op->regions[0]);
    else if (op->n_regions)
      drop_empty(cx, &op->regions[0]);
    if (is_empty(op))
      tppc_op_unlink(op);
  }
}

static void drop_buffer(TppcRegion *r, TppcOp *buffer) {
  const TppcValue *v = buffer->results[0];
  for (TppcOp *op = r->first, *next; op; op = next) {
    next = tppc_next_op(r, op);
    bool writes = (op->kind == TPPC_OP_STORE && op->uses[1].value == v) ||
                  (op->kind == TPPC_OP_LCONTRACT && op->uses[0].value == v);
    if (writes) {
      next = tppc_skip_op(r, op);
      tppc_op_unlink(op);
    }
  }
  tppc_op_unlink(buffer);
}

static void drop_unread(TppcContext *cx, TppcRegion *nest) {
  for (TppcOp *op = nest->first, *next; op; op = next) {
    next = op->next;
    if (op->kind != TPPC_OP_BUFFER || is_read(nest, op->results[0]))
      continue;
    drop_buffer(nest, op);
    drop_empty(cx, nest);
    next = nest->first;
  }
}

bool tppc_pass_fuse_tiles(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *k = m->body.first; k; k = k->next) {
    if (k->kind != TPPC_OP_KERNEL)
      continue;
    move_locals(m->cx, &k->regions[0]);
    for (TppcOp *nest = tppc_next_item(k, NULL); nest; nest = tppc_next_item(k, nest))
      if (nest->kind == TPPC_OP_LNEST) {
        fuse_region(m->cx, &nest->regions[0]);
        drop_unread(m->cx, &nest->regions[0]);
      }
    tppc_number_values(m->cx, k);
  }
  return true;
}
