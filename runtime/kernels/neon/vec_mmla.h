/* A template: groups of eight bytes, as the matrix instructions of NEON take them: T is a
 * group, V the groups of eight columns. The file that includes this defines GROUP, the elements of
 * a group, and ELEM, their bytes: eight bytes, or four BF16. */
#ifndef TPP_RUNTIME_NEON_VEC_MMLA_H
#define TPP_RUNTIME_NEON_VEC_MMLA_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#define T     int64_t
#define V     int64x2x4_t
#define LANES 8

#define V_INLINE static inline __attribute__((always_inline))

/* 64 steps, 512 bytes of the sum, by 64 columns of B. */
#define PANEL_BYTES  512
#define NV_MAX       8
#define MR_MAX       1
#define TILE_LIST(X) X(B_SAME, 1, 1)

V_INLINE int mr_limit(int nv) {
  (void)nv;
  return 1;
}

V_INLINE int64x2_t load_pair(const void *p) {
  return vreinterpretq_s64_u8(vld1q_u8(p));
}

V_INLINE V v_zero(void) {
  const int64x2_t zero = vdupq_n_s64(0);
  return (V){{zero, zero, zero, zero}};
}
V_INLINE V v_load(const T *p) {
  return (V){{load_pair(p), load_pair(p + 2), load_pair(p + 4), load_pair(p + 6)}};
}
V_INLINE void v_store(T *p, V x) {
  for (int i = 0; i < 4; i++)
    vst1q_s64(p + 2 * i, x.val[i]);
}

/* Of the template's own tiles, which are not used here. */
V_INLINE V v_broadcast(const T *p) {
  (void)p;
  return v_zero();
}
V_INLINE V v_fma(V a, V b, V c) {
  (void)a, (void)b;
  return c;
}

/* The first n groups; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  T x[LANES] = {0};
  for (int i = 0; i < n; i++)
    memcpy(&x[i], p + i, sizeof *x);
  return v_load(x);
}
V_INLINE void v_store_n(T *p, V x, int n) {
  T room[LANES];
  v_store(room, x);
  for (int i = 0; i < n; i++)
    memcpy(p + i, &room[i], sizeof *room);
}
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  (void)type;
  return v_load_n((const T *)(const void *)p, n);
}
V_INLINE V v_load_type(const char *p, const int type) {
  (void)type;
  return v_load((const T *)(const void *)p);
}

V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 1;
}

/* One group of elements from anywhere, zero where NULL. */
V_INLINE T one_group(const char *const at[GROUP], const int type) {
  char bytes[GROUP * ELEM] = {0};
  T x;
  (void)type;
  for (int e = 0; e < GROUP; e++)
    if (at[e])
      memcpy(bytes + e * ELEM, at[e], ELEM);
  memcpy(&x, bytes, sizeof x);
  return x;
}

#if ELEM == 1
/* Eight elements of eight rows become eight groups: the transpose of 8 by 8 bytes. */
V_INLINE V zip_rows(const uint8x16_t x[GROUP]) {
  uint8x16_t t[4], u[4];
  for (int i = 0; i < 4; i++)
    t[i] = vzip1q_u8(x[i], x[i + 4]);
  for (int i = 0; i < 2; i++)
    u[i] = vzip1q_u8(t[i], t[i + 2]), u[i + 2] = vzip2q_u8(t[i], t[i + 2]);
  return (V){
      {vreinterpretq_s64_u8(vzip1q_u8(u[0], u[1])), vreinterpretq_s64_u8(vzip2q_u8(u[0], u[1])),
       vreinterpretq_s64_u8(vzip1q_u8(u[2], u[3])), vreinterpretq_s64_u8(vzip2q_u8(u[2], u[3]))}};
}
V_INLINE uint8x16_t load_row(const char *p) {
  uint8x8_t x = vld1_u8((const uint8_t *)p);
  return vcombine_u8(x, x);
}
#else
/* The same of four rows of BF16. */
V_INLINE V zip_rows(const uint8x16_t x[GROUP]) {
  uint16x8_t y[GROUP], t[4];
  for (int i = 0; i < GROUP; i++)
    y[i] = vreinterpretq_u16_u8(x[i]);
  for (int i = 0; i < 2; i++)
    t[i] = vzip1q_u16(y[i], y[i + 2]), t[i + 2] = vzip2q_u16(y[i], y[i + 2]);
  return (V){{vreinterpretq_s64_u16(vzip1q_u16(t[0], t[1])),
              vreinterpretq_s64_u16(vzip2q_u16(t[0], t[1])),
              vreinterpretq_s64_u16(vzip1q_u16(t[2], t[3])),
              vreinterpretq_s64_u16(vzip2q_u16(t[2], t[3]))}};
}
V_INLINE uint8x16_t load_row(const char *p) {
  return vld1q_u8((const uint8_t *)p);
}
#endif

V_INLINE V v_group_full(const char *const row[GROUP], const int type) {
  uint8x16_t x[GROUP];
  (void)type;
  for (int e = 0; e < GROUP; e++)
    x[e] = load_row(row[e]);
  return zip_rows(x);
}
/* The first n; zero where a row is NULL. */
V_INLINE V v_group(const char *const row[GROUP], int n, const int type) {
  uint8x16_t x[GROUP];
  (void)type;
  for (int e = 0; e < GROUP; e++) {
    char bytes[LANES * ELEM] = {0};
    for (int i = 0; i < n && row[e]; i++)
      memcpy(bytes + i * ELEM, row[e] + i * ELEM, ELEM);
    x[e] = load_row(bytes);
  }
  return zip_rows(x);
}

/* Groups of two halves: those of a B that is packed by half a group. */
#define V_JOIN
V_INLINE V v_join(const char *low, const char *high) {
  V x;
  for (int i = 0; i < 2; i++) {
    uint32x4_t l = vreinterpretq_u32_u8(vld1q_u8((const uint8_t *)low + 16 * i));
    uint32x4_t h = vreinterpretq_u32_u8(vld1q_u8((const uint8_t *)high + 16 * i));
    x.val[2 * i] = vreinterpretq_s64_u32(vzip1q_u32(l, h));
    x.val[2 * i + 1] = vreinterpretq_s64_u32(vzip2q_u32(l, h));
  }
  return x;
}

/* No packed operand has longer groups; this keeps the template whole. */
V_INLINE V v_part(const char *p, int64_t pack, const int type) {
  (void)pack;
  return v_load_type(p, type);
}

/* H: the vector that transposes in squares of TR. */
#define H  int64x2_t
#define TR 2

V_INLINE H h_zero(void) {
  return vdupq_n_s64(0);
}
V_INLINE H h_load_type(const char *p, const int type) {
  (void)type;
  return load_pair(p);
}
V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  T x;
  if (n >= TR)
    return h_load_type(p, type);
  memcpy(&x, p, sizeof x);
  return vsetq_lane_s64(x, h_zero(), 0);
}
V_INLINE void h_store(T *p, H x) {
  vst1q_s64(p, x);
}
V_INLINE void h_transpose(H x[TR]) {
  H even = vzip1q_s64(x[0], x[1]);
  x[1] = vzip2q_s64(x[0], x[1]);
  x[0] = even;
}

#endif
