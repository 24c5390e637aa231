/* What add_scaled of brgemm_tile.h asks for, whatever the sums are; the including file defines
 * f_of, which makes floats of sums. */
#ifndef TPP_RUNTIME_NEON_SCALED_F32_H
#define TPP_RUNTIME_NEON_SCALED_F32_H

#include "load4.h"

#define F float32x4_t

INLINE_LOAD F f_zero(void) {
  return vdupq_n_f32(0);
}
INLINE_LOAD F f_fma(F a, F b, F c) {
  return vfmaq_f32(c, a, b);
}
INLINE_LOAD F f_load_n(const float *p, int n) {
  return load4_type_n((const char *)p, n, TPP_F32);
}
INLINE_LOAD void f_store_n(float *p, F x, int n) {
  store4_lanes((char *)p, vreinterpretq_u32_f32(x), n);
}

#endif
