/* What the files of the text form share. Nobody else includes this. */
#ifndef TPPC_IR_PARSE_INTERNAL_H
#define TPPC_IR_PARSE_INTERNAL_H

#include "ir/ir.h"

typedef enum TppcTok {
  TPPC_TOK_END,
  TPPC_TOK_NAME, /* letters, digits, _ $, and . between them */
  TPPC_TOK_INT,
  TPPC_TOK_FLOAT,
  TPPC_TOK_STRING,
  TPPC_TOK_PUNCT /* one of the characters ()[]{}:,=@%+-*<>/! or a pair == != <= >= && || */
} TppcTok;

/* The scanner with one token of lookahead, and the parser's state. */
typedef struct TppcParser {
  TppcContext *cx;
  const char *text;
  uint32_t source, size;
  uint32_t begin, end; /* of the current token */
  uint32_t last_end;   /* of the token before */
  TppcTok tok;
  char punct[3];              /* PUNCT */
  uint64_t number;            /* INT */
  double real;                /* FLOAT */
  bool failed;                /* a syntax error was reported; all tokens are END from then on */
  int depth;                  /* of expressions and lists */
  int operators;              /* of the current expression */
  TppcVec(TppcValue *) scope; /* visible values, innermost last */
} TppcParser;

void tppc_lex_start(TppcParser *p, TppcContext *cx, uint32_t source);
void tppc_lex_next(TppcParser *p);
/* The name that starts right at the end of the current token (after @ and %), then the token after
 * it. NULL after an error. */
const char *tppc_lex_joined_name(TppcParser *p);
/* Text of the current token, interned (NAME), or with its escapes resolved (STRING). */
const char *tppc_lex_text(TppcParser *p);
TppcSpan tppc_lex_span(const TppcParser *p);

/* "expected X, found Y" at the current token; nothing after the first. */
void tppc_parse_expected(TppcParser *p, const char *what);
bool tppc_at(const TppcParser *p, const char *punct);
bool tppc_at_word(const TppcParser *p, const char *word);
/* Skips the token if it is there. */
bool tppc_accept(TppcParser *p, const char *punct);
bool tppc_accept_word(TppcParser *p, const char *word);
/* False after reporting that it is not there. */
bool tppc_expect(TppcParser *p, const char *punct);

/* Never NULL; what stands for an expression after an error is 0. */
const TppcExpr *tppc_parse_expr(TppcParser *p);
/* An integer with an optional sign. */
int64_t tppc_parse_int(TppcParser *p);
const TppcType *tppc_parse_type(TppcParser *p);

const char *tppc_op_text(TppcContext *cx, const TppcOp *op);
bool tppc_op_by_text(const char *text, TppcOpKind *kind, TppcElt *elt);
const char *tppc_level_name(TppcLevel level);

#endif
