/* Speed of single BRGEMM tiles whose operands stay in the first or second level cache, in GFLOPS
 * and in percent of the FMA peak of this machine. Not a test: figures of a shared machine pass no
 * judgement.
 *
 * usage: tile_bench [word]     only rows and cases whose line has the word */
#include "runtime/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Twelve chains of FMAs in assembly, which no compiler can fold; GFLOPS in F32. */
static double fma_peak(void) {
#if defined(__x86_64__)
  const long rounds = 400000;
  double best = 0;
  for (int r = 0; r < 15; r++) {
    double start = seconds();
    long n = rounds;
#define FMA(i) "vfmadd231ps %%ymm15, %%ymm15, %%ymm" #i "\n"
    __asm__ volatile("vzeroall\n1:\n" FMA(0) FMA(1) FMA(2) FMA(3) FMA(4) FMA(5) FMA(6) FMA(7) FMA(8)
                         FMA(9) FMA(10) FMA(11) "dec %0\njnz 1b\nvzeroupper\n"
                     : "+r"(n)
                     :
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm15", "cc");
    double gflops = (double)rounds * 12 * 16 / (seconds() - start) * 1e-9;
    best = gflops > best ? gflops : best;
  }
  return best;
#else
  return 0;
#endif
}

enum layout { PLAIN, A_COLS, B_COLS, BOTH_COLS, B_VNNI, FAR_A_COLS, FAR_PLAIN, FAR_B_COLS };
static const char *const layout_names[] = {
    "plain",  "A transposed",          "B transposed", "both",
    "B VNNI", "A transposed, ld 1024", "ld 1024",      "B transposed, ld 1024"};

static tpp_brgemm_desc describe(const tpp_brgemm_row *row, enum layout layout, const int64_t s[4]) {
  int64_t m = s[0], n = s[1], k = s[2];
  tpp_brgemm_desc d = {.size = sizeof d, .a_pack = 1, .b_pack = 1, .exact_shape = 1};
  d.a_type = row->a_type ? row->a_type : TPP_F32;
  d.b_type = row->b_type ? row->b_type : TPP_F32;
  d.c_type = row->c_type ? row->c_type : TPP_F32;
  d.m = m, d.n = n, d.k = k, d.br = s[3];
  d.fits16 = (row->flags & TPP_ROW_FITS16) != 0;
  int is_byte = d.b_type == TPP_I8 || d.b_type == TPP_U8;
  int far = layout >= FAR_A_COLS;
  int a_cols = layout == A_COLS || layout == BOTH_COLS || layout == FAR_A_COLS;
  int b_cols = layout == B_COLS || layout == BOTH_COLS || layout == FAR_B_COLS;
  d.a_rs = a_cols ? 1 : far ? 1024 : k, d.a_cs = a_cols ? (far ? 1024 : m) : 1;
  d.b_rs = b_cols ? 1 : far ? 1024 : n, d.b_cs = b_cols ? (far ? 1024 : k) : 1;
  if (layout == B_VNNI)
    d.b_pack = is_byte ? 4 : 2, d.b_cs = d.b_pack, d.b_rs = d.b_pack * n;
  d.c_rs = far ? 1024 : n, d.c_cs = 1;
  d.br_a = far ? (a_cols ? k * 1024 : k) : m * k, d.br_b = far ? (b_cols ? k : k * 1024) : k * n;
  return d;
}

static void *operand(void) {
  size_t bytes = (size_t)8 << 20;
  float *p = aligned_alloc(64, bytes);
  for (size_t i = 0; p && i < bytes / sizeof *p; i++)
    p[i] = 1;
  return p;
}

static double measure(const tpp_brgemm *kernel, const void *A, const void *B, void *C,
                      const int64_t s[4]) {
  double flops = 2.0 * (double)(s[0] * s[1] * s[2] * s[3]);
  long calls = (long)(2e7 / flops) + 1;
  double best = 0;
  for (int r = 0; r < 15; r++) {
    double start = seconds();
    for (long c = 0; c < calls; c++)
      kernel->fn(kernel, A, B, C, s[0], s[1], s[2], s[3], 0);
    double gflops = flops * (double)calls / (seconds() - start) * 1e-9;
    best = gflops > best ? gflops : best;
  }
  return best;
}

int main(int argc, char **argv) {
  static const int64_t shapes[][4] = {{32, 32, 64, 4},  {32, 32, 256, 1}, {32, 32, 32, 1},
                                      {64, 64, 64, 1},  {17, 9, 13, 1},   {17, 25, 64, 2},
                                      {32, 10, 512, 1}, {1, 64, 256, 1},  {6, 512, 64, 1}};
  double peak = fma_peak();
  void *A = operand(), *B = operand(), *C = operand();
  printf("FMA peak, F32, one core: %.1f GFLOPS\n", peak);
  for (int i = 1; i < tpp_n_brgemm_rows; i++)
    for (int l = PLAIN; l <= FAR_B_COLS; l++)
      for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const tpp_brgemm_row *row = &tpp_brgemm_rows[i];
        const int64_t *shape = shapes[s];
        char line[200], buffer[TPP_REASON_SIZE];
        tpp_brgemm kernel = {.desc = describe(row, (enum layout)l, shape)};
        snprintf(line, sizeof line, "%-28s %3lldx%3lldx%3lld br %lld  %-21s", row->name,
                 (long long)shape[0], (long long)shape[1], (long long)shape[2], (long long)shape[3],
                 layout_names[l]);
        int wanted = argc < 2 || strstr(line, argv[1]);
        if (!wanted || tpp_brgemm_row_select(row, &kernel, buffer))
          continue;
        double gflops = measure(&kernel, A, B, C, shape);
        double bound = row->c_type == TPP_F64 ? peak / 2 : peak;
        printf("%s %6.1f GFLOPS %4.0f %%\n", line, gflops, 100 * gflops / bound);
      }
  printf("FMA peak again: %.1f GFLOPS\n", fma_peak());
  free(A);
  free(B);
  free(C);
  return 0;
}
