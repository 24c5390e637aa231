/* Sizes: integer expressions, defaults and -D, and the conditions that the entry point checks.
 *
 * Integer expressions become index expressions over the names of sizes and letters. A division by
 * something that is not a constant asks the entry point for a positive divisor first, so that no
 * size is ever computed by dividing by zero.
 */
#include "dsl/sema.h"

#include <string.h>

/* ---- integer expressions ---- */

static const TppcExpr *name_int(Sema *s, SemaKernel *k, SemaStmt *st, const TppcAstExpr *e) {
  Sym *sym = sema_find(s, k, st ? st->nest : NULL, e->name.text);
  if (!sym) {
    sema_unknown(s, k, st ? st->nest : NULL, e->name);
    return NULL;
  }
  if (sym->kind == SYM_LETTER && st && !st->used[sym->letter]) {
    st->used[sym->letter] = true;
    st->used_span[sym->letter] = e->span;
  }
  if (!sym->expr || (sym->kind == SYM_SEQ && !st)) {
    SEMA_ERROR(s, not_an_integer, e->span, sema_describe(s, sym));
    return NULL;
  }
  return sym->expr;
}

/* A constant subexpression that did not fold has overflown; with a divisor that is not positive it
 * has no value. */
static const TppcExpr *binary_int(Sema *s, SemaKernel *k, const TppcAstExpr *e, const TppcExpr *a,
                                  const TppcExpr *b) {
  TppcContext *cx = s->cx;
  const TppcExpr *result = NULL;
  int64_t va, vb, v;
  switch (e->op) {
  case TPPC_AST_ADD:
    result = tppc_e_add(cx, a, b);
    break;
  case TPPC_AST_SUB:
    result = tppc_e_sub(cx, a, b);
    break;
  case TPPC_AST_MUL:
    result = tppc_e_mul(cx, a, b);
    break;
  case TPPC_AST_DIV:
    if (tppc_e_const(b, &vb) && vb == 0) {
      SEMA_ERROR(s, division_by_zero, e->span, sema_text(s, e));
      return NULL;
    }
    if (!tppc_e_const(b, &vb) && k &&
        sema_require(k, tppc_e_bin(cx, TPPC_E_LE, tppc_e_int(cx, 1), b), "size",
                     tppc_sprintf(cx->arena, "%s >= 1", sema_expr_text(s, b)),
                     e->span) == TRUTH_NO) {
      SEMA_ERROR(s, division_by_zero, e->span, sema_text(s, e));
      return NULL;
    }
    result = tppc_e_div(cx, a, b);
    break;
  case TPPC_AST_MOD:
  case TPPC_AST_LT:
  case TPPC_AST_LE:
  case TPPC_AST_GT:
  case TPPC_AST_GE:
  case TPPC_AST_EQ:
  case TPPC_AST_NE:
    SEMA_ERROR(s, size_expression, e->span, sema_text(s, e));
    return NULL;
  }
  if (tppc_e_const(a, &va) && tppc_e_const(b, &vb) && !tppc_e_const(result, &v)) {
    SEMA_ERROR(s, size_overflow, e->span, sema_text(s, e));
    return NULL;
  }
  return result;
}

const TppcExpr *sema_int(Sema *s, SemaKernel *k, SemaStmt *st, const TppcAstExpr *e) {
  const TppcExpr *a, *b;
  switch (e->kind) {
  case TPPC_EXPR_INT:
    return tppc_e_int(s->cx, e->i);
  case TPPC_EXPR_NAME:
    return name_int(s, k, st, e);
  case TPPC_EXPR_NEG:
    a = sema_int(s, k, st, e->args.data[0]);
    return a ? tppc_e_sub(s->cx, tppc_e_int(s->cx, 0), a) : NULL;
  case TPPC_EXPR_BINARY:
    a = sema_int(s, k, st, e->args.data[0]);
    b = a ? sema_int(s, k, st, e->args.data[1]) : NULL;
    return b ? binary_int(s, k, e, a, b) : NULL;
  case TPPC_EXPR_REF:
  case TPPC_EXPR_FLOAT:
  case TPPC_EXPR_INF:
  case TPPC_EXPR_COLON:
  case TPPC_EXPR_CALL:
    break;
  }
  SEMA_ERROR(s, size_expression, e->span, sema_text(s, e));
  return NULL;
}

bool sema_int_const(Sema *s, SemaKernel *k, const TppcAstExpr *e, int64_t *value) {
  const TppcExpr *v = sema_int(s, k, NULL, e);
  if (!v)
    return false;
  if (tppc_e_const(v, value))
    return true;
  SEMA_ERROR(s, not_constant, e->span, sema_text(s, e));
  return false;
}

void sema_const(Sema *s, const TppcAstDecl *d) {
  int64_t value;
  for (int i = 0; i < s->consts.n; i++)
    if (s->consts.data[i].name.text == d->name.text) {
      SEMA_ERROR(s, declared_twice, d->name.span, d->name.text);
      tppc_diag_note(s->cx->diags, s->consts.data[i].name.span, "first declared here");
      return;
    }
  if (!sema_int_const(s, NULL, d->value, &value))
    return;
  TPPC_PUSH(s->cx->arena, &s->consts, ((SemaConst){d->name, value}));
}

/* ---- conditions ---- */

const TppcExpr *sema_known(SemaKernel *k, const TppcExpr *e) {
  return tppc_e_simplify(k->s->cx, tppc_e_subst(k->s->cx, e, &k->fixed), &k->facts);
}

/* Derived sizes written out, which may be what a proof needs: 32*G <= M where G = M / 32. */
static const TppcExpr *written_out(SemaKernel *k, const TppcExpr *e) {
  return tppc_e_simplify(k->s->cx, tppc_e_subst(k->s->cx, e, &k->derived), &k->facts);
}

static bool bounded(SemaKernel *k, const TppcExpr *e, int64_t lo) {
  bool has_lo, has_hi;
  int64_t low, high;
  tppc_e_bounds(e, &k->facts, &has_lo, &low, &has_hi, &high);
  return has_lo && low >= lo;
}

bool sema_at_least(SemaKernel *k, const TppcExpr *e, int64_t lo) {
  return bounded(k, tppc_e_simplify(k->s->cx, e, &k->facts), lo) ||
         bounded(k, written_out(k, e), lo);
}

static void add_to_head(SemaKernel *k, TppcOp *op) {
  TppcRegion *body = &k->op->regions[0];
  if (k->head)
    tppc_op_insert_after(k->head, op);
  else if (body->first)
    tppc_op_insert_before(body->first, op);
  else
    tppc_op_append(body, op);
  k->head = op;
}

static bool already_required(const SemaKernel *k, const TppcExpr *cond) {
  for (const TppcOp *op = k->op->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_REQUIRE && tppc_attr_expr(op, "when") == cond)
      return true;
  return false;
}

Truth sema_require(SemaKernel *k, const TppcExpr *cond, const char *status, const char *text,
                   TppcSpan span) {
  TppcContext *cx = k->s->cx;
  int64_t v;
  cond = tppc_e_simplify(cx, cond, &k->facts);
  if (tppc_e_const(cond, &v) || tppc_e_const(written_out(k, cond), &v))
    return v ? TRUTH_YES : TRUTH_NO;
  Truth now = TRUTH_UNKNOWN;
  if (tppc_e_const(sema_known(k, cond), &v)) {
    if (!v)
      return TRUTH_NO;
    now = TRUTH_YES;
  }
  if (already_required(k, cond))
    return now;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_REQUIRE, span);
  tppc_set_expr(cx, op, "when", cond);
  tppc_set_word(cx, op, "status", status);
  tppc_set_string(cx, op, "text", text, span);
  add_to_head(k, op);
  return now;
}

/* ---- sizes of a kernel ---- */

static const TppcDefine *find_define(const Sema *s, const char *name) {
  for (int i = s->opt->n_defines - 1; i >= 0; i--)
    if (s->opt->defines[i].name == name)
      return &s->opt->defines[i];
  return NULL;
}

/* Whether -D is about this kernel. */
static bool is_chosen(const SemaKernel *k) {
  const TppcSemaOptions *opt = k->s->opt;
  for (int i = 0; i < opt->n_kernels; i++)
    if (strcmp(opt->kernels[i], k->ast->name.text) == 0)
      return true;
  return opt->n_kernels == 0 && !k->imported;
}

/* True when the expression names a size, so that the declaration is a derived size and not a
 * default. */
static bool names_size(SemaKernel *k, const TppcAstExpr *e) {
  if (e->kind == TPPC_EXPR_NAME) {
    const Sym *sym = sema_find(k->s, k, NULL, e->name.text);
    return sym && sym->kind == SYM_SIZE;
  }
  for (int i = 0; i < e->args.n; i++)
    if (names_size(k, e->args.data[i]))
      return true;
  return false;
}

static void emit_size(SemaKernel *k, const SemaSize *size) {
  static const char *const origins[] = {"free", "default", "fixed", "derived"};
  TppcContext *cx = k->s->cx;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_SIZE, size->ast->span);
  op->name = size->name.text;
  if (size->value)
    tppc_set_expr(cx, op, "value", size->value);
  tppc_set_word(cx, op, "origin", origins[size->state]);
  add_to_head(k, op);
}

static void add_fact(SemaKernel *k, const SemaSize *size) {
  TppcSymFact *fact = tppc_facts_add(&k->facts, size->name.text);
  fact->has_lo = true;
  fact->lo = 0;
  int64_t v;
  if (size->state == SIZE_DERIVED)
    tppc_facts_add(&k->derived, size->name.text)->with = written_out(k, size->value);
  const TppcExpr *known = size->value ? sema_known(k, size->value) : NULL;
  if (known && tppc_e_const(known, &v))
    tppc_facts_add(&k->fixed, size->name.text)->with = known;
}

/* Promises count as facts once they are checked; those with a free bound stay conditions only. */
static void add_promise(SemaKernel *k, const SemaSize *size) {
  Sema *s = k->s;
  TppcContext *cx = s->cx;
  const TppcAstSize *ast = size->ast;
  const TppcExpr *bound = sema_int(s, k, NULL, ast->value);
  const TppcExpr *sym = tppc_e_sym(cx, size->name.text);
  int64_t v;
  if (!bound)
    return;
  bool constant = tppc_e_const(bound, &v);
  const char *text =
      tppc_sprintf(cx->arena, ast->kind == TPPC_SIZE_MULTIPLE ? "%s %% %s" : "%s <= %s",
                   size->name.text, sema_expr_text(s, bound));
  const TppcExpr *cond;
  if (ast->kind == TPPC_SIZE_MULTIPLE) {
    if (!constant || v < 1) {
      SEMA_ERROR(s, promise_bound, ast->value->span, sema_text(s, ast->value));
      return;
    }
    cond = tppc_e_bin(cx, TPPC_E_EQ, tppc_e_mod(cx, sym, bound), tppc_e_int(cx, 0));
  } else {
    cond = tppc_e_bin(cx, TPPC_E_LE, sym, bound);
  }
  if (sema_require(k, cond, "promise", text, ast->span) == TRUTH_NO) {
    const TppcDefine *d = find_define(s, size->name.text);
    SEMA_ERROR(s, promise_broken, d ? d->span : ast->span, size->name.text,
               sema_expr_text(s, sema_known(k, sym)), text);
    tppc_diag_note(cx->diags, ast->span, "promised here");
    return;
  }
  TppcSymFact *fact = tppc_facts_add(&k->facts, size->name.text);
  if (ast->kind == TPPC_SIZE_MULTIPLE) {
    fact->multiple = v;
  } else if (constant) {
    fact->has_hi = true;
    fact->hi = v;
  }
}

static void apply_define(SemaKernel *k, SemaSize *size) {
  const TppcDefine *d = find_define(k->s, size->name.text);
  if (!d || size->state == SIZE_DERIVED || !is_chosen(k))
    return;
  if (d->value < 0) {
    SEMA_ERROR(k->s, negative_size, d->span, size->name.text,
               sema_expr_text(k->s, tppc_e_int(k->s->cx, d->value)));
    return;
  }
  size->state = SIZE_FIXED;
  size->value = tppc_e_int(k->s->cx, d->value);
}

static void check_not_negative(SemaKernel *k, const SemaSize *size) {
  Sema *s = k->s;
  TppcContext *cx = s->cx;
  const TppcExpr *value = size->value ? size->value : tppc_e_sym(cx, size->name.text);
  const char *text = tppc_sprintf(cx->arena, "%s >= 0", size->name.text);
  const TppcExpr *cond = tppc_e_bin(cx, TPPC_E_LE, tppc_e_int(cx, 0), value);
  if (sema_require(k, cond, "size", text, size->ast->span) == TRUTH_NO)
    SEMA_ERROR(s, negative_size, size->ast->span, size->name.text,
               sema_expr_text(s, sema_known(k, value)));
}

static void one_size(SemaKernel *k, const TppcAstSize *ast) {
  Sema *s = k->s;
  SemaSize size = {.name = ast->name, .ast = ast, .state = SIZE_FREE};
  if (!sema_declare(k, ast->name, "size")) {
    k->broken = true;
    return;
  }
  if (ast->kind == TPPC_SIZE_VALUE) {
    size.state = names_size(k, ast->value) ? SIZE_DERIVED : SIZE_DEFAULT;
    size.value = sema_int(s, k, NULL, ast->value);
  }
  Sym *sym = sema_add_sym(k, SYM_SIZE, MODE_IN, ast->name);
  sym->expr = tppc_e_sym(s->cx, ast->name.text);
  if (ast->kind == TPPC_SIZE_VALUE && !size.value) {
    k->broken = true;
    return;
  }
  apply_define(k, &size);
  TPPC_PUSH(s->cx->arena, &k->sizes, size);
  emit_size(k, &size);
  check_not_negative(k, &size);
  add_fact(k, &size);
  if (ast->kind == TPPC_SIZE_MULTIPLE || ast->kind == TPPC_SIZE_AT_MOST)
    add_promise(k, &size);
}

void sema_sizes(SemaKernel *k) {
  for (int i = 0; i < k->ast->sizes.n; i++)
    one_size(k, &k->ast->sizes.data[i]);
}

/* ---- -D ---- */

static void check_define(Sema *s, const TppcDefine *d) {
  const SemaSize *derived = NULL;
  const char *best = NULL;
  int best_distance = 3;
  for (int i = 0; i < s->kernels.n; i++) {
    const SemaKernel *k = s->kernels.data[i];
    for (int j = 0; j < k->sizes.n && is_chosen(k); j++) {
      const SemaSize *size = &k->sizes.data[j];
      if (size->name.text == d->name && size->state != SIZE_DERIVED)
        return;
      if (size->name.text == d->name)
        derived = size;
      int distance = tppc_edit_distance(d->name, size->name.text);
      if (strlen(size->name.text) > 1 && distance < best_distance) {
        best = size->name.text;
        best_distance = distance;
      }
    }
  }
  if (derived) {
    SEMA_ERROR(s, derived_override, d->span, d->name);
    tppc_diag_note(s->cx->diags, derived->ast->span, "'%s' follows from other sizes here", d->name);
    return;
  }
  for (int i = 0; i < s->consts.n; i++)
    if (s->consts.data[i].name.text == d->name) {
      SEMA_ERROR(s, derived_override, d->span, d->name);
      tppc_diag_note(s->cx->diags, s->consts.data[i].name.span, "'%s' is a constant of the file",
                     d->name);
      return;
    }
  SEMA_ERROR(s, unknown_define, d->span, d->name);
  if (best)
    tppc_diag_help(s->cx->diags, "did you mean '%s'?", best);
}

void sema_check_defines(Sema *s) {
  bool any = false;
  for (int i = 0; i < s->kernels.n; i++)
    any |= is_chosen(s->kernels.data[i]);
  if (!any) /* -k names nothing, which the session reports */
    return;
  for (int i = 0; i < s->opt->n_defines; i++)
    check_define(s, &s->opt->defines[i]);
}

bool tppc_parse_define(TppcContext *cx, uint32_t source, TppcDefine *out) {
  size_t size, n = 0;
  const char *text = tppc_source_text(cx->diags, source, &size);
  while (n < size && text[n] != '=')
    n++;
  bool valid = n > 0 && n + 1 < size && !(text[0] >= '0' && text[0] <= '9');
  for (size_t i = 0; i < n; i++)
    valid &= text[i] == '_' || (text[i] >= '0' && text[i] <= '9') ||
             (text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z');
  size_t i = n + 1;
  bool negative = i < size && text[i] == '-';
  i += negative;
  valid &= i < size;
  int64_t value = 0;
  bool fits = true;
  for (; i < size && valid; i++) {
    int digit = text[i] - '0';
    valid = digit >= 0 && digit <= 9;
    fits &= value <= (INT64_MAX - digit) / 10;
    value = fits ? value * 10 + digit : 0;
  }
  if (!valid) {
    tppc_diag(cx->diags, TPPC_D_bad_define, (TppcSpan){source, 0, (uint32_t)size});
    return false;
  }
  if (!fits) {
    tppc_diag(cx->diags, TPPC_D_number_range, (TppcSpan){source, (uint32_t)n + 1, (uint32_t)size},
              tppc_strndup(cx->arena, text + n + 1, size - n - 1), "64-bit integer");
    return false;
  }
  out->name = tppc_intern_n(cx->names, text, n);
  out->value = negative ? -value : value;
  out->span = (TppcSpan){source, 0, (uint32_t)n};
  return true;
}
