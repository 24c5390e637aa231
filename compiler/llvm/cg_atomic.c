/* Updates that threads may make at the same time (`reduce k = atomic`).
 *
 * Integer updates and float sums are atomicrmw. The rest, products and maxima and minima that keep
 * NaN and the sign of zeros, are a loop around a compare and exchange, which ends without a write
 * where the update changes nothing. Nothing but the one element is ordered: readers wait at a
 * barrier.
 */
#include "llvm/cg.h"

bool cg_is_atomic(const Cg *g, const TppcOp *store) {
  return g->parallel && tppc_attr_int(store, "atomic", 0);
}

static Val element(Cg *g, CgSlot *s, Val at) {
  return LLVMBuildInBoundsGEP2(g->b, cg_storage_type(g, s->type->elem), cg_slot_elements(g, s), &at,
                               1, "");
}

/* One instruction of the IR; false where there is none. */
static bool update_at_once(Cg *g, int elem, Val p, TppcUpdate u, Val v) {
  bool is_float = tppc_elem_is_float(elem);
  LLVMAtomicRMWBinOp op = u == TPPC_MAX ? LLVMAtomicRMWBinOpMax : LLVMAtomicRMWBinOpMin;
  if (u == TPPC_ADD)
    op = is_float ? LLVMAtomicRMWBinOpFAdd : LLVMAtomicRMWBinOpAdd;
  else if (is_float || u == TPPC_MUL)
    return false;
  LLVMBuildAtomicRMW(g->b, op, p, v, LLVMAtomicOrderingMonotonic, false);
  return true;
}

static void exchange_loop(Cg *g, int elem, Val p, TppcUpdate u, Val v) {
  LLVMTypeRef type = LLVMTypeOf(v), word = tppc_elem_bits(elem) == 64 ? g->t_i64 : g->t_i32;
  LLVMBasicBlockRef before = LLVMGetInsertBlock(g->b), loop = cg_block(g, "update"),
                    write = cg_block(g, "exchange"), done = cg_block(g, "updated");
  Val first = LLVMBuildLoad2(g->b, word, p, "");
  LLVMSetOrdering(first, LLVMAtomicOrderingMonotonic);
  LLVMBuildBr(g->b, loop);
  cg_enter(g, loop);
  Val old = LLVMBuildPhi(g->b, word, "");
  Val now = cg_update(g, u, elem, LLVMBuildBitCast(g->b, old, type, ""), v);
  now = LLVMBuildBitCast(g->b, now, word, "");
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, old, now, ""), done, write);
  cg_enter(g, write);
  Val pair = LLVMBuildAtomicCmpXchg(g->b, p, old, now, LLVMAtomicOrderingMonotonic,
                                    LLVMAtomicOrderingMonotonic, false);
  Val found[2] = {first, LLVMBuildExtractValue(g->b, pair, 0, "")};
  LLVMBasicBlockRef from[2] = {before, LLVMGetInsertBlock(g->b)};
  LLVMBuildCondBr(g->b, LLVMBuildExtractValue(g->b, pair, 1, ""), done, loop);
  LLVMAddIncoming(old, found, from, 2);
  cg_enter(g, done);
}

void cg_atomic_update(Cg *g, CgSlot *s, Val at, TppcUpdate u, Val v) {
  int elem = s->type->elem;
  Val p = element(g, s, at);
  if (!update_at_once(g, elem, p, u, v))
    exchange_loop(g, elem, p, u, v);
}
