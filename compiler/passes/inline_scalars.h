/* Scalar arguments of inlined calls. */
#ifndef TPPC_PASSES_INLINE_SCALARS_H
#define TPPC_PASSES_INLINE_SCALARS_H

#include "ir/ir.h"

/* In the statements of item, a nest or seq copied from the callee, the scalar parameter becomes the
 * element of the tensor that the call passes for it. */
void tppc_inline_scalar(TppcContext *cx, TppcOp *item, const TppcOp *call, const TppcValue *param,
                        TppcValue *tensor);

#endif
