/* The accumulators of sums, for passes that must make them before their turn. */
#ifndef TPPC_PASSES_WIDEN_ACCUMULATORS_H
#define TPPC_PASSES_WIDEN_ACCUMULATORS_H

#include "ir/ir.h"

/* Updates of v in the nest go to temporaries of the accumulator's type, and are rounded to v after
 * the last one. Does nothing where v has that type. */
void tppc_widen_tensor(TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcValue *v);

#endif
