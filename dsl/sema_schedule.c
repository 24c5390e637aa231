/* Schedules of the program, of --schedule, and of .sched files, as tpp.schedule ops of the nests
 * they name.
 *
 * Here a schedule is found, its conditions are decided, and its knobs become attributes with their
 * spans. What the string means, and whether it is legal, is the business of compiler/schedule.
 */
#include "dsl/sema.h"

#include <string.h>

void sema_collect_schedules(Sema *s, const TppcAst *ast, const char *origin) {
  for (int i = 0; i < ast->decls.n; i++) {
    const TppcAstDecl *d = ast->decls.data[i];
    if (d->kind != TPPC_DECL_SCHEDULE) {
      if (strcmp(origin, "program") != 0)
        SEMA_ERROR(s, schedule_file, d->span);
      continue;
    }
    SemaSchedule *schedule = TPPC_NEW(s->cx->arena, SemaSchedule);
    *schedule = (SemaSchedule){d->schedule, d->span, origin, false};
    TPPC_PUSH(s->cx->arena, &s->schedules, schedule);
  }
}

/* ---- for and when ---- */

static bool isa_matches(Sema *s, TppcAstName isa, bool *ok) {
  static const struct {
    const char *name;
    uint32_t bit;
  } rows[] = {
      {"ref", TPP_ISA_REF},
      {"avx2", TPP_ISA_AVX2},
      {"avx512", TPP_ISA_AVX512},
      {"avx512_vnni", TPP_ISA_AVX512_VNNI},
      {"amx", TPP_ISA_AMX},
      {"avx512_bf16", TPP_ISA_AVX512_BF16},
      {"neon", TPP_ISA_NEON},
      {"neon_dot", TPP_ISA_NEON_DOT},
      {"neon_bf16", TPP_ISA_NEON_BF16},
      {"neon_i8mm", TPP_ISA_NEON_I8MM},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].name, isa.text) == 0)
      return (s->opt->isas & rows[i].bit) != 0;
  SEMA_ERROR(s, unknown_isa, isa.span, isa.text);
  return *ok = false;
}

static const TppcExpr *condition(SemaKernel *k, const TppcAstExpr *e) {
  static const TppcExprKind kinds[] = {
      [TPPC_AST_LT] = TPPC_E_LT, [TPPC_AST_LE] = TPPC_E_LE, [TPPC_AST_GT] = TPPC_E_LT,
      [TPPC_AST_GE] = TPPC_E_LE, [TPPC_AST_EQ] = TPPC_E_EQ, [TPPC_AST_NE] = TPPC_E_NE};
  Sema *s = k->s;
  if (e->kind == TPPC_EXPR_BINARY && e->op == TPPC_AST_MUL) {
    const TppcExpr *a = condition(k, e->args.data[0]);
    const TppcExpr *b = a ? condition(k, e->args.data[1]) : NULL;
    return b ? tppc_e_and(s->cx, a, b) : NULL;
  }
  if (e->kind != TPPC_EXPR_BINARY || e->op < TPPC_AST_LT) {
    SEMA_ERROR(s, when_condition, e->span);
    return NULL;
  }
  const TppcExpr *a = sema_int(s, k, NULL, e->args.data[0]);
  const TppcExpr *b = a ? sema_int(s, k, NULL, e->args.data[1]) : NULL;
  if (!b)
    return NULL;
  bool swap = e->op == TPPC_AST_GT || e->op == TPPC_AST_GE;
  return tppc_e_bin(s->cx, kinds[e->op], swap ? b : a, swap ? a : b);
}

static bool matches(SemaKernel *k, const SemaSchedule *schedule, bool *ok) {
  const TppcAstSchedule *ast = schedule->ast;
  if (ast->isa.text && !isa_matches(k->s, ast->isa, ok))
    return false;
  if (!ast->when)
    return true;
  const TppcExpr *cond = condition(k, ast->when);
  int64_t v;
  if (!cond)
    return *ok = false;
  if (tppc_e_const(sema_known(k, cond), &v))
    return v != 0;
  SEMA_ERROR(k->s, when_unsupported, ast->when->span, sema_text(k->s, ast->when));
  return *ok = false;
}

/* ---- knobs ---- */

static TppcAttr *append(TppcContext *cx, TppcAttr *list, TppcAttrKind kind, TppcSpan span) {
  TppcAttr *a = tppc_list_add(cx, list);
  a->kind = kind;
  a->span = span;
  return a;
}

static bool knob_int(SemaKernel *k, const TppcAstExpr *e, int64_t *value) {
  const TppcExpr *x = sema_int(k->s, k, NULL, e);
  if (x && tppc_e_const(sema_known(k, x), value))
    return true;
  if (x)
    SEMA_ERROR(k->s, not_constant, e->span, sema_text(k->s, e));
  return false;
}

static void knob_sizes(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob) {
  TppcContext *cx = k->s->cx;
  TppcAttr *entry = append(cx, tppc_set_list(cx, op, "sizes"), TPPC_A_LIST, knob->span);
  append(cx, entry, TPPC_A_WORD, knob->names.data[0].span)->s = knob->names.data[0].text;
  for (int i = 0; i < knob->values.n; i++) {
    int64_t v;
    if (!knob_int(k, knob->values.data[i], &v))
      return;
    append(cx, entry, TPPC_A_INT, knob->values.data[i]->span)->i = v;
  }
}

/* reduce n, h = private: [[n, private], [h, private]]. */
static void knob_reduce(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob) {
  TppcContext *cx = k->s->cx;
  TppcAttr *list = tppc_set_list(cx, op, "reduce");
  list->span = knob->span;
  for (int i = 0; i < knob->names.n; i++) {
    TppcAttr *entry = append(cx, list, TPPC_A_LIST, knob->span);
    append(cx, entry, TPPC_A_WORD, knob->names.data[i].span)->s = knob->names.data[i].text;
    append(cx, entry, TPPC_A_WORD, knob->choice.span)->s = knob->choice.text;
  }
}

/* Knobs that the schedule reads as a list of words. */
static void knob_words(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob, const char *key) {
  TppcContext *cx = k->s->cx;
  TppcAttr *list = tppc_set_list(cx, op, key);
  list->span = knob->span;
  for (int i = 0; i < knob->names.n; i++)
    append(cx, list, TPPC_A_WORD, knob->names.data[i].span)->s = knob->names.data[i].text;
}

static void knob_pack(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob) {
  TppcContext *cx = k->s->cx;
  TppcAttr *list = tppc_set_list(cx, op, "pack");
  list->span = knob->span;
  for (int i = 0; i < knob->names.n; i++) {
    TppcAstName name = knob->names.data[i];
    const Sym *sym = sema_find(k->s, k, NULL, name.text);
    if (!sym)
      sema_unknown(k->s, k, NULL, name);
    else if (sym->kind != SYM_TENSOR)
      SEMA_ERROR(k->s, pack_operand, name.span, sema_describe(k->s, sym));
    append(cx, list, TPPC_A_WORD, name.span)->s = name.text;
  }
}

static void knob_kernel(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob) {
  static const char *const choices[] = {"xsmm", "runtime", "generated"};
  TppcAstName tpp = knob->names.data[0], choice = knob->choice;
  bool known = false;
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
    known |= strcmp(choices[i], choice.text) == 0;
  if (strcmp(tpp.text, "brgemm") != 0)
    SEMA_ERROR(k->s, knob_value, tpp.span, tpp.text, "brgemm");
  else if (!known)
    SEMA_ERROR(k->s, knob_value, choice.span, choice.text, "xsmm, runtime, or generated");
  else if (strcmp(choice.text, "generated") == 0)
    SEMA_ERROR(k->s, unsupported_knob, knob->span, "kernel brgemm = generated");
  TppcAttr *attr = tppc_set_list(k->s->cx, op, "kernel");
  attr->kind = TPPC_A_WORD;
  attr->s = choice.text;
  attr->span = choice.span;
}

static void knob_threads(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob) {
  int64_t v;
  if (!knob_int(k, knob->values.data[0], &v))
    return;
  if (v < 1 || v > 65536)
    SEMA_ERROR(k->s, knob_value, knob->values.data[0]->span, sema_text(k->s, knob->values.data[0]),
               "1 to 65536 threads");
  tppc_set_int(k->s->cx, op, "threads", v);
}

static const char *knob_text(TppcAstKnobKind kind) {
  static const char *const texts[] = {"sizes", "pack",   "kernel",   "threads", "curve",
                                      "fuse",  "reduce", "prefetch", "order",   "parallel"};
  return texts[kind]; /* ORDER: TppcAstKnobKind */
}

static void apply_knob(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob) {
  switch (knob->kind) {
  case TPPC_KNOB_SIZES:
    knob_sizes(k, op, knob);
    break;
  case TPPC_KNOB_PACK:
    knob_pack(k, op, knob);
    break;
  case TPPC_KNOB_KERNEL:
    knob_kernel(k, op, knob);
    break;
  case TPPC_KNOB_THREADS:
    knob_threads(k, op, knob);
    break;
  case TPPC_KNOB_REDUCE:
    knob_reduce(k, op, knob);
    break;
  case TPPC_KNOB_CURVE:
  case TPPC_KNOB_FUSE:
  case TPPC_KNOB_PREFETCH:
  case TPPC_KNOB_ORDER:
  case TPPC_KNOB_PARALLEL:
    knob_words(k, op, knob, knob_text(knob->kind));
    break;
  }
}

static void add_schedule(SemaKernel *k, TppcOp *nest, const SemaSchedule *schedule) {
  TppcContext *cx = k->s->cx;
  const TppcAstSchedule *ast = schedule->ast;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_SCHEDULE, schedule->span);
  if (!ast->string.text) {
    if (ast->knobs.n)
      for (int i = 0; i < ast->knobs.n; i++)
        SEMA_ERROR(k->s, unsupported_knob, ast->knobs.data[i].span,
                   knob_text(ast->knobs.data[i].kind));
    return;
  }
  tppc_set_string(cx, op, "string", ast->string.text, ast->string.span);
  tppc_set_word(cx, op, "origin", schedule->origin);
  for (int i = 0; i < ast->knobs.n; i++)
    apply_knob(k, op, &ast->knobs.data[i]);
  TppcRegion *body = &nest->regions[0];
  if (body->first)
    tppc_op_insert_before(body->first, op);
  else
    tppc_op_append(body, op);
}

static bool names_nest(const SemaSchedule *schedule, const SemaKernel *k, const TppcOp *nest,
                       int n_nests) {
  const TppcAstSchedule *ast = schedule->ast;
  if (ast->kernel.text != k->ast->name.text)
    return false;
  return ast->label.text ? ast->label.text == nest->name : n_nests == 1;
}

void sema_schedule_nest(SemaKernel *k, TppcOp *nest, int n_nests) {
  Sema *s = k->s;
  bool decided = false;
  for (int i = 0; i < s->schedules.n; i++) {
    SemaSchedule *schedule = s->schedules.data[i];
    bool ok = true;
    if (!names_nest(schedule, k, nest, n_nests))
      continue;
    schedule->used = true;
    if (decided)
      continue;
    bool match = matches(k, schedule, &ok);
    if (match)
      add_schedule(k, nest, schedule);
    decided = match || !ok;
  }
}

/* ---- what names nothing ---- */

static const TppcAstItem *find_label(const TppcAstItems *items, const char *label) {
  for (int i = 0; i < items->n; i++) {
    if (items->data[i]->label.text == label)
      return items->data[i];
    const TppcAstItem *inside = find_label(&items->data[i]->items, label);
    if (inside)
      return inside;
  }
  return NULL;
}

static void list_labels(Sema *s, const SemaKernel *k) {
  TppcBuf b = {0};
  for (int i = 0; i < k->labels.n; i++)
    tppc_buf_printf(&b, "%s%s.%s", i ? ", " : "", k->ast->name.text, k->labels.data[i]);
  if (b.n)
    tppc_diag_help(s->cx->diags, "its nests are %s", b.data);
  tppc_buf_free(&b);
}

static void unknown_target(Sema *s, const TppcAstSchedule *ast) {
  SEMA_ERROR(s, unknown_kernel, ast->kernel.span, ast->kernel.text);
  for (int i = 0; i < s->kernels.n; i++) {
    const char *name = s->kernels.data[i]->ast->name.text;
    if (tppc_edit_distance(name, ast->kernel.text) <= 2) {
      tppc_diag_help(s->cx->diags, "did you mean '%s'?", name);
      tppc_diag_fixit(s->cx->diags, ast->kernel.span, name);
      return;
    }
  }
}

static void check_schedule(Sema *s, const SemaSchedule *schedule) {
  const TppcAstSchedule *ast = schedule->ast;
  const SemaKernel *k = sema_find_kernel(s, ast->kernel.text);
  if (!k) {
    unknown_target(s, ast);
    return;
  }
  if (schedule->used || k->broken)
    return;
  if (!ast->label.text) {
    if (!ast->string.text && ast->knobs.n) {
      for (int i = 0; i < ast->knobs.n; i++)
        SEMA_ERROR(s, unsupported_knob, ast->knobs.data[i].span,
                   knob_text(ast->knobs.data[i].kind));
    } else if (ast->string.text) {
      SEMA_ERROR(s, schedule_target, ast->kernel.span, k->ast->name.text);
      list_labels(s, k);
    }
    return;
  }
  const TppcAstItem *item = find_label(&k->ast->body, ast->label.text);
  if (item && item->kind == TPPC_ITEM_CALL) {
    SEMA_ERROR(s, unsupported_knob, schedule->span, "the schedule of a labelled call");
  } else if (!item) {
    bool automatic = false;
    for (int i = 0; i < k->labels.n; i++)
      automatic |= k->labels.data[i] == ast->label.text;
    if (automatic)
      return;
    SEMA_ERROR(s, unknown_label, ast->label.span, k->ast->name.text, ast->label.text);
    list_labels(s, k);
  }
}

void sema_check_schedules(Sema *s) {
  for (int i = 0; i < s->schedules.n; i++)
    check_schedule(s, s->schedules.data[i]);
}
