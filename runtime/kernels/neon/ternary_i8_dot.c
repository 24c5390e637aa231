/* Ternary weights with bytes on NEON with dot products: codes are small enough to be signed or
 * unsigned, so SDOT and UDOT take them with bytes of either kind. The method is in ternary_bytes.h.
 */
#include "vec_ternary.h"

/* In program order, or sums are moved to memory. */
V_INLINE V v_dot(V acc, V x, V q, const int type) {
  if (type == TPP_U8)
    __asm__ volatile("udot %0.4s, %1.16b, %2.16b" : "+w"(acc) : "w"(x), "w"(q));
  else
    __asm__ volatile("sdot %0.4s, %1.16b, %2.16b" : "+w"(acc) : "w"(x), "w"(q));
  return acc;
}

/* ORDER: the method uses what is above. */
#include "../ternary_bytes.h"

TERNARY_KERNEL(tpp_u8_ternary__neondot, TPP_U8)
TERNARY_KERNEL(tpp_i8_ternary__neondot, TPP_I8)
