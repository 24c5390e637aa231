/* place-buffers: a temporary shrinks to what is alive at one time, and gets its space.
 *
 *   %acc = loop.buffer : f32[M, 3072]
 *   loop.for [n0] { loop.for [k0] { loop.par [m0, n1] { loop.contract %acc[m, n] ... } } ... }
 *   -->  %acc = loop.buffer space=shared : f32[M, 256], every %acc[m, n] is %acc[m, n - n0]
 *
 * A loop that walks over elements of the buffer (its variable decides the index of every access)
 * needs storage for one iteration only; a loop that comes back to the same elements, such as that
 * of a sum, carries values and the buffer lives outside of it. So the buffer lives in the deepest
 * region that has all its accesses and is outside every carrying loop. Inside a loop.par that is
 * one buffer a thread, else one for the team. One marked part=1 starts anew wherever it is used, so
 * no loop carries it.
 *
 * A shared buffer that is reused by the iterations of a serial loop adds a hazard which the whole
 * tensor did not have: a fast thread overwrites what a slow one still reads. Where ownership of its
 * elements may move between threads from one iteration to the next, a barrier ends the loop's body.
 *
 * An accumulator that is only copied to a tensor of its own type in the end lives in that tensor.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

typedef struct Placer {
  TppcContext *cx;
  TppcOp *nest, *buffer;
  TppcTouches touches;
} Placer;

/* The tile or contraction that an access belongs to. */
static TppcOp *control_op(TppcOp *op) {
  TppcOp *tile = tppc_op_ancestor(op, TPPC_OP_TILE);
  return tile ? tile : op;
}

static bool is_loop(const TppcOp *op) {
  return op->kind == TPPC_OP_FOR || op->kind == TPPC_OP_PAR || op->kind == TPPC_OP_WALK;
}

/* ---- where ---- */

/* The dimension of the buffer whose index `var` decides in this access, or -1. */
static int dim_moved_by(const TppcTouch *t, const char *var) {
  const TppcOp *op = control_op(t->op);
  for (int i = 0; i < t->use->n_idx; i++) {
    const TppcExpr *e = t->use->idx[i];
    const TppcDim *d = e->kind == TPPC_E_SYM ? tppc_op_dim(op, e->sym) : NULL;
    if (d && tppc_starts_at(op, d->lo, var))
      return i;
  }
  return -1;
}

/* The dimension that var decides in every access, -1 when it is not the same for all. */
static int common_dim(const Placer *p, const char *var) {
  int dim = -1;
  for (int i = 0; i < p->touches.v.n; i++) {
    int d = dim_moved_by(&p->touches.v.data[i], var);
    if (d < 0 || (i && d != dim))
      return -1;
    dim = d;
  }
  return dim;
}

static bool carries(const Placer *p, const TppcOp *loop) {
  for (int i = 0; i < loop->n_dims; i++)
    if (common_dim(p, loop->dims[i].sym) < 0)
      return true;
  return false;
}

static TppcRegion *home(const Placer *p) {
  TppcRegion *r = control_op(p->touches.v.data[0].op)->in;
  for (int i = 1; i < p->touches.v.n; i++)
    while (!tppc_region_has(r, control_op(p->touches.v.data[i].op)))
      r = r->parent->in;
  if (tppc_attr_int(p->buffer, "part", 0))
    return r;
  for (TppcRegion *at = r; at != &p->nest->regions[0]; at = at->parent->in)
    if (is_loop(at->parent) && carries(p, at->parent))
      r = at->parent->in;
  return r;
}

static const TppcOp *inside_par(const TppcRegion *r) {
  return r->parent ? tppc_op_ancestor(r->parent, TPPC_OP_PAR) : NULL;
}

/* ---- how large ---- */

/* The innermost loop around region r, if any, that decides dimension dim; *at is its dim. */
static const TppcOp *origin_loop(const Placer *p, const TppcRegion *r, int dim,
                                 const TppcDim **at) {
  for (; r != &p->nest->regions[0]; r = r->parent->in) {
    const TppcOp *loop = r->parent;
    for (int i = loop->n_dims - 1; is_loop(loop) && i >= 0; i--)
      if (common_dim(p, loop->dims[i].sym) == dim) {
        *at = &loop->dims[i];
        return loop;
      }
  }
  return NULL;
}

static const TppcExpr *smaller(TppcContext *cx, const TppcExpr *step, const TppcExpr *extent) {
  int64_t s, e;
  if (!tppc_e_const(extent, &e) || !tppc_e_const(step, &s))
    return step;
  return tppc_e_int(cx, s < e ? s : e);
}

/* Returns the innermost serial loop outside all parallel ones by which some dimension was shrunk.
 */
static const TppcOp *shrink(Placer *p, TppcRegion *r) {
  TppcContext *cx = p->cx;
  TppcValue *v = p->buffer->results[0];
  const TppcOp *reused = NULL;
  TppcType t = *v->type;
  t.dims = TPPC_NEW_N(cx->arena, const TppcExpr *, t.rank + 1);
  const TppcExpr **origin = TPPC_NEW_N(cx->arena, const TppcExpr *, t.rank + 1);
  for (int j = 0; j < t.rank; j++) {
    const TppcDim *d = NULL;
    const TppcOp *loop = origin_loop(p, r, j, &d);
    t.dims[j] = v->type->dims[j];
    if (!loop)
      continue;
    t.dims[j] = smaller(cx, d->step, t.dims[j]);
    origin[j] = tppc_e_sym(cx, d->sym);
    if (loop->kind == TPPC_OP_FOR && !inside_par(loop->in) &&
        (!reused || tppc_region_has(&reused->regions[0], loop)))
      reused = loop;
  }
  for (int i = 0; i < p->touches.v.n; i++) {
    TppcUse *u = p->touches.v.data[i].use;
    const TppcExpr **idx = TPPC_NEW_N(cx->arena, const TppcExpr *, u->n_idx + 1);
    for (int j = 0; j < u->n_idx; j++)
      idx[j] = origin[j] ? tppc_e_sub(cx, u->idx[j], origin[j]) : u->idx[j];
    u->idx = idx;
  }
  v->type = tppc_t_intern(cx, &t);
  return reused;
}

/* ---- the hazard of reuse ---- */

/* The trip counts of the collapsed loops are those of every iteration around them. */
static bool same_partition(const Placer *p, const TppcOp *par) {
  const char *policy = tppc_attr_word(par, "policy");
  if (policy && policy[0] == 'd')
    return false;
  const TppcOp *kernel = tppc_op_ancestor(p->nest, TPPC_OP_KERNEL);
  for (int i = 0; i < par->n_dims; i++)
    if (!tppc_e_only_sizes(tppc_tile_len(p->cx, par, &par->dims[i]), &kernel->regions[0]))
      return false;
  return true;
}

/* Whether an element of the buffer may belong to another thread in the next iteration. What stands
 * under `tid == 0` belongs to thread 0. */
static bool owners_move(const Placer *p, const TppcOp *loop) {
  for (int i = 0; i < p->touches.v.n; i++) {
    const TppcOp *own = tppc_op_ancestor(p->touches.v.data[i].op, TPPC_OP_PAR);
    if (own && tppc_attr(own, "part"))
      return true; /* of a grid: several loops decide the owner */
  }
  for (const TppcOp *op = loop; op != p->nest; op = tppc_op_parent(op)) {
    const TppcExpr *when = op->kind == TPPC_OP_IF ? tppc_attr_expr(op, "when") : NULL;
    if (when && tppc_e_uses(when, tppc_intern(p->cx->names, "tid")))
      return false;
  }
  const TppcOp *par = NULL;
  for (int i = 0; i < p->touches.v.n; i++) {
    const TppcOp *own = tppc_op_ancestor(p->touches.v.data[i].op, TPPC_OP_PAR);
    if (!own || (par && own != par))
      return true;
    par = own;
  }
  for (int i = 0; par && i < par->n_dims; i++)
    if (common_dim(p, par->dims[i].sym) < 0)
      return true;
  return par && !same_partition(p, par);
}

static void end_with_barrier(TppcContext *cx, const TppcOp *loop) {
  TppcOp *last = loop->regions[0].last;
  if (last->kind == TPPC_OP_BARRIER || loop->regions[0].first->kind == TPPC_OP_BARRIER)
    return;
  tppc_op_insert_after(last, tppc_op_new(cx, TPPC_OP_BARRIER, loop->span));
}

/* ---- accumulators ---- */

static bool same_index(const TppcUse *a, const TppcUse *b) {
  if (a->n_idx != b->n_idx)
    return false;
  for (int i = 0; i < a->n_idx; i++)
    if (a->idx[i] != b->idx[i] || a->idx[i]->kind != TPPC_E_SYM)
      return false;
  return true;
}

/* The tile `to[i..] = buffer[i..]` and nothing else, of the buffer's only reader. */
static TppcOp *final_copy(const Placer *p) {
  TppcOp *tile = NULL;
  for (int i = 0; i < p->touches.v.n; i++) {
    const TppcTouch *t = &p->touches.v.data[i];
    if (t->writes)
      continue;
    if (tile || t->op->kind != TPPC_OP_LOAD)
      return NULL;
    tile = control_op(t->op);
  }
  if (!tile || tile->kind != TPPC_OP_TILE)
    return NULL;
  const TppcOp *load = tile->regions[0].first, *store = load->next;
  if (!store || store->next || load->kind != TPPC_OP_LOAD || store->kind != TPPC_OP_STORE ||
      store->uses[0].value != load->results[0] || tppc_op_update(store) != TPPC_SET ||
      !same_index(&load->uses[0], &store->uses[1]))
    return NULL;
  const TppcType *to = store->uses[1].value->type;
  if (to->elem != p->buffer->results[0]->type->elem || to->pad || to->storage != TPP_STORE_DENSE)
    return NULL;
  for (int i = 0; i < p->touches.v.n; i++)
    if (!same_index(p->touches.v.data[i].use, &load->uses[0]))
      return NULL;
  return tile;
}

/* Lets an accumulator live in the tensor that it is copied to. True when the buffer is gone. */
static bool forward(Placer *p) {
  TppcOp *tile = final_copy(p);
  if (!tile)
    return false;
  TppcValue *to = tile->regions[0].last->uses[1].value;
  if (tppc_touches(p->cx, &p->nest->regions[0], to).v.n != 1)
    return false;
  TppcRegion *r = tile->in;
  tppc_op_unlink(tile);
  while (!r->first && r->parent->kind != TPPC_OP_LNEST) {
    TppcOp *parent = r->parent;
    r = parent->in;
    tppc_op_unlink(parent);
  }
  tppc_replace_value(&p->nest->regions[0], p->buffer->results[0], to);
  tppc_op_unlink(p->buffer);
  return true;
}

/* ---- the pass ---- */

static void place(TppcContext *cx, TppcOp *nest, TppcOp *buffer) {
  Placer p = {.cx = cx, .nest = nest, .buffer = buffer};
  p.touches = tppc_touches(cx, &nest->regions[0], buffer->results[0]);
  if (!p.touches.v.n) {
    tppc_op_unlink(buffer);
    return;
  }
  if (forward(&p))
    return;
  TppcRegion *r = home(&p);
  bool thread = inside_par(r) != NULL;
  /* Ownership is judged by the indices of the whole tensor. */
  Placer whole = p;
  whole.touches.v.data = TPPC_NEW_N(cx->arena, TppcTouch, p.touches.v.n);
  for (int i = 0; i < p.touches.v.n; i++) {
    whole.touches.v.data[i] = p.touches.v.data[i];
    TppcUse *u = TPPC_NEW(cx->arena, TppcUse);
    *u = *p.touches.v.data[i].use;
    whole.touches.v.data[i].use = u;
  }
  const TppcOp *reused = shrink(&p, r);
  tppc_attr_remove(buffer, "part");
  tppc_set_word(cx, buffer, "space", thread ? "thread" : "shared");
  bool parallel = tppc_attr_int(nest, "parallel", 1) != 0;
  if (!thread && parallel && reused && owners_move(&whole, reused))
    end_with_barrier(cx, reused);
  if (buffer->in != &nest->regions[0]) {
    tppc_op_unlink(buffer);
    tppc_op_insert_before(nest->regions[0].first, buffer);
  }
}

bool tppc_pass_place_buffers(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *nest = m->body.first; nest; nest = tppc_next_op(&m->body, nest)) {
    if (nest->kind != TPPC_OP_LNEST)
      continue;
    TppcVec(TppcOp *) buffers = {0};
    for (TppcOp *op = nest->regions[0].first; op; op = tppc_next_op(&nest->regions[0], op))
      if (op->kind == TPPC_OP_BUFFER)
        TPPC_PUSH(m->cx->arena, &buffers, op);
    for (int i = 0; i < buffers.n; i++)
      place(m->cx, nest, buffers.data[i]);
  }
  return true;
}
