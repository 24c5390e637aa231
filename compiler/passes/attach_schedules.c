/* attach-schedules: schedules of calls and of whole kernels go to the nests that they mean.
 *
 *   tpp.nest @out.nest0 [m: M, n: N, k: K] { ... }
 *   tpp.schedule target="out" string="Mnk" sizes=[[m, 32]] origin=program
 *   -->  tpp.nest @out.nest0 [m: M, n: N, k: K] { tpp.schedule string="Mnk" ... }
 *
 * A tpp.schedule that stands in the kernel means the nests that its target was called as: a call's
 * label before inlining, now the prefix of the names of its nests. With a string it belongs to the
 * one nest that has these letters. Without, its knobs go to all nests of the target, where they
 * fill in what the nest's own schedule does not say. What is left in the kernel is for fuse-nests.
 *
 * Then `when` is decided where sizes are known: what cannot hold goes, and so does what stands
 * behind a schedule that always holds.
 */
#include "passes/pass.h"
#include "passes/rename_letters.h"
#include "passes/rewrite.h"

#include <string.h>

static bool in_target(const TppcOp *nest, const char *target) {
  size_t n = target ? strlen(target) : 0;
  return n == 0 || (nest->name && strncmp(nest->name, target, n) == 0 &&
                    (nest->name[n] == '.' || !nest->name[n]));
}

static TppcOp *first_schedule(const TppcOp *nest) {
  TppcOp *op = nest->regions[0].first;
  return op && op->kind == TPPC_OP_SCHEDULE ? op : NULL;
}

/* Its letters are those of the string. */
static bool has_letters(const TppcOp *nest, const char *text) {
  for (int i = 0; i < nest->n_dims; i++) {
    char c = tppc_program_letter(nest, i)[0];
    if (!strchr(text, c) && !strchr(text, c - 'a' + 'A'))
      return false;
  }
  for (; *text && *text != '@'; text++) {
    bool found = !((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'));
    for (int i = 0; i < nest->n_dims; i++)
      found = found || tppc_program_letter(nest, i)[0] == (*text | 0x20);
    if (*text == '{')
      text = strchr(text, '}') ? strchr(text, '}') : text;
    else if (!found)
      return false;
  }
  return true;
}

/* It only stores constants, as the nests do that make unwritten outputs zero. */
static bool only_fills(TppcOp *nest) {
  const TppcRegion *r = &nest->regions[0];
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    if (op->kind == TPPC_OP_LOAD || op->kind == TPPC_OP_CONTRACT)
      return false;
  return true;
}

typedef TppcVec(TppcOp *) Nests;

static void collect(TppcContext *cx, TppcOp *kernel, const char *target, Nests *nests) {
  TppcRegion *r = &kernel->regions[0];
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    if (op->kind == TPPC_OP_NEST && in_target(op, target))
      TPPC_PUSH(cx->arena, nests, op);
}

/* The nest that a string is for, NULL when there is not one. */
static TppcOp *nest_for(const Nests *nests, const char *text) {
  TppcOp *exact = NULL, *other = NULL;
  int n_exact = 0, n_other = 0;
  for (int i = 0; i < nests->n; i++) {
    TppcOp *nest = nests->data[i];
    if (has_letters(nest, text)) {
      exact = nest;
      n_exact++;
    }
    if (!only_fills(nest)) {
      other = nest;
      n_other++;
    }
  }
  return n_exact == 1 ? exact : n_other == 1 ? other : NULL;
}

static bool attach_string(TppcContext *cx, TppcOp *op, const Nests *nests, TppcOp **before) {
  tppc_op_unlink(op);
  const TppcAttr *text = tppc_attr(op, "string"), *target = tppc_attr(op, "target");
  TppcOp *nest = nest_for(nests, text->s);
  if (!nest) {
    if (nests->n)
      tppc_diag(cx->diags, TPPC_D_schedule_call, target->span, target->s, nests->n);
    return !nests->n;
  }
  tppc_attr_remove(op, "target");
  TppcLetterMap letters = tppc_letters_of(nest);
  tppc_rename_schedule(cx, op, &letters);
  *before = *before ? *before : nest->regions[0].first;
  tppc_op_insert_before(*before, op);
  return true;
}

/* ---- knobs for many nests ---- */

static const TppcAttr *list_for(const TppcOp *schedule, const char *sym) {
  const TppcAttr *sizes = tppc_attr(schedule, "sizes");
  for (int i = 0; sizes && i < sizes->n; i++)
    if (sizes->list[i].n && sizes->list[i].list[0].s && strcmp(sizes->list[i].list[0].s, sym) == 0)
      return &sizes->list[i];
  return NULL;
}

static bool has_loop(const TppcOp *nest, const char *sym) {
  for (int i = 0; i < nest->n_dims; i++)
    if (strcmp(tppc_program_letter(nest, i), sym) == 0)
      return true;
  return false;
}

/* Sizes are those of a string of the compiler's own; a string of the program has its own. */
static void fill_sizes(TppcContext *cx, TppcOp *nest, TppcOp *schedule, const TppcAttr *sizes) {
  for (int i = 0; i < sizes->n; i++) {
    const TppcAttr *list = &sizes->list[i];
    const char *sym = list->n && list->list[0].s ? list->list[0].s : "";
    bool has = false;
    for (int k = 0; k < nest->n_dims; k++)
      has = has || strcmp(nest->dims[k].sym, sym) == 0;
    if (has && !list_for(schedule, sym) && !tppc_attr(schedule, "string"))
      *tppc_list_add(cx, tppc_set_list(cx, schedule, "sizes")) = *list;
  }
}

static void fill_in(TppcContext *cx, TppcOp *nest, TppcOp *schedule, const TppcOp *wide) {
  static const char *const own[] = {"target", "origin", "when", "fuse", "sizes"};
  for (int i = 0; i < wide->n_attrs; i++) {
    const TppcAttr *a = &wide->attrs[i];
    bool skip = tppc_attr(schedule, a->key) != NULL;
    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
      skip = skip || strcmp(a->key, own[k]) == 0;
    if (!skip)
      tppc_attr_copy(cx, schedule, a);
  }
  if (tppc_attr(wide, "sizes"))
    fill_sizes(cx, nest, schedule, tppc_attr(wide, "sizes"));
}

/* Where the sizes of the call decide about the knobs, a version with them stands before the one
 * without. */
static void fill_version(TppcContext *cx, TppcOp *nest, TppcOp *schedule, const TppcOp *wide) {
  const TppcExpr *when = tppc_attr_expr(wide, "when"), *own = tppc_attr_expr(schedule, "when");
  const TppcExpr *both = when && own ? tppc_e_tidy(cx, tppc_e_and(cx, own, when))
                         : when      ? when
                                     : own;
  if (both && tppc_e_is(both, 0))
    return;
  if (both != own) {
    TppcOp *copy = tppc_op_clone(cx, schedule, NULL, NULL);
    tppc_op_insert_before(schedule, copy);
    tppc_set_expr(cx, copy, "when", both);
    schedule = copy;
  }
  fill_in(cx, nest, schedule, wide);
}

static void fill_nest(TppcContext *cx, TppcOp *nest, const TppcOp *knobs) {
  TppcOp *op = first_schedule(nest), *wide = tppc_op_clone(cx, knobs, NULL, NULL);
  TppcLetterMap letters = tppc_letters_of(nest);
  tppc_rename_schedule(cx, wide, &letters);
  for (TppcOp *next = op; op && op->kind == TPPC_OP_SCHEDULE; op = next) {
    next = op->next;
    fill_version(cx, nest, op, wide);
  }
  if (first_schedule(nest))
    return;
  op = tppc_op_new(cx, TPPC_OP_SCHEDULE, wide->span);
  const char *origin = tppc_attr_word(wide, "origin");
  if (origin)
    tppc_set_word(cx, op, "origin", origin);
  if (tppc_attr_expr(wide, "when"))
    tppc_set_expr(cx, op, "when", tppc_attr_expr(wide, "when"));
  if (nest->regions[0].first)
    tppc_op_insert_before(nest->regions[0].first, op);
  else
    tppc_op_append(&nest->regions[0], op);
  fill_in(cx, nest, op, wide);
}

/* Letters that no nest has. */
static bool check_letters(TppcContext *cx, const TppcOp *kernel, const TppcOp *wide,
                          const Nests *nests) {
  const TppcAttr *sizes = tppc_attr(wide, "sizes");
  bool ok = true;
  for (int i = 0; sizes && i < sizes->n; i++) {
    const char *sym = sizes->list[i].n ? sizes->list[i].list[0].s : NULL;
    bool found = false;
    for (int k = 0; sym && k < nests->n; k++)
      found = found || has_loop(nests->data[k], sym);
    if (sym && !found)
      tppc_diag(cx->diags, TPPC_D_schedule_unknown_letter, sizes->list[i].list[0].span, sym,
                kernel->name);
    ok = ok && found;
  }
  return ok;
}

static bool has_knobs(const TppcOp *wide) {
  static const char *const own[] = {"target", "origin", "when", "fuse"};
  for (int i = 0; i < wide->n_attrs; i++) {
    bool skip = false;
    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
      skip = skip || strcmp(wide->attrs[i].key, own[k]) == 0;
    if (!skip)
      return true;
  }
  return false;
}

/* ---- when ---- */

static void settle(TppcOp *nest) {
  bool decided = false;
  for (TppcOp *op = first_schedule(nest), *next; op && op->kind == TPPC_OP_SCHEDULE; op = next) {
    next = op->next;
    const TppcExpr *when = tppc_attr_expr(op, "when");
    int64_t v = 1;
    bool known = !when || tppc_e_const(when, &v);
    if (decided || (known && !v)) {
      tppc_op_unlink(op);
      continue;
    }
    if (known && when)
      tppc_attr_remove(op, "when");
    decided = known;
  }
}

static bool attach(TppcContext *cx, TppcOp *kernel, TppcOp *op) {
  Nests nests = {0};
  collect(cx, kernel, tppc_attr_word(op, "target"), &nests);
  if (!has_knobs(op))
    return true;
  bool ok = check_letters(cx, kernel, op, &nests);
  for (int i = 0; i < nests.n; i++)
    fill_nest(cx, nests.data[i], op);
  return ok;
}

/* Schedules of one call stand in the order of their strength, which they keep before those that
 * the nest brought along. */
static bool attach_strings(TppcContext *cx, TppcOp *kernel) {
  bool ok = true;
  TppcMap before = {.arena = cx->arena}; /* target -> the schedule or statement to stand before */
  for (TppcOp *op = kernel->regions[0].first, *next; op; op = next) {
    next = op->next;
    if (op->kind != TPPC_OP_SCHEDULE || !tppc_attr(op, "string"))
      continue;
    const char *target = tppc_intern(cx->names, tppc_attr_word(op, "target"));
    Nests nests = {0};
    TppcOp *at = tppc_map_get(&before, target);
    collect(cx, kernel, target, &nests);
    ok = attach_string(cx, op, &nests, &at) && ok;
    tppc_map_set(&before, target, at);
  }
  return ok;
}

bool tppc_pass_attach_schedules(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  bool ok = true;
  for (TppcOp *kernel = m->body.first; kernel; kernel = kernel->next) {
    if (kernel->kind != TPPC_OP_KERNEL)
      continue;
    TppcRegion *r = &kernel->regions[0];
    ok = attach_strings(m->cx, kernel) && ok;
    for (TppcOp *op = r->first, *next; op; op = next) {
      next = op->next;
      if (op->kind != TPPC_OP_SCHEDULE)
        continue;
      ok = attach(m->cx, kernel, op) && ok;
      if (!tppc_attr(op, "fuse"))
        tppc_op_unlink(op);
    }
    for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
      if (op->kind == TPPC_OP_NEST)
        settle(op);
  }
  return ok;
}
