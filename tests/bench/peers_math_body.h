/* A template: the includer defines LANES and NAME(stem), and sets the instruction set by its flags.
 * BF16 is widened by a shift and rounded to nearest even; both in vectors, as a user of the library
 * would. */
#include "peers_math.h"

#include <string.h>

typedef float Floats __attribute__((vector_size(LANES * 4)));
typedef uint32_t Words __attribute__((vector_size(LANES * 4)));
typedef int32_t Signed __attribute__((vector_size(LANES * 4)));
typedef uint16_t Halves __attribute__((vector_size(LANES * 2)));
typedef Floats (*VectorFn)(Floats);

static inline Floats widen(const uint16_t *p) {
  Halves h;
  memcpy(&h, p, sizeof h);
  return (Floats)(__builtin_convertvector(h, Words) << 16);
}

static inline void narrow(uint16_t *p, Floats v) {
  Words w = (Words)v;
  w += 0x7fff + (w >> 16 & 1);
  Halves h = __builtin_convertvector(w >> 16, Halves);
  memcpy(p, &h, sizeof h);
}

void NAME(bench_map)(void *fn, const uint16_t *x, uint16_t *y, int64_t n) {
  VectorFn f;
  memcpy(&f, &fn, sizeof f);
  for (int64_t i = 0; i < n; i += LANES)
    narrow(y + i, f(widen(x + i)));
}

/* x P(x^2) / Q(x^2) on [-9, 9], beyond which tanh is 1 in F32: 13th by 6th degree, coefficients of
 * Eigen's ptanh, within 5 ulp. */
void NAME(bench_rational)(void *fn, const uint16_t *x, uint16_t *y, int64_t n) {
  static const float p[] = {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                            5.12229709037114e-08f,  1.48572235717979e-05f, 6.37261928875436e-04f,
                            4.89352455891786e-03f},
                     q[] = {1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f,
                            4.89352518554385e-03f};
  (void)fn;
  const Floats limit = {0};
  for (int64_t i = 0; i < n; i += LANES) {
    Floats v = widen(x + i), most = limit + 9.0f, least = limit - 9.0f;
    Signed above = v > most, below = v < least;
    v = (Floats)(((Signed)v & ~above & ~below) | ((Signed)most & above) | ((Signed)least & below));
    Floats z = v * v, num = limit + p[0], den = limit + q[0];
    for (int k = 1; k < 7; k++)
      num = num * z + p[k];
    for (int k = 1; k < 4; k++)
      den = den * z + q[k];
    narrow(y + i, v * num / den);
  }
}
