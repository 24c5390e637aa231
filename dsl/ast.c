/* The tree as text: spellings and expressions on one line. */
#include "dsl/ast.h"

#include <inttypes.h>

const char *tppc_ast_op_text(TppcAstOp op) {
  static const char *const texts[] = {"+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!="};
  return texts[op];
}

const char *tppc_ast_assign_text(TppcAstAssign op) {
  static const char *const texts[] = {"=", "+=", "*=", "max=", "min="};
  return texts[op];
}

const char *tppc_ast_mod_text(TppcAstModKind kind) {
  static const char *const texts[] = {"as",   "ld",    "pad",   "csr",   "bcsr",
                                      "bcsc", "range", "group", "planes"};
  return texts[kind];
}

static void print_args(TppcBuf *out, const TppcAstExpr *e) {
  for (int i = 0; i < e->args.n; i++) {
    if (i)
      tppc_buf_puts(out, ", ");
    tppc_ast_print_expr(out, e->args.data[i]);
  }
}

void tppc_ast_print_expr(TppcBuf *out, const TppcAstExpr *e) {
  switch (e->kind) {
  case TPPC_EXPR_INT:
    tppc_buf_printf(out, "%" PRId64, e->i);
    break;
  case TPPC_EXPR_FLOAT:
    tppc_buf_printf(out, "%.17g", e->f);
    break;
  case TPPC_EXPR_INF:
    tppc_buf_puts(out, "inf");
    break;
  case TPPC_EXPR_NAME:
    tppc_buf_puts(out, e->name.text);
    break;
  case TPPC_EXPR_REF:
    tppc_buf_printf(out, "%s[", e->name.text);
    print_args(out, e);
    tppc_buf_putc(out, ']');
    break;
  case TPPC_EXPR_COLON:
    tppc_buf_putc(out, ':');
    break;
  case TPPC_EXPR_NEG:
    tppc_buf_puts(out, "-");
    tppc_ast_print_expr(out, e->args.data[0]);
    break;
  case TPPC_EXPR_BINARY:
    tppc_buf_putc(out, '(');
    tppc_ast_print_expr(out, e->args.data[0]);
    tppc_buf_printf(out, " %s ", tppc_ast_op_text(e->op));
    tppc_ast_print_expr(out, e->args.data[1]);
    tppc_buf_putc(out, ')');
    break;
  case TPPC_EXPR_CALL:
    tppc_buf_puts(out, e->name.text);
    if (e->targ.text)
      tppc_buf_printf(out, "<%s>", e->targ.text);
    tppc_buf_putc(out, '(');
    print_args(out, e);
    tppc_buf_putc(out, ')');
    break;
  }
}
