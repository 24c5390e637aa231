/* Ternary weights with floats on NEON: a weight is its code less one. The method is in
 * ternary_drive.h. */
#define TERNARY
#define SCALED
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#include "scaled_f32.h"
#include "vec_f32.h"

V_INLINE V v_decode_bytes(uint32_t codes, int part) {
  uint16x8_t bytes = vmovl_u8(vreinterpret_u8_u64(vcreate_u64(codes)));
  uint32x4_t x = vshlq_u32(vmovl_u16(vget_low_u16(bytes)), vdupq_n_s32(-2 * part));
  int32x4_t weights =
      vsubq_s32(vreinterpretq_s32_u32(vandq_u32(x, vdupq_n_u32(3))), vdupq_n_s32(1));
  return vcvtq_f32_s32(weights);
}
V_INLINE V v_decode(const char *codes, int part) {
  uint32_t bytes;
  memcpy(&bytes, codes, 4);
  return v_decode_bytes(bytes, part);
}
V_INLINE V v_decode_n(const char *codes, int n, int used, int part) {
  uint32_t bytes = 0;
  (void)used;
  for (int i = 0; i < n; i++)
    bytes |= (uint32_t)(uint8_t)codes[i] << 8 * i;
  return v_decode_bytes(bytes, part);
}

V_INLINE F f_of(V x) {
  return x;
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_widen.h"

#define A_BYTES(type) type_bytes(type)
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_f32_ternary__neon, TPP_F32)
TERNARY_KERNEL(tpp_bf16_ternary__neon, TPP_BF16)
TERNARY_KERNEL(tpp_f16_ternary__neon, TPP_F16)
