/* rt.prefetch: a block of later use is fetched, a line of the cache at a time.
 *
 * Where to: the second level. The first one holds what the product at hand reads again and again,
 * and rows that lie a page apart share few of its sets, so that fetching them there costs more than
 * it gains (measured, see passes/README.md). How much: TPPC_PREFETCH_LINES of one block, which is
 * as much as a first-level cache has. A core has few misses under way and waits for the rest, so
 * what is fetched beyond that delays the product that it should hide behind. The rows that come
 * first are taken, which the next product reads first.
 *
 * Addresses are made without promises of LLVM about their bounds, and a prefetch cannot fault.
 */
#include "llvm/cg.h"

enum { LINE = 64 };

static Val number(Cg *g, const TppcOp *op, const char *key, int64_t otherwise) {
  return cg_expr(g, cg_attr(g, op, key, otherwise));
}

static Val in_bytes(Cg *g, Val elements, int bytes) {
  return LLVMBuildMul(g->b, elements, cg_i64(g, bytes), "");
}

/* How many times n lines are within the bound, at least once. */
static Val times(Cg *g, Val n) {
  Val one = cg_i64(g, 1), most = cg_i64(g, TPPC_PREFETCH_LINES);
  return cg_max(g, one, LLVMBuildSDiv(g->b, most, cg_max(g, one, n), ""));
}

static Val step_on(Cg *g, Val base, Val n, Val stride) {
  Val bytes = LLVMBuildMul(g->b, n, stride, "");
  return LLVMBuildGEP2(g->b, g->t_i8, base, &bytes, 1, "");
}

static void fetch(Cg *g, Val address, bool write) {
  enum { SECOND_LEVEL = 2, DATA = 1 };
  Val args[4] = {address, cg_i32(g, write), cg_i32(g, SECOND_LEVEL), cg_i32(g, DATA)};
  cg_intrinsic(g, "llvm.prefetch", g->t_ptr, args, 4);
}

void cg_prefetch(Cg *g, const TppcOp *op) {
  CgSlot *s = cg_slot(g, op->uses[0].value);
  int bytes = tppc_elem_bits(s->type->elem) / 8;
  Val zero = cg_i64(g, 0), one = cg_i64(g, 1), line = cg_i64(g, LINE);
  Val width =
      LLVMBuildAdd(g->b, in_bytes(g, number(g, op, "cols", 1), bytes), cg_i64(g, LINE - 1), "");
  Val lines = cg_min(g, LLVMBuildSDiv(g->b, width, line, ""), cg_i64(g, TPPC_PREFETCH_LINES));
  Val rows = cg_min(g, number(g, op, "rows", 1), times(g, lines));
  Val batch = cg_min(g, number(g, op, "br", 1), times(g, LLVMBuildMul(g->b, rows, lines, "")));
  Val ld = in_bytes(g, number(g, op, "ld", 0), bytes);
  Val step = in_bytes(g, number(g, op, "br_step", 0), bytes);
  Val offset = cg_expr(g, op->uses[0].idx[0]);
  Val base = step_on(g, cg_slot_elements(g, s), offset, cg_i64(g, bytes));
  CgLoop i = cg_loop_begin(g, zero, batch, one, "prefetch.batch");
  base = step_on(g, base, i.iv, step);
  CgLoop j = cg_loop_begin(g, zero, rows, one, "prefetch.row");
  base = step_on(g, base, j.iv, ld);
  CgLoop k = cg_loop_begin(g, zero, lines, one, "prefetch.line");
  fetch(g, step_on(g, base, k.iv, line), tppc_attr_int(op, "write", 0) != 0);
  cg_loop_end(g, &k);
  cg_loop_end(g, &j);
  cg_loop_end(g, &i);
}
