/* Products with a sparse or ternary B against three plain loops over B written out densely, and the
 * checks of such arguments. Sparse ones are stored as they are or transposed, in blocks of the
 * usual sides and others, with lines that are empty or full, and longer than what the kernels keep
 * in the cache. Windows begin and end anywhere; every row of kernels.def must be reached. */
#include "guard.h"
#include "rows.h"
#include "runtime/kernels.h"

#include <tpp/ternary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_CASES = 400, MAX_PLANES = 3 };

typedef struct matrix {
  int storage, dtype, transposed;
  int64_t rows, cols, bk, bn, group;
  double *dense;  /* rows * cols; of ternary, the sum of the planes */
  tpp_csr sparse; /* its arrays are the buffers below */
  tpp_ternary codes;
  guarded ptr, idx, val;
  float most_scale; /* of ternary weights, at most */
} matrix;

static int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/* ---- building B ---- */

static void make_sparse(rng *r, matrix *b, int exact) {
  int by_columns = (b->storage == TPP_STORE_BCSC) != b->transposed;
  int64_t brows = ceil_div(b->rows, b->bk), bcols = ceil_div(b->cols, b->bn);
  int64_t major = by_columns ? bcols : brows, minor = by_columns ? brows : bcols;
  int64_t nnz = 0, density = rng_int(r, 0, 4);
  uint8_t *stored = calloc((size_t)(major * minor) + 1, 1);
  for (int64_t t = 0; t < major; t++) {
    int64_t line = rng_int(r, 0, 5), own = line == 0 ? 0 : line == 1 ? 5 : density;
    for (int64_t s = 0; s < minor; s++)
      nnz += stored[t * minor + s] = rng_int(r, 0, 4) < own;
  }

  b->ptr = guarded_alloc((size_t)(major + 1) * sizeof(int64_t), 0);
  b->idx = guarded_alloc((size_t)nnz * sizeof(int32_t), 0);
  b->val = guarded_alloc(element_bytes(b->dtype, nnz * b->bk * b->bn), 0);
  int64_t *ptr = (int64_t *)(void *)b->ptr.data, e = 0;
  for (int64_t t = 0; t < major; t++) {
    ptr[t] = e;
    for (int64_t s = 0; s < minor; s++) {
      if (!stored[t * minor + s])
        continue;
      ((int32_t *)(void *)b->idx.data)[e] = (int32_t)s;
      int64_t kb = by_columns ? s : t, nb = by_columns ? t : s;
      for (int64_t p = 0; p < b->bk; p++)
        for (int64_t j = 0; j < b->bn; j++) {
          int64_t row = kb * b->bk + p, col = nb * b->bn + j, area = b->bk * b->bn;
          int64_t at = e * area + (b->transposed ? j * b->bk + p : p * b->bn + j);
          int inside = row < b->rows && col < b->cols;
          double v = exact ? (double)rng_int(r, -4, 4) : (double)rng_float(r);
          element_set(b->val.data, b->dtype, at, inside ? v : 0);
          if (inside)
            b->dense[row * b->cols + col] = element_get(b->val.data, b->dtype, at);
        }
      e++;
    }
  }
  ptr[major] = e;
  b->sparse = (tpp_csr){nnz, ptr, (const int32_t *)(void *)b->idx.data, b->val.data};
  free(stored);
}

/* Power-of-two scales when exact, so that every sum is; floats, or bytes with a unit a column. */
static float make_scales(rng *r, matrix *b, int64_t stored, int exact) {
  int64_t n = stored * tppt_scales(b->rows, b->cols, b->group);
  int64_t units = stored * tppt_units(b->cols);
  int is_bytes = (int)rng_int(r, 0, 1);
  b->val = guarded_alloc((size_t)n * (is_bytes ? 1 : sizeof(float)), 0);
  b->idx = guarded_alloc((size_t)(is_bytes ? units : 0) * sizeof(float), 0);
  float *unit = (float *)(void *)b->idx.data, most = 1;
  for (int64_t i = 0; i < units && is_bytes; i++) {
    unit[i] = exact ? (float)ldexp(1, (int)rng_int(r, -4, -2)) : rng_float(r) / 128;
    most = 2; /* 255 / 128 */
  }
  for (int64_t i = 0; i < n; i++)
    if (is_bytes)
      b->val.data[i] = (unsigned char)(exact ? 1 << rng_int(r, 0, 4) : rng_int(r, 0, 255));
    else
      ((float *)(void *)b->val.data)[i] =
          exact ? (float)ldexp(1, (int)rng_int(r, -2, 2)) : rng_float(r);
  b->codes = (tpp_ternary){.scales = b->val.data, .planes = (int32_t)stored};
  b->codes.units = is_bytes ? unit : NULL;
  return most;
}

static void make_ternary(rng *r, matrix *b, int64_t stored, int64_t used, int exact) {
  int64_t bytes = tppt_code_bytes(b->rows, b->cols);
  int64_t groups = ceil_div(b->rows, b->group), n = tppt_scales(b->rows, b->cols, b->group);
  b->most_scale = make_scales(r, b, stored, exact);
  b->ptr = guarded_alloc((size_t)(stored * bytes), 0);
  memset(b->ptr.data, 0x55, (size_t)(stored * bytes));
  b->codes.codes = b->ptr.data;
  for (int64_t s = 0; s < stored; s++)
    for (int64_t p = 0; p < b->rows; p++)
      for (int64_t j = 0; j < b->cols; j++) {
        int64_t w = rng_int(r, -1, 1), at = tppt_scale_at(groups, p / b->group, j);
        unsigned char *byte = b->ptr.data + s * bytes + tppt_code_at(b->rows, p, j);
        *byte =
            (unsigned char)((*byte & ~(3 << tppt_code_shift(p))) | (w + 1) << tppt_code_shift(p));
        if (s < used)
          b->dense[p * b->cols + j] +=
              (double)w * (double)tppt_scale(&b->codes, s, n, at, b->cols, j);
      }
}

static void free_matrix(matrix *b) {
  guarded_free(&b->ptr);
  guarded_free(&b->idx);
  guarded_free(&b->val);
  free(b->dense);
}

/* ---- one product ---- */

static const uint8_t sparse_types[][3] = {
    {TPP_F32, TPP_F32, TPP_F32},  {TPP_F64, TPP_F64, TPP_F64}, {TPP_BF16, TPP_BF16, TPP_F32},
    {TPP_F32, TPP_BF16, TPP_F32}, {TPP_U8, TPP_I8, TPP_I32},   {TPP_I64, TPP_I8, TPP_I64},
    {TPP_BF16, TPP_F32, TPP_F32},
};
static const uint8_t ternary_types[][3] = {
    {TPP_I8, TPP_TERNARY, TPP_F32},
    {TPP_U8, TPP_TERNARY, TPP_F32},
    {TPP_F32, TPP_TERNARY, TPP_F32},
    {TPP_BF16, TPP_TERNARY, TPP_F32},
};

static int is_integer(int dtype) {
  return dtype == TPP_I64 || dtype == TPP_I32 || dtype == TPP_I8 || dtype == TPP_U8;
}

typedef struct product {
  tpp_sgemm_desc d;
  matrix b;
  guarded a, c, before;
  int64_t m, n, k, n0, k0, beta;
  int exact;
  int large; /* beyond the blocking of every kernel, and where bytes of ternary codes begin */
} product;

static void choose_blocks(rng *r, matrix *b) {
  static const int64_t usual[][2] = {{1, 1}, {4, 1}, {6, 1},   {1, 4},  {1, 6},
                                     {4, 4}, {8, 8}, {16, 16}, {32, 32}};
  b->bk = b->bn = 1;
  if (b->storage == TPP_STORE_CSR || b->storage == TPP_STORE_TERNARY)
    return;
  int64_t at = rng_int(r, 0, 12);
  b->bk = at < 9 ? usual[at][0] : rng_int(r, 1, 11);
  b->bn = at < 9 ? usual[at][1] : rng_int(r, 1, 11);
}

static void make_b(rng *r, product *q, const tpp_sgemm_row *row, int number) {
  matrix *b = &q->b;
  int is_ternary = row->storage == TPP_STORE_TERNARY;
  const uint8_t own[3] = {row->a_type, row->b_type, row->c_type};
  const uint8_t *types = is_ternary ? ternary_types[number % 4] : sparse_types[number % 7];
  if (row->a_type != TPP_TYPE_ANY)
    types = own;
  b->storage = row->storage;
  b->dtype = types[1];
  b->transposed = !is_ternary && rng_int(r, 0, 1);
  b->rows = rng_int(r, 1, 67), b->cols = rng_int(r, 1, 67);
  choose_blocks(r, b);
  b->group = rng_int(r, 0, 3) ? rng_int(r, 1, 20) : 64;
  q->large = number % 10 < 2;
  if (q->large) {
    b->rows = rng_int(r, 150, 900), b->cols = rng_int(r, 60, 300);
    b->group = number % 20 < 10 ? 4 * rng_int(r, 1, 40) : b->rows;
  }
  b->dense = calloc((size_t)(b->rows * b->cols), sizeof(double));
  q->exact = number % 2 == 0 || is_integer(types[2]);
  int64_t stored = rng_int(r, 1, MAX_PLANES), used = rng_int(r, 0, stored);
  if (is_ternary)
    make_ternary(r, b, stored, used, q->exact);
  else
    make_sparse(r, b, q->exact);
  q->d = (tpp_sgemm_desc){.size = sizeof q->d, .a_type = types[0], .b_type = types[1]};
  q->d.c_type = types[2], q->d.storage = row->storage, q->d.rows = b->rows, q->d.cols = b->cols;
  q->d.block_k = b->bk, q->d.block_n = b->bn, q->d.group = b->group, q->d.planes = used;
  q->d.transposed = (uint8_t)b->transposed;
}

static void make_a_and_c(rng *r, product *q, unsigned c_forms) {
  static const unsigned form_bits[] = {TPP_FORM_ROW, TPP_FORM_COL, TPP_FORM_STRIDED};
  tpp_sgemm_desc *d = &q->d;
  q->m = rng_int(r, 1, 67);
  q->k0 = rng_int(r, 0, q->b.rows);
  if (q->large) {
    q->m = rng_int(r, 0, 1) ? 1 : rng_int(r, 1, 120);
    q->k0 = rng_int(r, 0, 5) * 4;
  }
  q->k = q->large ? q->b.rows - q->k0 - rng_int(r, 0, 3) : rng_int(r, 0, q->b.rows - q->k0);
  q->n0 = rng_int(r, 0, q->b.cols), q->n = rng_int(r, 0, q->b.cols - q->n0);
  if (q->large)
    q->n0 = rng_int(r, 0, 7), q->n = q->b.cols - q->n0 - rng_int(r, 0, 3);
  q->beta = rng_int(r, 0, 1);
  int a_cols = (int)rng_int(r, 0, 1), c_form = (int)rng_int(r, 0, 2);
  while (!(c_forms & form_bits[c_form]))
    c_form = (c_form + 1) % 3;
  d->a_rs = a_cols ? 1 : q->k + rng_int(r, 0, 5), d->a_cs = a_cols ? q->m + rng_int(r, 0, 5) : 1;
  d->c_cs = c_form == 1 ? q->m + rng_int(r, 0, 5) : c_form == 2 ? 2 : 1;
  d->c_rs = c_form == 1 ? 1 : d->c_cs * q->n + rng_int(r, 0, 5);
  int64_t span_a = q->k > 0 ? (q->m - 1) * d->a_rs + (q->k - 1) * d->a_cs + 1 : 0;
  int64_t span_c = q->n > 0 ? (q->m - 1) * d->c_rs + (q->n - 1) * d->c_cs + 1 : 0;
  q->a = guarded_alloc(element_bytes(d->a_type, span_a), 0);
  q->c = guarded_alloc(element_bytes(d->c_type, span_c), 0);
  q->before = guarded_alloc(element_bytes(d->c_type, span_c), 0);
  for (int64_t e = 0; e < span_a; e++) {
    double v = (double)rng_int(r, d->a_type == TPP_U8 ? 0 : -4, 4);
    if (!q->exact && (d->a_type == TPP_U8 || d->a_type == TPP_I8))
      v = (double)(d->a_type == TPP_U8 ? rng_int(r, 0, 3) ? 255 : 0
                   : rng_int(r, 0, 3)  ? -128
                                       : 127);
    element_set(q->a.data, d->a_type, e,
                q->exact || is_integer(d->a_type) ? v : (double)rng_float(r));
  }
  int poison = q->beta == 0 && !is_integer(d->c_type);
  for (int64_t e = 0; e < span_c; e++)
    element_set(q->c.data, d->c_type, e, poison ? (double)NAN : (double)rng_int(r, -9, 9));
  memcpy(q->before.data, q->c.data, element_bytes(d->c_type, span_c));
}

/* The window of A, m by k. */
static double *decode_a(const product *q) {
  const tpp_sgemm_desc *d = &q->d;
  double *a = calloc((size_t)(q->m * q->k) + 1, sizeof *a);
  for (int64_t i = 0; i < q->m; i++)
    for (int64_t p = 0; p < q->k; p++)
      a[i * q->k + p] = element_get(q->a.data, d->a_type, i * d->a_rs + p * d->a_cs);
  return a;
}

static int is_right(const product *q, const double *a, const char *who) {
  const tpp_sgemm_desc *d = &q->d;
  double unit = d->c_type == TPP_F64 ? 0x1p-52 : 0x1p-24;
  double most = d->a_type == TPP_U8 || d->a_type == TPP_I8 ? 255 : 4;
  for (int64_t i = 0; i < q->m; i++)
    for (int64_t j = 0; j < q->n; j++) {
      int64_t at = i * d->c_rs + j * d->c_cs;
      double sum = q->beta ? element_get(q->before.data, d->c_type, at) : 0, size = fabs(sum);
      const double *w = q->b.dense + q->k0 * d->cols + q->n0 + j;
      for (int64_t p = 0; p < q->k; p++, w += d->cols) {
        double v = a[i * q->k + p] * *w;
        sum += v, size += fabs(v);
      }
      /* Planes may cancel in the dense matrix: their sum of sizes is at most a few times as large.
       */
      double bound = d->storage == TPP_STORE_TERNARY
                         ? (double)(q->k + 8) * unit *
                               (most * (double)q->b.most_scale * (double)(q->k * d->planes) + 9)
                         : (double)(q->k + 1) * unit * size;
      double got = element_get(q->c.data, d->c_type, at);
      if (q->exact ? got == sum : fabs(got - sum) <= bound)
        continue;
      printf(
          "%s: C(%lld, %lld) = %g, not %g; types %d %d %d, m n k %lld %lld %lld, n0 k0 %lld %lld, "
          "beta %lld, rows cols %lld %lld, blocks %lld %lld, group %lld, planes %lld, transposed "
          "%d, strides A %lld %lld C %lld %lld\n",
          who, (long long)i, (long long)j, got, sum, d->a_type, d->b_type, d->c_type,
          (long long)q->m, (long long)q->n, (long long)q->k, (long long)q->n0, (long long)q->k0,
          (long long)q->beta, (long long)d->rows, (long long)d->cols, (long long)d->block_k,
          (long long)d->block_n, (long long)d->group, (long long)d->planes, d->transposed,
          (long long)d->a_rs, (long long)d->a_cs, (long long)d->c_rs, (long long)d->c_cs);
      return 0;
    }
  return 1;
}

static int test_row(const tpp_sgemm_row *row, uint64_t seed, int cases) {
  for (int number = 0; number < cases; number++) {
    rng r = {seed * 100000 + (uint64_t)number};
    product q = {0};
    make_b(&r, &q, row, number);
    make_a_and_c(&r, &q, row->c_forms);
    const void *B =
        row->storage == TPP_STORE_TERNARY ? (const void *)&q.b.codes : (const void *)&q.b.sparse;
    tpp_sgemm kernel = {.desc = q.d, .name = row->name, .fn = row->fn};
    kernel.fn(&kernel, q.a.data, B, q.c.data, q.m, q.n, q.k, q.n0, q.k0, q.beta);
    double *a = decode_a(&q);
    int ok = is_right(&q, a, row->name);
    free(a);
    tpp_sgemm selected = {.desc = q.d};
    tpp_sgemm_select(&selected);
    ok = ok && selected.fn != NULL && selected.name != NULL;
    int status =
        row->storage == TPP_STORE_TERNARY ? tpp_check_ternary(&q.b.codes, q.d.planes)
        : q.b.transposed
            ? tpp_check_sparse(&q.b.sparse, row->storage, q.b.cols, q.b.rows, q.b.bn, q.b.bk)
            : tpp_check_sparse(&q.b.sparse, row->storage, q.b.rows, q.b.cols, q.b.bk, q.b.bn);
    if (status != TPP_OK)
      ok = 0, printf("%s: a sound matrix is refused: %s\n", row->name, tpp_strerror(status));
    free_matrix(&q.b);
    guarded_free(&q.a);
    guarded_free(&q.c);
    guarded_free(&q.before);
    if (!ok)
      return 0;
  }
  printf("%-32s %d cases\n", row->name, cases);
  return 1;
}

/* ---- checks ---- */

static int expect(const char *what, int got, int wanted) {
  if (got != wanted)
    printf("check, %s: %d, not %d\n", what, got, wanted);
  return got == wanted;
}

/* A 4 x 6 matrix in CSR: entries (0,1) (0,4) (2,0) (3,5). */
static int test_check_sparse(void) {
  int64_t ptr[] = {0, 2, 2, 3, 4};
  int32_t idx[] = {1, 4, 0, 5};
  float val[4] = {1, 2, 3, 4};
  tpp_csr s = {4, ptr, idx, val}, t;
  const int csr = TPP_STORE_CSR, bad = TPP_ERR_FORMAT;
  int ok = expect("sound", tpp_check_sparse(&s, csr, 4, 6, 1, 1), TPP_OK);
  ok &= expect("null matrix", tpp_check_sparse(NULL, csr, 4, 6, 1, 1), TPP_ERR_NULL);
  t = s, t.ptr = NULL;
  ok &= expect("null ptr", tpp_check_sparse(&t, csr, 4, 6, 1, 1), TPP_ERR_NULL);
  t = s, t.idx = NULL;
  ok &= expect("null idx", tpp_check_sparse(&t, csr, 4, 6, 1, 1), TPP_ERR_NULL);
  t = s, t.val = NULL;
  ok &= expect("null val", tpp_check_sparse(&t, csr, 4, 6, 1, 1), TPP_ERR_NULL);
  t = s, t.nnz = 3;
  ok &= expect("nnz", tpp_check_sparse(&t, csr, 4, 6, 1, 1), bad);
  ok &= expect("column too large", tpp_check_sparse(&s, csr, 4, 5, 1, 1), bad);
  ok &= expect("blocks of a CSR", tpp_check_sparse(&s, csr, 4, 6, 2, 1), bad);
  ok &= expect("dense storage", tpp_check_sparse(&s, TPP_STORE_DENSE, 4, 6, 1, 1), bad);
  ok &= expect("no block", tpp_check_sparse(&s, TPP_STORE_BCSR, 4, 6, 0, 1), bad);
  ok &= expect("negative size", tpp_check_sparse(&s, csr, -4, 6, 1, 1), bad);
  idx[1] = 1;
  ok &= expect("duplicate", tpp_check_sparse(&s, csr, 4, 6, 1, 1), bad);
  idx[1] = 0;
  ok &= expect("unsorted", tpp_check_sparse(&s, csr, 4, 6, 1, 1), bad);
  idx[1] = 4, idx[2] = -1;
  ok &= expect("negative index", tpp_check_sparse(&s, csr, 4, 6, 1, 1), bad);
  idx[2] = 0, ptr[1] = 5;
  ok &= expect("ptr beyond nnz", tpp_check_sparse(&s, csr, 4, 6, 1, 1), bad);
  ptr[1] = 2, ptr[2] = 1;
  ok &= expect("ptr descends", tpp_check_sparse(&s, csr, 4, 6, 1, 1), bad);
  ptr[2] = 2, ptr[0] = 1;
  ok &= expect("ptr begins late", tpp_check_sparse(&s, csr, 4, 6, 1, 1), bad);
  ptr[0] = 0;
  /* The same arrays as BCSR of 3 x 2 blocks: 10 x 11 has 4 x 6 blocks; as BCSC, 11 x 10 of 2 x 3.
   */
  ok &= expect("BCSR", tpp_check_sparse(&s, TPP_STORE_BCSR, 10, 11, 3, 2), TPP_OK);
  ok &= expect("BCSR, block column", tpp_check_sparse(&s, TPP_STORE_BCSR, 10, 10, 3, 2), bad);
  ok &= expect("BCSC", tpp_check_sparse(&s, TPP_STORE_BCSC, 11, 10, 2, 3), TPP_OK);
  ok &= expect("BCSC, block row", tpp_check_sparse(&s, TPP_STORE_BCSC, 10, 10, 2, 3), bad);
  tpp_csr none = {0, (int64_t[]){0}, NULL, NULL};
  return ok & expect("empty", tpp_check_sparse(&none, csr, 0, 0, 1, 1), TPP_OK);
}

static int test_check_ternary(void) {
  const uint8_t codes[1] = {0};
  const float scales[1] = {1};
  tpp_ternary t = {.codes = codes, .scales = scales, .planes = 2}, u;
  int ok = expect("ternary", tpp_check_ternary(&t, 2), TPP_OK);
  ok &= expect("no plane", tpp_check_ternary(&t, 0), TPP_OK);
  ok &= expect("null ternary", tpp_check_ternary(NULL, 1), TPP_ERR_NULL);
  ok &= expect("planes", tpp_check_ternary(&t, 3), TPP_ERR_FORMAT);
  ok &= expect("negative planes", tpp_check_ternary(&t, -1), TPP_ERR_FORMAT);
  u = t, u.codes = NULL;
  ok &= expect("null codes", tpp_check_ternary(&u, 1), TPP_ERR_NULL);
  u = t, u.scales = NULL;
  return ok & expect("null scales", tpp_check_ternary(&u, 1), TPP_ERR_NULL);
}

int main(int argc, char **argv) {
  const int cases = rows_cases(argc, argv, USUAL_CASES);
  int ok = test_check_sparse() & test_check_ternary();
  rows_begin();
  for (int i = 0; i < tpp_n_sgemm_rows; i++) {
    const tpp_sgemm_row *row = &tpp_sgemm_rows[i];
    if (rows_wanted(argc, argv, row->name, row->isa))
      ok &= rows_result(row->name, test_row(row, (uint64_t)i + 1, cases));
  }
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
