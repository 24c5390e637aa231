/* What the expr*.c files share. Nobody else includes this. */
#ifndef TPPC_IR_EXPR_INTERNAL_H
#define TPPC_IR_EXPR_INTERNAL_H

#include "ir/ir.h"

/* One term of a sum: k times the product of n atoms, which are sorted. The constant term has n ==
 * 0. */
typedef struct TppcTerm {
  int64_t k;
  int n;
  const TppcExpr *const *atom;
} TppcTerm;

/* A sum under construction; like terms are merged as they come. */
typedef struct TppcSum {
  TppcContext *cx;
  TppcVec(TppcTerm) v;
  bool crowded; /* like terms stand side by side because their sum did not fit */
} TppcSum;

/* The terms of e; term i stays valid as long as *slot, the variable that holds e. Zero has no
 * terms. */
int tppc_e_terms(const TppcExpr *e);
TppcTerm tppc_e_term(const TppcExpr *const *slot, int i);

void tppc_sum_add_term(TppcSum *s, TppcTerm t);
/* Adds k * e. */
void tppc_sum_add(TppcSum *s, int64_t k, const TppcExpr *e);
const TppcExpr *tppc_sum_build(TppcSum *s);
const TppcExpr *tppc_term_build(TppcContext *cx, TppcTerm t);
bool tppc_term_same_atoms(TppcTerm a, TppcTerm b);

/* Interns a node as it is. */
const TppcExpr *tppc_e_raw2(TppcContext *cx, TppcExprKind kind, const TppcExpr *a,
                            const TppcExpr *b);
/* A total order by structure and names. */
int tppc_e_compare(const TppcExpr *a, const TppcExpr *b);

/* Nodes share operands, but text, and some walks, do not: what a rule copies may not grow beyond
 * this. */
enum { TPPC_SIZE_LIMIT = 4096 };

/* The operands of a chain of kind (MIN, MAX, AND, OR), and the chain of operands, unsorted and
 * unsimplified. */
typedef TppcVec(const TppcExpr *) TppcExprVec;
void tppc_e_flatten(TppcContext *cx, TppcExprKind kind, const TppcExpr *e, TppcExprVec *out);
/* min or max of n > 0 expressions, in normal form. */
const TppcExpr *tppc_e_extremum(TppcContext *cx, TppcExprKind kind, const TppcExprVec *v);

static inline bool tppc_e_is_compare(TppcExprKind kind) {
  return kind == TPPC_E_EQ || kind == TPPC_E_NE || kind == TPPC_E_LT || kind == TPPC_E_LE;
}
/* True when the value is 0 or 1 by construction. */
bool tppc_e_is_condition(const TppcExpr *e);

/* Rounding down; b is not 0. False on overflow. */
bool tppc_floor_div(int64_t a, int64_t b, int64_t *q);
int64_t tppc_floor_mod(int64_t a, int64_t b);
int64_t tppc_gcd(int64_t a, int64_t b);

/* Results of a walk over shared nodes, remembered by node. */
static inline void tppc_memo_set(TppcMap *memo, const TppcExpr *e, const TppcExpr *result) {
  union {
    const TppcExpr *in;
    void *out;
  } value = {result};
  tppc_map_set(memo, e, value.out);
}

/* A divisor of d that divides e, as large as the facts give; d > 0. */
int64_t tppc_e_divisor(const TppcExpr *e, int64_t d, const TppcFacts *f);

/* expr_prove.c: true when e >= 0 follows from the facts, f may be NULL. */
bool tppc_e_nonnegative(TppcContext *cx, const TppcExpr *e, const TppcFacts *f);
const TppcSymFact *tppc_facts_find(const TppcFacts *f, const char *sym);

#endif
