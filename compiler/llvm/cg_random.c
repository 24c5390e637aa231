/* uniform(seed, i): SplitMix64's finaliser over the seed, then over the counter, as tpp/opsdef.h
 * defines it; the top 24 bits are the fraction, so the conversion to f32 is exact. They are those
 * of the last product, which the last shift leaves alone. Products of 64 bits are what all this
 * costs, so that of a counter that moves evenly along the lanes is a sum. */
#include "llvm/cg.h"

static Val shift_xor(Cg *g, Val z, int bits) {
  Val shifted = LLVMBuildLShr(g->b, z, cg_const_i(g, LLVMTypeOf(z), bits), "");
  return LLVMBuildXor(g->b, z, shifted, "");
}

static Val times(Cg *g, Val z, uint64_t factor) {
  return LLVMBuildMul(g->b, z, cg_const_i(g, LLVMTypeOf(z), (int64_t)factor), "");
}

/* But for the last step, z ^ (z >> 31). */
static Val products(Cg *g, Val z) {
  z = times(g, shift_xor(g, z, 30), UINT64_C(0xbf58476d1ce4e5b9));
  return times(g, shift_xor(g, z, 27), UINT64_C(0x94d049bb133111eb));
}

static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);

/* The counter times the golden ratio. */
static Val scaled_counter(Cg *g, const CgScalar *counter) {
  if (!counter->start)
    return times(g, counter->v, golden);
  Val start = cg_splat(g, times(g, counter->start, golden), g->lanes);
  Val step = cg_splat(g, times(g, counter->step, golden), g->lanes), lane[64];
  for (int i = 0; i < g->lanes; i++)
    lane[i] = cg_i64(g, i);
  step = LLVMBuildMul(g->b, step, LLVMConstVector(lane, (unsigned)g->lanes), "");
  return LLVMBuildAdd(g->b, start, step, "");
}

Val cg_uniform(Cg *g, const CgScalar *seed, const CgScalar *counter) {
  LLVMTypeRef wide = LLVMTypeOf(seed->v);
  LLVMTypeRef i32 = cg_lanes(g, g->t_i32, g->lanes), f32 = cg_lanes(g, g->t_f32, g->lanes);
  Val z = LLVMBuildAdd(g->b, seed->v, cg_const_i(g, wide, (int64_t)golden), "");
  z = shift_xor(g, products(g, z), 31);
  z = products(g, LLVMBuildAdd(g->b, z, scaled_counter(g, counter), ""));
  Val top = LLVMBuildTrunc(g->b, LLVMBuildLShr(g->b, z, cg_const_i(g, wide, 40), ""), i32, "");
  return LLVMBuildFMul(g->b, LLVMBuildSIToFP(g->b, top, f32, ""), cg_const_f(g, f32, 0x1p-24), "");
}
