/* Data indices that are known only after a parameter has been written.
 *
 *   nest { A[m] = ix[m] + 1;  Y[m, d] = E[A[m], d] }
 *   -->  nest { A' = ix[m] + 1 }  the check of A'  A = A'  nest { Y[m, d] = E[A[m], d] }
 *
 * The statements before the one that needs the index are a nest of their own; what both use of
 * temporaries are locals. Between the two the index is checked, in a seq in every iteration. A
 * function that returns a status has written nothing, so until the last of these checks has passed
 * results go to locals, which become the parameters then. That costs the memory and one copy of
 * what is written before the check, and only programs pay for it that compute an index so.
 */
#include "passes/hoist_indices.h"
#include "passes/widen_accumulators.h"
#include "schedule/schedule.h"

/* ---- the nest in two ---- */

static bool stands_before(const TppcOp *a, const TppcOp *b) {
  for (a = a->next; a; a = a->next)
    if (a == b)
      return true;
  return false;
}

/* Some statement of the nest before stmt writes v. */
static bool made_before(TppcContext *cx, TppcOp *nest, const TppcOp *stmt, const TppcValue *v) {
  TppcTouches all = tppc_touches(cx, &nest->regions[0], v);
  for (int i = 0; i < all.v.n; i++)
    if (all.v.data[i].writes &&
        stands_before(tppc_op_in_region(all.v.data[i].op, &nest->regions[0]), stmt))
      return true;
  return false;
}

/* A tensor that is updated on both sides of stmt may round what is added to it, in between too when
 * the nest is cut there. So its accumulator is made now, and lives across the cut. */
static void widen_cut_sums(TppcContext *cx, TppcOp *kernel, TppcOp *nest, const TppcOp *stmt) {
  TppcRegion *r = &nest->regions[0];
  TppcVec(TppcValue *) cut = {0};
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++) {
      const TppcTouch t = tppc_touch(op, i);
      TppcValue *v = t.use->value;
      if (t.writes && (op->kind != TPPC_OP_STORE || tppc_op_update(op) != TPPC_SET) &&
          !stands_before(tppc_op_in_region(op, r), stmt) && made_before(cx, nest, stmt, v))
        TPPC_PUSH(cx->arena, &cut, v);
    }
  for (int i = 0; i < cut.n; i++)
    tppc_widen_tensor(cx, kernel, nest, cut.data[i]);
}

/* Temporaries go with the part that uses them, or become locals. */
static void share_temps(TppcContext *cx, TppcOp *kernel, TppcOp *first, TppcOp *nest) {
  TppcOp *at = first->regions[0].first;
  for (TppcOp *op = nest->regions[0].first, *next; op; op = next) {
    next = op->next;
    if (op->kind != TPPC_OP_TEMP || !tppc_is_used(&first->regions[0], op->results[0]))
      continue;
    bool both = tppc_is_used(&nest->regions[0], op->results[0]);
    tppc_op_unlink(op);
    if (!both) {
      tppc_op_insert_before(at, op);
      continue;
    }
    TppcOp *local = tppc_op_new(cx, TPPC_OP_LOCAL, op->span);
    local->name = op->name;
    TppcValue *to = tppc_op_add_result(cx, local, op->results[0]->type, op->results[0]->name);
    tppc_op_insert_before(first, local);
    tppc_replace_value(&kernel->regions[0], op->results[0], to);
  }
}

static void split_nest(TppcContext *cx, TppcOp *kernel, TppcOp *nest, const TppcOp *stmt) {
  TppcOp *first = tppc_op_new(cx, TPPC_OP_NEST, nest->span);
  first->name = tppc_fresh_name(cx, kernel, tppc_sprintf(cx->arena, "%s_before", nest->name));
  for (TppcOp *op = nest->regions[0].first, *next; op != stmt; op = next) {
    next = op->next;
    if (op->kind != TPPC_OP_STMT && op->kind != TPPC_OP_CONTRACT)
      continue;
    tppc_op_unlink(op);
    tppc_op_append(&first->regions[0], op);
  }
  for (int i = 0; i < nest->n_dims; i++)
    for (const TppcOp *op = first->regions[0].first; op; op = op->next)
      if (tppc_op_dim(op, nest->dims[i].sym)) {
        tppc_copy_dim(cx, first, &nest->dims[i]);
        break;
      }
  tppc_op_insert_before(nest, first);
  share_temps(cx, kernel, first, nest);
}

TppcOp *tppc_late_index(TppcContext *cx, TppcOp *kernel, TppcOp *bind, TppcOp *const *chain,
                        int n_chain) {
  TppcOp *stmt = tppc_op_parent(bind), *nest = tppc_op_parent(stmt);
  bool split = false;
  for (int i = 0; i < n_chain; i++)
    split = split || (chain[i]->kind == TPPC_OP_LOAD &&
                      made_before(cx, nest, stmt, chain[i]->uses[0].value));
  if (!split)
    return nest;
  widen_cut_sums(cx, kernel, nest, stmt);
  split_nest(cx, kernel, nest, stmt);
  return nest;
}

/* ---- results that wait ---- */

static const char *free_letter(TppcContext *cx, TppcOp *kernel, char *from) {
  for (; *from <= 'z'; ++*from) {
    const char *sym = tppc_internf(cx->names, "%c", *from);
    if (tppc_e_only_sizes(tppc_e_sym(cx, sym), &kernel->regions[0]))
      continue;
    ++*from;
    return sym;
  }
  return tppc_intern(cx->names, "$1"); /* a tensor of so many dimensions that letters run out */
}

/* to[..] = from[..] in a nest of its own before `at`, or at the end; over the stored entries of
 * what is sparse. */
static void copy_tensor(TppcContext *cx, TppcOp *kernel, TppcOp *at, TppcValue *to,
                        TppcValue *from) {
  TppcOp *nest = tppc_op_new(cx, TPPC_OP_NEST, to->def->span);
  TppcOp *stmt = tppc_op_new(cx, TPPC_OP_STMT, to->def->span);
  const TppcType *t = to->type;
  TppcUse all = {.n_idx = t->rank, .idx = TPPC_NEW_N(cx->arena, const TppcExpr *, t->rank + 1)};
  char letter = 'a';
  nest->name = tppc_fresh_name(cx, kernel, tppc_sprintf(cx->arena, "copy_%s", from->name));
  for (int i = 0; i < t->rank; i++) {
    const char *sym = free_letter(cx, kernel, &letter);
    const TppcExpr *zero = tppc_e_int(cx, 0), *one = tppc_e_int(cx, 1);
    tppc_op_add_dim(cx, nest, sym, zero, t->dims[i], one, TPPC_NO_SPAN);
    tppc_op_add_dim(cx, stmt, sym, zero, t->dims[i], one, TPPC_NO_SPAN);
    all.idx[i] = tppc_e_sym(cx, sym);
  }
  if (tppc_type_is_sparse(t))
    tppc_op_add_use(cx, stmt, to, 2, all.idx, TPPC_NO_SPAN);
  TppcRegion *r = &stmt->regions[0];
  TppcOp *load = tppc_new_load(cx, r, from, &all);
  tppc_new_store(cx, r, load->results[0], to, &all, TPPC_SET);
  tppc_op_append(&nest->regions[0], stmt);
  if (at)
    tppc_op_insert_before(at, nest);
  else
    tppc_op_append(&kernel->regions[0], nest);
}

/* What stands in the kernel's body before `end` uses `with` for v. */
static void replace_before(TppcOp *kernel, const TppcOp *end, const TppcValue *v, TppcValue *with) {
  TppcRegion *r = &kernel->regions[0];
  for (TppcOp *op = r->first; op && op != end; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++)
      if (op->uses[i].value == v)
        op->uses[i].value = with;
}

void tppc_defer_writes(TppcContext *cx, TppcOp *kernel, TppcOp *last) {
  TppcRegion *body = &kernel->regions[0];
  TppcOp *end = tppc_op_in_region(last, body)->next; /* a check in a seq ends with the seq */
  TppcVec(TppcValue *) written = {0};
  TppcOp *start = body->first;
  while (start->kind == TPPC_OP_SIZE || start->kind == TPPC_OP_REQUIRE ||
         start->kind == TPPC_OP_PARAM)
    start = start->next;
  for (TppcOp *op = start; op != end; op = tppc_next_op(body, op))
    for (int i = 0; i < op->n_uses; i++) {
      TppcTouch t = tppc_touch(op, i);
      TppcValue *v = t.use->value;
      bool known = !t.writes || v->def->kind != TPPC_OP_PARAM;
      for (int k = 0; k < written.n; k++)
        known = known || written.data[k] == v;
      if (!known)
        TPPC_PUSH(cx->arena, &written, v);
    }
  for (int i = 0; i < written.n; i++) {
    TppcValue *v = written.data[i];
    TppcOp *local = tppc_op_new(cx, TPPC_OP_LOCAL, v->def->span);
    local->name = tppc_fresh_name(cx, kernel, tppc_sprintf(cx->arena, "%s_later", v->name));
    TppcValue *to = tppc_op_add_result(cx, local, v->type, local->name);
    replace_before(kernel, end, v, to);
    if (tppc_type_is_sparse(v->type))
      tppc_op_add_use(cx, local, v, 0, NULL, v->def->span);
    tppc_op_insert_before(start, local);
    if (tppc_attr_word(v->def, "mode") && tppc_attr_word(v->def, "mode")[0] == 'i')
      copy_tensor(cx, kernel, start, to, v);
    copy_tensor(cx, kernel, end, v, to);
  }
}
