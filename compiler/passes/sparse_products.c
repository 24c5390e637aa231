/* sparse-products: products with a sparse factor take the form that has kernels.
 *
 * Problem: kernels multiply by a sparse right operand. A product may have it on the left, or be
 * written as a sum of elementwise products, over the entries of the sparse tensor:
 *
 *   Y[m, k] += A[m, n] * X[n, k]
 *
 * Method: which operand stands left means nothing to a sum of products, so the sparse one goes to
 * the right, and a statement that is nothing but the sum of such products over three letters
 * becomes a contraction. Products with fewer letters are left alone: without a dense letter there
 * is nothing for vectors to run along. So are those of two sparse operands, or with a sparse
 * result.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "schedule/schedule.h"

static bool is_dense(const TppcUse *u) {
  return u->value->type->kind == TPPC_T_TENSOR && u->value->type->storage == TPP_STORE_DENSE;
}

/* C[..] = sum of D[..] * S[..] with one letter for each pair of operands, those of S as they are.
 */
static bool is_matrix_product(const TppcOp *op, const TppcUse *c, const TppcUse *d,
                              const TppcUse *s) {
  if (op->n_dims != 3 || !tppc_type_is_sparse(s->value->type) || !is_dense(c) || !is_dense(d))
    return false;
  if (s->n_idx != 2 || s->idx[0]->kind != TPPC_E_SYM || s->idx[1]->kind != TPPC_E_SYM)
    return false;
  bool shared = false, sparse_only = false, dense_only = false;
  for (int i = 0; i < 3; i++) {
    const char *sym = op->dims[i].sym;
    bool in_c = tppc_use_has(c, sym), in_d = tppc_use_has(d, sym), in_s = tppc_use_has(s, sym);
    shared |= !in_c && in_d && in_s;
    sparse_only |= in_c && !in_d && in_s;
    dense_only |= in_c && in_d && !in_s;
  }
  return shared && sparse_only && dense_only;
}

static void put_right(TppcOp *op) {
  TppcUse *u = op->uses;
  if (op->n_uses != 3 || !is_matrix_product(op, &u[0], &u[2], &u[1]))
    return;
  TppcUse left = u[1];
  u[1] = u[2];
  u[2] = left;
}

/* The two loads of a statement that only adds their product to a tensor of floats. */
static TppcOp *sum_of_products(TppcOp *stmt, TppcOp *load[2]) {
  TppcOp *at = stmt->regions[0].first;
  for (int i = 0; i < 2; i++, at = at->next)
    if (!at || at->kind != TPPC_OP_LOAD)
      return NULL;
    else
      load[i] = at;
  if (!at || at->kind != TPPC_OP_ELT || at->elt != TPPC_ELT_MUL ||
      at->results[0]->type->elem != TPP_F32)
    return NULL;
  TppcOp *store = at->next;
  if (!store || store->kind != TPPC_OP_STORE || store->next || tppc_op_update(store) != TPPC_ADD ||
      store->uses[0].value != at->results[0])
    return NULL;
  bool both =
      (at->uses[0].value == load[0]->results[0] && at->uses[1].value == load[1]->results[0]) ||
      (at->uses[1].value == load[0]->results[0] && at->uses[0].value == load[1]->results[0]);
  return both && store->uses[1].value->type->elem == TPP_F32 ? store : NULL;
}

static void contract(TppcContext *cx, TppcOp *stmt) {
  TppcOp *load[2], *store = sum_of_products(stmt, load);
  if (!store)
    return;
  int sparse = tppc_type_is_sparse(load[0]->uses[0].value->type) ? 0 : 1;
  const TppcUse *c = &store->uses[1], *d = &load[!sparse]->uses[0], *s = &load[sparse]->uses[0];
  if (c->value == d->value || !is_matrix_product(stmt, c, d, s))
    return;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_CONTRACT, stmt->span);
  for (int i = 0; i < stmt->n_dims; i++)
    tppc_copy_dim(cx, op, &stmt->dims[i]);
  const TppcUse *uses[3] = {c, d, s};
  for (int i = 0; i < 3; i++)
    tppc_op_add_use(cx, op, uses[i]->value, uses[i]->n_idx, uses[i]->idx, uses[i]->span);
  tppc_set_int(cx, op, "init", tppc_attr_int(store, "init", 0));
  tppc_op_insert_before(stmt, op);
  tppc_op_unlink(stmt);
}

static void products_of(void *user, TppcContext *cx, TppcOp *kernel, TppcOp *nest) {
  (void)user, (void)kernel;
  for (TppcOp *op = nest->regions[0].first, *next; op; op = next) {
    next = op->next;
    if (op->kind == TPPC_OP_CONTRACT)
      put_right(op);
    else if (op->kind == TPPC_OP_STMT)
      contract(cx, op);
  }
}

bool tppc_pass_sparse_products(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  tppc_each_nest(m, TPPC_OP_NEST, products_of, NULL);
  return true;
}
