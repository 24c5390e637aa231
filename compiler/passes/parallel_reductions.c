/* parallel-reductions: a reduction over a capital letter goes to a copy of its result per thread.
 *
 *   schedule "Mn" { reduce m = private; }        tpp.stmt [m, n] { b[n] += G[m, n] }
 *   -->  %b_copies = tpp.temp copies=1 : f32[nthreads, N rounded up to lines of 64 bytes]
 *        tpp.stmt [n] by=each    { b_copies[tid, n] = 0 }
 *        tpp.stmt [m, n]         { b_copies[tid, n] += G[m, n] }
 *        tpp.stmt [$t: nthreads, n] by=team { b[n] += b_copies[$t, n] }
 *
 * Problem: threads that run iterations of one reduction update the same elements. Method: each has
 * a copy that starts at the identity, and the copies are added in the order of the threads once all
 * have arrived (OpenMP's reduction clause does the same for variables). `by=each` is run by every
 * thread, `by=team` is shared out over the elements; apply-schedule places both outside the
 * parallel loops, and barrier.c sees that the copies cross threads there. With nthreads = 1 and tid
 * = 0 the statements mean what they meant before, and a thread that gets no iteration adds the
 * identity; so do, under a grid, those beyond it and those not at coordinate 0 of an axis whose
 * letter the reduction lacks.
 *
 * With `reduce m = ordered` the statement is marked by=order and stays as it is: it is shared out
 * over the elements of its result instead (../schedule), so each is summed by one thread in the
 * order of the loops, whatever the number of threads. That takes no scratch, which partial sums of
 * each tile would, as many as there are tiles.
 *
 * With `reduce m = atomic` the updates stay too, marked atomic=1: threads make them at the same
 * time. A product that starts from nothing is preceded by its zero, since none of the threads is
 * the first.
 *
 * Sums and products of floats depend on the number of threads when each has a copy, and on time
 * when they are atomic. With -fdeterministic they are ordered, whatever the schedule says; maxima
 * and integers are exact.
 *
 * The sum of copies stands as late as possible, before the first statement that touches the result,
 * so that it does not come between statements that share loops. Updates that continue from each
 * other share their copies. Where the reduction starts from its identity, the sum does (init=1) and
 * the identity statement goes. Else the identity of a float sum is -0, which changes no value that
 * is there.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "schedule/schedule.h"

#include <string.h>

/* A result whose copies are not yet added up. */
typedef struct Pending {
  TppcValue *tensor, *copies;
  TppcUpdate update;
  TppcOp *first; /* the first update */
  TppcUse to;    /* the element of the tensor that it updates */
  bool letters;  /* each index is a letter over the whole dimension: the copies have no others */
  bool fresh;    /* starts from the identity */
} Pending;

typedef struct Rewriter {
  TppcContext *cx;
  TppcOp *kernel, *nest;
  const TppcSched *s;
  TppcVec(Pending) pending;
} Rewriter;

static const TppcExpr *sym(const Rewriter *w, const char *name) {
  return tppc_e_sym(w->cx, name);
}

/* Each index is a letter of its own that runs over the whole dimension. */
static bool covers(const TppcOp *op, const TppcUse *u) {
  for (int j = 0; j < u->n_idx; j++) {
    const TppcDim *d = u->idx[j]->kind == TPPC_E_SYM ? tppc_op_dim(op, u->idx[j]->sym) : NULL;
    if (!d || d->hi != u->value->type->dims[j])
      return false;
    for (int k = 0; k < j; k++)
      if (u->idx[k] == u->idx[j])
        return false;
  }
  return true;
}

static bool same_element(const TppcUse *a, const TppcUse *b) {
  if (a->value != b->value || a->n_idx != b->n_idx)
    return false;
  for (int j = 0; j < a->n_idx; j++)
    if (a->idx[j] != b->idx[j])
      return false;
  return true;
}

/* ---- copies ---- */

/* [nthreads, ...] with the last extent rounded up to whole cache lines, so that threads do not
 * share any. */
static const TppcType *copies_type(const Rewriter *w, const TppcType *t) {
  enum { LINE = 64 };
  TppcContext *cx = w->cx;
  int rank = t->rank ? t->rank + 1 : 2;
  const TppcExpr *line = tppc_e_int(cx, LINE * 8 / tppc_elem_bits(t->elem));
  const TppcExpr **dims = TPPC_NEW_N(cx->arena, const TppcExpr *, rank);
  const TppcExpr **pad = TPPC_NEW_N(cx->arena, const TppcExpr *, rank);
  dims[0] = sym(w, "nthreads");
  dims[1] = line;
  pad[0] = tppc_e_int(cx, 0);
  for (int j = 0; j < t->rank; j++) {
    bool last = j + 1 == t->rank;
    dims[j + 1] = last ? tppc_e_mul(cx, tppc_e_ceildiv(cx, t->dims[j], line), line) : t->dims[j];
    pad[j + 1] = t->pad ? t->pad[j] : pad[0];
  }
  TppcType proto = *tppc_t_tensor(cx, t->elem, rank, dims);
  proto.pad = t->pad ? pad : NULL;
  return tppc_t_intern(cx, &proto);
}

static TppcValue *new_copies(const Rewriter *w, const TppcValue *tensor) {
  TppcOp *temp = tppc_op_new(w->cx, TPPC_OP_TEMP, w->nest->span);
  temp->name =
      tppc_fresh_name(w->cx, w->kernel, tppc_internf(w->cx->names, "%s_copies", tensor->name));
  TppcValue *v = tppc_op_add_result(w->cx, temp, copies_type(w, tensor->type), temp->name);
  tppc_set_int(w->cx, temp, "copies", 1);
  tppc_op_insert_after(w->s->op, temp);
  return v;
}

/* u in the copy `which`. */
static TppcUse in_copy(const Rewriter *w, TppcValue *copies, const TppcUse *u,
                       const TppcExpr *which) {
  TppcContext *cx = w->cx;
  TppcUse at = {.value = copies, .n_idx = copies->type->rank, .span = u->span};
  at.idx = TPPC_NEW_N(cx->arena, const TppcExpr *, at.n_idx);
  at.idx[0] = which;
  at.idx[1] = tppc_e_int(cx, 0);
  for (int j = 0; j < u->n_idx; j++)
    at.idx[j + 1] = u->idx[j];
  return at;
}

/* A statement over all elements of the copies that are in use; *at is the element. */
static TppcOp *over_elements(const Rewriter *w, const Pending *p, const char *by, TppcUse *at) {
  TppcContext *cx = w->cx;
  TppcOp *stmt = tppc_op_new(cx, TPPC_OP_STMT, p->first->span);
  tppc_set_word(cx, stmt, "by", by);
  *at = p->to;
  at->idx = TPPC_NEW_N(cx->arena, const TppcExpr *, at->n_idx + 1);
  for (int j = 0; j < at->n_idx; j++) {
    at->idx[j] = p->to.idx[j];
    if (p->letters) {
      tppc_copy_dim(cx, stmt, tppc_op_dim(p->first, at->idx[j]->sym));
      continue;
    }
    const char *name = tppc_internf(cx->names, "$%d", at->n_idx - j);
    tppc_op_add_dim(cx, stmt, name, tppc_e_int(cx, 0), p->tensor->type->dims[j], NULL, at->span);
    at->idx[j] = sym(w, name);
  }
  return stmt;
}

static void add_start(const Rewriter *w, const Pending *p) {
  TppcUse at;
  TppcOp *stmt = over_elements(w, p, "each", &at);
  TppcRegion *r = &stmt->regions[0];
  int elem = tppc_elem_compute(p->tensor->type->elem);
  bool minus = p->update == TPPC_ADD && !p->fresh && tppc_elem_is_float(elem);
  TppcOp *start =
      minus ? tppc_new_const(w->cx, r, elem, -0.0) : tppc_new_identity(w->cx, r, elem, p->update);
  TppcUse own = in_copy(w, p->copies, &at, sym(w, "tid"));
  tppc_new_store(w->cx, r, start->results[0], p->copies, &own, TPPC_SET);
  tppc_op_insert_before(p->first, stmt);
}

static void add_sum(const Rewriter *w, const Pending *p, TppcOp *before) {
  TppcContext *cx = w->cx;
  TppcUse at;
  TppcOp *stmt = over_elements(w, p, "team", &at);
  const char *t = tppc_intern(cx->names, "$t");
  tppc_op_add_dim(cx, stmt, t, tppc_e_int(cx, 0), sym(w, "nthreads"), NULL, at.span);
  TppcRegion *r = &stmt->regions[0];
  TppcUse copy = in_copy(w, p->copies, &at, sym(w, t));
  TppcOp *load = tppc_new_load(cx, r, p->copies, &copy);
  TppcOp *store = tppc_new_store(cx, r, load->results[0], p->tensor, &at, p->update);
  tppc_set_int(cx, store, "init", p->fresh);
  if (before)
    tppc_op_insert_before(before, stmt);
  else
    tppc_op_append(&w->nest->regions[0], stmt);
}

/* ---- statements ---- */

typedef struct Updates {
  TppcVec(TppcTouch) v; /* of elements on which threads would meet */
  TppcReduce strategy;
  bool mixed; /* more than one strategy */
} Updates;

static TppcUpdate update_of(const TppcTouch *t) {
  return t->op->kind == TPPC_OP_CONTRACT ? TPPC_ADD : tppc_op_update(t->op);
}

static void add_update(const Rewriter *w, Updates *out, TppcOp *stmt, TppcOp *op, int use) {
  TppcTouch t = tppc_touch(op, use);
  bool mixed = false;
  TppcReduce own = t.writes && update_of(&t) != TPPC_SET
                       ? tppc_schedule_strategy(w->s, stmt, t.use, &mixed)
                       : TPPC_REDUCE_NONE;
  if (!own)
    return;
  out->mixed = out->mixed || mixed || (out->strategy && out->strategy != own);
  out->strategy = own;
  TPPC_PUSH(w->cx->arena, &out->v, t);
}

static Updates updates_of(const Rewriter *w, TppcOp *stmt) {
  Updates out = {.mixed = false};
  if (stmt->kind == TPPC_OP_CONTRACT)
    add_update(w, &out, stmt, stmt, 0);
  for (TppcOp *op = stmt->n_regions ? stmt->regions[0].first : NULL; op; op = op->next)
    if (op->kind == TPPC_OP_STORE)
      add_update(w, &out, stmt, op, 1);
  return out;
}

static bool touches(TppcOp *stmt, const TppcValue *tensor) {
  for (int i = 0; i < stmt->n_uses; i++)
    if (stmt->uses[i].value == tensor)
      return true;
  return stmt->n_regions && tppc_is_used(&stmt->regions[0], tensor);
}

static bool only_constants(const TppcOp *stmt) {
  if (stmt->kind != TPPC_OP_STMT)
    return false;
  for (const TppcOp *op = stmt->regions[0].first; op; op = op->next)
    if (op->kind != TPPC_OP_CONST && op->kind != TPPC_OP_STORE)
      return false;
  return stmt->regions[0].last && stmt->regions[0].last->kind == TPPC_OP_STORE;
}

/* The statement `tensor[..] = identity` from which this update starts, when nothing else touches
 * the tensor in between; or NULL. */
static TppcOp *start_of(TppcOp *stmt, const TppcUse *to) {
  for (TppcOp *op = stmt->prev; op; op = op->prev) {
    if (!touches(op, to->value))
      continue;
    if (!only_constants(op))
      return NULL;
    const TppcOp *store = op->regions[0].last;
    bool alone = store->prev && !store->prev->prev;
    return alone && same_element(&store->uses[1], to) ? op : NULL;
  }
  return NULL;
}

/* The value that such a statement stores is the identity of the update. */
static bool is_identity(const Rewriter *w, const TppcOp *start, TppcUpdate update) {
  const TppcOp *store = start->regions[0].last;
  TppcRegion scratch = {0};
  const TppcOp *want = tppc_new_identity(w->cx, &scratch, store->uses[0].value->type->elem, update);
  const TppcAttr *a = tppc_attr(store->uses[0].value->def, "value"), *b = tppc_attr(want, "value");
  return a && b && a->kind == b->kind && a->i == b->i && a->f == b->f;
}

/* What a product starts from, as a statement of its own before it. */
static void add_zero(const Rewriter *w, TppcOp *stmt, const TppcUse *to) {
  TppcOp *zero = tppc_op_new(w->cx, TPPC_OP_STMT, stmt->span);
  for (int i = 0; i < stmt->n_dims; i++)
    if (tppc_use_has(to, stmt->dims[i].sym))
      tppc_copy_dim(w->cx, zero, &stmt->dims[i]);
  TppcRegion *r = &zero->regions[0];
  TppcOp *value = tppc_new_identity(w->cx, r, tppc_elem_compute(to->value->type->elem), TPPC_ADD);
  tppc_new_store(w->cx, r, value->results[0], to->value, to, TPPC_SET);
  tppc_op_insert_before(stmt, zero);
}

static void begin(Rewriter *w, TppcOp *stmt, const TppcTouch *t) {
  Pending p = {.tensor = t->use->value, .update = update_of(t), .first = stmt, .to = *t->use};
  p.letters = covers(stmt, t->use);
  p.copies = new_copies(w, p.tensor);
  bool starts = t->op->kind == TPPC_OP_CONTRACT && tppc_attr_int(t->op, "init", 0) == 1;
  TppcOp *start = p.letters ? start_of(stmt, t->use) : NULL;
  if (start && is_identity(w, start, p.update)) {
    tppc_op_unlink(start);
    p.fresh = true;
  }
  if (starts && p.letters)
    p.fresh = true;
  else if (starts)
    add_zero(w, stmt, t->use);
  add_start(w, &p);
  TPPC_PUSH(w->cx->arena, &w->pending, p);
}

static Pending *pending_of(Rewriter *w, const TppcValue *tensor) {
  for (int i = 0; i < w->pending.n; i++)
    if (w->pending.data[i].tensor == tensor)
      return &w->pending.data[i];
  return NULL;
}

/* The update continues from that of p and may go to the same copies. */
static bool continues(const Pending *p, const TppcTouch *t) {
  bool starts = t->op->kind == TPPC_OP_CONTRACT && tppc_attr_int(t->op, "init", 0) == 1;
  return !starts && p->update == update_of(t) && (!p->letters || same_element(&p->to, t->use));
}

static void flush(Rewriter *w, TppcOp *before, const Updates *updates) {
  int kept = 0;
  for (int i = 0; i < w->pending.n; i++) {
    Pending *p = &w->pending.data[i];
    bool keep = !touches(before, p->tensor);
    for (int k = 0; k < updates->v.n && !keep; k++)
      keep = updates->strategy == TPPC_REDUCE_PRIVATE &&
             updates->v.data[k].use->value == p->tensor && continues(p, &updates->v.data[k]);
    if (keep)
      w->pending.data[kept++] = *p;
    else
      add_sum(w, p, before);
  }
  w->pending.n = kept;
}

static bool reads_result(TppcOp *stmt, const TppcTouch *t) {
  int n = 0;
  for (TppcOp *op = stmt->n_regions ? stmt->regions[0].first : NULL; op; op = op->next)
    for (int i = 0; i < op->n_uses; i++)
      n += op->uses[i].value == t->use->value;
  for (int i = 1; i < stmt->n_uses; i++)
    n += 2 * (stmt->uses[i].value == t->use->value);
  return n > 1;
}

static bool refuse(Rewriter *w, const TppcTouch *t, const char *why) {
  TppcSpan span = tppc_attr(w->s->op, "reduce")->span;
  tppc_diag(w->cx->diags, TPPC_D_reduce_refused, span.source ? span : w->s->op->span,
            t->use->value->name, why);
  tppc_diag_note(w->cx->diags, t->use->span.source ? t->use->span : t->op->span,
                 "it is updated here");
  return false;
}

static void make_atomic(const Rewriter *w, TppcOp *stmt, const TppcTouch *t) {
  if (t->op->kind == TPPC_OP_CONTRACT && tppc_attr_int(t->op, "init", 0) == 1)
    add_zero(w, stmt, t->use);
  tppc_set_int(w->cx, t->op, "init", 0);
  tppc_set_int(w->cx, t->op, "atomic", 1);
}

static bool rewrite(Rewriter *w, TppcOp *stmt) {
  Updates updates = updates_of(w, stmt);
  flush(w, stmt, &updates);
  if (updates.mixed)
    return refuse(w, &updates.v.data[0], "the strategies of its letters differ");
  if (updates.strategy == TPPC_REDUCE_ORDERED) {
    tppc_set_word(w->cx, stmt, "by", "order");
    for (int i = 0; i < updates.v.n; i++) {
      TppcOp *start = start_of(stmt, updates.v.data[i].use);
      if (start)
        tppc_set_word(w->cx, start, "by", "order");
    }
    return true;
  }
  for (int i = 0; i < updates.v.n; i++) {
    TppcTouch *t = &updates.v.data[i];
    if (t->use->value->type->storage != TPP_STORE_DENSE)
      return refuse(w, t, "it is sparse");
    if (reads_result(stmt, t))
      return refuse(w, t, "its own update reads it");
    if (updates.strategy == TPPC_REDUCE_ATOMIC) {
      make_atomic(w, stmt, t);
      continue;
    }
    if (!pending_of(w, t->use->value))
      begin(w, stmt, t);
    const Pending *p = pending_of(w, t->use->value);
    TppcSpan span = t->use->span;
    *t->use = in_copy(w, p->copies, t->use, sym(w, "tid"));
    t->use->span = span;
    tppc_set_int(w->cx, t->op, "init", 0);
  }
  return true;
}

/* A strategy for a loop over which nothing is reduced would be ignored. */
static bool all_reduce(const TppcSched *s) {
  bool ok = true;
  for (int i = 0; i < s->loops.n; i++) {
    const TppcSchedLoop *loop = &s->loops.data[i];
    if (!loop->reduce || tppc_schedule_race(s, i))
      continue;
    tppc_diag(s->cx->diags, TPPC_D_reduce_misplaced, loop->reduce_span, loop->sym,
              "no statement is reduced over the letter");
    ok = false;
  }
  return ok;
}

static bool rewrite_nest(TppcContext *cx, TppcOp *kernel, TppcOp *nest) {
  TppcOp *schedule = nest->regions[0].first;
  if (!schedule || schedule->kind != TPPC_OP_SCHEDULE || !tppc_attr(schedule, "reduce"))
    return true;
  const TppcSched *s = tppc_schedule_model_of(cx, nest, schedule);
  if (!s || !all_reduce(s))
    return false;
  Rewriter w = {.cx = cx, .kernel = kernel, .nest = nest, .s = s};
  for (TppcOp *op = nest->regions[0].first, *next; op; op = next) {
    next = op->next;
    if ((op->kind == TPPC_OP_STMT || op->kind == TPPC_OP_CONTRACT) && !rewrite(&w, op))
      return false;
  }
  for (int i = 0; i < w.pending.n; i++)
    add_sum(&w, &w.pending.data[i], NULL);
  return true;
}

/* ---- -fdeterministic ---- */

static bool rounds(TppcOp *op, int use) {
  TppcTouch t = tppc_touch(op, use);
  if (!t.writes || !tppc_elem_is_float(t.use->value->type->elem))
    return false;
  TppcUpdate update = update_of(&t);
  return update == TPPC_ADD || update == TPPC_MUL;
}

static void order_sums(TppcOp *nest) {
  bool any = false;
  TppcRegion *r = &nest->regions[0];
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses && (op->kind == TPPC_OP_STORE || op->kind == TPPC_OP_CONTRACT);
         i++)
      any = any || rounds(op, i);
  for (TppcOp *op = r->first; any && op && op->kind == TPPC_OP_SCHEDULE; op = op->next) {
    const TppcAttr *reduce = tppc_attr(op, "reduce");
    for (int i = 0; reduce && i < reduce->n; i++)
      if (reduce->list[i].n > 1 && reduce->list[i].list[1].s &&
          (strcmp(reduce->list[i].list[1].s, "private") == 0 ||
           strcmp(reduce->list[i].list[1].s, "atomic") == 0))
        reduce->list[i].list[1].s = "ordered";
  }
}

/* ---- several schedules ---- */

static bool is_schedule(const TppcOp *op) {
  return op && op->kind == TPPC_OP_SCHEDULE;
}

/* A copy of the nest with its n-th schedule alone, which is taken when `when` holds. */
static void add_version(TppcContext *cx, TppcOp *kernel, TppcOp *nest, int n,
                        const TppcExpr *when) {
  TppcMap values = {.arena = cx->arena};
  TppcOp *copy = tppc_op_clone(cx, nest, &values, NULL);
  if (n)
    copy->name = tppc_internf(cx->names, "%s.version%d", nest->name ? nest->name : "nest", n);
  int i = 0;
  for (TppcOp *op = copy->regions[0].first, *next; op; op = next) {
    next = op->next;
    if (op->kind == TPPC_OP_TEMP && n) {
      op->name = tppc_fresh_name(cx, kernel, op->name);
      op->results[0]->name = op->name;
    } else if (is_schedule(op) && i++ != n) {
      tppc_op_unlink(op);
    } else if (is_schedule(op) && !tppc_e_is(when, 1)) {
      tppc_set_expr(cx, op, "when", when);
    }
  }
  tppc_op_insert_before(nest, copy);
}

/* A nest of several schedules, one of which reduces, becomes a nest for each: statements are then
 * those of one schedule. */
static void split_versions(TppcContext *cx, TppcOp *kernel, TppcOp *nest) {
  bool reduces = false;
  int n = 0;
  TppcOp *op = nest->regions[0].first;
  for (; is_schedule(op); op = op->next, n++)
    reduces = reduces || tppc_attr(op, "reduce");
  if (!reduces || n < 2)
    return;
  const TppcExpr *left = tppc_e_int(cx, 1); /* no schedule before this one was taken */
  op = nest->regions[0].first;
  for (int i = 0; i < n; i++, op = op->next) {
    const TppcExpr *when = tppc_attr_expr(op, "when");
    when = when ? when : tppc_e_int(cx, 1);
    const TppcExpr *taken = tppc_e_tidy(cx, tppc_e_and(cx, left, when));
    if (!tppc_e_is(taken, 0))
      add_version(cx, kernel, nest, i, taken);
    left = tppc_e_and(cx, left, tppc_e_not(cx, when));
  }
  tppc_op_unlink(nest);
}

bool tppc_pass_parallel_reductions(TppcModule *m, const TppcPassOptions *opt) {
  bool ok = true;
  for (TppcOp *kernel = m->body.first; kernel; kernel = kernel->next) {
    if (kernel->kind != TPPC_OP_KERNEL)
      continue;
    for (TppcOp *op = tppc_next_item(kernel, NULL), *next; op; op = next) {
      next = tppc_next_item(kernel, op);
      if (op->kind == TPPC_OP_NEST && opt->deterministic)
        order_sums(op);
      if (op->kind == TPPC_OP_NEST)
        split_versions(m->cx, kernel, op);
    }
    for (TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op))
      if (op->kind == TPPC_OP_NEST)
        ok = rewrite_nest(m->cx, kernel, op) && ok;
    tppc_number_values(m->cx, kernel);
  }
  return ok;
}
