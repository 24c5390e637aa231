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

/* The knob that this version reads for a later one to run, or NULL. */
static const TppcAstKnob *reserved_knob(const TppcAstSchedule *ast) {
  for (int i = 0; i < ast->knobs.n; i++) {
    const TppcAstKnob *knob = &ast->knobs.data[i];
    if (knob->kind == TPPC_KNOB_REDUCE && strcmp(knob->choice.text, "online") == 0)
      return knob;
  }
  return NULL;
}

typedef enum Match { MATCH_NO, MATCH_SOMETIMES, MATCH_YES, MATCH_ERROR } Match;

/* Whether the schedule is the one to take; *when says for which sizes if it depends on them. */
static Match matches(SemaKernel *k, const SemaSchedule *schedule, const TppcExpr **when) {
  const TppcAstSchedule *ast = schedule->ast;
  bool ok = true;
  if (ast->isa.text && !isa_matches(k->s, ast->isa, &ok))
    return ok ? MATCH_NO : MATCH_ERROR;
  const TppcExpr *cond = ast->when ? condition(k, ast->when) : NULL;
  int64_t v = 1;
  if (ast->when && !cond)
    return MATCH_ERROR;
  bool known = !cond || tppc_e_const(sema_known(k, cond), &v);
  if (known && !v)
    return MATCH_NO;
  const TppcAstKnob *reserved = reserved_knob(ast);
  if (reserved && strcmp(schedule->origin, "program") == 0) {
    tppc_diag(k->s->cx->diags, TPPC_D_schedule_reserved, reserved->span,
              reserved->names.data[0].text, reserved->choice.text);
    return MATCH_NO;
  }
  *when = known ? NULL : cond;
  return known ? MATCH_YES : MATCH_SOMETIMES;
}

static TppcOp *make_schedule(SemaKernel *k, const SemaSchedule *schedule, const TppcExpr *when) {
  TppcContext *cx = k->s->cx;
  const TppcAstSchedule *ast = schedule->ast;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_SCHEDULE, schedule->span);
  if (ast->string.text)
    tppc_set_string(cx, op, "string", ast->string.text, ast->string.span);
  tppc_set_word(cx, op, "origin", schedule->origin);
  if (when)
    tppc_set_expr(cx, op, "when", when);
  sema_knobs(k, op, ast);
  return sema_long_form(k, op, ast) ? op : NULL;
}

static bool has_fuse(const TppcAstSchedule *ast) {
  for (int i = 0; i < ast->knobs.n; i++)
    if (ast->knobs.data[i].kind == TPPC_KNOB_FUSE)
      return true;
  return false;
}

/* A string, or the long form of one. */
static bool has_string(const TppcAstSchedule *ast) {
  for (int i = 0; i < ast->knobs.n; i++)
    if (ast->knobs.data[i].kind == TPPC_KNOB_ORDER)
      return true;
  return ast->string.text != NULL;
}

static int count_items(const TppcAstItems *items, TppcAstItemKind kind) {
  int n = 0;
  for (int i = 0; i < items->n; i++)
    n += (items->data[i]->kind == kind) + count_items(&items->data[i]->items, kind);
  return n;
}

/* Knobs of the kernel, for all its nests and calls. */
static bool is_wide(const SemaSchedule *schedule, const TppcAstKernel *kernel) {
  const TppcAstSchedule *ast = schedule->ast;
  if (ast->label.text || ast->kernel.text != kernel->name.text)
    return false;
  bool one = count_items(&kernel->body, TPPC_ITEM_NEST) == 1 &&
             count_items(&kernel->body, TPPC_ITEM_CALL) == 0;
  return has_fuse(ast) || (!has_string(ast) && !one);
}

static bool names_nest(const SemaSchedule *schedule, const SemaKernel *k, const TppcOp *nest) {
  const TppcAstSchedule *ast = schedule->ast;
  if (ast->kernel.text != k->ast->name.text || is_wide(schedule, k->ast))
    return false;
  return ast->label.text ? ast->label.text == nest->name
                         : count_items(&k->ast->body, TPPC_ITEM_NEST) == 1;
}

/* Several when the sizes of the call choose among them; the first that matches is taken. */
void sema_schedule_nest(SemaKernel *k, TppcOp *nest) {
  Sema *s = k->s;
  bool decided = false;
  TppcOp *first = nest->regions[0].first;
  for (int i = 0; i < s->schedules.n; i++) {
    SemaSchedule *schedule = s->schedules.data[i];
    const TppcExpr *when = NULL;
    if (!names_nest(schedule, k, nest))
      continue;
    schedule->used = true;
    Match match = decided ? MATCH_NO : matches(k, schedule, &when);
    decided |= match == MATCH_YES || match == MATCH_ERROR;
    TppcOp *op =
        match == MATCH_YES || match == MATCH_SOMETIMES ? make_schedule(k, schedule, when) : NULL;
    if (op && first)
      tppc_op_insert_before(first, op);
    else if (op)
      tppc_op_append(&nest->regions[0], op);
  }
}

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

/* What the schedule decides for: a call, or the kernel (""); NULL for anything else. */
static const char *target_of(const SemaSchedule *schedule, const SemaKernel *k) {
  const TppcAstSchedule *ast = schedule->ast;
  if (is_wide(schedule, k->ast))
    return "";
  if (ast->kernel.text != k->ast->name.text || !ast->label.text)
    return NULL;
  const TppcAstItem *item = find_label(&k->ast->body, ast->label.text);
  return item && item->kind == TPPC_ITEM_CALL ? ast->label.text : NULL;
}

/* A target and the condition that no schedule of its before was taken. */
typedef struct Target {
  const char *name;
  const TppcExpr *left;
} Target;

static void schedule_kernel(SemaKernel *k, SemaSchedule *schedule, Target *target) {
  TppcContext *cx = k->s->cx;
  const TppcExpr *when = NULL, *yes = tppc_e_int(cx, 1);
  Match match = matches(k, schedule, &when);
  if (match == MATCH_NO)
    return;
  const TppcExpr *all = tppc_e_and(cx, target->left, when ? when : yes);
  target->left = tppc_e_and(cx, target->left, tppc_e_not(cx, when ? when : yes));
  /* Strings stay in order before those of the nest; knobs fill in what stands there. */
  if (!has_string(schedule->ast))
    when = tppc_e_is(all, 1) ? NULL : all;
  TppcOp *op = match == MATCH_ERROR ? NULL : make_schedule(k, schedule, when);
  if (!op)
    return;
  if (*target->name)
    tppc_set_string(cx, op, "target", target->name, schedule->ast->label.span);
  tppc_op_append(&k->op->regions[0], op);
}

void sema_schedule_kernel(SemaKernel *k) {
  Sema *s = k->s;
  TppcVec(Target) targets = {0};
  for (int i = 0; i < s->schedules.n; i++) {
    const char *name = target_of(s->schedules.data[i], k);
    int at = 0;
    if (!name)
      continue;
    s->schedules.data[i]->used = true;
    while (at < targets.n && targets.data[at].name != name)
      at++;
    if (at == targets.n)
      TPPC_PUSH(s->cx->arena, &targets, ((Target){name, tppc_e_int(s->cx, 1)}));
    if (!tppc_e_is(targets.data[at].left, 0))
      schedule_kernel(k, s->schedules.data[i], &targets.data[at]);
  }
}

/* ---- what names nothing ---- */

void sema_list_labels(Sema *s, const SemaKernel *k) {
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
    if (has_string(ast)) {
      SEMA_ERROR(s, schedule_target, ast->kernel.span, k->ast->name.text);
      sema_list_labels(s, k);
    }
    return;
  }
  const TppcAstItem *item = find_label(&k->ast->body, ast->label.text);
  if (item && item->kind != TPPC_ITEM_SEQ)
    return;
  for (int i = 0; i < k->labels.n; i++)
    if (k->labels.data[i] == ast->label.text)
      return;
  SEMA_ERROR(s, unknown_label, ast->label.span, k->ast->name.text, ast->label.text);
  sema_list_labels(s, k);
}

void sema_check_schedules(Sema *s) {
  for (int i = 0; i < s->schedules.n; i++)
    check_schedule(s, s->schedules.data[i]);
}
