/* stream-results: what is written once and not read by the nest goes past the caches.
 *
 *   tpp.store %3, %Y[4096*m + n] update=set   -->   tpp.store %3, %Y[4096*m + n] stream=1
 * update=set
 *
 * A store to a line that is not in the cache reads the line first, so a result that is larger than
 * the caches costs memory twice what it has to, and what is in the cache leaves it. Marked are the
 * stores whose tensor outlives the nest and is touched nowhere else in it, and that run along
 * memory with the vectors of the tile. How large the result is, the compiled function looks at when
 * it runs (llvm/cg_stream.c); what is known to be small is not marked.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

static bool outlives_nest(const TppcValue *v) {
  return v->type->kind == TPPC_T_TENSOR && v->type->storage == TPP_STORE_DENSE &&
         (v->def->kind == TPPC_OP_PARAM || v->def->kind == TPPC_OP_LOCAL);
}

static bool may_be_large(TppcContext *cx, const TppcType *t, int64_t least) {
  int64_t bytes;
  return !tppc_e_const(tppc_t_bytes(cx, t), &bytes) || bytes >= least;
}

static bool streams(TppcContext *cx, TppcOp *nest, const TppcOp *tile, const TppcOp *store,
                    int64_t least) {
  const TppcUse *to = &store->uses[1];
  const TppcType *t = to->value->type;
  int64_t step;
  if (!outlives_nest(to->value) || to->n_idx != 1 || tppc_op_update(store) != TPPC_SET ||
      tppc_attr(store, "valid") || tppc_elem_bits(t->elem) < 8 || tppc_e_has_bound(to->idx[0]))
    return false;
  const char *letter = tppc_attr_word(tile, "vector");
  const TppcExpr *c = tppc_e_coeff(cx, to->idx[0], letter, NULL);
  return c && tppc_e_const(c, &step) && step == 1 && may_be_large(cx, t, least) &&
         tppc_touches(cx, &nest->regions[0], to->value).v.n == 1;
}

bool tppc_pass_stream_results(TppcModule *m, const TppcPassOptions *opt) {
  for (TppcOp *k = m->body.first; k; k = k->next)
    for (TppcOp *nest = tppc_next_item(k, NULL); nest; nest = tppc_next_item(k, nest)) {
      if (nest->kind != TPPC_OP_LNEST)
        continue;
      TppcRegion *body = &nest->regions[0];
      const TppcOp *tile = NULL;
      for (TppcOp *op = body->first; op; op = tppc_next_op(body, op)) {
        if (op->kind == TPPC_OP_TILE)
          tile = op;
        else if (op->kind == TPPC_OP_STORE && tppc_attr(tile, "vector") &&
                 streams(m->cx, nest, tile, op, opt->stream_bytes))
          tppc_set_int(m->cx, op, "stream", 1);
      }
    }
  return true;
}
