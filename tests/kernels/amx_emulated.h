/* The tile registers of AMX and the instructions that amx_drive.h uses, in C, after the pseudocode
 * of Intel's manual: in the place of amx/tiles.h, so that all but the instructions themselves runs
 * on a CPU without them. All tiles are 16 rows of 64 bytes, which the configuration must say. */
#ifndef TPP_TESTS_AMX_EMULATED_H
#define TPP_TESTS_AMX_EMULATED_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct amx_tile {
  unsigned char bytes[16][64];
} amx_tile;

static amx_tile amx_tiles[8];
static int amx_is_configured;

static inline void amx_config(const void *config) {
  const unsigned char *x = config;
  if (amx_is_configured || x[0] != 1)
    abort();
  for (int i = 0; i < 8; i++)
    if (x[16 + 2 * i] != 64 || x[17 + 2 * i] != 0 || x[48 + i] != 16)
      abort();
  memset(amx_tiles, 0, sizeof amx_tiles);
  amx_is_configured = 1;
}

static inline amx_tile *amx_at(int number) {
  if (!amx_is_configured)
    abort();
  return &amx_tiles[number];
}

static inline void amx_load(int number, const void *p, size_t stride) {
  amx_tile *t = amx_at(number);
  for (size_t i = 0; i < 16; i++)
    memcpy(t->bytes[i], (const char *)p + i * stride, 64);
}

static inline void amx_store(int number, void *p, size_t stride) {
  const amx_tile *t = amx_at(number);
  for (size_t i = 0; i < 16; i++)
    memcpy((char *)p + i * stride, t->bytes[i], 64);
}

/* Subnormals count as zero, as operands and as results. */
static inline float amx_flushed(float x) {
  return fpclassify(x) == FP_SUBNORMAL ? copysignf(0, x) : x;
}

static inline float amx_bf16(const unsigned char *p) {
  uint32_t bits = (uint32_t)p[1] << 24 | (uint32_t)p[0] << 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return amx_flushed(x);
}

static inline void amx_dot_bf16(int c, int a, int b) {
  amx_tile *z = amx_at(c);
  const amx_tile *x = amx_at(a), *y = amx_at(b);
  for (int m = 0; m < 16; m++) {
    float sums[16][2] = {{0}};
    for (int k = 0; k < 16; k++)
      for (int n = 0; n < 16; n++)
        for (int e = 0; e < 2; e++)
          sums[n][e] = amx_flushed(fmaf(amx_bf16(x->bytes[m] + 4 * k + 2 * e),
                                        amx_bf16(y->bytes[k] + 4 * n + 2 * e), sums[n][e]));
    for (int n = 0; n < 16; n++) {
      float old;
      memcpy(&old, z->bytes[m] + 4 * n, 4);
      old = amx_flushed(amx_flushed(old) + amx_flushed(sums[n][0] + sums[n][1]));
      memcpy(z->bytes[m] + 4 * n, &old, 4);
    }
  }
}

static inline void amx_dot_bytes(int c, int a, int b, int a_signed, int b_signed) {
  amx_tile *z = amx_at(c);
  const amx_tile *x = amx_at(a), *y = amx_at(b);
  for (int m = 0; m < 16; m++)
    for (int k = 0; k < 16; k++)
      for (int n = 0; n < 16; n++) {
        uint32_t sum;
        memcpy(&sum, z->bytes[m] + 4 * n, 4);
        for (int e = 0; e < 4; e++) {
          int p = x->bytes[m][4 * k + e], q = y->bytes[k][4 * n + e];
          sum += (uint32_t)((a_signed ? (int8_t)p : p) * (b_signed ? (int8_t)q : q));
        }
        memcpy(z->bytes[m] + 4 * n, &sum, 4);
      }
}

#define TILE_CONFIG(config)           amx_config(config)
#define TILE_RELEASE()                (amx_is_configured = 0)
#define TILE_ZERO(tile)               memset(amx_at(tile), 0, sizeof(amx_tile))
#define TILE_LOAD(tile, p, stride)    amx_load(tile, p, (size_t)(stride))
#define TILE_STORE(tile, p, stride)   amx_store(tile, p, (size_t)(stride))
#define TILE_DOT_BF16(c, a, b)        amx_dot_bf16(c, a, b)
#define TILE_DOT_UNSIGNED_BY(c, a, b) amx_dot_bytes(c, a, b, 0, 1)
#define TILE_DOT_SIGNED(c, a, b)      amx_dot_bytes(c, a, b, 1, 1)
#define TILE_DOT_UNSIGNED(c, a, b)    amx_dot_bytes(c, a, b, 0, 0)

#endif
