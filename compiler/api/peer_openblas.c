/* OpenBLAS as a contestant: loaded when asked for, so that nothing depends on it. */
#include "api/product.h"
#include "support/memory.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* cblas.h: row-major, not transposed, transposed. */
enum { ROW_MAJOR = 101, PLAIN = 111, TURNED = 112 };

typedef void (*SgemmFn)(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                        int lda, const float *b, int ldb, float beta, float *c, int ldc);
typedef void (*DgemmFn)(int order, int ta, int tb, int m, int n, int k, double alpha,
                        const double *a, int lda, const double *b, int ldb, double beta, double *c,
                        int ldc);
typedef void (*SgemvFn)(int order, int t, int m, int n, float alpha, const float *a, int lda,
                        const float *x, int incx, float beta, float *y, int incy);
typedef void (*DgemvFn)(int order, int t, int m, int n, double alpha, const double *a, int lda,
                        const double *x, int incx, double beta, double *y, int incy);
typedef void (*ThreadsFn)(int threads);

struct PeerOpenblas {
  void *library;
  union {
    SgemmFn sgemm;
    DgemmFn dgemm;
    SgemvFn sgemv;
    DgemvFn dgemv;
  } fn;
  PlainProduct p;
  bool is_double, is_vector;
  double *a64, *b64; /* the logical operands */
  void *a, *b, *c;   /* what OpenBLAS gets: float, or double */
};

static double *values_of(const TppcTensor *t) {
  double *v = calloc((size_t)t->count + 1, sizeof *v);
  if (v && t->scales)
    tppc_ternary_to_dense(t, v, NULL);
  else if (v && t->ptr)
    tppc_sparse_to_dense(t, v);
  else if (v)
    tppc_tensor_read(t, 0, t->count, v);
  return v;
}

static void *narrowed(const double *v, int64_t n, bool is_double) {
  void *out = malloc(((size_t)n + 1) * (is_double ? sizeof(double) : sizeof(float)));
  for (int64_t i = 0; out && i < n; i++) {
    if (is_double)
      ((double *)out)[i] = v[i];
    else
      ((float *)out)[i] = (float)v[i];
  }
  return out;
}

static bool make_operands(PeerOpenblas *o) {
  const PlainProduct *p = &o->p;
  o->a64 = values_of(p->a->input);
  o->b64 = values_of(p->b->input);
  if (!o->a64 || !o->b64)
    return false;
  o->a = narrowed(o->a64, p->m * p->k, o->is_double);
  o->b = narrowed(o->b64, p->k * p->n, o->is_double);
  o->c = calloc((size_t)(p->m * p->n) + 1, sizeof(double));
  return o->a && o->b && o->c;
}

static const char *load(PeerOpenblas *o, const char *path, int threads) {
  static const char *const usual[] = {"libopenblas.so.0", "libopenblas.so"};
  if (path)
    o->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  for (int i = 0; !path && !o->library && i < 2; i++)
    o->library = dlopen(usual[i], RTLD_NOW | RTLD_LOCAL);
  if (!o->library)
    return dlerror();
  const char *name = o->is_vector ? (o->is_double ? "cblas_dgemv" : "cblas_sgemv")
                                  : (o->is_double ? "cblas_dgemm" : "cblas_sgemm");
  void *fn = dlsym(o->library, name), *set = dlsym(o->library, "openblas_set_num_threads");
  if (!fn || !set)
    return "it lacks a function of OpenBLAS";
  memcpy(&o->fn, &fn, sizeof fn);
  ThreadsFn set_threads;
  memcpy(&set_threads, &set, sizeof set);
  set_threads(threads);
  return NULL;
}

PeerOpenblas *tppc_openblas_open(TppcRun *r, const PlainProduct *p, const char *path, int threads,
                                 TppcResult *result) {
  PeerOpenblas *o = tppc_zeroed(1, sizeof *o);
  o->p = *p;
  o->is_double = p->c->input->elem == TPP_F64;
  o->is_vector = p->c->input->rank == 1;
  *result = TPPC_DONE;
  const char *why = load(o, path, threads);
  if (why)
    *result = RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_peer_missing, TPPC_NO_SPAN, "OpenBLAS", why);
  else if (p->m > INT_MAX || p->n > INT_MAX || p->k > INT_MAX || !make_operands(o))
    *result = run_status(r, TPP_ERR_NOMEM);
  if (*result == TPPC_DONE)
    return o;
  tppc_openblas_close(o);
  return NULL;
}

int tppc_openblas_run(void *peer) {
  PeerOpenblas *o = peer;
  int m = (int)o->p.m, n = (int)o->p.n, k = (int)o->p.k;
  int ta = o->p.a_turned ? TURNED : PLAIN, tb = o->p.b_turned ? TURNED : PLAIN;
  int lda = o->p.a_turned ? m : k, ldb = o->p.b_turned ? k : n;
  if (m == 0 || n == 0 || k == 0)
    return 0;
  /* y = B^T x: B is stored k x n, or turned n x k. */
  int rows = o->p.b_turned ? n : k, cols = o->p.b_turned ? k : n;
  int tv = o->p.b_turned ? PLAIN : TURNED;
  if (o->is_vector && o->is_double)
    o->fn.dgemv(ROW_MAJOR, tv, rows, cols, 1, o->b, cols, o->a, 1, 0, o->c, 1);
  else if (o->is_vector)
    o->fn.sgemv(ROW_MAJOR, tv, rows, cols, 1, o->b, cols, o->a, 1, 0, o->c, 1);
  else if (o->is_double)
    o->fn.dgemm(ROW_MAJOR, ta, tb, m, n, k, 1, o->a, lda, o->b, ldb, 0, o->c, n);
  else
    o->fn.sgemm(ROW_MAJOR, ta, tb, m, n, k, 1, o->a, lda, o->b, ldb, 0, o->c, n);
  return 0;
}

const void *tppc_openblas_result(const PeerOpenblas *o) {
  return o->c;
}

/* ---- were the results right? ---- */

static double exact(const PeerOpenblas *o, int64_t i, int64_t j, double *mag) {
  const PlainProduct *p = &o->p;
  double sum = 0;
  *mag = 0;
  for (int64_t x = 0; x < p->k; x++) {
    double a = o->a64[p->a_turned ? x * p->m + i : i * p->k + x],
           b = o->b64[p->b_turned ? j * p->k + x : x * p->n + j];
    sum += a * b;
    *mag += fabs(a * b);
  }
  return sum;
}

void tppc_openblas_errors(PeerOpenblas *o, const TppcTensor *c, double *own, double *peers) {
  enum { SAMPLES = 256 };
  int64_t all = o->p.m * o->p.n, step = all / SAMPLES + 1;
  double rounding = o->is_double ? 0x1p-53 : 0x1p-24;
  *own = *peers = 0;
  for (int64_t i = 0; i < all; i += step) {
    double mag, want = exact(o, i / o->p.n, i % o->p.n, &mag);
    double unit = rounding * (double)(o->p.k + 8) * mag;
    double theirs = o->is_double ? ((double *)o->c)[i] : (double)((float *)o->c)[i];
    double mine = tppc_tensor_get(c, i);
    /* A narrow result is rounded once more. */
    double store = c->elem == TPP_BF16  ? 0x1p-8 * fabs(want)
                   : c->elem == TPP_F16 ? 0x1p-11 * fabs(want)
                                        : 0;
    double e = unit + store > 0 ? fabs(mine - want) / (unit + store) : fabs(mine - want);
    double f = unit > 0 ? fabs(theirs - want) / unit : fabs(theirs - want);
    *own = e > *own || isnan(e) ? e : *own;
    *peers = f > *peers || isnan(f) ? f : *peers;
  }
}

void tppc_openblas_close(PeerOpenblas *o) {
  if (!o)
    return;
  free(o->a64);
  free(o->b64);
  free(o->a);
  free(o->b);
  free(o->c);
  /* The library stays loaded: its threads outlive a dlclose. */
  free(o);
}
