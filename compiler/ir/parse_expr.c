/* Expressions and types of the text form. */
#include "ir/parse_internal.h"

#include <string.h>

/* Limits that no real module comes near; they bound time and stack on bad input. */
enum { MAX_DEPTH = 200, MAX_OPERATORS = 1000, MAX_RANK = 64, MAX_DIGITS = 64 };

/* ---- expressions, by precedence ---- */

typedef struct Operator {
  const char *text;
  int level;
  TppcExprKind kind;
  bool swap, minus;
} Operator;

static const Operator operators[] = {
    {"||", 0, TPPC_E_OR, false, false}, {"&&", 1, TPPC_E_AND, false, false},
    {"==", 2, TPPC_E_EQ, false, false}, {"!=", 2, TPPC_E_NE, false, false},
    {"<=", 2, TPPC_E_LE, false, false}, {">=", 2, TPPC_E_LE, true, false},
    {"<", 2, TPPC_E_LT, false, false},  {">", 2, TPPC_E_LT, true, false},
    {"+", 3, TPPC_E_ADD, false, false}, {"-", 3, TPPC_E_ADD, false, true},
    {"*", 4, TPPC_E_MUL, false, false}, {"/", 4, TPPC_E_DIV, false, false},
    {"%", 4, TPPC_E_MOD, false, false},
};
enum { TOP = 0, UNARY = 5 };

static const TppcExpr *parse_level(TppcParser *p, int level);

static const TppcExpr *zero(TppcParser *p) {
  return tppc_e_int(p->cx, 0);
}

static const TppcExpr *parse_call(TppcParser *p, TppcExprKind kind) {
  tppc_expect(p, "(");
  const TppcExpr *e = parse_level(p, TOP);
  do {
    tppc_expect(p, ",");
    e = tppc_e_bin(p->cx, kind, e, parse_level(p, TOP));
  } while (tppc_at(p, ","));
  tppc_expect(p, ")");
  return e;
}

static const TppcExpr *parse_number(TppcParser *p, bool negative) {
  uint64_t v = p->number;
  if (v > (uint64_t)INT64_MAX + negative) {
    tppc_parse_expected(p, "an integer of 64 bits");
    return zero(p);
  }
  tppc_lex_next(p);
  return tppc_e_int(p->cx, negative ? (int64_t)-v : (int64_t)v);
}

static const TppcExpr *parse_unary(TppcParser *p) {
  if (tppc_accept(p, "-")) {
    if (p->tok == TPPC_TOK_INT)
      return parse_number(p, true);
    return tppc_e_mul(p->cx, tppc_e_int(p->cx, -1), parse_level(p, UNARY));
  }
  if (tppc_accept(p, "!"))
    return tppc_e_not(p->cx, parse_level(p, UNARY));
  if (tppc_accept(p, "(")) {
    const TppcExpr *e = parse_level(p, TOP);
    tppc_expect(p, ")");
    return e;
  }
  if (p->tok == TPPC_TOK_INT)
    return parse_number(p, false);
  if (p->tok != TPPC_TOK_NAME) {
    tppc_parse_expected(p, "an expression");
    return zero(p);
  }
  const char *name = tppc_lex_text(p);
  tppc_lex_next(p);
  if (tppc_at(p, "(") && (strcmp(name, "min") == 0 || strcmp(name, "max") == 0))
    return parse_call(p, strcmp(name, "min") == 0 ? TPPC_E_MIN : TPPC_E_MAX);
  return tppc_e_sym(p->cx, name);
}

static const Operator *operator_at(const TppcParser *p, int level) {
  for (int i = 0; i < (int)(sizeof operators / sizeof *operators); i++)
    if (operators[i].level == level && tppc_at(p, operators[i].text))
      return &operators[i];
  return NULL;
}

static const TppcExpr *combine(TppcParser *p, const Operator *op, const TppcExpr *a,
                               const TppcExpr *b) {
  if (op->minus)
    return tppc_e_sub(p->cx, a, b);
  return op->swap ? tppc_e_bin(p->cx, op->kind, b, a) : tppc_e_bin(p->cx, op->kind, a, b);
}

static const TppcExpr *parse_level(TppcParser *p, int level) {
  if (p->failed)
    return zero(p);
  if (p->depth > MAX_DEPTH || p->operators > MAX_OPERATORS) {
    tppc_parse_expected(p, "a smaller expression");
    return zero(p);
  }
  p->depth++;
  const TppcExpr *e = level == UNARY ? parse_unary(p) : parse_level(p, level + 1);
  const Operator *op;
  while (level < UNARY && (op = operator_at(p, level))) {
    p->operators++;
    tppc_lex_next(p);
    e = combine(p, op, e, parse_level(p, level + 1));
  }
  p->depth--;
  return e;
}

const TppcExpr *tppc_parse_expr(TppcParser *p) {
  p->operators = 0;
  p->depth = 0;
  return parse_level(p, TOP);
}

int64_t tppc_parse_int(TppcParser *p) {
  bool negative = tppc_accept(p, "-");
  if (p->tok != TPPC_TOK_INT) {
    tppc_parse_expected(p, "an integer");
    return 0;
  }
  return parse_number(p, negative)->value;
}

/* ---- types ---- */

typedef struct TypeParser {
  TppcParser *p;
  TppcType t;
  const TppcExpr *dims[MAX_RANK], *pad[MAX_RANK];
  const char *letters[MAX_RANK];
  TppcDigit digits[MAX_DIGITS];
} TypeParser;

/* Is the current name followed by a colon? */
static bool at_letter(const TppcParser *p) {
  TppcParser ahead = *p;
  if (p->tok != TPPC_TOK_NAME)
    return false;
  ahead.failed = false;
  tppc_lex_next(&ahead);
  return tppc_at(&ahead, ":");
}

static void parse_dims(TypeParser *tp) {
  TppcParser *p = tp->p;
  for (bool more = !tppc_at(p, "]"); more && !p->failed; more = tppc_accept(p, ",")) {
    int i = tp->t.rank;
    if (i == MAX_RANK) {
      tppc_parse_expected(p, "fewer dimensions");
      return;
    }
    tp->letters[i] = NULL;
    if (at_letter(p)) {
      tp->letters[i] = tppc_lex_text(p);
      tppc_lex_next(p);
      tppc_lex_next(p);
    }
    tp->dims[i] = tppc_parse_expr(p);
    tp->pad[i] = zero(p);
    tp->t.rank++;
  }
  tppc_expect(p, "]");
  tp->t.dims = tp->dims;
  tp->t.letters = tp->letters;
}

/* A dimension by its letter, or by its number. */
static int parse_letter(TypeParser *tp) {
  TppcParser *p = tp->p;
  if (p->tok == TPPC_TOK_INT && p->number < (uint64_t)tp->t.rank) {
    int dim = (int)p->number;
    tppc_lex_next(p);
    return dim;
  }
  if (p->tok == TPPC_TOK_NAME) {
    const char *name = tppc_lex_text(p);
    for (int i = 0; i < tp->t.rank; i++)
      if (tp->letters[i] == name) {
        tppc_lex_next(p);
        return i;
      }
  }
  tppc_parse_expected(p, "the letter of a dimension");
  return 0;
}

static int64_t parse_positive(TppcParser *p) {
  if (p->tok != TPPC_TOK_INT || p->number == 0) {
    tppc_parse_expected(p, "a positive integer");
    return 1;
  }
  return tppc_parse_int(p);
}

static void parse_digits(TypeParser *tp) {
  TppcParser *p = tp->p;
  do {
    if (tp->t.n_digits == MAX_DIGITS) {
      tppc_parse_expected(p, "fewer digits");
      return;
    }
    tppc_expect(p, "[");
    TppcDigit d = {parse_letter(tp), 0, 1};
    if (tppc_accept(p, "%"))
      d.mod = parse_positive(p);
    if (tppc_accept(p, "/"))
      d.div = parse_positive(p);
    tppc_expect(p, "]");
    tp->digits[tp->t.n_digits++] = d;
  } while (tppc_at(p, "[") && !p->failed);
  tp->t.digits = tp->digits;
}

static void parse_pad(TypeParser *tp) {
  TppcParser *p = tp->p;
  tppc_expect(p, "(");
  do {
    int dim = parse_letter(tp);
    tppc_expect(p, ":");
    const TppcExpr *e = tppc_parse_expr(p);
    if (!p->failed)
      tp->pad[dim] = e;
  } while (tppc_accept(p, ","));
  tppc_expect(p, ")");
  tp->t.pad = tp->pad;
}

static void parse_pair(TppcParser *p, int64_t *a, int64_t *b) {
  tppc_expect(p, "(");
  *a = tppc_parse_int(p);
  tppc_expect(p, ",");
  *b = tppc_parse_int(p);
  tppc_expect(p, ")");
}

static void parse_planes(TypeParser *tp) {
  TppcParser *p = tp->p;
  tppc_expect(p, "(");
  tp->t.planes = parse_positive(p);
  if (tppc_accept(p, ","))
    tp->t.levels = tppc_parse_expr(p);
  tppc_expect(p, ")");
}

/* One word after the brackets; false when there is none. */
static bool parse_suffix(TypeParser *tp) {
  TppcParser *p = tp->p;
  if (tppc_accept_word(p, "as")) {
    parse_digits(tp);
  } else if (tppc_accept_word(p, "ld")) {
    tppc_expect(p, "(");
    tp->t.ld = tppc_parse_expr(p);
    tppc_expect(p, ")");
  } else if (tppc_accept_word(p, "pad")) {
    parse_pad(tp);
  } else if (tppc_accept_word(p, "csr")) {
    tp->t.storage = TPP_STORE_CSR;
  } else if (tppc_at_word(p, "bcsr") || tppc_at_word(p, "bcsc")) {
    tp->t.storage = tppc_at_word(p, "bcsr") ? TPP_STORE_BCSR : TPP_STORE_BCSC;
    tppc_lex_next(p);
    parse_pair(p, &tp->t.block_r, &tp->t.block_c);
  } else if (tppc_accept_word(p, "group")) {
    tppc_expect(p, "(");
    tp->t.group = parse_positive(p);
    tppc_expect(p, ")");
  } else if (tppc_accept_word(p, "planes")) {
    parse_planes(tp);
  } else {
    return false;
  }
  return !p->failed;
}

const TppcType *tppc_parse_type(TppcParser *p) {
  if (tppc_accept_word(p, "handle"))
    return tppc_t_handle(p->cx);
  TypeParser tp = {.p = p};
  const char *name = p->tok == TPPC_TOK_NAME ? tppc_lex_text(p) : "";
  int elem = tppc_elem_by_name(name);
  if (!elem) {
    tppc_parse_expected(p, "a type");
    return tppc_t_scalar(p->cx, TPP_F32);
  }
  tp.t.elem = (uint8_t)elem;
  tppc_lex_next(p);
  if (tppc_accept(p, "[")) {
    tp.t.kind = TPPC_T_TENSOR;
    parse_dims(&tp);
    while (parse_suffix(&tp))
      continue;
  }
  if (tppc_accept_word(p, "range")) {
    tp.t.has_range = true;
    parse_pair(p, &tp.t.range_lo, &tp.t.range_hi);
  }
  return p->failed ? tppc_t_scalar(p->cx, TPP_F32) : tppc_t_intern(p->cx, &tp.t);
}
