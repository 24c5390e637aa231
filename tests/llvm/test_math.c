/* Every elementwise TPP of one operand, compiled, against its definition.
 *
 * f32: a strided sweep over all bit patterns, and every special value; the definition is evaluated
 * in double. f64: random arguments of all magnitudes; the definition is evaluated in long double.
 * The bound is that of ops.def; an EXACT op must agree bit for bit, but for the payload of NaN.
 */
#include "jit.h"
#include "tpp/opsdef.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4099, STRIDE = 997 };

typedef int (*Kernel32)(int64_t n, const float *x, float *y);
typedef int (*Kernel64)(int64_t n, const double *x, double *y);

static double define32(TppcElt elt, double x) {
  const double y = 0, z = 0;
  (void)y;
  (void)z;
  switch (elt) {
#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def)                                 \
  case TPPC_ELT_##id:                                                                              \
    return (double)(def);
#define CONTRACT(num, id, mnemonic, def)
#define REDUCE(num, id, mnemonic, update, identity, def)
#include "tpp/ops.def"
#undef ELTWISE
#undef CONTRACT
#undef REDUCE
  case TPPC_ELT_NONE:
  case TPPC_ELT_END:
    break;
  }
  return 0;
}

/* ---- f64 against long double ---- */

static long double sigmoidl(long double x) {
  long double e = expl(-fabsl(x));
  return (x < 0 ? e : 1) / (1 + e);
}

static long double phil(long double x) {
  return erfcl(-x * sqrtl(0.5L)) / 2;
}

static long double twice_u(long double x) {
  return (long double)(2 * TPPD_SQRT_2_PI) * (x + (long double)0.044715 * x * x * x);
}

static long double gelu_tanh_gradl(long double x) {
  long double v = twice_u(x);
  long double dv = (long double)(2 * TPPD_SQRT_2_PI) * (1 + 3 * (long double)0.044715 * x * x);
  return sigmoidl(v) * (1 + x * dv * sigmoidl(-v));
}

static long double density(long double x) {
  return expl(-x * x / 2) / sqrtl(2 * acosl(-1.0L));
}

static long double tanh_gradl(long double x) {
  long double c = coshl(x);
  return 1 / (c * c);
}

static bool define64(TppcElt elt, long double x, long double *v) {
  switch (elt) {
  case TPPC_ELT_EXP:
  case TPPC_ELT_EXP_GRAD:
    *v = expl(x);
    return true;
  case TPPC_ELT_LOG:
    *v = logl(x);
    return true;
  case TPPC_ELT_ERF:
    *v = erfl(x);
    return true;
  case TPPC_ELT_TANH:
    *v = tanhl(x);
    return true;
  case TPPC_ELT_SIGMOID:
    *v = sigmoidl(x);
    return true;
  case TPPC_ELT_RSQRT:
    *v = 1 / sqrtl(x);
    return true;
  case TPPC_ELT_SQRT_GRAD:
    *v = 0.5L / sqrtl(x);
    return true;
  case TPPC_ELT_RSQRT_GRAD:
    *v = -0.5L / x / sqrtl(x);
    return true;
  case TPPC_ELT_ELU:
    *v = x > 0 ? x : expm1l(x);
    return true;
  case TPPC_ELT_GELU:
    *v = x * phil(x);
    return true;
  case TPPC_ELT_GELU_TANH:
    *v = x * sigmoidl(twice_u(x));
    return true;
  case TPPC_ELT_SILU:
    *v = x * sigmoidl(x);
    return true;
  case TPPC_ELT_GELU_GRAD:
    *v = phil(x) + x * density(x);
    return true;
  case TPPC_ELT_GELU_TANH_GRAD:
    *v = gelu_tanh_gradl(x);
    return true;
  case TPPC_ELT_SILU_GRAD:
    *v = sigmoidl(x) * (1 + x * sigmoidl(-x));
    return true;
  case TPPC_ELT_SIGMOID_GRAD:
    *v = sigmoidl(x) * sigmoidl(-x);
    return true;
  case TPPC_ELT_TANH_GRAD:
    *v = tanh_gradl(x);
    return true;
  default: /* exact ones are the same in both types */
    return false;
  }
}

/* ---- distances ---- */

static int64_t ordered32(float f) {
  int32_t i;
  memcpy(&i, &f, sizeof i);
  return i < 0 ? -(int64_t)(i & 0x7fffffff) : i;
}

static int64_t ordered64(double f) {
  int64_t i;
  memcpy(&i, &f, sizeof i);
  return i < 0 ? -(i & INT64_MAX) : i;
}

static int64_t distance32(float a, float b) {
  if (isnan(a) || isnan(b))
    return isnan(a) && isnan(b) ? 0 : INT64_MAX;
  return llabs(ordered32(a) - ordered32(b));
}

static int64_t distance64(double a, double b) {
  if (isnan(a) || isnan(b))
    return isnan(a) && isnan(b) ? 0 : INT64_MAX;
  int64_t x = ordered64(a), y = ordered64(b);
  return (x < 0) != (y < 0) && llabs(x) > 1000 ? INT64_MAX : llabs(x - y);
}

static Jit compile(const TppcEltInfo *op, const char *type, const char *cpu, int lanes_off) {
  char text[1024];
  snprintf(text, sizeof text,
           "module level=rt\n"
           "kernel @k {\n"
           "  size @N\n"
           "  %%X = param @X mode=in : %s[N]\n"
           "  %%Y = param @Y mode=out : %s[N]\n"
           "  loop.nest @k.nest0 parallel=0 {\n"
           "    loop.tile [n = 0 to N]%s {\n"
           "      %%0 = tpp.load %%X[n] : %s\n"
           "      %%1 = tpp.%s %%0 : %s\n"
           "      tpp.store %%1, %%Y[n] update=set\n"
           "    }\n  }\n}\n",
           type, type, lanes_off ? "" : " vector=n", type, op->mnemonic, type);
  TppcEmitOptions opt = {.opt_level = 2, .cpu = cpu};
  return jit_open(text, &opt);
}

typedef struct Worst {
  int64_t ulp;
  double x, want, have;
} Worst;

static void note(Worst *w, int64_t d, double x, double want, double have) {
  if (d > w->ulp)
    *w = (Worst){d, x, want, have};
}

static void block32(const TppcEltInfo *op, Kernel32 k, const float *x, int n, Worst *w) {
  static float y[BLOCK];
  if (k(n, x, y) != TPP_OK)
    abort();
  for (int i = 0; i < n; i++) {
    float want = (float)define32(op->elt, (double)x[i]);
    int64_t d = distance32(want, y[i]);
    if (op->traits & TPPC_TRAIT_EXACT && !isnan(want) && memcmp(&want, &y[i], sizeof want))
      d = d ? d : 1;
    note(w, d, (double)x[i], (double)want, (double)y[i]);
  }
}

static Worst sweep32(const TppcEltInfo *op, Kernel32 k, uint32_t stride) {
  static float x[BLOCK];
  static const float special[] = {0.0f,  -0.0f, INFINITY,    -INFINITY,    NAN,
                                  1,     -1,    0.75179154f, -0.75179154f, -1.2784645f,
                                  0.25f, 3.75f, -0.2519531f, 88.72284f,    -103.9721f};
  Worst w = {0};
  int n = sizeof special / sizeof special[0];
  block32(op, k, special, n, &w);
  n = 0;
  for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += stride) {
    uint32_t u = (uint32_t)bits;
    memcpy(&x[n++], &u, sizeof u);
    if (n == BLOCK) {
      block32(op, k, x, n, &w);
      n = 0;
    }
  }
  block32(op, k, x, n, &w);
  return w;
}

static uint64_t next_random(uint64_t *s) {
  *s = *s * 6364136223846793005u + 1442695040888963407u;
  return *s ^ *s >> 31;
}

static Worst sweep64(const TppcEltInfo *op, Kernel64 k) {
  static double x[BLOCK], y[BLOCK];
  Worst w = {0};
  uint64_t seed = 7;
  for (int round = 0; round < 60; round++) {
    for (int i = 0; i < BLOCK; i++) {
      double u = (double)(next_random(&seed) >> 11) * 0x1p-53,
             size = ldexp(1 + u, (int)(next_random(&seed) % 40) - 30);
      x[i] = round % 3 == 0   ? (u - 0.5) * 90
             : round % 3 == 1 ? (u - 0.5) * 8
             : i % 2          ? size
                              : -size;
    }
    if (k(BLOCK, x, y) != TPP_OK)
      abort();
    for (int i = 0; i < BLOCK; i++) {
      long double v;
      if (!define64(op->elt, (long double)x[i], &v))
        v = (long double)define32(op->elt, x[i]);
      note(&w, distance64((double)v, y[i]), x[i], (double)v, y[i]);
    }
  }
  return w;
}

static int report(const TppcEltInfo *op, const char *what, Worst w) {
  bool bad = w.ulp > op->ulp;
  printf("%-16s %-12s %6lld of %3d ulp at %.9g%s\n", op->mnemonic, what, (long long)w.ulp, op->ulp,
         w.x, bad ? "  FAILED" : "");
  if (bad)
    printf("  is %.17g, should be %.17g\n", w.have, w.want);
  return bad;
}

static int test_op(const TppcEltInfo *op, uint32_t stride) {
  int failed = 0;
  static const struct {
    const char *name, *cpu;
    int scalar;
  } forms[] = {
      {"f32 x8", "x86-64-v3", 0}, {"f32 native", "native", 0}, {"f32 scalar", "x86-64-v3", 1}};
  for (int i = 0; i < 3; i++) {
    Jit j = compile(op, "f32", forms[i].cpu, forms[i].scalar);
    Kernel32 k = (Kernel32)(uintptr_t)jit_symbol(&j, "k");
    failed += report(op, forms[i].name, sweep32(op, k, i == 0 ? stride : stride * 16 + 1));
    jit_close(&j);
  }
  /* What goes by way of F32 has no meaning of its own in f64. */
  if ((op->elt >= TPPC_ELT_KTANH && op->elt <= TPPC_ELT_KGELU_FINE) || op->elt == TPPC_ELT_UNZIP_HI)
    return failed;
  Jit j = compile(op, "f64", "x86-64-v3", 0);
  failed += report(op, "f64", sweep64(op, (Kernel64)(uintptr_t)jit_symbol(&j, "k")));
  jit_close(&j);
  return failed;
}

int main(int argc, char **argv) {
  int failed = 0;
  uint32_t stride = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : STRIDE * 7;
  for (int i = 0; tppc_elt_at(i); i++) {
    const TppcEltInfo *op = tppc_elt_at(i);
    bool wanted = argc < 2 || !strcmp(argv[1], "all") || !strcmp(argv[1], op->mnemonic);
    bool floats = op->types == TPPC_TYPES_FLT || op->types == TPPC_TYPES_NUM;
    if (op->arity == 1 && floats && wanted)
      failed += test_op(op, stride);
  }
  if (failed)
    printf("%d sweeps failed\n", failed);
  return failed != 0;
}
