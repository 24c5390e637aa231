/* Softmax and layer normalisation by oneDNN's primitives: rows of F32, a call a matrix, one thread.
 * The functions are looked up when the row is run; the header only gives their types. */
#include "peers.h"

#ifndef BENCH_DNNL

void peer_dnnl_rows(const BenchCase *c, BenchPeer *out) {
  (void)c;
  *out = (BenchPeer){.name = "onednn", .not_run = "libdnnl-dev"};
}

#else
#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

#define DNNL_FUNCTIONS(X)                                                                          \
  X(engine_create)                                                                                 \
  X(engine_destroy)                                                                                \
  X(stream_create)                                                                                 \
  X(stream_wait)                                                                                   \
  X(stream_destroy)                                                                                \
  X(memory_desc_init_by_tag)                                                                       \
  X(memory_create)                                                                                 \
  X(memory_destroy)                                                                                \
  X(softmax_forward_desc_init)                                                                     \
  X(layer_normalization_forward_desc_init)                                                         \
  X(primitive_desc_create)                                                                         \
  X(primitive_desc_destroy)                                                                        \
  X(primitive_create)                                                                              \
  X(primitive_execute)                                                                             \
  X(primitive_destroy)

enum { MOST_ARGUMENTS = 4 };

typedef struct Rows {
#define X(name) __typeof__(dnnl_##name) *name;
  DNNL_FUNCTIONS(X)
#undef X
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  dnnl_primitive_desc_t desc;
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t args[MOST_ARGUMENTS];
  int n;
  float *result;
} Rows;

static bool look_up(Rows *r) {
  void *library = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
  void *fn;
  if (!library)
    return false;
#define X(name)                                                                                    \
  if (!(fn = dlsym(library, "dnnl_" #name)))                                                       \
    return false;                                                                                  \
  memcpy(&r->name, &fn, sizeof fn);
  DNNL_FUNCTIONS(X)
#undef X
  return true;
}

static int run_rows(void *state) {
  Rows *r = state;
  return r->primitive_execute(r->primitive, r->stream, r->n, r->args) || r->stream_wait(r->stream);
}

static void close_rows(void *state) {
  Rows *r = state;
  for (int i = 0; i < r->n; i++)
    r->memory_destroy(r->args[i].memory);
  if (r->primitive)
    r->primitive_destroy(r->primitive);
  if (r->desc)
    r->primitive_desc_destroy(r->desc);
  if (r->stream)
    r->stream_destroy(r->stream);
  if (r->engine)
    r->engine_destroy(r->engine);
  free(r->result);
  free(r);
}

static bool add_argument(Rows *r, int which, const dnnl_memory_desc_t *desc, void *data) {
  r->args[r->n].arg = which;
  return !r->memory_create(&r->args[r->n].memory, desc, r->engine, data) && ++r->n;
}

static bool open_primitive(Rows *r, const void *op) {
  return !r->primitive_desc_create(&r->desc, op, NULL, r->engine, NULL) &&
         !r->primitive_create(&r->primitive, r->desc);
}

static bool open_softmax(Rows *r, const dnnl_memory_desc_t *matrix) {
  dnnl_softmax_desc_t op;
  return !r->softmax_forward_desc_init(&op, dnnl_forward_inference, matrix, 1) &&
         open_primitive(r, &op);
}

static bool open_layernorm(Rows *r, const BenchCase *c, const dnnl_memory_desc_t *matrix) {
  dnnl_layer_normalization_desc_t op;
  dnnl_memory_desc_t row;
  const float *eps = bench_argument(c, "eps");
  return !r->memory_desc_init_by_tag(&row, 1, (const dnnl_dims_t){c->n}, dnnl_f32, dnnl_a) &&
         !r->layer_normalization_forward_desc_init(&op, dnnl_forward_inference, matrix, NULL, *eps,
                                                   dnnl_use_scale | dnnl_use_shift) &&
         open_primitive(r, &op) &&
         add_argument(r, DNNL_ARG_SCALE, &row, bench_argument(c, "gamma")) &&
         add_argument(r, DNNL_ARG_SHIFT, &row, bench_argument(c, "beta"));
}

void peer_dnnl_rows(const BenchCase *c, BenchPeer *out) {
  Rows *r = calloc(1, sizeof *r);
  if (!r)
    abort();
  *out = (BenchPeer){.name = "onednn", .not_run = "not installed"};
  if (!look_up(r)) {
    free(r);
    return;
  }
  r->result = malloc((size_t)(c->m * c->n) * sizeof *r->result);
  if (!r->result)
    abort();
  dnnl_memory_desc_t matrix;
  bool softmax = !strcmp(c->run->kernel->name, "softmax");
  bool ok =
      !r->engine_create(&r->engine, dnnl_cpu, 0) &&
      !r->stream_create(&r->stream, r->engine, dnnl_stream_default_flags) &&
      !r->memory_desc_init_by_tag(&matrix, 2, (const dnnl_dims_t){c->m, c->n}, dnnl_f32, dnnl_ab) &&
      (softmax ? open_softmax(r, &matrix) : open_layernorm(r, c, &matrix)) &&
      add_argument(r, DNNL_ARG_SRC, &matrix, bench_argument(c, "X")) &&
      add_argument(r, DNNL_ARG_DST, &matrix, r->result);
  if (!ok) {
    close_rows(r);
    out->not_run = "does not support it here";
    return;
  }
  *out = (BenchPeer){.name = "onednn",
                     .run = run_rows,
                     .state = r,
                     .close = close_rows,
                     .result = r->result,
                     .elem = TPP_F32,
                     .tolerance = softmax ? 1e-6 : 1e-4};
}
#endif
