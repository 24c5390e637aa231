/* Sparse and ternary structures from dense matrices and files, and back. Expected arrays are
 * written out by hand. */
#include <tpp/rt.h>

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

static void test_ternary(void) {
  /* One column, groups of 2 and a short one; then two planes over all. */
  static const float dense[] = {3, -1, 0, 2, 5};
  float back[5];
  tpp_ternary t;
  check(tpp_ternary_from_dense(&t, 5, 1, 2, 1, dense, 1) == TPP_OK && t.planes == 1, "ternary");
  /* {3} explains more of {3, -1} than both do: 3^2 / 1 > 4^2 / 2. */
  check(t.scales[0] == 3 && t.scales[1] == 2 && t.scales[2] == 5, "ternary scales");
  check(t.codes[0] == (2 | 1 << 2 | 1 << 4 | 2 << 6) && (t.codes[1] & 3) == 2, "ternary codes");
  check(tpp_ternary_to_dense(&t, 5, 1, 2, 1, back, 1) == TPP_OK &&
            !memcmp(back, (float[]){3, 0, 0, 2, 5}, 20),
        "ternary back");
  check(tpp_ternary_to_dense(&t, 5, 1, 2, 2, back, 1) == TPP_ERR_FORMAT, "ternary planes");
  tpp_ternary_free(&t);
  check(!t.codes && !t.scales, "ternary freed");
  double before = INFINITY;
  for (int32_t planes = 1; planes <= 4; planes++) {
    double error = 0;
    check(tpp_ternary_from_dense(&t, 5, 1, 0, planes, dense, 1) == TPP_OK, "planes");
    check(tpp_ternary_to_dense(&t, 5, 1, 0, planes, back, 1) == TPP_OK, "planes back");
    for (int i = 0; i < 5; i++)
      error += ((double)back[i] - (double)dense[i]) * ((double)back[i] - (double)dense[i]);
    check(error <= before, "a plane lessens the error");
    before = error;
    tpp_ternary_free(&t);
  }
  check(tpp_ternary_from_dense(&t, 0, 4, 2, 1, NULL, 4) == TPP_OK, "no rows");
  tpp_ternary_free(&t);
  check(tpp_ternary_from_dense(&t, 4, 4, 2, 0, dense, 4) == TPP_ERR_SIZE, "no planes");
  check(tpp_ternary_from_dense(&t, 4, 4, 2, 1, NULL, 4) == TPP_ERR_NULL, "no weights");
  tpp_ternary_free(NULL);
}

int main(void) {
  test_csr();
  test_blocks();
  test_errors();
  test_mtx();
  test_rounding();
  test_ternary();
  printf("%d failures\n", failures);
  return failures != 0;
}
