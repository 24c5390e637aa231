#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float widen(tpp_bf16 x) {
  uint32_t bits = (uint32_t)x << 16;
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

/* Adds x[n] W[n][q][i] to the gates. */
static void add_product(double gate[4], const float *x, int64_t n, const tpp_bf16 *W, int64_t cells,
                        int64_t i) {
  for (int64_t k = 0; k < n; k++)
    for (int q = 0; q < 4; q++)
      gate[q] += (double)x[k] * (double)widen(W[(k * 4 + q) * cells + i]);
}

void reference(Sizes s, const tpp_bf16 *X, const tpp_bf16 *W, const tpp_bf16 *U, const float *bias,
               float *H) {
  int64_t state = s.batch * s.cells;
  double *cell = calloc((size_t)state, sizeof *cell);
  float *x = malloc((size_t)s.in * sizeof *x);
  memset(H, 0, (size_t)state * sizeof *H);
  for (int64_t t = 0; cell && x && t < s.steps; t++)
    for (int64_t b = 0; b < s.batch; b++) {
      const float *before = H + t * state + b * s.cells;
      for (int64_t k = 0; k < s.in; k++)
        x[k] = widen(X[(t * s.batch + b) * s.in + k]);
      for (int64_t i = 0; i < s.cells; i++) {
        double gate[4], *c = &cell[b * s.cells + i];
        for (int q = 0; q < 4; q++)
          gate[q] = (double)bias[q * s.cells + i];
        add_product(gate, x, s.in, W, s.cells, i);
        add_product(gate, before, s.cells, U, s.cells, i);
        *c = sigmoid(gate[1]) * *c + sigmoid(gate[0]) * tanh(gate[2]);
        H[(t + 1) * state + b * s.cells + i] = (float)(sigmoid(gate[3]) * tanh(*c));
      }
    }
  free(cell);
  free(x);
}
