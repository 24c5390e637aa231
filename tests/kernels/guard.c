#include "guard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tpp/rt.h>
#include <unistd.h>

guarded guarded_alloc(size_t bytes, int at_start) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t body = (bytes + page - 1) / page * page;
  guarded g = {.mapped = body + 2 * page};
  g.pages = mmap(NULL, g.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (g.pages == MAP_FAILED) {
    perror("mmap");
    exit(2);
  }
  unsigned char *first = (unsigned char *)g.pages + page;
  if (body > 0 && mprotect(first, body, PROT_READ | PROT_WRITE) != 0) {
    perror("mprotect");
    exit(2);
  }
  g.data = at_start ? first : first + body - bytes;
  return g;
}

void guarded_free(guarded *g) {
  munmap(g->pages, g->mapped);
  g->data = NULL;
}

uint64_t rng_next(rng *r) {
  uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

int64_t rng_int(rng *r, int64_t lo, int64_t hi) {
  return lo + (int64_t)(rng_next(r) % (uint64_t)(hi - lo + 1));
}

float rng_float(rng *r) {
  return (float)((int64_t)(rng_next(r) >> 39) - (1 << 24)) * 0x1p-24f;
}

static double half_get(uint16_t h) {
  int exponent = h >> 10 & 31, mantissa = h & 1023;
  double x = exponent == 31 ? (mantissa ? (double)NAN : (double)INFINITY)
             : exponent     ? ldexp(1024 + mantissa, exponent - 25)
                            : ldexp(mantissa, -24);
  return h & 0x8000 ? -x : x;
}

/* Rounds x to the spacing of halves around it. */
static uint16_t half_set(double x) {
  if (isnan(x))
    return 0x7e00;
  uint16_t sign = signbit(x) ? 0x8000 : 0;
  if (isinf(x))
    return sign | 0x7c00;
  double a = fabs(x);
  int exponent;
  frexp(a, &exponent);
  if (exponent < -13)
    exponent = -13;
  double units = nearbyint(ldexp(a, 11 - exponent));
  if (ldexp(units, exponent - 11) > 65504)
    return sign | 0x7c00;
  if (units >= 2048)
    units /= 2, exponent++;
  uint16_t u = (uint16_t)units;
  return (uint16_t)(sign | (u < 1024 ? u : (exponent + 14) << 10 | (u & 1023)));
}

static double bf16_get(uint16_t b) {
  uint32_t u = (uint32_t)b << 16;
  float f;
  memcpy(&f, &u, 4);
  return (double)f;
}

static uint16_t bf16_set(double x) {
  float f = (float)x;
  uint32_t u;
  memcpy(&u, &f, 4);
  if (isnan(x))
    return 0x7fc0;
  uint32_t rest = u & 0xffff, up = rest > 0x8000 || (rest == 0x8000 && (u >> 16 & 1));
  return (uint16_t)((u >> 16) + up);
}

double element_get(const void *base, int dtype, int64_t e) {
  switch ((enum tpp_dtype)dtype) {
  case TPP_F64:
    return ((const double *)base)[e];
  case TPP_F32:
    return (double)((const float *)base)[e];
  case TPP_F16:
    return half_get(((const uint16_t *)base)[e]);
  case TPP_BF16:
    return bf16_get(((const uint16_t *)base)[e]);
  case TPP_I64:
    return (double)((const int64_t *)base)[e];
  case TPP_I32:
    return ((const int32_t *)base)[e];
  case TPP_U16:
    return ((const uint16_t *)base)[e];
  case TPP_I8:
    return ((const int8_t *)base)[e];
  case TPP_U8:
    return ((const uint8_t *)base)[e];
  case TPP_I4: {
    int v = ((const uint8_t *)base)[e / 2] >> (e % 2 ? 4 : 0) & 15;
    return v >= 8 ? v - 16 : v;
  }
  case TPP_BIT:
    return ((const uint8_t *)base)[e / 8] >> (e % 8) & 1;
  case TPP_TERNARY:
  case TPP_DTYPE_END:
    break;
  }
  abort();
}

void element_set(void *base, int dtype, int64_t e, double value) {
  uint8_t *bytes = base;
  switch ((enum tpp_dtype)dtype) {
  case TPP_F64:
    ((double *)base)[e] = value;
    return;
  case TPP_F32:
    ((float *)base)[e] = (float)value;
    return;
  case TPP_F16:
    ((uint16_t *)base)[e] = half_set(value);
    return;
  case TPP_BF16:
    ((uint16_t *)base)[e] = bf16_set(value);
    return;
  case TPP_I64:
    ((int64_t *)base)[e] = (int64_t)value;
    return;
  case TPP_I32:
    ((int32_t *)base)[e] = (int32_t)value;
    return;
  case TPP_U16:
    ((uint16_t *)base)[e] = (uint16_t)value;
    return;
  case TPP_I8:
    ((int8_t *)base)[e] = (int8_t)value;
    return;
  case TPP_U8:
    bytes[e] = (uint8_t)value;
    return;
  case TPP_I4: {
    unsigned v = (unsigned)(int)value & 15u, shift = e % 2 ? 4 : 0;
    bytes[e / 2] = (uint8_t)((bytes[e / 2] & ~(15u << shift)) | v << shift);
    return;
  }
  case TPP_BIT: {
    unsigned v = value != 0, shift = (unsigned)(e % 8);
    bytes[e / 8] = (uint8_t)((bytes[e / 8] & ~(1u << shift)) | v << shift);
    return;
  }
  case TPP_TERNARY:
  case TPP_DTYPE_END:
    break;
  }
  abort();
}

size_t element_bytes(int dtype, int64_t n) {
  switch ((enum tpp_dtype)dtype) {
#define DTYPE(num, id, name, bits, kind, acc, ctype)                                               \
  case TPP_##id:                                                                                   \
    return ((size_t)n * bits + 7) / 8;
#include <tpp/dtypes.def>
#undef DTYPE
  case TPP_DTYPE_END:
    break;
  }
  abort();
}
