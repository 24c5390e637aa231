/* Storage forms, byte by byte: what the bytes are was written out by hand from the language's
 * definition. */
#include "interp/layout.h"
#include "test.h"

#include "host.h"

#include <stdlib.h>

/* Packs a tensor whose element i is i + 1 and compares with the bytes expected. */
static void check_bytes(Test *t, const char *type, const unsigned char *want, size_t n,
                        unsigned char gap) {
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, type);
  if (!CHECK(t, x != NULL))
    return;
  for (int64_t i = 0; i < x->count; i++)
    tppc_tensor_set_int(x, i, i + 1);
  unsigned char bytes[256];
  memset(bytes, 0xee, sizeof bytes);
  CHECK_INT(t, tppc_layout_bytes(x), n);
  tppc_layout_clear(x, bytes, gap);
  tppc_layout_pack(x, bytes);
  if (!CHECK(t, !memcmp(bytes, want, n))) {
    printf("     %s:", type);
    for (size_t i = 0; i < n; i++)
      printf(" %02x", bytes[i]);
    printf("\n");
  }
  CHECK(t, bytes[n] == 0xee);
  CHECK_INT(t, tppc_layout_violation(x, bytes, gap), -1);
  TppcTensor *y = host_tensor(&h, type);
  tppc_layout_unpack(y, bytes);
  for (int64_t i = 0; i < x->count; i++)
    CHECK(t, tppc_tensor_get_int(x, i) == tppc_tensor_get_int(y, i));
  tppc_tensor_free(x);
  tppc_tensor_free(y);
  tppc_context_destroy(h.cx);
}

#define BYTES(t, type, gap, ...)                                                                   \
  do {                                                                                             \
    static const unsigned char want[] = {__VA_ARGS__};                                             \
    check_bytes((t), (type), want, sizeof want, (gap));                                            \
  } while (0)

static void row_major(Test *t) {
  BYTES(t, "u8[2, 3]", 0, 1, 2, 3, 4, 5, 6);
  BYTES(t, "i32[2]", 0, 1, 0, 0, 0, 2, 0, 0, 0);
  BYTES(t, "f32[1]", 0, 0x00, 0x00, 0x80, 0x3f);
  BYTES(t, "f16[2]", 0, 0x00, 0x3c, 0x00, 0x40);
  BYTES(t, "bf16[3]", 0, 0x80, 0x3f, 0x00, 0x40, 0x40, 0x40);
}

static void column_major(Test *t) {
  BYTES(t, "u8[m: 2, k: 3] as [k][m]", 0, 1, 4, 2, 5, 3, 6);
}

/* [k/2][n][k%2]: k = 3 is rounded up to 4. */
static void vnni2(Test *t) {
  BYTES(t, "u8[k: 3, n: 2] as [k/2][n][k%2]", 0, 1, 3, 2, 4, 5, 0, 6, 0);
  /* Two columns a block: n = 3 is rounded up to 4. */
  BYTES(t, "u8[k: 4, n: 3] as [n/2][k/4][k%4/2][n%2][k%2]", 0, 1, 4, 2, 5, 7, 10, 8, 11, 3, 6, 0, 0,
        9, 12, 0, 0);
}

static void vnni4(Test *t) {
  BYTES(t, "i8[k: 5, n: 2] as [k/4][n][k%4]", 0, 1, 3, 5, 7, 2, 4, 6, 8, 9, 0, 0, 0, 10, 0, 0, 0);
}

/* [n][c/2][h][w][c%2] of 1 x 3 x 2 x 2. */
static void blocked_nchwc(Test *t) {
  BYTES(t, "u8[n: 1, c: 3, h: 2, w: 2] as [n][c/2][h][w][c%2]", 0, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0, 10,
        0, 11, 0, 12, 0);
}

/* The last row ends with its elements. */
static void leading_dimension(Test *t) {
  BYTES(t, "u8[3, 2] ld(4)", 0xaa, 1, 2, 0xaa, 0xaa, 3, 4, 0xaa, 0xaa, 5, 6);
  BYTES(t, "u8[2, 2, 1] ld(2)", 0xaa, 1, 0xaa, 2, 0xaa, 3, 0xaa, 4);
}

/* Low half first; a row of three takes two bytes. 8 saturates to 7. */
static void i4_rows(Test *t) {
  BYTES(t, "i4[2, 3]", 0, 0x21, 0x03, 0x54, 0x06);
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, "i4[1, 3]");
  const int64_t v[3] = {-1, 9, -9};
  unsigned char bytes[2];
  for (int i = 0; i < 3; i++)
    tppc_tensor_set_int(x, i, v[i]);
  tppc_layout_clear(x, bytes, 0);
  tppc_layout_pack(x, bytes);
  CHECK_INT(t, bytes[0], 0x7f);
  CHECK_INT(t, bytes[1], 0x08);
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
}

/* Element 8j + i in bit i of byte j; rows start on a byte. */
static void bit_rows(Test *t) {
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, "bit[2, 10]");
  unsigned char bytes[4];
  tppc_tensor_set_int(x, 0, 1);
  tppc_tensor_set_int(x, 3, 5);
  tppc_tensor_set_int(x, 9, 1);
  tppc_tensor_set_int(x, 11, 1);
  tppc_tensor_set_int(x, 12, -1);
  CHECK_INT(t, tppc_layout_bytes(x), 4);
  tppc_layout_clear(x, bytes, 0);
  tppc_layout_pack(x, bytes);
  CHECK_INT(t, bytes[0], 0x09);
  CHECK_INT(t, bytes[1], 0x02);
  CHECK_INT(t, bytes[2], 0x02);
  CHECK_INT(t, bytes[3], 0x00);
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
}

/* Writes where no element is are found. */
static void violations(Test *t) {
  Host h = host_new();
  unsigned char bytes[64];
  TppcTensor *x = host_tensor(&h, "u8[k: 3, n: 2] as [k/2][n][k%2]");
  tppc_layout_clear(x, bytes, 0);
  bytes[4] = 9;
  CHECK_INT(t, tppc_layout_violation(x, bytes, 0), -1);
  bytes[5] = 1;
  CHECK_INT(t, tppc_layout_violation(x, bytes, 0), 5);
  tppc_tensor_free(x);
  x = host_tensor(&h, "u8[3, 2] ld(4)");
  tppc_layout_clear(x, bytes, 0xaa);
  tppc_layout_pack(x, bytes);
  bytes[7] = 0;
  CHECK_INT(t, tppc_layout_violation(x, bytes, 0xaa), 7);
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
}

/* ---- sparse ---- */

/*   1 0 0 2 0
 *   0 0 0 0 0
 *   0 3 0 0 4 */
static const double matrix[15] = {1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 4};

static void check_pattern(Test *t, const TppcTensor *x, const int64_t *ptr, int n_ptr,
                          const int32_t *idx, int nnz) {
  CHECK_INT(t, x->nnz, nnz);
  for (int i = 0; i < n_ptr; i++)
    CHECK_INT(t, x->ptr[i], ptr[i]);
  for (int i = 0; i < nnz; i++)
    CHECK_INT(t, x->idx[i], idx[i]);
}

static void check_values(Test *t, const TppcTensor *x, const int *want, int n) {
  CHECK_INT(t, x->n_values, n);
  for (int i = 0; i < n; i++)
    CHECK_INT(t, tppc_tensor_get_int(x, i), want[i]);
}

static void csr(Test *t) {
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, "f32[3, 5] csr");
  CHECK(t, tppc_sparse_from_dense(x, matrix));
  check_pattern(t, x, (const int64_t[]){0, 2, 2, 4}, 4, (const int32_t[]){0, 3, 1, 4}, 4);
  check_values(t, x, (const int[]){1, 2, 3, 4}, 4);
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
}

/* Blocks of 2 x 2: rows 0-1 have blocks 0 and 1; rows 2-3 have 0 and 2, which is cut by both edges.
 */
static void bcsr(Test *t) {
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, "bf16[3, 5] bcsr(2, 2)");
  CHECK(t, tppc_sparse_from_dense(x, matrix));
  check_pattern(t, x, (const int64_t[]){0, 2, 4}, 3, (const int32_t[]){0, 1, 0, 2}, 4);
  check_values(t, x, (const int[]){1, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 4, 0, 0, 0}, 16);
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
}

/* The same by columns of blocks, blocks of 2 rows and 3 columns, row-major inside. */
static void bcsc(Test *t) {
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, "f32[3, 5] bcsc(2, 3)");
  CHECK(t, tppc_sparse_from_dense(x, matrix));
  check_pattern(t, x, (const int64_t[]){0, 2, 4}, 3, (const int32_t[]){0, 1, 0, 1}, 4);
  check_values(
      t, x, (const int[]){1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0},
      24);
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
}

/* ---- ternary ---- */

/* K = 5, N = 2: of a word of a column, rows 0 to 3 are the lowest bits of its bytes, row 4 the next
 * ones of the first; the rest, and 14 columns, is filled up with code 1. */
static void ternary_codes(Test *t) {
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, "ternary[5, 2] group(4)");
  const int w[10] = {1, 0, -1, 1, 0, -1, 1, 1, -1, 0};
  unsigned char codes[64];
  for (int i = 0; i < 10; i++)
    tppc_tensor_set_int(x, i, w[i]);
  CHECK_INT(t, x->groups, 2);
  CHECK_INT(t, tppc_ternary_code_bytes(x), 64);
  tppc_ternary_pack(x, codes);
  /* 1 and -1, -1, 0, 1; 0 and 0, 1, -1, 1 */
  const unsigned char words[8] = {0x52, 0x54, 0x55, 0x56, 0x55, 0x56, 0x54, 0x56};
  for (int i = 0; i < 64; i++)
    CHECK_INT(t, codes[i], i < 8 ? words[i] : 0x55);
  x->scales[0] = 2;
  x->scales[3] = 8;
  double v[10];
  tppc_ternary_to_dense(x, v, NULL);
  CHECK(t, v[0] == 2 && v[2] == -2 && v[1] == 0 && v[8] == 0 && v[9] == 0);
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
}

/* 0.9, -1.1, 0.1: two weights of mean 1 leave less than three of mean 0.7. The second plane fits
 * what is left. */
static void ternary_fit(Test *t) {
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, "ternary[3, 1] group(3) planes(2)");
  const double w[3] = {0.9, -1.1, 0.1};
  double v[3];
  if (!CHECK(t, x != NULL))
    return;
  tppc_ternary_from_dense(x, w);
  CHECK_INT(t, tppc_tensor_get_int(x, 0), 1);
  CHECK_INT(t, tppc_tensor_get_int(x, 1), -1);
  CHECK_INT(t, tppc_tensor_get_int(x, 2), 0);
  CHECK(t, x->scales[0] == 1);
  tppc_ternary_to_dense(x, v, NULL);
  double error = 0;
  for (int i = 0; i < 3; i++)
    error += (v[i] - w[i]) * (v[i] - w[i]);
  CHECK(t, error < 1e-9);
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
}

/* ---- contents ---- */

static void generated(Test *t) {
  Host h = host_new();
  TppcTensor *x = host_tensor(&h, "f32[4]"), *y = host_tensor(&h, "f32[4]"),
             *u = host_tensor(&h, "u8[500] range(3, 5)");
  tppc_tensor_generate(x, TPPC_GEN_RAND, 7, "X", 0, 0);
  tppc_tensor_generate(y, TPPC_GEN_RAND, 7, "X", 0, 0);
  for (int i = 0; i < 4; i++) {
    CHECK(t, tppc_tensor_get(x, i) == tppc_tensor_get(y, i));
    CHECK(t, tppc_tensor_get(x, i) >= -1 && tppc_tensor_get(x, i) < 1);
  }
  tppc_tensor_generate(y, TPPC_GEN_RAND, 7, "Y", 0, 0);
  CHECK(t, tppc_tensor_get(x, 0) != tppc_tensor_get(y, 0));
  tppc_tensor_generate(u, TPPC_GEN_RAND, 1, "U", 0, 0);
  int seen = 0;
  for (int i = 0; i < 500; i++)
    seen |= 1 << tppc_tensor_get_int(u, i);
  CHECK_INT(t, seen, 1 << 3 | 1 << 4 | 1 << 5);
  TppcTensor *s = host_tensor(&h, "f32");
  tppc_tensor_generate(s, TPPC_GEN_INT, 3, "s", 0, 0);
  double v = tppc_tensor_get(s, 0);
  CHECK(t, v == 0.25 || v == 0.5 || v == 1 || v == 2 || v == 4);
  tppc_tensor_free(x);
  tppc_tensor_free(y);
  tppc_tensor_free(u);
  tppc_tensor_free(s);
  tppc_context_destroy(h.cx);
}

TEST_MAIN({"layout.row_major", row_major}, {"layout.column_major", column_major},
          {"layout.vnni2", vnni2}, {"layout.vnni4", vnni4}, {"layout.nchwc", blocked_nchwc},
          {"layout.ld", leading_dimension}, {"layout.i4", i4_rows}, {"layout.bit", bit_rows},
          {"layout.violations", violations}, {"sparse.csr", csr}, {"sparse.bcsr", bcsr},
          {"sparse.bcsc", bcsc}, {"ternary.codes", ternary_codes}, {"ternary.fit", ternary_fit},
          {"generate", generated})
