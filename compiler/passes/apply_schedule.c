/* apply-schedule: each tpp.nest becomes a loop.nest, as its tpp.schedule says.
 *
 * Problem: the tpp dialect says what is computed, on whole tensors; the loop dialect says in which
 * order, on tiles. Method: schedule/ joins the string with the nest, proves it legal or refuses it,
 * and gives a tree of loops over the statements. This pass writes the tree down:
 *
 *   level j of letter l   l<j> from the variable of the level above (0 for the first) to the end
 *                         of its block
 *   statement             loop.tile or loop.contract over the innermost blocks of its letters
 *   guard                 loop.if: every guarded level is in its last iteration
 *   thread 0              loop.if tid == 0, for what stands outside all parallel loops
 *
 * schedule_tiles.c gives the blocks and the statements. Serial loops that provably run once are not
 * written. A loop marked run_empty (an initialisation or an epilogue hangs on it) runs to
 * max(extent, 1) while its tiles still end at the extent, so over an empty extent it runs once with
 * tiles of length 0.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "passes/schedule_tiles.h"

/* ---- loops ---- */

/* Letter and level; sizes may be called so, then with underscores. */
static const char *variable_name(const TppcEmitter *e, int level) {
  const char *name =
      tppc_internf(e->cx->names, "%s%d", tppc_loop_at(e, level)->sym, tppc_level_at(e, level)->nth);
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

/* The next level inwards of the same letter that the guard has and that is written as a loop, or
 * -1. */
static int inner_guarded(const TppcEmitter *e, uint64_t guard, int level) {
  for (int i = level + 1; i < e->s->levels.n; i++)
    if ((guard >> i & 1) && tppc_level_at(e, i)->loop == tppc_level_at(e, level)->loop &&
        !tppc_level_runs_once(e, i, true))
      return i;
  return -1;
}

/* A level whose step the next one divides is in its last iteration whenever that one is. */
static const TppcExpr *guard_condition(const TppcEmitter *e, uint64_t guard) {
  const TppcExpr *all = tppc_e_int(e->cx, 1);
  for (int i = 0; i < e->s->levels.n; i++) {
    if (!(guard >> i & 1) || tppc_level_runs_once(e, i, true))
      continue;
    int inner = inner_guarded(e, guard, i);
    if (inner >= 0 && tppc_level_at(e, i)->step % tppc_level_at(e, inner)->step == 0)
      continue;
    const TppcExpr *end =
        tppc_e_add(e->cx, e->var[i], tppc_e_int(e->cx, tppc_level_at(e, i)->step));
    all = tppc_e_and(e->cx, all, tppc_e_bin(e->cx, TPPC_E_LE, tppc_loop_at(e, i)->extent, end));
  }
  return all;
}

static void emit_body(TppcEmitter *e, const TppcTree *node, TppcRegion *r, bool one_thread);

static const TppcSchedStmt *first_stmt(const TppcTree *t) {
  while (t->kind != TPPC_TREE_STMT)
    t = t->first;
  return t->stmt;
}

static void emit_loop(TppcEmitter *e, const TppcTree *t, TppcRegion *r, bool one_thread) {
  int level = t->levels[0];
  if (t->walk) {
    tppc_emit_walk(e, first_stmt(t), r);
    emit_body(e, t, e->walk.body, one_thread);
    tppc_close_walk(e);
    return;
  }
  const TppcExpr *lo, *hi;
  e->run_empty[level] = t->run_empty;
  tppc_level_bounds(e, level, t->run_empty, &lo, &hi);
  if (tppc_level_runs_once(e, level, t->run_empty)) {
    e->var[level] = lo;
    emit_body(e, t, r, one_thread);
    return;
  }
  const char *name = variable_name(e, level);
  TppcOp *op = tppc_emit_op(e, r, TPPC_OP_FOR, tppc_loop_at(e, level)->span);
  tppc_op_add_dim(e->cx, op, name, lo, hi, tppc_e_int(e->cx, tppc_level_at(e, level)->step),
                  tppc_loop_at(e, level)->span);
  e->var[level] = tppc_e_sym(e->cx, name);
  emit_body(e, t, tppc_emitted_body(e, op), one_thread);
}

/* The variables of the curve, where the loop has both. */
static void add_curve(TppcEmitter *e, TppcOp *op, const TppcTree *t) {
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

static void emit_par(TppcEmitter *e, const TppcTree *t, TppcRegion *r) {
  TppcOp *op = tppc_emit_op(e, r, TPPC_OP_PAR, e->s->nest->span);
  if (e->s->grids && !t->ordered) {
    tppc_set_expr(e->cx, op, "part", tppc_grid_part(e->s, t->levels[0]));
    tppc_set_expr(e->cx, op, "parts", tppc_grid_parts(e->s, t->levels[0]));
  }
  for (int i = 0; i < t->n_levels; i++) {
    int level = t->levels[i];
    const TppcExpr *lo, *hi;
    e->run_empty[level] = false;
    tppc_level_bounds(e, level, false, &lo, &hi);
    const char *name = variable_name(e, level);
    tppc_op_add_dim(e->cx, op, name, lo, hi, tppc_e_int(e->cx, tppc_level_at(e, level)->step),
                    tppc_loop_at(e, level)->span);
    e->var[level] = tppc_e_sym(e->cx, name);
  }
  add_curve(e, op, t);
  tppc_set_word(e->cx, op, "policy", e->s->dynamic ? "dynamic" : "static");
  if (e->s->dynamic)
    tppc_set_int(e->cx, op, "chunk", e->s->chunk);
  emit_body(e, t, tppc_emitted_body(e, op), true);
}

static void emit_node(TppcEmitter *e, const TppcTree *t, TppcRegion *r, bool one_thread) {
  const TppcSchedStmt *atomic = tppc_atomic_part(e, t);
  if (atomic)
    tppc_open_part(e, atomic, r);
  switch (t->kind) {
  case TPPC_TREE_LOOP:
    emit_loop(e, t, r, one_thread);
    break;
  case TPPC_TREE_PAR:
    emit_par(e, t, r);
    break;
  case TPPC_TREE_STMT:
    if (t->stmt->by == TPPC_BY_TEAM)
      tppc_emit_team(e, t->stmt, r);
    else
      tppc_emit_tile(e, t->stmt, r);
    break;
  case TPPC_TREE_BARRIER:
    tppc_emit_op(e, r, TPPC_OP_BARRIER, e->s->nest->span);
    break;
  }
  if (atomic)
    tppc_close_part(e, r);
}

/* The levels of the grid that no statement in t has, when that is the same for all; else 0. */
static uint64_t missing_axes(const TppcEmitter *e, const TppcTree *t, bool *same) {
  uint64_t all = 0;
  if (t->kind == TPPC_TREE_STMT) {
    for (int i = 0; t->stmt->by == TPPC_BY_ONE && i < e->s->levels.n; i++)
      if (tppc_level_at(e, i)->grid && !(t->stmt->loops >> tppc_level_at(e, i)->loop & 1))
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
static TppcRegion *at_origin(TppcEmitter *e, const TppcTree *t, TppcRegion *r, uint64_t *added) {
  bool same = t->kind != TPPC_TREE_PAR && t->kind != TPPC_TREE_BARRIER;
  *added = missing_axes(e, t, &same) & ~e->at_zero;
  *added = same && e->s->grids ? *added : 0;
  const TppcExpr *when = tppc_e_int(e->cx, 1);
  for (int i = 0; i < e->s->levels.n; i++)
    if (*added >> i & 1)
      when = tppc_e_and(
          e->cx, when, tppc_e_bin(e->cx, TPPC_E_EQ, tppc_grid_part(e->s, i), tppc_e_int(e->cx, 0)));
  e->at_zero |= *added;
  return *added ? tppc_emit_if(e, r, when) : r;
}

static bool for_one_thread(const TppcTree *t) {
  return t->kind != TPPC_TREE_BARRIER && !t->has_par;
}

/* Neighbours with one guard share its loop.if, and those of thread 0 share theirs. one_thread: what
 * is written here is run by one thread as it is. */
static void emit_body(TppcEmitter *e, const TppcTree *node, TppcRegion *r, bool one_thread) {
  TppcRegion *guarded = NULL, *first = NULL;
  for (const TppcTree *c = node->first; c; c = c->next) {
    if (!c->prev || c->prev->guard != c->guard || !guarded) {
      const TppcExpr *when = guard_condition(e, c->guard);
      guarded = tppc_e_is(when, 1) ? r : tppc_emit_if(e, r, when);
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
      first = tppc_emit_if(
          e, guarded, tppc_e_bin(e->cx, TPPC_E_EQ, tppc_e_sym(e->cx, "tid"), tppc_e_int(e->cx, 0)));
    emit_node(e, c, first, true);
  }
}

/* ---- the nest ---- */

/* Knobs for later passes and for explain. */
static void copy_knobs(TppcContext *cx, TppcOp *to, const TppcOp *schedule) {
  static const char *const keys[] = {"pack", "threads", "kernel",  "origin",
                                     "fuse", "curve",   "prefetch"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const TppcAttr *a = tppc_attr(schedule, keys[i]);
    if (a)
      tppc_attr_copy(cx, to, a);
  }
  const TppcAttr *text = tppc_attr(schedule, "string");
  if (text && text->s)
    tppc_set_string(cx, to, "schedule", text->s, text->span);
}

static void emit_buffers(TppcEmitter *e, TppcRegion *r) {
  for (TppcOp *op = e->s->nest->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_TEMP)
      continue;
    TppcOp *buffer = tppc_emit_op(e, r, TPPC_OP_BUFFER, op->span);
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

  TppcEmitter e = {.cx = cx, .s = s, .kernel = kernel, .values = {.arena = cx->arena}};
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
  TppcRegion *r = tppc_emitted_body(&e, out);
  e.top = r;
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
