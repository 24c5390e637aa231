/* Sixteen sums of 32 bits in an AVX-512 register, for the templates of brgemm_tile.h. The file that
 * includes this says with GROUP how many bytes a lane takes: two, widened to 16 bits, or four as
 * they are; with A_OFFSET, that A is unsigned to the instruction and signed bytes are moved up by
 * so much. It defines v_fma. */
#ifndef TPP_RUNTIME_AVX512_VEC_I32_H
#define TPP_RUNTIME_AVX512_VEC_I32_H

#include "../avx2/transpose.h"
#include "tiles.h"

#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#define T     int32_t
#define V     __m512i
#define LANES 16
#define ELEM  1

#ifndef TILE_LIST
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#endif
#define V_INLINE static inline __attribute__((always_inline))

/* ORDER: it wants the lane. */
#include "../byte_groups.h"

V_INLINE V v_zero(void) {
  return _mm512_setzero_si512();
}
V_INLINE V v_load(const T *p) {
  return _mm512_loadu_si512(p);
}
V_INLINE void v_store(T *p, V x) {
  _mm512_storeu_si512(p, x);
}
V_INLINE V v_broadcast(const T *p) {
  T x;
  memcpy(&x, p, sizeof x); /* a group has the alignment of a byte */
  return _mm512_set1_epi32(x);
}
V_INLINE V v_sub(V a, V b) {
  return _mm512_sub_epi32(a, b);
}

V_INLINE __mmask16 first_lanes(int n) {
  return (__mmask16)((1u << n) - 1);
}
V_INLINE __mmask32 first_bytes(int n) {
  return n >= 32 ? ~0u : (1u << n) - 1;
}

/* The first n lanes; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  return _mm512_maskz_loadu_epi32(first_lanes(n), p);
}
V_INLINE void v_store_n(T *p, V x, int n) {
  _mm512_mask_storeu_epi32(p, first_lanes(n), x);
}

/* Bytes as the instruction takes them. */
V_INLINE V offset_bytes(V x, const int type) {
  return MOVED(type) ? _mm512_xor_si512(x, _mm512_set1_epi8((char)0x80)) : x;
}
V_INLINE V widen_bytes(__m256i x, const int type) {
  return type == TPP_U8 ? _mm512_cvtepu8_epi16(x) : _mm512_cvtepi8_epi16(x);
}

/* n groups that follow each other. */
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  if (GROUP == 4)
    return offset_bytes(v_load_n((const T *)(const void *)p, n), type);
  return widen_bytes(_mm256_maskz_loadu_epi8(first_bytes(2 * n), p), type);
}
V_INLINE V v_load_type(const char *p, const int type) {
  if (GROUP == 4)
    return offset_bytes(_mm512_loadu_si512(p), type);
  return widen_bytes(_mm256_loadu_si256((const __m256i *)(const void *)p), type);
}

/* Sixteen bytes of each x, as groups. */
V_INLINE V zip_bytes(const __m128i x[GROUP], const int type) {
  __m128i low = _mm_unpacklo_epi8(x[0], x[1]), high = _mm_unpackhi_epi8(x[0], x[1]);
  if (GROUP == 2)
    return widen_bytes(_mm256_set_m128i(high, low), type);
  __m128i low2 = _mm_unpacklo_epi8(x[GROUP - 2], x[GROUP - 1]);
  __m128i high2 = _mm_unpackhi_epi8(x[GROUP - 2], x[GROUP - 1]);
  V y = _mm512_castsi128_si512(_mm_unpacklo_epi16(low, low2));
  y = _mm512_inserti32x4(y, _mm_unpackhi_epi16(low, low2), 1);
  y = _mm512_inserti32x4(y, _mm_unpacklo_epi16(high, high2), 2);
  y = _mm512_inserti32x4(y, _mm_unpackhi_epi16(high, high2), 3);
  return offset_bytes(y, type);
}

/* The first elements of GROUP rows, as groups. */
V_INLINE V v_group_full(const char *const row[GROUP], const int type) {
  __m128i x[GROUP];
  for (int e = 0; e < GROUP; e++)
    x[e] = _mm_loadu_si128((const __m128i *)(const void *)row[e]);
  return zip_bytes(x, type);
}

/* The first n; zero where a row is NULL. */
V_INLINE V v_group(const char *const row[GROUP], int n, const int type) {
  __m128i x[GROUP];
  for (int e = 0; e < GROUP; e++)
    x[e] = row[e] ? _mm_maskz_loadu_epi8(first_lanes(n), row[e]) : _mm_setzero_si128();
  return zip_bytes(x, type);
}

/* The first pairs of groups of four bytes. */
V_INLINE V v_part(const char *p, int64_t pack, const int type) {
  (void)pack;
  /* Not the last two bytes of the 64, which need not be there. */
  V quads = _mm512_maskz_loadu_epi16(0x7fffffffu, p);
  return widen_bytes(_mm512_cvtepi32_epi16(quads), type);
}

/* H: the vector that transposes in squares of TR. */
#define H  __m256
#define TR 8

V_INLINE H h_zero(void) {
  return _mm256_setzero_ps();
}
V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  return _mm256_castsi256_ps(_mm512_castsi512_si256(v_load_type_n(p, n, type)));
}
V_INLINE H h_load_type(const char *p, const int type) {
  return h_load_type_n(p, TR, type);
}
V_INLINE void h_store(T *p, H x) {
  _mm256_storeu_ps((float *)(void *)p, x);
}
V_INLINE void h_transpose(H x[TR]) {
  transpose_8x8(x);
}

#endif
