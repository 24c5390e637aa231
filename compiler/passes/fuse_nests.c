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
 *
 * Where sizes of the call choose the schedule of a nest, each choice of one schedule a nest is a
 * schedule of the fused one. Where they choose whether to fuse (`when` of the kernel's schedule),
 * the nests stay beside the fused one, which has locals of its own, under the opposite condition.
 */
#include "passes/pass.h"
#include "passes/rename_letters.h"
#include "passes/rewrite.h"
#include "schedule/schedule.h"

#include <string.h>

typedef TppcVec(TppcOp *) Nests;

typedef struct Fuser {
  TppcContext *cx;
  TppcOp *kernel;
  const TppcOp *knobs;   /* the schedule of the kernel */
  const TppcAttr *entry; /* [up, down, m] */
  const TppcExpr *when;  /* the nests are fused where it holds, NULL: always */
  const char *letter;
  Nests *beside;          /* fused nests whose parts are still there, for other sizes */
  Nests nests, picks;     /* picks: the schedule of each nest in the choice at hand */
  TppcFacts *to;          /* of each nest: letters of the fused one */
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

static bool is_beside(const Fuser *f, const TppcOp *op) {
  for (int i = 0; i < f->beside->n; i++)
    if (f->beside->data[i] == op)
      return true;
  return false;
}

static bool takes_part(const Fuser *f, const TppcOp *op) {
  if (is_beside(f, op))
    return false;
  for (int i = 0; op->kind == TPPC_OP_NEST && i + 1 < f->entry->n; i++)
    if (named(op, f->entry->list[i].s))
      return true;
  return false;
}

/* The nests in their order; nothing that computes for the same sizes may stand between. */
static bool collect(Fuser *f) {
  TppcRegion *r = &f->kernel->regions[0];
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    if (takes_part(f, op))
      TPPC_PUSH(f->cx->arena, &f->nests, op);
  for (int i = 0; i + 1 < f->nests.n; i++) {
    const TppcOp *op = f->nests.data[i]->next;
    while (op && (op->kind == TPPC_OP_LOCAL || op->kind == TPPC_OP_SCHEDULE || is_beside(f, op)))
      op = op->next;
    if (op != f->nests.data[i + 1])
      return refuse(f, f->entry->span, "they are not neighbours: something else runs in between");
  }
  return true;
}

static bool is_schedule(const TppcOp *op) {
  return op && op->kind == TPPC_OP_SCHEDULE;
}

/* The loop that the program calls like the shared one. */
static const char *own_letter(const Fuser *f, const TppcOp *nest) {
  TppcLetterMap letters = tppc_letters_of(nest);
  return tppc_renamed_letter(f->cx, &letters,
                             tppc_intern(f->cx->names, f->entry->list[f->entry->n - 1].s));
}

static bool check_nest(Fuser *f, const TppcOp *nest) {
  TppcContext *cx = f->cx;
  const TppcDim *own = tppc_op_dim(nest, own_letter(f, nest));
  const TppcDim *first = tppc_op_dim(f->nests.data[0], f->letter);
  if (!own)
    return refuse(f, f->entry->span,
                  tppc_sprintf(cx->arena, "'%s' has no such loop", tppc_schedule_nest_name(nest)));
  if (own->hi == first->hi)
    return true;
  refuse(f, f->entry->span, "its extents are not known to be equal");
  tppc_diag_note(cx->diags, first->span, "here");
  tppc_diag_note(cx->diags, own->span, "and here");
  return false;
}

static const char *renamed(const TppcFacts *to, const char *sym) {
  for (int i = 0; i < to->v.n; i++)
    if (to->v.data[i].sym == sym && to->v.data[i].with)
      return to->v.data[i].with->sym;
  return sym;
}

/* What a schedule of one nest may say of a nest that is fused. A barrier behind the shared loop
 * stands there in the fused nest too. */
static bool check_schedule(Fuser *f, const TppcOp *schedule, const TppcFacts *to,
                           TppcSchedString *str, bool *waits) {
  const TppcAttr *text = tppc_attr(schedule, "string");
  TppcSchedError error;
  if (tppc_attr(schedule, "curve"))
    return refuse(f, schedule->span, "'curve' walks two parallel loops, and fused nests have one");
  if (!tppc_schedule_parse(f->cx->arena, text->s, strlen(text->s), str, &error))
    return refuse(f, schedule->span, "its schedule string is not right");
  for (int i = 0; i < str->levels.n; i++) {
    const TppcSchedLevel *l = &str->levels.data[i];
    if (!l->barrier)
      continue;
    if (renamed(to, tppc_internf(f->cx->names, "%c", l->letter)) != f->letter)
      return refuse(f, text->span,
                    "a barrier would stand in the loop that they share, where each thread runs "
                    "iterations of its own");
    *waits = true;
  }
  return true;
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
    const char *sym = d->sym == own_letter(f, nest) ? f->letter : d->sym;
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
  if (order && order->n)
    return at < (uint32_t)order->n ? order->list[at].span : schedule->span;
  if (!text->span.source || tppc_attr_word(schedule, "origin") == NULL ||
      strcmp(tppc_attr_word(schedule, "origin"), "heuristic") == 0 ||
      text->span.end - text->span.begin != strlen(text->s))
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

static void add_levels(Fuser *f, const TppcOp *schedule, const TppcSchedString *str,
                       const TppcFacts *to) {
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

static void add_sizes(Fuser *f, const TppcOp *schedule, const TppcFacts *to) {
  const TppcAttr *sizes = tppc_attr(schedule, "sizes");
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

/* `reduce` of the shared letter, the only one that is parallel. */
static bool add_reduce(Fuser *f, const TppcOp *schedule, const TppcFacts *to) {
  const TppcAttr *reduce = tppc_attr(schedule, "reduce");
  for (int i = 0; reduce && i < reduce->n; i++) {
    const TppcAttr *e = &reduce->list[i];
    if (e->n < 2 || !e->list[0].s || !e->list[1].s ||
        renamed(to, tppc_intern(f->cx->names, e->list[0].s)) != f->letter)
      continue;
    TppcAttr *all = tppc_set_list(f->cx, f->schedule, "reduce");
    if (all->n && strcmp(all->list[0].list[1].s, e->list[1].s) != 0)
      return refuse(f, schedule->span, "the nests differ in the knob 'reduce'");
    if (all->n)
      continue;
    TppcAttr *copy = tppc_list_add(f->cx, all);
    copy->kind = TPPC_A_LIST;
    copy->span = e->span;
    for (int k = 0; k < 2; k++)
      *tppc_list_add(f->cx, copy) = e->list[k];
    copy->list[0].s = f->letter;
  }
  return true;
}

static bool add_knobs(Fuser *f, const TppcOp *schedule) {
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

/* How the shared loop is dealt out, by all nests that say so: along an axis of threads, or on
 * demand. */
static bool add_sharing(Fuser *f, const TppcOp *schedule, const TppcSchedString *str,
                        const TppcFacts *to, TppcSchedLevel *grid, TppcSchedString *policy) {
  for (int i = 0; i < str->levels.n; i++) {
    const TppcSchedLevel *l = &str->levels.data[i];
    if (!l->grid || renamed(to, tppc_internf(f->cx->names, "%c", l->letter)) != f->letter)
      continue;
    if (grid->grid && (grid->grid != l->grid || grid->grid_threads != l->grid_threads))
      return refuse(f, schedule->span, "the nests differ in the threads of the shared loop");
    *grid = *l;
  }
  if (str->dynamic && policy->dynamic && str->chunk != policy->chunk)
    return refuse(f, schedule->span, "the nests differ in the policy of the shared loop");
  if (str->dynamic)
    *policy = *str;
  if (policy->dynamic && grid->grid)
    return refuse(f, schedule->span, "one nest has a grid, another shares out on demand");
  return true;
}

/* ---- the nest ---- */

static TppcOp *new_schedule(Fuser *f) {
  TppcContext *cx = f->cx;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_SCHEDULE, f->entry->span);
  const char *origin = tppc_attr_word(f->knobs, "origin");
  tppc_set_word(cx, op, "origin", origin ? origin : "program");
  TppcAttr *fuse = tppc_set_list(cx, op, "fuse");
  fuse->span = f->entry->span;
  for (int i = 0; i < f->entry->n; i++)
    *tppc_list_add(cx, fuse) = f->entry->list[i];
  fuse->list[fuse->n - 1].s = f->letter;
  return op;
}

static void start(Fuser *f) {
  TppcContext *cx = f->cx;
  const TppcOp *first = f->nests.data[0];
  f->out = tppc_op_new(cx, TPPC_OP_NEST, first->span);
  f->out->name = tppc_fresh_name(cx, f->kernel, tppc_sprintf(cx->arena, "%s.fused", first->name));
  for (int i = 0; i < f->nests.n; i++)
    for (int k = 0; k < f->nests.data[i]->n_dims; k++)
      f->used[f->nests.data[i]->dims[k].sym[0] - 'a'] = true;
}

/* The schedule for the picks, before those that were made already. */
static bool add_schedule(Fuser *f, const TppcExpr *when) {
  TppcContext *cx = f->cx;
  TppcSchedLevel grid = {0};
  TppcSchedString policy = {.dynamic = false};
  bool waits = false;
  TppcOp *at = f->out->regions[0].first;
  TppcSpan letter = f->entry->list[f->entry->n - 1].span;
  f->schedule = new_schedule(f);
  f->text.n = 0;
  while (is_schedule(at))
    at = at->next;
  tppc_op_insert_before(at, f->schedule);
  if (!tppc_e_is(when, 1))
    tppc_set_expr(cx, f->schedule, "when", when);
  add_level(f, (char)(f->letter[0] - 'a' + 'A'), letter);
  TppcSchedString *strings = TPPC_NEW_N(cx->arena, TppcSchedString, f->nests.n);
  for (int i = 0; i < f->nests.n; i++)
    if (!check_schedule(f, f->picks.data[i], &f->to[i], &strings[i], &waits) ||
        !add_sharing(f, f->picks.data[i], &strings[i], &f->to[i], &grid, &policy))
      return false;
  if (grid.grid)
    tppc_buf_printf(&f->text, "{%c:%lld}", grid.grid, (long long)grid.grid_threads);
  if (waits)
    tppc_buf_putc(&f->text, '|');
  for (size_t n = 1; n < f->text.n; n++) { /* one word for each byte */
    TppcAttr *word = tppc_list_add(cx, tppc_set_list(cx, f->schedule, "order"));
    *word = tppc_attr(f->schedule, "order")->list[0];
  }
  for (int i = 0; i < f->nests.n; i++) {
    const TppcOp *schedule = f->picks.data[i];
    add_levels(f, schedule, &strings[i], &f->to[i]);
    add_sizes(f, schedule, &f->to[i]);
    if (!add_knobs(f, schedule) || !add_reduce(f, schedule, &f->to[i]))
      return false;
  }
  if (policy.dynamic)
    tppc_buf_printf(&f->text, "@schedule(dynamic,%lld)", (long long)policy.chunk);
  tppc_set_string(cx, f->schedule, "string", tppc_strndup(cx->arena, f->text.data, f->text.n),
                  f->entry->span);
  return true;
}

/* All choices of one schedule a nest, in the order in which they are to be taken: those that differ
 * in a later nest follow each other. */
static bool add_schedules(Fuser *f, int nest, const TppcExpr *when, int *n) {
  enum { MOST = 32 };
  if (nest == f->nests.n) {
    if (++*n > MOST)
      return refuse(f, f->entry->span, "the sizes of the call choose among more than 32 schedules");
    return add_schedule(f, when);
  }
  const TppcExpr *left = tppc_e_int(f->cx, 1); /* the others were not taken */
  for (TppcOp *op = f->nests.data[nest]->regions[0].first; is_schedule(op); op = op->next) {
    const TppcExpr *own = tppc_attr_expr(op, "when");
    const TppcExpr *taken = own ? tppc_e_and(f->cx, left, own) : left;
    if (own)
      left = tppc_e_and(f->cx, left, tppc_e_not(f->cx, own));
    taken = tppc_e_tidy(f->cx, tppc_e_and(f->cx, when, taken));
    if (tppc_e_is(taken, 0))
      continue;
    TPPC_PUSH(f->cx->arena, &f->picks, op);
    if (!add_schedules(f, nest + 1, taken, n))
      return false;
    f->picks.n--;
  }
  return true;
}

/* The nests run where they are not fused. */
static void keep_nests(Fuser *f) {
  const TppcExpr *no = tppc_e_not(f->cx, f->when);
  tppc_set_int(f->cx, f->out, "alternative", 1);
  for (int i = 0; i < f->nests.n; i++) {
    tppc_set_int(f->cx, f->nests.data[i], "alternative", 1);
    for (TppcOp *op = f->nests.data[i]->regions[0].first, *next; is_schedule(op); op = next) {
      const TppcExpr *own = tppc_attr_expr(op, "when");
      next = op->next;
      tppc_set_expr(f->cx, op, "when", tppc_e_tidy(f->cx, own ? tppc_e_and(f->cx, own, no) : no));
      if (tppc_e_is(tppc_attr_expr(op, "when"), 0) && is_schedule(next))
        tppc_op_unlink(op);
    }
  }
}

/* A local that nothing else uses is another one in the fused nest, so that it shrinks there. */
static void copy_locals(Fuser *f) {
  for (TppcOp *op = f->kernel->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_LOCAL)
      continue;
    TppcTouches all = tppc_touches(f->cx, &f->kernel->regions[0], op->results[0]);
    bool own = all.v.n > 0;
    for (int i = 0; i < all.v.n && own; i++) {
      const TppcOp *nest = tppc_op_ancestor(all.v.data[i].op, TPPC_OP_NEST);
      bool here = false;
      for (int k = 0; k < f->nests.n; k++)
        here = here || f->nests.data[k] == nest;
      own = here;
    }
    if (!own)
      continue;
    TppcOp *copy = tppc_op_new(f->cx, TPPC_OP_LOCAL, op->span);
    copy->name = tppc_fresh_name(f->cx, f->kernel, op->results[0]->name);
    TppcValue *v = tppc_op_add_result(f->cx, copy, op->results[0]->type, copy->name);
    tppc_op_insert_before(op, copy);
    tppc_map_set(&f->values, op->results[0], v);
  }
}

static bool fuse_nests(Fuser *f) {
  TppcContext *cx = f->cx;
  if (!collect(f))
    return false;
  if (f->nests.n < 2)
    return true;
  f->letter = own_letter(f, f->nests.data[0]);
  f->to = TPPC_NEW_N(cx->arena, TppcFacts, f->nests.n);
  start(f);
  if (f->when)
    copy_locals(f);
  for (int i = 0; i < f->nests.n; i++) {
    f->to[i] = tppc_facts_new(cx);
    if (!check_nest(f, f->nests.data[i]) || !rename_letters(f, f->nests.data[i], &f->to[i]))
      return false;
    copy_statements(f, f->nests.data[i], &f->to[i]);
  }
  int n = 0;
  const TppcExpr *yes = tppc_e_int(cx, 1);
  if (!add_schedules(f, 0, f->when ? f->when : yes, &n))
    return false;
  tppc_op_insert_after(f->nests.data[f->nests.n - 1], f->out);
  if (f->when) {
    keep_nests(f);
    TPPC_PUSH(cx->arena, f->beside, f->out);
  }
  for (int i = 0; i < f->nests.n && !f->when; i++)
    tppc_op_unlink(f->nests.data[i]);
  return true;
}

static bool fuse_all(TppcContext *cx, TppcOp *kernel, TppcOp *knobs, Nests *beside) {
  const TppcAttr *fuse = tppc_attr(knobs, "fuse");
  bool ok = true;
  int64_t holds;
  if (tppc_attr_expr(knobs, "when") && tppc_e_const(tppc_attr_expr(knobs, "when"), &holds)) {
    tppc_attr_remove(knobs, "when");
    if (!holds)
      return true;
  }
  for (int i = 0; fuse && i < fuse->n; i++) {
    const TppcAttr *entry = &fuse->list[i];
    if (entry->kind != TPPC_A_LIST || entry->n < 3)
      continue;
    Fuser f = {.cx = cx, .kernel = kernel, .knobs = knobs, .entry = entry, .beside = beside};
    f.letter = tppc_intern(cx->names, entry->list[entry->n - 1].s);
    f.when = tppc_attr_expr(knobs, "when");
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
    Nests beside = {0};
    for (TppcOp *op = kernel->regions[0].first, *next; op; op = next) {
      next = op->next;
      if (op->kind != TPPC_OP_SCHEDULE)
        continue;
      ok = fuse_all(m->cx, kernel, op, &beside) && ok;
      tppc_op_unlink(op);
    }
    tppc_number_values(m->cx, kernel);
  }
  return ok;
}
