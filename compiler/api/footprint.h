/* How many times loops run, and how many bytes one iteration touches. */
#ifndef TPPC_API_FOOTPRINT_H
#define TPPC_API_FOOTPRINT_H

#include "ir/ir.h"

/* Iterations of dim d of op, or -1 where they depend on unknown sizes. */
int64_t tppc_trips(TppcContext *cx, const TppcOp *op, const TppcDim *d);
/* Bytes of all tensors that the first iteration of a loop of a module of level rt touches, each
 * element once; -1 where that depends on unknown sizes. At most: accesses that meet are not seen.
 */
int64_t tppc_footprint(TppcContext *cx, const TppcOp *loop);

#endif
