/* Entry points of the parser and the builders its actions use. */
#include "dsl/parse.h"

#include "dsl/dsl.h"
#include "tpp.tab.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

/* ---- numbers ---- */

int64_t tppc_lex_int(TppcParser *p, const char *text, TppcSpan span) {
  int64_t value = 0;
  for (const char *c = text; *c; c++) {
    int digit = *c - '0';
    if (value > (INT64_MAX - digit) / 10) {
      tppc_diag(p->dx, TPPC_D_number_range, span, text, "64-bit integer");
      return 0;
    }
    value = value * 10 + digit;
  }
  return value;
}

double tppc_lex_float(TppcParser *p, const char *text, TppcSpan span) {
  /* The host program may have set a locale whose decimal point is a comma. */
  locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  locale_t previous = c_locale ? uselocale(c_locale) : (locale_t)0;
  double value = strtod(text, NULL);
  if (c_locale) {
    uselocale(previous);
    freelocale(c_locale);
  }
  if (!isfinite(value)) {
    tppc_diag(p->dx, TPPC_D_number_range, span, text, "64-bit float");
    return 0;
  }
  return value;
}

/* ---- builders ---- */

TppcAstExpr *tppc_ast_leaf(TppcParser *p, TppcAstExprKind kind, TppcSpan span) {
  TppcAstExpr *e = TPPC_NEW(p->arena, TppcAstExpr);
  e->kind = kind;
  e->span = span;
  e->depth = 1;
  return e;
}

void tppc_ast_add_arg(TppcParser *p, TppcAstExpr *e, TppcAstExpr *arg) {
  if (arg->depth >= TPPC_AST_MAX_DEPTH) {
    if (!p->too_deep)
      tppc_diag(p->dx, TPPC_D_nested_too_deeply, e->span);
    p->too_deep = true;
    return;
  }
  TPPC_PUSH(p->arena, &e->args, arg);
  if (e->depth <= arg->depth)
    e->depth = arg->depth + 1;
}

TppcAstExpr *tppc_ast_binary(TppcParser *p, TppcAstOp op, TppcSpan op_span, TppcAstExpr *a,
                             TppcAstExpr *b) {
  TppcAstExpr *e = tppc_ast_leaf(p, TPPC_EXPR_BINARY, tppc_span_join(a->span, b->span));
  e->op = op;
  e->op_span = op_span;
  tppc_ast_add_arg(p, e, a);
  tppc_ast_add_arg(p, e, b);
  return e;
}

TppcAstDecl *tppc_ast_decl(TppcParser *p, TppcAstDeclKind kind, TppcAstName name, TppcSpan span) {
  TppcAstDecl *d = TPPC_NEW(p->arena, TppcAstDecl);
  d->kind = kind;
  d->name = name;
  d->span = span;
  TPPC_PUSH(p->arena, &p->ast->decls, d);
  return d;
}

/* ---- entry points ---- */

static TppcAst *parse(TppcParser *p) {
  size_t size;
  const char *text = tppc_source_text(p->dx, p->source, &size);
  int errors = tppc_diags_errors(p->dx);

  if (size > TPPC_MAX_SOURCE_BYTES) {
    tppc_diag(p->dx, TPPC_D_source_too_large, (TppcSpan){p->source, 0, 0},
              TPPC_MAX_SOURCE_BYTES >> 20);
    return NULL;
  }
  p->ast = TPPC_NEW(p->arena, TppcAst);
  p->ast->source = p->source;
  bool parsed = tppc_parse_text(p, text, size);
  return parsed && tppc_diags_errors(p->dx) == errors ? p->ast : NULL;
}

TppcAst *tppc_parse_source(TppcArena *arena, TppcInterner *names, TppcDiags *dx, uint32_t source) {
  TppcParser p = {
      .arena = arena, .names = names, .dx = dx, .source = source, .start_token = TOK_START_FILE};
  return parse(&p);
}

bool tppc_parse_tokens(TppcArena *arena, TppcInterner *names, TppcDiags *dx, uint32_t source,
                       TppcTokens *out) {
  TppcParser p = {.arena = arena,
                  .names = names,
                  .dx = dx,
                  .source = source,
                  .start_token = TOK_START_FILE,
                  .tokens = out};
  return parse(&p) != NULL;
}

TppcAst *tppc_parse_schedule_arg(TppcArena *arena, TppcInterner *names, TppcDiags *dx,
                                 uint32_t source) {
  TppcParser p = {.arena = arena,
                  .names = names,
                  .dx = dx,
                  .source = source,
                  .arg = TPPC_ARG_HEAD,
                  .start_token = TOK_START_ARGUMENT};
  return parse(&p);
}
