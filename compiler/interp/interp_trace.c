/* --trace-nan: where a value first stops being finite although all it is made of is.
 *
 * A NaN that arrives in an input, an infinity that the program writes down, and what follows from
 * either are not it, nor is the branch that a select leaves out.
 */
#include "interp/interp_internal.h"
#include "interp/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void trace_found(Interp *in, TppcSpan span, const char *tensor, double value) {
  TppcNanTrace *t = in->trace;
  in->trace = NULL;
  t->found = true;
  t->span = span;
  snprintf(t->tensor, sizeof t->tensor, "%s", tensor);
  snprintf(t->value, sizeof t->value, "%s", isnan(value) ? "NaN" : value < 0 ? "-Inf" : "Inf");
}

void trace_element(Interp *in, const Store *s, int64_t at) {
  TppcNanTrace *t = in->trace;
  size_t n = (size_t)snprintf(t->where, sizeof t->where, s->rank ? "element [" : "its one element");
  for (int d = 0; d < s->rank && n + 24 < sizeof t->where; d++)
    n += (size_t)snprintf(t->where + n, sizeof t->where - n, "%s%lld", d ? ", " : "",
                          (long long)(at / s->stride[d] % (s->dim[d] ? s->dim[d] : 1)));
  if (s->rank && n + 2 < sizeof t->where)
    memcpy(t->where + n, "]", 2);
}

void trace_result(Interp *in, const Store *s, int64_t at, const TppcOp *op, const TppcUse *to) {
  if (!in->trace || s->is_int || isfinite(s->f[at]))
    return;
  trace_element(in, s, at);
  snprintf(in->trace->made_by, sizeof in->trace->made_by,
           "a reduction of finite terms that leaves the range of %s", tppc_elem_name(s->elem));
  trace_found(in, op->span, to->value->name, s->f[at]);
}

void trace_rounding(Interp *in, const Store *s, int elem, const TppcOp *statement,
                    const char *name) {
  if (!in->trace || s->is_int || s->elem == elem || !tppc_elem_is_float(elem))
    return;
  for (int64_t i = 0; i < s->n; i++) {
    double rounded = isfinite(s->f[i]) ? tppc_round_float(elem, s->f[i]) : 0;
    if (isfinite(rounded))
      continue;
    trace_element(in, s, i);
    snprintf(in->trace->made_by, sizeof in->trace->made_by, "%.6g, which is beyond the range of %s",
             s->f[i], tppc_elem_name(elem));
    trace_found(in, statement->span, name, rounded);
    return;
  }
}
