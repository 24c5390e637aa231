/* uniform(seed, i): SplitMix64's finaliser over the seed, then over the counter, as tpp/opsdef.h
 * defines it; the top 24 bits are the fraction, so the conversion to f32 is exact. */
#include "llvm/cg.h"

static Val shift_xor(Cg *g, Val z, int bits) {
  Val shifted = LLVMBuildLShr(g->b, z, cg_const_i(g, LLVMTypeOf(z), bits), "");
  return LLVMBuildXor(g->b, z, shifted, "");
}

static Val times(Cg *g, Val z, uint64_t factor) {
  return LLVMBuildMul(g->b, z, cg_const_i(g, LLVMTypeOf(z), (int64_t)factor), "");
}

static Val mix(Cg *g, Val z) {
  z = times(g, shift_xor(g, z, 30), UINT64_C(0xbf58476d1ce4e5b9));
  z = times(g, shift_xor(g, z, 27), UINT64_C(0x94d049bb133111eb));
  return shift_xor(g, z, 31);
}

Val cg_uniform(Cg *g, Val seed, Val counter) {
  const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
  LLVMTypeRef wide = LLVMTypeOf(seed);
  bool vector = LLVMGetTypeKind(wide) == LLVMVectorTypeKind;
  int lanes = vector ? (int)LLVMGetVectorSize(wide) : 1;
  LLVMTypeRef i32 = cg_lanes(g, g->t_i32, lanes), f32 = cg_lanes(g, g->t_f32, lanes);
  Val z = mix(g, LLVMBuildAdd(g->b, seed, cg_const_i(g, wide, (int64_t)golden), ""));
  z = mix(g, LLVMBuildAdd(g->b, z, times(g, counter, golden), ""));
  Val top = LLVMBuildTrunc(g->b, LLVMBuildLShr(g->b, z, cg_const_i(g, wide, 40), ""), i32, "");
  return LLVMBuildFMul(g->b, LLVMBuildSIToFP(g->b, top, f32, ""), cg_const_f(g, f32, 0x1p-24), "");
}
