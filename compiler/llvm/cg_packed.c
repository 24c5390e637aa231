/* Bits and nibbles: single elements, and vectors that start on a whole byte.
 *
 * A vector of bits is an integer of as many bits, in the order of memory; one of nibbles is made of
 * the low and the high halves of its bytes, interleaved. In the tail of a row, which may end inside
 * of a byte, bits go byte by byte: the last one is read whole, and written where the row has
 * elements. Tails of nibbles go one by one.
 */
#include "llvm/cg.h"

/* Where a packed element is: its byte, and the position of its lowest bit as i8. */
static Val packed_ptr(Cg *g, CgSlot *s, Val offset, Val *shift) {
  int log = tppc_elem_bits(s->type->elem) == 4 ? 1 : 3;
  Val low = LLVMBuildAnd(g->b, offset, cg_i64(g, (1 << log) - 1), "");
  *shift =
      LLVMBuildTrunc(g->b, LLVMBuildShl(g->b, low, cg_i64(g, log == 1 ? 2 : 0), ""), g->t_i8, "");
  Val byte = LLVMBuildAShr(g->b, offset, cg_i64(g, log), "");
  return cg_ptr_add(g, cg_slot_elements(g, s), byte);
}

Val cg_load_packed(Cg *g, CgSlot *s, Val offset) {
  Val shift, p = packed_ptr(g, s, offset, &shift);
  Val bits = LLVMBuildLShr(g->b, cg_load_bits(g, s, p, g->t_i8), shift, "");
  if (s->type->elem == TPP_BIT)
    return LLVMBuildTrunc(g->b, bits, g->t_i1, "");
  Val four = LLVMConstInt(g->t_i8, 4, false);
  bits = LLVMBuildAShr(g->b, LLVMBuildShl(g->b, bits, four, ""), four, "");
  return LLVMBuildSExt(g->b, bits, g->t_i32, "");
}

void cg_store_packed(Cg *g, CgSlot *s, Val offset, Val v, int elem) {
  Val shift, p = packed_ptr(g, s, offset, &shift);
  bool bit = s->type->elem == TPP_BIT;
  Val ones = LLVMConstInt(g->t_i8, bit ? 1 : 15, false);
  Val bits = cg_narrow(g, v, elem, s->type->elem, 1);
  bits = bit ? LLVMBuildZExt(g->b, bits, g->t_i8, "") : LLVMBuildAnd(g->b, bits, ones, "");
  Val keep = LLVMBuildNot(g->b, LLVMBuildShl(g->b, ones, shift, ""), "");
  if (g->atomic) {
    LLVMAtomicOrdering order = LLVMAtomicOrderingMonotonic;
    LLVMBuildAtomicRMW(g->b, LLVMAtomicRMWBinOpAnd, p, keep, order, false);
    bits = LLVMBuildShl(g->b, bits, shift, "");
    LLVMBuildAtomicRMW(g->b, LLVMAtomicRMWBinOpOr, p, bits, order, false);
    return;
  }
  Val old = LLVMBuildAnd(g->b, cg_load_bits(g, s, p, g->t_i8), keep, "");
  cg_store_bits(g, s, p, LLVMBuildOr(g->b, old, LLVMBuildShl(g->b, bits, shift, ""), ""));
}

/* ---- vectors ---- */

static LLVMTypeRef integer_of(Cg *g, int bits) {
  return LLVMIntTypeInContext(g->lx, (unsigned)bits);
}

static Val byte_at(Cg *g, CgSlot *s, Val offset, int log) {
  return cg_ptr_add(g, cg_slot_elements(g, s), LLVMBuildAShr(g->b, offset, cg_i64(g, log), ""));
}

/* Bytes of which the first `left` elements are wanted: those behind them are not touched. */
static Val load_bytes(Cg *g, CgSlot *s, Val p, Val left) {
  int n = g->lanes / 8;
  LLVMTypeRef whole = integer_of(g, g->lanes);
  Val all = LLVMConstNull(whole);
  for (int i = 0; i < n; i++) {
    Val more = LLVMBuildICmp(g->b, LLVMIntSGT, left, cg_i64(g, 8 * i), "");
    Val at = LLVMBuildSelect(g->b, more, cg_i64(g, i), cg_i64(g, 0), "");
    Val byte = cg_load_bits(g, s, cg_ptr_add(g, p, at), g->t_i8);
    byte = n > 1 ? LLVMBuildZExt(g->b, byte, whole, "") : byte;
    byte = LLVMBuildShl(g->b, byte, LLVMConstInt(whole, (unsigned)(8 * i), false), "");
    all = LLVMBuildOr(g->b, all, byte, "");
  }
  return all;
}

static LLVMTypeRef bytes_type(Cg *g, int n) {
  return LLVMVectorType(g->t_i8, (unsigned)n);
}

static Val fours(Cg *g, int n) {
  return cg_const_i(g, bytes_type(g, n), 4);
}

static Val shuffle(Cg *g, Val a, Val b, int n, int from, int step, int other) {
  Val lane[64];
  for (int i = 0; i < n; i++)
    lane[i] = cg_i32(g, other ? i / 2 + (i % 2) * other : from + i * step);
  return LLVMBuildShuffleVector(g->b, a, b, LLVMConstVector(lane, (unsigned)n), "");
}

static Val load_nibbles(Cg *g, CgSlot *s, Val p) {
  int n = g->lanes / 2;
  Val bytes = cg_load_bits(g, s, p, bytes_type(g, n));
  Val high = LLVMBuildAShr(g->b, bytes, fours(g, n), "");
  Val low = LLVMBuildAShr(g->b, LLVMBuildShl(g->b, bytes, fours(g, n), ""), fours(g, n), "");
  Val all = shuffle(g, low, high, g->lanes, 0, 0, n);
  return LLVMBuildSExt(g->b, all, cg_lanes(g, g->t_i32, g->lanes), "");
}

Val cg_load_packed_vector(Cg *g, CgSlot *s, Val offset, Val left) {
  if (s->type->elem != TPP_BIT)
    return load_nibbles(g, s, byte_at(g, s, offset, 1));
  Val p = byte_at(g, s, offset, 3);
  Val bits = left ? load_bytes(g, s, p, left) : cg_load_bits(g, s, p, integer_of(g, g->lanes));
  return LLVMBuildBitCast(g->b, bits, cg_lanes(g, g->t_i1, g->lanes), "");
}

static void store_byte(Cg *g, CgSlot *s, Val p, Val byte, Val mask) {
  Val keep = LLVMBuildNot(g->b, mask, "");
  byte = LLVMBuildAnd(g->b, byte, mask, "");
  if (g->atomic) {
    LLVMAtomicOrdering order = LLVMAtomicOrderingMonotonic;
    LLVMBuildAtomicRMW(g->b, LLVMAtomicRMWBinOpAnd, p, keep, order, false);
    LLVMBuildAtomicRMW(g->b, LLVMAtomicRMWBinOpOr, p, byte, order, false);
    return;
  }
  Val old = LLVMBuildAnd(g->b, cg_load_bits(g, s, p, g->t_i8), keep, "");
  cg_store_bits(g, s, p, LLVMBuildOr(g->b, old, byte, ""));
}

static void store_bytes(Cg *g, CgSlot *s, Val p, Val all, Val left) {
  for (int i = 0; i < g->lanes / 8; i++) {
    LLVMBasicBlockRef some = cg_block(g, "byte"), done = cg_block(g, "bytes");
    Val rest = LLVMBuildSub(g->b, left, cg_i64(g, 8 * i), "");
    LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSGT, rest, cg_i64(g, 0), ""), some, done);
    cg_enter(g, some);
    rest = LLVMBuildTrunc(g->b, cg_min(g, rest, cg_i64(g, 8)), g->t_i32, "");
    Val mask = LLVMBuildNot(g->b, LLVMBuildShl(g->b, cg_i32(g, -1), rest, ""), "");
    Val byte =
        LLVMBuildLShr(g->b, all, LLVMConstInt(LLVMTypeOf(all), (unsigned)(8 * i), false), "");
    byte = g->lanes > 8 ? LLVMBuildTrunc(g->b, byte, g->t_i8, "") : byte;
    store_byte(g, s, cg_ptr_add(g, p, cg_i64(g, i)), byte, LLVMBuildTrunc(g->b, mask, g->t_i8, ""));
    LLVMBuildBr(g->b, done);
    cg_enter(g, done);
  }
}

void cg_store_packed_vector(Cg *g, CgSlot *s, Val offset, Val v, Val left) {
  if (s->type->elem == TPP_BIT) {
    Val p = byte_at(g, s, offset, 3);
    Val bits = LLVMBuildBitCast(g->b, v, integer_of(g, g->lanes), "");
    if (left)
      store_bytes(g, s, p, bits, left);
    else
      cg_store_bits(g, s, p, bits);
    return;
  }
  int n = g->lanes / 2;
  Val even = shuffle(g, v, v, n, 0, 2, 0), odd = shuffle(g, v, v, n, 1, 2, 0);
  even = LLVMBuildAnd(g->b, even, cg_const_i(g, bytes_type(g, n), 15), "");
  odd = LLVMBuildShl(g->b, odd, fours(g, n), "");
  cg_store_bits(g, s, byte_at(g, s, offset, 1), LLVMBuildOr(g->b, even, odd, ""));
}
