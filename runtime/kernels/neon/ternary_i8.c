/* Ternary weights with bytes on NEON without dot products. A product of a byte and a code, up to
 * four times 2 where one row is read, takes 12 bits, so that two of them are added in 16 bits
 * before they go into a sum of 32: four instructions for 16 products. The method is in
 * ternary_bytes.h. */
#include "vec_ternary.h"

/* In program order, or sums are moved to memory. */
V_INLINE V v_dot(V acc, V x, V q, const int type) {
  V low, high;
  if (type == TPP_U8)
    __asm__ volatile("umull %1.8h, %3.8b, %4.8b\n\tumull2 %2.8h, %3.16b, %4.16b\n\t"
                     "addp %1.8h, %1.8h, %2.8h\n\tuadalp %0.4s, %1.8h"
                     : "+w"(acc), "=&w"(low), "=&w"(high)
                     : "w"(x), "w"(q));
  else
    __asm__ volatile("smull %1.8h, %3.8b, %4.8b\n\tsmull2 %2.8h, %3.16b, %4.16b\n\t"
                     "addp %1.8h, %1.8h, %2.8h\n\tsadalp %0.4s, %1.8h"
                     : "+w"(acc), "=&w"(low), "=&w"(high)
                     : "w"(x), "w"(q));
  return acc;
}

/* ORDER: the method uses what is above. */
#include "../ternary_bytes.h"

TERNARY_KERNEL(tpp_u8_ternary__neon, TPP_U8)
TERNARY_KERNEL(tpp_i8_ternary__neon, TPP_I8)
