/* Data indices that the kernel computes (hoist_indices.c). */
#ifndef TPPC_PASSES_HOIST_INDICES_H
#define TPPC_PASSES_HOIST_INDICES_H

#include "passes/rewrite.h"

/* Moves what the index of `bind` is computed by, chain[0..n) in its region, in front of the nest.
 * Returns the op of the kernel's body before which the index is known and no parameter has been
 * written: `at`, the first one, where it can be, else one behind it. NULL when there is none. */
TppcOp *tppc_hoist_index(TppcContext *cx, TppcOp *kernel, TppcOp *at, const TppcOp *bind,
                         TppcOp *const *chain, int n_chain);

/* An index that is not known before a parameter is written (late_indices.c): the nest of `bind`
 * then starts at the first statement that needs it. Returns the nest, in front of which the index
 * is to be checked; NULL after a refusal. */
TppcOp *tppc_late_index(TppcContext *cx, TppcOp *kernel, TppcOp *bind, TppcOp *const *chain,
                        int n_chain);
/* What is written up to `last`, the last check of the kernel, goes to locals, and to the parameters
 * behind it. */
void tppc_defer_writes(TppcContext *cx, TppcOp *kernel, TppcOp *last);

#endif
