/* Eight sums of 32 bits in an AVX2 register, for the templates of brgemm_tile.h. The file that
 * includes this says with GROUP how many bytes a lane takes: two, widened to 16 bits, or four as
 * they are, and defines v_fma. */
#ifndef TPP_RUNTIME_AVX2_VEC_I32_H
#define TPP_RUNTIME_AVX2_VEC_I32_H

#include "tiles_i32.h"
#include "transpose.h"

#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#define T     int32_t
#define V     __m256i
#define LANES 8
#define ELEM  1

#define V_INLINE static inline __attribute__((always_inline))

/* ORDER: it wants the lane. */
#include "../byte_groups.h"

V_INLINE V v_zero(void) {
  return _mm256_setzero_si256();
}
V_INLINE V v_load(const T *p) {
  return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
V_INLINE void v_store(T *p, V x) {
  _mm256_storeu_si256((__m256i *)(void *)p, x);
}
V_INLINE V v_broadcast(const T *p) {
  T x;
  memcpy(&x, p, sizeof x); /* a group has the alignment of a byte */
  return _mm256_set1_epi32(x);
}

/* The first n lanes; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  static const int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_maskload_epi32(p, v_load(ones + 8 - n));
}
V_INLINE void v_store_n(T *p, V x, int n) {
  T lanes[LANES];
  v_store(lanes, x);
  for (int i = 0; i < n; i++)
    p[i] = lanes[i];
}

/* The first n of 16 bytes; the others are zero and are not touched in memory. */
V_INLINE __m128i load_bytes(const char *p, int n) {
  char bytes[16] = {0};
  if (n >= 16)
    return _mm_loadu_si128((const __m128i *)(const void *)p);
  for (int i = 0; i < n; i++)
    bytes[i] = p[i];
  return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

/* Bytes as the instruction takes them. */
V_INLINE V offset_bytes(V x, const int type) {
  return MOVED(type) ? _mm256_xor_si256(x, _mm256_set1_epi8((char)0x80)) : x;
}
V_INLINE V v_sub(V a, V b) {
  return _mm256_sub_epi32(a, b);
}

V_INLINE V widen_bytes(__m128i x, const int type) {
  return type == TPP_U8 ? _mm256_cvtepu8_epi16(x) : _mm256_cvtepi8_epi16(x);
}

/* n groups that follow each other. */
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  if (GROUP == 4)
    return offset_bytes(n >= LANES ? v_load((const T *)(const void *)p)
                                   : v_load_n((const T *)(const void *)p, n),
                        type);
  return widen_bytes(load_bytes(p, 2 * n), type);
}
V_INLINE V v_load_type(const char *p, const int type) {
  return v_load_type_n(p, LANES, type);
}

/* The first eight bytes of each x, as groups. */
V_INLINE V zip_bytes(const __m128i x[GROUP], const int type) {
  __m128i low = _mm_unpacklo_epi8(x[0], x[1]);
  if (GROUP == 2)
    return widen_bytes(low, type);
  __m128i high = _mm_unpacklo_epi8(x[GROUP - 2], x[GROUP - 1]);
  return offset_bytes(
      _mm256_set_m128i(_mm_unpackhi_epi16(low, high), _mm_unpacklo_epi16(low, high)), type);
}

/* The first elements of GROUP rows, as groups. */
V_INLINE V v_group_full(const char *const row[GROUP], const int type) {
  __m128i x[GROUP];
  for (int e = 0; e < GROUP; e++)
    x[e] = _mm_loadl_epi64((const __m128i *)(const void *)row[e]);
  return zip_bytes(x, type);
}

/* The first n; zero where a row is NULL. */
V_INLINE V v_group(const char *const row[GROUP], int n, const int type) {
  __m128i x[GROUP];
  for (int e = 0; e < GROUP; e++)
    x[e] = row[e] ? load_bytes(row[e], n < LANES ? n : LANES) : _mm_setzero_si128();
  return zip_bytes(x, type);
}

/* The first pairs of groups of four bytes. */
V_INLINE V v_part(const char *p, int64_t pack, const int type) {
  const __m256i first = _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1,
                                         0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1);
  (void)pack;
  /* The last two bytes that a plain load would read need not be there. */
  __m128i low = _mm_loadu_si128((const __m128i *)(const void *)p);
  __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(p + 14));
  high = _mm_srli_si128(high, 2);
  V x = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), first);
  return widen_bytes(_mm256_castsi256_si128(_mm256_permute4x64_epi64(x, 0x08)), type);
}

/* H: the vector that transposes in squares of TR. */
#define H  __m256
#define TR 8

V_INLINE H h_zero(void) {
  return _mm256_setzero_ps();
}
V_INLINE H h_load_type(const char *p, const int type) {
  return _mm256_castsi256_ps(v_load_type(p, type));
}
V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  return _mm256_castsi256_ps(v_load_type_n(p, n, type));
}
V_INLINE void h_store(T *p, H x) {
  v_store(p, _mm256_castps_si256(x));
}
V_INLINE void h_transpose(H x[TR]) {
  transpose_8x8(x);
}

#endif
