/* Products by OpenBLAS, oneDNN, and tppc itself in F32. */
#include "api/product.h"
#include "peers.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* ---- OpenBLAS, as tppc bench --vs has it ---- */

static void close_openblas(void *state) {
  tppc_openblas_close(state);
}

void peer_openblas(const BenchCase *c, BenchPeer *out) {
  PlainProduct product;
  TppcResult result = TPPC_DONE;
  *out = (BenchPeer){.name = "openblas", .not_run = "not installed"};
  if (!tppc_plain_product(c->run, "openblas", &product))
    return;
  PeerOpenblas *o = tppc_openblas_open(c->run, &product, NULL, 1, &result);
  if (o)
    *out = (BenchPeer){.name = "openblas",
                       .run = tppc_openblas_run,
                       .state = o,
                       .close = close_openblas,
                       .result = tppc_openblas_result(o),
                       .elem = TPP_F32};
}

/* ---- oneDNN: dnnl.h, the functions that take row-major matrices ---- */

typedef int (*DnnlSgemmFn)(char ta, char tb, int64_t m, int64_t n, int64_t k, float alpha,
                           const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                           float *c, int64_t ldc);
typedef int (*DnnlByteFn)(char ta, char tb, char oc, int64_t m, int64_t n, int64_t k, float alpha,
                          const void *a, int64_t lda, uint8_t ao, const int8_t *b, int64_t ldb,
                          int8_t bo, float beta, int32_t *c, int64_t ldc, const int32_t *co);

typedef struct Dnnl {
  union {
    DnnlSgemmFn sgemm; /* bf16bf16f32 takes the same arguments */
    DnnlByteFn bytes;
  } fn;
  bool is_bytes;
  int64_t m, n, k;
  const void *a, *b;
  void *c;
} Dnnl;

static int run_dnnl(void *state) {
  Dnnl *d = state;
  const int32_t zero = 0;
  if (d->is_bytes)
    return d->fn.bytes('N', 'N', 'F', d->m, d->n, d->k, 1, d->a, d->k, 0, d->b, d->n, 0, 0, d->c,
                       d->n, &zero);
  return d->fn.sgemm('N', 'N', d->m, d->n, d->k, 1, d->a, d->k, d->b, d->n, 0, d->c, d->n);
}

static void close_dnnl(void *state) {
  Dnnl *d = state;
  free(d->c);
  free(d);
}

static const char *dnnl_name(int a, int b) {
  if (a == TPP_F32 && b == TPP_F32)
    return "dnnl_sgemm";
  if (a == TPP_BF16 && b == TPP_BF16)
    return "dnnl_gemm_bf16bf16f32";
  return b != TPP_I8   ? NULL
         : a == TPP_U8 ? "dnnl_gemm_u8s8s32"
         : a == TPP_I8 ? "dnnl_gemm_s8s8s32"
                       : NULL;
}

void peer_dnnl(const BenchCase *c, BenchPeer *out) {
  *out = (BenchPeer){.name = "onednn"};
  void *library = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
  library = library ? library : dlopen("libdnnl.so", RTLD_NOW | RTLD_LOCAL);
  int a = bench_tensor(c, "A")->elem, b = bench_tensor(c, "B")->elem;
  const char *name = dnnl_name(a, b);
  void *fn = library && name ? dlsym(library, name) : NULL;
  if (!fn) {
    out->not_run = library ? "has no such function" : "not installed";
    return;
  }
  Dnnl *d = calloc(1, sizeof *d);
  if (!d)
    abort();
  *d = (Dnnl){.is_bytes = b == TPP_I8, .m = c->m, .n = c->n, .k = c->k};
  d->a = bench_argument(c, "A");
  d->b = bench_argument(c, "B");
  d->c = calloc((size_t)(c->m * c->n) + 1, sizeof(float));
  memcpy(&d->fn, &fn, sizeof fn);
  if (!d->c || run_dnnl(d)) {
    close_dnnl(d);
    out->not_run = "does not support the types here";
    return;
  }
  out->run = run_dnnl;
  out->state = d;
  out->close = close_dnnl;
  out->result = d->c;
  out->elem = b == TPP_I8 ? TPP_I32 : TPP_F32;
}

/* ---- tppc's own products of the same sizes, without an epilogue ---- */

typedef struct Own {
  TppcSession *s;
  TppcRun *run;
} Own;

static int run_own(void *state) {
  return tppc_run_call(((Own *)state)->run);
}

static void close_own(void *state) {
  Own *o = state;
  tppc_run_free(o->run);
  tppc_session_free(o->s);
  free(o);
}

static void open_own(const BenchCase *c, const char *name, const char *kernel, BenchPeer *out) {
  Own *o = calloc(1, sizeof *o);
  if (!o)
    abort();
  o->s = tppc_session_new();
  const int64_t sizes[] = {c->m, c->n, c->k};
  for (int i = 0; i < 3; i++) {
    char text[32];
    snprintf(text, sizeof text, "%c=%lld", "MNK"[i], (long long)sizes[i]);
    tppc_session_set(o->s, "D", text);
  }
  tppc_session_set(o->s, "march", c->run->s->emit.cpu ? c->run->s->emit.cpu : "native");
  tppc_session_set(o->s, "threads", "1");
  tppc_session_set(o->s, "k", kernel);
  bool ok = tppc_session_load(o->s, c->file) == TPPC_DONE &&
            (o->run = tppc_run_new(o->s, kernel)) != NULL &&
            tppc_run_input(o->run, "A=int:1") == TPPC_DONE &&
            tppc_run_input(o->run, "B=int:2") == TPPC_DONE && tppc_run_open(o->run) == TPPC_DONE;
  *out = (BenchPeer){.name = name, .run = run_own, .state = o, .close = close_own};
  if (ok)
    return;
  close_own(o);
  *out = (BenchPeer){.name = name, .not_run = "failed"};
}

void peer_f32_gemm(const BenchCase *c, BenchPeer *out) {
  open_own(c, "tppc f32", "f32_gemm", out);
}

void peer_int8_gemm(const BenchCase *c, BenchPeer *out) {
  open_own(c, "tppc u8i8", "u8i8_gemm", out);
}
