/* Ternary weights with floats on NEON: a weight is its code less one. The method is in
 * ternary_drive.h. */
#define TERNARY
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#include "vec_f32.h"

#define V_SCALED(acc, scales, c) vfmaq_f32(c, acc, scales)

V_INLINE V v_decode(const uint32_t *words, int row) {
  const int32x4_t shift = vdupq_n_s32(-(row % 4 * 8 + row / 4 * 2));
  uint32x4_t codes = vandq_u32(vshlq_u32(vld1q_u32(words), shift), vdupq_n_u32(3));
  return vcvtq_f32_s32(vsubq_s32(vreinterpretq_s32_u32(codes), vdupq_n_s32(1)));
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_widen.h"

#define A_BYTES(type) type_bytes(type)
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_f32_ternary__neon, TPP_F32)
TERNARY_KERNEL(tpp_bf16_ternary__neon, TPP_BF16)
TERNARY_KERNEL(tpp_f16_ternary__neon, TPP_F16)
