/* Walks over the stored entries of sparse tensors: how they are written, and where an element lies
 * inside of one. */
#ifndef TPPC_PASSES_WALK_ENTRIES_H
#define TPPC_PASSES_WALK_ENTRIES_H

#include "passes/rewrite.h"

/* A walk being built: what is put into body runs once for every stored entry (a block of it), with
 * the letters of the row and of the column in row and col. */
typedef struct TppcWalk {
  TppcRegion *body;
  TppcDim row, col;
} TppcWalk;

/* Writes loops to the end of `into` over the entries of pattern (its index: the two letters) that
 * lie in the ranges of row and col, whose symbols are these letters. */
TppcWalk tppc_new_walk(TppcContext *cx, TppcOp *kernel, TppcRegion *into, const TppcUse *pattern,
                       const TppcDim *row, const TppcDim *col, TppcSpan span);
/* Puts a tile or contraction that ranges over entries of pattern into a walk of its own. */
void tppc_wrap_walk(TppcContext *cx, TppcOp *kernel, TppcOp *op, const TppcUse *pattern);
/* Names all sparse tensors that are accessed in a walk as its operands: they share its pattern. */
void tppc_name_walked(TppcContext *cx, TppcOp *walk);

/* Offset of an element in the storage of its tensor, as seen from op; of a sparse tensor the
 * innermost walk around op that names it says where. idx stands for u->idx. */
const TppcExpr *tppc_use_offset(TppcContext *cx, const TppcOp *op, const TppcUse *u,
                                const TppcExpr *const *idx);

#endif
