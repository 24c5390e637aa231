/* TPPs on the bits of numbers: bit counts, rounding shifts, and the halves of an f32 word. Each is
 * the function of its name in tpp/opsdef.h without branches, on lanes. */
#include "llvm/cg.h"
#include <math.h>

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

/* Of an integer as wide as that or wider. */
static Val low_word(const B *b, Val x) {
  return LLVMBuildTruncOrBitCast(b->b, x, b->t, "");
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

/* ---- stochastic rounding to F16 and to integers: in f64, as the definition has it ---- */

static Val floor_of(const B *b, Val v) {
  return cg_intrinsic(b->g, "llvm.floor", LLVMTypeOf(v), &v, 1);
}

/* u in [0, 1 - 2^-24], NaN is 0. */
static Val lift(const B *b, Val u) {
  LLVMTypeRef t = LLVMTypeOf(u);
  Val zero = cg_const_f(b->g, t, 0), most = cg_const_f(b->g, t, 0x1.fffffep-1);
  u = LLVMBuildSelect(b->b, LLVMBuildFCmp(b->b, LLVMRealOGT, u, zero, ""), u, zero, "");
  return LLVMBuildSelect(b->b, LLVMBuildFCmp(b->b, LLVMRealOLT, u, most, ""), u, most, "");
}

/* low, or low + 1 where rest + u reaches 1. */
static Val lifted(const B *b, Val low, Val rest, Val u) {
  LLVMTypeRef t = LLVMTypeOf(low);
  Val one = cg_const_f(b->g, t, 1);
  Val up = LLVMBuildFCmp(b->b, LLVMRealOGE, LLVMBuildFAdd(b->b, rest, u, ""), one, "");
  return LLVMBuildSelect(b->b, up, LLVMBuildFAdd(b->b, low, one, ""), low, "");
}

static Val sround_int(const B *b, Val x, Val u, int elem) {
  int lanes = b->g->lanes;
  x = cg_convert(b->g, x, elem, TPP_F64, lanes);
  u = cg_convert(b->g, u, elem, TPP_F64, lanes);
  Val low = floor_of(b, x), rest = LLVMBuildFSub(b->b, x, low, "");
  return cg_convert(b->g, lifted(b, low, rest, lift(b, u)), TPP_F64, elem, lanes);
}

/* x and u are floats; spacing 2^-s with s = 24 below 2^-14, and 10 less the exponent above. */
static Val sround_f16(const B *b, Val x, Val u) {
  Cg *g = b->g;
  LLVMTypeRef f = LLVMTypeOf(x);
  Val size = cg_intrinsic(g, "llvm.fabs", f, &x, 1);
  Val exponent = LLVMBuildLShr(b->b, and_(b, word(b, x), SIZE), c(b, 23), "");
  exponent = cg_min(g, cg_max(g, exponent, c(b, 127 - 14)), c(b, 127 + 15));
  Val up_bits =
      LLVMBuildShl(b->b, LLVMBuildSub(b->b, c(b, 2 * 127 + 10), exponent, ""), c(b, 23), "");
  Val down_bits = LLVMBuildShl(b->b, LLVMBuildSub(b->b, exponent, c(b, 10), ""), c(b, 23), "");
  Val units = LLVMBuildFMul(b->b, size, LLVMBuildBitCast(b->b, up_bits, f, ""), "");
  Val low = floor_of(b, units), rest = LLVMBuildFSub(b->b, units, low, "");
  Val wide_rest = cg_convert(g, rest, TPP_F32, TPP_F64, g->lanes);
  Val wide_low = cg_convert(g, low, TPP_F32, TPP_F64, g->lanes);
  Val wide_lift = cg_convert(g, lift(b, u), TPP_F32, TPP_F64, g->lanes);
  Val y = cg_convert(g, lifted(b, wide_low, wide_rest, wide_lift), TPP_F64, TPP_F32, g->lanes);
  y = LLVMBuildFMul(b->b, y, LLVMBuildBitCast(b->b, down_bits, f, ""), "");
  Val fits = LLVMBuildFCmp(b->b, LLVMRealOLT, y, cg_const_f(g, f, 65536), "");
  Val inside = LLVMBuildFCmp(b->b, LLVMRealOLT, size, cg_const_f(g, f, 65536), "");
  fits = LLVMBuildAnd(b->b, fits, inside, "");
  y = LLVMBuildSelect(b->b, fits, y, cg_const_f(g, f, (double)INFINITY), "");
  y = cg_intrinsic(g, "llvm.copysign", f, (Val[]){y, x}, 2);
  return LLVMBuildSelect(b->b, LLVMBuildFCmp(b->b, LLVMRealUNO, x, x, ""), x, y, "");
}

Val cg_bits(Cg *g, TppcElt elt, const Val *v, int elem) {
  if (elt == TPPC_ELT_BITS || elt == TPPC_ELT_SHR_RNE) {
    B b = bits_of(g, LLVMTypeOf(v[0]));
    return elt == TPPC_ELT_BITS ? count_bits(&b, v[0]) : shift_nearest(&b, v[0], v[1]);
  }
  B b = bits_of(g, cg_lanes(g, g->t_i32, g->lanes));
  if (elt == TPPC_ELT_SROUND_INT)
    return sround_int(&b, v[0], v[1], elem);
  Val x = cg_convert(g, v[0], elem, TPP_F32, g->lanes), w = word(&b, x), r;
  if (elt == TPPC_ELT_SROUND_F16) {
    r = sround_f16(&b, x, cg_convert(g, v[1], elem, TPP_F32, g->lanes));
    return cg_convert(g, r, TPP_F32, elem, g->lanes);
  }
  if (elt == TPPC_ELT_UNZIP_LO)
    return and_(&b, w, 65535);
  if (elt == TPPC_ELT_ZIP)
    r = quiet(&b, LLVMBuildOr(g->b, upper(&b, w), and_(&b, low_word(&b, v[1]), 65535), ""));
  else if (elt == TPPC_ELT_UNZIP_HI)
    r = upper(&b, quiet(&b, w));
  else
    r = sround(&b, x, cg_convert(g, v[1], elem, TPP_F32, g->lanes));
  return cg_convert(g, LLVMBuildBitCast(g->b, r, LLVMTypeOf(x), ""), TPP_F32, elem, g->lanes);
}
