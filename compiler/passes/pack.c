/* pack: blocks of plain operands are copied into scratch before the loops that reuse them.
 *
 *   for n0, k0 { par m0 { for n1 { contract C[m, n], A[m, k], B[k, n] } } }        pack=[A, B]
 *   -->  for n0, k0 {
 *          par (panels of n) { B_pack[panel, k - k0, n - ..] = B[k, n] }  barrier
 *          par m0 { A_pack[m - m0, k - k0] = A[m, k]
 *                   for n1 { contract C, A_pack, B_pack[(n1 - n0)/64, ..] } } }
 *
 * The copy stands before the innermost loop that the operand's index does not use, or further
 * outside where that takes the same block: every iteration of that loop reads it. A letter with
 * loops between the copy and the product is stored in panels of the product's tile, so that each
 * tile is contiguous (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
 * TOMS 2008). Before a parallel loop the team shares the copy, with a barrier after it, and one
 * before it where an earlier iteration may still be reading; within one, each thread copies for
 * itself.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

#include <string.h>

/* One index position of the operand. */
typedef struct PackDim {
  const TppcDim *dim;               /* of the product's tile */
  const TppcExpr *lo, *hi, *extent; /* what one copy takes; extent: at most, known at entry */
  const TppcExpr *tile;             /* length of a panel, or NULL when it is not cut */
  const TppcExpr *first;            /* where the product's tile starts */
  const char *panel;                /* variable that counts panels in the copy */
} PackDim;

typedef struct Packer {
  TppcContext *cx;
  TppcOp *kernel, *nest, *op; /* op: the loop.contract */
  TppcUse *use;
  TppcOp *loop; /* the copy goes before it */
  TppcValue *buffer;
  int n;
  PackDim *dims;
  bool shared; /* the team copies */
} Packer;

static bool is_loop(const TppcOp *op) {
  return op->kind == TPPC_OP_FOR || op->kind == TPPC_OP_PAR;
}

static const TppcDim *letter_dim(const Packer *p, const TppcExpr *e) {
  for (int i = 0; e->kind == TPPC_E_SYM && i < p->op->n_dims; i++)
    if (p->op->dims[i].sym == e->sym)
      return &p->op->dims[i];
  return NULL;
}

/* ---- where ---- */

static bool moves(const Packer *p, const TppcDim *d) {
  for (int j = 0; j < p->n; j++)
    if (tppc_starts_at(p->op, p->dims[j].dim->lo, d->sym))
      return true;
  return false;
}

/* How many dimensions of this loop leave the operand's block as it is. */
static int reuses(const Packer *p, const TppcOp *loop) {
  int n = 0;
  for (int i = 0; i < loop->n_dims; i++)
    n += !moves(p, &loop->dims[i]);
  return n;
}

/* The innermost loop that reuses the block, or one further outside that leaves the same block
 * alone. */
static TppcOp *reusing_loop(const Packer *p) {
  TppcOp *found = NULL;
  for (TppcOp *op = tppc_op_parent(p->op); op && op != p->nest; op = tppc_op_parent(op)) {
    if (found && (!is_loop(op) || reuses(p, op) < op->n_dims))
      break;
    if (is_loop(op) && reuses(p, op))
      found = op;
  }
  return found;
}

/* The innermost loop around the copy that decides where the range of this letter starts. */
static const TppcDim *origin(const Packer *p, const TppcDim *d) {
  for (TppcOp *op = tppc_op_parent(p->loop); op && op != p->nest; op = tppc_op_parent(op))
    for (int i = op->n_dims - 1; is_loop(op) && i >= 0; i--)
      if (tppc_starts_at(p->op, d->lo, op->dims[i].sym))
        return &op->dims[i];
  return NULL;
}

/* ---- what ---- */

/* e - from is a multiple of tile, because loops go from one to the other in such steps. */
static bool in_steps(const TppcOp *op, const TppcExpr *e, const TppcExpr *from, int64_t tile) {
  if (e == from)
    return true;
  for (; e->kind == TPPC_E_SYM && op; op = tppc_op_parent(op))
    for (int i = 0; is_loop(op) && i < op->n_dims; i++) {
      int64_t step;
      if (op->dims[i].sym == e->sym)
        return tppc_e_const(op->dims[i].step, &step) && step % tile == 0 &&
               in_steps(op, op->dims[i].lo, from, tile);
    }
  return false;
}

static void block_of(Packer *p, int j) {
  TppcContext *cx = p->cx;
  PackDim *d = &p->dims[j];
  const TppcExpr *whole = p->use->value->type->dims[j];
  const TppcDim *from = origin(p, d->dim);
  int64_t v, e;
  d->first = d->dim->lo;
  if (from) {
    d->lo = tppc_e_sym(cx, from->sym);
    d->hi = tppc_e_min(cx, tppc_e_add(cx, d->lo, from->step), whole);
    d->extent = from->step;
    if (tppc_e_const(whole, &e) && tppc_e_const(from->step, &v) && e < v)
      d->extent = whole;
  } else if (tppc_e_const(d->dim->lo, &v)) {
    d->lo = d->dim->lo;
    d->hi = d->dim->hi;
    d->extent = tppc_len_bound(cx, tppc_tile_len(cx, p->op, d->dim), p->kernel);
  }
  if (!d->extent) {
    d->lo = tppc_e_int(cx, 0);
    d->hi = d->extent = whole;
  }
  const TppcExpr *tile = tppc_len_bound(cx, tppc_tile_len(cx, p->op, d->dim), p->kernel);
  if (d->first != d->lo && tile && tppc_e_const(tile, &v) && v > 1 &&
      in_steps(p->op, d->first, d->lo, v))
    d->tile = tile;
}

/* The dimensions within a panel: those of which the product takes one element, then those of its
 * tile, which so are dense; each in the operand's own order. */
static int order_within(const Packer *p, int *order) {
  int n = 0;
  for (int tiled = 0; tiled < 2; tiled++)
    for (int j = 0; j < p->n; j++) {
      const TppcExpr *len = tppc_tile_len(p->cx, p->op, p->dims[j].dim);
      if (!tppc_e_is(len, 1) == tiled)
        order[n++] = j;
    }
  return n;
}

/* Panel numbers come first. */
static void new_buffer(Packer *p) {
  TppcContext *cx = p->cx;
  const TppcExpr **dims = TPPC_NEW_N(cx->arena, const TppcExpr *, 2 * p->n + 1);
  int n = 0, *order = TPPC_NEW_N(cx->arena, int, p->n + 1);
  for (int j = 0; j < p->n; j++)
    if (p->dims[j].tile)
      dims[n++] = tppc_e_ceildiv(cx, p->dims[j].extent, p->dims[j].tile);
  for (int i = 0, many = order_within(p, order); i < many; i++) {
    const PackDim *d = &p->dims[order[i]];
    dims[n++] = d->tile ? d->tile : d->extent;
  }
  const TppcValue *from = p->use->value;
  const TppcType *type = tppc_t_tensor(cx, from->type->elem, n, dims);
  p->buffer = tppc_new_scratch(cx, p->loop, p->use, "pack", type);
}

/* The index into the buffer where panels start at `first` and have the numbers `panel`. */
static TppcUse buffer_index(const Packer *p, bool copying) {
  TppcContext *cx = p->cx;
  TppcUse u = {.value = p->buffer, .span = p->use->span};
  u.idx = TPPC_NEW_N(cx->arena, const TppcExpr *, 2 * p->n + 1);
  for (int j = 0; j < p->n; j++) {
    const PackDim *d = &p->dims[j];
    const TppcExpr *into = tppc_e_sub(cx, d->first, d->lo);
    if (d->tile)
      u.idx[u.n_idx++] = copying ? tppc_e_sym(cx, d->panel) : tppc_e_div(cx, into, d->tile);
  }
  int *order = TPPC_NEW_N(cx->arena, int, p->n + 1);
  for (int i = 0, many = order_within(p, order); i < many; i++) {
    const PackDim *d = &p->dims[order[i]];
    const TppcExpr *start = d->lo;
    if (d->tile && copying)
      start = tppc_e_add(cx, d->lo, tppc_e_mul(cx, tppc_e_sym(cx, d->panel), d->tile));
    else if (d->tile)
      start = d->first;
    u.idx[u.n_idx++] = tppc_e_sub(cx, p->use->idx[order[i]], start);
  }
  return u;
}

/* ---- the copy ---- */

static TppcOp *new_tile(const Packer *p, int rows, const char *row_var) {
  TppcContext *cx = p->cx;
  TppcOp *tile = tppc_op_new(cx, TPPC_OP_TILE, p->use->span);
  tppc_set_int(cx, tile, "copy", 1);
  for (int j = 0; j < p->n; j++) {
    const PackDim *d = &p->dims[j];
    const TppcExpr *lo = d->lo, *hi = d->hi;
    if (d->tile) {
      lo = tppc_e_add(cx, lo, tppc_e_mul(cx, tppc_e_sym(cx, d->panel), d->tile));
      hi = tppc_e_min(cx, tppc_e_add(cx, lo, d->tile), hi);
    } else if (row_var && j == 0) {
      lo = tppc_e_sym(cx, row_var);
      hi = tppc_e_min(cx, tppc_e_add(cx, lo, tppc_e_int(cx, rows)), hi);
    }
    tppc_op_add_dim(cx, tile, d->dim->sym, lo, hi, tppc_e_int(cx, 1), d->dim->span);
  }
  TppcRegion *r = &tile->regions[0];
  TppcUse to = buffer_index(p, true);
  TppcOp *load = tppc_new_load(cx, r, p->use->value, p->use);
  tppc_new_store(cx, r, load->results[0], to.value, &to, TPPC_SET);
  return tile;
}

/* The copy as one op: the team takes panels, or rows where there are none; a thread goes through
 * all. */
static TppcOp *new_copy(Packer *p) {
  TppcContext *cx = p->cx;
  enum { ROWS = 8 };
  TppcOp *par = tppc_op_new(cx, TPPC_OP_PAR, p->use->span);
  const TppcExpr *zero = tppc_e_int(cx, 0), *one = tppc_e_int(cx, 1);
  const char *row_var = NULL;
  for (int j = 0; j < p->n; j++) {
    PackDim *d = &p->dims[j];
    if (!d->tile)
      continue;
    d->panel = tppc_fresh_name(cx, p->kernel, tppc_internf(cx->names, "%s_panel", d->dim->sym));
    const TppcExpr *count = tppc_e_ceildiv(cx, tppc_e_shift(cx, d->hi, d->lo), d->tile);
    tppc_op_add_dim(cx, par, d->panel, zero, count, one, d->dim->span);
  }
  if (!par->n_dims && p->shared) {
    const PackDim *d = &p->dims[0];
    row_var = tppc_fresh_name(cx, p->kernel, tppc_internf(cx->names, "%s_row", d->dim->sym));
    tppc_op_add_dim(cx, par, row_var, d->lo, d->hi, tppc_e_int(cx, ROWS), d->dim->span);
  }
  TppcOp *tile = new_tile(p, ROWS, row_var);
  if (p->shared) {
    tppc_set_word(cx, par, "policy", "static");
    tppc_op_append(&par->regions[0], tile);
    return par;
  }
  for (int i = par->n_dims - 1; i >= 0; i--) {
    const TppcDim *d = &par->dims[i];
    TppcOp *loop = tppc_op_new(cx, TPPC_OP_FOR, p->use->span);
    tppc_op_add_dim(cx, loop, d->sym, d->lo, d->hi, d->step, d->span);
    tppc_op_append(&loop->regions[0], tile);
    tile = loop;
  }
  return tile;
}

static bool by_one_thread(const Packer *p) {
  if (!tppc_attr_int(p->nest, "parallel", 1))
    return true;
  for (TppcOp *op = tppc_op_parent(p->loop); op && op != p->nest; op = tppc_op_parent(op)) {
    const TppcExpr *when = op->kind == TPPC_OP_IF ? tppc_attr_expr(op, "when") : NULL;
    if (op->kind == TPPC_OP_PAR || (when && tppc_e_uses(when, tppc_intern(p->cx->names, "tid"))))
      return true;
  }
  return false;
}

static bool in_serial_loop(const Packer *p) {
  for (TppcOp *op = tppc_op_parent(p->loop); op && op != p->nest; op = tppc_op_parent(op))
    if (op->kind == TPPC_OP_FOR)
      return true;
  return false;
}

/* Copies that the team shares before one loop stand together, between one pair of barriers. */
static void insert_copy(Packer *p, TppcOp *copy, TppcMap *fences) {
  TppcContext *cx = p->cx;
  if (!p->shared) {
    tppc_op_insert_before(p->loop, copy);
    return;
  }
  TppcOp *fence = tppc_map_get(fences, p->loop);
  if (!fence) {
    fence = tppc_op_new(cx, TPPC_OP_BARRIER, p->use->span);
    tppc_op_insert_before(p->loop, fence);
    tppc_map_set(fences, p->loop, fence);
    if (in_serial_loop(p))
      tppc_op_insert_before(fence, tppc_op_new(cx, TPPC_OP_BARRIER, p->use->span));
  }
  tppc_op_insert_before(fence, copy);
}

/* ---- the pass ---- */

static const char *unsuited(const Packer *p) {
  const TppcType *t = p->use->value->type;
  if (t->storage != TPP_STORE_DENSE || tppc_elem_bits(t->elem) < 8)
    return "it is sparse, ternary, or narrower than a byte";
  for (int j = 0; j < p->use->n_idx; j++) {
    if (!letter_dim(p, p->use->idx[j]))
      return "its index is more than letters";
    for (int i = 0; i < j; i++)
      if (p->use->idx[i] == p->use->idx[j])
        return "its index has a letter twice";
  }
  return tppc_is_written(&p->nest->regions[0], p->use->value) ? "the nest writes it" : NULL;
}

static void pack_operand(TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op, TppcUse *use,
                         TppcMap *fences) {
  Packer p = {.cx = cx, .kernel = kernel, .nest = nest, .op = op, .use = use};
  const char *why = unsuited(&p);
  if (why) {
    tppc_diag(cx->diags, TPPC_D_not_packed, use->span, use->value->name, why);
    return;
  }
  p.n = use->n_idx;
  p.dims = TPPC_NEW_N(cx->arena, PackDim, p.n + 1);
  for (int j = 0; j < p.n; j++)
    p.dims[j].dim = letter_dim(&p, use->idx[j]);
  p.loop = reusing_loop(&p);
  if (!p.loop) {
    tppc_diag(cx->diags, TPPC_D_not_packed, use->span, use->value->name,
              "no loop of the schedule reuses a block of it");
    return;
  }
  for (int j = 0; j < p.n; j++)
    block_of(&p, j);
  p.shared = !by_one_thread(&p);
  new_buffer(&p);
  insert_copy(&p, new_copy(&p), fences);
  *use = buffer_index(&p, false);
}

static bool is_named(const TppcAttr *list, const TppcValue *v) {
  for (int i = 0; list && i < list->n; i++)
    if (list->list[i].s && strcmp(list->list[i].s, v->name) == 0)
      return true;
  return false;
}

static void pack_product(void *fences, TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op) {
  const TppcAttr *list = tppc_attr(nest, "pack");
  for (int i = 1; i < 3; i++)
    if (is_named(list, op->uses[i].value))
      pack_operand(cx, kernel, nest, op, &op->uses[i], fences);
}

bool tppc_pass_pack(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  TppcMap fences = {.arena = m->cx->arena};
  tppc_each_product(m, pack_product, &fences);
  return true;
}
