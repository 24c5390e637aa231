/* widen-accumulators: sums run in the accumulator's type and are rounded once.
 *
 *   tpp.contract %Y[m, n], %X[m, k], %W[k, n] init=1            Y: bf16
 *   -->  %Y_acc = tpp.temp : f32[M, N]
 *        tpp.contract %Y_acc[m, n], %X[m, k], %W[k, n] init=1
 *        tpp.stmt [m, n] { Y[m, n] = Y_acc[m, n] }
 *
 * The unit is a chain: an `=` (or the value of an inout, or the identity) and the updates that
 * continue from it, which nothing reads in between. The whole chain moves to the temporary, the `=`
 * included, so that rounding happens after the last update only. A contraction whose own
 * accumulator is of another type than its tensor (an integer product added to a float) gets a
 * temporary for the product alone.
 */
#include "passes/widen_accumulators.h"

#include "passes/pass.h"
#include "passes/rewrite.h"

typedef struct Chain {
  TppcContext *cx;
  TppcOp *kernel, *nest;
  TppcValue *tensor;
  TppcVec(TppcTouch) writes;
} Chain;

static bool is_update(const TppcTouch *a) {
  return a->op->kind == TPPC_OP_CONTRACT || tppc_op_update(a->op) != TPPC_SET;
}

static TppcOp *statement(const Chain *c, TppcOp *op) {
  return tppc_op_in_region(op, &c->nest->regions[0]);
}

/* ---- types ---- */

static int promote(int a, int b) {
  if (!a || !b)
    return a ? a : b;
  if (a == TPP_F64 || b == TPP_F64)
    return TPP_F64;
  if (a == TPP_F32 || b == TPP_F32)
    return TPP_F32;
  return a == TPP_I64 || b == TPP_I64 ? TPP_I64 : TPP_I32;
}

static int product_type(const TppcOp *contract) {
  return promote(tppc_elem_accumulator(contract->uses[1].value->type->elem),
                 tppc_elem_accumulator(contract->uses[2].value->type->elem));
}

static bool starts_fresh(const TppcTouch *first) {
  return !is_update(first) || tppc_attr_int(first->op, "init", 0) == 1;
}

static int accumulator(const Chain *c) {
  int acc = 0;
  for (int i = 0; i < c->writes.n; i++) {
    const TppcOp *op = c->writes.data[i].op;
    int elem = op->kind == TPPC_OP_CONTRACT ? product_type(op) : op->uses[0].value->type->elem;
    acc = promote(acc, elem == TPP_BIT ? TPP_I32 : elem);
  }
  int own = tppc_elem_accumulator(c->tensor->type->elem);
  bool keeps = !starts_fresh(&c->writes.data[0]) || own == TPP_F64 || own == TPP_I64;
  return keeps ? promote(acc, own) : acc;
}

/* ---- rewriting ---- */

static TppcValue *new_temp(const Chain *c, const char *stem, const TppcType *type) {
  TppcOp *temp = tppc_op_new(c->cx, TPPC_OP_TEMP, c->nest->span);
  temp->name = tppc_fresh_name(c->cx, c->kernel, tppc_internf(c->cx->names, "%s_acc", stem));
  TppcValue *v = tppc_op_add_result(c->cx, temp, type, temp->name);
  TppcOp *at = c->nest->regions[0].first;
  while (at && (at->kind == TPPC_OP_SCHEDULE || at->kind == TPPC_OP_TEMP))
    at = at->next;
  if (at)
    tppc_op_insert_before(at, temp);
  else
    tppc_op_append(&c->nest->regions[0], temp);
  return v;
}

/* Every write goes to the same element in terms of the letters, each position a letter. */
static bool same_letters(const Chain *c) {
  const TppcUse *u = c->writes.data[0].use;
  for (int j = 0; j < u->n_idx; j++) {
    if (u->idx[j]->kind != TPPC_E_SYM)
      return false;
    for (int k = 0; k < j; k++)
      if (u->idx[k] == u->idx[j])
        return false;
    for (int i = 0; i < c->writes.n; i++)
      if (c->writes.data[i].use->idx[j] != u->idx[j] ||
          !tppc_op_dim(statement(c, c->writes.data[i].op), u->idx[j]->sym))
        return false;
  }
  return true;
}

static bool is_sparse(const TppcValue *v) {
  return v->type->storage != TPP_STORE_DENSE && v->type->storage != TPP_STORE_TERNARY;
}

/* A product into a sparse tensor stays one for its stored entries only. */
static void keep_pattern(TppcContext *cx, TppcOp *contract) {
  const TppcUse c = contract->uses[0];
  if (is_sparse(c.value) && contract->n_uses == 3)
    tppc_op_add_use(cx, contract, c.value, c.n_idx, c.idx, c.span);
}

/* to[..] = from[..] over the elements that the chain writes: over its letters, or all of them. */
static TppcOp *copy_stmt(const Chain *c, TppcValue *to, TppcValue *from) {
  TppcContext *cx = c->cx;
  const TppcUse *u = c->writes.data[0].use;
  TppcOp *first = statement(c, c->writes.data[0].op);
  TppcOp *stmt = tppc_op_new(cx, TPPC_OP_STMT, first->span);
  TppcUse at = {.n_idx = u->n_idx, .span = u->span};
  at.idx = TPPC_NEW_N(cx->arena, const TppcExpr *, u->n_idx + 1);
  bool letters = same_letters(c);
  for (int j = 0; j < u->n_idx; j++) {
    if (letters) {
      tppc_copy_dim(cx, stmt, tppc_op_dim(first, u->idx[j]->sym));
      at.idx[j] = u->idx[j];
      continue;
    }
    const char *sym = tppc_internf(cx->names, "$%d", u->n_idx - j);
    tppc_op_add_dim(cx, stmt, sym, tppc_e_int(cx, 0), c->tensor->type->dims[j], NULL, u->span);
    at.idx[j] = tppc_e_sym(cx, sym);
  }
  TppcRegion *r = &stmt->regions[0];
  TppcOp *load = tppc_new_load(cx, r, from, &at);
  tppc_new_store(cx, r, load->results[0], to, &at, TPPC_SET);
  if (is_sparse(c->tensor))
    tppc_op_add_use(cx, stmt, c->tensor, at.n_idx, at.idx, u->span);
  return stmt;
}

/* A stored value of another type is converted to what the accumulator computes in; a load of the
 * tensor within its own update reads the accumulator. */
static void adapt_statement(const Chain *c, TppcOp *store, TppcValue *acc) {
  TppcContext *cx = c->cx;
  TppcRegion *r = store->in;
  int elem = tppc_elem_compute(acc->type->elem);
  TppcRegion scratch = {0};
  TppcValue *value = store->uses[0].value;
  if (value->type->elem != elem) {
    TppcOp *conv = tppc_new_convert(cx, &scratch, value, elem);
    tppc_op_unlink(conv);
    tppc_op_insert_before(store, conv);
    store->uses[0].value = conv->results[0];
  }
  if (tppc_op_update(store) == TPPC_SET)
    return;
  for (TppcOp *op = r->first; op; op = op->next) {
    if (op->kind != TPPC_OP_LOAD || op->uses[0].value != c->tensor)
      continue;
    TppcValue *old = op->results[0];
    TppcOp *load = tppc_new_load(cx, &scratch, acc, &op->uses[0]);
    TppcOp *conv = tppc_new_convert(cx, &scratch, load->results[0], old->type->elem);
    tppc_op_unlink(load);
    tppc_op_unlink(conv);
    tppc_op_insert_after(op, load);
    tppc_op_insert_after(load, conv);
    tppc_replace_value(r, old, conv->results[0]);
  }
}

static void widen(const Chain *c, int elem) {
  TppcContext *cx = c->cx;
  const TppcType *t = c->tensor->type;
  TppcType like = {.kind = TPPC_T_TENSOR, .elem = (uint8_t)elem, .rank = t->rank, .dims = t->dims};
  like.pad = t->pad; /* writes there are dropped before and after */
  TppcValue *acc = new_temp(c, c->tensor->name, tppc_t_intern(cx, &like));
  TppcOp *first = statement(c, c->writes.data[0].op);
  TppcOp *last = statement(c, c->writes.data[c->writes.n - 1].op);
  /* An `=` at other indices than letters may leave elements out, which are copied back too. */
  bool keeps = !is_update(&c->writes.data[0]) && !same_letters(c);
  if (keeps || !starts_fresh(&c->writes.data[0]))
    tppc_op_insert_before(first, copy_stmt(c, acc, c->tensor));
  tppc_op_insert_after(last, copy_stmt(c, c->tensor, acc));
  for (int i = 0; i < c->writes.n; i++) {
    TppcTouch *a = &c->writes.data[i];
    if (a->op->kind == TPPC_OP_CONTRACT) {
      keep_pattern(cx, a->op);
      a->use = &a->op->uses[0];
    }
    a->use->value = acc;
    if (a->op->kind == TPPC_OP_STORE)
      adapt_statement(c, a->op, acc);
  }
}

/* The chain of writes to v that starts at access i of all; returns the index behind it. */
static int collect_chain(Chain *c, const TppcTouches *all, int i) {
  c->writes.data = NULL;
  c->writes.n = c->writes.cap = 0;
  for (; i < all->v.n; i++) {
    TppcTouch *a = &all->v.data[i];
    if (!a->writes)
      continue;
    if (c->writes.n && !is_update(a))
      break;
    TPPC_PUSH(c->cx->arena, &c->writes, *a);
  }
  return i;
}

void tppc_widen_tensor(TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcValue *v) {
  Chain c = {.cx = cx, .kernel = kernel, .nest = nest, .tensor = v};
  TppcTouches all = tppc_touches(cx, &nest->regions[0], v);
  for (int i = 0; i < all.v.n;) {
    i = collect_chain(&c, &all, i);
    if (!c.writes.n || !is_update(&c.writes.data[c.writes.n - 1]))
      continue;
    int acc = accumulator(&c);
    if (acc != v->type->elem)
      widen(&c, acc);
  }
}

/* ---- products of another type than their tensor ---- */

static TppcOp *product_dims(TppcContext *cx, const TppcOp *contract, TppcUse *at) {
  TppcOp *stmt = tppc_op_new(cx, TPPC_OP_STMT, contract->span);
  const TppcUse *u = &contract->uses[0];
  at->n_idx = 0;
  at->idx = TPPC_NEW_N(cx->arena, const TppcExpr *, contract->n_dims + 1);
  for (int i = 0; i < contract->n_dims; i++) {
    const TppcDim *d = &contract->dims[i];
    if (!tppc_use_has(u, d->sym))
      continue;
    tppc_copy_dim(cx, stmt, d);
    at->idx[at->n_idx++] = tppc_e_sym(cx, d->sym);
  }
  return stmt;
}

static void split_product(TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op, int elem) {
  Chain c = {.cx = cx, .kernel = kernel, .nest = nest};
  TppcUse at = {.span = op->span};
  TppcOp *stmt = product_dims(cx, op, &at);
  const TppcExpr **dims = TPPC_NEW_N(cx->arena, const TppcExpr *, at.n_idx + 1);
  for (int i = 0; i < at.n_idx; i++)
    dims[i] = stmt->dims[i].hi;
  TppcUse *to = &op->uses[0];
  TppcValue *acc = new_temp(&c, to->value->name, tppc_t_tensor(cx, elem, at.n_idx, dims));
  TppcRegion *r = &stmt->regions[0];
  TppcOp *v = tppc_new_load(cx, r, acc, &at);
  int want = tppc_elem_compute(to->value->type->elem);
  if (want != elem)
    v = tppc_new_convert(cx, r, v->results[0], want);
  TppcOp *store = tppc_new_store(cx, r, v->results[0], to->value, to, TPPC_ADD);
  tppc_set_int(cx, store, "init", tppc_attr_int(op, "init", 0));
  tppc_op_insert_after(op, stmt);
  if (is_sparse(op->uses[0].value))
    tppc_op_add_use(cx, stmt, op->uses[0].value, 2, op->uses[0].idx, op->span);
  keep_pattern(cx, op);
  op->uses[0].value = acc;
  op->uses[0].n_idx = at.n_idx;
  op->uses[0].idx = at.idx;
  tppc_set_int(cx, op, "init", 1);
}

static void widen_nest(TppcContext *cx, TppcOp *kernel, TppcOp *nest) {
  TppcRegion *body = &nest->regions[0];
  TppcVec(TppcValue *) written = {0};
  for (TppcOp *op = body->first; op; op = tppc_next_op(body, op))
    for (int i = 0; i < op->n_uses; i++) {
      TppcTouch a = tppc_touch(op, i);
      bool seen = !a.writes || a.use->value->type->storage == TPP_STORE_TERNARY;
      for (int j = 0; j < written.n; j++)
        seen = seen || written.data[j] == a.use->value;
      if (!seen)
        TPPC_PUSH(cx->arena, &written, a.use->value);
    }
  for (int i = 0; i < written.n; i++)
    tppc_widen_tensor(cx, kernel, nest, written.data[i]);
  for (TppcOp *op = body->first, *next; op; op = next) {
    next = op->next;
    if (op->kind == TPPC_OP_CONTRACT && product_type(op) != op->uses[0].value->type->elem)
      split_product(cx, kernel, nest, op, product_type(op));
  }
}

bool tppc_pass_widen_accumulators(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *k = m->body.first; k; k = k->next) {
    if (k->kind != TPPC_OP_KERNEL)
      continue;
    for (TppcOp *op = tppc_next_item(k, NULL); op; op = tppc_next_item(k, op))
      if (op->kind == TPPC_OP_NEST)
        widen_nest(m->cx, k, op);
    tppc_number_values(m->cx, k);
  }
  return true;
}
