/* Every BRGEMM row of kernels.def against three plain loops.
 *
 * Operands end at, or begin after, a page that faults. Gaps between rows hold NaN in A and B, so
 * that a value taken from them shows, and in C a pattern that has to stay. Small integers must come
 * out bit for bit, random numbers within K * 2^-24 (2^-53) of the sum of absolute products,
 * infinities and NaN must come out where they belong and nowhere else, and subnormals count, but in
 * the instructions that take them for zero. A row that no case reached fails. */
#include "guard.h"
#include "rows.h"
#include "runtime/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_CASES = 220, SELECTIONS = 4 };

/* ---- operands ---- */

static int64_t at_a(const tpp_brgemm_desc *d, int64_t b, int64_t i, int64_t p) {
  return b * d->br_a + p / d->a_pack * d->a_cs + i * d->a_rs + p % d->a_pack;
}

static int64_t at_b(const tpp_brgemm_desc *d, int64_t b, int64_t p, int64_t j) {
  return b * d->br_b + p / d->b_pack * d->b_rs + j * d->b_cs + p % d->b_pack;
}

static int64_t at_c(const tpp_brgemm_desc *d, int64_t i, int64_t j) {
  return i * d->c_rs + j * d->c_cs;
}

static int is_float(int dtype) {
  return dtype == TPP_F64 || dtype == TPP_F32 || dtype == TPP_F16 || dtype == TPP_BF16;
}

/* Strides for an x by k operand, where x is the index that VNNI packs next to the sum and *k_stride
 * is that of (groups of) k. */
static void make_strides(rng *r, unsigned form, int x_is_rows, int64_t x, int64_t k, uint8_t *pack,
                         int64_t *x_stride, int64_t *k_stride) {
  int64_t gap = rng_int(r, 0, 2) ? rng_int(r, 0, 9) : 0;
  *pack = 1;
  if (form == TPP_FORM_VNNI2 || form == TPP_FORM_VNNI4) {
    *pack = form == TPP_FORM_VNNI2 ? 2 : 4;
    *x_stride = *pack;
    *k_stride = *pack * (x + gap + (x == 1)); /* packs that follow each other are a plain operand */
  } else if (form == TPP_FORM_PACKED) {
    *pack = rng_int(r, 0, 1) ? 2 : 4;
    *x_stride = *pack + 1 + gap;
    *k_stride = *x_stride * x + gap;
  } else if (form == TPP_FORM_STRIDED && rng_int(r, 0, 1)) {
    *k_stride = 2;
    *x_stride = 2 * k + gap;
  } else if (form == TPP_FORM_STRIDED) {
    *x_stride = 3;
    *k_stride = 3 * x + gap;
  } else if ((form == TPP_FORM_ROW) == x_is_rows) {
    *k_stride = 1;
    *x_stride = k + gap;
  } else {
    *x_stride = 1;
    *k_stride = x + gap + (rng_int(r, 0, 7) == 0 ? 200 : 0);
  }
}

/* What some cases of floats have in their operands besides random numbers. */
enum special { ORDINARY, INFINITE, SUBNORMAL };

typedef struct problem {
  tpp_brgemm_desc d;
  enum special special;
  int may_flush; /* the instruction takes subnormals for zero */
  guarded a, b, c, before;
  int64_t span_a, span_b, span_c;
  int64_t beta;
  int exact;
  double *a_values, *b_values; /* [br][m][k] and [br][n][k], decoded once */
} problem;

static unsigned pick_form(rng *r, unsigned forms) {
  unsigned form;
  do
    form = 1u << rng_int(r, 0, 5);
  while (!(forms & form));
  return form;
}

/* Bytes of all values where exact is not asked for, the ends of their range above all; u8 to 127
 * where products must fit. */
static void fill(rng *r, guarded *g, int dtype, int64_t span, int exact, int fits16) {
  int is_unsigned = dtype == TPP_U8 || dtype == TPP_U16,
      is_byte = dtype == TPP_U8 || dtype == TPP_I8;
  int64_t least = is_unsigned ? 0 : -4, most = 4;
  if (is_byte && !exact)
    least = is_unsigned ? 0 : -128, most = is_unsigned && !fits16 ? 255 : 127;
  for (int64_t e = 0; e < span; e++) {
    double v = (double)rng_int(r, least, most);
    if (is_byte && !exact && rng_int(r, 0, 1))
      v = (double)(rng_int(r, 0, 3) ? most : least);
    if (dtype == TPP_BIT)
      v = (double)rng_int(r, 0, 1);
    element_set(g->data, dtype, e, is_float(dtype) && !exact ? (double)rng_float(r) : v);
  }
}

/* Some infinities and NaN, in few rows and columns, or an A of subnormals only. */
static void make_special(rng *r, problem *q) {
  static const double values[3] = {(double)INFINITY, (double)-INFINITY, (double)NAN};
  const tpp_brgemm_desc *d = &q->d;
  if (d->m <= 0 || d->n <= 0 || d->k <= 0 || d->br <= 0)
    return;
  for (int64_t e = 0; e < q->span_a && q->special == SUBNORMAL && is_float(d->a_type); e++) {
    double least = d->a_type == TPP_F64 ? 0x1p-1072 : d->a_type == TPP_F16 ? 0x1p-24 : 0x1p-133;
    element_set(q->a.data, d->a_type, e, (double)rng_int(r, -60, 60) * least);
  }
  for (int i = 0; i < 3 && q->special == INFINITE; i++) {
    int64_t b = rng_int(r, 0, d->br - 1), p = rng_int(r, 0, d->k - 1);
    int64_t row = rng_int(r, 0, d->m - 1), column = rng_int(r, 0, d->n - 1);
    if (is_float(d->a_type))
      element_set(q->a.data, d->a_type, at_a(d, b, row, p), values[i]);
    if (is_float(d->b_type))
      element_set(q->b.data, d->b_type, at_b(d, b, d->k - 1 - p, column), values[2 - i]);
  }
}

/* Overwrites every element of A and B that is in no product with NaN. */
static void poison_gaps(problem *q) {
  const tpp_brgemm_desc *d = &q->d;
  unsigned char *used_a = calloc((size_t)q->span_a + 1, 1),
                *used_b = calloc((size_t)q->span_b + 1, 1);
  for (int64_t b = 0; b < d->br; b++)
    for (int64_t p = 0; p < d->k; p++) {
      for (int64_t i = 0; i < d->m; i++)
        used_a[at_a(d, b, i, p)] = 1;
      for (int64_t j = 0; j < d->n; j++)
        used_b[at_b(d, b, p, j)] = 1;
    }
  for (int64_t e = 0; is_float(d->a_type) && e < q->span_a; e++)
    if (!used_a[e])
      element_set(q->a.data, d->a_type, e, (double)NAN);
  for (int64_t e = 0; is_float(d->b_type) && e < q->span_b; e++)
    if (!used_b[e])
      element_set(q->b.data, d->b_type, e, (double)NAN);
  free(used_a);
  free(used_b);
}

static void make_c(rng *r, problem *q) {
  const tpp_brgemm_desc *d = &q->d;
  size_t bytes = element_bytes(d->c_type, q->span_c);
  q->c = guarded_alloc(bytes, (int)rng_int(r, 0, 1));
  q->before = guarded_alloc(bytes, 0);
  memset(q->c.data, 0xa5, bytes);
  for (int64_t i = 0; i < d->m; i++)
    for (int64_t j = 0; j < d->n; j++) {
      double v = q->exact ? (double)rng_int(r, -9, 9) : (double)rng_float(r);
      if (!is_float(d->c_type))
        v = (double)rng_int(r, -9, 9);
      else if (q->beta == 0)
        v = (double)NAN;
      element_set(q->c.data, d->c_type, at_c(d, i, j), v);
    }
  memcpy(q->before.data, q->c.data, bytes);
}

/* Sizes up to 67, and some that cross every blocking of a kernel. */
static void pick_shape(rng *r, int number, tpp_brgemm_desc *d) {
  static const int64_t special[][4] = {
      {75, 67, 300, 1}, {5, 9, 520, 2},  {1, 67, 67, 8},   {67, 1, 61, 3},
      {1, 1, 1, 1},     {13, 17, 0, 2},  {13, 17, 5, 0},   {32, 32, 64, 4},
      {32, 16, 256, 1}, {6, 24, 129, 3}, {38, 48, 255, 2}, {12, 8, 257, 1},
      {2, 16, 1, 64},   {0, 5, 5, 1},    {5, 0, 5, 1},     {13, 600, 9, 1},
  };
  const int n_special = (int)(sizeof special / sizeof *special);
  if (number < n_special) {
    d->m = special[number][0], d->n = special[number][1], d->k = special[number][2];
    d->br = special[number][3];
    return;
  }
  d->m = rng_int(r, 1, 67), d->n = rng_int(r, 1, 67), d->k = rng_int(r, 1, 67);
  d->br = rng_int(r, 1, 3);
}

static void make_problem(rng *r, int number, const unsigned forms[3], int flags,
                         const uint8_t types[3], problem *q) {
  tpp_brgemm_desc *d = &q->d;
  memset(q, 0, sizeof *q);
  d->size = sizeof *d;
  d->a_type = types[0], d->b_type = types[1], d->c_type = types[2];
  d->exact_shape = flags & TPP_ROW_EXACT ? 1 : (uint8_t)rng_int(r, 0, 1);
  d->fits16 = (flags & TPP_ROW_FITS16) != 0;
  pick_shape(r, number, d);
  q->exact = number % 2 == 0;
  q->beta = rng_int(r, 0, 1);
  if (!q->exact && is_float(d->c_type))
    q->special = number % 8 == 5 ? INFINITE : number % 8 == 7 ? SUBNORMAL : ORDINARY;
  if (q->special == SUBNORMAL)
    q->beta = 0;
  uint8_t unused;
  make_strides(r, pick_form(r, forms[0]), 1, d->m, d->k, &d->a_pack, &d->a_rs, &d->a_cs);
  make_strides(r, pick_form(r, forms[1]), 0, d->n, d->k, &d->b_pack, &d->b_cs, &d->b_rs);
  make_strides(r, pick_form(r, forms[2]), 1, d->m, d->n, &unused, &d->c_rs, &d->c_cs);
  int64_t one_a = 0, one_b = 0;
  for (int64_t p = 0; p < d->k; p++) {
    if (d->m > 0 && at_a(d, 0, d->m - 1, p) >= one_a)
      one_a = at_a(d, 0, d->m - 1, p) + 1;
    if (d->n > 0 && at_b(d, 0, p, d->n - 1) >= one_b)
      one_b = at_b(d, 0, p, d->n - 1) + 1;
  }
  d->br_a = one_a + rng_int(r, 0, 3), d->br_b = one_b + rng_int(r, 0, 3);
  q->span_a = d->br > 0 && one_a > 0 ? (d->br - 1) * d->br_a + one_a : 0;
  q->span_b = d->br > 0 && one_b > 0 ? (d->br - 1) * d->br_b + one_b : 0;
  q->span_c = d->m > 0 && d->n > 0 ? at_c(d, d->m - 1, d->n - 1) + 1 : 0;

  q->a = guarded_alloc(element_bytes(d->a_type, q->span_a), (int)rng_int(r, 0, 1));
  q->b = guarded_alloc(element_bytes(d->b_type, q->span_b), (int)rng_int(r, 0, 1));
  fill(r, &q->a, d->a_type, q->span_a, q->exact, d->fits16);
  fill(r, &q->b, d->b_type, q->span_b, q->exact, d->fits16);
  make_special(r, q);
  poison_gaps(q);
  make_c(r, q);
}

/* Decodes the operands for element_is_right. */
static void decode(problem *q) {
  const tpp_brgemm_desc *d = &q->d;
  int64_t e = 0, f = 0;
  q->a_values = calloc((size_t)(d->br * d->m * d->k) + 1, sizeof(double));
  q->b_values = calloc((size_t)(d->br * d->n * d->k) + 1, sizeof(double));
  for (int64_t b = 0; b < d->br; b++) {
    for (int64_t i = 0; i < d->m; i++)
      for (int64_t p = 0; p < d->k; p++)
        q->a_values[e++] = element_get(q->a.data, d->a_type, at_a(d, b, i, p));
    for (int64_t j = 0; j < d->n; j++)
      for (int64_t p = 0; p < d->k; p++)
        q->b_values[f++] = element_get(q->b.data, d->b_type, at_b(d, b, p, j));
  }
}

static void free_problem(problem *q) {
  free(q->a_values);
  free(q->b_values);
  guarded_free(&q->a);
  guarded_free(&q->b);
  guarded_free(&q->c);
  guarded_free(&q->before);
}

/* C^T = B^T * A^T, the same numbers. */
static void swap_operands(problem *q) {
  problem s = *q;
  tpp_brgemm_desc *d = &q->d;
  d->a_type = s.d.b_type, d->b_type = s.d.a_type, d->a_pack = s.d.b_pack, d->b_pack = s.d.a_pack;
  d->m = s.d.n, d->n = s.d.m;
  d->a_rs = s.d.b_cs, d->a_cs = s.d.b_rs, d->b_rs = s.d.a_cs, d->b_cs = s.d.a_rs;
  d->c_rs = s.d.c_cs, d->c_cs = s.d.c_rs, d->br_a = s.d.br_b, d->br_b = s.d.br_a;
  q->a = s.b, q->b = s.a, q->span_a = s.span_b, q->span_b = s.span_a;
}

/* ---- the check ---- */

static const char *describe(const problem *q) {
  static char text[320];
  const tpp_brgemm_desc *d = &q->d;
  snprintf(
      text, sizeof text,
      "types %d %d %d, m n k br %lld %lld %lld %lld, beta %lld, a %lld %lld/%d, b %lld %lld/%d, "
      "c %lld %lld, br_a %lld br_b %lld, exact shape %d",
      d->a_type, d->b_type, d->c_type, (long long)d->m, (long long)d->n, (long long)d->k,
      (long long)d->br, (long long)q->beta, (long long)d->a_rs, (long long)d->a_cs, d->a_pack,
      (long long)d->b_rs, (long long)d->b_cs, d->b_pack, (long long)d->c_rs, (long long)d->c_cs,
      (long long)d->br_a, (long long)d->br_b, d->exact_shape);
  return text;
}

/* One element of C against the plain sum. */
static int element_is_right(const problem *q, int64_t i, int64_t j) {
  const tpp_brgemm_desc *d = &q->d;
  double sum = q->beta ? element_get(q->before.data, d->c_type, at_c(d, i, j)) : 0;
  double size = fabs(sum);
  for (int64_t b = 0; b < d->br; b++) {
    const double *a = q->a_values + (b * d->m + i) * d->k;
    const double *w = q->b_values + (b * d->n + j) * d->k;
    for (int64_t p = 0; p < d->k; p++) {
      sum += a[p] * w[p];
      size += fabs(a[p] * w[p]);
    }
  }
  double got = element_get(q->c.data, d->c_type, at_c(d, i, j));
  if (q->exact || !is_float(d->c_type))
    return got == sum && !signbit(got) == !signbit(sum);
  if (isnan(sum) || isinf(sum))
    return isnan(sum) ? isnan(got) : got == sum;
  if (q->may_flush && q->special == SUBNORMAL && got == 0)
    return 1;
  /* Rounding of a subnormal sum errs by half of the least of its type, whatever the sum is. */
  double unit = d->c_type == TPP_F64 ? 0x1p-52 : 0x1p-24;
  double least = d->c_type == TPP_F64 ? 0x1p-1074 : 0x1p-149;
  return fabs(got - sum) <= (double)(d->k * d->br + 1) * (unit * size + least);
}

/* Whether C is right, and unchanged between its elements. Compares and then resets C's elements. */
static int is_right(problem *q, const char *who) {
  const tpp_brgemm_desc *d = &q->d;
  for (int64_t i = 0; i < d->m; i++)
    for (int64_t j = 0; j < d->n; j++)
      if (!element_is_right(q, i, j)) {
        printf("%s: C(%lld, %lld) = %g is wrong; %s\n", who, (long long)i, (long long)j,
               element_get(q->c.data, d->c_type, at_c(d, i, j)), describe(q));
        return 0;
      }
  size_t size = element_bytes(d->c_type, 1);
  for (int64_t i = 0; i < d->m; i++)
    for (int64_t j = 0; j < d->n; j++) {
      size_t at = (size_t)at_c(d, i, j) * size;
      memcpy(q->c.data + at, q->before.data + at, size);
    }
  if (memcmp(q->c.data, q->before.data, (size_t)q->span_c * size) != 0) {
    printf("%s: wrote between the rows of C; %s\n", who, describe(q));
    return 0;
  }
  return 1;
}

static int run(problem *q, const tpp_brgemm *kernel) {
  decode(q);
  kernel->fn(kernel, q->a.data, q->b.data, q->c.data, q->d.m, q->d.n, q->d.k, q->d.br, q->beta);
  return is_right(q, kernel->name);
}

/* ---- rows ---- */

/* Pairs of types for a row that takes any, with what they sum in. */
static const uint8_t any_types[][3] = {
    {TPP_F32, TPP_F32, TPP_F32},  {TPP_F64, TPP_F64, TPP_F64},  {TPP_BF16, TPP_BF16, TPP_F32},
    {TPP_F16, TPP_F16, TPP_F32},  {TPP_F16, TPP_BF16, TPP_F32}, {TPP_F32, TPP_BF16, TPP_F32},
    {TPP_BF16, TPP_F32, TPP_F32}, {TPP_F64, TPP_BF16, TPP_F64}, {TPP_F32, TPP_I8, TPP_F32},
    {TPP_U8, TPP_I8, TPP_I32},    {TPP_I8, TPP_I8, TPP_I32},    {TPP_I32, TPP_U16, TPP_I32},
    {TPP_I64, TPP_I8, TPP_I64},   {TPP_I4, TPP_U8, TPP_I32},    {TPP_BIT, TPP_I4, TPP_I32},
    {TPP_BIT, TPP_F32, TPP_F32},  {TPP_BF16, TPP_I4, TPP_F32},  {TPP_F32, TPP_F16, TPP_F32},
};
enum { N_ANY_TYPES = sizeof any_types / sizeof *any_types };

/* VDPBF16PS, TDPBF16PS, and BFDOT take subnormals for zero. */
static int may_flush(uint32_t isas) {
  return (isas & (TPP_ISA_AVX512_BF16 | TPP_ISA_AMX | TPP_ISA_NEON_BF16)) != 0;
}

static int test_row(const tpp_brgemm_row *row, uint64_t seed, int cases) {
  int reached = 0;
  for (int number = 0; number < cases; number++) {
    rng r = {seed * 1000 + (uint64_t)number};
    uint8_t types[3] = {row->a_type, row->b_type, row->c_type};
    if (row->a_type == TPP_TYPE_ANY)
      memcpy(types, any_types[number % N_ANY_TYPES], sizeof types);
    unsigned forms[3] = {row->a_forms, row->b_forms, row->c_forms};
    problem q;
    make_problem(&r, number, forms, row->flags, types, &q);
    if ((row->flags & TPP_ROW_SWAPS) && number % 4 == 3)
      swap_operands(&q);
    q.may_flush = may_flush(row->isa);
    tpp_brgemm kernel = {.desc = q.d};
    kernel.desc.provider = row->provider; /* also what it would leave to others for speed */
    char buffer[TPP_REASON_SIZE];
    const char *reason = tpp_brgemm_row_select(row, &kernel, buffer);
    int ok = 1;
    if (!reason)
      ok = run(&q, &kernel);
    else if (!row->bind) /* a provider may refuse what its contract admits */
      ok = 0, printf("%s refuses: %s; %s\n", row->name, reason, describe(&q));
    reached += !reason;
    free_problem(&q);
    if (!ok)
      return 0;
  }
  printf("%-32s %d cases\n", row->name, reached);
  return 2 * reached >= cases;
}

/* ---- selection ---- */

static void count_refusal(void *user, const char *row, const char *reason) {
  int *n = user;
  if (row && *row && reason && *reason)
    ++*n;
  else
    *n = -1000;
}

/* Whatever the layout, there is a kernel, it is right, and each row before it says why not. */
static int test_selection(int cases) {
  for (int number = 0; number < cases; number++) {
    rng r = {77000 + (uint64_t)number};
    unsigned forms[3] = {TPP_FORM_ALL, TPP_FORM_ALL, TPP_FORM_FLAT};
    problem q;
    make_problem(&r, number, forms, 0, any_types[number % N_ANY_TYPES], &q);
    q.d.provider = (uint8_t)rng_int(&r, 0, 2);
    q.may_flush = may_flush(tpp_cpu_isas());
    tpp_brgemm kernel = {.desc = q.d};
    tpp_brgemm_select(&kernel);
    int ok = kernel.fn != NULL && run(&q, &kernel), refused = 0;
    const char *name = kernel.name;
    const char *said = tpp_brgemm_explain(&q.d, 0, count_refusal, &refused);
    free_problem(&q);
    if (!ok || refused < 0 || refused >= tpp_n_brgemm_rows || said != name)
      return printf("selection: %d refusals; %s\n", refused, describe(&q)), 0;
  }
  return 1;
}

/* Names are unique, the first row is the reference, and it admits everything. */
static int test_table(void) {
  for (int i = 0; i < tpp_n_brgemm_rows; i++)
    for (int j = 0; j < i; j++)
      if (strcmp(tpp_brgemm_rows[i].name, tpp_brgemm_rows[j].name) == 0)
        return printf("two rows are named %s\n", tpp_brgemm_rows[i].name), 0;
  const tpp_brgemm_row *ref = &tpp_brgemm_rows[0];
  return ref->isa == TPP_ISA_REF && ref->a_type == TPP_TYPE_ANY && ref->a_forms == TPP_FORM_ALL &&
         ref->b_forms == TPP_FORM_ALL && ref->c_forms == TPP_FORM_FLAT && ref->flags == 0;
}

int main(int argc, char **argv) {
  const int cases = rows_cases(argc, argv, USUAL_CASES);
  int ok = test_table() && test_selection(SELECTIONS * cases);
  rows_begin();
  for (int i = 0; i < tpp_n_brgemm_rows; i++) {
    const tpp_brgemm_row *row = &tpp_brgemm_rows[i];
    if (rows_wanted(argc, argv, row->name, row->isa))
      ok &= rows_result(row->name, test_row(row, (uint64_t)i + 1, cases));
  }
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
