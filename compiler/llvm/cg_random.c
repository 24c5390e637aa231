/* uniform(seed, i) as tpp/opsdef.h defines it: 32-bit words throughout, one a lane.
 *
 * The keys come from the seed, which is the same for all points nearly always, so that they are
 * made once. The upper half of the counter takes part by an addend. Of a counter that moves by a
 * small constant along the lanes it is one of two, which a comparison of the lower halves tells.
 */
#include "llvm/cg.h"
#include "tpp/opsdef.h"

static Val shift_xor(Cg *g, Val z, int bits) {
  Val shifted = LLVMBuildLShr(g->b, z, cg_const_i(g, LLVMTypeOf(z), bits), "");
  return LLVMBuildXor(g->b, z, shifted, "");
}

static Val times(Cg *g, Val z, uint64_t factor) {
  return LLVMBuildMul(g->b, z, cg_const_i(g, LLVMTypeOf(z), (int64_t)factor), "");
}

/* tppd_mix64. */
static Val mix64(Cg *g, Val z) {
  z = times(g, shift_xor(g, z, 30), UINT64_C(0xbf58476d1ce4e5b9));
  z = times(g, shift_xor(g, z, 27), UINT64_C(0x94d049bb133111eb));
  return shift_xor(g, z, 31);
}

typedef struct Halves {
  Val low, high; /* one, or lanes, of i32 */
} Halves;

static Halves halves(Cg *g, Val v, int lanes) {
  LLVMTypeRef words = cg_lanes(g, g->t_i32, lanes);
  Val shift = cg_const_i(g, LLVMTypeOf(v), 32);
  Val high = LLVMBuildLShr(g->b, v, shift, "");
  return (Halves){LLVMBuildTrunc(g->b, v, words, ""), LLVMBuildTrunc(g->b, high, words, "")};
}

/* The addend for the upper half of the counter, and the lower half. */
static Halves from_lanes(Cg *g, const CgScalar *counter) {
  Halves h = halves(g, counter->v, g->lanes);
  h.high = times(g, h.high, TPPD_GOLDEN_32);
  return h;
}

/* Likewise, when no more than one carry can happen between the first lane and the last. */
static Halves from_start(Cg *g, const CgScalar *counter, int64_t step) {
  Val lane[64];
  for (int i = 0; i < g->lanes; i++)
    lane[i] = cg_i32(g, (int32_t)(i * step));
  Halves first = halves(g, counter->start, 1);
  Val start = cg_splat(g, first.low, g->lanes);
  Val low = LLVMBuildAdd(g->b, start, LLVMConstVector(lane, (unsigned)g->lanes), "");
  Val here = times(g, first.high, TPPD_GOLDEN_32);
  Val next = LLVMBuildAdd(g->b, here, cg_const_i(g, g->t_i32, TPPD_GOLDEN_32), "");
  Val carried = LLVMBuildICmp(g->b, LLVMIntULT, low, start, "");
  Val high =
      LLVMBuildSelect(g->b, carried, cg_splat(g, next, g->lanes), cg_splat(g, here, g->lanes), "");
  return (Halves){low, high};
}

static Halves counter_halves(Cg *g, const CgScalar *counter) {
  int64_t step = -1;
  if (g->lanes > 1 && counter->start && LLVMIsAConstantInt(counter->step))
    step = LLVMConstIntGetSExtValue(counter->step);
  return step >= 0 && step < 1 << 24 ? from_start(g, counter, step) : from_lanes(g, counter);
}

/* The keys in all lanes. */
static Halves keys(Cg *g, const CgScalar *seed) {
  bool one = g->lanes > 1 && seed->one;
  Val z = one ? seed->one : seed->v;
  z = mix64(g, LLVMBuildAdd(g->b, z, cg_const_i(g, LLVMTypeOf(z), (int64_t)TPPD_GOLDEN_64), ""));
  Halves k = halves(g, z, one ? 1 : g->lanes);
  if (one)
    k = (Halves){cg_splat(g, k.low, g->lanes), cg_splat(g, k.high, g->lanes)};
  return k;
}

Val cg_uniform(Cg *g, const CgScalar *seed, const CgScalar *counter) {
  Halves key = keys(g, seed), i = counter_halves(g, counter);
  LLVMTypeRef f32 = cg_lanes(g, g->t_f32, g->lanes);
  Val x = LLVMBuildXor(g->b, i.low, key.low, "");
  x = times(g, shift_xor(g, x, TPPD_HASH_1), TPPD_FACTOR_1);
  x = LLVMBuildAdd(g->b, x, LLVMBuildAdd(g->b, key.high, i.high, ""), "");
  x = times(g, shift_xor(g, x, TPPD_HASH_2), TPPD_FACTOR_2);
  x = times(g, shift_xor(g, x, TPPD_HASH_3), TPPD_FACTOR_3);
  x = LLVMBuildLShr(g->b, shift_xor(g, x, TPPD_HASH_4), cg_const_i(g, LLVMTypeOf(x), 8), "");
  return LLVMBuildFMul(g->b, LLVMBuildSIToFP(g->b, x, f32, ""), cg_const_f(g, f32, 0x1p-24), "");
}
