/* Expressions as text that parses back to the same node. */
#include "ir/expr_internal.h"

#include <inttypes.h>

typedef enum Level { OR, AND, COMPARE, SUM, PRODUCT, ATOM } Level;

static void print(TppcBuf *b, const TppcExpr *e, Level at_least);

static Level level_of(const TppcExpr *e) {
  switch (e->kind) {
  case TPPC_E_CONST:
    return e->value < 0 ? SUM : ATOM;
  case TPPC_E_SYM:
  case TPPC_E_MIN:
  case TPPC_E_MAX:
    return ATOM;
  case TPPC_E_ADD:
    return SUM;
  case TPPC_E_MUL:
  case TPPC_E_DIV:
  case TPPC_E_MOD:
    return PRODUCT;
  case TPPC_E_EQ:
  case TPPC_E_NE:
  case TPPC_E_LT:
  case TPPC_E_LE:
    return COMPARE;
  case TPPC_E_AND:
    return AND;
  case TPPC_E_OR:
    break;
  }
  return OR;
}

/* Without its sign. Factors that are quotients have parentheses: n*(k/32) is not n*k/32. */
static void print_term(TppcBuf *b, TppcTerm t, bool alone) {
  uint64_t k = t.k < 0 ? -(uint64_t)t.k : (uint64_t)t.k;
  bool number = k != 1 || t.n == 0;
  if (number)
    tppc_buf_printf(b, "%" PRIu64, k);
  for (int i = 0; i < t.n; i++) {
    if (i > 0 || number)
      tppc_buf_putc(b, '*');
    print(b, t.atom[i], t.n == 1 && !number && alone ? PRODUCT : ATOM);
  }
}

/* The first positive term leads; n == 1 covers products and negative numbers. */
static void print_sum(TppcBuf *b, const TppcExpr *e) {
  int n = tppc_e_terms(e), lead = 0;
  for (int i = n - 1; i >= 0; i--)
    if (tppc_e_term(&e, i).k > 0)
      lead = i;
  TppcTerm t = tppc_e_term(&e, lead);
  if (t.k < 0)
    tppc_buf_putc(b, '-');
  print_term(b, t, t.k > 0);
  for (int i = 0; i < n; i++) {
    t = tppc_e_term(&e, i);
    if (i == lead)
      continue;
    /* There is no positive number that -2^63 could be subtracted as. */
    tppc_buf_puts(b, t.k == INT64_MIN ? " + -" : t.k < 0 ? " - " : " + ");
    print_term(b, t, true);
  }
}

static void print_binary(TppcBuf *b, const TppcExpr *e, Level left, const char *op, Level right,
                         bool swap) {
  print(b, e->op[swap], left);
  tppc_buf_puts(b, op);
  print(b, e->op[!swap], right);
}

/* k + 256 >= K rather than K <= k + 256. */
static bool reads_better_swapped(const TppcExpr *e) {
  return e->op[0]->kind == TPPC_E_CONST ||
         (e->op[1]->kind == TPPC_E_ADD && e->op[0]->kind != TPPC_E_ADD);
}

static void print_node(TppcBuf *b, const TppcExpr *e, Level at_least) {
  bool swap;
  switch (e->kind) {
  case TPPC_E_CONST:
    tppc_buf_printf(b, "%" PRId64, e->value);
    break;
  case TPPC_E_SYM:
    tppc_buf_puts(b, e->sym);
    break;
  case TPPC_E_ADD:
  case TPPC_E_MUL:
    print_sum(b, e);
    break;
  case TPPC_E_DIV:
    print_binary(b, e, PRODUCT, "/", ATOM, false);
    break;
  case TPPC_E_MOD:
    print_binary(b, e, PRODUCT, at_least >= PRODUCT ? "%" : " % ", ATOM, false);
    break;
  case TPPC_E_MIN:
  case TPPC_E_MAX:
    tppc_buf_puts(b, e->kind == TPPC_E_MIN ? "min(" : "max(");
    /* max(K, 1), but min(32, M - m0). */
    swap = e->op[0]->kind == TPPC_E_CONST && e->op[1]->kind != TPPC_E_ADD;
    print_binary(b, e, OR, ", ", OR, swap);
    tppc_buf_putc(b, ')');
    break;
  case TPPC_E_EQ:
  case TPPC_E_NE:
    print_binary(b, e, SUM, e->kind == TPPC_E_EQ ? " == " : " != ", SUM, false);
    break;
  case TPPC_E_LT:
  case TPPC_E_LE:
    swap = reads_better_swapped(e);
    if (e->kind == TPPC_E_LT)
      print_binary(b, e, SUM, swap ? " > " : " < ", SUM, swap);
    else
      print_binary(b, e, SUM, swap ? " >= " : " <= ", SUM, swap);
    break;
  case TPPC_E_AND:
    print_binary(b, e, AND, " && ", COMPARE, false);
    break;
  case TPPC_E_OR:
    print_binary(b, e, OR, " || ", AND, false);
    break;
  }
}

static void print(TppcBuf *b, const TppcExpr *e, Level at_least) {
  bool parentheses = level_of(e) < at_least;
  if (parentheses)
    tppc_buf_putc(b, '(');
  print_node(b, e, parentheses ? OR : at_least);
  if (parentheses)
    tppc_buf_putc(b, ')');
}

void tppc_e_print(TppcBuf *b, const TppcExpr *e) {
  print(b, e, OR);
}
