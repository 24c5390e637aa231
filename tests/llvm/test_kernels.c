/* The kernels of tiles.tir, compiled for several targets and levels of optimisation, against plain
 * loops. Inputs are small integers, so that every sum is exact and every comparison is of bits. */
#include "jit.h"
#include "tpp/opsdef.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 64 * 1024 };

static int failures;

static void check(bool ok, const char *what, int64_t m, int64_t n) {
  if (ok)
    return;
  failures++;
  printf("FAILED %s at M=%lld N=%lld\n", what, (long long)m, (long long)n);
}

static float small(int i) {
  return (float)((i * 37 + i / 7 * 11) % 17 - 8);
}

static void fill(float *x, int n) {
  for (int i = 0; i < n; i++)
    x[i] = small(i);
}

static void fill16(uint16_t *x, int n) {
  for (int i = 0; i < n; i++)
    x[i] = tppd_f32_to_bf16(small(i));
}

static float X[MAX], Y[MAX], S[MAX], H[MAX], L[MAX];
static uint16_t X16[MAX], Y16[MAX];

static void test_rows(void *f, int64_t M, int64_t N) {
  int (*k)(int64_t, int64_t, const float *, float *, float *, float *);
  memcpy(&k, &f, sizeof k);
  fill(X, (int)(M * N));
  if (N > 3)
    X[N / 2] = 100;
  check(k(M, N, X, S, H, L) == TPP_OK, "rows: status", M, N);
  for (int64_t m = 0; m < M; m++) {
    float s = 0, h = -INFINITY, l = INFINITY;
    for (int64_t n = 0; n < N; n++) {
      float x = X[m * N + n];
      s += x;
      h = x > h ? x : h;
      l = x < l ? x : l;
    }
    check(s == S[m] && h == H[m] && l == L[m], "rows", M, N);
  }
  if (M && N) {
    X[N - 1] = NAN;
    k(M, N, X, S, H, L);
    check(isnan(S[0]) && isnan(H[0]) && isnan(L[0]), "rows: NaN", M, N);
  }
}

static void test_columns(void *f, int64_t M, int64_t N) {
  int (*k)(int64_t, int64_t, const uint16_t *, float *);
  memcpy(&k, &f, sizeof k);
  fill16(X16, (int)(M * N));
  for (int64_t n = 0; n < N; n++)
    S[n] = 3;
  check(k(M, N, X16, S) == TPP_OK, "columns: status", M, N);
  for (int64_t n = 0; n < N; n++) {
    float s = 3;
    for (int64_t m = 0; m < M; m++)
      s += tppd_bf16_to_f32(X16[m * N + n]);
    check(s == S[n], "columns", M, N);
  }
}

static void test_transpose(void *f, int64_t M, int64_t N) {
  int (*k)(int64_t, int64_t, const uint16_t *, uint16_t *);
  memcpy(&k, &f, sizeof k);
  fill16(X16, (int)(M * N));
  check(k(M, N, X16, Y16) == TPP_OK, "transpose: status", M, N);
  for (int64_t m = 0; m < M; m++)
    for (int64_t n = 0; n < N; n++)
      check(X16[m * N + n] == Y16[n * M + m], "transpose", M, N);
}

static float rounded(float x, float lo, float hi) {
  if (isnan(x))
    return 0;
  x = rintf(x);
  return x < lo ? lo : x > hi ? hi : x;
}

static void test_quant(void *f, int64_t N) {
  static int8_t y[MAX];
  static uint8_t u[MAX], b[MAX], q[MAX];
  static int32_t idx[MAX];
  int (*k)(int64_t, float, const float *, int8_t *, uint8_t *, int32_t *, uint8_t *, uint8_t *);
  memcpy(&k, &f, sizeof k);
  fill(X, (int)N);
  for (int64_t n = 0; n < N; n += 5)
    X[n] = n % 2 ? NAN : n % 3 ? 1e30f : -1e30f;
  memset(b, 0xff, sizeof b);
  memset(q, 0xff, sizeof q);
  check(k(N, 0.25f, X, y, u, idx, b, q) == TPP_OK, "quant: status", 0, N);
  for (int64_t n = 0; n < N; n++) {
    float x = X[n] * 0.25f;
    int nibble = q[n / 2] >> (n % 2 * 4) & 15;
    check(y[n] == (int)rounded(x, -128, 127), "quant i8", n, N);
    check(u[n] == (int)rounded(x, 0, 255), "quant u8", n, N);
    check(idx[n] == 3 * n + N, "quant index", n, N);
    check((b[n / 8] >> n % 8 & 1) == (x > 0), "quant bit", n, N);
    check((nibble ^ 8) - 8 == (int)rounded(x, -8, 7), "quant i4", n, N);
  }
}

static void test_prefix(void *f, int64_t N) {
  int (*k)(int64_t, const float *, float *, float *);
  memcpy(&k, &f, sizeof k);
  fill(X, (int)N);
  float s = 2, sum = 2;
  check(k(N, X, &s, Y) == TPP_OK, "prefix: status", 0, N);
  for (int64_t n = 0; n < N; n++) {
    sum += X[n];
    check(Y[n] == sum, "prefix", n, N);
  }
  check(s == sum, "prefix: sum", 0, N);
}

static void test_border(void *f, int64_t M, int64_t N) {
  int (*k)(int64_t, int64_t, const float *, const uint16_t *, float *);
  memcpy(&k, &f, sizeof k);
  fill(X, (int)(M * N));
  fill16(X16, (int)(M * N));
  check(k(M, N, X, X16, Y) == TPP_OK, "border: status", M, N);
  for (int64_t m = 0; m < M; m++)
    for (int64_t n = 0; n < N; n++) {
      float v = n ? X[m * N + n - 1] : 0;
      v += n + 1 < N ? tppd_bf16_to_f32(X16[m * N + n + 1]) : 0;
      v += m + 1 < M ? X[m * N + N + n] : 0;
      check(Y[m * N + n] == v, "border", M, N);
    }
}

static void test_spaces(void *f, int64_t M, int64_t N) {
  int (*k)(int64_t, int64_t, const float *, float *);
  memcpy(&k, &f, sizeof k);
  fill(X, (int)(M * N));
  int status = k(M, N, X, Y);
  check(status == (N % 4 ? TPP_ERR_PROMISE : TPP_OK), "spaces: status", M, N);
  if (N % 4)
    return;
  for (int64_t m = 0; m < M; m++)
    for (int64_t n = 0; n < N; n++)
      check(Y[m * N + n] == 2 * X[(M - 1 - m) * N + n], "spaces", M, N);
}

static void test_statuses(void *f) {
  int (*k)(int64_t, int64_t, const float *, float *);
  memcpy(&k, &f, sizeof k);
  check(k(-1, 4, X, Y) == TPP_ERR_SIZE, "negative size", -1, 4);
  check(k((int64_t)1 << 40, (int64_t)1 << 40, X, Y) == TPP_ERR_SIZE, "overflow", 0, 0);
  check(k(2, 4, NULL, Y) == TPP_ERR_NULL, "null", 2, 4);
  check(k(0, 4, NULL, NULL) == TPP_OK, "null without elements", 0, 4);
  check(k(2, 4, X, X + 7) == TPP_ERR_OVERLAP, "overlap", 2, 4);
  check(k(2, 4, X, X + 8) == TPP_OK, "neighbours", 2, 4);
  check(k(2, 4, X, X) == TPP_ERR_OVERLAP, "same", 2, 4);
}

static void test_all(const char *path, const TppcEmitOptions *opt) {
  static const int64_t rows[] = {0, 1, 2, 5, 13},
                       columns[] = {0, 1, 3, 4, 7, 8, 9, 16, 31, 33, 64, 100, 257};
  Jit j = jit_open_file(path, opt);
  for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
    int64_t n = columns[c];
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
      test_rows(jit_symbol(&j, "rows"), rows[r], n);
      test_columns(jit_symbol(&j, "columns"), rows[r], n);
      test_transpose(jit_symbol(&j, "transpose"), rows[r], n);
      test_border(jit_symbol(&j, "border"), rows[r], n);
      test_spaces(jit_symbol(&j, "spaces"), rows[r], n);
    }
    test_quant(jit_symbol(&j, "quant"), n);
    test_prefix(jit_symbol(&j, "prefix"), n);
  }
  /* A buffer a thread that is too large for the stack of a nest has no constant size here, so
   * scratch is used. */
  test_spaces(jit_symbol(&j, "spaces"), 3, 20000);
  test_statuses(jit_symbol(&j, "spaces"));
  jit_close(&j);
}

/* Blocked storage: [n/16][k/2][n%16][k%2] of M by 40. */
static int64_t blocked(int64_t M, int64_t k, int64_t n) {
  return ((n / 16 * ((M + 1) / 2) + k / 2) * 16 + n % 16) * 2 + k % 2;
}

static void test_packed(const char *folder) {
  char path[4096];
  snprintf(path, sizeof path, "%s/packed.tir", folder);
  TppcEmitOptions opt = {.opt_level = 2};
  Jit j = jit_open_file(path, &opt);
  size_t (*elems)(int64_t, int64_t);
  void (*pack)(int64_t, int64_t, const uint16_t *, uint16_t *);
  void (*unpack)(int64_t, int64_t, const uint16_t *, uint16_t *);
  void (*pack_rows)(int64_t, int64_t, const float *, float *);
  memcpy(&elems, &(void *){jit_symbol(&j, "p_W_elems")}, sizeof elems);
  memcpy(&pack, &(void *){jit_symbol(&j, "p_pack_W")}, sizeof pack);
  memcpy(&unpack, &(void *){jit_symbol(&j, "p_unpack_W")}, sizeof unpack);
  memcpy(&pack_rows, &(void *){jit_symbol(&j, "p_pack_X")}, sizeof pack_rows);
  static uint16_t back[MAX];
  for (int64_t M = 1; M < 7; M++) {
    check(elems(M, 8) == (size_t)((M + 1) / 2 * 2 * 48), "elems", M, 40);
    for (int i = 0; i < M * 40; i++)
      X16[i] = (uint16_t)(i + 0x7f81); /* NaN payloads among them */
    memset(Y16, 0xff, sizeof Y16);
    pack(M, 8, X16, Y16);
    for (int64_t k = 0; k < (M + 1) / 2 * 2; k++)
      for (int64_t n = 0; n < 48; n++) {
        uint16_t want = k < M && n < 40 ? X16[k * 40 + n] : 0;
        check(Y16[blocked(M, k, n)] == want, "pack", M, n);
      }
    unpack(M, 8, Y16, back);
    check(!memcmp(back, X16, (size_t)M * 40 * 2), "unpack", M, 40);
    fill(X, (int)M * 8);
    pack_rows(M, 11, X, Y);
    for (int64_t k = 0; k < M; k++)
      check(!memcmp(&X[k * 8], &Y[k * 11], 8 * sizeof *X), "pack ld", M, k);
  }
  jit_close(&j);
}

/* Structured arguments are checked, the filling of a blocked output is zero, a one-element output
 * is written. */
static void test_structured(const char *folder) {
  char path[4096];
  snprintf(path, sizeof path, "%s/packed.tir", folder);
  TppcEmitOptions opt = {.opt_level = 2};
  Jit j = jit_open_file(path, &opt);
  int (*k)(int64_t, int64_t, const uint16_t *, const float *, const tpp_bcsc *, const tpp_ternary *,
           uint16_t, uint16_t *, float *);
  memcpy(&k, &(void *){jit_symbol(&j, "p")}, sizeof k);
  int64_t ptr[] = {0, 1, 1, 1, 1}, wrong[] = {0, 2, 1, 1, 1};
  int32_t idx[] = {0};
  static float val[16 * 16], scales[4 * 32];
  static uint8_t codes[2 * 4 * 64];
  tpp_bcsc s = {1, ptr, idx, val}, bad = {1, wrong, idx, val};
  tpp_ternary t = {.codes = codes, .scales = scales, .planes = 1};
  float z = 0;
  memset(Y16, 0xff, sizeof Y16);
  uint16_t a = tppd_f32_to_bf16(2.5f);
  check(k(4, 8, X16, X, &s, &t, a, Y16, &z) == TPP_OK && z == 2.5f, "structured", 4, 8);
  check(Y16[blocked(4, 0, 40)] == 0 && Y16[blocked(4, 3, 47)] == 0, "filling", 4, 8);
  check(k(4, 7, X16, X, &s, &t, a, Y16, &z) == TPP_ERR_SIZE, "leading dimension", 4, 7);
  check(k(3, 8, X16, X, &s, &t, a, Y16, &z) == TPP_ERR_PROMISE, "promise", 3, 8);
  check(k(4, 8, X16, X, &bad, &t, a, Y16, &z) == TPP_ERR_FORMAT, "malformed", 4, 8);
  check(k(4, 8, X16, X, NULL, &t, a, Y16, &z) == TPP_ERR_NULL, "null structure", 4, 8);
  jit_close(&j);
}

/* Halves of one matrix are no overlap; a shift by less than their width is. */
static void test_halves(const char *folder) {
  char path[4096];
  snprintf(path, sizeof path, "%s/packed.tir", folder);
  TppcEmitOptions opt = {.opt_level = 2};
  Jit j = jit_open_file(path, &opt);
  int (*k)(int64_t, int64_t, int64_t, const float *, float *);
  memcpy(&k, &(void *){jit_symbol(&j, "halves")}, sizeof k);
  fill(X, 5 * 16);
  check(k(5, 8, 16, X, X + 8) == TPP_OK && X[3] == X[11], "right half", 5, 8);
  check(k(5, 8, 16, X + 8, X) == TPP_OK, "left half", 5, 8);
  check(k(5, 8, 16, X + 8, X + 16) == TPP_OK, "next row", 5, 8);
  check(k(5, 8, 16, X, X + 7) == TPP_ERR_OVERLAP, "shared column", 5, 8);
  check(k(5, 9, 16, X, X + 8) == TPP_ERR_OVERLAP, "wider halves", 5, 9);
  check(k(1, 8, 16, X, X + 8) == TPP_OK, "one row", 1, 8);
  check(k(2, 8, 16, X, X + 24) == TPP_OK, "behind the last element", 2, 8);
  jit_close(&j);
}

/* The layer of fc.tir: BRGEMM, sums over blocks of k, an epilogue in the last. */
static void test_fc(const char *folder) {
  enum { K = 768, N = 3072, M = 37 };
  char path[4096];
  snprintf(path, sizeof path, "%s/fc.tir", folder);
  uint16_t *x = malloc(sizeof *x * M * K), *w = malloc(sizeof *w * K * N),
           *y = malloc(sizeof *y * M * N);
  float *b = malloc(sizeof *b * N);
  if (!x || !w || !y || !b)
    abort();
  fill16(x, M * K);
  fill16(w, K * N);
  fill(b, N);
  TppcEmitOptions opt = {.opt_level = 2, .cpu = "native"};
  Jit j = jit_open_file(path, &opt);
  int (*k)(int64_t, const uint16_t *, const uint16_t *, const float *, uint16_t *);
  memcpy(&k, &(void *){jit_symbol(&j, "fc")}, sizeof k);
  check(k(M, x, w, b, y) == TPP_OK, "fc: status", M, N);
  for (int m = 0; m < M; m += 6)
    for (int n = 0; n < N; n += 61) {
      float sum = b[n];
      for (int i = 0; i < K; i++)
        sum += tppd_bf16_to_f32(x[m * K + i]) * tppd_bf16_to_f32(w[i * N + n]);
      int d = y[m * N + n] - tppd_f32_to_bf16((float)tppd_gelu((double)sum));
      check(d >= -1 && d <= 1, "fc", m, n);
    }
  check(k(0, NULL, w, b, NULL) == TPP_OK, "fc: no rows", 0, N);
  jit_close(&j);
  free(x);
  free(w);
  free(y);
  free(b);
}

static void keep_code(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  (void)dx;
  (void)n;
  snprintf(user, 8, "%s", tppc_diag_code(items[0].id));
}

/* Code for another machine is refused, not run. */
static void test_foreign(void) {
  static const char text[] = "module level=rt\nkernel @k {\n  size @N\n}\n";
  char code[8] = "";
  TppcContext *cx = tppc_context_create();
  tppc_diags_set_handler(cx->diags, keep_code, code);
  TppcModule *m = tppc_parse_tir(cx, tppc_source_add(cx->diags, "<test>", text, sizeof text - 1));
  TppcEmitOptions opt = {.triple = "aarch64-linux-gnu"};
  check(m && !tppc_jit_new(m, &opt), "foreign target", 0, 0);
  tppc_diag_flush(cx->diags);
  check(!strcmp(code, "B0005"), code, 0, 0);
  tppc_context_destroy(cx);
}

/* u8 values promised to be at most 127 are checked when that is asked for. */
static void test_ranges(void) {
  static const char text[] = "module level=rt\n"
                             "kernel @r {\n"
                             "  size @M\n"
                             "  %X = param @X mode=in : u8[M, 10] range(0, 127)\n"
                             "  %Y = param @Y mode=out : f32[]\n"
                             "}\n";
  static uint8_t x[40];
  float y;
  for (int checked = 0; checked < 2; checked++) {
    TppcEmitOptions opt = {.opt_level = 2, .check_ranges = checked == 1};
    Jit j = jit_open(text, &opt);
    int (*k)(int64_t, const uint8_t *, float *);
    memcpy(&k, &(void *){jit_symbol(&j, "r")}, sizeof k);
    x[39] = 127;
    check(k(4, x, &y) == TPP_OK, "range kept", checked, 0);
    x[39] = 128;
    check(k(4, x, &y) == (checked ? TPP_ERR_RANGE : TPP_OK), "range broken", checked, 0);
    check(k(3, x, &y) == TPP_OK, "range outside", checked, 0);
    jit_close(&j);
  }
}

int main(int argc, char **argv) {
  static const char *const cpus[] = {"x86-64-v3", "native"};
  if (argc < 2)
    return 2;
  char path[4096];
  snprintf(path, sizeof path, "%s/tiles.tir", argv[1]);
  for (int cpu = 0; cpu < 2; cpu++)
    for (int level = 0; level <= 3; level++) {
      TppcEmitOptions opt = {.opt_level = level, .cpu = cpus[cpu]};
      int before = failures;
      test_all(path, &opt);
      if (failures > before)
        printf("with cpu %s, -O%d\n", cpus[cpu], level);
    }
  test_packed(argv[1]);
  test_structured(argv[1]);
  test_halves(argv[1]);
  test_fc(argv[1]);
  test_foreign();
  test_ranges();
  return failures != 0;
}
