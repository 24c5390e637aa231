/* apply-schedule: each tpp.nest becomes a loop.nest, as its tpp.schedule says.
 *
 * Problem: the tpp dialect says what is computed, on whole tensors; the loop dialect says in which
 * order, on tiles. Method: schedule/ joins the string with the nest, proves it legal or refuses it,
 * and gives a tree of loops over the statements. This pass writes the tree down:
 *
 *   level j of letter l    l<j> from the variable of the level above (0 for the first) to the end
 * of its block statement              loop.tile or loop.contract over the innermost blocks of its
 * letters guard                  loop.if: every guarded level is in its last iteration thread 0
 * loop.if tid == 0, for what stands outside all parallel loops
 *
 * The end of a block is the least of variable + step over the levels, and the extent. Terms that
 * cannot be the least are left out: the outer of two levels when the inner step divides the outer
 * one, and the extent when it is a multiple of all steps. Serial loops that provably run once are
 * not written. A loop marked run_empty (an initialisation or an epilogue hangs on it) runs to
 * max(extent, 1) while its tiles still end at the extent, so over an empty extent it runs once with
 * tiles of length 0.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "passes/walk_entries.h"
#include "schedule/schedule.h"

typedef struct Emitter {
  TppcContext *cx;
  const TppcSched *s;
  TppcOp *kernel;
  TppcMap values;                             /* temporaries to buffers */
  const TppcExpr *var[TPPC_SCHED_MAX_LEVELS]; /* value of each open level */
  bool run_empty[TPPC_SCHED_MAX_LEVELS];      /* of the open loops */
  bool parallel;
  const TppcUse *pattern; /* of the walk that is open, or NULL */
  TppcWalk walk;
  uint64_t at_zero; /* axes of the grid of which only the first threads come here */
} Emitter;

static const TppcSchedLevel *level_at(const Emitter *e, int level) {
  return &e->s->levels.data[level];
}
static const TppcSchedLoop *loop_at(const Emitter *e, int level) {
  return &e->s->loops.data[level_at(e, level)->loop];
}

/* The next outer level of the same letter, or -1. */
static int outer_level(const Emitter *e, int level) {
  for (int i = level - 1; i >= 0; i--)
    if (level_at(e, i)->loop == level_at(e, level)->loop)
      return i;
  return -1;
}

static bool is_positive(const Emitter *e, const TppcExpr *x) {
  bool has_lo = false, has_hi = false;
  int64_t lo = 0, hi = 0;
  tppc_e_bounds(x, &e->s->facts, &has_lo, &lo, &has_hi, &hi);
  return has_lo && lo >= 1;
}

/* A block of this level never ends beyond the extent. */
static bool ends_inside(const Emitter *e, int level) {
  const TppcSchedLoop *loop = loop_at(e, level);
  int64_t step = level_at(e, level)->step;
  if (!tppc_e_multiple_of(loop->extent, step, &e->s->facts))
    return false;
  for (int i = level; i >= 0; i = outer_level(e, i)) {
    if (level_at(e, i)->step % step != 0)
      return false;
    if (e->run_empty[i] && !is_positive(e, loop->extent))
      return false;
  }
  return true;
}

/* The end of the current block of this level: at most limit. */
static const TppcExpr *block_end(const Emitter *e, int level, const TppcExpr *limit) {
  TppcContext *cx = e->cx;
  const TppcExpr *end = ends_inside(e, level) ? NULL : limit;
  int inner = -1;
  for (int i = level; i >= 0; inner = i, i = outer_level(e, i)) {
    if (inner >= 0 && level_at(e, i)->step % level_at(e, inner)->step == 0)
      continue;
    const TppcExpr *own = tppc_e_add(cx, e->var[i], tppc_e_int(cx, level_at(e, i)->step));
    end = end ? tppc_e_min(cx, own, end) : own;
  }
  return end;
}

/* Of a level whose outer levels are open. */
static void level_bounds(const Emitter *e, int level, bool run_empty, const TppcExpr **lo,
                         const TppcExpr **hi) {
  const TppcExpr *extent = loop_at(e, level)->extent;
  if (run_empty && !is_positive(e, extent))
    extent = tppc_e_max(e->cx, extent, tppc_e_int(e->cx, 1));
  int outer = outer_level(e, level);
  *lo = outer < 0 ? tppc_e_int(e->cx, 0) : e->var[outer];
  *hi = outer < 0 ? extent : block_end(e, outer, extent);
}

static bool runs_once(const Emitter *e, int level, bool run_empty) {
  int64_t extent, step = level_at(e, level)->step;
  if (tppc_e_const(loop_at(e, level)->extent, &extent) && extent <= step)
    return extent > 0 || run_empty;
  for (int i = outer_level(e, level); i >= 0; i = outer_level(e, i))
    if (level_at(e, i)->step <= step)
      return true;
  return false;
}

/* Letter and level; sizes may be called so, then with underscores. */
static const char *variable_name(const Emitter *e, int level) {
  const char *name =
      tppc_internf(e->cx->names, "%s%d", loop_at(e, level)->sym, level_at(e, level)->nth);
  for (const TppcOp *op = e->kernel->regions[0].first; op;) {
    if (op->kind == TPPC_OP_SIZE && op->name == name) {
      name = tppc_internf(e->cx->names, "%s_", name);
      op = e->kernel->regions[0].first;
    } else {
      op = op->next;
    }
  }
  return name;
}

static TppcOp *append(Emitter *e, TppcRegion *r, TppcOpKind kind, TppcSpan span) {
  TppcOp *op = tppc_op_new(e->cx, kind, span);
  tppc_op_append(r, op);
  return op;
}

/* The body of an op just made, which may have come with it. */
static TppcRegion *body_of(Emitter *e, TppcOp *op) {
  return op->n_regions ? &op->regions[0] : tppc_op_add_region(e->cx, op);
}

static TppcRegion *append_if(Emitter *e, TppcRegion *r, const TppcExpr *when) {
  TppcOp *op = append(e, r, TPPC_OP_IF, e->s->nest->span);
  tppc_set_expr(e->cx, op, "when", when);
  return body_of(e, op);
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
static int own_level(const Emitter *e, const TppcSchedStmt *stmt, int loop) {
  int last = -1;
  for (int i = 0; i < stmt->n_levels; i++)
    if (level_at(e, stmt->levels[i])->loop == loop)
      last = stmt->levels[i];
  return last;
}

/* The range of a letter of stmt inside the loops that are open. */
static TppcDim tile_dim(Emitter *e, const TppcSchedStmt *stmt, const TppcDim *d) {
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

static void add_dim(Emitter *e, TppcOp *tile, const TppcSchedStmt *stmt, const TppcDim *d) {
  TppcDim r = tile_dim(e, stmt, d);
  tppc_op_add_dim(e->cx, tile, r.sym, r.lo, r.hi, NULL, r.span);
}

/* Opens the walk over the entries of the pattern of stmt; its body is in e->walk. */
static void open_walk(Emitter *e, const TppcSchedStmt *stmt, TppcRegion *r) {
  TppcDim dims[2] = {{0}};
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < stmt->op->n_dims; k++)
      if (stmt->op->dims[k].sym == stmt->pattern->idx[i]->sym)
        dims[i] = tile_dim(e, stmt, &stmt->op->dims[k]);
  e->walk = tppc_new_walk(e->cx, e->kernel, r, stmt->pattern, &dims[0], &dims[1], stmt->op->span);
  e->pattern = stmt->pattern;
}

static void close_walk(Emitter *e) {
  TppcOp *walk = e->walk.body->parent;
  while (walk->kind != TPPC_OP_WALK)
    walk = tppc_op_parent(walk);
  tppc_name_walked(e->cx, walk);
  e->pattern = NULL;
}

/* The contraction starts its result where all that it sums over is at 0. */
static const TppcExpr *init_condition(const Emitter *e, const TppcSchedStmt *stmt) {
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

static TppcOp *emit_stmt(Emitter *e, const TppcSchedStmt *stmt, TppcRegion *r) {
  const TppcOp *from = stmt->op;
  if (stmt->pattern && !e->pattern) {
    open_walk(e, stmt, r);
    TppcOp *tile = emit_stmt(e, stmt, e->walk.body);
    close_walk(e);
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
static TppcRegion *share_out(Emitter *e, const TppcSchedStmt *stmt, TppcOp *tile, TppcRegion *r) {
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
    return append_if(e, r, tppc_e_bin(cx, TPPC_E_EQ, tppc_e_sym(cx, "tid"), tppc_e_int(cx, 0)));
  TppcOp *par = append(e, r, TPPC_OP_PAR, tile->span);
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
  return body_of(e, par);
}

/* A statement of the team. Where a sum of copies starts from nothing (init=1), the first copy is
 * the start and the others are added. */
static void emit_team(Emitter *e, const TppcSchedStmt *stmt, TppcRegion *r) {
  TppcContext *cx = e->cx;
  TppcRegion scratch = {0};
  TppcOp *tile = emit_stmt(e, stmt, &scratch);
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

/* ---- loops ---- */

/* The next level inwards of the same letter that the guard has and that is written as a loop, or
 * -1. */
static int inner_guarded(const Emitter *e, uint64_t guard, int level) {
  for (int i = level + 1; i < e->s->levels.n; i++)
    if ((guard >> i & 1) && level_at(e, i)->loop == level_at(e, level)->loop &&
        !runs_once(e, i, true))
      return i;
  return -1;
}

/* A level whose step the next one divides is in its last iteration whenever that one is. */
static const TppcExpr *guard_condition(const Emitter *e, uint64_t guard) {
  const TppcExpr *all = tppc_e_int(e->cx, 1);
  for (int i = 0; i < e->s->levels.n; i++) {
    if (!(guard >> i & 1) || runs_once(e, i, true))
      continue;
    int inner = inner_guarded(e, guard, i);
    if (inner >= 0 && level_at(e, i)->step % level_at(e, inner)->step == 0)
      continue;
    const TppcExpr *end = tppc_e_add(e->cx, e->var[i], tppc_e_int(e->cx, level_at(e, i)->step));
    all = tppc_e_and(e->cx, all, tppc_e_bin(e->cx, TPPC_E_LE, loop_at(e, i)->extent, end));
  }
  return all;
}

static void emit_body(Emitter *e, const TppcTree *node, TppcRegion *r, bool one_thread);

static const TppcSchedStmt *first_stmt(const TppcTree *t) {
  while (t->kind != TPPC_TREE_STMT)
    t = t->first;
  return t->stmt;
}

static void emit_loop(Emitter *e, const TppcTree *t, TppcRegion *r, bool one_thread) {
  int level = t->levels[0];
  if (t->walk) {
    open_walk(e, first_stmt(t), r);
    emit_body(e, t, e->walk.body, one_thread);
    close_walk(e);
    return;
  }
  const TppcExpr *lo, *hi;
  e->run_empty[level] = t->run_empty;
  level_bounds(e, level, t->run_empty, &lo, &hi);
  if (runs_once(e, level, t->run_empty)) {
    e->var[level] = lo;
    emit_body(e, t, r, one_thread);
    return;
  }
  const char *name = variable_name(e, level);
  TppcOp *op = append(e, r, TPPC_OP_FOR, loop_at(e, level)->span);
  tppc_op_add_dim(e->cx, op, name, lo, hi, tppc_e_int(e->cx, level_at(e, level)->step),
                  loop_at(e, level)->span);
  e->var[level] = tppc_e_sym(e->cx, name);
  emit_body(e, t, body_of(e, op), one_thread);
}

/* The variables of the curve, where the loop has both. */
static void add_curve(Emitter *e, TppcOp *op, const TppcTree *t) {
  const char *sym[2] = {NULL, NULL};
  for (int i = 0; i < t->n_levels; i++)
    for (int k = 0; k < 2; k++)
      if (t->levels[i] == e->s->curve[k])
        sym[k] = op->dims[i].sym;
  for (int k = 0; k < 2 && sym[0] && sym[1]; k++) {
    TppcAttr *word = tppc_list_add(e->cx, tppc_set_list(e->cx, op, "curve"));
    word->kind = TPPC_A_WORD;
    word->s = sym[k];
  }
}

static void emit_par(Emitter *e, const TppcTree *t, TppcRegion *r) {
  TppcOp *op = append(e, r, TPPC_OP_PAR, e->s->nest->span);
  if (e->s->grids && !t->ordered) {
    tppc_set_expr(e->cx, op, "part", tppc_grid_part(e->s, t->levels[0]));
    tppc_set_expr(e->cx, op, "parts", tppc_grid_parts(e->s, t->levels[0]));
  }
  for (int i = 0; i < t->n_levels; i++) {
    int level = t->levels[i];
    const TppcExpr *lo, *hi;
    e->run_empty[level] = false;
    level_bounds(e, level, false, &lo, &hi);
    const char *name = variable_name(e, level);
    tppc_op_add_dim(e->cx, op, name, lo, hi, tppc_e_int(e->cx, level_at(e, level)->step),
                    loop_at(e, level)->span);
    e->var[level] = tppc_e_sym(e->cx, name);
  }
  add_curve(e, op, t);
  tppc_set_word(e->cx, op, "policy", e->s->dynamic ? "dynamic" : "static");
  if (e->s->dynamic)
    tppc_set_int(e->cx, op, "chunk", e->s->chunk);
  emit_body(e, t, body_of(e, op), true);
}

static void emit_node(Emitter *e, const TppcTree *t, TppcRegion *r, bool one_thread) {
  switch (t->kind) {
  case TPPC_TREE_LOOP:
    emit_loop(e, t, r, one_thread);
    break;
  case TPPC_TREE_PAR:
    emit_par(e, t, r);
    break;
  case TPPC_TREE_STMT:
    if (t->stmt->by == TPPC_BY_TEAM)
      emit_team(e, t->stmt, r);
    else
      emit_stmt(e, t->stmt, r);
    break;
  case TPPC_TREE_BARRIER:
    append(e, r, TPPC_OP_BARRIER, e->s->nest->span);
    break;
  }
}

/* The levels of the grid that no statement in t has, when that is the same for all; else 0. */
static uint64_t missing_axes(const Emitter *e, const TppcTree *t, bool *same) {
  uint64_t all = 0;
  if (t->kind == TPPC_TREE_STMT) {
    for (int i = 0; t->stmt->by == TPPC_BY_ONE && i < e->s->levels.n; i++)
      if (level_at(e, i)->grid && !(t->stmt->loops >> level_at(e, i)->loop & 1))
        all |= UINT64_C(1) << i;
    return all;
  }
  for (const TppcTree *c = t->first; c; c = c->next) {
    uint64_t own = missing_axes(e, c, same);
    *same = *same && (c == t->first || own == all) && c->kind != TPPC_TREE_PAR;
    all = own;
  }
  return all;
}

/* Of a grid only the threads at coordinate 0 of an axis run what lacks its letter. */
static TppcRegion *at_origin(Emitter *e, const TppcTree *t, TppcRegion *r, uint64_t *added) {
  bool same = t->kind != TPPC_TREE_PAR && t->kind != TPPC_TREE_BARRIER;
  *added = missing_axes(e, t, &same) & ~e->at_zero;
  *added = same && e->s->grids ? *added : 0;
  const TppcExpr *when = tppc_e_int(e->cx, 1);
  for (int i = 0; i < e->s->levels.n; i++)
    if (*added >> i & 1)
      when = tppc_e_and(
          e->cx, when, tppc_e_bin(e->cx, TPPC_E_EQ, tppc_grid_part(e->s, i), tppc_e_int(e->cx, 0)));
  e->at_zero |= *added;
  return *added ? append_if(e, r, when) : r;
}

static bool for_one_thread(const TppcTree *t) {
  return t->kind != TPPC_TREE_BARRIER && !t->has_par;
}

/* Neighbours with one guard share its loop.if, and those of thread 0 share theirs. one_thread: what
 * is written here is run by one thread as it is. */
static void emit_body(Emitter *e, const TppcTree *node, TppcRegion *r, bool one_thread) {
  TppcRegion *guarded = NULL, *first = NULL;
  for (const TppcTree *c = node->first; c; c = c->next) {
    if (!c->prev || c->prev->guard != c->guard || !guarded) {
      const TppcExpr *when = guard_condition(e, c->guard);
      guarded = tppc_e_is(when, 1) ? r : append_if(e, r, when);
      first = NULL;
    }
    if (one_thread || !for_one_thread(c)) {
      uint64_t added;
      TppcRegion *in = at_origin(e, c, guarded, &added);
      first = NULL;
      emit_node(e, c, in, one_thread);
      e->at_zero &= ~added;
      continue;
    }
    if (!first)
      first = append_if(
          e, guarded, tppc_e_bin(e->cx, TPPC_E_EQ, tppc_e_sym(e->cx, "tid"), tppc_e_int(e->cx, 0)));
    emit_node(e, c, first, true);
  }
}

/* ---- the nest ---- */

/* Knobs for later passes and for explain. */
static void copy_knobs(TppcContext *cx, TppcOp *to, const TppcOp *schedule) {
  static const char *const keys[] = {"pack", "threads", "kernel", "origin", "fuse", "curve"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const TppcAttr *a = tppc_attr(schedule, keys[i]);
    if (a)
      tppc_attr_copy(cx, to, a);
  }
  const TppcAttr *text = tppc_attr(schedule, "string");
  if (text && text->s)
    tppc_set_string(cx, to, "schedule", text->s, text->span);
}

static void emit_buffers(Emitter *e, TppcRegion *r) {
  for (TppcOp *op = e->s->nest->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_TEMP)
      continue;
    TppcOp *buffer = append(e, r, TPPC_OP_BUFFER, op->span);
    /* A later version of the nest has buffers of its own. */
    bool again = e->s->op->prev != NULL;
    buffer->name = again ? tppc_fresh_name(e->cx, e->kernel, op->name) : op->name;
    TppcValue *v = tppc_op_add_result(e->cx, buffer, op->results[0]->type,
                                      again ? buffer->name : op->results[0]->name);
    tppc_map_set(&e->values, op->results[0], v);
  }
}

static bool is_long(const TppcSchedStmt *stmt) {
  int most = stmt->by == TPPC_BY_ORDER ? 0 : 1;
  return stmt->n_levels > most && !stmt->identity && stmt->by != TPPC_BY_TEAM;
}

/* Large statements that only thread 0 runs. */
static void warn_serial(TppcContext *cx, const TppcTree *node) {
  for (const TppcTree *c = node->first; c; c = c->next) {
    if (c->kind == TPPC_TREE_LOOP)
      warn_serial(cx, c);
    if (c->kind != TPPC_TREE_STMT || !is_long(c->stmt))
      continue;
    for (int i = 0; i < c->stmt->accesses.n; i++) {
      const TppcAccess *a = &c->stmt->accesses.data[i];
      if (a->write)
        tppc_diag(cx->diags, TPPC_D_serial_statement, a->span, a->tensor->name);
    }
  }
}

/* ---- fused nests ---- */

/* Why b, of a later nest, cannot stand in the loop where a does: an element that they reach at
 * different iterations of it. */
static bool blame(const TppcSched *s, const TppcTree *a, const TppcTree *b, const char *sym) {
  for (const TppcTree *c = a->first; c; c = c->next)
    if (blame(s, c, b, sym))
      return true;
  for (const TppcTree *c = b->first; c; c = c->next)
    if (blame(s, a, c, sym))
      return true;
  if (a->kind != TPPC_TREE_STMT || b->kind != TPPC_TREE_STMT)
    return false;
  for (int i = 0; i < a->stmt->accesses.n; i++)
    for (int j = 0; j < b->stmt->accesses.n; j++) {
      const TppcAccess *x = &a->stmt->accesses.data[i], *y = &b->stmt->accesses.data[j];
      if (!tppc_access_conflict(s, x, y) || tppc_access_same_at(s, x, y, sym))
        continue;
      tppc_diag(s->cx->diags, TPPC_D_fuse_refused, tppc_attr(s->op, "fuse")->span, sym,
                tppc_sprintf(s->cx->arena, "an iteration needs '%s' of other iterations",
                             x->tensor->name));
      tppc_diag_note(s->cx->diags, x->span, "'%s' is %s here", tppc_access_text(s->cx, x),
                     x->write ? "written" : "read");
      tppc_diag_note(s->cx->diags, y->span, "'%s' is %s here", tppc_access_text(s->cx, y),
                     y->write ? "written" : "read");
      return true;
    }
  return false;
}

/* All that nests fused over a letter do under it is in one parallel loop. */
static bool fused(const TppcSched *s, const TppcTree *root) {
  const TppcAttr *fuse = tppc_attr(s->op, "fuse");
  const TppcTree *first = NULL;
  for (const TppcTree *c = root->first; fuse && c; c = c->next) {
    if (c->kind != TPPC_TREE_PAR)
      continue;
    if (!first) {
      first = c;
      continue;
    }
    const char *sym = s->loops.data[s->levels.data[0].loop].sym;
    if (!blame(s, first, c, sym))
      tppc_diag(s->cx->diags, TPPC_D_fuse_refused, fuse->span, sym,
                "the order of their statements needs several loops");
    return false;
  }
  return true;
}

/* --threads caps what a schedule asks for. */
static void cap_threads(TppcContext *cx, TppcOp *nest, int most) {
  int64_t asked = tppc_attr_int(nest, "threads", 0);
  if (most > 0 && (asked == 0 || asked > most))
    tppc_set_int(cx, nest, "threads", most);
}

/* One version of the nest, for the sizes where `when` holds. */
static const char *version_name(TppcContext *cx, const TppcOp *kernel, const TppcOp *nest,
                                const TppcOp *schedule) {
  const char *name =
      tppc_internf(cx->names, "%s.%s", kernel->name, nest->name ? nest->name : "nest");
  int n = 0;
  for (const TppcOp *op = nest->regions[0].first; op != schedule && schedule; op = op->next)
    n++;
  return n ? tppc_internf(cx->names, "%s.version%d", name, n) : name;
}

static bool apply(TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *schedule,
                  const TppcExpr *when, int threads) {
  TppcSched *s =
      schedule ? tppc_schedule_model_of(cx, nest, schedule) : tppc_schedule_model(cx, nest);
  if (!s || !tppc_schedule_legal(s))
    return false;
  TppcTree *root = tppc_schedule_place(s);
  if (!fused(s, root))
    return false;
  tppc_schedule_barriers(s, root);
  if (root->has_par)
    warn_serial(cx, root);

  Emitter e = {.cx = cx,
               .s = s,
               .kernel = kernel,
               .values = {.arena = cx->arena},
               .parallel = root->has_par};
  TppcOp *out = tppc_op_new(cx, TPPC_OP_LNEST, nest->span);
  out->name = version_name(cx, kernel, nest, schedule);
  if (!tppc_e_is(when, 1))
    tppc_set_expr(cx, out, "when", when);
  copy_knobs(cx, out, s->op);
  if (root->has_par && s->grids)
    cap_threads(cx, out, (int)tppc_grid_threads(s));
  if (root->has_par)
    cap_threads(cx, out, threads);
  if (!root->has_par)
    tppc_set_int(cx, out, "parallel", 0);
  TppcRegion *r = body_of(&e, out);
  emit_buffers(&e, r);
  emit_body(&e, root, r, !root->has_par);
  tppc_op_insert_before(nest, out);
  return true;
}

/* Several schedules are several nests, of which the first whose condition holds runs. */
static bool apply_all(TppcContext *cx, TppcOp *kernel, TppcOp *nest, int threads) {
  const TppcExpr *left = tppc_e_int(cx, 1); /* no schedule before this one was taken */
  bool ok = true;
  TppcOp *op = nest->regions[0].first;
  if (!op || op->kind != TPPC_OP_SCHEDULE)
    ok = apply(cx, kernel, nest, NULL, left, threads);
  for (; op && op->kind == TPPC_OP_SCHEDULE; op = op->next) {
    const TppcExpr *when = tppc_attr_expr(op, "when");
    when = when ? when : tppc_e_int(cx, 1);
    const TppcExpr *taken = tppc_e_tidy(cx, tppc_e_and(cx, left, when));
    if (!tppc_e_is(taken, 0))
      ok = apply(cx, kernel, nest, op, taken, threads) && ok;
    left = tppc_e_and(cx, left, tppc_e_not(cx, when));
  }
  if (ok)
    tppc_op_unlink(nest);
  return ok;
}

bool tppc_pass_apply_schedule(TppcModule *m, const TppcPassOptions *opt) {
  bool ok = true;
  for (TppcOp *kernel = m->body.first; kernel; kernel = kernel->next) {
    if (kernel->kind != TPPC_OP_KERNEL)
      continue;
    bool twice = false; /* whether sums of copies, or versions of a nest, are written again */
    for (TppcOp *op = tppc_next_item(kernel, NULL), *next; op; op = next) {
      next = tppc_next_item(kernel, op);
      const TppcOp *schedule = op->kind == TPPC_OP_NEST ? op->regions[0].first : NULL;
      twice = twice || (schedule && (tppc_attr(schedule, "reduce") || tppc_attr(schedule, "when")));
      if (op->kind == TPPC_OP_NEST)
        ok = apply_all(m->cx, kernel, op, opt->threads) && ok;
    }
    if (twice)
      tppc_number_values(m->cx, kernel);
  }
  if (ok)
    m->level = TPPC_LEVEL_LOOP;
  return ok;
}
