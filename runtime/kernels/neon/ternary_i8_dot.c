/* Ternary weights with bytes on NEON with dot products: SDOT of four bytes and four weights.
 * Unsigned bytes are moved down by 128, of which the sum of the weights is taken away again. The
 * method is in ternary_drive.h. */
#define TERNARY
#define SCALED
#define GROUP    4
#define A_OFFSET 0x80
#include "codes_i8.h"

V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("sdot %0.4s, %1.16b, %2.16b" : "+w"(c) : "w"(a), "w"(b));
  return c;
}
V_INLINE int is_as_is(const int type, int is_b) {
  return is_b || !MOVED(type);
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#define A_BYTES(type) ELEM
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_i8_ternary__neondot, TPP_I8)
TERNARY_KERNEL(tpp_u8_ternary__neondot, TPP_I8_MOVED)
