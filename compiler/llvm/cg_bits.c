/* TPPs on the bits of numbers: bit counts, rounding shifts, and the halves of an f32 word. Each is
 * the function of its name in tpp/opsdef.h without branches, on lanes. */
#include "llvm/cg.h"

typedef struct B {
  Cg *g;
  LLVMBuilderRef b;
  LLVMTypeRef t; /* lanes of the integer that is computed in */
  int width;
} B;

static B bits_of(Cg *g, LLVMTypeRef t) {
  LLVMTypeRef scalar = LLVMGetTypeKind(t) == LLVMVectorTypeKind ? LLVMGetElementType(t) : t;
  return (B){g, g->b, t, (int)LLVMGetIntTypeWidth(scalar)};
}

static Val c(const B *b, int64_t v) {
  return cg_const_i(b->g, b->t, v);
}
static Val is(const B *b, LLVMIntPredicate p, Val x, int64_t v) {
  return LLVMBuildICmp(b->b, p, x, c(b, v), "");
}
static Val choose(const B *b, Val cond, Val x, Val y) {
  return LLVMBuildSelect(b->b, cond, x, y, "");
}
static Val and_(const B *b, Val x, int64_t mask) {
  return LLVMBuildAnd(b->b, x, c(b, mask), "");
}

static Val count_bits(const B *b, Val x) {
  Val args[2] = {x, LLVMConstInt(LLVMInt1TypeInContext(b->g->lx), 0, false)};
  Val zeros = cg_intrinsic(b->g, "llvm.ctlz", b->t, args, 2);
  Val n = LLVMBuildSub(b->b, c(b, b->width), zeros, "");
  return choose(b, is(b, LLVMIntSGT, x, 0), n, c(b, 0));
}

/* The count is brought into 1..width - 1, where shifts are defined, and the rest selected. */
static Val shift_nearest(const B *b, Val x, Val s) {
  Val n = cg_min(b->g, cg_max(b->g, s, c(b, 1)), c(b, b->width - 1));
  Val half = LLVMBuildShl(b->b, c(b, 1), LLVMBuildSub(b->b, n, c(b, 1), ""), "");
  Val mask = LLVMBuildNot(b->b, LLVMBuildShl(b->b, c(b, -1), n, ""), "");
  Val q = LLVMBuildAShr(b->b, x, n, ""), rest = LLVMBuildAnd(b->b, x, mask, "");
  Val above = LLVMBuildICmp(b->b, LLVMIntUGT, rest, half, "");
  Val tie = LLVMBuildICmp(b->b, LLVMIntEQ, rest, half, "");
  Val odd = is(b, LLVMIntNE, and_(b, q, 1), 0);
  Val up = LLVMBuildOr(b->b, above, LLVMBuildAnd(b->b, tie, odd, ""), "");
  q = LLVMBuildAdd(b->b, q, LLVMBuildZExt(b->b, up, b->t, ""), "");
  q = choose(b, is(b, LLVMIntSGE, s, b->width), c(b, 0), q);
  return choose(b, is(b, LLVMIntSLE, s, 0), x, q);
}

/* ---- words of F32 ---- */

enum { QUIET = 0x400000, SIZE = 0x7fffffff, INF = 0x7f800000 };

static Val word(const B *b, Val x) {
  return LLVMBuildBitCast(b->b, x, b->t, "");
}

static Val quiet(const B *b, Val w) {
  Val nan = is(b, LLVMIntSGT, and_(b, w, SIZE), INF);
  return choose(b, nan, LLVMBuildOr(b->b, w, c(b, QUIET), ""), w);
}

static Val upper(const B *b, Val w) {
  return and_(b, w, -65536);
}

static Val sround(const B *b, Val x, Val u) {
  LLVMBuilderRef at = b->b;
  LLVMTypeRef f = LLVMTypeOf(x);
  Val zero = cg_const_f(b->g, f, 0), most = cg_const_f(b->g, f, 65535);
  Val v = LLVMBuildFMul(at, u, cg_const_f(b->g, f, 65536), "");
  v = LLVMBuildSelect(at, LLVMBuildFCmp(at, LLVMRealOGT, v, zero, ""), v, zero, "");
  v = LLVMBuildSelect(at, LLVMBuildFCmp(at, LLVMRealOLT, v, most, ""), v, most, "");
  Val w = word(b, x), sum = LLVMBuildAdd(at, w, LLVMBuildFPToSI(at, v, b->t, ""), "");
  Val finite = is(b, LLVMIntSLT, and_(b, w, SIZE), INF);
  return upper(b, choose(b, finite, sum, quiet(b, w)));
}

Val cg_bits(Cg *g, TppcElt elt, const Val *v, int elem) {
  if (elt == TPPC_ELT_BITS || elt == TPPC_ELT_SHR_RNE) {
    B b = bits_of(g, LLVMTypeOf(v[0]));
    return elt == TPPC_ELT_BITS ? count_bits(&b, v[0]) : shift_nearest(&b, v[0], v[1]);
  }
  B b = bits_of(g, cg_lanes(g, g->t_i32, g->lanes));
  Val x = cg_convert(g, v[0], elem, TPP_F32, g->lanes), w = word(&b, x), r;
  if (elt == TPPC_ELT_UNZIP_LO)
    return and_(&b, w, 65535);
  if (elt == TPPC_ELT_ZIP)
    r = quiet(&b, LLVMBuildOr(g->b, upper(&b, w), and_(&b, v[1], 65535), ""));
  else if (elt == TPPC_ELT_UNZIP_HI)
    r = upper(&b, quiet(&b, w));
  else
    r = sround(&b, x, cg_convert(g, v[1], elem, TPP_F32, g->lanes));
  return cg_convert(g, LLVMBuildBitCast(g->b, r, LLVMTypeOf(x), ""), TPP_F32, elem, g->lanes);
}
