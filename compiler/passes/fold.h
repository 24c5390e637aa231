/* Simplification of a straight-line scalar region: the body of a tpp.stmt or a loop.tile. */
#ifndef TPPC_PASSES_FOLD_H
#define TPPC_PASSES_FOLD_H

#include "ir/ir.h"

/* Folds constants, applies identities that hold for every value (NaN and -0 included), shares equal
 * loads and ops, and drops what nothing uses. Stores keep their order. */
void tppc_fold_region(TppcContext *cx, TppcRegion *r);

#endif
