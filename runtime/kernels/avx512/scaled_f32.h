/* What add_scaled of brgemm_tile.h asks for, where sums are floats. */
#ifndef TPP_RUNTIME_AVX512_SCALED_F32_H
#define TPP_RUNTIME_AVX512_SCALED_F32_H

#ifndef V_FMA
#define V_FMA "vfmadd231ps"
#endif
#include "vec_f32.h"

#define F __m512

V_INLINE F f_zero(void) {
  return v_zero();
}
V_INLINE F f_of(V x) {
  return x;
}
V_INLINE F f_fma(F a, F b, F c) {
  return _mm512_fmadd_ps(a, b, c);
}
V_INLINE F f_load_n(const float *p, int n) {
  return v_load_n(p, n);
}
V_INLINE void f_store_n(float *p, F x, int n) {
  v_store_n(p, x, n);
}

#endif
