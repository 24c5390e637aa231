/* Groups of bytes in 32-bit lanes, one at a time: what the vectors of both instruction sets share.
 * The file that includes this has defined T, the lane, GROUP, how many bytes it takes (one or
 * two, widened to 32 or 16 bits, or four as they are), and A_OFFSET where the instruction wants an
 * unsigned A. */
#ifndef TPP_RUNTIME_BYTE_GROUPS_H
#define TPP_RUNTIME_BYTE_GROUPS_H

#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#ifndef GROUP
#define GROUP 4
#endif
#ifndef T
#define T int32_t
#endif

/* Types of operands as the templates pass them: a signed A whose bytes are moved up. */
enum { TPP_I8_MOVED = 255 };
#ifdef A_OFFSET
#define MOVED(type) ((type) == TPP_I8_MOVED)
#else
#define MOVED(type) ((void)(type), 0)
#endif

/* One group of elements from anywhere, zero where NULL. */
static inline __attribute__((always_inline)) T one_group(const char *const at[GROUP],
                                                         const int type) {
  uint32_t x = 0;
  for (int e = 0; e < GROUP; e++) {
    uint8_t byte = at[e] ? (uint8_t)*at[e] : 0;
    int value = type == TPP_U8 ? byte : MOVED(type) ? byte ^ 0x80 : (int8_t)byte;
    x |= ((uint32_t)value & UINT32_MAX >> (32 - 32 / GROUP)) << 32 / GROUP * e;
  }
  T lane;
  memcpy(&lane, &x, sizeof lane);
  return lane;
}

#endif
