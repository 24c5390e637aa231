/* Codes of ternary weights as groups of four bytes, for ternary_drive.h on NEON. */
#ifndef TPP_RUNTIME_NEON_CODES_I8_H
#define TPP_RUNTIME_NEON_CODES_I8_H

#ifndef GROUP
#define GROUP 4
#endif
#include "scaled_f32.h"
#include "vec_i32.h"

#define V_FINISH(x) (x)
V_INLINE V v_ones(void) {
  return vdupq_n_s32(0x01010101);
}

/* Four bytes of four codes to lanes of four codes. */
V_INLINE V v_spread(uint32_t codes) {
  uint16x8_t bytes = vmovl_u8(vreinterpret_u8_u64(vcreate_u64(codes)));
  uint32x4_t x = vmovl_u16(vget_low_u16(bytes));
  x = vorrq_u32(x, vshlq_n_u32(x, 6));
  x = vorrq_u32(x, vshlq_n_u32(x, 12));
  return vreinterpretq_s32_u32(vandq_u32(x, vdupq_n_u32(0x03030303)));
}
V_INLINE V v_codes(const char *codes) {
  return v_spread(load_bytes(codes, LANES));
}
V_INLINE V v_weights(uint32_t codes) {
  return vreinterpretq_s32_s8(
      vsubq_s8(vreinterpretq_s8_s32(v_spread(codes)), vreinterpretq_s8_s32(v_ones())));
}
V_INLINE V v_decode(const char *codes, int part) {
  (void)part;
  return v_weights(load_bytes(codes, LANES));
}
V_INLINE V v_decode_n(const char *codes, int n, int used, int part) {
  const V bytes = vdupq_n_s32((int)(0xffffffffu >> 8 * (4 - used)));
  (void)part;
  return vandq_s32(v_weights(load_bytes(codes, n)), bytes);
}

V_INLINE F f_of(V x) {
  return vcvtq_f32_s32(x);
}

#endif
