/* The order in which products of BF16 are summed, bit for bit: that of VDPBF16PS (the odd element
 * of a pair first), which kernels for AVX2, AVX-512, and AVX512_BF16 share where B is packed in
 * pairs, that of TDPBF16PS (even and odd places apart in sixteen pairs), and that of BFDOT and
 * BFMMLA (a pair, then the sum, both rounded to odd). Operands are such that
 * another order gives other bits; they have no subnormals, which the instructions take for zero. */
#include "guard.h"
#include "runtime/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_M = 33, MOST_N = 37, MOST_K = 130, TILE_PAIRS = 16 };

typedef struct operands {
  int64_t m, n, k;                                 /* k is even */
  uint16_t a[MOST_M * MOST_K], b[MOST_K * MOST_N]; /* B [k / 2][n][2] */
  float c[MOST_M * MOST_N], model[MOST_M * MOST_N];
} operands;

static float value(uint16_t bits) {
  uint32_t u = (uint32_t)bits << 16;
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}

static float product(const operands *o, int64_t i, int64_t j, int64_t p, float sum) {
  return fmaf(value(o->a[i * o->k + p]), value(o->b[(p / 2 * o->n + j) * 2 + p % 2]), sum);
}

static float sum_of_pairs(const operands *o, int64_t i, int64_t j) {
  float sum = 0;
  for (int64_t p = 0; p < o->k; p += 2)
    sum = product(o, i, j, p, product(o, i, j, p + 1, sum));
  return sum;
}

static float sum_of_tiles(const operands *o, int64_t i, int64_t j) {
  float sum = 0;
  for (int64_t first = 0; first < o->k; first += 2 * TILE_PAIRS) {
    float even = 0, odd = 0;
    int64_t end = first + 2 * TILE_PAIRS < o->k ? first + 2 * TILE_PAIRS : o->k;
    for (int64_t p = first; p < end; p += 2)
      even = product(o, i, j, p, even), odd = product(o, i, j, p + 1, odd);
    sum += even + odd;
  }
  return sum;
}

static float to_odd(double x) {
  float f = (float)x;
  uint32_t bits;
  if ((double)f == x)
    return f;
  if (fabs((double)f) > fabs(x))
    f = nextafterf(f, 0);
  memcpy(&bits, &f, sizeof bits);
  bits |= 1;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static double exact_product(const operands *o, int64_t i, int64_t j, int64_t p) {
  return (double)value(o->a[i * o->k + p]) * (double)value(o->b[(p / 2 * o->n + j) * 2 + p % 2]);
}

static float sum_of_dots(const operands *o, int64_t i, int64_t j) {
  float sum = 0;
  for (int64_t p = 0; p < o->k; p += 2) {
    float pair = to_odd(exact_product(o, i, j, p) + exact_product(o, i, j, p + 1));
    sum = to_odd((double)sum + (double)pair);
  }
  return sum;
}

static void fill(operands *o, rng *r) {
  for (int64_t e = 0; e < o->m * o->k; e++)
    o->a[e] = (uint16_t)(0x3e80 + rng_int(r, 0, 0x1ff) + (rng_int(r, 0, 1) << 15));
  for (int64_t e = 0; e < o->k * o->n; e++)
    o->b[e] = (uint16_t)(0x3e80 + rng_int(r, 0, 0x1ff) + (rng_int(r, 0, 1) << 15));
}

static int test_row(const tpp_brgemm_row *row, float (*sum)(const operands *, int64_t, int64_t)) {
  static operands o;
  for (int number = 0; number < 40; number++) {
    rng r = {(uint64_t)number + 1};
    o.m = rng_int(&r, 1, MOST_M), o.n = rng_int(&r, 1, MOST_N), o.k = 2 * rng_int(&r, 1, 65);
    fill(&o, &r);
    tpp_brgemm kernel = {.desc = {.size = sizeof kernel.desc,
                                  .a_type = TPP_BF16,
                                  .b_type = TPP_BF16,
                                  .c_type = TPP_F32,
                                  .a_pack = 1,
                                  .b_pack = 2,
                                  .m = o.m,
                                  .n = o.n,
                                  .k = o.k,
                                  .br = 1,
                                  .a_rs = o.k,
                                  .a_cs = 1,
                                  .b_rs = 2 * o.n,
                                  .b_cs = 2,
                                  .c_rs = o.n,
                                  .c_cs = 1}};
    char buffer[TPP_REASON_SIZE];
    const char *reason = tpp_brgemm_row_select(row, &kernel, buffer);
    if (reason)
      return printf("%s refuses: %s\n", row->name, reason), 0;
    kernel.fn(&kernel, o.a, o.b, o.c, o.m, o.n, o.k, 1, 0);
    for (int64_t i = 0; i < o.m; i++)
      for (int64_t j = 0; j < o.n; j++)
        o.model[i * o.n + j] = sum(&o, i, j);
    for (int64_t e = 0; e < o.m * o.n; e++)
      if (o.c[e] != o.model[e])
        return printf("%s: C[%lld] = %a, not %a; m n k %lld %lld %lld\n", row->name, (long long)e,
                      (double)o.c[e], (double)o.model[e], (long long)o.m, (long long)o.n,
                      (long long)o.k),
               0;
  }
  printf("%-32s sums in order\n", row->name);
  return 1;
}

int main(void) {
  int ok = 1, tested = 0;
  for (int i = 1; i < tpp_n_brgemm_rows; i++) {
    const tpp_brgemm_row *row = &tpp_brgemm_rows[i];
    int is_packed = (row->b_forms & TPP_FORM_VNNI2) != 0;
    if (!(tpp_cpu_isas() & row->isa) || row->a_type != TPP_BF16 || row->b_type != TPP_BF16 ||
        !is_packed)
      continue;
    ok &= test_row(row, row->isa == TPP_ISA_AMX         ? sum_of_tiles
                        : row->isa == TPP_ISA_NEON_BF16 ? sum_of_dots
                                                        : sum_of_pairs);
    tested++;
  }
  return ok && tested ? EXIT_SUCCESS : EXIT_FAILURE;
}
