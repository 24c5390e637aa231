/* Conversions between stored elements and compute types, as the language rounds.
 *
 * To a narrower float: to nearest even, once. A double that is to become 16 bits goes through a
 * float rounded to odd, which keeps the sticky bit, so that the second rounding sees what the first
 * one cut off (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", IEEE TC 2008).
 * To an integer: to nearest even, then saturating, NaN to 0. BF16 is shifts and adds on integers:
 * the conversion instruction of AVX512_BF16 flushes subnormals.
 */
#include "llvm/cg.h"
#include <math.h>

static Val cast(Cg *g, LLVMOpcode op, Val v, LLVMTypeRef scalar, int lanes) {
  return LLVMBuildCast(g->b, op, v, cg_lanes(g, scalar, lanes), "");
}

/* The fence keeps the arithmetic in f32: LLVM 19 narrows a maximum between a widening and a
 * rounding to one of halves, and lowers that without a rule for NaN. */
static Val widened_f16(Cg *g, Val bits, int lanes) {
  Val wide = cast(g, LLVMFPExt, cast(g, LLVMBitCast, bits, g->t_f16, lanes), g->t_f32, lanes);
  return cg_intrinsic(g, "llvm.arithmetic.fence", LLVMTypeOf(wide), &wide, 1);
}

/* Lanes of pairs: those of even places come first, then the odd ones. Widening is then a shift and
 * a mask, and the way back a blend, where the lanes in order take shuffles across the register. */
static Val widened_pairs(Cg *g, Val bits, int lanes) {
  int half = lanes / 2;
  Val words = cast(g, LLVMBitCast, bits, g->t_i32, half);
  LLVMTypeRef t = LLVMTypeOf(words);
  Val even = LLVMBuildShl(g->b, words, cg_const_i(g, t, 16), "");
  Val odd = LLVMBuildAnd(g->b, words, cg_const_i(g, t, -65536), "");
  return cg_concat(g, cast(g, LLVMBitCast, even, g->t_f32, half),
                   cast(g, LLVMBitCast, odd, g->t_f32, half));
}

static Val joined_pairs(Cg *g, Val words, int lanes) {
  int half = lanes / 2;
  Val even = cg_slice(g, words, 0, half), odd = cg_slice(g, words, half, half), lane[64];
  even = LLVMBuildLShr(g->b, even, cg_const_i(g, LLVMTypeOf(even), 16), "");
  for (int i = 0; i < lanes; i++)
    lane[i] = cg_i32(g, i % 2 ? lanes + i : i);
  return LLVMBuildShuffleVector(g->b, cast(g, LLVMBitCast, even, g->t_i16, lanes),
                                cast(g, LLVMBitCast, odd, g->t_i16, lanes),
                                LLVMConstVector(lane, (unsigned)lanes), "");
}

Val cg_widen(Cg *g, Val bits, int elem, int lanes) {
  switch ((enum tpp_dtype)elem) {
  case TPP_F16:
    return widened_f16(g, bits, lanes);
  case TPP_BF16: {
    if (g->pairs && lanes > 1)
      return widened_pairs(g, bits, lanes);
    Val wide = cast(g, LLVMZExt, bits, g->t_i32, lanes);
    Val high = LLVMBuildShl(g->b, wide, cg_const_i(g, LLVMTypeOf(wide), 16), "");
    return cast(g, LLVMBitCast, high, g->t_f32, lanes);
  }
  case TPP_U16:
  case TPP_U8:
    return cast(g, LLVMZExt, bits, g->t_i32, lanes);
  case TPP_I8:
    return cast(g, LLVMSExt, bits, g->t_i32, lanes);
  case TPP_F64:
  case TPP_F32:
  case TPP_I64:
  case TPP_I32:
  case TPP_I4:
  case TPP_BIT:
  case TPP_TERNARY:
  case TPP_DTYPE_END:
    break;
  }
  return bits;
}

/* NaN passes through arithmetic with its payload, and the functions of cg_math.c make it quiet. So
 * what is computed of BF16 alone rounds to the right NaN without a case for it. */
CgNan cg_nan_of(const TppcValue *v, int depth) {
  enum { DEPTH = 8 };
  const TppcOp *op = v->def;
  if (!op || depth == DEPTH)
    return CG_NAN_ANY;
  if (op->kind == TPPC_OP_CONST || op->kind == TPPC_OP_INDEX)
    return CG_NAN_PLAIN;
  if (op->kind == TPPC_OP_LOAD)
    return op->uses[0].value->type->elem == TPP_BF16 ? CG_NAN_SHORT : CG_NAN_ANY;
  if (op->kind != TPPC_OP_ELT || op->elt > TPPC_ELT_ERF_GRAD ||
      op->results[0]->type->elem != TPP_F32)
    return CG_NAN_ANY;
  CgNan least = CG_NAN_PLAIN;
  for (int i = op->elt == TPPC_ELT_SELECT; i < op->n_uses; i++) {
    CgNan n = cg_nan_of(op->uses[i].value, depth + 1);
    least = n < least ? n : least;
  }
  const TppcEltInfo *info = tppc_elt_info(op->elt);
  bool function = info->arity == 1 && !(info->traits & TPPC_TRAIT_EXACT);
  return function && least == CG_NAN_SHORT ? CG_NAN_PLAIN : least;
}

static Val rounded_plain(Cg *g, Val v, int lanes) {
  LLVMTypeRef t = cg_lanes(g, g->t_i32, lanes);
  LLVMBuilderRef b = g->b;
  Val u = cast(g, LLVMBitCast, v, g->t_i32, lanes);
  Val odd = LLVMBuildLShr(b, u, cg_const_i(g, t, 16), "");
  odd = LLVMBuildAnd(b, odd, cg_const_i(g, t, 1), "");
  return LLVMBuildAdd(b, LLVMBuildAdd(b, u, cg_const_i(g, t, 0x7fff), ""), odd, "");
}

/* The bits of f32 rounded, with those of the bf16 in the upper half of each word and anything
 * below. NaN: quiet, with its upper payload. */
static Val rounded_words(Cg *g, Val v, int lanes) {
  LLVMTypeRef t = cg_lanes(g, g->t_i32, lanes);
  LLVMBuilderRef b = g->b;
  Val u = cast(g, LLVMBitCast, v, g->t_i32, lanes);
  Val sum = rounded_plain(g, v, lanes);
  Val quiet = LLVMBuildOr(b, u, cg_const_i(g, t, 0x400000), "");
  Val nan = LLVMBuildFCmp(b, LLVMRealUNO, v, v, "");
  return LLVMBuildSelect(b, nan, quiet, sum, "");
}

static Val upper_halves(Cg *g, Val words, int lanes) {
  if (g->pairs && lanes > 1)
    return joined_pairs(g, words, lanes);
  words = LLVMBuildLShr(g->b, words, cg_const_i(g, LLVMTypeOf(words), 16), "");
  return cast(g, LLVMTrunc, words, g->t_i16, lanes);
}

static Val to_bf16(Cg *g, Val v, int lanes) {
  return upper_halves(g, rounded_words(g, v, lanes), lanes);
}

Val cg_narrow_plain(Cg *g, Val v, int lanes) {
  return upper_halves(g, rounded_plain(g, v, lanes), lanes);
}

/* f64 -> f32 to odd: towards zero, with the last bit set when that was inexact. */
static Val to_odd(Cg *g, Val v, int lanes) {
  LLVMTypeRef i32 = cg_lanes(g, g->t_i32, lanes), f64 = LLVMTypeOf(v);
  LLVMBuilderRef b = g->b;
  Val near = cast(g, LLVMFPTrunc, v, g->t_f32, lanes);
  Val back = cast(g, LLVMFPExt, near, g->t_f64, lanes);
  Val size = cg_intrinsic(g, "llvm.fabs", f64, &v, 1);
  Val back_size = cg_intrinsic(g, "llvm.fabs", f64, &back, 1);
  Val above = LLVMBuildFCmp(b, LLVMRealOGT, back_size, size, "");
  Val inexact = LLVMBuildFCmp(b, LLVMRealONE, back, v, "");
  Val bits = cast(g, LLVMBitCast, near, g->t_i32, lanes);
  bits = LLVMBuildSub(b, bits, LLVMBuildZExt(b, above, i32, ""), "");
  bits = LLVMBuildOr(b, bits, LLVMBuildZExt(b, inexact, i32, ""), "");
  return cast(g, LLVMBitCast, bits, g->t_f32, lanes);
}

static void int_range(int elem, int64_t *lo, int64_t *hi) {
  int bits = tppc_elem_bits(elem);
  bool is_signed = elem != TPP_U8 && elem != TPP_U16 && elem != TPP_BIT;
  *hi = is_signed ? (int64_t)(((uint64_t)1 << (bits - 1)) - 1) : ((int64_t)1 << bits) - 1;
  *lo = is_signed ? -*hi - 1 : 0;
}

static Val clamp(Cg *g, Val v, int elem) {
  int64_t lo, hi;
  int_range(elem, &lo, &hi);
  v = cg_max(g, v, cg_const_i(g, LLVMTypeOf(v), lo));
  return cg_min(g, v, cg_const_i(g, LLVMTypeOf(v), hi));
}

/* A float to an integer of at most 16 bits, as i32: clamping first keeps the conversion in range.
 */
static Val float_to_small(Cg *g, Val v, int elem, int lanes) {
  int64_t lo, hi;
  int_range(elem, &lo, &hi);
  LLVMTypeRef t = LLVMTypeOf(v);
  LLVMBuilderRef b = g->b;
  Val ordered = LLVMBuildFCmp(b, LLVMRealORD, v, v, "");
  Val floor = cg_const_f(g, t, (double)lo), ceil = cg_const_f(g, t, (double)hi);
  v = LLVMBuildSelect(b, ordered, v, cg_const_f(g, t, 0), "");
  v = LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOLT, v, floor, ""), floor, v, "");
  v = LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOGT, v, ceil, ""), ceil, v, "");
  v = cg_intrinsic(g, "llvm.roundeven", t, &v, 1);
  return cast(g, LLVMFPToSI, v, g->t_i32, lanes);
}

/* To i32 or i64. The saturating conversion of LLVM takes vectors apart, so the range is cut to the
 * floats that convert first, of which the largest may lie below the largest integer. */
static Val float_to_int(Cg *g, Val v, int from, int to, int lanes) {
  LLVMTypeRef f = LLVMTypeOf(v), i = cg_lanes(g, cg_storage_type(g, to), lanes);
  LLVMBuilderRef b = g->b;
  int64_t lo, hi;
  int_range(to, &lo, &hi);
  double end = -(double)lo; /* the least float above the range */
  double last = nextafter(end, 0);
  if (from == TPP_F32)
    last = (double)nextafterf((float)end, 0);
  if (from == TPP_F64 && to == TPP_I32)
    last = (double)hi;
  v = cg_intrinsic(g, "llvm.roundeven", f, &v, 1);
  Val ordered = LLVMBuildFCmp(b, LLVMRealORD, v, v, "");
  Val above = LLVMBuildFCmp(b, LLVMRealOGE, v, cg_const_f(g, f, end), "");
  Val floor = cg_const_f(g, f, (double)lo), ceil = cg_const_f(g, f, last);
  v = LLVMBuildSelect(b, ordered, v, cg_const_f(g, f, 0), "");
  v = LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOLT, v, floor, ""), floor, v, "");
  v = LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOGT, v, ceil, ""), ceil, v, "");
  return LLVMBuildSelect(b, above, cg_const_i(g, i, hi), LLVMBuildFPToSI(b, v, i, ""), "");
}

static Val from_bit(Cg *g, Val v, int to, int lanes) {
  LLVMTypeRef t = cg_compute_type(g, to);
  return cast(g, tppc_elem_is_float(to) ? LLVMUIToFP : LLVMZExt, v, t, lanes);
}

static Val to_bit(Cg *g, Val v, int from) {
  LLVMTypeRef t = LLVMTypeOf(v);
  if (tppc_elem_is_float(from))
    return LLVMBuildFCmp(g->b, LLVMRealOGT, v, cg_const_f(g, t, 0.5), "");
  return LLVMBuildICmp(g->b, LLVMIntSGT, v, cg_const_i(g, t, 0), "");
}

Val cg_convert(Cg *g, Val v, int from, int to, int lanes) {
  if (from == to)
    return v;
  if (from == TPP_BIT)
    return from_bit(g, v, to, lanes);
  if (to == TPP_BIT)
    return to_bit(g, v, from);
  bool ff = tppc_elem_is_float(from), tf = tppc_elem_is_float(to);
  if (ff && tf)
    return cast(g, to == TPP_F64 ? LLVMFPExt : LLVMFPTrunc, v, cg_storage_type(g, to), lanes);
  if (ff)
    return float_to_int(g, v, from, to, lanes);
  if (tf)
    return cast(g, LLVMSIToFP, v, cg_storage_type(g, to), lanes);
  if (to == TPP_I64)
    return cast(g, LLVMSExt, v, g->t_i64, lanes);
  return cast(g, LLVMTrunc, clamp(g, v, TPP_I32), g->t_i32, lanes);
}

static Val narrow_float(Cg *g, Val v, int from, int elem, int lanes) {
  if (from == TPP_BIT) {
    v = from_bit(g, v, TPP_F32, lanes);
  } else if (from != TPP_F32) {
    v = cg_convert(g, v, from, TPP_F64, lanes);
    v = to_odd(g, v, lanes);
  }
  if (elem == TPP_BF16)
    return to_bf16(g, v, lanes);
  return cast(g, LLVMBitCast, cast(g, LLVMFPTrunc, v, g->t_f16, lanes), g->t_i16, lanes);
}

static Val narrow_int(Cg *g, Val v, int from, int elem, int lanes) {
  if (from == TPP_BIT)
    return cast(g, LLVMZExt, v, cg_storage_type(g, elem), lanes);
  v = tppc_elem_is_float(from) ? float_to_small(g, v, elem, lanes) : clamp(g, v, elem);
  return cast(g, LLVMTrunc, v, cg_storage_type(g, elem), lanes);
}

Val cg_narrow(Cg *g, Val v, int from, int elem, int lanes) {
  switch ((enum tpp_dtype)elem) {
  case TPP_F64:
  case TPP_F32:
  case TPP_I64:
  case TPP_I32:
  case TPP_BIT:
    return cg_convert(g, v, from, elem, lanes);
  case TPP_F16:
  case TPP_BF16:
    return narrow_float(g, v, from, elem, lanes);
  case TPP_U16:
  case TPP_I8:
  case TPP_U8:
  case TPP_I4:
    return narrow_int(g, v, from, elem, lanes);
  case TPP_TERNARY:
  case TPP_DTYPE_END:
    break;
  }
  return v;
}
