/* What a parallel schedule must prove, and the message when it cannot.
 *
 * 1. A capital letter determines the element that each statement under it writes: two threads never
 * update one element at the same time (S0103, and S0111 where the index has the letter but does not
 * determine it). A definition (=) writes each element once by the rules of the language, so its
 * letters do.
 * 2. A reduction loop outside the group repeats it: each step updates the same elements. With the
 * static policy an element has the same thread each time, since thread t of P has iterations
 * [t*n/P, (t+1)*n/P) of the same n. With the dynamic policy there must be a barrier in between
 * (S0110).
 * 3. Tiles do not cut what is stored as one: groups of ternary weights, blocks of sparse operands
 * (S0113).
 *
 * That these suffice for one statement was checked against all interleavings of small nests; what
 * statements do to each other is the business of placement.c, which shares a parallel loop only
 * where their elements agree, and of barrier.c, which synchronises the rest.
 */
#include "schedule/schedule.h"

#include <string.h>

static bool in_group(const TppcSched *s, int level) {
  return level >= s->group && level < s->group_end && s->levels.data[level].capital;
}

static bool group_has(const TppcSched *s, int loop) {
  for (int i = s->group; i < s->group_end; i++)
    if (s->levels.data[i].loop == loop && s->levels.data[i].capital)
      return true;
  return false;
}

static bool ranges_over(const TppcSchedStmt *stmt, int loop) {
  return stmt->loops >> loop & 1;
}

/* The access of stmt that iterations of the loop would race on, or NULL. */
static const TppcAccess *racing_access(const TppcSched *s, const TppcSchedStmt *stmt, int loop) {
  const char *sym = s->loops.data[loop].sym;
  if (!ranges_over(stmt, loop))
    return NULL;
  for (int i = 0; i < stmt->accesses.n; i++) {
    const TppcAccess *a = &stmt->accesses.data[i];
    if (!a->write || a->atomic || tppc_access_separates(s, a, sym) ||
        (a->set && tppc_access_uses(a, sym)))
      continue;
    return a;
  }
  return NULL;
}

static bool is_capital(const TppcSched *s, int loop) {
  for (int i = s->group; i < s->group_end; i++)
    if (s->levels.data[i].capital && s->levels.data[i].loop == loop)
      return true;
  return false;
}

TppcReduce tppc_schedule_strategy(const TppcSched *s, const TppcOp *op, const TppcUse *u,
                                  bool *mixed) {
  TppcReduce found = TPPC_REDUCE_NONE;
  *mixed = false;
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    for (int k = 0; stmt->op == op && k < stmt->accesses.n; k++) {
      const TppcAccess *a = &stmt->accesses.data[k];
      if (a->tensor != u->value || a->idx != u->idx || !a->write || a->set)
        continue;
      for (int l = 0; l < s->loops.n; l++) {
        const char *sym = s->loops.data[l].sym;
        if (!is_capital(s, l) || !ranges_over(stmt, l) || tppc_access_separates(s, a, sym))
          continue;
        TppcReduce own = s->loops.data[l].reduce;
        if (!own)
          return TPPC_REDUCE_NONE;
        *mixed = *mixed || (found && found != own);
        found = own;
      }
    }
  }
  return found;
}

const TppcAccess *tppc_schedule_race(const TppcSched *s, int loop) {
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    const TppcAccess *a =
        stmt->by == TPPC_BY_ORDER || stmt->by == TPPC_BY_TEAM ? NULL : racing_access(s, stmt, loop);
    if (a)
      return a;
  }
  return NULL;
}

static int64_t ceil_div(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

/* Iterations of one level, as far as they are constant; 0 when they are not. */
static int64_t trips(const TppcSched *s, int level) {
  const TppcSchedLevel *l = &s->levels.data[level];
  int64_t extent;
  if (l->nth == 0)
    return tppc_e_const(s->loops.data[l->loop].extent, &extent) ? ceil_div(extent, l->step) : 0;
  for (int i = level - 1; i >= 0; i--)
    if (s->levels.data[i].loop == l->loop)
      return ceil_div(s->levels.data[i].step, l->step);
  return 0;
}

/* The element that all iterations of the letter update, at 0 in every other letter: "acc[0, 0]". */
static const char *corner(const TppcSched *s, const TppcAccess *a) {
  TppcAccess zero = *a;
  const TppcExpr **idx = TPPC_NEW_N(s->cx->arena, const TppcExpr *, a->n_idx + 1);
  TppcFacts at = {.arena = s->cx->arena};
  for (int i = 0; i < s->loops.n; i++)
    tppc_facts_add(&at, s->loops.data[i].sym)->with = tppc_e_int(s->cx, 0);
  for (int d = 0; d < a->n_idx; d++) {
    idx[d] = tppc_e_subst(s->cx, a->idx[d], &at);
    if (idx[d]->kind == TPPC_E_SYM && idx[d]->sym[0] == '$')
      idx[d] = tppc_e_int(s->cx, 0);
  }
  zero.idx = idx;
  return tppc_access_text(s->cx, &zero);
}

/* Two iterations of the level that different threads run and that update one element. The group is
 * linearised, so with two threads for each value of the outer capitals the second begins halfway
 * through this level. */
static void note_witness(const TppcSched *s, int level, const TppcAccess *a) {
  TppcContext *cx = s->cx;
  int64_t threads = 2, own = trips(s, level), inner = 1;
  if (s->grids) {
    const char *sym = s->loops.data[s->levels.data[level].loop].sym;
    int64_t second = own > 1 ? own / 2 * s->levels.data[level].step : s->levels.data[level].step;
    tppc_diag_note(cx->diags, TPPC_NO_SPAN,
                   "of 2 threads along axis %c, the one at %s=0 and the one at %s=%lld both update "
                   "%s",
                   s->levels.data[level].grid, sym, sym, (long long)second, corner(s, a));
    return;
  }
  TppcBuf with = {0};
  bool says = own != 1;
  for (int i = s->group; i < level; i++) {
    int64_t n = trips(s, i);
    const TppcSchedLoop *loop = &s->loops.data[s->levels.data[i].loop];
    if (n > 0 && n < 1024)
      threads *= n;
    else if (loop->extent->kind == TPPC_E_SYM && s->levels.data[i].nth == 0)
      tppc_buf_printf(&with, "%s=1 and ", loop->extent->sym);
    /* With one iteration of that letter the one in question has one as well. */
    const TppcExpr *extent = s->loops.data[s->levels.data[level].loop].extent;
    if (n == 0 && loop->extent->kind == TPPC_E_SYM && tppc_e_uses(extent, loop->extent->sym))
      says = false;
  }
  for (int i = level + 1; i < s->group_end; i++) {
    int64_t n = trips(s, i);
    inner = n == 1 && inner == 1 ? 1 : 2;
  }
  int64_t step = s->levels.data[level].step, half = own ? own * inner / 2 : 0;
  int64_t other = own ? ceil_div(half, inner) : 1;
  if (says && threads <= 1024) {
    const char *sym = s->loops.data[s->levels.data[level].loop].sym;
    tppc_diag_note(cx->diags, TPPC_NO_SPAN,
                   "with %s%lld threads, thread 0 at %s=0 and thread 1 at %s=%lld both update %s",
                   with.n ? with.data : "", (long long)threads, sym, sym, (long long)(other * step),
                   corner(s, a));
  }
  tppc_buf_free(&with);
}

/* The string with what races in lower case, and the other grids as they are. */
static const char *repaired_grids(const TppcSched *s) {
  TppcBuf b = {0};
  for (int i = 0; i < s->levels.n; i++) {
    const TppcSchedLevel *l = &s->levels.data[i];
    bool serial = l->capital && tppc_schedule_race(s, l->loop);
    if (l->capital && !serial)
      tppc_buf_printf(&b, "%c{%c:%lld}", l->letter - 'a' + 'A', l->grid,
                      (long long)l->grid_threads);
    else
      tppc_buf_putc(&b, l->letter);
    if (l->barrier && !l->capital)
      tppc_buf_putc(&b, '|');
  }
  const char *text = tppc_strndup(s->cx->arena, b.data, b.n);
  tppc_buf_free(&b);
  return text;
}

/* The nearest legal string: what must be serial stands before the group if it did, else behind it.
 */
static const char *repaired(const TppcSched *s, bool barrier, bool keep_policy) {
  TppcBuf b = {0};
  if (s->grids)
    return repaired_grids(s);
  bool front = !s->dynamic, closed = false;
  bool serial[TPPC_SCHED_MAX_LEVELS] = {false};
  for (int i = s->group; i < s->group_end; i++)
    serial[i] = tppc_schedule_race(s, s->levels.data[i].loop) != NULL;
  for (int i = 0; i < s->group; i++) {
    tppc_buf_putc(&b, s->levels.data[i].letter);
    if (s->levels.data[i].barrier)
      tppc_buf_putc(&b, '|');
  }
  for (int i = s->group; i < s->group_end && front && serial[i]; i++)
    tppc_buf_putc(&b, s->levels.data[i].letter);
  for (int i = s->group; i < s->group_end; i++) {
    if (!serial[i])
      tppc_buf_putc(&b, (char)(s->levels.data[i].letter - 'a' + 'A'));
    closed = closed || s->levels.data[i].barrier;
  }
  if (barrier || closed)
    tppc_buf_putc(&b, '|');
  for (int i = s->group; i < s->group_end; i++) {
    front = front && serial[i];
    if (serial[i] && !front)
      tppc_buf_putc(&b, s->levels.data[i].letter);
  }
  for (int i = s->group_end; i < s->levels.n; i++)
    tppc_buf_putc(&b, s->levels.data[i].letter);
  const char *policy = strchr(s->text, '@');
  if (policy && keep_policy)
    tppc_buf_puts(&b, policy);
  const char *text = tppc_strndup(s->cx->arena, b.data, b.n);
  tppc_buf_free(&b);
  return text;
}

static bool group_waits(const TppcSched *s) {
  for (int i = s->group; i < s->group_end; i++)
    if (s->levels.data[i].barrier)
      return true;
  return false;
}

/* A reduction outside the group, of which two steps race when they are shared out dynamically: its
 * level and the access, or NULL. A letter that is repaired to lower case does not share out. */
static const TppcAccess *dynamic_race(const TppcSched *s, int *level) {
  if (!s->dynamic || s->group == s->group_end || group_waits(s))
    return NULL;
  for (int i = 0; i < s->group; i++) {
    int loop = s->levels.data[i].loop;
    if (group_has(s, loop) && !tppc_schedule_race(s, loop))
      continue;
    for (int k = 0; k < s->stmts.n; k++) {
      const TppcSchedStmt *stmt = s->stmts.data[k];
      bool under = false;
      for (int j = 0; j < stmt->n_levels; j++)
        under = under || in_group(s, stmt->levels[j]);
      const TppcAccess *a = under ? racing_access(s, stmt, loop) : NULL;
      *level = i;
      if (a)
        return a;
    }
  }
  return NULL;
}

/* What to write instead of capitals that race. */
static const char *without_race(const TppcSched *s) {
  int level;
  return repaired(s, false, !dynamic_race(s, &level));
}

/* A curve walks capitals only, so one of its letters that becomes serial ends it. */
static const char *without_curve(const TppcSched *s) {
  for (int i = 0; i < 2; i++)
    if (s->curve[i] >= 0 && tppc_schedule_race(s, s->levels.data[s->curve[i]].loop))
      return " and leave out 'curve'";
  return "";
}

static bool refuse_capital(const TppcSched *s, int level, const TppcAccess *a) {
  TppcDiags *dx = s->cx->diags;
  const TppcSchedLevel *l = &s->levels.data[level];
  const char *sym = s->loops.data[l->loop].sym;
  bool overlap = tppc_access_uses(a, sym);
  (tppc_diag)(dx, overlap ? TPPC_D_parallel_overlap : TPPC_D_parallel_reduction,
              tppc_schedule_span(s, l->at, l->at + 1), sym, a->tensor->name);
  tppc_diag_label(dx, "parallel here");
  if (overlap) {
    tppc_diag_note(dx, a->span, "'%s' is updated here", tppc_access_text(s->cx, a));
  } else {
    tppc_diag_note(dx, a->span, "'%s' is summed over '%s' here", tppc_access_text(s->cx, a), sym);
    note_witness(s, level, a);
  }
  if (tppc_t_is_plain(a->tensor->type) && !a->set) {
    TppcBuf bytes = {0};
    tppc_e_print(&bytes, tppc_t_bytes(s->cx, a->tensor->type));
    tppc_diag_help(
        dx, "write '%c': \"%s\"%s, or add 'reduce %s = private;' (scratch: %s bytes per thread)",
        l->letter, without_race(s), without_curve(s), sym, bytes.data);
    tppc_buf_free(&bytes);
    return false;
  }
  tppc_diag_help(dx, "write '%c': \"%s\"%s", l->letter, without_race(s), without_curve(s));
  return false;
}

/* Entries are walked in order, by one thread. */
static bool check_walks(const TppcSched *s) {
  for (int i = s->group; i < s->group_end; i++)
    for (int k = 0; k < s->stmts.n; k++) {
      const TppcSchedStmt *stmt = s->stmts.data[k];
      const TppcSchedLevel *l = &s->levels.data[i];
      if (stmt->walk != l->loop || !l->capital)
        continue;
      (tppc_diag)(s->cx->diags, TPPC_D_parallel_walk, tppc_schedule_span(s, l->at, l->at + 1),
                  s->loops.data[l->loop].sym, stmt->pattern->value->name);
      tppc_diag_label(s->cx->diags, "parallel here");
      tppc_diag_note(s->cx->diags, stmt->op->span, "the statement is here");
      tppc_diag_help(s->cx->diags, "write '%c'", l->letter);
      return false;
    }
  return true;
}

/* Letters with a strategy for their sums come last: what races on them although the strategy was
 * carried out is blamed on another letter first. */
static bool check_capitals_of(const TppcSched *s, bool reduced) {
  bool ok = true;
  for (int i = s->group; i < s->group_end; i++) {
    bool seen = !s->levels.data[i].capital ||
                (s->loops.data[s->levels.data[i].loop].reduce != TPPC_REDUCE_NONE) != reduced;
    for (int k = s->group; k < i; k++)
      seen =
          seen || (s->levels.data[k].capital && s->levels.data[k].loop == s->levels.data[i].loop);
    const TppcAccess *a = seen ? NULL : tppc_schedule_race(s, s->levels.data[i].loop);
    if (a)
      ok = refuse_capital(s, i, a);
  }
  return ok;
}

static bool check_capitals(const TppcSched *s) {
  return check_capitals_of(s, false) && check_capitals_of(s, true);
}

static bool refuse_dynamic(const TppcSched *s, int level, const TppcAccess *a) {
  TppcDiags *dx = s->cx->diags;
  const TppcSchedLevel *l = &s->levels.data[level];
  const char *sym = s->loops.data[l->loop].sym;
  tppc_diag(dx, TPPC_D_dynamic_reduction, tppc_schedule_span(s, l->at, l->at + 1), sym,
            a->tensor->name);
  tppc_diag_label(dx, "outside the parallel loops");
  tppc_diag_note(dx, a->span, "'%s' is summed over '%s' here", tppc_access_text(s->cx, a), sym);
  if (trips(s, level) != 1)
    tppc_diag_note(
        dx, TPPC_NO_SPAN,
        "with 2 threads, thread 0 at %s=0 may still update %s when thread 1 at %s=%lld does", sym,
        corner(s, a), sym, (long long)l->step);
  tppc_diag_help(dx, "write \"%s\", or \"%s\" to wait after each step", repaired(s, false, false),
                 repaired(s, true, true));
  return false;
}

static bool check_dynamic(const TppcSched *s) {
  int level;
  const TppcAccess *a = dynamic_race(s, &level);
  return !a || refuse_dynamic(s, level, a);
}

/* Sizes of a loop, for a message: its list, else its first letter in the string. */
static TppcSpan sizes_span(const TppcSched *s, int loop) {
  const TppcAttr *list = s->loops.data[loop].sizes;
  if (list && list->span.source)
    return list->span;
  for (int i = 0; i < s->levels.n; i++)
    if (s->levels.data[i].loop == loop)
      return tppc_schedule_span(s, s->levels.data[i].at, s->levels.data[i].at + 1);
  return s->span;
}

/* Every step of the loop is a multiple of unit, or covers it whole. */
static bool steps_suit(const TppcSched *s, int loop, int64_t unit) {
  int64_t extent;
  bool known = tppc_e_const(s->loops.data[loop].extent, &extent);
  for (int i = 0; i < s->levels.n; i++) {
    const TppcSchedLevel *l = &s->levels.data[i];
    if (l->loop == loop && l->step % unit != 0 && !(known && l->step >= extent))
      return false;
  }
  return true;
}

static bool refuse_sizes(const TppcSched *s, int loop, const TppcAccess *a, const char *need) {
  TppcDiags *dx = s->cx->diags;
  tppc_diag(dx, TPPC_D_schedule_blocked_operand, sizes_span(s, loop), s->loops.data[loop].sym,
            a->tensor->name, need);
  tppc_diag_note(dx, a->span, "'%s' is read here", tppc_access_text(s->cx, a));
  return false;
}

static int plain_loop(const TppcSched *s, const TppcExpr *e) {
  return e->kind == TPPC_E_SYM ? tppc_schedule_loop(s, e->sym) : -1;
}

static int last_level(const TppcSched *s, int loop) {
  int last = -1;
  for (int i = 0; i < s->levels.n; i++)
    if (s->levels.data[i].loop == loop)
      last = i;
  return last;
}

static bool check_sparse(const TppcSched *s, const TppcAccess *a) {
  const TppcType *t = a->tensor->type;
  bool by_column = t->storage == TPP_STORE_BCSC;
  int inner = plain_loop(s, a->idx[by_column ? 0 : 1]),
      major = plain_loop(s, a->idx[by_column ? 1 : 0]);
  int64_t inner_block = by_column ? t->block_r : t->block_c,
          major_block = by_column ? t->block_c : t->block_r;
  if (inner < 0 || major < 0)
    return true;
  if (s->loops.data[inner].n_levels != 1)
    return refuse_sizes(s, inner, a, "the loop over its stored blocks has one level");
  if (last_level(s, inner) < last_level(s, major))
    return refuse_sizes(s, inner, a,
                        tppc_sprintf(s->cx->arena,
                                     "this loop over its stored blocks stands inside those of '%s'",
                                     s->loops.data[major].sym));
  if (inner_block > 1 && s->levels.data[last_level(s, inner)].step != inner_block)
    return refuse_sizes(
        s, inner, a,
        tppc_sprintf(s->cx->arena, "the size is its block, %lld", (long long)inner_block));
  if (major_block > 1 && !steps_suit(s, major, major_block))
    return refuse_sizes(
        s, major, a,
        tppc_sprintf(s->cx->arena, "multiples of its block, %lld", (long long)major_block));
  return true;
}

/* Groups of ternary weights matter to the kernel whose right operand they are. */
static bool check_storage(const TppcSched *s, const TppcSchedStmt *stmt, int at) {
  const TppcAccess *a = &stmt->accesses.data[at];
  const TppcType *t = a->tensor->type;
  if (t->kind != TPPC_T_TENSOR || a->n_idx != 2)
    return true;
  switch ((enum tpp_storage)t->storage) {
  case TPP_STORE_DENSE:
    return true;
  case TPP_STORE_CSR:
  case TPP_STORE_BCSR:
  case TPP_STORE_BCSC:
    return check_sparse(s, a);
  case TPP_STORE_TERNARY: {
    int loop = plain_loop(s, a->idx[0]);
    if (loop < 0 || t->group < 2 || stmt->op->kind != TPPC_OP_CONTRACT || at != 2 ||
        steps_suit(s, loop, t->group))
      return true;
    return refuse_sizes(
        s, loop, a,
        tppc_sprintf(s->cx->arena, "multiples of its group, %lld", (long long)t->group));
  }
  }
  return true;
}

bool tppc_schedule_legal(const TppcSched *s) {
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++)
      if (!check_storage(s, s->stmts.data[i], k))
        return false;
  return check_walks(s) && check_capitals(s) && check_dynamic(s);
}
