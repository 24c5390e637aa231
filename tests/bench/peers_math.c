/* tanh and exp of BF16 by libmvec and SLEEF, and tanh by a rational function, at the width that
 * TPP_ISA leaves. */
#include "peers.h"
#include "peers_math.h"

#include <dlfcn.h>
#include <stdlib.h>

typedef void (*MapFn)(void *fn, const uint16_t *x, uint16_t *y, int64_t n);

typedef struct Map {
  MapFn map;
  void *fn;
  const uint16_t *x;
  uint16_t *y;
  int64_t n;
} Map;

static int run_map(void *state) {
  Map *m = state;
  m->map(m->fn, m->x, m->y, m->n);
  return 0;
}

static void close_map(void *state) {
  free(((Map *)state)->y);
  free(state);
}

static bool is_wide(void) {
  return (tpp_cpu_isas() & TPP_ISA_AVX512) != 0;
}

static void open_map(const BenchCase *c, BenchPeer *out, MapFn map, void *fn) {
  Map *m = malloc(sizeof *m);
  int64_t n = bench_tensor(c, "X")->count;
  if (!m)
    abort();
  *m = (Map){.map = map, .fn = fn, .x = bench_argument(c, "X"), .n = n / 16 * 16};
  m->y = aligned_alloc(64, ((size_t)n * 2 + 64) / 64 * 64);
  if (!m->y || m->n != n)
    abort();
  out->run = run_map;
  out->state = m;
  out->close = close_map;
  out->result = m->y;
  out->elem = TPP_BF16;
  out->tolerance = 0.02;
}

/* The functions for 8 and 16 lanes. */
static void open_library(const BenchCase *c, BenchPeer *out, const char *name, const char *library,
                         const char *narrow, const char *wide) {
  *out = (BenchPeer){.name = name};
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void *fn = handle ? dlsym(handle, is_wide() ? wide : narrow) : NULL;
  if (!(tpp_cpu_isas() & TPP_ISA_AVX2))
    out->not_run = "needs AVX2";
  else if (!fn)
    out->not_run = handle ? "has no such function" : "not installed";
  else
    open_map(c, out, is_wide() ? bench_map_512 : bench_map_256, fn);
}

void peer_tanh_libmvec(const BenchCase *c, BenchPeer *out) {
  open_library(c, out, "libmvec", "libmvec.so.1", "_ZGVdN8v_tanhf", "_ZGVeN16v_tanhf");
}

void peer_exp_libmvec(const BenchCase *c, BenchPeer *out) {
  open_library(c, out, "libmvec", "libmvec.so.1", "_ZGVdN8v_expf", "_ZGVeN16v_expf");
}

void peer_tanh_sleef(const BenchCase *c, BenchPeer *out) {
  open_library(c, out, "sleef", "libsleef.so.3", "Sleef_tanhf8_u10avx2",
               "Sleef_tanhf16_u10avx512f");
}

void peer_exp_sleef(const BenchCase *c, BenchPeer *out) {
  open_library(c, out, "sleef", "libsleef.so.3", "Sleef_expf8_u10avx2", "Sleef_expf16_u10avx512f");
}

void peer_tanh_rational(const BenchCase *c, BenchPeer *out) {
  *out = (BenchPeer){.name = "rational"};
  if (tpp_cpu_isas() & TPP_ISA_AVX2)
    open_map(c, out, is_wide() ? bench_rational_512 : bench_rational_256, NULL);
  else
    out->not_run = "needs AVX2";
}
