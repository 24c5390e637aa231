/* Ternary weights: where codes and scales lie, and how they are fitted. The runtime and the
 * interpreter share these definitions; a host program may use them to fill arrays of its own.
 *
 * A matrix [K, N] is stored in panels of 16 columns, which a product with one vector reads from one
 * end to the other and from which a tile of a product of matrices is unpacked without shuffles:
 * sixteen weights of a column are one 32-bit word, of which byte b holds the weights of rows b, 4 +
 * b, 8 + b, and 12 + b. Shifted right by 2f and masked, it has rows 4f .. 4f + 3 in its four bytes,
 * as VPMADDUBSW and VPDPBUSD want them.
 *
 *   code w + 1 of row k, column n     bits 2f and 2f + 1, f = k % 16 / 4, of the byte
 *                                     ((n / 16 * ceil(K / 16) + k / 16) * 16 + n % 16) * 4 + k % 4
 *   scale of group g = k / group      element (n / 16 * groups + g) * 16 + n % 16
 *   unit of byte scales               element n
 *
 * Panels are whole: N is rounded up to a multiple of 16, K to one of 16, the filling has code 1 (a
 * weight of 0). Planes follow each other. */
#ifndef TPP_TERNARY_H
#define TPP_TERNARY_H

#include <tpp/rt.h>

#include <math.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TPP_TERNARY_COLS = 16, TPP_TERNARY_ROWS = 16, TPP_TERNARY_BLOCK = 64 };

static inline int64_t tppt_blocks(int64_t n, int64_t by) {
  return n / by + (n % by != 0);
}

/* Bytes of the codes of a plane, and elements of its scales and units. */
static inline int64_t tppt_code_bytes(int64_t rows, int64_t cols) {
  return tppt_blocks(cols, TPP_TERNARY_COLS) * tppt_blocks(rows, TPP_TERNARY_ROWS) *
         TPP_TERNARY_BLOCK;
}
static inline int64_t tppt_scales(int64_t rows, int64_t cols, int64_t group) {
  return tppt_blocks(cols, TPP_TERNARY_COLS) * tppt_blocks(rows, group) * TPP_TERNARY_COLS;
}
static inline int64_t tppt_units(int64_t cols) {
  return tppt_blocks(cols, TPP_TERNARY_COLS) * TPP_TERNARY_COLS;
}

/* The byte of a plane's codes that has the weight, and the place in it. */
static inline int64_t tppt_code_at(int64_t rows, int64_t row, int64_t col) {
  int64_t block = col / TPP_TERNARY_COLS * tppt_blocks(rows, TPP_TERNARY_ROWS) + row / 16;
  return (block * TPP_TERNARY_COLS + col % TPP_TERNARY_COLS) * 4 + row % 4;
}
static inline int tppt_code_shift(int64_t row) {
  return (int)(row % 16 / 4 * 2);
}

/* The element of a plane's scales that group g of a column has. */
static inline int64_t tppt_scale_at(int64_t groups, int64_t g, int64_t col) {
  return (col / TPP_TERNARY_COLS * groups + g) * TPP_TERNARY_COLS + col % TPP_TERNARY_COLS;
}

/* What element `at` of the scales of plane p, which has `scales` of them, is worth in column col.
 */
static inline float tppt_scale(const tpp_ternary *t, int64_t p, int64_t scales, int64_t at,
                               int64_t cols, int64_t col) {
  if (!t->units)
    return ((const float *)t->scales)[p * scales + at];
  return (float)((const uint8_t *)t->scales)[p * scales + at] *
         t->units[p * tppt_units(cols) + col];
}

/* ---- fitting ----
 *
 * A group w is replaced by a * T, T in {-1, 0, 1}: that lessens ||w||^2 by c^2 / k for the best a,
 * the mean of the k weights of the support, whose sizes sum to c. The best support of each size has
 * the largest |w|, so that sorting and trying every size is optimal (FGQ, arXiv 1705.01462, solves
 * this problem). Further planes fit what is left (arXiv 1707.04679); a group whose error is within
 * the tolerance takes none.
 *
 * The cluster fit (arXiv 1701.08978) has root mean squares for scales, which raise the threshold
 * and make more zeros: each filter of a cluster finds the best one of the RMS of its largest
 * weights, the cluster the best one of the RMS of its largest filters' scales; weights from the
 * scale on are coded. */

/* Room for tppt_fit_column, in doubles. */
static inline int64_t tppt_fit_room(int64_t rows, int64_t group) {
  return rows + 2 * group + 2 * tppt_blocks(rows, group);
}

static inline int tppt_descending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

/* The scale of n weights, of which magnitudes come sorted, largest first, and *least, the smallest
 * one that is coded; 0 when nothing is. */
static inline double tppt_mean_scale(const double *sorted, int64_t n, double *least) {
  double sum = 0, best = 0, scale = 0;
  *least = 0;
  for (int64_t i = 0; i < n && sorted[i] > 0; i++) {
    sum += sorted[i];
    double gain = sum / (double)(i + 1) * sum;
    if (gain > best) {
      best = gain;
      *least = sorted[i];
      scale = sum / (double)(i + 1);
    }
  }
  return scale;
}

/* The best one of the RMS of the first few candidates, sorted like the weights. */
static inline double tppt_rms_scale(const double *sorted, int64_t n, const double *candidate,
                                    int64_t candidates, double *least) {
  double squares = 0, sum = 0, best = 0, scale = 0;
  int64_t coded = 0;
  *least = 0;
  for (int64_t i = 0; i < candidates && candidate[i] > 0; i++) {
    squares += candidate[i] * candidate[i];
    double square = squares / (double)(i + 1), a = sqrt(square);
    /* Compared by squares: a weight alone is its own RMS. */
    while (coded < n && sorted[coded] * sorted[coded] >= square)
      sum += sorted[coded++];
    double gain = 2 * a * sum - square * (double)coded;
    if (coded > 0 && gain > best) {
      best = gain;
      *least = sorted[coded - 1];
      scale = a;
    }
  }
  return scale;
}

/* Sorted magnitudes of n weights. */
static inline void tppt_sort(const double *w, int64_t n, double *sorted) {
  for (int64_t i = 0; i < n; i++)
    sorted[i] = fabs(w[i]);
  qsort(sorted, (size_t)n, sizeof *sorted, tppt_descending);
}

/* The scale of one group of n weights by the method of the shape; room for 2 * n doubles. */
static inline double tppt_group_scale(const tpp_ternary_shape *s, const double *w, int64_t n,
                                      double *room, double *least) {
  double *filters = room + n;
  int64_t found = 0;
  if (s->method == TPP_FIT_RMS) {
    for (int64_t i = 0; i < n; i += s->filter) {
      int64_t length = n - i < s->filter ? n - i : s->filter;
      tppt_sort(w + i, length, room);
      filters[found++] = tppt_rms_scale(room, length, room, length, least);
    }
    qsort(filters, (size_t)found, sizeof *filters, tppt_descending);
  }
  tppt_sort(w, n, room);
  return s->method == TPP_FIT_RMS ? tppt_rms_scale(room, n, filters, found, least)
                                  : tppt_mean_scale(room, n, least);
}

/* Sum of squares. */
static inline double tppt_energy(const double *w, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += w[i] * w[i];
  return sum;
}

/* The power of two of which 255 reach the largest scale: the exponent of a column in dynamic fixed
 * point. */
static inline float tppt_unit(const double *scales, int64_t n) {
  double most = 0;
  int exponent;
  for (int64_t i = 0; i < n; i++)
    most = scales[i] > most ? scales[i] : most;
  frexp(most / 255, &exponent);
  exponent -= most > 0 && most <= ldexp(255, exponent - 1);
  return most > 0 ? (float)ldexp(1, exponent < -126 ? -126 : exponent) : 1.0f;
}

/* Fits one column of shape->rows weights: codes[planes][rows], of -1, 0, 1; scales[planes][groups],
 * which are whole multiples, 0 .. 255, of units[planes] where the shape wants bytes. weights are
 * finite, and lost; group > 0; room has tppt_fit_room(rows, group) doubles with the weights in its
 * first. */
static inline void tppt_fit_column(const tpp_ternary_shape *s, int64_t group, double *room,
                                   int8_t *codes, float *scales, float *units) {
  int64_t rows = s->rows, groups = tppt_blocks(rows, group);
  double *rest = room, *work = rest + rows, *scale = work + 2 * group, *energy = scale + groups;
  for (int64_t g = 0; g < groups; g++)
    energy[g] = tppt_energy(rest + g * group, rows - g * group < group ? rows - g * group : group);
  for (int32_t p = 0; p < s->planes; p++, codes += rows, scales += groups) {
    for (int64_t g = 0; g < groups; g++) {
      double *w = rest + g * group, least = 0, limit = (double)s->tolerance;
      int64_t n = rows - g * group < group ? rows - g * group : group;
      int done = limit > 0 && tppt_energy(w, n) <= limit * limit * energy[g];
      scale[g] = done ? 0 : tppt_group_scale(s, w, n, work, &least);
      for (int64_t i = 0; i < n; i++)
        codes[g * group + i] = (int8_t)(least == 0 || fabs(w[i]) < least ? 0 : w[i] > 0 ? 1 : -1);
    }
    if (s->scales == TPP_U8)
      units[p] = tppt_unit(scale, groups);
    for (int64_t g = 0; g < groups; g++) {
      if (s->scales == TPP_U8)
        scale[g] = fmin(255, rint(scale[g] / (double)units[p])) * (double)units[p];
      scales[g] = (float)scale[g];
      for (int64_t k = g * group; k < rows && k < (g + 1) * group; k++)
        rest[k] -= codes[k] * (double)scales[g];
    }
  }
}

#ifdef __cplusplus
}
#endif

#endif
