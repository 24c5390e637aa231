/* Integer index expressions over named symbols: sizes, loop letters, loop variables.
 *
 * Expressions are interned in their context and kept in a normal form (a sum of integer multiples
 * of products of atoms; atoms are symbols, quotients, remainders, minima, maxima, comparisons), so
 * equal expressions are the same pointer and x - x is 0. Division and remainder round down (towards
 * minus infinity). Conditions are expressions whose value is 0 or 1. Arithmetic is on mathematical
 * integers: folding that would overflow int64_t is not done.
 */
#ifndef TPPC_IR_EXPR_H
#define TPPC_IR_EXPR_H

#include "support/str.h"
#include "support/vec.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct TppcContext TppcContext;

typedef enum TppcExprKind {
  TPPC_E_CONST,
  TPPC_E_SYM,
  TPPC_E_ADD, /* n-ary, in normal form order */
  TPPC_E_MUL, /* n-ary; a constant factor comes first */
  TPPC_E_DIV,
  TPPC_E_MOD,
  TPPC_E_MIN, /* binary from here on */
  TPPC_E_MAX,
  TPPC_E_EQ,
  TPPC_E_NE,
  TPPC_E_LT, /* a > b is b < a, a >= b is b <= a */
  TPPC_E_LE,
  TPPC_E_AND,
  TPPC_E_OR
} TppcExprKind;

typedef struct TppcExpr TppcExpr;
struct TppcExpr {
  TppcExprKind kind;
  int n;               /* operands */
  int64_t value;       /* CONST */
  const char *sym;     /* SYM, interned */
  const TppcExpr **op; /* n operands */
  int size;            /* nodes when written out; shared ones count each time */
};

const TppcExpr *tppc_e_int(TppcContext *cx, int64_t v);
const TppcExpr *tppc_e_sym(TppcContext *cx, const char *name);
const TppcExpr *tppc_e_bin(TppcContext *cx, TppcExprKind kind, const TppcExpr *a,
                           const TppcExpr *b);
const TppcExpr *tppc_e_add(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
const TppcExpr *tppc_e_sub(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
const TppcExpr *tppc_e_mul(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
const TppcExpr *tppc_e_div(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
const TppcExpr *tppc_e_mod(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
const TppcExpr *tppc_e_min(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
const TppcExpr *tppc_e_max(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
const TppcExpr *tppc_e_ceildiv(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
const TppcExpr *tppc_e_and(TppcContext *cx, const TppcExpr *a, const TppcExpr *b);
/* 1 - a, for conditions. */
const TppcExpr *tppc_e_not(TppcContext *cx, const TppcExpr *a);

bool tppc_e_const(const TppcExpr *e, int64_t *value);
bool tppc_e_is(const TppcExpr *e, int64_t value);
bool tppc_e_uses(const TppcExpr *e, const char *sym);

/* Symbols with what is known of them: an inclusive range and a divisor, and bounds that are
 * expressions. */
typedef struct TppcSymFact {
  const char *sym;
  const TppcExpr *with; /* substitution, or NULL */
  bool has_lo, has_hi;
  int64_t lo, hi;
  int64_t multiple;        /* the symbol's value is a multiple of this; 0 or 1: nothing known */
  const TppcExpr *ge, *lt; /* ge <= sym < lt, or NULL */
  const TppcExpr *step;    /* sym - ge is a multiple of this, or NULL */
} TppcSymFact;
typedef struct TppcFacts {
  TppcArena *arena;
  TppcVec(TppcSymFact) v;
} TppcFacts;
TppcSymFact *tppc_facts_add(TppcFacts *f, const char *sym); /* finds or adds */

/* Replaces symbols that have a substitution, simultaneously. */
const TppcExpr *tppc_e_subst(TppcContext *cx, const TppcExpr *e, const TppcFacts *f);
const TppcExpr *tppc_e_subst1(TppcContext *cx, const TppcExpr *e, const char *sym,
                              const TppcExpr *with);
/* Simplifies with the facts: (32 t + i) / 32 is t when 0 <= i < 32, min(32, M - m0) stays, and so
 * on. */
const TppcExpr *tppc_e_simplify(TppcContext *cx, const TppcExpr *e, const TppcFacts *f);
/* A condition that holds for the same sizes, without parts that cannot hold or that the others
 * imply (as far as comparisons with constants tell); 0 when it never holds. */
const TppcExpr *tppc_e_tidy(TppcContext *cx, const TppcExpr *e);
/* Inclusive bounds where they can be derived from the facts; the booleans say which are known. */
void tppc_e_bounds(const TppcExpr *e, const TppcFacts *f, bool *has_lo, int64_t *lo, bool *has_hi,
                   int64_t *hi);
/* True when the value is provably a multiple of d. */
bool tppc_e_multiple_of(const TppcExpr *e, int64_t d, const TppcFacts *f);
/* The coefficient of sym when e is affine in it: e = coefficient * sym + rest, neither using sym.
 * NULL if not. rest may be NULL. Coefficients may be symbolic (the K of m * K + k). */
const TppcExpr *tppc_e_coeff(TppcContext *cx, const TppcExpr *e, const char *sym,
                             const TppcExpr **rest);

/* Value under lookup(user, sym, &v); false when a symbol is unknown, on division by zero, or on
 * overflow. */
bool tppc_e_eval(const TppcExpr *e, bool (*lookup)(void *user, const char *sym, int64_t *v),
                 void *user, int64_t *value);

/* In the syntax of .tir and .tpp: `m0*K + k`, `min(32, M - m0)`, `k0 + 256 >= K`. */
void tppc_e_print(TppcBuf *b, const TppcExpr *e);

#endif
