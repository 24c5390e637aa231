/* Runs an LSTM layer over a sequence. The arithmetic is in lstm.tpp, compiled ahead of time; this
 * file makes room, calls, takes the time, and compares with reference.c. */
#include "lstm.h"
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Layer {
  tpp_bf16 *X, *W, *U, *H, *H0;
  float *bias, *c;
} Layer;

static void check(int status, const char *what) {
  if (status != TPP_OK) {
    fprintf(stderr, "lstm: %s: %s\n", what, tpp_strerror(status));
    exit(1);
  }
}

static void *room(int64_t n, size_t size) {
  void *p = aligned_alloc(64, ((size_t)n * size + 64) / 64 * 64);
  if (!p) {
    fprintf(stderr, "lstm: no memory\n");
    exit(1);
  }
  memset(p, 0, (size_t)n * size);
  return p;
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static Layer layer_new(Sizes s) {
  Layer l;
  l.X = room(s.steps * s.batch * s.in, sizeof *l.X);
  l.W = room((int64_t)weights_W_elems(s.in, s.cells), sizeof *l.W);
  l.U = room((int64_t)weights_U_elems(s.in, s.cells), sizeof *l.U);
  l.H = room((s.steps + 1) * s.batch * s.cells, sizeof *l.H);
  l.H0 = room(s.batch * s.cells, sizeof *l.H0);
  l.bias = room(4 * s.cells, sizeof *l.bias);
  l.c = room(s.batch * s.cells, sizeof *l.c);
  check(weights(s.in, s.cells, 1, 1 / sqrtf((float)s.cells), l.W, l.U, l.bias), "weights");
  check(sequence(s.steps, s.batch, s.in, 2, l.X), "sequence");
  return l;
}

static void layer_free(Layer *l) {
  void *own[] = {l->X, l->W, l->U, l->H, l->H0, l->bias, l->c};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    free(own[i]);
}

/* One pass from a state of zeros; returns its seconds. */
static double run(Sizes s, Layer *l) {
  memset(l->c, 0, (size_t)(s.batch * s.cells) * sizeof *l->c);
  double start = seconds();
  check(lstm(s.steps, s.batch, s.in, s.cells, l->X, l->H0, l->W, l->U, l->bias, l->c, l->H),
        "lstm");
  return seconds() - start;
}

static void compare(Sizes s, const Layer *l, float *worst, float *mean) {
  tpp_bf16 *W = room(s.in * 4 * s.cells, sizeof *W), *U = room(s.cells * 4 * s.cells, sizeof *U);
  float *R = room((s.steps + 1) * s.batch * s.cells, sizeof *R);
  weights_unpack_W(s.in, s.cells, l->W, W);
  weights_unpack_U(s.in, s.cells, l->U, U);
  reference(s, l->X, W, U, l->bias, R);
  check(distance(s.steps + 1, s.batch, s.cells, l->H, R, worst, mean), "distance");
  free(W);
  free(U);
  free(R);
}

int main(int argc, char **argv) {
  Sizes s = {50, 64, 256, 256};
  int repeat = 20;
  double at_most = 1;
  struct {
    const char *name;
    int64_t *value;
  } sizes[] = {
      {"--steps", &s.steps}, {"--batch", &s.batch}, {"--in", &s.in}, {"--cells", &s.cells}};
  for (int i = 1; i + 1 < argc; i += 2) {
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
      if (!strcmp(argv[i], sizes[k].name))
        *sizes[k].value = atoll(argv[i + 1]);
    if (!strcmp(argv[i], "--repeat"))
      repeat = atoi(argv[i + 1]);
    if (!strcmp(argv[i], "--at-most"))
      at_most = atof(argv[i + 1]);
  }
  Layer l = layer_new(s);
  double best = run(s, &l);
  for (int i = 1; i < repeat; i++) {
    double t = run(s, &l);
    best = t < best ? t : best;
  }
  float worst, mean;
  compare(s, &l, &worst, &mean);
  double flops = 8.0 * (double)(s.steps * s.batch * s.cells) * (double)(s.in + s.cells);
  printf(
      "%lld steps, batch %lld, %lld inputs, %lld cells: %.3f ms, %.1f GFLOPS; error at most %.4f, "
      "%.5f on average\n",
      (long long)s.steps, (long long)s.batch, (long long)s.in, (long long)s.cells, best * 1e3,
      flops / best * 1e-9, (double)worst, (double)mean);
  layer_free(&l);
  return (double)worst <= at_most ? 0 : 1;
}
