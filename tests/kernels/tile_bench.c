/* Speed of single BRGEMM tiles in GFLOPS and in percent of the FMA peak of this machine, of every
 * row and of what is selected. Where the line says L2, calls go through so many copies of the
 * operands that they come from the second level cache; else they use the same ones. Not a test:
 * figures of a shared machine pass no judgement.
 *
 * usage: tile_bench [word [rounds [m n k br [L2]]]]     only rows and cases whose line has the
 * word; that shape rather than those of the list */
#include "runtime/kernels.h"
#include "tppc/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Bytes from one copy of the operands to the next, each of the three in a buffer of its own. */
typedef struct copies {
  int64_t n, a, b, c;
} copies;

static int64_t element_bytes(int dtype) {
  return dtype == TPP_F64                                            ? 8
         : dtype == TPP_F32 || dtype == TPP_I32                      ? 4
         : dtype == TPP_F16 || dtype == TPP_BF16 || dtype == TPP_U16 ? 2
                                                                     : 1;
}

/* Copies that together have twice the bytes of a first level cache of 64 KiB. */
static copies spread(const tpp_brgemm_desc *d, const int64_t s[4]) {
  copies c = {.n = 1};
  c.a = (d->br_a * s[3] * element_bytes(d->a_type) + 63) / 64 * 64;
  c.b = (d->br_b * s[3] * element_bytes(d->b_type) + 63) / 64 * 64;
  c.c = (s[0] * d->c_rs * element_bytes(d->c_type) + 63) / 64 * 64;
  c.n = 131072 / (c.a + c.b + c.c) + 1;
  return c;
}

typedef struct contestant {
  char line[120];
  tpp_brgemm kernel;
  int64_t s[5]; /* m, n, k, br, whether operands come from the second level cache */
  double best;  /* GFLOPS */
} contestant;

/* GFLOPS of about 0.2 ms of calls. */
static double measure(const contestant *t, const char *A, const char *B, char *C) {
  const int64_t *s = t->s;
  double flops = 2.0 * (double)(s[0] * s[1] * s[2] * s[3]);
  const copies step = s[4] ? spread(&t->kernel.desc, s) : (copies){.n = 1};
  long calls = ((long)(2e7 / flops) / (long)step.n + 1) * (long)step.n;
  double start = tppc_now();
  int64_t at = 0;
  for (long c = 0; c < calls; c++) {
    t->kernel.fn(&t->kernel, A + at * step.a, B + at * step.b, C + at * step.c, s[0], s[1], s[2],
                 s[3], 0);
    at = at + 1 < step.n ? at + 1 : 0;
  }
  return flops * (double)calls / (tppc_now() - start) * 1e-9;
}

static void *operand(void) {
  size_t bytes = (size_t)8 << 20;
  float *p = aligned_alloc(64, bytes);
  for (size_t i = 0; p && i < bytes / sizeof *p; i++)
    p[i] = 1;
  return p;
}

/* Row i, or for i < 0 what selection gives F32. Returns whether it takes part. */
static int enter(contestant *t, int i, enum layout l, const int64_t s[5], const char *word) {
  const tpp_brgemm_row *row = i < 0 ? &tpp_brgemm_rows[0] : &tpp_brgemm_rows[i];
  char buffer[TPP_REASON_SIZE];
  *t = (contestant){.kernel = {.desc = describe(row, l, s)}};
  memcpy(t->s, s, sizeof t->s);
  snprintf(t->line, sizeof t->line, "%-28s %3lldx%3lldx%3lld br %lld %s  %-21s",
           i < 0 ? "selected" : row->name, (long long)s[0], (long long)s[1], (long long)s[2],
           (long long)s[3], s[4] ? "L2" : "  ", layout_names[l]);
  if (word &&
      (word[0] == '^' ? strncmp(t->line, word + 1, strlen(word + 1)) != 0 : !strstr(t->line, word)))
    return 0;
  if (i < 0)
    tpp_brgemm_select(&t->kernel);
  else if (tpp_brgemm_row_select(row, &t->kernel, buffer))
    return 0;
  return 1;
}

/* GFLOPS of one run of the loop; 0 where there is none. */
static double loop_rate(TppcPeakLoop *fma) {
  double start = tppc_now();
  if (fma)
    tppc_peak_run(fma);
  return fma ? tppc_peak_work(fma) / (tppc_now() - start) * 1e-9 : 0;
}

/* All take turns, so that a slow moment of the machine hits none of them alone. */
int main(int argc, char **argv) {
  int64_t shapes[][5] = {{32, 32, 32, 8, 1},  {64, 64, 64, 8, 1}, {17, 9, 13, 8, 1},
                         {33, 31, 32, 8, 1},  {24, 4, 64, 8, 1},  {32, 32, 64, 4, 0},
                         {32, 32, 256, 1, 0}, {32, 32, 32, 1, 0}, {64, 64, 64, 1, 0},
                         {17, 9, 13, 1, 0},   {17, 25, 64, 2, 0}, {32, 10, 512, 1, 0},
                         {1, 64, 256, 1, 0},  {6, 512, 64, 1, 0}};
  static contestant all[8192];
  size_t n_shapes = argc > 6 ? 1 : sizeof shapes / sizeof *shapes;
  for (int x = 0; x < 4 && argc > 6; x++)
    shapes[0][x] = atoi(argv[3 + x]);
  if (argc > 6)
    shapes[0][4] = argc > 7;
  int n = 0, rounds = argc > 2 ? atoi(argv[2]) : 40;
  char *operands[3] = {operand(), operand(), operand()};
  for (int i = -1; i < tpp_n_brgemm_rows; i++)
    for (int l = PLAIN; l <= FAR_B_COLS && i != 0; l++)
      for (size_t s = 0; s < n_shapes; s++)
        if (n < (int)(sizeof all / sizeof *all))
          n += enter(&all[n], i, (enum layout)l, shapes[s], argc > 1 ? argv[1] : NULL);
  double peak = 0;
  TppcPeakLoop *fma = tppc_peak_open(TPPC_PEAK_FMA_F32, 1, 0);
  for (int r = 0; r < rounds; r++) {
    double now = loop_rate(fma);
    peak = now > peak ? now : peak;
    for (int i = 0; i < n; i++) {
      now = measure(&all[i], operands[0], operands[1], operands[2]);
      all[i].best = now > all[i].best ? now : all[i].best;
    }
  }
  printf("FMA peak, F32, one core: %.1f GFLOPS\n", peak);
  for (int i = 0; i < n; i++) {
    double bound = all[i].kernel.desc.c_type == TPP_F64 ? peak / 2 : peak;
    printf("%s %6.1f GFLOPS %4.0f %%  %s\n", all[i].line, all[i].best, 100 * all[i].best / bound,
           all[i].kernel.name);
  }
  tppc_peak_close(fma);
  for (int x = 0; x < 3; x++)
    free(operands[x]);
  return 0;
}
