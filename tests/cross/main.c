/* Calls every kernel of programs.tpp at several sizes and compares with plain loops. Operands are
 * small integers, so that sums are exact in any order; softmax alone has a bound. */
#include "programs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tpp/opsdef.h>

enum { LONGEST = 70, MOST = LONGEST * LONGEST };

typedef struct sizes {
  int64_t M, K, N;
} sizes;

static int failures;

static void check(const char *kernel, sizes s, int is_right) {
  if (is_right)
    return;
  printf("%s is wrong, M K N %lld %lld %lld\n", kernel, (long long)s.M, (long long)s.K,
         (long long)s.N);
  failures++;
}

/* In [-4, 4], or from 0 on. */
static int number(int64_t i, int is_unsigned) {
  int x = (int)((uint64_t)(i + 1) * 0x9e3779b97f4a7c15u >> 33) % 9;
  return is_unsigned ? x : x - 4;
}

static uint16_t half(int x) {
  static const uint16_t magnitude[5] = {0, 0x3c00, 0x4000, 0x4200, 0x4400};
  return (uint16_t)(magnitude[abs(x)] | (x < 0 ? 0x8000 : 0));
}

/* The operands of one call in every type, and the product with A(i, p) = number(i K + p) and
 * B(p, j) = number(p N + j + 7). */
static struct {
  double x64[MOST], w64[MOST], y64[MOST];
  float x32[MOST], w32[MOST], y32[MOST], scale[LONGEST];
  uint16_t x16[MOST], w16[MOST], y16[MOST];
  uint8_t u8[MOST], bits[MOST];
  int8_t i8[MOST], w8[MOST];
  int32_t i32[MOST];
  int64_t product[MOST], of_unsigned[MOST];
} o;

static void fill(sizes s) {
  memset(&o, 0, sizeof o);
  for (int64_t i = 0; i < s.M * s.K; i++) {
    int x = number(i, 0);
    o.x64[i] = x, o.x32[i] = (float)x, o.i8[i] = (int8_t)x, o.x16[i] = tppd_f32_to_bf16((float)x);
    o.u8[i] = (uint8_t)number(i, 1);
  }
  for (int64_t i = 0; i < s.K * s.N; i++) {
    int w = number(i + 7, 0);
    o.w64[i] = w, o.w32[i] = (float)w, o.w8[i] = (int8_t)w, o.w16[i] = tppd_f32_to_bf16((float)w);
  }
  for (int64_t j = 0; j < s.N; j++)
    o.scale[j] = (float)(j % 5) - 2;
  for (int64_t i = 0; i < s.M; i++)
    for (int64_t j = 0; j < s.N; j++)
      for (int64_t p = 0; p < s.K; p++) {
        o.product[i * s.N + j] += o.i8[i * s.K + p] * o.w8[p * s.N + j];
        o.of_unsigned[i * s.N + j] += o.u8[i * s.K + p] * o.w8[p * s.N + j];
      }
}

/* Whether y[i] is the expression for every element of an output. */
#define ALL(s, y, expression)                                                                      \
  int is_right = 1;                                                                                \
  for (int64_t i = 0; i < (s).M * (s).N; i++)                                                      \
  is_right &= (y)[i] == (expression)

static void test_floats(sizes s) {
  {
    int status = fc(s.M, s.K, s.N, o.x32, o.w32, o.scale, o.y32);
    ALL(s, o.y32, (float)fmax((double)o.product[i] + (double)o.scale[i % s.N], 0));
    check("fc", s, status == TPP_OK && is_right);
  }
  {
    int status = doubles(s.M, s.K, s.N, o.x64, o.w64, o.y64);
    ALL(s, o.y64, (double)o.product[i]);
    check("doubles", s, status == TPP_OK && is_right);
  }
  {
    uint16_t *packed = calloc(narrow_W_elems(s.M, s.K, s.N) + 1, sizeof *packed);
    narrow_pack_W(s.M, s.K, s.N, o.w16, packed);
    int status = narrow(s.M, s.K, s.N, o.x16, packed, o.y16);
    ALL(s, o.y16, tppd_f32_to_bf16((float)o.product[i]));
    check("narrow", s, status == TPP_OK && is_right);
    free(packed);
  }
  for (int64_t i = 0; i < s.M * s.K; i++)
    o.x16[i] = half(o.i8[i]);
  for (int64_t p = 0; p < s.K; p++)
    for (int64_t j = 0; j < s.N; j++)
      o.w16[j * s.K + p] = half(o.w8[p * s.N + j]);
  int status = halves(s.M, s.K, s.N, o.x16, o.w16, o.y32);
  ALL(s, o.y32, (float)o.product[i]);
  check("halves", s, status == TPP_OK && is_right);
}

static void test_bytes(sizes s) {
  {
    int status = bytes(s.M, s.K, s.N, o.u8, o.w8, o.scale, o.y32);
    ALL(s, o.y32, (float)o.of_unsigned[i] * o.scale[i % s.N]);
    check("bytes", s, status == TPP_OK && is_right);
  }
  int status = signed_bytes(s.M, s.K, s.N, o.i8, o.w8, o.i32);
  ALL(s, o.i32, (int32_t)o.product[i]);
  check("signed_bytes", s, status == TPP_OK && is_right);
}

/* Weights of one sign each, and powers of two as scales. */
static void test_ternary(sizes s) {
  float *plain = calloc(MOST, sizeof *plain);
  tpp_ternary w;
  for (int64_t p = 0; p < s.K; p++)
    for (int64_t j = 0; j < s.N; j++)
      plain[p * s.N + j] = (float)(number(p * s.N + j, 0) % 2) * (j % 2 ? 0.5f : 2.0f);
  const tpp_ternary_shape shape = {
      .size = sizeof shape, .scales = TPP_F32, .planes = 1, .rows = s.K, .cols = s.N, .group = 16};
  int status = tpp_ternary_quantize(&w, &shape, plain, s.N);
  status = status == TPP_OK ? weights(s.M, s.K, s.N, o.i8, &w, o.y32) : status;
  int is_right = status == TPP_OK;
  for (int64_t i = 0; is_right && i < s.M; i++)
    for (int64_t j = 0; j < s.N; j++) {
      float sum = 0;
      for (int64_t p = 0; p < s.K; p++)
        sum += (float)o.i8[i * s.K + p] * plain[p * s.N + j];
      is_right &= o.y32[i * s.N + j] == sum;
    }
  check("weights", s, is_right);
  tpp_ternary_free(&w);
  free(plain);
}

static void test_sparse(sizes s) {
  tpp_sparse_shape shape = {.size = sizeof shape, .dtype = TPP_F32, .storage = TPP_STORE_CSR};
  tpp_csr w;
  shape.rows = s.K, shape.cols = s.N;
  int status = tpp_sparse_from_dense(&w, &shape, o.w32, s.N);
  status = status == TPP_OK ? stored(s.M, s.K, s.N, o.x32, &w, o.y32) : status;
  ALL(s, o.y32, (float)o.product[i]);
  check("stored", s, status == TPP_OK && is_right);
  tpp_sparse_free(&w);
}

static void test_rows(sizes s) {
  int is_right = softmax(s.M, s.N, o.w32, o.y32) == TPP_OK;
  for (int64_t i = 0; i < s.M; i++) {
    double most = -INFINITY, sum = 0;
    for (int64_t j = 0; j < s.N; j++)
      most = fmax(most, (double)o.w32[i * s.N + j]);
    for (int64_t j = 0; j < s.N; j++)
      sum += exp((double)o.w32[i * s.N + j] - most);
    for (int64_t j = 0; j < s.N; j++) {
      double y = exp((double)o.w32[i * s.N + j] - most) / sum;
      is_right &= fabs((double)o.y32[i * s.N + j] - y) <= 2e-6 * y;
    }
  }
  check("softmax", s, is_right);
}

static void test_dropout(sizes s) {
  const int64_t seed = 12345, bytes_a_row = (s.N + 7) / 8;
  int is_right = dropout(s.M, s.N, o.x16, 0.5f, seed, o.y16, o.bits) == TPP_OK;
  for (int64_t i = 0; i < s.M; i++)
    for (int64_t j = 0; j < s.N; j++) {
      int kept = tppd_uniform(seed, i * s.N + j) >= 0.5;
      float x = tppd_bf16_to_f32(o.x16[i * s.N + j]);
      is_right &= (o.bits[i * bytes_a_row + j / 8] >> j % 8 & 1) == kept;
      is_right &= tppd_bf16_to_f32(o.y16[i * s.N + j]) == (kept ? x * 2 : 0);
    }
  check("dropout", s, is_right);
}

/* All inputs; a NaN need only stay one. */
static void test_approximate(void) {
  static uint16_t x[65536], y[65536];
  for (int i = 0; i < 65536; i++)
    x[i] = (uint16_t)i;
  int is_right = approximate(65536, x, y) == TPP_OK;
  for (int i = 0; i < 65536; i++) {
    int is_nan = (i & 0x7fff) > 0x7f80;
    is_right &= is_nan ? (y[i] & 0x7fff) > 0x7f80 : y[i] == tppd_ktanh_bits((uint16_t)i, 0);
  }
  check("approximate", (sizes){1, 1, 65536}, is_right);
}

int main(void) {
  static const sizes all[] = {{1, 1, 1},   {0, 5, 3},    {5, 0, 3},    {8, 32, 32},
                              {7, 13, 17}, {33, 64, 48}, {67, 61, 70}, {1, 67, 64}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    fill(all[i]);
    test_bytes(all[i]);
    test_ternary(all[i]);
    test_sparse(all[i]);
    if (all[i].M <= all[i].K) {
      test_rows((sizes){all[i].M, 0, all[i].N});
    }
    if (all[i].N <= all[i].K)
      test_dropout((sizes){all[i].M, 0, all[i].N});
    test_floats(all[i]);
  }
  test_approximate();
  printf("isas %x, %d failures\n", tpp_cpu_isas(), failures);
  return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
