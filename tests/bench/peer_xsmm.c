/* The newest libxsmm, from a tree outside of the project: -DTPPC_PEER_LIBXSMM=folder, in which
 * `make STATIC=0` ran. It gets the layouts that it likes best, made before it is timed; where it
 * has but a reference kernel, which is scalar, it does not run. libxsmm counts columns first: its A
 * is our B and the other way round. */
#include "peers.h"

#ifndef BENCH_XSMM

void peer_xsmm(const BenchCase *c, BenchPeer *out) {
  (void)c;
  *out = (BenchPeer){.name = "libxsmm", .not_run = "TPPC_PEER_LIBXSMM"};
}

#else
#include <libxsmm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 8, BLOCK = 32 };

typedef struct Xsmm {
  libxsmm_gemmfunction gemm;
  libxsmm_meltwfunction_unary unary, across;
  libxsmm_meqn_function equation;
  int64_t t, m, n, k;
  char *a, *b; /* ours, in its layouts */
  unsigned *ptr, *idx;
  float *c;
  void *result; /* row-major */
  const void *in;
  float *gamma, *beta, eps;
} Xsmm;

static void close_xsmm(void *state) {
  Xsmm *x = state;
  free(x->a);
  free(x->b);
  free(x->ptr);
  free(x->idx);
  free(x->c);
  free(x->result);
  free(x);
}

static void *room(int64_t n, size_t size) {
  void *p = aligned_alloc(64, ((size_t)n * size + 64) / 64 * 64);
  if (!p)
    abort();
  memset(p, 0, ((size_t)n * size + 64) / 64 * 64);
  return p;
}

/* Why a dispatched kernel is no contestant, or NULL. */
static const char *refusal(const void *kernel) {
  libxsmm_kernel_info info;
  if (!kernel)
    return "has no kernel";
  return libxsmm_get_kernel_info(kernel, &info) == 0 && info.is_reference_kernel
             ? "has but a scalar reference"
             : NULL;
}

/* ---- batches of tiles: C^T = B^T A^T, all columns first ---- */

static int run_tiles(void *state) {
  Xsmm *x = state;
  unsigned long long batch = BATCH;
  libxsmm_gemm_param p = {0};
  p.op.tertiary = &batch;
  for (int64_t t = 0; t < x->t; t++) {
    p.a.primary = x->b + t * BATCH * x->k * x->n * 4;
    p.b.primary = x->a + t * BATCH * x->k * x->m * 4;
    p.c.primary = x->c + t * x->m * x->n;
    x->gemm(&p);
  }
  return 0;
}

static libxsmm_gemmfunction dispatch(int64_t m, int64_t n, int64_t k, int type, int bytes,
                                     int flags) {
  libxsmm_datatype in = type == TPP_BF16 ? LIBXSMM_DATATYPE_BF16 : LIBXSMM_DATATYPE_F32;
  /* libxsmm's m runs along our n. */
  libxsmm_gemm_shape shape =
      libxsmm_create_gemm_shape((int)n, (int)m, (int)k, (int)n, (int)k, (int)n, in, in,
                                LIBXSMM_DATATYPE_F32, LIBXSMM_DATATYPE_F32);
  libxsmm_gemm_batch_reduce_config batch = libxsmm_create_gemm_batch_reduce_config(
      LIBXSMM_GEMM_BATCH_REDUCE_STRIDE, (int)(k * n) * bytes, (int)(m * k) * bytes, 0);
  return libxsmm_dispatch_brgemm(shape, (libxsmm_bitfield)(flags | LIBXSMM_GEMM_FLAG_BETA_0),
                                 LIBXSMM_GEMM_PREFETCH_NONE, batch);
}

static const char *open_tiles(const BenchCase *c, Xsmm *x, BenchPeer *out) {
  int64_t batches = c->t * BATCH;
  const float *a = bench_argument(c, "A"), *b = bench_argument(c, "B");
  x->a = room(batches * c->m * c->k, 4);
  x->b = room(batches * c->n * c->k, 4);
  x->c = room(c->t * c->m * c->n, 4);
  memcpy(x->b, b, (size_t)(batches * c->n * c->k) * 4);
  for (int64_t i = 0; i < batches; i++)
    for (int64_t p = 0; p < c->k; p++)
      for (int64_t r = 0; r < c->m; r++)
        ((float *)x->a)[(i * c->m + r) * c->k + p] = a[(i * c->k + p) * c->m + r];
  x->gemm = dispatch(c->m, c->n, c->k, TPP_F32, 4, 0);
  const char *why = refusal((const void *)x->gemm);
  out->run = run_tiles;
  out->result = x->c;
  return why;
}

/* ---- BF16, 32 x 32 x 32 blocks, pairs along k together ---- */

static int run_bf16(void *state) {
  Xsmm *x = state;
  unsigned long long batch = (unsigned long long)(x->k / BLOCK);
  libxsmm_gemm_param p = {0};
  p.op.tertiary = &batch;
  for (int64_t j = 0; j < x->n / BLOCK; j++)
    for (int64_t i = 0; i < x->m / BLOCK; i++) {
      p.a.primary = x->b + j * x->k * BLOCK * 2;
      p.b.primary = x->a + i * x->k * BLOCK * 2;
      p.c.primary = x->c + (j * (x->m / BLOCK) + i) * BLOCK * BLOCK;
      x->gemm(&p);
    }
  return 0;
}

static const char *open_bf16(const BenchCase *c, Xsmm *x, BenchPeer *out) {
  const uint16_t *a = bench_argument(c, "A"), *b = bench_argument(c, "B");
  x->a = room(c->m * c->k, 2);
  x->b = room(c->n * c->k, 2);
  x->c = room(c->m * c->n, 4);
  x->result = room(c->m * c->n, 4);
  for (int64_t i = 0; i < c->m; i++)
    for (int64_t p = 0; p < c->k; p++)
      ((uint16_t *)x->a)[(i / BLOCK * (c->k / BLOCK) + p / BLOCK) * BLOCK * BLOCK +
                         i % BLOCK * BLOCK + p % BLOCK] = a[i * c->k + p];
  for (int64_t p = 0; p < c->k; p++)
    for (int64_t j = 0; j < c->n; j++)
      ((uint16_t *)x->b)[(j / BLOCK * (c->k / BLOCK) + p / BLOCK) * BLOCK * BLOCK +
                         p % BLOCK / 2 * BLOCK * 2 + j % BLOCK * 2 + p % 2] = b[p * c->n + j];
  x->gemm = dispatch(BLOCK, BLOCK, BLOCK, TPP_BF16, 2, LIBXSMM_GEMM_FLAG_VNNI_A);
  const char *why = refusal((const void *)x->gemm);
  if (why)
    return why;
  run_bf16(x);
  float *result = x->result;
  for (int64_t i = 0; i < c->m; i++)
    for (int64_t j = 0; j < c->n; j++)
      result[i * c->n + j] = x->c[(j / BLOCK * (c->m / BLOCK) + i / BLOCK) * BLOCK * BLOCK +
                                  i % BLOCK * BLOCK + j % BLOCK];
  out->run = run_bf16;
  out->result = result;
  return NULL;
}

/* ---- sparse by blocks of columns, A packed in rows of 32 ---- */

static int run_sparse(void *state) {
  Xsmm *x = state;
  unsigned long long lines = (unsigned long long)x->n; /* of blocks */
  libxsmm_gemm_param p = {0};
  p.a.primary = x->a;
  p.b.primary = x->b;
  p.b.secondary = x->ptr;
  p.b.tertiary = x->idx;
  p.b.quaternary = &lines;
  p.c.primary = x->c;
  x->gemm(&p);
  return 0;
}

/* Blocks by columns, each with k running fastest, whatever ours is stored by. */
static void copy_blocks(const TppcTensor *t, const double *dense, int64_t side, Xsmm *x) {
  int64_t rows = t->dim[0] / side, cols = t->dim[1] / side, n = 0;
  x->ptr = room(cols + 1, sizeof *x->ptr);
  x->idx = room(rows * cols, sizeof *x->idx);
  x->b = room(t->count, 4);
  for (int64_t j = 0; j < cols; j++) {
    for (int64_t i = 0; i < rows; i++) {
      bool any = false;
      for (int64_t e = 0; e < side * side; e++) {
        float v = (float)dense[(i * side + e % side) * t->dim[1] + j * side + e / side];
        ((float *)x->b)[n * side * side + e] = v;
        any = any || v != 0;
      }
      if (any)
        x->idx[n++] = (unsigned)i;
    }
    x->ptr[j + 1] = (unsigned)n;
  }
}

static const char *open_sparse(const BenchCase *c, Xsmm *x, BenchPeer *out) {
  const TppcTensor *b = bench_tensor(c, "B");
  int64_t side = tppc_tensor_blocking(b).side_c, blocks = c->m / BLOCK;
  const float *a = bench_argument(c, "A");
  if (bench_tensor(c, "A")->elem != TPP_F32)
    return "F32 only";
  double *dense = room(b->count, sizeof *dense);
  tppc_sparse_to_dense(b, dense);
  copy_blocks(b, dense, side, x);
  free(dense);
  x->n = c->n / side;
  x->a = room(c->m * c->k, 4);
  x->c = room(c->m * c->n, 4);
  x->result = room(c->m * c->n, 4);
  for (int64_t i = 0; i < c->m; i++)
    for (int64_t p = 0; p < c->k; p++)
      ((float *)x->a)[(i / BLOCK * c->k + p) * BLOCK + i % BLOCK] = a[i * c->k + p];
  libxsmm_gemm_shape shape = libxsmm_create_gemm_shape(
      (int)blocks, 0, (int)c->k, (int)c->k, 0, (int)c->n, LIBXSMM_DATATYPE_F32,
      LIBXSMM_DATATYPE_F32, LIBXSMM_DATATYPE_F32, LIBXSMM_DATATYPE_F32);
  libxsmm_spgemm_config config = {.packed_width = BLOCK, .bk = (int)side, .bn = (int)side};
  x->gemm = libxsmm_create_packed_spgemm_bcsc(shape, LIBXSMM_GEMM_FLAG_BETA_0, 0, config);
  if (!x->gemm)
    return "has no kernel";
  run_sparse(x);
  float *result = x->result;
  for (int64_t i = 0; i < c->m; i++)
    for (int64_t j = 0; j < c->n; j++)
      result[i * c->n + j] = x->c[(i / BLOCK * c->n + j) * BLOCK + i % BLOCK];
  out->run = run_sparse;
  out->result = result;
  return NULL;
}

/* ---- elementwise ---- */

static int run_unary(void *state) {
  Xsmm *x = state;
  libxsmm_meltw_unary_param p = {0};
  p.in.primary = (void *)(uintptr_t)x->in;
  p.out.primary = x->result;
  x->unary(&p);
  return 0;
}

static const char *open_unary(const BenchCase *c, Xsmm *x, BenchPeer *out) {
  static const struct {
    const char *kernel;
    libxsmm_meltw_unary_type type;
  } ops[] = {{"tanh_bf16", LIBXSMM_MELTW_TYPE_UNARY_TANH},
             {"sigmoid_bf16", LIBXSMM_MELTW_TYPE_UNARY_SIGMOID},
             {"exp_bf16", LIBXSMM_MELTW_TYPE_UNARY_EXP},
             {"transpose_bf16", LIBXSMM_MELTW_TYPE_UNARY_TRANSFORM_NORM_TO_NORMT}};
  int64_t n = bench_tensor(c, "X")->count;
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
    if (strcmp(c->run->kernel->name, ops[i].kernel))
      continue;
    bool moves = ops[i].type == LIBXSMM_MELTW_TYPE_UNARY_TRANSFORM_NORM_TO_NORMT;
    libxsmm_meltw_unary_shape shape = libxsmm_create_meltw_unary_shape(
        64, (int)(n / 64), 64, 64, LIBXSMM_DATATYPE_BF16, LIBXSMM_DATATYPE_BF16,
        moves ? LIBXSMM_DATATYPE_BF16 : LIBXSMM_DATATYPE_F32);
    x->unary = libxsmm_dispatch_meltw_unary(ops[i].type, shape, LIBXSMM_MELTW_FLAG_UNARY_NONE);
    x->result = room(n, 2);
    x->in = bench_argument(c, "X");
    out->run = run_unary;
    out->result = x->result;
    out->elem = TPP_BF16;
    out->tolerance = moves ? 0 : 0.02;
    return refusal((const void *)x->unary);
  }
  return "no such op";
}

/* ---- softmax and layer normalisation: equations over a row, which is folded to columns so that
 * sums go down the vectors first ---- */

enum { FOLD = 64, DUMPED = 31 };

static void push_unary(int eq, libxsmm_meltw_unary_type type, libxsmm_bitfield flags, int place) {
  libxsmm_meqn_push_back_unary_op(libxsmm_create_meqn_op_metadata(eq, place), type,
                                  LIBXSMM_DATATYPE_F32, flags);
}

/* An operand of m x n without gaps. */
static void push_operand(int eq, int place, int64_t m, int64_t n) {
  libxsmm_meqn_push_back_arg(
      libxsmm_create_meqn_arg_metadata(eq, place),
      libxsmm_create_meqn_arg_shape((int)m, (int)n, (int)m, LIBXSMM_DATATYPE_F32),
      libxsmm_create_matrix_arg_attributes(LIBXSMM_MATRIX_ARG_TYPE_SINGULAR,
                                           LIBXSMM_MATRIX_ARG_SET_TYPE_NONE, 0, 0));
}

static void push_reduction(int eq, libxsmm_meltw_unary_type type) {
  push_unary(eq, type, LIBXSMM_MELTW_FLAG_UNARY_REDUCE_ROWS, -1);
  push_unary(eq, type, LIBXSMM_MELTW_FLAG_UNARY_REDUCE_COLS, -1);
}

static libxsmm_meqn_function end_equation(int eq, const Xsmm *x) {
  return libxsmm_dispatch_meqn(
      eq, libxsmm_create_meqn_arg_shape(FOLD, (int)(x->n / FOLD), FOLD, LIBXSMM_DATATYPE_F32));
}

static int run_softmax(void *state) {
  Xsmm *x = state;
  libxsmm_matrix_op_arg ops[DUMPED + 1] = {0};
  libxsmm_matrix_arg in[2] = {{.primary = x->c}};
  libxsmm_meqn_param p = {.ops_args = ops, .inputs = in};
  ops[DUMPED].primary = x->c;
  for (int64_t i = 0; i < x->m; i++) {
    in[1].primary = (float *)(uintptr_t)x->in + i * x->n;
    p.output.primary = (float *)x->result + i * x->n;
    x->equation(&p);
  }
  return 0;
}

/* e times 1 / sum(e), in which e = exp(x - max(x)) is kept aside. */
static const char *open_softmax(Xsmm *x) {
  int64_t columns = x->n / FOLD;
  int eq = libxsmm_meqn_create();
  libxsmm_meqn_op_metadata op = libxsmm_create_meqn_op_metadata(eq, -1);
  libxsmm_meqn_push_back_binary_op(op, LIBXSMM_MELTW_TYPE_BINARY_MUL, LIBXSMM_DATATYPE_F32,
                                   LIBXSMM_MELTW_FLAG_BINARY_BCAST_SCALAR_IN_1);
  push_operand(eq, 0, FOLD, columns);
  push_unary(eq, LIBXSMM_MELTW_TYPE_UNARY_RECIPROCAL, LIBXSMM_MELTW_FLAG_UNARY_NONE, -1);
  push_reduction(eq, LIBXSMM_MELTW_TYPE_UNARY_REDUCE_X_OP_ADD);
  push_unary(eq, LIBXSMM_MELTW_TYPE_UNARY_DUMP, LIBXSMM_MELTW_FLAG_UNARY_NONE, DUMPED);
  push_unary(eq, LIBXSMM_MELTW_TYPE_UNARY_EXP, LIBXSMM_MELTW_FLAG_UNARY_NONE, -1);
  libxsmm_meqn_push_back_binary_op(op, LIBXSMM_MELTW_TYPE_BINARY_SUB, LIBXSMM_DATATYPE_F32,
                                   LIBXSMM_MELTW_FLAG_BINARY_BCAST_SCALAR_IN_1);
  push_operand(eq, 1, FOLD, columns);
  push_reduction(eq, LIBXSMM_MELTW_TYPE_UNARY_REDUCE_X_OP_MAX);
  push_operand(eq, 1, FOLD, columns);
  x->equation = end_equation(eq, x);
  x->c = room(x->n, 4);
  return refusal((const void *)x->equation);
}

static int run_layernorm(void *state) {
  Xsmm *x = state;
  float sums[2 * FOLD], sum, squares, scale, shift;
  libxsmm_meltw_unary_param down = {.out.primary = sums};
  libxsmm_meltw_unary_param first = {.in.primary = sums, .out.primary = &sum};
  libxsmm_meltw_unary_param second = {.in.primary = sums + FOLD, .out.primary = &squares};
  libxsmm_matrix_arg in[5] = {
      {0}, {.primary = &scale}, {.primary = &shift}, {.primary = x->gamma}, {.primary = x->beta}};
  libxsmm_meqn_param p = {.inputs = in};
  for (int64_t i = 0; i < x->m; i++) {
    down.in.primary = in[0].primary = (float *)(uintptr_t)x->in + i * x->n;
    x->unary(&down);
    x->across(&first);
    x->across(&second);
    float mean = sum / (float)x->n;
    scale = 1 / sqrtf(squares / (float)x->n - mean * mean + x->eps);
    shift = -mean * scale;
    p.output.primary = (float *)x->result + i * x->n;
    x->equation(&p);
  }
  return 0;
}

/* Sums of x and of its squares, then (x * scale + shift) * gamma + beta. */
static const char *open_layernorm(const BenchCase *c, Xsmm *x) {
  int64_t columns = x->n / FOLD;
  libxsmm_datatype f32 = LIBXSMM_DATATYPE_F32;
  x->gamma = bench_argument(c, "gamma");
  x->beta = bench_argument(c, "beta");
  x->eps = *(const float *)bench_argument(c, "eps");
  x->unary = libxsmm_dispatch_meltw_unary(
      LIBXSMM_MELTW_TYPE_UNARY_REDUCE_X_X2_OP_ADD,
      libxsmm_create_meltw_unary_shape(FOLD, (int)columns, FOLD, FOLD, f32, f32, f32),
      LIBXSMM_MELTW_FLAG_UNARY_REDUCE_COLS);
  x->across = libxsmm_dispatch_meltw_unary(
      LIBXSMM_MELTW_TYPE_UNARY_REDUCE_X_OP_ADD,
      libxsmm_create_meltw_unary_shape(FOLD, 1, FOLD, 1, f32, f32, f32),
      LIBXSMM_MELTW_FLAG_UNARY_REDUCE_ROWS);
  int eq = libxsmm_meqn_create();
  libxsmm_meqn_op_metadata op = libxsmm_create_meqn_op_metadata(eq, -1);
  libxsmm_bitfield reuse = LIBXSMM_MELTW_FLAG_TERNARY_REUSE_IN_2_AS_OUT;
  libxsmm_meqn_push_back_ternary_op(op, LIBXSMM_MELTW_TYPE_TERNARY_MULADD, f32, reuse);
  libxsmm_meqn_push_back_ternary_op(op, LIBXSMM_MELTW_TYPE_TERNARY_MULADD, f32,
                                    reuse | LIBXSMM_MELTW_FLAG_TERNARY_BCAST_SCALAR_IN_1 |
                                        LIBXSMM_MELTW_FLAG_TERNARY_BCAST_SCALAR_IN_2);
  push_operand(eq, 0, FOLD, columns);
  push_operand(eq, 1, 1, 1);
  push_operand(eq, 2, 1, 1);
  push_operand(eq, 3, FOLD, columns);
  push_operand(eq, 4, FOLD, columns);
  x->equation = end_equation(eq, x);
  const char *why = refusal((const void *)x->unary);
  why = why ? why : refusal((const void *)x->across);
  return why ? why : refusal((const void *)x->equation);
}

static const char *open_rows(const BenchCase *c, Xsmm *x, BenchPeer *out) {
  bool softmax = !strcmp(c->run->kernel->name, "softmax");
  if (x->n % FOLD)
    return "rows of a multiple of 64 only";
  x->in = bench_argument(c, "X");
  x->result = room(x->m * x->n, 4);
  out->run = softmax ? run_softmax : run_layernorm;
  out->result = x->result;
  out->tolerance = softmax ? 1e-5 : 1e-3;
  return softmax ? open_softmax(x) : open_layernorm(c, x);
}

void peer_xsmm(const BenchCase *c, BenchPeer *out) {
  const char *kernel = c->run->kernel->name, *why;
  Xsmm *x = calloc(1, sizeof *x);
  if (!x)
    abort();
  *x = (Xsmm){.t = c->t, .m = c->m, .n = c->n, .k = c->k};
  *out = (BenchPeer){.name = "libxsmm", .elem = TPP_F32};
  libxsmm_init();
  if (!(tpp_cpu_isas() & TPP_ISA_AVX512))
    libxsmm_set_target_arch("hsw");
  if (!strcmp(kernel, "tiles"))
    why = open_tiles(c, x, out);
  else if (!strcmp(kernel, "bf16_gemm"))
    why = open_bf16(c, x, out);
  else if (!strncmp(kernel, "spmm", 4))
    why = open_sparse(c, x, out);
  else if (!strcmp(kernel, "softmax") || !strcmp(kernel, "layernorm"))
    why = open_rows(c, x, out);
  else
    why = open_unary(c, x, out);
  out->state = x;
  out->close = close_xsmm;
  if (!why)
    return;
  close_xsmm(x);
  *out = (BenchPeer){.name = "libxsmm", .not_run = why};
}
#endif
