/* The curve that a group of parallel loops may follow: Morton order for any extents.
 *
 * Cells of a w x h rectangle are numbered by halving its longer side: the first half has the first
 * numbers, the second the others, and each is numbered likewise. Where both extents are equal
 * powers of two that is Morton's order (1966); for others it is still one number a cell, because
 * the halves are disjoint and together the whole. Any run of numbers is a few nearly square
 * patches, so a thread's share, and any few tiles of it that follow each other, touch few rows and
 * columns.
 *
 *   x = y = 0
 *   while w > 1 or h > 1:  side = the longer; half = side / 2; cells = half * the other
 *     if d >= cells:  d -= cells, move on by half, side -= half   else  side = half
 */
#include "llvm/cg.h"

typedef struct Slot {
  Val p;
} Slot;

static Slot slot(Cg *g, Val v, const char *name) {
  Slot s = {cg_alloca(g, g->t_i64, 0, name)};
  LLVMBuildStore(g->b, v, s.p);
  return s;
}

static Val get(Cg *g, Slot s) {
  return LLVMBuildLoad2(g->b, g->t_i64, s.p, "");
}

static Val pick(Cg *g, Val cond, Val yes, Val no) {
  return LLVMBuildSelect(g->b, cond, yes, no, "");
}

void cg_curve(Cg *g, Val d, Val w, Val h, Val x, Val y) {
  Val zero = cg_i64(g, 0), one = cg_i64(g, 1);
  Slot sd = slot(g, d, "curve"), sw = slot(g, w, "w"), sh = slot(g, h, "h");
  LLVMBuildStore(g->b, zero, x);
  LLVMBuildStore(g->b, zero, y);
  LLVMBasicBlockRef test = cg_block(g, "halve"), step = cg_block(g, "half"),
                    done = cg_block(g, "cell");
  LLVMBuildBr(g->b, test);
  cg_enter(g, test);
  Val more = LLVMBuildOr(g->b, LLVMBuildICmp(g->b, LLVMIntSGT, get(g, sw), one, ""),
                         LLVMBuildICmp(g->b, LLVMIntSGT, get(g, sh), one, ""), "");
  LLVMBuildCondBr(g->b, more, step, done);

  cg_enter(g, step);
  Val cw = get(g, sw), ch = get(g, sh), cd = get(g, sd);
  Val wide = LLVMBuildICmp(g->b, LLVMIntSGE, cw, ch, "wide");
  Val side = pick(g, wide, cw, ch), other = pick(g, wide, ch, cw);
  Val half = LLVMBuildLShr(g->b, side, one, "");
  Val cells = LLVMBuildMul(g->b, half, other, "");
  Val second = LLVMBuildICmp(g->b, LLVMIntSGE, cd, cells, "second");
  Val rest = pick(g, second, LLVMBuildSub(g->b, side, half, ""), half);
  Val move = pick(g, second, half, zero);
  LLVMBuildStore(g->b, LLVMBuildSub(g->b, cd, pick(g, second, cells, zero), ""), sd.p);
  LLVMBuildStore(g->b, pick(g, wide, rest, cw), sw.p);
  LLVMBuildStore(g->b, pick(g, wide, ch, rest), sh.p);
  Val ox = LLVMBuildLoad2(g->b, g->t_i64, x, ""), oy = LLVMBuildLoad2(g->b, g->t_i64, y, "");
  LLVMBuildStore(g->b, LLVMBuildAdd(g->b, ox, pick(g, wide, move, zero), ""), x);
  LLVMBuildStore(g->b, LLVMBuildAdd(g->b, oy, pick(g, wide, zero, move), ""), y);
  LLVMBuildBr(g->b, test);
  cg_enter(g, done);
}
