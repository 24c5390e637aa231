/* Ternary weights, element by element. */
#include <tpp/rt.h>

static int64_t up(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

float tpp_ternary_at(const tpp_ternary *t, int64_t rows, int64_t cols, int64_t group,
                     int64_t planes, int64_t i) {
  int64_t row = i / cols, col = i % cols, codes = up(rows, 4) * cols,
          scales = up(rows, group) * cols;
  float sum = 0;
  for (int64_t p = 0; p < planes; p++) {
    int code = t->codes[p * codes + row / 4 * cols + col] >> (2 * (row % 4)) & 3;
    if (code != 1) /* a weight of 0 takes no part, whatever its scale */
      sum += (float)(code - 1) * t->scales[p * scales + row / group * cols + col];
  }
  return sum;
}
