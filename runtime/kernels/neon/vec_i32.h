/* Four sums of 32 bits in a NEON register, for the templates of brgemm_tile.h: of groups of four
 * bytes as they are (GROUP 4), or of bytes widened to a lane each (GROUP 1). With A_OFFSET, A and B
 * are signed to the instruction and the bytes of an unsigned A are moved down by so much, or A is
 * unsigned and those of a signed one moved up: it is the top bit that is turned over. The file that
 * includes this defines v_fma. */
#ifndef TPP_RUNTIME_NEON_VEC_I32_H
#define TPP_RUNTIME_NEON_VEC_I32_H

#include "load4.h"
#include "tiles.h"

#define T     int32_t
#define V     int32x4_t
#define LANES 4
#define ELEM  1

#ifndef TILE_LIST
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#endif
#define V_INLINE static inline __attribute__((always_inline))

/* ORDER: it wants the lane. */
#include "../byte_groups.h"

V_INLINE V v_zero(void) {
  return vdupq_n_s32(0);
}
V_INLINE V v_load(const T *p) {
  return vreinterpretq_s32_f32(load4_f32((const char *)p));
}
V_INLINE void v_store(T *p, V x) {
  vst1q_s32(p, x);
}
V_INLINE V v_broadcast(const T *p) {
  T x;
  memcpy(&x, p, sizeof x); /* a group has the alignment of a byte */
  return vdupq_n_s32(x);
}
V_INLINE V v_sub(V a, V b) {
  return vsubq_s32(a, b);
}

/* The first n lanes; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  return vreinterpretq_s32_u32(load4_lanes((const char *)p, n));
}
V_INLINE void v_store_n(T *p, V x, int n) {
  store4_lanes((char *)p, vreinterpretq_u32_s32(x), n);
}

/* The first n of four bytes. */
V_INLINE uint32_t load_bytes(const char *p, int n) {
  uint32_t x = 0;
  uint16_t pair = 0;
  if (n >= 4) {
    memcpy(&x, p, 4);
    return x;
  }
  if (n & 1)
    x = (uint8_t)p[n - 1];
  if (n & 2) {
    memcpy(&pair, p, 2);
    x = x << 16 | pair;
  }
  return x;
}

#if GROUP == 4
/* Bytes as the instruction takes them. */
V_INLINE V offset_bytes(V x, const int type) {
  return MOVED(type) ? veorq_s32(x, vdupq_n_s32((int32_t)0x80808080u)) : x;
}

/* n groups that follow each other. */
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  return offset_bytes(v_load_n((const T *)(const void *)p, n), type);
}
V_INLINE V v_load_type(const char *p, const int type) {
  return v_load_type_n(p, LANES, type);
}

/* Four bytes of each x, as groups: the transpose of 4 by 4 bytes. */
V_INLINE V zip_bytes(const uint32_t x[GROUP], const int type) {
  static const uint8_t transposed[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  uint64x2_t rows = vcombine_u64(vcreate_u64((uint64_t)x[1] << 32 | x[0]),
                                 vcreate_u64((uint64_t)x[3] << 32 | x[2]));
  uint8x16_t groups = vqtbl1q_u8(vreinterpretq_u8_u64(rows), vld1q_u8(transposed));
  return offset_bytes(vreinterpretq_s32_u8(groups), type);
}

/* The first elements of GROUP rows, as groups. */
V_INLINE V v_group_full(const char *const row[GROUP], const int type) {
  uint32_t x[GROUP];
  for (int e = 0; e < GROUP; e++)
    x[e] = load_bytes(row[e], LANES);
  return zip_bytes(x, type);
}

/* The first n; zero where a row is NULL. */
V_INLINE V v_group(const char *const row[GROUP], int n, const int type) {
  uint32_t x[GROUP];
  for (int e = 0; e < GROUP; e++)
    x[e] = row[e] ? load_bytes(row[e], n) : 0;
  return zip_bytes(x, type);
}

/* No group of bytes is longer; this keeps the template whole. */
V_INLINE V v_part(const char *p, int64_t pack, const int type) {
  (void)pack;
  return v_load_type(p, type);
}
#else
/* The first n of four bytes, widened. */
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  uint8x8_t x = vreinterpret_u8_u32(vdup_n_u32(load_bytes(p, n)));
  if (type == TPP_U8)
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(x))));
  return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(x))));
}
V_INLINE V v_load_type(const char *p, const int type) {
  return v_load_type_n(p, LANES, type);
}
V_INLINE V v_group(const char *const row[GROUP], int n, const int type) {
  return row[0] ? v_load_type_n(row[0], n, type) : v_zero();
}
V_INLINE V v_group_full(const char *const row[GROUP], const int type) {
  return v_load_type(row[0], type);
}
/* The first bytes of groups of pack. */
V_INLINE V v_part(const char *p, int64_t pack, const int type) {
  const char at[LANES] = {p[0], p[pack], p[2 * pack], p[3 * pack]};
  return v_load_type(at, type);
}
#endif

/* H: the vector that transposes in squares of TR. */
#define H  float32x4_t
#define TR 4

V_INLINE H h_zero(void) {
  return vdupq_n_f32(0);
}
V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  return vreinterpretq_f32_s32(v_load_type_n(p, n, type));
}
V_INLINE H h_load_type(const char *p, const int type) {
  return h_load_type_n(p, TR, type);
}
V_INLINE void h_store(T *p, H x) {
  v_store(p, vreinterpretq_s32_f32(x));
}
V_INLINE void h_transpose(H x[TR]) {
  transpose_4x4(x);
}

#endif
