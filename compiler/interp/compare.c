/* Comparison of what a compiled kernel wrote with the interpreter's values and bounds. */
#include "interp/interp.h"

#include <math.h>

static double distance(const TppcTensor *a, const TppcTensor *b, int64_t i) {
  if (!tppc_elem_is_float(a->elem))
    return fabs((double)tppc_tensor_get_int(a, i) - (double)tppc_tensor_get_int(b, i));
  double x = tppc_tensor_get(a, i), y = tppc_tensor_get(b, i);
  if (x == y || (isnan(x) && isnan(y)))
    return 0;
  return isnan(x - y) ? (double)INFINITY : fabs(x - y);
}

bool tppc_compare(TppcComparison *c, const TppcTensor *expected, const double *bound,
                  const TppcTensor *actual) {
  bool worst_here = false;
  for (int64_t i = 0; i < expected->n_values; i++) {
    double e = bound ? bound[i] : 0, d = distance(expected, actual, i);
    c->compared++;
    c->unbounded += isinf(e) != 0;
    if (d == 0 || isinf(e))
      continue;
    double units = e > 0 ? d / e : (double)INFINITY;
    c->wrong += units > 1;
    if (units > c->worst) {
      c->worst = units;
      c->worst_at = i;
      c->expected = tppc_tensor_get(expected, i);
      c->got = tppc_tensor_get(actual, i);
      worst_here = true;
    }
  }
  return worst_here;
}
