/* Blocks of the levels of a schedule, and the statements in the innermost ones.
 *
 * Problem: a statement is given over all its points, but where it stands in the tree of loops it
 * gets one block of each letter whose loop is open. Method: the end of a block is the least of
 * variable + step over the levels, and the extent. Terms that cannot be the least are left out: the
 * outer of two levels when the inner step divides the outer one, and the extent when it is a
 * multiple of all steps. The tile lists its letters with the one that vectorises best last. A
 * statement of the team has no loops around it; its points are shared out in blocks of a parallel
 * loop of its own.
 */
#include "passes/schedule_tiles.h"

#include "passes/rewrite.h"

/* ---- blocks ---- */

/* The next outer level of the same letter, or -1. */
static int outer_level(const TppcEmitter *e, int level) {
  for (int i = level - 1; i >= 0; i--)
    if (tppc_level_at(e, i)->loop == tppc_level_at(e, level)->loop)
      return i;
  return -1;
}

static bool is_positive(const TppcEmitter *e, const TppcExpr *x) {
  bool has_lo = false, has_hi = false;
  int64_t lo = 0, hi = 0;
  tppc_e_bounds(x, &e->s->facts, &has_lo, &lo, &has_hi, &hi);
  return has_lo && lo >= 1;
}

/* A block of this level never ends beyond the extent. */
static bool ends_inside(const TppcEmitter *e, int level) {
  const TppcSchedLoop *loop = tppc_loop_at(e, level);
  int64_t step = tppc_level_at(e, level)->step;
  if (!tppc_e_multiple_of(loop->extent, step, &e->s->facts))
    return false;
  for (int i = level; i >= 0; i = outer_level(e, i)) {
    if (tppc_level_at(e, i)->step % step != 0)
      return false;
    if (e->run_empty[i] && !is_positive(e, loop->extent))
      return false;
  }
  return true;
}

/* The end of the current block of this level: at most limit. */
static const TppcExpr *block_end(const TppcEmitter *e, int level, const TppcExpr *limit) {
  TppcContext *cx = e->cx;
  const TppcExpr *end = ends_inside(e, level) ? NULL : limit;
  int inner = -1;
  for (int i = level; i >= 0; inner = i, i = outer_level(e, i)) {
    if (inner >= 0 && tppc_level_at(e, i)->step % tppc_level_at(e, inner)->step == 0)
      continue;
    const TppcExpr *own = tppc_e_add(cx, e->var[i], tppc_e_int(cx, tppc_level_at(e, i)->step));
    end = end ? tppc_e_min(cx, own, end) : own;
  }
  return end;
}

void tppc_level_bounds(const TppcEmitter *e, int level, bool run_empty, const TppcExpr **lo,
                       const TppcExpr **hi) {
  const TppcExpr *extent = tppc_loop_at(e, level)->extent;
  if (run_empty && !is_positive(e, extent))
    extent = tppc_e_max(e->cx, extent, tppc_e_int(e->cx, 1));
  int outer = outer_level(e, level);
  *lo = outer < 0 ? tppc_e_int(e->cx, 0) : e->var[outer];
  *hi = outer < 0 ? extent : block_end(e, outer, extent);
}

bool tppc_level_runs_once(const TppcEmitter *e, int level, bool run_empty) {
  int64_t extent, step = tppc_level_at(e, level)->step;
  if (tppc_e_const(tppc_loop_at(e, level)->extent, &extent) && extent <= step)
    return extent > 0 || run_empty;
  for (int i = outer_level(e, level); i >= 0; i = outer_level(e, i))
    if (tppc_level_at(e, i)->step <= step)
      return true;
  return false;
}

/* ---- ops ---- */

TppcOp *tppc_emit_op(const TppcEmitter *e, TppcRegion *r, TppcOpKind kind, TppcSpan span) {
  TppcOp *op = tppc_op_new(e->cx, kind, span);
  tppc_op_append(r, op);
  return op;
}

TppcRegion *tppc_emitted_body(const TppcEmitter *e, TppcOp *op) {
  return op->n_regions ? &op->regions[0] : tppc_op_add_region(e->cx, op);
}

TppcRegion *tppc_emit_if(const TppcEmitter *e, TppcRegion *r, const TppcExpr *when) {
  TppcOp *op = tppc_emit_op(e, r, TPPC_OP_IF, e->s->nest->span);
  tppc_set_expr(e->cx, op, "when", when);
  return tppc_emitted_body(e, op);
}

/* ---- tiles ---- */

/* The dimension whose neighbours are neighbours in memory. */
static int contiguous_dim(const TppcType *t) {
  return t->n_digits ? t->digits[t->n_digits - 1].dim : t->rank - 1;
}

/* How well a tile vectorises along sym: accesses that are contiguous in it, less those that stride.
 */
static int vector_score(const TppcSchedStmt *stmt, const char *sym) {
  enum { STORE = 4, LOAD = 3, STRIDE = -8 };
  int score = 0;
  for (int i = 0; i < stmt->accesses.n; i++) {
    const TppcAccess *a = &stmt->accesses.data[i];
    int along = contiguous_dim(a->tensor->type);
    for (int d = 0; d < a->n_idx; d++)
      if (tppc_e_uses(a->idx[d], sym))
        score += d != along ? STRIDE : a->write ? STORE : LOAD;
  }
  return score;
}

/* The innermost level of the loop around the statement, or -1. */
static int own_level(const TppcEmitter *e, const TppcSchedStmt *stmt, int loop) {
  int last = -1;
  for (int i = 0; i < stmt->n_levels; i++)
    if (tppc_level_at(e, stmt->levels[i])->loop == loop)
      last = stmt->levels[i];
  return last;
}

/* The range of a letter of stmt inside the loops that are open. */
TppcDim tppc_tile_dim(const TppcEmitter *e, const TppcSchedStmt *stmt, const TppcDim *d) {
  TppcDim r = *d;
  int loop = tppc_schedule_loop(e->s, d->sym);
  if (e->pattern && d->sym == e->walk.row.sym)
    return e->walk.row;
  if (e->pattern && d->sym == e->walk.col.sym)
    return e->walk.col;
  int level = loop < 0 ? -1 : own_level(e, stmt, loop);
  if (level < 0 || loop == stmt->walk)
    return r;
  r.lo = e->var[level];
  r.hi = block_end(e, level, e->s->loops.data[loop].extent);
  return r;
}

static void add_dim(TppcEmitter *e, TppcOp *tile, const TppcSchedStmt *stmt, const TppcDim *d) {
  TppcDim r = tppc_tile_dim(e, stmt, d);
  tppc_op_add_dim(e->cx, tile, r.sym, r.lo, r.hi, NULL, r.span);
}

void tppc_emit_walk(TppcEmitter *e, const TppcSchedStmt *stmt, TppcRegion *r) {
  TppcDim dims[2] = {{0}};
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < stmt->op->n_dims; k++)
      if (stmt->op->dims[k].sym == stmt->pattern->idx[i]->sym)
        dims[i] = tppc_tile_dim(e, stmt, &stmt->op->dims[k]);
  e->walk = tppc_new_walk(e->cx, e->kernel, r, stmt->pattern, &dims[0], &dims[1], stmt->op->span);
  e->pattern = stmt->pattern;
}

void tppc_close_walk(TppcEmitter *e) {
  TppcOp *walk = e->walk.body->parent;
  while (walk->kind != TPPC_OP_WALK)
    walk = tppc_op_parent(walk);
  tppc_name_walked(e->cx, walk);
  e->pattern = NULL;
}

/* The contraction starts its result where all that it sums over is at 0. */
static const TppcExpr *init_condition(const TppcEmitter *e, const TppcSchedStmt *stmt) {
  const TppcAccess *c = &stmt->accesses.data[0];
  if (c->partial)
    return tppc_e_int(e->cx, 0);
  const TppcExpr *all = tppc_e_int(e->cx, 1);
  for (int i = 0; i < e->s->loops.n; i++) {
    if (!(stmt->loops >> i & 1) || tppc_access_uses(c, e->s->loops.data[i].sym))
      continue;
    int level = own_level(e, stmt, i);
    if (level >= 0)
      all =
          tppc_e_and(e->cx, all, tppc_e_bin(e->cx, TPPC_E_EQ, e->var[level], tppc_e_int(e->cx, 0)));
  }
  return all;
}

TppcOp *tppc_emit_tile(TppcEmitter *e, const TppcSchedStmt *stmt, TppcRegion *r) {
  const TppcOp *from = stmt->op;
  if (stmt->pattern && !e->pattern) {
    tppc_emit_walk(e, stmt, r);
    TppcOp *tile = tppc_emit_tile(e, stmt, e->walk.body);
    tppc_close_walk(e);
    return tile;
  }
  TppcOp *op = tppc_op_clone(e->cx, from, &e->values, NULL);
  op->n_uses = from->kind == TPPC_OP_STMT ? 0 : 3;
  op->n_dims = 0;
  op->dims = NULL;
  int vector = -1, best = 0;
  if (from->kind == TPPC_OP_STMT)
    for (int i = 0; i < from->n_dims; i++) {
      int score = vector_score(stmt, from->dims[i].sym);
      if (vector < 0 || score >= best) {
        vector = i;
        best = score;
      }
    }
  for (int i = 0; i < from->n_dims; i++)
    if (i != vector)
      add_dim(e, op, stmt, &from->dims[i]);
  if (vector >= 0)
    add_dim(e, op, stmt, &from->dims[vector]);
  if (from->kind == TPPC_OP_CONTRACT) {
    op->kind = TPPC_OP_LCONTRACT;
    tppc_attr_remove(op, "init");
    tppc_set_expr(e->cx, op, "init", init_condition(e, stmt));
  } else {
    op->kind = TPPC_OP_TILE;
  }
  tppc_attr_remove(op, "by");
  tppc_op_append(r, op);
  if (e->part.stmt == stmt)
    tppc_use_part(e, op);
  return op;
}

/* ---- statements of the team ---- */

/* Elements that a thread takes at once. */
static int64_t block_of(const TppcDim *d, int64_t *left) {
  int64_t n = *left, extent;
  if (tppc_e_const(d->hi, &extent) && tppc_e_is(d->lo, 0) && extent < n)
    n = extent > 0 ? extent : 1;
  *left /= n;
  return n;
}

/* The loops over blocks of the dims that decide what is written; the tile gets one block. Thread 0
 * runs it whole when there are none. */
static TppcRegion *share_out(TppcEmitter *e, const TppcSchedStmt *stmt, TppcOp *tile,
                             TppcRegion *r) {
  enum { ELEMENTS = 512 };
  TppcContext *cx = e->cx;
  int64_t left = ELEMENTS, step[TPPC_SCHED_MAX_LEVELS] = {0};
  bool any = false;
  for (int i = tile->n_dims - 1; i >= 0; i--)
    if (tppc_stmt_determined(e->s, stmt, tile->dims[i].sym)) {
      step[i] = block_of(&tile->dims[i], &left);
      any = true;
    }
  if (!any)
    return tppc_emit_if(e, r, tppc_e_bin(cx, TPPC_E_EQ, tppc_e_sym(cx, "tid"), tppc_e_int(cx, 0)));
  TppcOp *par = tppc_emit_op(e, r, TPPC_OP_PAR, tile->span);
  tppc_set_word(cx, par, "policy", "static");
  if (stmt->copies)
    tppc_set_int(cx, par, "copies", 1);
  for (int i = 0; i < tile->n_dims; i++) {
    TppcDim *d = &tile->dims[i];
    if (!step[i])
      continue;
    const char *name = tppc_internf(cx->names, "$b%s", d->sym[0] == '$' ? d->sym + 1 : d->sym);
    tppc_op_add_dim(cx, par, name, d->lo, d->hi, tppc_e_int(cx, step[i]), d->span);
    const TppcExpr *at = tppc_e_sym(cx, name);
    d->hi = tppc_e_min(cx, tppc_e_add(cx, at, tppc_e_int(cx, step[i])), d->hi);
    d->lo = at;
  }
  return tppc_emitted_body(e, par);
}

/* A statement of the team. Where a sum of copies starts from nothing (init=1), the first copy is
 * the start and the others are added. */
void tppc_emit_team(TppcEmitter *e, const TppcSchedStmt *stmt, TppcRegion *r) {
  TppcContext *cx = e->cx;
  TppcRegion scratch = {0};
  TppcOp *tile = tppc_emit_tile(e, stmt, &scratch);
  TppcRegion *in = share_out(e, stmt, tile, r);
  const char *t = tppc_intern(cx->names, "$t");
  if (stmt->copies && tppc_attr_int(tile->regions[0].last, "init", 0)) {
    TppcFacts first = {.arena = cx->arena};
    tppc_facts_add(&first, t)->with = tppc_e_int(cx, 0);
    TppcOp *set = tppc_op_clone(cx, tile, NULL, &first);
    set->n_dims = 0;
    set->dims = NULL;
    for (int i = 0; i < tile->n_dims; i++)
      if (tile->dims[i].sym != t)
        tppc_op_add_dim(cx, set, tile->dims[i].sym, tile->dims[i].lo, tile->dims[i].hi, NULL,
                        tile->span);
      else
        tile->dims[i].lo = tppc_e_int(cx, 1);
    TppcOp *store = set->regions[0].last;
    tppc_set_word(cx, store, "update", "set");
    tppc_attr_remove(store, "init");
    tppc_set_int(cx, tile->regions[0].last, "init", 0);
    tppc_op_append(in, set);
  }
  tppc_op_unlink(tile);
  tppc_op_append(in, tile);
}
