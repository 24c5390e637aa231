/* fuse-nests: neighbouring nests become one, whose outermost loop they share.
 *
 *   tpp.nest @up.nest0   [m: M, n: F, k: C] { schedule "Mnk"  H[m, n] = ... }
 *   tpp.nest @down.nest0 [m: M, n: C, k: F] { schedule "Mnk"  Y[m, n] = ... H[m, k] }
 *   tpp.schedule fuse=[[up, down, m]]
 *   -->  tpp.nest @up.nest0.fused [m: M, n: F, k: C, a: C, b: F] { schedule "Mnkab" ... }
 *
 * The meaning of a nest is that its statements run one after the other on whole tensors, so the
 * statements of two neighbours under letters of their own mean what the two nests mean. Whether
 * they can then share the loop over m is what placement decides for any two statements: every
 * dependence stays at one m. apply-schedule refuses when it did not work out. What one m needs of a
 * local is all that place-buffers keeps of it, since a single nest uses it.
 *
 * m is shared out and has one level, whose size is the innermost of the first nest that gives one.
 * The other levels follow in the order of the nests, serial: an iteration of m belongs to a thread.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "schedule/schedule.h"

#include <string.h>

typedef TppcVec(TppcOp *) Nests;

typedef struct Fuser {
  TppcContext *cx;
  TppcOp *kernel;
  const TppcOp *knobs;   /* the schedule of the kernel */
  const TppcAttr *entry; /* [up, down, m] */
  const char *letter;
  Nests nests;
  TppcOp *out, *schedule; /* the nest that replaces them */
  TppcMap values;
  bool used[26]; /* letters */
  TppcBuf text;
} Fuser;

static bool refuse(const Fuser *f, TppcSpan span, const char *why) {
  tppc_diag(f->cx->diags, TPPC_D_fuse_refused, span.source ? span : f->entry->span, f->letter, why);
  return false;
}

static bool named(const TppcOp *nest, const char *label) {
  size_t n = strlen(label);
  return nest->name && strncmp(nest->name, label, n) == 0 &&
         (nest->name[n] == '.' || !nest->name[n]);
}

static bool takes_part(const Fuser *f, const TppcOp *op) {
  for (int i = 0; op->kind == TPPC_OP_NEST && i + 1 < f->entry->n; i++)
    if (named(op, f->entry->list[i].s))
      return true;
  return false;
}

/* The nests in their order; nothing that computes may stand between. */
static bool collect(Fuser *f) {
  TppcRegion *r = &f->kernel->regions[0];
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    if (takes_part(f, op))
      TPPC_PUSH(f->cx->arena, &f->nests, op);
  for (int i = 0; i + 1 < f->nests.n; i++) {
    const TppcOp *op = f->nests.data[i]->next;
    while (op && (op->kind == TPPC_OP_LOCAL || op->kind == TPPC_OP_SCHEDULE))
      op = op->next;
    if (op != f->nests.data[i + 1])
      return refuse(f, f->entry->span, "they are not neighbours: something else runs in between");
  }
  return true;
}

static TppcOp *schedule_of(const TppcOp *nest) {
  return nest->regions[0].first;
}

static const TppcDim *loop_of(const TppcOp *nest, const char *sym) {
  for (int i = 0; i < nest->n_dims; i++)
    if (nest->dims[i].sym == sym)
      return &nest->dims[i];
  return NULL;
}

static bool check_nest(Fuser *f, const TppcOp *nest, TppcSchedString *str) {
  TppcContext *cx = f->cx;
  const TppcDim *own = loop_of(nest, f->letter), *first = loop_of(f->nests.data[0], f->letter);
  const TppcOp *schedule = schedule_of(nest);
  TppcSchedError error;
  if (!own)
    return refuse(f, f->entry->span,
                  tppc_sprintf(cx->arena, "'%s' has no such loop", tppc_schedule_nest_name(nest)));
  if (own->hi != first->hi) {
    refuse(f, f->entry->span, "its extents are not known to be equal");
    tppc_diag_note(cx->diags, first->span, "here");
    tppc_diag_note(cx->diags, own->span, "and here");
    return false;
  }
  if (schedule->next->kind == TPPC_OP_SCHEDULE)
    return refuse(f, schedule->span, "the sizes of the call choose the schedule of this nest");
  if (tppc_attr(schedule, "reduce") || tppc_attr(schedule, "curve"))
    return refuse(f, schedule->span, "'reduce' and 'curve' are not for nests that are fused");
  const TppcAttr *text = tppc_attr(schedule, "string");
  if (!tppc_schedule_parse(cx->arena, text->s, strlen(text->s), str, &error))
    return refuse(f, schedule->span, "its schedule string is not right");
  bool plain = !str->dynamic;
  for (int i = 0; i < str->levels.n; i++)
    plain = plain && !str->levels.data[i].grid && !str->levels.data[i].barrier;
  return plain || refuse(f, text->span,
                         "grids, barriers, and policies are not for nests that are "
                         "fused");
}

/* ---- letters ---- */

static const char *new_letter(Fuser *f) {
  for (char c = 'a'; c <= 'z'; c++) {
    const char *sym = tppc_internf(f->cx->names, "%c", c);
    if (f->used[c - 'a'] || tppc_e_only_sizes(tppc_e_sym(f->cx, sym), &f->kernel->regions[0]))
      continue;
    f->used[c - 'a'] = true;
    return sym;
  }
  return NULL;
}

/* Letters of the first nest stay; those of the others that are not shared get new names. */
static bool rename_letters(Fuser *f, const TppcOp *nest, TppcFacts *to) {
  for (int i = 0; i < nest->n_dims; i++) {
    const TppcDim *d = &nest->dims[i];
    const char *sym = d->sym;
    if (sym != f->letter && nest != f->nests.data[0])
      sym = new_letter(f);
    if (!sym)
      return refuse(f, f->entry->span, "their loops are more than 26 letters");
    tppc_facts_with(to, d->sym, tppc_e_sym(f->cx, sym));
    if (sym != f->letter || nest == f->nests.data[0])
      tppc_op_add_dim(f->cx, f->out, sym, d->lo, d->hi, d->step, d->span);
  }
  return true;
}

static const char *renamed(const TppcFacts *to, const char *sym) {
  for (int i = 0; i < to->v.n; i++)
    if (to->v.data[i].sym == sym && to->v.data[i].with)
      return to->v.data[i].with->sym;
  return sym;
}

/* ---- statements ---- */

static void copy_statements(Fuser *f, const TppcOp *nest, const TppcFacts *to) {
  TppcContext *cx = f->cx;
  for (const TppcOp *op = nest->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_SCHEDULE)
      continue;
    TppcOp *copy = tppc_op_clone(cx, op, &f->values, to);
    for (int i = 0; i < copy->n_dims; i++)
      copy->dims[i].sym = renamed(to, copy->dims[i].sym);
    for (int i = 0; op->kind == TPPC_OP_TEMP && i < op->n_results; i++) {
      tppc_map_set(&f->values, op->results[i], copy->results[i]);
      copy->name = copy->results[i]->name = tppc_fresh_name(cx, f->kernel, op->results[i]->name);
    }
    if (op->kind != TPPC_OP_TEMP) {
      tppc_op_append(&f->out->regions[0], copy);
      continue;
    }
    TppcOp *at = f->out->regions[0].first; /* temporaries stand before statements */
    while (at && (at->kind == TPPC_OP_SCHEDULE || at->kind == TPPC_OP_TEMP))
      at = at->next;
    if (at)
      tppc_op_insert_before(at, copy);
    else
      tppc_op_append(&f->out->regions[0], copy);
  }
}

/* ---- the schedule ---- */

static TppcSpan byte_span(const TppcOp *schedule, uint32_t at) {
  const TppcAttr *order = tppc_attr(schedule, "order"), *text = tppc_attr(schedule, "string");
  if (order)
    return at < (uint32_t)order->n ? order->list[at].span : schedule->span;
  if (!text->span.source || tppc_attr_word(schedule, "origin") == NULL ||
      strcmp(tppc_attr_word(schedule, "origin"), "heuristic") == 0 ||
      text->span.end - text->span.begin < strlen(text->s))
    return schedule->span;
  return (TppcSpan){text->span.source, text->span.begin + at, text->span.begin + at + 1};
}

static void add_level(Fuser *f, char c, TppcSpan span) {
  TppcAttr *word = tppc_list_add(f->cx, tppc_set_list(f->cx, f->schedule, "order"));
  tppc_buf_putc(&f->text, c);
  word->kind = TPPC_A_WORD;
  word->s = tppc_internf(f->cx->names, "%c", c);
  word->span = span;
}

static void add_levels(Fuser *f, const TppcOp *nest, const TppcSchedString *str,
                       const TppcFacts *to) {
  const TppcOp *schedule = schedule_of(nest);
  for (int i = 0; i < str->levels.n; i++) {
    const TppcSchedLevel *l = &str->levels.data[i];
    const char *sym = renamed(to, tppc_internf(f->cx->names, "%c", l->letter));
    TppcSpan span = byte_span(schedule, l->at);
    if (sym == f->letter)
      continue;
    if (l->capital && span.source && span.end == span.begin + 1)
      tppc_diag(f->cx->diags, TPPC_D_fused_serial, span, (char)(l->letter - 'a' + 'A'), f->letter);
    add_level(f, sym[0], span);
  }
}

static void add_sizes(Fuser *f, const TppcOp *nest, const TppcFacts *to) {
  const TppcAttr *sizes = tppc_attr(schedule_of(nest), "sizes");
  for (int i = 0; sizes && i < sizes->n; i++) {
    const TppcAttr *list = &sizes->list[i];
    const char *old = list->n && list->list[0].s ? tppc_intern(f->cx->names, list->list[0].s) : "";
    const char *sym = renamed(to, old);
    TppcAttr *all = tppc_set_list(f->cx, f->schedule, "sizes");
    bool given = false;
    for (int k = 0; k < all->n; k++)
      given = given || all->list[k].list[0].s == sym;
    if (given || list->n < 2)
      continue;
    TppcAttr *copy = tppc_list_add(f->cx, all);
    copy->kind = TPPC_A_LIST;
    copy->span = list->span;
    for (int k = 0; k < list->n; k++)
      if (k == 0 || sym != f->letter || k == list->n - 1)
        *tppc_list_add(f->cx, copy) = list->list[k];
    copy->list[0].s = sym;
  }
}

static bool same_word(const TppcAttr *a, const TppcAttr *b) {
  if (a->kind != b->kind)
    return false;
  return a->s && b->s ? strcmp(a->s, b->s) == 0 : a->i == b->i;
}

static bool add_knobs(Fuser *f, const TppcOp *nest) {
  const TppcOp *schedule = schedule_of(nest);
  static const char *const keys[] = {"threads", "kernel", "prefetch"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const TppcAttr *a = tppc_attr(schedule, keys[i]), *b = tppc_attr(f->schedule, keys[i]);
    if (a && b && !same_word(a, b))
      return refuse(f, schedule->span,
                    tppc_sprintf(f->cx->arena, "the nests differ in the knob '%s'", keys[i]));
    if (a && !b)
      tppc_attr_copy(f->cx, f->schedule, a);
  }
  const TppcAttr *pack = tppc_attr(schedule, "pack");
  for (int i = 0; pack && i < pack->n; i++)
    *tppc_list_add(f->cx, tppc_set_list(f->cx, f->schedule, "pack")) = pack->list[i];
  return true;
}

/* ---- the nest ---- */

static void start(Fuser *f) {
  TppcContext *cx = f->cx;
  const TppcOp *first = f->nests.data[0];
  f->out = tppc_op_new(cx, TPPC_OP_NEST, first->span);
  f->out->name = tppc_internf(cx->names, "%s.fused", first->name);
  f->schedule = tppc_op_new(cx, TPPC_OP_SCHEDULE, f->entry->span);
  const char *origin = tppc_attr_word(f->knobs, "origin");
  tppc_set_word(cx, f->schedule, "origin", origin ? origin : "program");
  TppcAttr *fuse = tppc_set_list(cx, f->schedule, "fuse");
  fuse->span = f->entry->span;
  for (int i = 0; i < f->entry->n; i++)
    *tppc_list_add(cx, fuse) = f->entry->list[i];
  tppc_op_append(&f->out->regions[0], f->schedule);
  for (int i = 0; i < f->nests.n; i++)
    for (int k = 0; k < f->nests.data[i]->n_dims; k++)
      f->used[f->nests.data[i]->dims[k].sym[0] - 'a'] = true;
  add_level(f, (char)(f->letter[0] - 'a' + 'A'), f->entry->list[f->entry->n - 1].span);
}

static bool fuse_nests(Fuser *f) {
  TppcContext *cx = f->cx;
  if (!collect(f))
    return false;
  if (f->nests.n < 2)
    return true;
  for (int i = 0; i < f->nests.n; i++) {
    const TppcOp *nest = f->nests.data[i];
    TppcSchedString str;
    TppcFacts to = tppc_facts_new(cx);
    if (!check_nest(f, nest, &str))
      return false;
    if (i == 0)
      start(f);
    if (!rename_letters(f, nest, &to))
      return false;
    add_levels(f, nest, &str, &to);
    add_sizes(f, nest, &to);
    if (!add_knobs(f, nest))
      return false;
    copy_statements(f, nest, &to);
  }
  tppc_set_string(cx, f->schedule, "string", tppc_strndup(cx->arena, f->text.data, f->text.n),
                  f->entry->span);
  tppc_op_insert_before(f->nests.data[f->nests.n - 1], f->out);
  for (int i = 0; i < f->nests.n; i++)
    tppc_op_unlink(f->nests.data[i]);
  return true;
}

static bool fuse_all(TppcContext *cx, TppcOp *kernel, const TppcOp *knobs) {
  const TppcAttr *fuse = tppc_attr(knobs, "fuse");
  bool ok = true;
  for (int i = 0; fuse && i < fuse->n; i++) {
    const TppcAttr *entry = &fuse->list[i];
    if (entry->kind != TPPC_A_LIST || entry->n < 3)
      continue;
    Fuser f = {.cx = cx, .kernel = kernel, .knobs = knobs, .entry = entry};
    f.letter = tppc_intern(cx->names, entry->list[entry->n - 1].s);
    f.values.arena = cx->arena;
    ok = fuse_nests(&f) && ok;
    tppc_buf_free(&f.text);
  }
  return ok;
}

bool tppc_pass_fuse_nests(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  bool ok = true;
  for (TppcOp *kernel = m->body.first; kernel; kernel = kernel->next) {
    if (kernel->kind != TPPC_OP_KERNEL)
      continue;
    for (TppcOp *op = kernel->regions[0].first, *next; op; op = next) {
      next = op->next;
      if (op->kind != TPPC_OP_SCHEDULE)
        continue;
      ok = fuse_all(m->cx, kernel, op) && ok;
      tppc_op_unlink(op);
    }
    tppc_number_values(m->cx, kernel);
  }
  return ok;
}
