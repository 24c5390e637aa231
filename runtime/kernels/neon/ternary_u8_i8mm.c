/* Ternary weights with unsigned bytes on NEON with I8MM: USDOT takes both as they are. The method
 * is in ternary_drive.h. */
#define TERNARY
#define SCALED
#define GROUP   4
#define ONE_ROW 8 /* vectors of columns */
#include "codes_i8.h"

V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("usdot %0.4s, %1.16b, %2.16b" : "+w"(c) : "w"(a), "w"(b));
  return c;
}
V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 1;
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#define A_BYTES(type) ELEM
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_u8_ternary__neoni8mm, TPP_U8)
