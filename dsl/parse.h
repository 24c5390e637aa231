/* What the lexer, the grammar, and parse.c share; private to the parser. */
#ifndef TPPC_DSL_PARSE_H
#define TPPC_DSL_PARSE_H

#include "dsl/ast.h"

/* Sources are limited so that every offset, also one past the end, fits a span and flex's int. */
#define TPPC_MAX_SOURCE_BYTES (16u << 20)

typedef enum TppcArgState {
  TPPC_ARG_NONE, /* a file */
  TPPC_ARG_HEAD, /* --schedule, before the '=' that starts the string */
  TPPC_ARG_BODY, /* --schedule, after the string */
} TppcArgState;

/* A token as the grammar saw it. */
typedef struct TppcToken {
  int kind; /* TOK_* of tpp.tab.h, or the character itself */
  uint32_t begin, end;
} TppcToken;
typedef TppcVec(TppcToken) TppcTokens;

typedef struct TppcParser {
  TppcArena *arena;
  TppcInterner *names;
  TppcDiags *dx;
  uint32_t source;
  uint32_t at;       /* offset of the next character */
  uint32_t opened;   /* offset of the comment being skipped */
  uint32_t last_end; /* end of the token before the one looked at, for "expected ';'" */
  uint32_t token_end;
  TppcArgState arg;
  bool too_deep;      /* reported once */
  int start_token;    /* sent before the text; selects what is parsed */
  TppcTokens *tokens; /* receives every token of the text, for the formatter; NULL otherwise */
  TppcAst *ast;
} TppcParser;

/* Builders used by the grammar's actions. */
TppcAstExpr *tppc_ast_leaf(TppcParser *p, TppcAstExprKind kind, TppcSpan span);
TppcAstExpr *tppc_ast_binary(TppcParser *p, TppcAstOp op, TppcSpan op_span, TppcAstExpr *a,
                             TppcAstExpr *b);
/* Adds an operand; reports an expression that is nested too deeply and leaves the operand out. */
void tppc_ast_add_arg(TppcParser *p, TppcAstExpr *e, TppcAstExpr *arg);
TppcAstDecl *tppc_ast_decl(TppcParser *p, TppcAstDeclKind kind, TppcAstName name, TppcSpan span);

/* Parses a source as tppc_parse_source does, for the tokens alone. False after errors. */
bool tppc_parse_tokens(TppcArena *arena, TppcInterner *names, TppcDiags *dx, uint32_t source,
                       TppcTokens *out);

/* Runs the scanner and the grammar over the text; false after a syntax error. In tpp.l. */
bool tppc_parse_text(TppcParser *p, const char *text, size_t size);

/* The value of a token's text; report numbers out of range and give 0. */
int64_t tppc_lex_int(TppcParser *p, const char *text, TppcSpan span);
double tppc_lex_float(TppcParser *p, const char *text, TppcSpan span);

#endif
