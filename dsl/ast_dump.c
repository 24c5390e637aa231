/* The tree as indented text, for --emit=ast and the tests of the parser.
 *
 * One construct a line. Sizes, types, and schedules print their expressions on that line; the
 * expressions of statements are trees of their own, since precedence is what a reader looks for
 * there.
 */
#include "dsl/ast.h"

#include <inttypes.h>

typedef struct Dump {
  TppcBuf *out;
  const TppcDiags *dx; /* NULL: no spans */
} Dump;

static void open_line(Dump *d, int level) {
  for (int i = 0; i < level; i++)
    tppc_buf_puts(d->out, "  ");
}

static void close_line(Dump *d, TppcSpan span) {
  if (d->dx && span.source) {
    int line, column, end_line, end_column;
    tppc_source_pos(d->dx, span.source, span.begin, &line, &column);
    tppc_source_pos(d->dx, span.source, span.end, &end_line, &end_column);
    tppc_buf_printf(d->out, " <%d:%d-%d:%d>", line, column, end_line, end_column);
  }
  tppc_buf_putc(d->out, '\n');
}

static void print_names(Dump *d, const TppcAstNames *names) {
  for (int i = 0; i < names->n; i++)
    tppc_buf_printf(d->out, "%s%s", i ? ", " : " ", names->data[i].text);
}

/* ---- expressions ---- */

static const char *const kind_texts[] = {"int", "float", "inf",    "name", "ref",
                                         ":",   "neg",   "binary", "call"};

static void dump_expr(Dump *d, int level, const TppcAstExpr *e) {
  open_line(d, level);
  switch (e->kind) {
  case TPPC_EXPR_INT:
  case TPPC_EXPR_FLOAT:
    tppc_buf_printf(d->out, "%s ", kind_texts[e->kind]);
    tppc_ast_print_expr(d->out, e);
    break;
  case TPPC_EXPR_INF:
  case TPPC_EXPR_COLON:
  case TPPC_EXPR_NEG:
    tppc_buf_puts(d->out, kind_texts[e->kind]);
    break;
  case TPPC_EXPR_NAME:
  case TPPC_EXPR_REF:
    tppc_buf_printf(d->out, "%s %s", kind_texts[e->kind], e->name.text);
    break;
  case TPPC_EXPR_BINARY:
    tppc_buf_printf(d->out, "binary %s", tppc_ast_op_text(e->op));
    break;
  case TPPC_EXPR_CALL:
    tppc_buf_printf(d->out, "call %s", e->name.text);
    if (e->targ.text)
      tppc_buf_printf(d->out, "<%s>", e->targ.text);
    break;
  }
  close_line(d, e->span);
  for (int i = 0; i < e->args.n; i++)
    dump_expr(d, level + 1, e->args.data[i]);
}

/* ---- types ---- */

static void print_dims(Dump *d, const TppcAstDims *dims, const char *colon) {
  for (int i = 0; i < dims->n; i++) {
    const TppcAstDim *dim = &dims->data[i];
    if (i)
      tppc_buf_puts(d->out, ", ");
    if (dim->name.text)
      tppc_buf_printf(d->out, "%s%s", dim->name.text, colon);
    tppc_ast_print_expr(d->out, dim->value);
  }
}

static void print_mod(Dump *d, const TppcAstMod *mod) {
  tppc_buf_printf(d->out, " %s", tppc_ast_mod_text(mod->kind));
  if (mod->kind == TPPC_MOD_AS) {
    tppc_buf_putc(d->out, ' ');
    for (int i = 0; i < mod->args.n; i++) {
      tppc_buf_putc(d->out, '[');
      tppc_ast_print_expr(d->out, mod->args.data[i].value);
      tppc_buf_putc(d->out, ']');
    }
  } else if (mod->args.n) {
    tppc_buf_putc(d->out, '(');
    print_dims(d, &mod->args, ": ");
    tppc_buf_putc(d->out, ')');
  }
}

static void print_type(Dump *d, const TppcAstType *type) {
  tppc_buf_printf(d->out, ": %s", type->elem.text);
  if (type->dims.n) {
    tppc_buf_putc(d->out, '[');
    print_dims(d, &type->dims, ": ");
    tppc_buf_putc(d->out, ']');
  }
  for (int i = 0; i < type->mods.n; i++)
    print_mod(d, &type->mods.data[i]);
}

/* ---- bodies ---- */

static void dump_stmt(Dump *d, int level, const TppcAstStmt *s) {
  open_line(d, level);
  tppc_buf_printf(d->out, "statement %s", tppc_ast_assign_text(s->op));
  close_line(d, s->span);
  dump_expr(d, level + 1, s->target);
  dump_expr(d, level + 1, s->value);
}

static void dump_loop(Dump *d, int level, const TppcAstLoop *loop) {
  open_line(d, level);
  tppc_buf_printf(d->out, "loop %s in ", loop->letter.text);
  tppc_ast_print_expr(d->out, loop->extent);
  close_line(d, loop->span);
}

static void print_call(Dump *d, const TppcAstItem *item) {
  tppc_buf_printf(d->out, "call %s", item->name.text);
  if (item->sizes.n) {
    tppc_buf_putc(d->out, '[');
    print_dims(d, &item->sizes, " = ");
    tppc_buf_putc(d->out, ']');
  }
  if (item->results.n) {
    tppc_buf_puts(d->out, " ->");
    print_names(d, &item->results);
  }
}

static void dump_item(Dump *d, int level, const TppcAstItem *item) {
  open_line(d, level);
  if (item->label.text)
    tppc_buf_printf(d->out, "%s: ", item->label.text);
  switch (item->kind) {
  case TPPC_ITEM_LOCAL:
    tppc_buf_printf(d->out, "local %s", item->name.text);
    print_type(d, item->type);
    break;
  case TPPC_ITEM_NEST:
    tppc_buf_puts(d->out, "nest");
    break;
  case TPPC_ITEM_CALL:
    print_call(d, item);
    break;
  case TPPC_ITEM_SEQ:
    tppc_buf_puts(d->out, "seq");
    break;
  }
  close_line(d, item->span);
  for (int i = 0; i < item->loops.n; i++)
    dump_loop(d, level + 1, &item->loops.data[i]);
  for (int i = 0; i < item->stmts.n; i++)
    dump_stmt(d, level + 1, &item->stmts.data[i]);
  for (int i = 0; i < item->args.n; i++)
    dump_expr(d, level + 1, item->args.data[i]);
  for (int i = 0; i < item->items.n; i++)
    dump_item(d, level + 1, item->items.data[i]);
}

static void dump_params(Dump *d, const TppcAstParams *params, const char *role) {
  for (int i = 0; i < params->n; i++) {
    const TppcAstParam *param = &params->data[i];
    open_line(d, 1);
    tppc_buf_printf(d->out, "%s %s", param->is_inout ? "inout" : role, param->name.text);
    print_type(d, param->type);
    close_line(d, param->span);
  }
}

static void dump_kernel(Dump *d, const TppcAstKernel *k) {
  static const char *const relations[] = {"", " = ", " % ", " <= "}; /* ORDER: TppcAstSizeKind */
  open_line(d, 0);
  tppc_buf_printf(d->out, "kernel %s", k->name.text);
  close_line(d, k->head);
  for (int i = 0; i < k->sizes.n; i++) {
    const TppcAstSize *size = &k->sizes.data[i];
    open_line(d, 1);
    tppc_buf_printf(d->out, "size %s%s", size->name.text, relations[size->kind]);
    if (size->value)
      tppc_ast_print_expr(d->out, size->value);
    close_line(d, size->span);
  }
  dump_params(d, &k->inputs, "input");
  dump_params(d, &k->outputs, "output");
  for (int i = 0; i < k->body.n; i++)
    dump_item(d, 1, k->body.data[i]);
}

/* ---- schedules ---- */

static void dump_knob(Dump *d, const TppcAstKnob *knob) {
  static const char *const texts[] = {"sizes", "pack",   "kernel",   "threads", "curve",
                                      "fuse",  "reduce", "prefetch", "order",   "parallel"};
  open_line(d, 1);
  tppc_buf_puts(d->out, texts[knob->kind]); /* ORDER: TppcAstKnobKind */
  print_names(d, &knob->names);
  if (knob->choice.text)
    tppc_buf_printf(d->out, "%s%s", knob->kind == TPPC_KNOB_FUSE ? " over " : " = ",
                    knob->choice.text);
  for (int i = 0; i < knob->values.n; i++) {
    tppc_buf_puts(d->out, i ? ", " : knob->names.n ? ": " : " ");
    tppc_ast_print_expr(d->out, knob->values.data[i]);
  }
  close_line(d, knob->span);
}

static void dump_schedule(Dump *d, const TppcAstSchedule *s, TppcSpan span) {
  open_line(d, 0);
  tppc_buf_printf(d->out, "schedule %s", s->kernel.text);
  if (s->label.text)
    tppc_buf_printf(d->out, ".%s", s->label.text);
  if (s->isa.text)
    tppc_buf_printf(d->out, " for \"%s\"", s->isa.text);
  if (s->when) {
    tppc_buf_puts(d->out, " when ");
    tppc_ast_print_expr(d->out, s->when);
  }
  close_line(d, span);
  if (s->string.text) {
    open_line(d, 1);
    tppc_buf_printf(d->out, "string \"%s\"", s->string.text);
    close_line(d, s->string.span);
  }
  for (int i = 0; i < s->knobs.n; i++)
    dump_knob(d, &s->knobs.data[i]);
}

void tppc_ast_dump(TppcBuf *out, const TppcAst *ast, const TppcDiags *dx, bool with_spans) {
  Dump dump = {out, with_spans ? dx : NULL};
  for (int i = 0; i < ast->decls.n; i++) {
    const TppcAstDecl *decl = ast->decls.data[i];
    switch (decl->kind) {
    case TPPC_DECL_IMPORT:
      tppc_buf_printf(out, "import \"%s\"", decl->name.text);
      close_line(&dump, decl->span);
      break;
    case TPPC_DECL_CONST:
      tppc_buf_printf(out, "const %s = ", decl->name.text);
      tppc_ast_print_expr(out, decl->value);
      close_line(&dump, decl->span);
      break;
    case TPPC_DECL_KERNEL:
      dump_kernel(&dump, decl->kernel);
      break;
    case TPPC_DECL_SCHEDULE:
      dump_schedule(&dump, decl->schedule, decl->span);
      break;
    }
  }
}
