/* A schedule joined with its nest: each letter gets its loop, each level its step.
 *
 * Errors are reported in the order in which a reader would fix them: the string itself, letters,
 * lists of sizes, then what this version does not run. Only the first kind that is found is
 * reported, because later ones would follow from it.
 */
#include "schedule/schedule.h"

#include <string.h>

TppcSpan tppc_schedule_span(const TppcSched *s, uint32_t begin, uint32_t end) {
  if (s->order) {
    const TppcAttr *words = s->order;
    if (begin >= (uint32_t)words->n)
      return s->span;
    TppcSpan first = words->list[begin].span;
    uint32_t last = end > begin && end <= (uint32_t)words->n ? end - 1 : begin;
    if (words->list[last].span.source == first.source && words->list[last].span.end > first.end)
      first.end = words->list[last].span.end;
    return first;
  }
  if (!s->span.source)
    return TPPC_NO_SPAN;
  return (TppcSpan){s->span.source, s->span.begin + begin, s->span.begin + end};
}

int tppc_schedule_loop(const TppcSched *s, const char *sym) {
  for (int i = 0; i < s->loops.n; i++)
    if (s->loops.data[i].sym == sym)
      return i;
  return -1;
}

static int loop_of_letter(const TppcSched *s, char letter) {
  for (int i = 0; i < s->loops.n; i++)
    if (s->loops.data[i].sym[0] == letter && s->loops.data[i].sym[1] == '\0')
      return i;
  return -1;
}

const char *tppc_schedule_nest_name(const TppcOp *nest) {
  const TppcOp *kernel = tppc_op_ancestor(nest, TPPC_OP_KERNEL);
  bool numbered = !nest->name || (strncmp(nest->name, "nest", 4) == 0 && nest->name[4] >= '0' &&
                                  nest->name[4] <= '9');
  if (numbered && kernel && kernel->name)
    return kernel->name;
  return nest->name ? nest->name : "this nest";
}

static void note_loops(const TppcSched *s) {
  TppcBuf b = {0};
  for (int i = 0; i < s->loops.n; i++)
    tppc_buf_printf(&b, "%s'%s'", i ? ", " : "", s->loops.data[i].sym);
  tppc_diag_note(s->cx->diags, s->nest->span, "its loops are %s", b.n ? b.data : "none");
  tppc_buf_free(&b);
}

/* A loop that the reader may have meant: one that the string, or the lists of sizes, lack. NULL if
 * there is none. */
static const char *nearest_loop(const TppcSched *s, bool in_list) {
  for (int i = 0; i < s->loops.n; i++) {
    const TppcSchedLoop *loop = &s->loops.data[i];
    if (in_list ? !loop->sizes : loop->n_levels == 0)
      return loop->sym;
  }
  return NULL;
}

static void unknown_letter(const TppcSched *s, const char *letter, TppcSpan span, bool in_list) {
  TppcDiags *dx = s->cx->diags;
  tppc_diag(dx, TPPC_D_schedule_unknown_letter, span, letter, tppc_schedule_nest_name(s->nest));
  const char *meant = nearest_loop(s, in_list);
  bool capital = letter[0] >= 'A' && letter[0] <= 'Z';
  if (meant)
    tppc_diag_label(dx, "did you mean '%c'?", capital ? meant[0] - 'a' + 'A' : meant[0]);
  note_loops(s);
}

static void collect_loops(TppcSched *s) {
  TppcContext *cx = s->cx;
  s->facts = tppc_facts_at(cx, s->nest);
  for (int i = 0; i < s->nest->n_dims; i++) {
    const TppcDim *d = &s->nest->dims[i];
    TppcSchedLoop loop = {
        .sym = d->sym, .extent = d->hi, .span = d->span.source ? d->span : s->nest->span};
    TPPC_PUSH(cx->arena, &s->loops, loop);
    TppcSymFact *f = tppc_facts_add(&s->facts, d->sym);
    f->has_lo = true;
    f->lo = 0;
    f->has_hi = tppc_e_const(d->hi, &f->hi) && f->hi > 0;
    f->hi -= 1;
  }
}

static bool read_string(TppcSched *s) {
  TppcSchedString str;
  TppcSchedError err;
  TppcDiags *dx = s->cx->diags;
  if (!tppc_schedule_parse(s->cx->arena, s->text, strlen(s->text), &str, &err)) {
    tppc_diag(dx, TPPC_D_schedule_malformed, tppc_schedule_span(s, err.begin, err.end), err.what);
    return false;
  }
  s->levels = str.levels;
  const char *policy = tppc_attr_word(s->op, "policy");
  s->dynamic = str.dynamic || (policy && strcmp(policy, "dynamic") == 0);
  s->chunk = str.dynamic ? str.chunk : tppc_attr_int(s->op, "chunk", 1);
  return true;
}

static bool join_letters(TppcSched *s) {
  bool ok = true;
  for (int i = 0; i < s->levels.n; i++) {
    s->levels.data[i].loop = loop_of_letter(s, s->levels.data[i].letter);
    if (s->levels.data[i].loop >= 0)
      s->loops.data[s->levels.data[i].loop].n_levels++;
  }
  for (int i = 0; i < s->levels.n; i++) {
    const TppcSchedLevel *l = &s->levels.data[i];
    if (l->loop >= 0)
      continue;
    char name[2] = {s->text[l->at], '\0'};
    unknown_letter(s, name, tppc_schedule_span(s, l->at, l->at + 1), false);
    ok = false;
  }
  if (!ok)
    return false;
  for (int i = 0; i < s->loops.n; i++) {
    const TppcSchedLoop *loop = &s->loops.data[i];
    if (loop->n_levels)
      continue;
    tppc_diag(s->cx->diags, TPPC_D_schedule_missing_letter,
              tppc_schedule_span(s, 0, (uint32_t)strlen(s->text)), loop->sym, s->text);
    tppc_diag_note(s->cx->diags, loop->span, "loop '%s' is declared here", loop->sym);
    ok = false;
  }
  return ok;
}

/* The steps of one list, [m, 32, 8]. */
static bool take_list(TppcSched *s, const TppcAttr *list) {
  TppcDiags *dx = s->cx->diags;
  const char *sym = tppc_intern(s->cx->names, list->n && list->list[0].s ? list->list[0].s : "");
  TppcSpan span = list->span.source ? list->span : s->span;
  TppcSpan name_span = list->n && list->list[0].span.source ? list->list[0].span : span;
  int i = tppc_schedule_loop(s, sym);
  if (i < 0) {
    unknown_letter(s, sym, name_span, true);
    return false;
  }
  TppcSchedLoop *loop = &s->loops.data[i];
  if (loop->sizes) {
    tppc_diag(dx, TPPC_D_schedule_size_twice, name_span, sym);
    tppc_diag_note(dx, loop->sizes->span, "first here");
    return false;
  }
  loop->sizes = list;
  int n = list->n - 1;
  if (n != loop->n_levels) {
    tppc_diag(dx, TPPC_D_schedule_size_count, span, sym, n, n == 1 ? "" : "s", loop->n_levels,
              loop->n_levels == 1 ? "" : "s", s->text);
    for (int k = 0; k < s->levels.n; k++)
      if (s->levels.data[k].loop == i && s->levels.data[k].nth == 0)
        tppc_diag_note(dx, tppc_schedule_span(s, s->levels.data[k].at, s->levels.data[k].at + 1),
                       "'%s' occurs first here", sym);
    return false;
  }
  for (int k = 0; k < s->levels.n; k++) {
    TppcSchedLevel *l = &s->levels.data[k];
    if (l->loop != i)
      continue;
    const TppcAttr *size = &list->list[l->nth + 1];
    if (size->kind != TPPC_A_INT || size->i < 1 || size->i > TPPC_SCHED_MAX_SIZE) {
      tppc_diag(dx, TPPC_D_schedule_bad_size, size->span.source ? size->span : span, sym,
                (long long)(size->kind == TPPC_A_INT ? size->i : 0));
      return false;
    }
    l->step = size->i;
  }
  return true;
}

static bool take_sizes(TppcSched *s) {
  const TppcAttr *sizes = tppc_attr(s->op, "sizes");
  bool ok = true;
  for (int i = 0; sizes && i < sizes->n; i++)
    ok = take_list(s, &sizes->list[i]) && ok;
  return ok;
}

/* One entry of reduce, [k, private]. */
static bool take_reduce(TppcSched *s, const TppcAttr *e, TppcSpan knob) {
  TppcDiags *dx = s->cx->diags;
  TppcSpan span = e->span.source ? e->span : knob;
  const char *sym = tppc_intern(s->cx->names, e->n > 0 && e->list[0].s ? e->list[0].s : "");
  const char *how = e->n > 1 && e->list[1].s ? e->list[1].s : "";
  TppcSpan at = e->n > 0 && e->list[0].span.source ? e->list[0].span : span;
  int i = tppc_schedule_loop(s, sym);
  if (i < 0) {
    unknown_letter(s, sym, at, true);
    return false;
  }
  TppcSchedLoop *loop = &s->loops.data[i];
  bool capital = false;
  for (int k = 0; k < s->levels.n; k++)
    capital = capital || (s->levels.data[k].loop == i && s->levels.data[k].capital);
  const char *why = NULL;
  TppcReduce strategy = strcmp(how, "private") == 0   ? TPPC_REDUCE_PRIVATE
                        : strcmp(how, "ordered") == 0 ? TPPC_REDUCE_ORDERED
                        : strcmp(how, "atomic") == 0  ? TPPC_REDUCE_ATOMIC
                                                      : TPPC_REDUCE_NONE;
  if (strcmp(how, "online") == 0) {
    tppc_diag(dx, TPPC_D_unsupported_reduce, span, sym, how);
    return false;
  }
  if (!strategy)
    why = "the strategy is private, ordered, or atomic";
  else if (loop->reduce)
    why = "its strategy is given twice";
  else if (!capital)
    why = "no occurrence of the letter is parallel";
  if (why) {
    tppc_diag(dx, TPPC_D_reduce_misplaced, at, sym, why);
    return false;
  }
  loop->reduce = strategy;
  loop->reduce_span = at;
  return true;
}

static bool check_reduce(TppcSched *s) {
  const TppcAttr *a = tppc_attr(s->op, "reduce");
  bool ok = true;
  for (int i = 0; a && i < a->n; i++)
    ok = take_reduce(s, &a->list[i], a->span.source ? a->span : s->op->span) && ok;
  return ok;
}

static bool refuse_grid(const TppcSched *s, const TppcSchedLevel *l, const char *why) {
  tppc_diag(s->cx->diags, TPPC_D_schedule_grid, tppc_schedule_span(s, l->grid_at, l->grid_end),
            why);
  return false;
}

static bool check_axes(TppcSched *s) {
  enum { MAX_THREADS = 65536 };
  int64_t threads = 1;
  s->grids = true;
  for (int i = 0; i < s->levels.n; i++) {
    const TppcSchedLevel *l = &s->levels.data[i];
    if (!l->grid)
      continue;
    threads = l->grid_threads > MAX_THREADS ? MAX_THREADS + 1 : threads * l->grid_threads;
    if (threads > MAX_THREADS)
      return refuse_grid(s, l, "the grid has more than 65536 threads");
    for (int k = 0; k < i; k++)
      if (s->levels.data[k].grid == l->grid)
        return refuse_grid(
            s, l, tppc_sprintf(s->cx->arena, "axis '%c' of the grid is used twice", l->grid));
    if (s->dynamic)
      return refuse_grid(s, l, "a grid has fixed shares, but the schedule is dynamic");
  }
  return true;
}

static bool check_grids(TppcSched *s) {
  TppcDiags *dx = s->cx->diags;
  const TppcSchedLevel *grid = NULL, *plain = NULL;
  for (int i = 0; i < s->levels.n; i++) {
    const TppcSchedLevel *l = &s->levels.data[i];
    if (l->grid && !grid)
      grid = l;
    if (l->capital && !l->grid && !plain)
      plain = l;
  }
  if (!grid)
    return true;
  if (plain) {
    tppc_diag(dx, TPPC_D_schedule_grid_and_group, tppc_schedule_span(s, plain->at, plain->at + 1),
              s->text[plain->at]);
    tppc_diag_note(dx, tppc_schedule_span(s, grid->grid_at, grid->grid_end), "the grid is here");
    return false;
  }
  return check_axes(s);
}

static bool find_group(TppcSched *s) {
  int first = -1, last = -1;
  for (int i = 0; i < s->levels.n; i++) {
    const TppcSchedLevel *l = &s->levels.data[i];
    if (!l->capital)
      continue;
    if (first >= 0 && last != i - 1 && !s->grids) {
      tppc_diag(s->cx->diags, TPPC_D_schedule_split_capitals,
                tppc_schedule_span(s, l->at, l->at + 1), s->text[l->at]);
      const TppcSchedLevel *p = &s->levels.data[last];
      tppc_diag_note(s->cx->diags, tppc_schedule_span(s, p->at, p->at + 1), "'%c' is parallel here",
                     s->text[p->at]);
      return false;
    }
    first = first < 0 ? i : first;
    last = i;
  }
  s->group = first < 0 ? 0 : first;
  s->group_end = last + 1;
  return true;
}

/* All levels from the first capital to the last are capitals. */
static bool capitals_adjoin(const TppcSched *s) {
  for (int i = s->group; i < s->group_end; i++)
    if (!s->levels.data[i].capital)
      return false;
  return true;
}

/* Behind a capital '|' ends the group, also where it stands between two of its letters, as
 * PARLOOPER writes it. Inside the loops of a grid, of which threads run different numbers, it
 * cannot stand. */
static bool check_barriers(TppcSched *s) {
  if (s->group == s->group_end)
    return true;
  bool adjoin = capitals_adjoin(s), waits = false;
  for (int i = s->group; i < s->levels.n; i++) {
    const TppcSchedLevel *l = &s->levels.data[i];
    if (!l->barrier)
      continue;
    waits = true;
    if (i < s->group_end && adjoin)
      continue;
    tppc_diag(s->cx->diags, TPPC_D_schedule_barrier_place,
              tppc_schedule_span(s, l->barrier_at, l->barrier_at + 1));
    const TppcSchedLevel *g = &s->levels.data[s->group_end - 1];
    tppc_diag_note(s->cx->diags, tppc_schedule_span(s, g->at, g->at + 1),
                   "the parallel loops end here");
    return false;
  }
  for (int i = s->group; i < s->group_end; i++)
    s->levels.data[i].barrier |= waits && s->grids;
  return true;
}

/* curve m, n: two letters, each with one level in the group. */
static bool check_curve(TppcSched *s) {
  const TppcAttr *a = tppc_attr(s->op, "curve");
  s->curve[0] = s->curve[1] = -1;
  for (int i = 0; a && i < a->n; i++) {
    const TppcAttr *word = &a->list[i];
    TppcSpan span = word->span.source ? word->span : s->op->span;
    const char *sym = tppc_intern(s->cx->names, word->s ? word->s : ""), *why = NULL;
    int loop = tppc_schedule_loop(s, sym), level = -1, n = 0;
    if (loop < 0) {
      unknown_letter(s, sym, span, true);
      return false;
    }
    for (int k = s->group; k < s->group_end; k++)
      if (s->levels.data[k].loop == loop) {
        level = k;
        n++;
      }
    if (a->n != 2)
      why = "a curve walks two loops";
    else if (s->grids)
      why = "the loops of a grid are shared out one by one";
    else if (n != 1)
      why = "it walks loops that occur once in the parallel group";
    else if (i && s->curve[0] == level)
      why = "its loops are different ones";
    if (why) {
      tppc_diag(s->cx->diags, TPPC_D_curve_refused, span, sym, why);
      return false;
    }
    s->curve[i] = level;
  }
  return true;
}

static TppcSchedStmt *make_stmt(TppcSched *s, TppcOp *op) {
  TppcSchedStmt *stmt = TPPC_NEW(s->cx->arena, TppcSchedStmt);
  const char *by = tppc_attr_word(op, "by");
  stmt->op = op;
  stmt->by = !by                        ? TPPC_BY_ONE
             : strcmp(by, "each") == 0  ? TPPC_BY_EACH
             : strcmp(by, "order") == 0 ? TPPC_BY_ORDER
                                        : TPPC_BY_TEAM;
  stmt->copies = stmt->by == TPPC_BY_TEAM;
  for (int i = 0; i < op->n_dims; i++) {
    int loop = tppc_schedule_loop(s, op->dims[i].sym);
    if (loop >= 0)
      stmt->loops |= UINT32_C(1) << loop;
  }
  tppc_schedule_collect(s, stmt);
  return stmt;
}

static bool touches(const TppcSchedStmt *stmt, const TppcValue *tensor) {
  for (int i = 0; i < stmt->accesses.n; i++)
    if (stmt->accesses.data[i].tensor == tensor)
      return true;
  return false;
}

/* The start of a reduction reads nothing, so it may run before every statement that does not touch
 * its tensor. There it stands outside the loops of those statements instead of cutting them in two;
 * of several starts those with fewer loops come first, for the same reason. */
static void hoist_identity(TppcSched *s, TppcSchedStmt *stmt) {
  int at = s->stmts.n;
  TPPC_PUSH(s->cx->arena, &s->stmts, stmt);
  if (!stmt->identity)
    return;
  for (; at > 0; at--) {
    const TppcSchedStmt *before = s->stmts.data[at - 1];
    bool free = !before->identity || before->n_levels > stmt->n_levels;
    for (int i = 0; i < stmt->accesses.n; i++)
      free = free && !touches(before, stmt->accesses.data[i].tensor);
    if (!free)
      break;
    s->stmts.data[at] = s->stmts.data[at - 1];
    s->stmts.data[at - 1] = stmt;
  }
}

/* The product of dense rows with a sparse right operand has kernels that walk the stored entries
 * themselves, so the statement has no loop over the compressed letter. */
static bool walks_itself(const TppcSchedStmt *stmt) {
  if (stmt->op->kind != TPPC_OP_CONTRACT)
    return false;
  const TppcUse *c = &stmt->op->uses[0], *a = &stmt->op->uses[1];
  return stmt->op->n_uses == 3 && !tppc_type_is_sparse(c->value->type) &&
         !tppc_type_is_sparse(a->value->type);
}

/* The tensor over whose entries the statement ranges, and the loop of its compressed letter. */
static void find_pattern(TppcSched *s, TppcSchedStmt *stmt) {
  stmt->walk = -1;
  for (int i = 0; i < stmt->op->n_uses && !stmt->pattern; i++)
    if (tppc_type_is_sparse(stmt->op->uses[i].value->type))
      stmt->pattern = &stmt->op->uses[i];
  if (!stmt->pattern)
    return;
  const TppcExpr *minor = stmt->pattern->idx[tppc_compressed_dim(stmt->pattern->value->type)];
  int loop = minor->kind == TPPC_E_SYM ? tppc_schedule_loop(s, minor->sym) : -1;
  if (!walks_itself(stmt)) {
    stmt->walk = loop;
    return;
  }
  stmt->pattern = NULL;
  if (loop >= 0)
    stmt->loops &= ~(UINT32_C(1) << loop);
}

static bool determines(const TppcSched *s, const TppcSchedStmt *stmt, int level) {
  int loop = s->levels.data[level].loop;
  return loop != stmt->walk && tppc_stmt_determined(s, stmt, s->loops.data[loop].sym);
}

/* Levels [from, to) of the string that the statement has: all, those whose letter determines what
 * it writes, or the others. */
typedef enum Which { WHICH_ALL, WHICH_OWNERS, WHICH_REST } Which;
static void add_levels(const TppcSched *s, TppcSchedStmt *stmt, int from, int to, Which which) {
  for (int i = from; i < to; i++)
    if ((stmt->loops >> s->levels.data[i].loop & 1) &&
        (which == WHICH_ALL || determines(s, stmt, i) == (which == WHICH_OWNERS)))
      stmt->levels[stmt->n_levels++] = i;
}

/* Of an ordered sum the capitals that determine its elements are shared out, else the first level
 * behind them that does; the sum's own loops stand inside. */
static void find_ordered_levels(const TppcSched *s, TppcSchedStmt *stmt) {
  stmt->shared_at = stmt->n_levels;
  add_levels(s, stmt, s->group, s->group_end, WHICH_OWNERS);
  int next = s->group_end;
  for (int i = next; stmt->n_levels == stmt->shared_at && i < s->levels.n; i++)
    add_levels(s, stmt, i, i + 1, WHICH_OWNERS);
  stmt->shared_end = stmt->n_levels;
  add_levels(s, stmt, s->group, s->group_end, WHICH_REST);
  int taken = stmt->shared_end > stmt->shared_at ? stmt->levels[stmt->shared_at] : -1;
  for (int i = next; i < s->levels.n; i++)
    if (i != taken)
      add_levels(s, stmt, i, i + 1, WHICH_ALL);
}

/* No level of the string can be shared out, but a letter of a colon can. */
static bool determined_by_hidden(const TppcSched *s, const TppcSchedStmt *stmt) {
  for (int d = 0; d < stmt->op->n_dims; d++)
    if (stmt->op->dims[d].sym[0] == '$' && tppc_stmt_determined(s, stmt, stmt->op->dims[d].sym))
      return true;
  return false;
}

static void find_levels(const TppcSched *s, TppcSchedStmt *stmt) {
  add_levels(s, stmt, 0, stmt->by ? s->group : s->levels.n, WHICH_ALL);
  if (stmt->by != TPPC_BY_ORDER)
    return;
  find_ordered_levels(s, stmt);
  if (stmt->shared_end > stmt->shared_at || stmt->pattern || !determined_by_hidden(s, stmt))
    return;
  stmt->by = TPPC_BY_TEAM;
  stmt->n_levels = stmt->shared_at;
}

static void collect_statements(TppcSched *s) {
  for (TppcOp *op = s->nest->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_STMT || op->kind == TPPC_OP_CONTRACT) {
      TppcSchedStmt *stmt = make_stmt(s, op);
      find_pattern(s, stmt);
      find_levels(s, stmt);
      hoist_identity(s, stmt);
    }
}

TppcSched *tppc_schedule_model_of(TppcContext *cx, TppcOp *nest, TppcOp *op) {
  TppcSched *s = TPPC_NEW(cx->arena, TppcSched);
  s->cx = cx;
  s->nest = nest;
  s->op = op;
  const TppcAttr *text = tppc_attr(op, "string");
  s->text = text && text->s ? text->s : "";
  s->order = tppc_attr(op, "order");
  s->span = text && text->span.source ? text->span : op->span;
  collect_loops(s);
  if (!read_string(s) || !join_letters(s) || !take_sizes(s) || !check_grids(s) || !find_group(s) ||
      !check_barriers(s) || !check_curve(s) || !check_reduce(s))
    return NULL;
  collect_statements(s);
  for (int i = 0; i < s->loops.n; i++)
    if (!s->loops.data[i].sizes)
      tppc_schedule_default_sizes(s, i);
  return s;
}

TppcSched *tppc_schedule_model(TppcContext *cx, TppcOp *nest) {
  for (TppcOp *op = nest->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_SCHEDULE)
      return tppc_schedule_model_of(cx, nest, op);
  tppc_diag(cx->diags, TPPC_D_schedule_absent, nest->span, tppc_schedule_nest_name(nest));
  return NULL;
}
