/* The helpers of tpp/opsdef.h: what they choose where mathematics leaves a choice, and K-TanH bit
 * by bit. */
#include "check.h"
#include <tpp/opsdef.h>

#include <stdio.h>
#include <stdlib.h>

static void test_integers(void) {
  const int64_t seven = 7, two = 2, zero = 0, least = INT64_MIN;
  CHECK(tppd_div(seven, two) == 3);
  CHECK(tppd_div(-seven, two) == -4);
  CHECK(tppd_div(seven, -two) == -4);
  CHECK(tppd_div(-seven, -two) == 3);
  CHECK(tppd_div(-(seven + 1), two) == -4);
  CHECK(tppd_div(seven, zero) == 0);
  CHECK(tppd_div(least, (int64_t)-1) == INT64_MIN);
  CHECK(tppd_max(seven, -two) == 7 && tppd_min(seven, -two) == -2);
}

static void test_extremes(void) {
  const double nan = (double)NAN, zero = 0.0;
  CHECK(tppd_div(1.0, 4.0) == 0.25 && isinf(tppd_div(1.0, zero)));
  CHECK(isnan(tppd_max(nan, 1.0)) && isnan(tppd_max(1.0, nan)));
  CHECK(isnan(tppd_min(nan, 1.0)) && isnan(tppd_min(1.0, nan)));
  CHECK(!signbit(tppd_max(-zero, zero)) && !signbit(tppd_max(zero, -zero)));
  CHECK(signbit(tppd_min(-zero, zero)) && signbit(tppd_min(zero, -zero)));
  CHECK(signbit(tppd_max(-zero, -zero)) && !signbit(tppd_min(zero, zero)));
  CHECK(tppd_max(-TPPD_INF, 3.0) == 3 && tppd_min(TPPD_INF, 3.0) == 3);
  CHECK(tppd_max(TPPD_INF, -TPPD_INF) == TPPD_INF);
  CHECK(tppd_sigmoid(0.0) == 0.5 && tppd_sigmoid(800.0) == 1 && tppd_sigmoid(-800.0) == 0);
  CHECK(tppd_sigmoid(-700.0) > 0);
  CHECK(tppd_tanh_grad(0.0) == 1 && tppd_tanh_grad(1000.0) == 0 && tppd_tanh_grad(-TPPD_INF) == 0);
}

/* Values of an independent evaluation with 50 digits. */
static void test_values(void) {
  static const struct {
    double x, gelu, gelu_tanh, silu_grad;
  } rows[] = {
      {1.0, 0.84134474606854294859, 0.84119199060827670478, 0.92767051187148673},
      {-1.0, -0.15865525393145705141, -0.15880800939172329522, 0.072329488128513268},
      {-5.0, -1.4332578593959695584e-6, -2.2917961966295060456e-7, -0.026547432429665919},
      {0.5, 0.34573123063700655182, 0.34571400982514392204, 0.73996118730265181},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    CHECK(fabs(tppd_gelu(rows[i].x) - rows[i].gelu) <= 1e-13 * fabs(rows[i].gelu));
    CHECK(fabs(tppd_gelu_tanh(rows[i].x) - rows[i].gelu_tanh) <= 1e-13 * fabs(rows[i].gelu_tanh));
    CHECK(fabs(tppd_silu_grad(rows[i].x) - rows[i].silu_grad) <= 1e-15);
  }
}

/* Derivatives against central differences. */
static void test_gradients(void) {
  const double h = 1e-5;
  for (double x = -6; x <= 6; x += 0.0625) {
    double gelu = (tppd_gelu(x + h) - tppd_gelu(x - h)) / (2 * h);
    double gelu_tanh = (tppd_gelu_tanh(x + h) - tppd_gelu_tanh(x - h)) / (2 * h);
    double silu = ((x + h) * tppd_sigmoid(x + h) - (x - h) * tppd_sigmoid(x - h)) / (2 * h);
    double tanhs = (tanh(x + h) - tanh(x - h)) / (2 * h);
    CHECK(fabs(tppd_gelu_grad(x) - gelu) < 1e-9);
    CHECK(fabs(tppd_gelu_tanh_grad(x) - gelu_tanh) < 1e-9);
    CHECK(fabs(tppd_silu_grad(x) - silu) < 1e-9);
    CHECK(fabs(tppd_tanh_grad(x) - tanhs) < 1e-9);
  }
}

static void test_bf16(void) {
  CHECK(tppd_f32_to_bf16(1.0f) == 0x3f80);
  CHECK(tppd_f32_to_bf16(0x1.01p0f) == 0x3f80); /* halfway, to even below */
  CHECK(tppd_f32_to_bf16(0x1.03p0f) == 0x3f82); /* halfway, to even above */
  CHECK(tppd_f32_to_bf16(0x1.010002p0f) == 0x3f81);
  CHECK(tppd_f32_to_bf16(-0.0f) == 0x8000);
  CHECK(tppd_f32_to_bf16(0x1.fffffep127f) == 0x7f80);
  CHECK((tppd_f32_to_bf16(NAN) & 0x7fff) > 0x7f80);
}

/* Over all inputs: at most two units in the last place of BF16 from tanh. */
static void test_ktanh_fine(void) {
  CHECK(tppd_ktanh_bits(0x3dff, 1) == 0x3dff); /* below 0.125 passes */
  CHECK(tppd_ktanh_bits(0x405e, 1) == 0x3f80); /* from where the nearest BF16 is one */
  for (unsigned b = 0; b < 0x7f80; b++) {
    uint16_t y = tppd_ktanh_bits((uint16_t)b, 1);
    CHECK(tppd_ktanh_bits((uint16_t)(b | 0x8000), 1) == (y | 0x8000));
    double exact = tanh((double)tppd_bf16_to_f32((uint16_t)b));
    CHECK(fabs((double)tppd_bf16_to_f32(y) - exact) < 0.00538);
    CHECK(abs(y - tppd_f32_to_bf16((float)exact)) <= 2);
  }
}

/* Spot values worked out from the published table, limits, symmetry, and the error over all inputs,
 * which is known exactly: at most 0.00892. */
static void test_ktanh(void) {
  CHECK(tppd_ktanh_bits(0x3e7f, 0) == 0x3e7f); /* below 0.25 passes */
  CHECK(tppd_ktanh_bits(0x3e80, 0) == ((125 << 7) + 0 + 1));
  CHECK(tppd_ktanh_bits(0x3f80, 0) == ((126 << 7) + 0 + 65));
  CHECK(tppd_ktanh_bits(0x4000, 0) == ((126 << 7) + 119));
  CHECK(tppd_ktanh_bits(0x4070, 0) == ((126 << 7) + (0x70 >> 6) + 126));
  CHECK(tppd_ktanh_bits(0x4071, 0) == 0x3f80); /* above 3.75 is one */
  CHECK(tppd_ktanh_bits(0x7f80, 0) == 0x3f80 && tppd_ktanh_bits(0xff80, 0) == 0xbf80);
  CHECK((tppd_ktanh_bits(0x7f81, 0) & 0x7fff) > 0x7f80);
  double worst = 0;
  for (unsigned b = 0; b < 0x7f80; b++) {
    uint16_t y = tppd_ktanh_bits((uint16_t)b, 0);
    CHECK(tppd_ktanh_bits((uint16_t)(b | 0x8000), 0) == (y | 0x8000));
    double error = fabs((double)tppd_bf16_to_f32(y) - tanh((double)tppd_bf16_to_f32((uint16_t)b)));
    worst = error > worst ? error : worst;
  }
  CHECK(worst > 0.0089 && worst < 0.00893);
  CHECK(tppd_ktanh(0x1.01p-3, 0) == 0x1p-3); /* the argument is rounded to BF16 first */
  CHECK(tppd_ksigmoid(0.0, 0) == 0.5 && tppd_ksigmoid(100.0, 0) == 1 &&
        tppd_ksigmoid(-100.0, 0) == 0);
  for (double x = -10; x < 10; x += 0.125)
    CHECK(fabs(tppd_ksigmoid(x, 0) - tppd_sigmoid(x)) < 0.0066);
}

int main(void) {
  test_integers();
  test_extremes();
  test_values();
  test_gradients();
  test_bf16();
  test_ktanh();
  test_ktanh_fine();
  return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
