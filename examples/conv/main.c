/* The distinct convolution layers of ResNet-50, forward: each is run, timed, and checked. The
 * arithmetic is in conv.tpp, compiled ahead of time. */
#include "conv.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tppc/measure.h>

/* Image height and width, channels in and out, filter, stride, zeros on each side. */
typedef struct Layer {
  int64_t hw, in, out, filter, stride, pad;
} Layer;

static const Layer layers[] = {
    {224, 3, 64, 7, 2, 3},    {56, 64, 64, 1, 1, 0},    {56, 64, 64, 3, 1, 1},
    {56, 64, 256, 1, 1, 0},   {56, 256, 64, 1, 1, 0},   {56, 256, 128, 1, 1, 0},
    {56, 128, 128, 3, 2, 1},  {28, 128, 512, 1, 1, 0},  {56, 256, 512, 1, 2, 0},
    {28, 512, 128, 1, 1, 0},  {28, 128, 128, 3, 1, 1},  {28, 512, 256, 1, 1, 0},
    {28, 256, 256, 3, 2, 1},  {14, 256, 1024, 1, 1, 0}, {28, 512, 1024, 1, 2, 0},
    {14, 1024, 256, 1, 1, 0}, {14, 256, 256, 3, 1, 1},  {14, 1024, 512, 1, 1, 0},
    {14, 512, 512, 3, 2, 1},  {7, 512, 2048, 1, 1, 0},  {14, 1024, 2048, 1, 2, 0},
    {7, 2048, 512, 1, 1, 0},  {7, 512, 512, 3, 1, 1}};
enum { LAYERS = sizeof layers / sizeof *layers, SAMPLES = 2000 };

static void check(int status, const char *what) {
  if (status != TPP_OK) {
    fprintf(stderr, "conv: %s: %s\n", what, tpp_strerror(status));
    exit(1);
  }
}

static float *random_floats(int64_t n, int64_t seed, float range) {
  float *p = aligned_alloc(64, ((size_t)n * sizeof *p + 64) / 64 * 64);
  if (!p) {
    fprintf(stderr, "conv: no memory\n");
    exit(1);
  }
  check(fill(n, seed, range, p), "fill");
  return p;
}

/* One output by its definition, in double precision. */
static double one_output(const Layer *l, const float *I, const float *F, const float *bias,
                         int64_t n, int64_t p, int64_t q, int64_t k) {
  double sum = (double)bias[k];
  for (int64_t r = 0; r < l->filter; r++)
    for (int64_t s = 0; s < l->filter; s++) {
      int64_t h = p * l->stride + r - l->pad, w = q * l->stride + s - l->pad;
      if (h < 0 || h >= l->hw || w < 0 || w >= l->hw)
        continue;
      const float *x = I + ((n * l->hw + h) * l->hw + w) * l->in;
      const float *f = F + (r * l->filter + s) * l->in * l->out + k;
      for (int64_t c = 0; c < l->in; c++)
        sum += (double)x[c] * (double)f[c * l->out];
    }
  return sum > 0 ? sum : 0;
}

static int call(const Layer *l, int64_t batch, const float *I, const float *F, const float *bias,
                float *O) {
  int (*f)(int64_t, int64_t, int64_t, int64_t, const float *, const float *, const float *,
           float *) = l->filter == 7   ? conv7s2
                      : l->filter == 3 ? (l->stride == 2 ? conv3s2 : conv3)
                      : l->stride == 2 ? conv1s2
                                       : conv1;
  return f(batch, l->hw, l->in, l->out, I, F, bias, O);
}

/* Largest error over outputs spread evenly, the corners among them. */
static double error_of(const Layer *l, int64_t batch, int64_t size, const float *I, const float *F,
                       const float *bias, const float *O) {
  int64_t n = batch * size * size * l->out, samples = n < SAMPLES ? n : SAMPLES;
  double worst = 0;
  for (int64_t i = 0; i < samples; i++) {
    int64_t at = samples > 1 ? i * (n - 1) / (samples - 1) : 0, pixel = at / l->out;
    double want = one_output(l, I, F, bias, pixel / (size * size), pixel / size % size,
                             pixel % size, at % l->out);
    double error = fabs((double)O[at] - want);
    worst = error > worst || error != error ? error : worst;
  }
  return worst;
}

/* False when a result is wrong. */
static bool run(const Layer *l, int64_t batch, int repeat, double peak) {
  int64_t size = (l->hw + 2 * l->pad - l->filter) / l->stride + 1;
  int64_t sum = l->filter * l->filter * l->in;
  float *I = random_floats(batch * l->hw * l->hw * l->in, 1, 1);
  float *F = random_floats(sum * l->out, 2, 1 / sqrtf((float)sum));
  float *bias = random_floats(l->out, 3, 1), *O = random_floats(batch * size * size * l->out, 4, 9);
  double best = INFINITY;
  for (int i = 0; i < repeat; i++) {
    double start = tppc_now();
    check(call(l, batch, I, F, bias, O), "conv");
    double t = tppc_now() - start;
    best = t < best ? t : best;
  }
  double gflops = 2.0 * (double)(batch * size * size * l->out * sum) / best * 1e-9;
  double error = error_of(l, batch, size, I, F, bias, O);
  printf("%4d %5d %5d %4d %3d %9.3f %8.1f", (int)l->hw, (int)l->in, (int)l->out, (int)l->filter,
         (int)l->stride, best * 1e3, gflops);
  if (peak > 0)
    printf(" %5.0f %%", 100 * gflops / peak);
  printf("  %.1e\n", error);
  free(I);
  free(F);
  free(bias);
  free(O);
  return error <= 1e-5;
}

int main(int argc, char **argv) {
  int64_t batch = 1;
  int repeat = 30, every = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--batch"))
      batch = atoll(argv[i + 1]);
    if (!strcmp(argv[i], "--repeat"))
      repeat = atoi(argv[i + 1]);
    if (!strcmp(argv[i], "--every"))
      every = atoi(argv[i + 1]);
  }
  double peak = repeat > 1 ? tppc_peak(TPPC_PEAK_FMA_F32, 1) : 0;
  bool ok = true;
  if (peak > 0)
    printf("FMA peak of a core: %.1f GFLOPS\n", peak);
  printf("  hw    in   out filt str        ms   GFLOPS%s  error\n", peak > 0 ? "   peak" : "");
  for (int i = 0; i<LAYERS; i += every> 0 ? every : 1)
    ok = run(&layers[i], batch, repeat, peak) && ok;
  return ok ? 0 : 1;
}
