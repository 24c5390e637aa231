/* Knobs of schedules as attributes of tpp.schedule ops, and the long form.
 *
 *   order n0 k0 m0 n1; parallel m0 n1;    string="nkMN" order=[n0, k0, m0, n1]
 *
 * The words of the long form stay in the attribute `order`, one for each letter of the string, with
 * their spans: a message about byte i of the string underlines word i.
 */
#include "dsl/sema.h"

#include <ctype.h>
#include <string.h>

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

/* fuse up down over m: [[up, down, m]]. */
static void knob_fuse(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob,
                      const TppcAstSchedule *ast) {
  TppcContext *cx = k->s->cx;
  if (ast->label.text || ast->string.text || knob->names.n < 2) {
    SEMA_ERROR(k->s, fuse_place, knob->span,
               knob->names.n < 2 ? "names at least two neighbouring nests or calls"
                                 : "belongs to the schedule of the kernel, which has no label and "
                                   "no string");
    return;
  }
  TppcAttr *entry = append(cx, tppc_set_list(cx, op, "fuse"), TPPC_A_LIST, knob->span);
  for (int i = 0; i < knob->names.n; i++) {
    TppcAstName name = knob->names.data[i];
    bool found = false;
    for (int j = 0; j < k->labels.n; j++)
      found |= k->labels.data[j] == name.text;
    if (!found) {
      SEMA_ERROR(k->s, unknown_label, name.span, k->ast->name.text, name.text);
      sema_list_labels(k->s, k);
    }
    append(cx, entry, TPPC_A_WORD, name.span)->s = name.text;
  }
  append(cx, entry, TPPC_A_WORD, knob->choice.span)->s = knob->choice.text;
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
    append(cx, list, TPPC_A_WORD, name.span)->s = sym && sym->value ? sym->value->name : name.text;
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

static void knob_prefetch(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob) {
  TppcAttr *attr = tppc_set_list(k->s->cx, op, "prefetch");
  attr->kind = TPPC_A_INT;
  attr->i = 1;
  attr->span = knob->span;
}

static const char *sema_knob_text(TppcAstKnobKind kind) {
  static const char *const texts[] = {"sizes", "pack",   "kernel",   "threads", "curve",
                                      "fuse",  "reduce", "prefetch", "order",   "parallel"};
  return texts[kind]; /* ORDER: TppcAstKnobKind */
}

static void apply_knob(SemaKernel *k, TppcOp *op, const TppcAstKnob *knob,
                       const TppcAstSchedule *ast) {
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
  case TPPC_KNOB_FUSE:
    knob_fuse(k, op, knob, ast);
    break;
  case TPPC_KNOB_CURVE:
    knob_words(k, op, knob, "curve");
    break;
  case TPPC_KNOB_PREFETCH:
    knob_prefetch(k, op, knob);
    break;
  case TPPC_KNOB_ORDER:
  case TPPC_KNOB_PARALLEL:
    break; /* long_form */
  }
}

/* ---- the long form ---- */

static const TppcAstKnob *only_knob(SemaKernel *k, const TppcAstSchedule *ast,
                                    TppcAstKnobKind kind) {
  const TppcAstKnob *found = NULL;
  for (int i = 0; i < ast->knobs.n; i++) {
    const TppcAstKnob *knob = &ast->knobs.data[i];
    if (knob->kind != kind)
      continue;
    if (found) {
      SEMA_ERROR(k->s, long_form, knob->span,
                 tppc_sprintf(k->s->cx->arena, "'%s' is given twice", sema_knob_text(kind)));
      tppc_diag_note(k->s->cx->diags, found->span, "first here");
    }
    found = found ? found : knob;
  }
  return found;
}

/* The level that the word means: "n1" or, the next one of its letter, "n". */
static bool check_word(SemaKernel *k, const TppcAstNames *words, int i) {
  TppcArena *arena = k->s->cx->arena;
  TppcAstName word = words->data[i];
  int nth = 0;
  for (int j = 0; j < i; j++)
    nth += words->data[j].text[0] == word.text[0];
  bool form = islower((unsigned char)word.text[0]) != 0;
  for (const char *c = word.text + 1; *c; c++)
    form = form && isdigit((unsigned char)*c);
  const char *what = NULL;
  if (!form)
    what = tppc_sprintf(arena, "'%s' is no level; one is a loop's letter and a number, such as n0",
                        word.text);
  else if (word.text[1] && strcmp(word.text + 1, tppc_sprintf(arena, "%d", nth)) != 0)
    what = tppc_sprintf(arena, "'%s' stands where level '%c%d' is next; 0 is the outermost",
                        word.text, word.text[0], nth);
  if (what)
    SEMA_ERROR(k->s, long_form, word.span, what);
  return !what;
}

static bool make_parallel(SemaKernel *k, const TppcAstNames *words, TppcAstName word, char *text) {
  size_t n = strlen(word.text);
  for (int i = 0; i < words->n; i++) {
    const char *other = words->data[i].text;
    int nth = 0;
    for (int j = 0; j < i; j++)
      nth += words->data[j].text[0] == other[0];
    const char *full = tppc_sprintf(k->s->cx->arena, "%c%d", other[0], nth);
    if (strcmp(full, word.text) != 0 && !(n == 1 && nth == 0 && other[0] == word.text[0]))
      continue;
    text[i] = (char)toupper((unsigned char)text[i]);
    return true;
  }
  SEMA_ERROR(k->s, long_form, word.span,
             tppc_sprintf(k->s->cx->arena, "level '%s' does not occur in 'order'", word.text));
  return false;
}

bool sema_long_form(SemaKernel *k, TppcOp *op, const TppcAstSchedule *ast) {
  TppcContext *cx = k->s->cx;
  const TppcAstKnob *order = only_knob(k, ast, TPPC_KNOB_ORDER),
                    *parallel = only_knob(k, ast, TPPC_KNOB_PARALLEL);
  const TppcAstKnob *any = order ? order : parallel;
  if (!any)
    return true;
  if (ast->string.text || !order) {
    SEMA_ERROR(k->s, long_form, any->span,
               ast->string.text ? "a schedule has a string or 'order', not both"
                                : "'parallel' names levels of 'order', and there is none");
    return false;
  }
  char *text = tppc_alloc(cx->arena, (size_t)order->names.n + 1);
  for (int i = 0; i < order->names.n; i++) {
    if (!check_word(k, &order->names, i))
      return false;
    text[i] = order->names.data[i].text[0];
  }
  for (int i = 0; parallel && i < parallel->names.n; i++)
    if (!make_parallel(k, &order->names, parallel->names.data[i], text))
      return false;
  tppc_set_string(cx, op, "string", text, order->span);
  knob_words(k, op, order, "order");
  return true;
}

void sema_knobs(SemaKernel *k, TppcOp *op, const TppcAstSchedule *ast) {
  for (int i = 0; i < ast->knobs.n; i++)
    apply_knob(k, op, &ast->knobs.data[i], ast);
}
