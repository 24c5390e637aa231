/* order-temporaries: a temporary is stored along the letter that the tensors around it run along.
 *
 *   v[n, p, q, c, r, s] = .. I[n, 2*p + r, 2*q + s, c] ..;  O[n, p, q, c] max= v[n, p, q, c, r, s]
 *   -->  %v = tpp.temp : f32[B, P, Q, 3, 3, C], every access %v[n, p, q, r, s, c]
 *
 * The order in which a program names the letters of a temporary says nothing about memory. Vectors
 * run along a letter that is contiguous wherever it occurs: one that has to itself the index
 * along which some declared tensor runs in its storage, and no other index of any. Where a
 * temporary is indexed by such a letter, but not last, that dimension goes last, before the
 * schedule is chosen. Temporaries of products stay as they are, because their order says which
 * operand is transposed, and so do those that live on the pattern of a sparse tensor.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

static bool is_temp(const TppcValue *v) {
  return v->def && v->def->kind == TPPC_OP_TEMP;
}

static bool is_contiguous(TppcContext *cx, TppcOp *nest, const char *letter) {
  bool last = false;
  TppcRegion *r = &nest->regions[0];
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++) {
      const TppcUse *u = &op->uses[i];
      if (is_temp(u->value))
        continue;
      for (int d = 0; d < u->n_idx; d++) {
        if (!tppc_e_uses(u->idx[d], letter))
          continue;
        const TppcExpr *step = tppc_e_coeff(cx, u->idx[d], letter, NULL);
        if (d != tppc_t_run_dim(u->value->type) || !step || !tppc_e_is(step, 1))
          return false;
        last = true;
      }
    }
  return last;
}

/* Elements of it are read and written by letters in statements that no sparse tensor leads. */
static bool is_free(const TppcTouches *touches, const TppcOp *nest) {
  for (int i = 0; i < touches->v.n; i++) {
    const TppcTouch *t = &touches->v.data[i];
    const TppcOp *stmt = tppc_op_in_region(t->op, &nest->regions[0]);
    if (stmt->kind != TPPC_OP_STMT || stmt == t->op || tppc_walked(stmt))
      return false;
    for (int d = 0; d < t->use->n_idx; d++)
      if (t->use->idx[d]->kind != TPPC_E_SYM)
        return false;
  }
  return touches->v.n > 0;
}

static bool runs_along(TppcContext *cx, TppcOp *nest, const TppcTouches *touches, int dim) {
  for (int i = 0; i < touches->v.n; i++)
    if (!is_contiguous(cx, nest, touches->v.data[i].use->idx[dim]->sym))
      return false;
  return true;
}

static void put_last(const TppcExpr **list, int n, int dim) {
  const TppcExpr *e = list[dim];
  for (; dim + 1 < n; dim++)
    list[dim] = list[dim + 1];
  list[n - 1] = e;
}

static const TppcExpr **copy_list(TppcContext *cx, const TppcExpr *const *list, int n) {
  const TppcExpr **copy = TPPC_NEW_N(cx->arena, const TppcExpr *, n);
  for (int i = 0; i < n; i++)
    copy[i] = list[i];
  return copy;
}

static void move_dim(TppcContext *cx, TppcValue *v, const TppcTouches *touches, int dim) {
  TppcType t = *v->type;
  t.dims = copy_list(cx, t.dims, t.rank);
  put_last(t.dims, t.rank, dim);
  v->type = tppc_t_intern(cx, &t);
  for (int i = 0; i < touches->v.n; i++) {
    TppcUse *u = touches->v.data[i].use;
    u->idx = copy_list(cx, u->idx, u->n_idx);
    put_last(u->idx, u->n_idx, dim);
  }
}

static void order(TppcContext *cx, TppcOp *nest, TppcValue *v) {
  TppcTouches touches = tppc_touches(cx, &nest->regions[0], v);
  int rank = v->type->rank;
  if (rank < 2 || !is_free(&touches, nest) || runs_along(cx, nest, &touches, rank - 1))
    return;
  for (int d = rank - 2; d >= 0; d--)
    if (runs_along(cx, nest, &touches, d)) {
      move_dim(cx, v, &touches, d);
      return;
    }
}

bool tppc_pass_order_temporaries(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *nest = m->body.first; nest; nest = tppc_next_op(&m->body, nest))
    if (nest->kind == TPPC_OP_NEST)
      for (TppcOp *op = nest->regions[0].first; op; op = op->next)
        if (op->kind == TPPC_OP_TEMP)
          order(m->cx, nest, op->results[0]);
  return true;
}
