/* Packs the weights of a layer once and calls it often: the generated header has the size of the
 * packed weights and the functions that make them. The result is checked against a plain loop. */
#include "packed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { M = 96, K = 512, N = 512, CALLS = 100 };

static tpp_bf16 to_bf16(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return (tpp_bf16)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static float to_float(tpp_bf16 b) {
  uint32_t u = (uint32_t)b << 16;
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}

static float value(int i) {
  return (float)(i * 37 % 17 - 8) * 0.0625f;
}

int main(void) {
  static tpp_bf16 x[M * K], plain[K * N], y[M * N];
  static float bias[N];
  for (int i = 0; i < M * K; i++)
    x[i] = to_bf16(value(i));
  for (int i = 0; i < K * N; i++)
    plain[i] = to_bf16(value(3 * i + 1));
  for (int i = 0; i < N; i++)
    bias[i] = value(i);

  tpp_bf16 *packed = malloc(layer_W_elems(M) * sizeof *packed);
  if (!packed)
    return 1;
  layer_pack_W(M, plain, packed);

  for (int call = 0; call < CALLS; call++) {
    int status = layer(M, x, packed, bias, y);
    if (status != TPP_OK) {
      fprintf(stderr, "packed: %s\n", tpp_strerror(status));
      return 1;
    }
  }

  double worst = 0;
  for (int m = 0; m < M; m++)
    for (int n = 0; n < N; n++) {
      double sum = (double)bias[n];
      for (int k = 0; k < K; k++)
        sum += (double)to_float(x[m * K + k]) * (double)to_float(plain[k * N + n]);
      double want = sum > 0 ? sum : 0, error = fabs(want - (double)to_float(y[m * N + n]));
      worst = fmax(worst, error / (fabs(want) + 1));
    }
  printf("packed: %d calls, largest relative error %.4f (BF16 has %.4f)\n", CALLS, worst,
         1.0 / 256);
  free(packed);
  return worst <= 1.0 / 256 ? 0 : 4;
}
