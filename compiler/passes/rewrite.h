/* What several passes need to look at and change the IR. */
#ifndef TPPC_PASSES_REWRITE_H
#define TPPC_PASSES_REWRITE_H

#include "ir/ir.h"

/* ---- walking ---- */

/* The op after `op` in the order of tppc_walk, or NULL behind the last one below root:
 *   for (TppcOp *op = root->first; op; op = tppc_next_op(root, op))
 * The op at hand must not be unlinked in the loop; take the next one first. */
TppcOp *tppc_next_op(const TppcRegion *root, TppcOp *op);
/* The same without the ops inside `op`. */
TppcOp *tppc_skip_op(const TppcRegion *root, TppcOp *op);
/* True when op stands in r or deeper. */
bool tppc_region_has(const TppcRegion *r, const TppcOp *op);
/* The ancestor of op (or op) that stands directly in r, NULL when op is not below r. */
TppcOp *tppc_op_in_region(TppcOp *op, const TppcRegion *r);
/* Calls fn for each nest of the kind (tpp.nest or loop.nest), then numbers the scalar values of its
 * kernel. fn may change what stands before and in the nest. */
typedef void TppcNestFn(void *user, TppcContext *cx, TppcOp *kernel, TppcOp *nest);
void tppc_each_nest(TppcModule *m, TppcOpKind kind, TppcNestFn *fn, void *user);
/* The same for each loop.contract in a loop.nest. fn may unlink op, and put others around it. */
typedef void TppcProductFn(void *user, TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op);
void tppc_each_product(TppcModule *m, TppcProductFn *fn, void *user);

/* ---- accesses ---- */

/* How use i of op touches its tensor. Both are false for scalars and handles. A store that combines
 * reads too; a contraction reads C unless it always starts at 0. */
typedef struct TppcTouch {
  TppcOp *op;
  TppcUse *use;
  bool reads, writes;
} TppcTouch;
TppcTouch tppc_touch(TppcOp *op, int use);
typedef struct TppcTouches {
  TppcVec(TppcTouch) v;
} TppcTouches;
/* The sparse tensor over whose stored entries a statement or contraction is walked: its operand,
 * the result, or the left factor; NULL for all others. A sparse right factor is walked by its
 * kernel. */
const TppcUse *tppc_walked(const TppcOp *op);
/* All accesses of v below r, in order. */
TppcTouches tppc_touches(TppcContext *cx, TppcRegion *r, const TppcValue *v);
bool tppc_is_used(const TppcRegion *r, const TppcValue *v);
bool tppc_is_written(TppcRegion *r, const TppcValue *v);
/* Whether allows(user, x, y) is true for every pair of an access x by an op of a and an access y by
 * an op of b (not deeper) to one tensor that at least one of the two writes. */
typedef bool TppcAllowsPair(const void *user, const TppcTouch *x, const TppcTouch *y);
bool tppc_conflicts_allowed(TppcRegion *a, TppcRegion *b, TppcAllowsPair *allows, const void *user);

/* ---- changing ---- */

void tppc_replace_value(TppcRegion *r, const TppcValue *old, TppcValue *with);
/* Substitutes in every expression below r: dims, indices, attributes, types of results. */
void tppc_subst_region(TppcContext *cx, TppcRegion *r, const TppcFacts *f);
/* Moves the ops of `from` to the end of `to`. */
void tppc_splice(TppcRegion *to, TppcRegion *from);
/* Moves them before `at`. */
void tppc_splice_before(TppcOp *at, TppcRegion *from);
/* A facts object with no entries. */
TppcFacts tppc_facts_new(TppcContext *cx);
void tppc_facts_with(TppcFacts *f, const char *sym, const TppcExpr *with);
void tppc_facts_range(TppcFacts *f, const char *sym, int64_t lo, int64_t hi);

/* Names the scalar values of a kernel 0, 1, ... in order; a pass that makes or copies some calls it
 * at its end. */
void tppc_number_values(TppcContext *cx, TppcOp *kernel);

/* ---- building ---- */

TppcOp *tppc_new_load(TppcContext *cx, TppcRegion *r, TppcValue *v, const TppcUse *at);
TppcOp *tppc_new_store(TppcContext *cx, TppcRegion *r, TppcValue *value, TppcValue *to,
                       const TppcUse *at, TppcUpdate update);
/* A buffer that stands in for operand `of` from `at` on, at the start of the loop.nest around: each
 * thread's own if `at` stands in a parallel loop, else shared by the team. Its name is the
 * operand's with _suffix. */
TppcValue *tppc_new_scratch(TppcContext *cx, TppcOp *at, const TppcUse *of, const char *suffix,
                            const TppcType *type);
/* A constant of a compute type; integers are given as double where they fit exactly. */
TppcOp *tppc_new_const(TppcContext *cx, TppcRegion *r, int elem, double value);
TppcOp *tppc_new_convert(TppcContext *cx, TppcRegion *r, TppcValue *value, int elem);
TppcOp *tppc_new_elt(TppcContext *cx, TppcRegion *r, TppcElt elt, TppcValue *x, TppcValue *y,
                     int elem);
void tppc_copy_dim(TppcContext *cx, TppcOp *op, const TppcDim *d);
/* The identity of an update in a compute type, as a new tpp.const. */
TppcOp *tppc_new_identity(TppcContext *cx, TppcRegion *r, int elem, TppcUpdate update);

/* ---- expressions ---- */

/* e - x, taken into minima and maxima: min(x + 32, M) - x is min(32, M - x). */
const TppcExpr *tppc_e_shift(TppcContext *cx, const TppcExpr *e, const TppcExpr *x);
/* True when e uses nothing but sizes of the kernel. */
bool tppc_e_only_sizes(const TppcExpr *e, const TppcRegion *kernel);
/* True when e uses a symbol that a dim at or above `op` defines inside region r. */
bool tppc_e_defined_in(const TppcExpr *e, const TppcOp *op, const TppcRegion *r);
/* True when a range that starts at lo, as op sees it, starts at loop variable var, or at an inner
 * loop's that does. */
bool tppc_starts_at(const TppcOp *op, const TppcExpr *lo, const char *var);
/* The length hi - lo of dim d at op with the minima dropped that whole tiles make redundant: for
 * m = m0 to min(m0 + 32, M) under a loop of step 32 it is 32 if M % 32 == 0, else min(32, M - m0).
 */
const TppcExpr *tppc_tile_len(TppcContext *cx, const TppcOp *op, const TppcDim *d);
/* An upper bound of a length that is known when the kernel is entered: a constant or an expression
 * of sizes; NULL when there is none. */
const TppcExpr *tppc_len_bound(TppcContext *cx, const TppcExpr *len, const TppcOp *kernel);

#endif
