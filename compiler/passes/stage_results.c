/* stage-results: a product whose result is not contiguous along a letter of its tile sums in a
 * buffer that is, and is added to the result once the loops that revisit the tile are through.
 *
 *   for q0 { contract dF[k, c, r0, s0], dO[n0, k, q0, q], I[n0, c, q0 + r0, q + s0] }
 *   -->  tile k, c { dF_stage[k - k0, c - c0] = 0 }
 *        for q0 { contract dF_stage[k - k0, c - c0], dO.., I.. }
 *        tile k, c { dF[k, c, r0, s0] += dF_stage[k - k0, c - c0] }
 *
 * Microkernels store vectors of the result; filters' gradients, transposed convolutions, and
 * results with other letters innermost have none. The copy is made once for as many products as
 * there are iterations. In the buffer nothing is padding, so that writes which the result drops
 * need no clipped kernels either.
 */
#include "passes/contract_emit.h"
#include "passes/contract_shape.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

typedef struct Stage {
  TppcContext *cx;
  TppcOp *kernel, *op;     /* op: the loop.contract */
  TppcOp *around;          /* the loop that revisits the tile, or op */
  const TppcDim **letters; /* of the result, with the index into the buffer in this order */
  int n;
} Stage;

static const TppcUse *result_of(const TppcOp *op) {
  return &op->uses[0];
}

static int product_elem(const TppcOp *op) {
  return tppc_product_elem(op->uses[1].value->type->elem, op->uses[2].value->type->elem);
}

/* ---- whether ---- */

static bool is_long(const Stage *s, const TppcDim *d) {
  const TppcExpr *len = tppc_len_bound(s->cx, tppc_tile_len(s->cx, s->op, d), s->kernel);
  return !len || !tppc_e_is(len, 1);
}

/* Some letter of the tile moves through the result by one element. */
static bool has_unit_letter(const Stage *s) {
  const TppcUse *c = result_of(s->op);
  const TppcType *t = c->value->type;
  int last = t->n_digits ? t->digits[t->n_digits - 1].dim : t->rank - 1;
  while (!t->n_digits && last > 0 && tppc_e_is(t->dims[last], 1))
    last--;
  for (int i = 0; last >= 0 && last < c->n_idx && i < s->op->n_dims; i++) {
    const TppcDim *d = &s->op->dims[i];
    const TppcExpr *by = tppc_e_coeff(s->cx, c->idx[last], d->sym, NULL);
    if (tppc_e_uses(c->idx[last], d->sym) && by && tppc_e_is(by, 1) && is_long(s, d))
      return true;
  }
  return false;
}

/* A matrix product on plain storage: rows, columns, and a sum of more than one element. */
static bool is_product(const Stage *s) {
  const TppcUse *u = s->op->uses;
  bool rows = false, columns = false, summed = false;
  for (int o = 0; o < 3; o++)
    if (u[o].value->type->kind != TPPC_T_TENSOR || u[o].value->type->storage != TPP_STORE_DENSE)
      return false;
  if (u[0].value->type->elem != product_elem(s->op))
    return false;
  for (int i = 0; i < s->op->n_dims; i++) {
    const TppcDim *d = &s->op->dims[i];
    bool c = tppc_use_has(&u[0], d->sym), a = tppc_use_has(&u[1], d->sym),
         b = tppc_use_has(&u[2], d->sym);
    if (!is_long(s, d))
      continue;
    rows = rows || (c && a && !b);
    columns = columns || (c && b && !a);
    summed = summed || (!c && a && b);
  }
  return rows && columns && summed;
}

static bool find_letters(Stage *s) {
  s->letters = TPPC_NEW_N(s->cx->arena, const TppcDim *, s->op->n_dims + 1);
  for (int i = 0; i < s->op->n_dims; i++) {
    const TppcDim *d = &s->op->dims[i];
    if (!tppc_use_has(result_of(s->op), d->sym))
      continue;
    if (!tppc_len_bound(s->cx, tppc_tile_len(s->cx, s->op, d), s->kernel))
      return false;
    s->letters[s->n++] = d;
  }
  return s->n > 0;
}

/* ---- where ---- */

/* Another tile of the result in each iteration. */
static bool moves_result(const Stage *s, const TppcOp *loop) {
  for (int i = 0; i < loop->n_dims; i++) {
    const char *var = loop->dims[i].sym;
    if (tppc_use_has(result_of(s->op), var))
      return true;
    for (int k = 0; k < s->n; k++)
      if (tppc_e_uses(s->letters[k]->lo, var) || tppc_e_uses(s->letters[k]->hi, var))
        return true;
  }
  return false;
}

static bool touched_elsewhere(const Stage *s, TppcOp *loop) {
  TppcTouches all = tppc_touches(s->cx, &loop->regions[0], result_of(s->op)->value);
  for (int i = 0; i < all.v.n; i++)
    if (all.v.data[i].op != s->op)
      return true;
  return false;
}

static void find_place(Stage *s) {
  s->around = s->op;
  for (TppcOp *up = tppc_op_parent(s->op); up && up->kind == TPPC_OP_FOR; up = tppc_op_parent(up)) {
    if (moves_result(s, up) || touched_elsewhere(s, up))
      break;
    s->around = up;
  }
}

/* The condition that the sum starts from zero, as it is before the first iteration. The start of
 * an inner loop may be that of an outer one. */
static const TppcExpr *starts(const Stage *s) {
  const TppcExpr *init = tppc_init_condition(s->cx, s->op);
  for (TppcOp *up = s->op; up != s->around; up = tppc_op_parent(up)) {
    TppcOp *loop = tppc_op_parent(up);
    TppcFacts first = tppc_facts_new(s->cx);
    for (int i = 0; i < loop->n_dims; i++)
      tppc_facts_with(&first, loop->dims[i].sym, loop->dims[i].lo);
    init = tppc_e_simplify(s->cx, tppc_e_subst(s->cx, init, &first), &first);
  }
  return init;
}

/* ---- what ---- */

static TppcUse new_buffer(const Stage *s) {
  TppcContext *cx = s->cx;
  const TppcUse *c = result_of(s->op);
  const TppcExpr **dims = TPPC_NEW_N(cx->arena, const TppcExpr *, s->n + 1);
  TppcUse u = {.span = c->span};
  u.idx = TPPC_NEW_N(cx->arena, const TppcExpr *, s->n + 1);
  for (int i = 0; i < s->n; i++) {
    const TppcDim *d = s->letters[i];
    dims[i] = tppc_len_bound(cx, tppc_tile_len(cx, s->op, d), s->kernel);
    u.idx[u.n_idx++] = tppc_e_sub(cx, tppc_e_sym(cx, d->sym), d->lo);
  }
  const TppcType *type = tppc_t_tensor(cx, product_elem(s->op), s->n, dims);
  u.value = tppc_new_scratch(cx, s->op, c, "stage", type);
  return u;
}

static TppcOp *new_tile(const Stage *s) {
  TppcOp *tile = tppc_op_new(s->cx, TPPC_OP_TILE, s->op->span);
  tppc_set_int(s->cx, tile, "copy", 1);
  for (int i = 0; i < s->n; i++)
    tppc_copy_dim(s->cx, tile, s->letters[i]);
  return tile;
}

static TppcOp *new_zeros(const Stage *s, const TppcUse *to) {
  TppcOp *tile = new_tile(s);
  TppcRegion *r = &tile->regions[0];
  TppcOp *zero = tppc_new_const(s->cx, r, tppc_elem_compute(to->value->type->elem), 0);
  tppc_new_store(s->cx, r, zero->results[0], to->value, to, TPPC_SET);
  return tile;
}

static TppcOp *new_sum(const Stage *s, const TppcUse *from) {
  const TppcUse *c = result_of(s->op);
  TppcOp *tile = new_tile(s);
  TppcRegion *r = &tile->regions[0];
  TppcValue *v = tppc_new_load(s->cx, r, from->value, from)->results[0];
  tppc_new_store(s->cx, r, v, c->value, c, TPPC_ADD);
  return tile;
}

static void stage(void *user, TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op) {
  (void)user, (void)nest;
  Stage s = {.cx = cx, .kernel = kernel, .op = op};
  if (!is_product(&s) || has_unit_letter(&s) || !find_letters(&s))
    return;
  find_place(&s);
  const TppcExpr *init = starts(&s);
  TppcUse buffer = new_buffer(&s);
  TppcOp *sum = new_sum(&s, &buffer);
  TppcRegion before = {0};
  if (!tppc_e_is(init, 0))
    tppc_new_zero_tile(cx, tppc_new_if(cx, &before, init, op->span), op);
  tppc_op_append(&before, new_zeros(&s, &buffer));
  tppc_splice_before(s.around, &before);
  tppc_op_insert_after(s.around, sum);
  op->uses[0] = buffer;
  tppc_attr_remove(op, "init");
  tppc_set_expr(cx, op, "init", tppc_e_int(cx, 0));
}

bool tppc_pass_stage_results(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  tppc_each_product(m, stage, NULL);
  return true;
}
