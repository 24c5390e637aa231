/* Plain elementwise TPPs, compiled, against their definitions: all pairs of special values, and
 * random bit patterns, in f32, f64, i32, and i64. Results must agree bit for bit, but for the
 * payload of NaN. */
#include "jit.h"
#include "tpp/opsdef.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1021 };

static int failures;

static double define_float(TppcElt elt, double x, double y) {
  switch (elt) {
  case TPPC_ELT_ADD:
    return x + y;
  case TPPC_ELT_SUB:
    return x - y;
  case TPPC_ELT_MUL:
    return x * y;
  case TPPC_ELT_DIV:
    return tppd_div(x, y);
  case TPPC_ELT_MAX:
    return tppd_max(x, y);
  case TPPC_ELT_MIN:
    return tppd_min(x, y);
  case TPPC_ELT_LT:
    return x < y;
  case TPPC_ELT_LE:
    return x <= y;
  case TPPC_ELT_GT:
    return x > y;
  case TPPC_ELT_GE:
    return x >= y;
  case TPPC_ELT_EQ:
    return x == y;
  case TPPC_ELT_NE:
    return x != y;
  case TPPC_ELT_NEG:
    return -x;
  case TPPC_ELT_ABS:
    return x < 0 ? -x : x == 0 ? 0 : x;
  case TPPC_ELT_SIGN:
    return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x;
  case TPPC_ELT_RELU:
    return x > 0 ? x : x <= 0 ? 0 : x;
  default: /* test_math.c has the rest */
    return 0;
  }
}

/* Integers wrap: unsigned arithmetic where C's signed one would overflow. */
static int64_t define_int(TppcElt elt, int64_t x, int64_t y) {
  switch (elt) {
  case TPPC_ELT_ADD:
    return (int64_t)((uint64_t)x + (uint64_t)y);
  case TPPC_ELT_SUB:
    return (int64_t)((uint64_t)x - (uint64_t)y);
  case TPPC_ELT_MUL:
    return (int64_t)((uint64_t)x * (uint64_t)y);
  case TPPC_ELT_NEG:
    return (int64_t)(0 - (uint64_t)x);
  case TPPC_ELT_ABS:
    return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
  case TPPC_ELT_DIV:
    return tppd_div(x, y);
  case TPPC_ELT_MAX:
    return tppd_max(x, y);
  case TPPC_ELT_MIN:
    return tppd_min(x, y);
  case TPPC_ELT_LT:
    return x < y;
  case TPPC_ELT_LE:
    return x <= y;
  case TPPC_ELT_GT:
    return x > y;
  case TPPC_ELT_GE:
    return x >= y;
  case TPPC_ELT_EQ:
    return x == y;
  case TPPC_ELT_NE:
    return x != y;
  case TPPC_ELT_SIGN:
    return (x > 0) - (x < 0);
  case TPPC_ELT_RELU:
    return x > 0 ? x : 0;
  default:
    return 0;
  }
}

typedef struct Type {
  const char *name;
  bool is_float;
  size_t size;
} Type;
static const Type types[] = {
    {"f32", true, 4}, {"f64", true, 8}, {"i32", false, 4}, {"i64", false, 8}};

typedef int (*Kernel)(int64_t n, const void *x, const void *y, void *r);

/* The result of a comparison is read back as a number of the type. */
static Jit compile(const TppcEltInfo *op, const Type *t, const char *cpu, bool vector) {
  char text[1024], last[128] = "";
  bool compare = op->types == TPPC_TYPES_CMP;
  if (compare)
    snprintf(last, sizeof last, "      %%3 = tpp.convert %%2 : %s\n", t->name);
  snprintf(text, sizeof text,
           "module level=rt\n"
           "kernel @k {\n"
           "  size @N\n"
           "  %%X = param @X mode=in : %s[N]\n"
           "  %%Y = param @Y mode=in : %s[N]\n"
           "  %%R = param @R mode=out : %s[N]\n"
           "  loop.nest @k.nest0 parallel=0 {\n"
           "    loop.tile [n = 0 to N]%s {\n"
           "      %%0 = tpp.load %%X[n] : %s\n"
           "      %%1 = tpp.load %%Y[n] : %s\n"
           "      %%2 = tpp.%s %%0%s : %s\n%s"
           "      tpp.store %%%d, %%R[n] update=set\n"
           "    }\n  }\n}\n",
           t->name, t->name, t->name, vector ? " vector=n" : "", t->name, t->name, op->mnemonic,
           op->arity == 2 ? ", %1" : "", compare ? "bit" : t->name, last, compare ? 3 : 2);
  TppcEmitOptions opt = {.opt_level = 2, .cpu = cpu};
  return jit_open(text, &opt);
}

static double get_float(const Type *t, const void *p, int i) {
  float f;
  double d;
  if (t->size == 8) {
    memcpy(&d, (const char *)p + 8 * i, 8);
    return d;
  }
  memcpy(&f, (const char *)p + 4 * i, 4);
  return (double)f;
}

static int64_t get_int(const Type *t, const void *p, int i) {
  int32_t s;
  int64_t l;
  if (t->size == 8) {
    memcpy(&l, (const char *)p + 8 * i, 8);
    return l;
  }
  memcpy(&s, (const char *)p + 4 * i, 4);
  return s;
}

static bool same_float(const Type *t, double want, double have) {
  if (isnan(want) || isnan(have))
    return isnan(want) && isnan(have);
  if (t->size == 4)
    want = (double)(float)want;
  return !memcmp(&want, &have, sizeof want);
}

static void compare_all(const TppcEltInfo *op, const Type *t, const void *x, const void *y,
                        const void *r, const char *form) {
  for (int i = 0; i < N; i++) {
    bool ok;
    if (t->is_float) {
      double want = define_float(op->elt, get_float(t, x, i), get_float(t, y, i));
      ok = same_float(t, want, get_float(t, r, i));
    } else {
      int64_t want = define_int(op->elt, get_int(t, x, i), get_int(t, y, i));
      ok = get_int(t, r, i) == (t->size == 4 ? (int32_t)want : want);
    }
    if (ok)
      continue;
    failures++;
    printf("FAILED %s %s %s: (%.17g, %.17g) gives %.17g\n", op->mnemonic, t->name, form,
           t->is_float ? get_float(t, x, i) : (double)get_int(t, x, i),
           t->is_float ? get_float(t, y, i) : (double)get_int(t, y, i),
           t->is_float ? get_float(t, r, i) : (double)get_int(t, r, i));
    return;
  }
}

static uint64_t next_random(uint64_t *s) {
  *s = *s * 6364136223846793005u + 1442695040888963407u;
  return *s ^ *s >> 31;
}

static void put(const Type *t, void *p, int i, double f, int64_t n) {
  float g = (float)f;
  int32_t m = (int32_t)n;
  const void *from = t->is_float ? (t->size == 4 ? (void *)&g : (void *)&f)
                                 : (t->size == 4 ? (void *)&m : (void *)&n);
  memcpy((char *)p + t->size * (size_t)i, from, t->size);
}

/* Pairs of special values first, then random bits. */
static void fill(const Type *t, void *x, void *y) {
  static const double special[] = {0.0,      -0.0,      1.0,         -1.0,  3.5,
                                   HUGE_VAL, -HUGE_VAL, (double)NAN, 1e-40, -2.5};
  static const int64_t whole[] = {0, 1, -1, 2, -7, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 10};
  uint64_t seed = 3;
  for (int i = 0; i < N; i++) {
    uint64_t a = next_random(&seed), b = next_random(&seed);
    memcpy((char *)x + t->size * (size_t)i, &a, t->size);
    memcpy((char *)y + t->size * (size_t)i, &b, t->size);
    if (i < 100) {
      put(t, x, i, special[i / 10], whole[i / 10]);
      put(t, y, i, special[i % 10], whole[i % 10]);
    }
  }
}

static void test(const TppcEltInfo *op, const Type *t) {
  static double x[N], y[N], r[N];
  static const struct {
    const char *name, *cpu;
    bool vector;
  } forms[] = {
      {"vector", "x86-64-v3", true}, {"native", "native", true}, {"scalar", "x86-64-v3", false}};
  fill(t, x, y);
  for (int i = 0; i < 3; i++) {
    Jit j = compile(op, t, forms[i].cpu, forms[i].vector);
    Kernel k;
    memcpy(&k, &(void *){jit_symbol(&j, "k")}, sizeof k);
    if (k(N, x, y, r) != TPP_OK)
      abort();
    compare_all(op, t, x, y, r, forms[i].name);
    jit_close(&j);
  }
}

int main(void) {
  for (int i = 0; tppc_elt_at(i); i++) {
    const TppcEltInfo *op = tppc_elt_at(i);
    bool plain = op->elt >= TPPC_ELT_ADD && op->elt <= TPPC_ELT_NE && op->arity <= 2;
    if (!plain && op->elt != TPPC_ELT_RELU)
      continue;
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
      test(op, &types[k]);
  }
  return failures != 0;
}
