/* Sparse and ternary structures from dense matrices and files, and back. Expected arrays are
 * written out by hand. */
#include <tpp/ternary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void check(int ok, const char *what) {
  if (!ok) {
    printf("FAIL %s\n", what);
    failures++;
  }
}

static tpp_sparse_shape shape_of(int dtype, int storage, int64_t rows, int64_t cols, int64_t r,
                                 int64_t c) {
  return (tpp_sparse_shape){.size = sizeof(tpp_sparse_shape),
                            .dtype = (uint8_t)dtype,
                            .storage = (uint8_t)storage,
                            .rows = rows,
                            .cols = cols,
                            .block_r = r,
                            .block_c = c};
}

static void test_csr(void) {
  /* rows are 4 elements apart; what lies behind the third is not looked at */
  static const float dense[] = {0, 2, -0.0f, 9, 3, 0, 4, 9, 0, 0, 0, 9};
  tpp_sparse_shape s = shape_of(TPP_F32, TPP_STORE_CSR, 3, 3, 0, 0);
  tpp_csr a;
  float back[12];
  check(tpp_sparse_from_dense(&a, &s, dense, 4) == TPP_OK && a.nnz == 3, "csr");
  check(!memcmp(a.ptr, (int64_t[]){0, 1, 3, 3}, 32), "csr ptr");
  check(!memcmp(a.idx, (int32_t[]){1, 0, 2}, 12), "csr idx");
  check(!memcmp(a.val, (float[]){2, 3, 4}, 12), "csr val");
  memset(back, 0x7f, sizeof back);
  check(tpp_sparse_to_dense(&a, &s, back, 3) == TPP_OK, "csr back");
  check(!memcmp(back, (float[]){0, 2, 0, 3, 0, 4, 0, 0, 0}, 36), "csr dense");
  ((int32_t *)(uintptr_t)a.idx)[0] = 3;
  check(tpp_sparse_to_dense(&a, &s, back, 3) == TPP_ERR_FORMAT, "csr malformed");
  tpp_sparse_free(&a);
  check(!a.ptr && !a.val && a.nnz == 0, "csr freed");
  tpp_sparse_free(&a);
  tpp_sparse_free(NULL);
}

/* 3 x 5 in blocks of 2 x 3: edges in both directions. */
static void test_blocks(void) {
  static const uint16_t dense[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 8, 9};
  uint16_t back[15];
  tpp_sparse_shape s = shape_of(TPP_BF16, TPP_STORE_BCSR, 3, 5, 2, 3);
  tpp_bcsr a;
  check(tpp_sparse_from_dense(&a, &s, dense, 5) == TPP_OK && a.nnz == 3, "bcsr");
  check(!memcmp(a.ptr, (int64_t[]){0, 2, 3}, 24) && !memcmp(a.idx, (int32_t[]){0, 1, 1}, 12),
        "bcsr pattern");
  check(!memcmp(a.val, (uint16_t[]){1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 8, 9, 0, 0, 0, 0}, 36),
        "bcsr val");
  check(tpp_sparse_to_dense(&a, &s, back, 5) == TPP_OK && !memcmp(back, dense, sizeof back),
        "bcsr back");
  tpp_sparse_free(&a);
  s.storage = TPP_STORE_BCSC;
  check(tpp_sparse_from_dense(&a, &s, dense, 5) == TPP_OK && a.nnz == 3, "bcsc");
  check(!memcmp(a.ptr, (int64_t[]){0, 1, 3}, 24) && !memcmp(a.idx, (int32_t[]){0, 0, 1}, 12),
        "bcsc pattern");
  check(tpp_sparse_to_dense(&a, &s, back, 5) == TPP_OK && !memcmp(back, dense, sizeof back),
        "bcsc back");
  tpp_sparse_free(&a);
}

static void test_errors(void) {
  tpp_csr a;
  float x = 1;
  tpp_sparse_shape s = shape_of(TPP_F32, TPP_STORE_CSR, 1, 1, 0, 0);
  check(tpp_sparse_from_dense(NULL, &s, &x, 1) == TPP_ERR_NULL, "no result");
  check(tpp_sparse_from_dense(&a, NULL, &x, 1) == TPP_ERR_NULL, "no shape");
  check(tpp_sparse_from_dense(&a, &s, NULL, 1) == TPP_ERR_NULL, "no matrix");
  check(tpp_sparse_from_dense(&a, &s, &x, 0) == TPP_ERR_SIZE, "ld");
  s.dtype = TPP_BIT;
  check(tpp_sparse_from_dense(&a, &s, &x, 1) == TPP_ERR_FORMAT, "bit");
  s = shape_of(TPP_F32, TPP_STORE_BCSR, 1, 1, 0, 4);
  check(tpp_sparse_from_dense(&a, &s, &x, 1) == TPP_ERR_FORMAT, "block");
  s = shape_of(TPP_F32, TPP_STORE_DENSE, 1, 1, 1, 1);
  check(tpp_sparse_from_dense(&a, &s, &x, 1) == TPP_ERR_FORMAT, "dense");
  s = shape_of(TPP_F32, TPP_STORE_CSR, 0, 5, 0, 0);
  check(tpp_sparse_from_dense(&a, &s, NULL, 5) == TPP_OK && a.nnz == 0 && a.ptr[0] == 0, "empty");
  tpp_sparse_free(&a);
}

static int read_text(const char *text, tpp_csr *a, tpp_sparse_shape *s) {
  const char *path = "convert_test.mtx";
  FILE *f = fopen(path, "w");
  if (!f)
    abort();
  fputs(text, f);
  fclose(f);
  int status = tpp_sparse_read_mtx(a, s, path);
  remove(path);
  return status;
}

static void test_mtx(void) {
  static const char general[] = "%%MatrixMarket matrix coordinate real general\n% a comment\n\n"
                                "2 3 3\n2 3 1.5\n1 1 -2\n2 1 1e-30\n";
  static const char skew[] = "%%MatrixMarket matrix coordinate integer skew-symmetric\n"
                             "3 3 1\n3 1 5\n";
  static const char pattern[] = "%%MatrixMarket matrix coordinate pattern symmetric\n"
                                "2 2 2\n2 2\n2 1\n";
  static const char *const bad[] = {
      "",
      "%%MatrixMarket matrix array real general\n1 1\n1\n",
      "%%MatrixMarket matrix coordinate complex general\n1 1 0\n",
      "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 2 1\n",
      "%%MatrixMarket matrix coordinate real general\n1 1 1\n0 1 1\n",
      "%%MatrixMarket matrix coordinate real general\n1 1 2\n1 1 1\n",
      "%%MatrixMarket matrix coordinate real general\n1 1 2\n1 1 1\n1 1 2\n",
      "%%MatrixMarket matrix coordinate real general\n1 1 0\n1 1 1\n",
      "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 x\n",
      "%%MatrixMarket matrix coordinate real general\n-1 1 0\n",
      "%%MatrixMarket matrix coordinate real symmetric\n1 2 0\n",
  };
  tpp_csr a;
  tpp_sparse_shape s = shape_of(TPP_F32, TPP_STORE_CSR, 0, 0, 0, 0);
  check(read_text(general, &a, &s) == TPP_OK && s.rows == 2 && s.cols == 3 && a.nnz == 3, "mtx");
  check(!memcmp(a.ptr, (int64_t[]){0, 1, 3}, 24) && !memcmp(a.idx, (int32_t[]){0, 0, 2}, 12) &&
            !memcmp(a.val, (float[]){-2, 1e-30f, 1.5f}, 12),
        "mtx entries");
  tpp_sparse_free(&a);
  s = shape_of(TPP_I8, TPP_STORE_BCSC, 0, 0, 2, 2);
  check(read_text(skew, &a, &s) == TPP_OK && a.nnz == 2, "mtx skew");
  check(!memcmp(a.val, (int8_t[]){5, 0, 0, 0, -5, 0, 0, 0}, 8), "mtx mirror");
  tpp_sparse_free(&a);
  s = shape_of(TPP_F64, TPP_STORE_CSR, 0, 0, 0, 0);
  check(read_text(pattern, &a, &s) == TPP_OK && a.nnz == 3, "mtx pattern");
  check(((double *)a.val)[0] == 1 && a.idx[0] == 1 && a.idx[2] == 1, "mtx ones");
  tpp_sparse_free(&a);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    s = shape_of(TPP_F32, TPP_STORE_CSR, 0, 0, 0, 0);
    check(read_text(bad[i], &a, &s) == TPP_ERR_FORMAT && !a.ptr, bad[i]);
  }
  check(tpp_sparse_read_mtx(&a, &s, "no such file") == TPP_ERR_FILE, "mtx file");
}

/* Rounding of narrow values: ties, subnormals, overflow. */
static void test_rounding(void) {
  static const char *const text[] = {"1.00390625", "1.01171875", "1.00390626", "3.4e38", "1e-40"};
  static const uint16_t bf16[] = {0x3f80, 0x3f82, 0x3f81, 0x7f80, 0x0001};
  static const char *const half_text[] = {
      "65519",  "65520",        "5.9604644775390625e-8", "2.98023223876953125e-8",
      "6.1e-5", "-1.0009765625"};
  static const uint16_t half[] = {0x7bff, 0x7c00, 0x0001, 0x0000, 0x03ff, 0xbc01};
  char line[200];
  tpp_csr a;
  for (int i = 0; i < 11; i++) {
    int h = i >= 5;
    tpp_sparse_shape s = shape_of(h ? TPP_F16 : TPP_BF16, TPP_STORE_CSR, 0, 0, 0, 0);
    const char *number = h ? half_text[i - 5] : text[i];
    snprintf(line, sizeof line, "%%%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 %s\n",
             number);
    int ok = read_text(line, &a, &s) == TPP_OK;
    uint16_t want = h ? half[i - 5] : bf16[i], got = ok ? *(uint16_t *)a.val : 0;
    if (!ok || got != want) {
      printf("%s gives %04x\n", number, got);
      check(0, "rounding");
    }
    tpp_sparse_free(&a);
  }
}

/* ---- ternary weights ---- */

static int code_of(const tpp_ternary *t, int64_t rows, int64_t cols, int64_t p, int64_t k,
                   int64_t n) {
  int64_t byte = p * tppt_code_bytes(rows, cols) + tppt_code_at(rows, k, n);
  return (t->codes[byte] >> tppt_code_shift(k) & 3) - 1;
}

static void test_ternary(void) {
  /* One column, groups of 2 and a short one; then planes over all. */
  static const float dense[] = {3, -1, 0, 2, 5};
  tpp_ternary_shape s = {.size = sizeof s, .scales = TPP_F32, .planes = 1};
  s.rows = 5, s.cols = 1, s.group = 2;
  float back[5];
  tpp_ternary t;
  check(tpp_ternary_quantize(&t, &s, dense, 1) == TPP_OK && t.planes == 1 && !t.units, "ternary");
  /* {3} explains more of {3, -1} than both do: 3^2 / 1 > 4^2 / 2. */
  const float *scales = t.scales;
  check(scales[0] == 3 && scales[16] == 2 && scales[32] == 5, "ternary scales");
  /* Rows 0 .. 3 are the lowest bits of the four bytes of a word, row 4 the next ones of the first.
   */
  static const unsigned char word[4] = {0x50 | 2 << 2 | 2, 0x54 | 1, 0x54 | 1, 0x54 | 2};
  check(!memcmp(t.codes, word, 4) && t.codes[4] == 0x55 && t.codes[63] == 0x55, "ternary codes");
  check(tpp_ternary_to_dense(&t, &s, back, 1) == TPP_OK &&
            !memcmp(back, (float[]){3, 0, 0, 2, 5}, 20),
        "ternary back");
  s.planes = 2;
  check(tpp_ternary_to_dense(&t, &s, back, 1) == TPP_ERR_FORMAT, "ternary planes");
  tpp_ternary_free(&t);
  check(!t.codes && !t.scales, "ternary freed");
  double before = INFINITY;
  for (s.group = 0, s.planes = 1; s.planes <= 4; s.planes++) {
    double error = 0;
    check(tpp_ternary_quantize(&t, &s, dense, 1) == TPP_OK, "planes");
    check(tpp_ternary_to_dense(&t, &s, back, 1) == TPP_OK, "planes back");
    for (int i = 0; i < 5; i++)
      error += ((double)back[i] - (double)dense[i]) * ((double)back[i] - (double)dense[i]);
    check(error <= before, "a plane lessens the error");
    before = error;
    tpp_ternary_free(&t);
  }
  tpp_ternary_free(NULL);
}

static void test_ternary_errors(void) {
  static const float dense[16] = {1};
  const tpp_ternary_shape good = {
      .size = sizeof good, .scales = TPP_U8, .planes = 1, .rows = 4, .cols = 4, .group = 2};
  tpp_ternary_shape s = good;
  tpp_ternary t;
  check(tpp_ternary_quantize(&t, &s, NULL, 4) == TPP_ERR_NULL, "no weights");
  check(tpp_ternary_quantize(&t, NULL, dense, 4) == TPP_ERR_NULL, "no shape of weights");
  check(tpp_ternary_quantize(NULL, &s, dense, 4) == TPP_ERR_NULL, "no ternary weights");
  check(tpp_ternary_quantize(&t, &s, dense, 3) == TPP_ERR_SIZE, "rows too short");
  s.planes = 0;
  check(tpp_ternary_quantize(&t, &s, dense, 4) == TPP_ERR_SIZE, "no planes");
  s = good, s.rows = INT64_MAX;
  check(tpp_ternary_quantize(&t, &s, dense, 4) == TPP_ERR_SIZE, "too many rows");
  s = good, s.scales = TPP_BF16;
  check(tpp_ternary_quantize(&t, &s, dense, 4) == TPP_ERR_FORMAT, "scales of two bytes");
  s = good, s.method = TPP_FIT_RMS;
  check(tpp_ternary_quantize(&t, &s, dense, 4) == TPP_ERR_FORMAT, "no filter");
  s.filter = 3;
  check(tpp_ternary_quantize(&t, &s, dense, 4) == TPP_ERR_FORMAT, "a filter across clusters");
  s = good, s.tolerance = NAN;
  check(tpp_ternary_quantize(&t, &s, dense, 4) == TPP_ERR_FORMAT, "no number for a tolerance");
  s = good, s.rows = 0;
  check(tpp_ternary_quantize(&t, &s, NULL, 4) == TPP_OK, "no rows");
  tpp_ternary_free(&t);
}

/* A generator of the test's own; in (-1, 1), near 0 more often. */
static double random_weight(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  double x = (double)(*state >> 11) * 0x1p-52 - 1;
  return x * fabs(x);
}

/* The least error over all 3^n codes, each with its best scale. */
static double least_error(const double *w, int n) {
  double best = 0, energy = 0;
  int all = 1;
  for (int i = 0; i < n; i++)
    all *= 3, energy += w[i] * w[i];
  for (int code = 0; code < all; code++) {
    double sum = 0;
    int support = 0;
    for (int i = 0, rest = code; i < n; i++, rest /= 3)
      sum += (rest % 3 - 1) * w[i], support += rest % 3 != 1;
    if (support && sum > 0 && sum * sum / support > best)
      best = sum * sum / support;
  }
  return energy - best;
}

/* The error of a plane of a group that the structure has. */
static double error_of(const tpp_ternary *t, const tpp_ternary_shape *s, double *w, int64_t p,
                       int64_t g, int64_t n) {
  int64_t groups = tppt_blocks(s->rows, s->group), scales = tppt_scales(s->rows, s->cols, s->group);
  double scale = (double)tppt_scale(t, p, scales, tppt_scale_at(groups, g, n), s->cols, n);
  double error = 0;
  for (int64_t k = g * s->group; k < s->rows && k < (g + 1) * s->group; k++) {
    double *rest = w + k - g * s->group;
    *rest -= scale * code_of(t, s->rows, s->cols, p, k, n);
    error += *rest * *rest;
  }
  return error;
}

/* Each plane is the best fit of what the ones before leave, as trying all codes finds it. */
static void test_exact_fit(void) {
  enum { ROWS = 23, COLUMNS = 19 };
  float dense[ROWS * COLUMNS];
  uint64_t state = 1;
  tpp_ternary_shape s = {.size = sizeof s, .scales = TPP_F32, .planes = 3, .group = 7};
  s.rows = ROWS, s.cols = COLUMNS;
  for (int i = 0; i < ROWS * COLUMNS; i++)
    dense[i] = i % 50 == 0 ? (float)(i % 4 == 0 ? NAN : -INFINITY) : (float)random_weight(&state);
  tpp_ternary t;
  check(tpp_ternary_quantize(&t, &s, dense, COLUMNS) == TPP_OK, "exact fit");
  int wrong = 0;
  for (int64_t n = 0; n < COLUMNS; n++)
    for (int64_t g = 0; g * s.group < ROWS; g++) {
      double w[7];
      int length = (int)(ROWS - g * s.group < s.group ? ROWS - g * s.group : s.group);
      for (int i = 0; i < length; i++) {
        float v = dense[(g * s.group + i) * COLUMNS + n];
        w[i] = isfinite(v) ? (double)v : 0;
      }
      for (int64_t p = 0; p < s.planes; p++) {
        double least = least_error(w, length);
        wrong += error_of(&t, &s, w, p, g, n) > least + 1e-6;
      }
    }
  check(wrong == 0, "the exact fit is the best of all");
  tpp_ternary_free(&t);
}

/* Byte scales are the nearest multiples of a power of two that reaches the largest of a column, and
 * further planes fit what is left with them. */
static void test_byte_scales(void) {
  enum { ROWS = 64, COLUMNS = 5 };
  float dense[ROWS * COLUMNS], back[ROWS * COLUMNS];
  uint64_t state = 2;
  tpp_ternary_shape s = {.size = sizeof s, .scales = TPP_F32, .planes = 1, .group = 16};
  s.rows = ROWS, s.cols = COLUMNS;
  for (int i = 0; i < ROWS * COLUMNS; i++)
    dense[i] = (float)ldexp(random_weight(&state), i % COLUMNS * 20 - 60);
  tpp_ternary f, u;
  check(tpp_ternary_quantize(&f, &s, dense, COLUMNS) == TPP_OK, "float scales");
  s.scales = TPP_U8, s.planes = 3;
  check(tpp_ternary_quantize(&u, &s, dense, COLUMNS) == TPP_OK && u.units, "byte scales");
  int wrong = 0;
  for (int64_t n = 0; n < COLUMNS; n++) {
    int most = 0, exponent;
    wrong += frexpf(u.units[n], &exponent) != 0.5f;
    for (int64_t g = 0; g < 4; g++) {
      float want = ((const float *)f.scales)[tppt_scale_at(4, g, n)];
      int got = ((const uint8_t *)u.scales)[tppt_scale_at(4, g, n)];
      most = got > most ? got : most;
      wrong += fabsf((float)got * u.units[n] - want) > u.units[n] / 2;
    }
    wrong += most < 128;
  }
  check(wrong == 0, "bytes are the nearest");
  double energy = 0, error = 0;
  check(tpp_ternary_to_dense(&u, &s, back, COLUMNS) == TPP_OK, "byte scales back");
  for (int i = 0; i < ROWS * COLUMNS; i++) {
    double unit = ldexp(1, i % COLUMNS * 20 - 60);
    energy += pow((double)dense[i] / unit, 2);
    error += pow((double)(dense[i] - back[i]) / unit, 2);
  }
  check(error < 0.02 * energy, "three planes leave a little");
  tpp_ternary_free(&f);
  tpp_ternary_free(&u);
}

/* A group stops at the tolerance; the weights are then as the planes before have them. */
static void test_tolerance(void) {
  /* {2, 2, -2, 0} is exact with one plane, {4, 1, 1, -1} is not. */
  static const float dense[] = {2, 2, -2, 0, 4, 1, 1, -1};
  tpp_ternary_shape s = {.size = sizeof s, .scales = TPP_F32, .planes = 2, .tolerance = 0.01f};
  s.rows = 8, s.cols = 1, s.group = 4;
  tpp_ternary t;
  check(tpp_ternary_quantize(&t, &s, dense, 1) == TPP_OK, "tolerance");
  const float *scales = t.scales;
  check(scales[0] == 2 && scales[16] == 4 && scales[32] == 0 && scales[48] == 1, "planes in need");
  tpp_ternary_free(&t);
  s.tolerance = 1;
  check(tpp_ternary_quantize(&t, &s, dense, 1) == TPP_OK, "all is tolerated");
  check(((const float *)t.scales)[0] == 0 && code_of(&t, 8, 1, 0, 0, 0) == 0, "nothing is coded");
  tpp_ternary_free(&t);
}

/* The cluster fit as its description has it, by loops over everything. */
static double cluster_scale(const double *w, int n, int filter) {
  double scales[64], best = INFINITY, scale = 0;
  int filters = 0;
  for (int first = 0; first < n; first += filter) {
    double least = INFINITY, own = 0;
    for (int i = first; i < first + filter; i++) {
      /* the RMS of the weights of at least this size */
      double squares = 0, error = 0;
      int size = 0;
      for (int k = first; k < first + filter; k++)
        if (fabs(w[k]) >= fabs(w[i]))
          squares += w[k] * w[k], size++;
      double a = sqrt(squares / size);
      for (int k = first; k < first + filter; k++)
        error += pow(w[k] * w[k] * size >= squares ? fabs(w[k]) - a : w[k], 2);
      if (error < least)
        least = error, own = a;
    }
    scales[filters++] = own;
  }
  for (int i = 0; i < filters; i++) {
    double squares = 0, error = 0;
    int size = 0;
    for (int k = 0; k < filters; k++)
      if (scales[k] >= scales[i])
        squares += scales[k] * scales[k], size++;
    double a = sqrt(squares / size);
    for (int k = 0; k < n; k++)
      error += pow(w[k] * w[k] * size >= squares ? fabs(w[k]) - a : w[k], 2);
    if (error < best)
      best = error, scale = a;
  }
  return scale;
}

static void test_cluster_fit(void) {
  enum { ROWS = 72 };
  static const int filters[] = {1, 9, 36};
  float dense[ROWS];
  double w[ROWS];
  uint64_t state = 3;
  tpp_ternary_shape s = {.size = sizeof s, .scales = TPP_F32, .method = TPP_FIT_RMS, .planes = 1};
  s.rows = ROWS, s.cols = 1, s.group = 36;
  int wrong = 0;
  for (int round = 0; round < 60; round++) {
    for (int i = 0; i < ROWS; i++)
      w[i] = (double)(dense[i] = (float)random_weight(&state));
    s.filter = filters[round % 3];
    tpp_ternary t;
    check(tpp_ternary_quantize(&t, &s, dense, 1) == TPP_OK, "cluster fit");
    for (int g = 0; g < 2; g++) {
      double want = cluster_scale(w + g * 36, 36, (int)s.filter);
      wrong += fabs((double)((const float *)t.scales)[g * 16] - want) > 1e-6 * want;
      for (int i = 0; i < 36; i++) {
        int code = code_of(&t, ROWS, 1, 0, g * 36 + i, 0);
        wrong += fabs(fabs(w[g * 36 + i]) - want) > 1e-6 && code != (fabs(w[g * 36 + i]) < want ? 0
                                                                     : w[g * 36 + i] > 0        ? 1
                                                                                         : -1);
      }
    }
    tpp_ternary_free(&t);
  }
  check(wrong == 0, "clusters as described");
}

int main(void) {
  test_csr();
  test_blocks();
  test_errors();
  test_mtx();
  test_rounding();
  test_ternary();
  test_ternary_errors();
  test_exact_fit();
  test_byte_scales();
  test_tolerance();
  test_cluster_fit();
  printf("%d failures\n", failures);
  return failures != 0;
}
