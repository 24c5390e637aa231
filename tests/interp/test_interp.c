/* Modules in text, run on generated inputs, against loops written out here. */
#include "interp/interp.h"
#include "test.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_ARGS = 8 };

typedef struct Run {
  TppcContext *cx;
  TppcModule *m;
  TppcEnv env;
  TppcInterpArg args[MAX_ARGS];
  int n, status;
  bool ok;
} Run;

static void print_message(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  TppcBuf b = {0};
  (void)user;
  tppc_render_text(&b, dx, items, n, false);
  printf("%s", b.data);
  tppc_buf_free(&b);
}

/* Parses the kernel @f and makes its arguments; sizes are pairs of name and value, ended by NULL.
 */
static Run prepare(const char *text, ...) {
  Run r = {.cx = tppc_context_create()};
  tppc_diags_set_handler(r.cx->diags, print_message, NULL);
  char *copy = tppc_strdup(r.cx->arena, text);
  r.m = tppc_parse_tir(r.cx, tppc_source_add(r.cx->diags, "test.tir", copy, strlen(copy)));
  tppc_diag_flush(r.cx->diags);
  r.env.arena = r.cx->arena;
  va_list ap;
  va_start(ap, text);
  for (const char *name; (name = va_arg(ap, const char *));)
    tppc_env_set(&r.env, tppc_intern(r.cx->names, name), va_arg(ap, int));
  va_end(ap);
  TppcOp *k = r.m ? tppc_module_kernel(r.m, tppc_intern(r.cx->names, "f")) : NULL;
  const char *why;
  TppcEnv all = {.arena = r.cx->arena};
  for (int i = 0; i < r.env.v.n; i++)
    tppc_env_set(&all, r.env.v.data[i].sym, r.env.v.data[i].value);
  if (k)
    tppc_env_sizes(&all, k, &why);
  for (const TppcOp *op = k ? k->regions[0].first : NULL; op; op = op->next)
    if (op->kind == TPPC_OP_PARAM) {
      TppcTensor *t = tppc_tensor_new(op->results[0]->type, &all, &why);
      r.args[r.n].tensor = t;
      r.args[r.n++].bound = t ? calloc((size_t)t->n_values + 1, sizeof(double)) : NULL;
    }
  return r;
}

static void generate(Run *r, int i, TppcGenerator kind) {
  if (i < r->n)
    tppc_tensor_generate(r->args[i].tensor, kind, 1, i ? "b" : "a", 0, 0);
}

static void go(Test *t, Run *r) {
  r->ok = r->m && tppc_interp_run(r->m, "f", &r->env, r->args, r->n, &r->status);
  CHECK(t, r->ok);
}

static void release(Run *r) {
  for (int i = 0; i < r->n; i++) {
    tppc_tensor_free(r->args[i].tensor);
    free(r->args[i].bound);
  }
  tppc_context_destroy(r->cx);
}

static double at(const Run *r, int arg, int64_t i) {
  return tppc_tensor_get(r->args[arg].tensor, i);
}

static const char gemm[] =
    "module level=tpp\n"
    "kernel @f {\n"
    "  size @M\n  size @N\n  size @K\n"
    "  %A = param @A mode=in : f32[M, K]\n"
    "  %B = param @B mode=in : f32[K, N]\n"
    "  %C = param @C mode=out : f32[M, N]\n"
    "  tpp.nest @nest0 [m: M, n: N, k: K] {\n"
    "    tpp.contract [m: M, n: N, k: K] %C[m, n], %A[m, k], %B[k, n] init=1\n"
    "  }\n}\n";

static void check_gemm(Test *t, TppcGenerator kind, int M, int N, int K) {
  Run r = prepare(gemm, "M", M, "N", N, "K", K, NULL);
  generate(&r, 0, kind);
  generate(&r, 1, kind);
  go(t, &r);
  int bad = 0;
  for (int m = 0; m < M; m++)
    for (int n = 0; n < N; n++) {
      double s = 0, mag = 0;
      for (int k = 0; k < K; k++) {
        s += at(&r, 0, m * K + k) * at(&r, 1, k * N + n);
        mag += fabs(at(&r, 0, m * K + k) * at(&r, 1, k * N + n));
      }
      double e = r.args[2].bound[m * N + n];
      bad += fabs(at(&r, 2, m * N + n) - (double)(float)s) > 1e-7 * mag;
      if (kind == TPPC_GEN_INT || K == 0)
        bad += e != 0;
      else
        bad += e < K * 0x1p-24 * mag || e > (K + 4) * 0x1p-23 * mag + 1e-30;
    }
  CHECK_INT(t, bad, 0);
  release(&r);
}

static void contract_plain(Test *t) {
  check_gemm(t, TPPC_GEN_INT, 7, 9, 33);
  check_gemm(t, TPPC_GEN_RAND, 7, 9, 33);
  check_gemm(t, TPPC_GEN_RAND, 1, 1, 1);
  check_gemm(t, TPPC_GEN_RAND, 3, 5, 0);
  check_gemm(t, TPPC_GEN_RAND, 0, 5, 4);
}

static void contract_speed(Test *t) {
  Run r = prepare(gemm, "M", 256, "N", 3072, "K", 768, NULL);
  generate(&r, 0, TPPC_GEN_RAND);
  generate(&r, 1, TPPC_GEN_RAND);
  clock_t start = clock();
  go(t, &r);
  printf("     256 x 3072 x 768 took %.2f s\n", (double)(clock() - start) / CLOCKS_PER_SEC);
  release(&r);
}

/* Any layout of the operands, by their index order. */
static void contract_transposed(Test *t) {
  Run r = prepare("module level=tpp\n"
                  "kernel @f {\n"
                  "  %A = param @A mode=in : f32[6, 5]\n"
                  "  %B = param @B mode=in : f32[4, 6]\n"
                  "  %C = param @C mode=inout : f32[4, 5]\n"
                  "  tpp.nest @nest0 [m: 5, n: 4, k: 6] {\n"
                  "    tpp.contract [m: 5, n: 4, k: 6] %C[n, m], %A[k, m], %B[n, k] init=0\n"
                  "  }\n}\n",
                  NULL);
  for (int i = 0; i < 3; i++)
    generate(&r, i, TPPC_GEN_INT);
  double c0 = at(&r, 2, 3 * 5 + 2), s = c0;
  for (int k = 0; k < 6; k++)
    s += at(&r, 0, k * 5 + 2) * at(&r, 1, 3 * 6 + k);
  go(t, &r);
  CHECK(t, at(&r, 2, 3 * 5 + 2) == s);
  CHECK(t, r.args[2].bound[17] == 0);
  release(&r);
}

static const char narrow[] = "module level=tpp\n"
                             "kernel @f {\n"
                             "  %A = param @A mode=in : bf16[2, 300]\n"
                             "  %Y = param @Y mode=out : bf16[2]\n"
                             "  tpp.nest @nest0 [m: 2, k: 300] {\n"
                             "    tpp.stmt [m: 2, k: 300] {\n"
                             "      %0 = tpp.load %A[m, k] : f32\n"
                             "      tpp.store %0, %Y[m] update=add init=1\n"
                             "    }\n"
                             "  }\n}\n";

/* 300 ones sum to 300, which BF16 has; rounding after every step would stop at 256. */
static void narrow_sum_rounds_once(Test *t) {
  Run r = prepare(narrow, NULL);
  for (int i = 0; i < 600; i++)
    tppc_tensor_set(r.args[0].tensor, i, 1);
  tppc_tensor_set(r.args[0].tensor, 599, 2);
  go(t, &r);
  CHECK(t, at(&r, 1, 0) == 300);
  CHECK(t, at(&r, 1, 1) == 300); /* 301 to even */
  CHECK(t, r.args[1].bound[0] == 0 && r.args[1].bound[1] == 0);
  release(&r);
}

static void bounds_of_eltwise(Test *t) {
  Run r = prepare("module level=tpp\n"
                  "kernel @f {\n"
                  "  %X = param @X mode=in : f32[64]\n"
                  "  %Y = param @Y mode=out : f32[64]\n"
                  "  %Z = param @Z mode=out : f32[64]\n"
                  "  %R = param @R mode=out : f32[64]\n"
                  "  tpp.nest @nest0 [m: 64] {\n"
                  "    tpp.stmt [m: 64] {\n"
                  "      %0 = tpp.load %X[m] : f32\n"
                  "      %1 = tpp.exp %0 : f32\n"
                  "      tpp.store %1, %Y[m] update=set\n"
                  "    }\n"
                  "    tpp.stmt [m: 64] {\n"
                  "      %2 = tpp.load %X[m] : f32\n"
                  "      %3 = tpp.mul %2, %2 : f32\n"
                  "      tpp.store %3, %Z[m] update=set\n"
                  "    }\n"
                  "    tpp.stmt [m: 64] {\n"
                  "      %4 = tpp.load %X[m] : f32\n"
                  "      %5 = tpp.mul %4, %4 : f32\n"
                  "      %6 = tpp.add %5, %4 : f32\n"
                  "      tpp.store %6, %R[m] update=set\n"
                  "    }\n"
                  "  }\n}\n",
                  NULL);
  generate(&r, 0, TPPC_GEN_RAND);
  go(t, &r);
  int contracted = 0;
  for (int i = 0; i < 64; i++) {
    double x = at(&r, 0, i), y = at(&r, 1, i), e = r.args[1].bound[i];
    CHECK(t, y == (double)(float)exp(x));
    CHECK(t, e > 0 && e <= y * 2 * 0x1p-23);
    CHECK(t, r.args[2].bound[i] == 0);
    double plain = (double)((float)x * (float)x + (float)x),
           fused = (double)fmaf((float)x, (float)x, (float)x);
    CHECK(t, at(&r, 3, i) == plain);
    CHECK(t, fabs(fused - plain) <= r.args[3].bound[i]);
    contracted += fused != plain;
  }
  CHECK(t, contracted > 0);
  release(&r);
}

static void jumps_widen(Test *t) {
  Run r = prepare("module level=tpp\n"
                  "kernel @f {\n"
                  "  %A = param @A mode=in : f32[1, 2]\n"
                  "  %Y = param @Y mode=out : f32[1]\n"
                  "  %I = param @I mode=out : i8[1]\n"
                  "  tpp.nest @nest0 [m: 1, k: 2] {\n"
                  "    %s = tpp.temp @s : f32[1]\n"
                  "    tpp.stmt [m: 1, k: 2] {\n"
                  "      %0 = tpp.load %A[m, k] : f32\n"
                  "      tpp.store %0, %s[m] update=add init=1\n"
                  "    }\n"
                  "    tpp.stmt [m: 1] {\n"
                  "      %1 = tpp.load %s[m] : f32\n"
                  "      %2 = tpp.relu_grad %1 : f32\n"
                  "      tpp.store %2, %Y[m] update=set\n"
                  "    }\n"
                  "    tpp.stmt [m: 1] {\n"
                  "      %3 = tpp.load %s[m] : f32\n"
                  "      %4 = tpp.const value=0.0 : f32\n"
                  "      %5 = tpp.gt %3, %4 : bit\n"
                  "      %6 = tpp.convert %5 : i32\n"
                  "      tpp.store %6, %I[m] update=set\n"
                  "    }\n"
                  "  }\n}\n",
                  NULL);
  tppc_tensor_set(r.args[0].tensor, 0, 1.1);
  tppc_tensor_set(r.args[0].tensor, 1, -1.1);
  go(t, &r);
  /* Equal terms cancel exactly, but the sum is not known to be exact, so its sign is open. */
  CHECK(t, r.args[1].bound[0] >= 1 || r.args[1].bound[0] == 0);
  tppc_tensor_set(r.args[0].tensor, 1, -1.1 + 0x1p-22);
  tppc_tensor_set(r.args[0].tensor, 0, 1.1 + 0x1p-10);
  go(t, &r);
  CHECK(t, at(&r, 1, 0) == 1 && at(&r, 2, 0) == 1);
  CHECK(t, r.args[1].bound[0] == 0 && r.args[2].bound[0] == 0);
  release(&r);
}

static const char sparse[] =
    "module level=tpp\n"
    "kernel @f {\n"
    "  %X = param @X mode=in : f32[5, 12]\n"
    "  %W = param @W mode=in : f32[12, 10] bcsc(4, 4)\n"
    "  %Y = param @Y mode=out : f32[5, 10]\n"
    "  tpp.nest @nest0 [m: 5, n: 10, k: 12] {\n"
    "    tpp.contract [m: 5, n: 10, k: 12] %Y[m, n], %X[m, k], %W[k, n] init=1\n"
    "  }\n}\n";

static void contract_sparse(Test *t) {
  Run r = prepare(sparse, NULL);
  generate(&r, 0, TPPC_GEN_INT);
  double w[120] = {0};
  for (int i = 0; i < 120; i++)
    w[i] = i / 10 / 4 == 1 && i % 10 < 4 ? 0 : i % 7 - 3;
  tppc_sparse_from_dense(r.args[1].tensor, w);
  CHECK_INT(t, r.args[1].tensor->nnz, 8);
  go(t, &r);
  int bad = 0;
  for (int m = 0; m < 5; m++)
    for (int n = 0; n < 10; n++) {
      double s = 0;
      for (int k = 0; k < 12; k++)
        s += at(&r, 0, m * 12 + k) * w[k * 10 + n];
      bad += s != at(&r, 2, m * 10 + n) || r.args[2].bound[m * 10 + n] != 0;
    }
  CHECK_INT(t, bad, 0);
  release(&r);
}

static const char conv[] =
    "module level=tpp\n"
    "kernel @f {\n"
    "  %I = param @I mode=in : f32[h: 6, w: 5] pad(h: 1, w: 1)\n"
    "  %F = param @F mode=in : f32[3, 3]\n"
    "  %O = param @O mode=out : f32[3, 5]\n"
    "  tpp.nest @nest0 [p: 3, q: 5, r: 3, s: 3] {\n"
    "    tpp.contract [p: 3, q: 5, r: 3, s: 3] %O[p, q], %I[2*p + r - 1, q + s - 1], "
    "%F[r, s] init=1\n"
    "  }\n}\n";

static void contract_padded(Test *t) {
  Run r = prepare(conv, NULL);
  generate(&r, 0, TPPC_GEN_INT);
  generate(&r, 1, TPPC_GEN_INT);
  go(t, &r);
  for (int p = 0; p < 3; p++)
    for (int q = 0; q < 5; q++) {
      double s = 0;
      for (int k = 0; k < 9; k++) {
        int y = 2 * p + k / 3 - 1, x = q + k % 3 - 1;
        s += y < 0 || x < 0 || y >= 6 || x >= 5 ? 0 : at(&r, 0, y * 5 + x) * at(&r, 1, k);
      }
      CHECK(t, at(&r, 2, p * 5 + q) == s);
    }
  CHECK_INT(t, r.status, TPP_OK);
  release(&r);
}

static void calls_bind_sizes(Test *t) {
  Run r = prepare("module level=tpp\n"
                  "kernel @g {\n"
                  "  size @K\n"
                  "  %X = param @X mode=in : f32[K]\n"
                  "  %Y = param @Y mode=out : f32[K]\n"
                  "  tpp.nest @nest0 [k: K] {\n"
                  "    tpp.stmt [k: K] {\n"
                  "      %0 = tpp.load %X[k] : f32\n"
                  "      %1 = tpp.neg %0 : f32\n"
                  "      tpp.store %1, %Y[k] update=set\n"
                  "    }\n"
                  "  }\n}\n"
                  "kernel @f {\n"
                  "  size @M\n"
                  "  %A = param @A mode=in : f32[M]\n"
                  "  %B = param @B mode=out : f32[M]\n"
                  "  %T = local @T : f32[M]\n"
                  "  tpp.call @c0 [K: M] %A, %T callee=\"g\" n_outputs=1\n"
                  "  tpp.call @c1 [K: M] %T, %B callee=\"g\" n_outputs=1\n"
                  "}\n",
                  "M", 4, NULL);
  generate(&r, 0, TPPC_GEN_RAND);
  go(t, &r);
  for (int i = 0; i < 4; i++)
    CHECK(t, at(&r, 1, i) == at(&r, 0, i));
  release(&r);
}

static void promises_are_checked(Test *t) {
  Run r = prepare("module level=tpp\n"
                  "kernel @f {\n"
                  "  size @M\n"
                  "  require when=(M % 4 == 0) status=promise text=\"M % 4\"\n"
                  "  %A = param @A mode=inout : f32[M]\n"
                  "}\n",
                  "M", 6, NULL);
  go(t, &r);
  CHECK_INT(t, r.status, TPP_ERR_PROMISE);
  release(&r);
}

static void integer_sums_wrap(Test *t) {
  Run r = prepare("module level=tpp\n"
                  "kernel @f {\n"
                  "  %A = param @A mode=in : i32[4]\n"
                  "  %Y = param @Y mode=out : i32[]\n"
                  "  %Z = param @Z mode=out : i8[]\n"
                  "  tpp.nest @nest0 [k: 4] {\n"
                  "    tpp.stmt [k: 4] {\n"
                  "      %0 = tpp.load %A[k] : i32\n"
                  "      tpp.store %0, %Y[] update=add init=1\n"
                  "    }\n"
                  "    tpp.stmt [k: 4] {\n"
                  "      %1 = tpp.load %A[k] : i32\n"
                  "      tpp.store %1, %Z[] update=max init=1\n"
                  "    }\n"
                  "  }\n}\n",
                  NULL);
  for (int i = 0; i < 4; i++)
    tppc_tensor_set_int(r.args[0].tensor, i, INT32_MAX);
  go(t, &r);
  CHECK_INT(t, tppc_tensor_get_int(r.args[1].tensor, 0), -4);
  CHECK_INT(t, tppc_tensor_get_int(r.args[2].tensor, 0), 127);
  release(&r);
}

/* %s is where k runs, %s what ends an iteration of it. */
static const char scheduled[] =
    "module level=loop\n"
    "kernel @f {\n"
    "  %%A = param @A mode=in : f32[8, 6]\n"
    "  %%Y = param @Y mode=out : f32[8]\n"
    "  %%Z = param @Z mode=out : f32[8]\n"
    "  loop.nest @f.n {\n"
    "    %%s = loop.buffer @s space=shared : f32[8]\n"
    "    loop.par [m0 = 0 to 8 step 2] policy=%s {\n"
    "      loop.contract [m = m0 to m0 + 2, k: 6] %%s[m], %%A[m, k], %%A[m, k] init=1\n"
    "    }\n"
    "%s"
    "    loop.par [m1 = 0 to 8 step 2] policy=%s {\n"
    "      loop.tile [m = m1 to m1 + 2] {\n"
    "        %%0 = tpp.load %%s[%s] : f32\n"
    "        tpp.store %%0, %%Y[m] update=set\n"
    "      }\n"
    "    }\n"
    "    loop.if when=(tid == 0) {\n"
    "      loop.tile [m: 8] {\n"
    "        %%1 = tpp.load %%A[m, 0] : f32\n"
    "        tpp.store %%1, %%Z[m] update=set\n"
    "      }\n"
    "    }\n"
    "  }\n}\n";

static void check_race(Test *t, const char *policy, const char *between, const char *index,
                       const char *want) {
  char text[2048];
  snprintf(text, sizeof text, scheduled, policy, between, policy, index);
  Run r = prepare(text, NULL);
  generate(&r, 0, TPPC_GEN_INT);
  TppcRace race;
  CHECK(t, tppc_interp_run_threads(r.m, "f", &r.env, r.args, r.n, 3, &race, &r.status));
  CHECK_STR(t, race.text, want);
  double y = 0;
  for (int k = 0; k < 6; k++)
    y += at(&r, 0, 6 + k) * at(&r, 0, 6 + k);
  if (!*want)
    CHECK(t, at(&r, 1, strchr(index, '7') ? 6 : 1) == y);
  release(&r);
}

static void races(Test *t) {
  /* An element stays with its thread; on demand it may not. */
  check_race(t, "static", "", "m", "");
  check_race(t, "static", "    loop.barrier\n", "7 - m", "");
  check_race(t, "dynamic", "", "m", "");
  check_race(t, "static", "", "7 - m",
             "thread 1 and thread 2 both reach s[3] without a barrier in between; thread 2 reads");
}

static const char called[] =
    "module level=rt\n"
    "kernel @f {\n"
    "  %%A = param @A mode=in : bf16[2, 3]\n"
    "  %%B = param @B mode=in : bf16[k: 3, n: 2] as [k/2][n][k%%2]\n"
    "  %%C = param @C mode=out : f32[2, 2]\n"
    "  %%k = rt.select kind=brgemm a=bf16 b=bf16 c=f32 a_pack=1 b_pack=2 m=(2) n=(2) k=(3) br=(1) "
    "a_rs=(3) "
    "a_cs=(1) b_rs=(4) b_cs=(2) c_rs=(2) c_cs=(1) br_a=(0) br_b=(0) provider=any exact=1 : handle\n"
    "  loop.nest @f.n parallel=0 {\n"
    "    rt.brgemm %%k, %%C[0], %%A[0], %%B[%d] m=(2) n=(2) k=(3) br=(1) beta=(0)\n"
    "  }\n}\n";

/* B is in VNNI-2 storage; an offset of one row leaves it. */
static void kernel_calls(Test *t) {
  for (int off = 0; off <= 4; off += 4) {
    char text[1024];
    snprintf(text, sizeof text, called, off);
    Run r = prepare(text, NULL);
    generate(&r, 0, TPPC_GEN_INT);
    generate(&r, 1, TPPC_GEN_INT);
    go(t, &r);
    CHECK_INT(t, r.status, off ? TPP_ERR_INDEX : TPP_OK);
    for (int i = 0; i < 4 && !off; i++) {
      double s = 0;
      for (int k = 0; k < 3; k++)
        s += at(&r, 0, i / 2 * 3 + k) * at(&r, 1, k * 2 + i % 2);
      CHECK(t, at(&r, 2, i) == s && r.args[2].bound[i] == 0);
    }
    release(&r);
  }
}

static void comparison(Test *t) {
  Run r = prepare(narrow, NULL);
  TppcTensor *a = r.args[1].tensor, *b;
  const char *why;
  b = tppc_tensor_new(a->type, &r.env, &why);
  TppcComparison c = {.worst_at = -1};
  double bound[2] = {0, 0.5};
  tppc_tensor_set(a, 0, (double)NAN);
  tppc_tensor_set(b, 0, (double)NAN);
  tppc_tensor_set(b, 1, 0.25);
  CHECK(t, tppc_compare(&c, a, bound, b));
  CHECK(t, c.wrong == 0 && c.worst == 0.5 && c.worst_at == 1);
  tppc_tensor_set(b, 0, 1);
  CHECK(t, tppc_compare(&c, a, bound, b));
  CHECK(t, c.wrong == 1 && isinf(c.worst) && c.worst_at == 0 && c.compared == 4);
  tppc_tensor_free(b);
  release(&r);
}

TEST_MAIN({"contract.plain", contract_plain}, {"contract.speed", contract_speed},
          {"contract.transposed", contract_transposed}, {"contract.sparse", contract_sparse},
          {"contract.padded", contract_padded}, {"sum.narrow_rounds_once", narrow_sum_rounds_once},
          {"sum.integers_wrap", integer_sums_wrap}, {"bounds.eltwise", bounds_of_eltwise},
          {"bounds.jumps", jumps_widen}, {"kernel.calls", calls_bind_sizes},
          {"kernel.promises", promises_are_checked}, {"threads.races", races},
          {"kernel.microkernels", kernel_calls}, {"compare", comparison})
