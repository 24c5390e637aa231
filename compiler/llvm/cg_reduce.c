/* Reductions along the vector dimension: accumulators in registers, one a slot, combined with
 * memory once a row.
 *
 * A maximum of floats must give NaN if any is one, and +0 rather than -0. The instructions for it
 * do neither: (x > acc ? x : acc) is one, and drops NaN and the sign of zeros. Two more
 * accumulators keep what is lost: whether some x was NaN, and the sign bits of all, combined by
 * `and`. A result that is zero had nothing above it, so it is -0 exactly when every sign bit was
 * set; the minimum has `or`. That is four cheap operations a vector, of which none waits for
 * another, where the exact maximum of two takes six in a chain.
 */
#include "llvm/cg.h"
#include <math.h>

static bool is_extreme(const CgReduction *r, TppcUpdate u) {
  return tppc_elem_is_float(r->elem) && (u == TPPC_MAX || u == TPPC_MIN);
}

static LLVMTypeRef word_type(Cg *g, int elem) {
  return elem == TPP_F64 ? g->t_i64 : g->t_i32;
}

static Val *new_slots(Cg *g, LLVMTypeRef t, int n, const char *name) {
  Val *v = TPPC_NEW_N(g->arena, Val, n);
  for (int i = 0; i < n; i++)
    v[i] = cg_alloca(g, t, 0, name);
  return v;
}

bool cg_reduces(Cg *g, const TppcOp *store, const char *vsym) {
  const TppcUse *to = &store->uses[1];
  const TppcExpr *valid = tppc_attr_expr(store, "valid");
  if (valid && vsym && tppc_e_uses(valid, vsym))
    return false;
  return tppc_op_update(store) != TPPC_SET && cg_stride(g, to, vsym) == CG_INVARIANT &&
         tppc_elem_compute(to->value->type->elem) != TPP_BIT &&
         !(to->n_idx && tppc_e_has_bound(to->idx[0]));
}

CgReduction *cg_reduction_new(Cg *g, CgTile *t, TppcOp *store) {
  CgReduction r = {.store = store, .elem = tppc_elem_compute(store->uses[1].value->type->elem)};
  LLVMTypeRef scalar = cg_compute_type(g, r.elem);
  r.acc = new_slots(g, cg_lanes(g, scalar, t->lanes), t->slots + 1, "acc");
  r.acc[t->slots] = cg_alloca(g, scalar, 0, "acc");
  TPPC_PUSH(g->arena, &t->reductions, r);
  return &t->reductions.data[t->reductions.n - 1];
}

void cg_reductions_add(Cg *g, CgTile *t) {
  for (TppcOp *op = t->op->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_STORE || !cg_reduces(g, op, t->vsym))
      continue;
    CgReduction *r = cg_reduction_new(g, t, op);
    if (t->lanes > 1 && is_extreme(r, tppc_op_update(op))) {
      LLVMTypeRef words = cg_lanes(g, word_type(g, r->elem), t->lanes);
      r->nan = new_slots(g, words, t->slots, "nan");
      r->sign = new_slots(g, words, t->slots, "sign");
    }
  }
}

void cg_reductions_start(Cg *g, CgTile *t) {
  for (int k = 0; k < t->reductions.n; k++) {
    CgReduction *r = &t->reductions.data[k];
    TppcUpdate u = tppc_op_update(r->store);
    for (int i = 0; i <= t->slots; i++)
      LLVMBuildStore(g->b, cg_identity(g, u, r->elem, i < t->slots ? t->lanes : 1), r->acc[i]);
    for (int i = 0; r->nan && i < t->slots; i++) {
      LLVMTypeRef words = cg_lanes(g, word_type(g, r->elem), t->lanes);
      LLVMBuildStore(g->b, LLVMConstNull(words), r->nan[i]);
      LLVMBuildStore(g->b, cg_const_i(g, words, u == TPPC_MAX ? -1 : 0), r->sign[i]);
    }
  }
}

CgReduction *cg_reduction_of(CgTile *t, const TppcOp *store) {
  for (int i = 0; i < t->reductions.n; i++)
    if (t->reductions.data[i].store == store)
      return &t->reductions.data[i];
  return NULL;
}

/* The larger or smaller, b when one is NaN or both are zeros. */
static Val extreme(Cg *g, TppcUpdate u, Val a, Val b) {
  Val better = LLVMBuildFCmp(g->b, u == TPPC_MAX ? LLVMRealOGT : LLVMRealOLT, a, b, "");
  return LLVMBuildSelect(g->b, better, a, b, "");
}

static Val join_signs(Cg *g, TppcUpdate u, Val a, Val b) {
  return u == TPPC_MAX ? LLVMBuildAnd(g->b, a, b, "") : LLVMBuildOr(g->b, a, b, "");
}

static Val load(Cg *g, Val from, LLVMTypeRef t) {
  return LLVMBuildLoad2(g->b, t, from, "");
}

static void accumulate_extreme(Cg *g, CgReduction *r, TppcUpdate u, Val v, int slot) {
  LLVMTypeRef words = cg_lanes(g, word_type(g, r->elem), g->lanes);
  Val nan = LLVMBuildFCmp(g->b, LLVMRealUNO, v, v, "");
  nan = LLVMBuildOr(g->b, load(g, r->nan[slot], words), LLVMBuildSExt(g->b, nan, words, ""), "");
  LLVMBuildStore(g->b, nan, r->nan[slot]);
  Val bits = LLVMBuildBitCast(g->b, v, words, "");
  LLVMBuildStore(g->b, join_signs(g, u, load(g, r->sign[slot], words), bits), r->sign[slot]);
  Val old = load(g, r->acc[slot], LLVMTypeOf(v));
  LLVMBuildStore(g->b, extreme(g, u, v, old), r->acc[slot]);
}

static void accumulate(Cg *g, CgTile *t, CgReduction *r, Val v, int slot) {
  TppcUpdate u = tppc_op_update(r->store);
  if (r->nan && g->lanes > 1) {
    accumulate_extreme(g, r, u, v, slot);
    return;
  }
  Val at = r->acc[g->lanes == 1 ? t->slots : slot];
  LLVMBuildStore(g->b, cg_update(g, u, r->elem, load(g, at, LLVMTypeOf(v)), v), at);
}

void cg_accumulate(Cg *g, CgTile *t, CgReduction *r, CgScalar in, Val mask, int slot) {
  Val v = cg_convert(g, in.v, in.elem, r->elem, g->lanes);
  if (mask)
    v = LLVMBuildSelect(g->b, mask, v, cg_identity(g, tppc_op_update(r->store), r->elem, g->lanes),
                        "");
  int lanes = g->lanes;
  if (lanes <= t->lanes) {
    accumulate(g, t, r, v, slot);
    return;
  }
  g->lanes = t->lanes;
  for (int i = 0; i * t->lanes < lanes; i++)
    accumulate(g, t, r, cg_slice(g, v, i * t->lanes, t->lanes), slot + i);
  g->lanes = lanes;
}

/* ---- at the end of a row ---- */

typedef Val (*Join)(Cg *g, TppcUpdate u, int elem, Val a, Val b);

static Val join_extremes(Cg *g, TppcUpdate u, int elem, Val a, Val b) {
  (void)elem;
  return extreme(g, u, a, b);
}

/* Halves the vector until one lane is left. */
static Val horizontal(Cg *g, Join join, TppcUpdate u, int elem, Val v, int lanes) {
  if (lanes == 1)
    return v;
  while (lanes > 1) {
    Val low[32], high[32];
    lanes /= 2;
    for (int i = 0; i < lanes; i++) {
      low[i] = cg_i32(g, i);
      high[i] = cg_i32(g, lanes + i);
    }
    Val poison = LLVMGetPoison(LLVMTypeOf(v));
    Val a = LLVMBuildShuffleVector(g->b, v, poison, LLVMConstVector(low, (unsigned)lanes), "");
    Val b = LLVMBuildShuffleVector(g->b, v, poison, LLVMConstVector(high, (unsigned)lanes), "");
    v = join(g, u, elem, a, b);
  }
  return LLVMBuildExtractElement(g->b, v, cg_i64(g, 0), "");
}

/* All slots as one vector. */
static Val join_slots(Cg *g, CgTile *t, const CgReduction *r, Join join, TppcUpdate u) {
  LLVMTypeRef vector = cg_lanes(g, cg_compute_type(g, r->elem), t->lanes);
  Val v[8];
  for (int i = 0; i < t->slots; i++)
    v[i] = load(g, r->acc[i], vector);
  for (int n = t->slots; n > 1; n /= 2)
    for (int i = 0; i < n / 2; i++)
      v[i] = join(g, u, r->elem, v[i], v[i + n / 2]);
  return v[0];
}

static Val reduce_words(Cg *g, const char *name, Val v) {
  return cg_intrinsic(g, name, LLVMTypeOf(v), &v, 1);
}

static Val finish_extreme(Cg *g, CgTile *t, const CgReduction *r, TppcUpdate u) {
  LLVMTypeRef scalar = cg_compute_type(g, r->elem), word = word_type(g, r->elem);
  LLVMTypeRef words = cg_lanes(g, word, t->lanes);
  Val v = join_slots(g, t, r, join_extremes, u);
  v = horizontal(g, join_extremes, u, r->elem, v, t->lanes);
  Val nan = load(g, r->nan[0], words), sign = load(g, r->sign[0], words);
  for (int i = 1; i < t->slots; i++) {
    nan = LLVMBuildOr(g->b, nan, load(g, r->nan[i], words), "");
    sign = join_signs(g, u, sign, load(g, r->sign[i], words));
  }
  nan = reduce_words(g, "llvm.vector.reduce.or", nan);
  sign = reduce_words(g, u == TPPC_MAX ? "llvm.vector.reduce.and" : "llvm.vector.reduce.or", sign);
  Val zero = cg_const_f(g, scalar, 0);
  Val with_sign[2] = {zero, LLVMBuildBitCast(g->b, sign, scalar, "")};
  Val signed_zero = cg_intrinsic(g, "llvm.copysign", scalar, with_sign, 2);
  v = LLVMBuildSelect(g->b, LLVMBuildFCmp(g->b, LLVMRealOEQ, v, zero, ""), signed_zero, v, "");
  Val any = LLVMBuildICmp(g->b, LLVMIntNE, nan, LLVMConstNull(word), "");
  return LLVMBuildSelect(g->b, any, cg_const_f(g, scalar, (double)NAN), v, "");
}

/* Into the destination, where it exists. */
static void combine(Cg *g, const CgReduction *r, TppcUpdate u, Val v) {
  const TppcUse *to = &r->store->uses[1];
  const TppcExpr *valid = tppc_attr_expr(r->store, "valid");
  LLVMBasicBlockRef done = valid ? cg_block(g, "combined") : NULL;
  if (valid) {
    LLVMBasicBlockRef inside = cg_block(g, "valid");
    LLVMBuildCondBr(g->b, cg_cond(g, valid), inside, done);
    cg_enter(g, inside);
  }
  CgSlot *s = cg_slot(g, to->value);
  Val at = to->n_idx ? cg_expr(g, to->idx[0]) : cg_i64(g, 0);
  if (cg_is_atomic(g, r->store))
    cg_atomic_update(g, s, at, u, v);
  else
    cg_store_element(g, s, at, cg_update(g, u, r->elem, cg_load_element(g, s, at), v), r->elem);
  if (valid) {
    LLVMBuildBr(g->b, done);
    cg_enter(g, done);
  }
}

void cg_reductions_finish(Cg *g, CgTile *t) {
  for (int k = 0; k < t->reductions.n; k++) {
    const CgReduction *r = &t->reductions.data[k];
    TppcUpdate u = tppc_op_update(r->store);
    Val v = r->nan
                ? finish_extreme(g, t, r, u)
                : horizontal(g, cg_update, u, r->elem, join_slots(g, t, r, cg_update, u), t->lanes);
    Val tail = load(g, r->acc[t->slots], cg_compute_type(g, r->elem));
    combine(g, r, u, cg_update(g, u, r->elem, v, tail));
  }
}
