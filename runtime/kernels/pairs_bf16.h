/* Pairs of BF16 in 32-bit lanes, as brgemm_groups.h asks for: what the vectors of all instruction
 * sets share. A template: the file that includes this has defined T, V, LANES, V_INLINE, and
 * GROUP 2. */
#ifndef TPP_RUNTIME_PAIRS_BF16_H
#define TPP_RUNTIME_PAIRS_BF16_H

#include <stdint.h>
#include <string.h>

V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 1;
}

V_INLINE T one_group(const char *const at[GROUP], const int type) {
  uint16_t pair[2] = {0, 0};
  T x;
  (void)type;
  for (int e = 0; e < GROUP; e++)
    if (at[e])
      memcpy(&pair[e], at[e], 2);
  memcpy(&x, pair, sizeof x);
  return x;
}

/* The first pairs of groups of four. */
V_INLINE V v_part(const char *p, int64_t pack, const int type) {
  T pair[LANES];
  (void)type;
  for (int64_t j = 0; j < LANES; j++)
    memcpy(&pair[j], p + 2 * pack * j, sizeof *pair);
  return v_load(pair);
}

#endif
