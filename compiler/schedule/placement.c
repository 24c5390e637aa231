/* Where each statement of a nest stands in the loops of its schedule.
 *
 * The meaning of a nest is that its statements run one after the other, each over all its points.
 * Placement fuses them: a statement walks down the loops that the statement before it left, and
 * enters a loop while that keeps the meaning. From the first loop that it may not enter it gets
 * loops of its own behind it.
 *
 *   fc "nkMN"    n{ k{ M N{ acc, last k: Y } } }
 *   fc "Mnk"     M{ n{ k{ acc } Y } }
 *
 * Let S be the statement and L the loop, of letter l, that it has come to.
 *
 * Sharing. L is S's next level. S may enter if for every statement A in L and every tensor that
 * both touch and one writes, some index of it is the same in both and determines l (access.c). Then
 * what S reads in one iteration is what A wrote in the same one. A reduction of A over l fails
 * this, since its result has no index with l: S reads it behind L.
 *
 * Sinking. S does not range over l, but loops in L are S's next levels. If all that S has to do
 * with L is to read tensors that do not depend on l (reductions over l that L completes), it may
 * run inside, guarded by "this is the last iteration of l". L must hold nothing but the chain of
 * loops that leads to S's level, which keeps the epilogue of a blocked contraction next to its
 * tile, and leaves a statement that needs more than one of L's results behind L, where all are
 * complete. A parallel L has no last iteration.
 *
 * Walks. The loop of a compressed letter runs over the stored entries of a sparse tensor. Only
 * statements that walk the same one share it, and it may be empty, so nothing sinks into it.
 *
 * A guard is a set of levels. It is carried by the outermost node that needs it, and a statement
 * enters guarded loops only if it has passed the same guards itself.
 */
#include "schedule/schedule.h"

static uint64_t bit(int level) {
  return UINT64_C(1) << level;
}

void tppc_tree_append(TppcTree *parent, TppcTree *node) {
  node->parent = parent;
  node->prev = parent->last;
  node->next = NULL;
  if (parent->last)
    parent->last->next = node;
  else
    parent->first = node;
  parent->last = node;
}

void tppc_tree_insert_before(TppcTree *at, TppcTree *node) {
  node->parent = at->parent;
  node->next = at;
  node->prev = at->prev;
  if (at->prev)
    at->prev->next = node;
  else
    at->parent->first = node;
  at->prev = node;
}

static TppcTree *new_node(const TppcSched *s, TppcTreeKind kind) {
  TppcTree *t = TPPC_NEW(s->cx->arena, TppcTree);
  t->kind = kind;
  return t;
}

static const char *letter_of(const TppcSched *s, int level) {
  return s->loops.data[s->levels.data[level].loop].sym;
}

/* Levels of S from position k that are shared out together: those of the parallel group. */
static int group_run(const TppcSched *s, const TppcSchedStmt *stmt, int k) {
  int n = 0;
  if (stmt->by == TPPC_BY_ORDER)
    return k == stmt->shared_at ? stmt->shared_end - k : 0;
  if (s->grids)
    return k < stmt->n_levels && s->levels.data[stmt->levels[k]].capital;
  while (k + n < stmt->n_levels && stmt->levels[k + n] >= s->group &&
         stmt->levels[k + n] < s->group_end)
    n++;
  return n;
}

/* Updates of one copy or atomic ones, whose order a parallel reduction leaves open. */
static bool both_add(const TppcAccess *a, const TppcAccess *b) {
  return (a->own && b->own && !a->set && !b->set) || (a->atomic && b->atomic);
}

/* Every dependence between S and the statements in node stays within one value of sym. */
static bool keeps_order(const TppcSched *s, const TppcSchedStmt *stmt, const TppcTree *node,
                        const char *sym) {
  if (node->kind == TPPC_TREE_STMT) {
    for (int i = 0; i < node->stmt->accesses.n; i++)
      for (int j = 0; j < stmt->accesses.n; j++) {
        const TppcAccess *a = &node->stmt->accesses.data[i], *b = &stmt->accesses.data[j];
        if (tppc_access_conflict(s, a, b) && !tppc_access_same_at(s, a, b, sym) && !both_add(a, b))
          return false;
      }
    return true;
  }
  for (const TppcTree *c = node->first; c; c = c->next)
    if (!keeps_order(s, stmt, c, sym))
      return false;
  return true;
}

/* The tensor whose entries the loop of this level runs over for S, or NULL. */
static const TppcUse *walk_at(const TppcSched *s, const TppcSchedStmt *stmt, int level) {
  return s->levels.data[level].loop == stmt->walk ? stmt->pattern : NULL;
}

/* Inside the loops of a grid threads cannot wait, so what S has to do with the statements there
 * stays with one thread. */
static bool keeps_owner(const TppcSched *s, const TppcSchedStmt *stmt, const TppcTree *node) {
  if (node->kind == TPPC_TREE_STMT) {
    for (int i = 0; i < node->stmt->accesses.n; i++)
      for (int j = 0; j < stmt->accesses.n; j++) {
        const TppcAccess *a = &node->stmt->accesses.data[i], *b = &stmt->accesses.data[j];
        if (tppc_access_conflict(s, a, b) && !(a->atomic && b->atomic) &&
            !tppc_access_same_owner(s, node->stmt, a, stmt, b))
          return false;
      }
    return true;
  }
  for (const TppcTree *c = node->first; c; c = c->next)
    if (!keeps_owner(s, stmt, c))
      return false;
  return true;
}

/* S's levels from position k are those of node, and it may enter. */
static bool may_share(const TppcSched *s, const TppcSchedStmt *stmt, int k, const TppcTree *node) {
  int shared = node->kind == TPPC_TREE_PAR ? node->n_levels : 0;
  if (group_run(s, stmt, k) != shared || (shared && node->ordered != (stmt->by == TPPC_BY_ORDER)))
    return false;
  for (int i = 0; i < node->n_levels; i++)
    if (k + i >= stmt->n_levels || stmt->levels[k + i] != node->levels[i] ||
        !tppc_same_walk(node->walk, walk_at(s, stmt, node->levels[i])))
      return false;
  for (int i = 0; i < node->n_levels; i++)
    if (!keeps_order(s, stmt, node, letter_of(s, node->levels[i])))
      return false;
  return !s->grids || node->kind != TPPC_TREE_PAR || keeps_owner(s, stmt, node);
}

/* What S has to do with the statements in node: *flows when it reads something; false when a tensor
 * of theirs depends on sym. */
static bool reads_result(const TppcSched *s, const TppcSchedStmt *stmt, const TppcTree *node,
                         const char *sym, bool *flows) {
  if (node->kind == TPPC_TREE_STMT) {
    for (int i = 0; i < node->stmt->accesses.n; i++)
      for (int j = 0; j < stmt->accesses.n; j++) {
        const TppcAccess *a = &node->stmt->accesses.data[i], *b = &stmt->accesses.data[j];
        if (!tppc_access_conflict(s, a, b))
          continue;
        if (tppc_access_uses(a, sym))
          return false;
        *flows = *flows || a->write;
      }
    return true;
  }
  for (const TppcTree *c = node->first; c; c = c->next)
    if (!reads_result(s, stmt, c, sym, flows))
      return false;
  return true;
}

static bool ranges_over(const TppcSched *s, const TppcSchedStmt *stmt, int level) {
  return stmt->loops >> s->levels.data[level].loop & 1;
}

static bool may_sink(const TppcSched *s, const TppcSchedStmt *stmt, int k, const TppcTree *node) {
  if (k == stmt->n_levels || node->kind != TPPC_TREE_LOOP || node->walk ||
      ranges_over(s, stmt, node->levels[0]))
    return false;
  const TppcTree *only = node->first;
  bool flows = false;
  if (!only || only->next || only->kind == TPPC_TREE_STMT || only->guard ||
      !reads_result(s, stmt, node, letter_of(s, node->levels[0]), &flows) || !flows)
    return false;
  return may_share(s, stmt, k, only) || may_sink(s, stmt, k, only);
}

/* Own loops for S's levels from position k on, and S in them; returns the outermost node. */
static TppcTree *new_chain(const TppcSched *s, TppcSchedStmt *stmt, int k) {
  TppcTree *top = NULL, *inner = NULL;
  while (true) {
    TppcTree *t;
    if (k == stmt->n_levels) {
      t = new_node(s, TPPC_TREE_STMT);
      t->stmt = stmt;
    } else {
      int run = group_run(s, stmt, k);
      t = new_node(s, run ? TPPC_TREE_PAR : TPPC_TREE_LOOP);
      t->n_levels = run ? run : 1;
      for (int i = 0; i < t->n_levels; i++)
        t->levels[i] = stmt->levels[k + i];
      t->ordered = run && stmt->by == TPPC_BY_ORDER;
      t->walk = run ? NULL : walk_at(s, stmt, t->levels[0]);
      k += t->n_levels;
    }
    if (inner)
      tppc_tree_append(inner, t);
    else
      top = t;
    if (t->kind == TPPC_TREE_STMT)
      return top;
    inner = t;
  }
}

static void place(const TppcSched *s, TppcTree *root, TppcSchedStmt *stmt) {
  TppcTree *at = root;
  uint64_t passed = 0, entered = 0; /* guards that S needs, and those of the nodes that it is in */
  int k = 0;
  for (TppcTree *node = root->last; node && node->kind != TPPC_TREE_STMT; node = at->last) {
    if (node->guard & ~passed)
      break;
    if (may_share(s, stmt, k, node))
      k += node->n_levels;
    else if (may_sink(s, stmt, k, node))
      passed |= bit(node->levels[0]);
    else
      break;
    entered |= node->guard;
    at = node;
  }
  TppcTree *top = new_chain(s, stmt, k);
  top->guard = passed & ~entered;
  tppc_tree_append(at, top);
}

/* The loops whose letter a contraction in them sums over, where it starts its result, and those of
 * guards: they run once even when their extent is 0. */
static void mark_stmt(const TppcSched *s, TppcTree *leaf) {
  const TppcSchedStmt *stmt = leaf->stmt;
  uint64_t guards = 0;
  for (TppcTree *t = leaf; t; t = t->parent)
    guards |= t->guard;
  bool starts = stmt->op->kind == TPPC_OP_CONTRACT && !stmt->accesses.data[0].partial;
  for (TppcTree *t = leaf->parent; t; t = t->parent)
    if (t->kind == TPPC_TREE_LOOP && t->n_levels == 1) {
      bool sums = starts && ranges_over(s, stmt, t->levels[0]) &&
                  !tppc_access_uses(&stmt->accesses.data[0], letter_of(s, t->levels[0]));
      if (sums || (guards & bit(t->levels[0])))
        t->run_empty = true;
    }
}

static void mark(const TppcSched *s, TppcTree *node) {
  TppcBy by = node->stmt ? node->stmt->by : TPPC_BY_ONE;
  node->has_par = node->kind == TPPC_TREE_PAR || by == TPPC_BY_EACH || by == TPPC_BY_TEAM;
  if (node->kind == TPPC_TREE_STMT)
    mark_stmt(s, node);
  for (TppcTree *c = node->first; c; c = c->next) {
    mark(s, c);
    node->has_par = node->has_par || c->has_par;
  }
}

TppcTree *tppc_schedule_place(const TppcSched *s) {
  TppcTree *root = new_node(s, TPPC_TREE_LOOP);
  for (int i = 0; i < s->stmts.n; i++)
    place(s, root, s->stmts.data[i]);
  mark(s, root);
  return root;
}

static void print_stmt(TppcBuf *b, const TppcSchedStmt *stmt) {
  const char *comma = "";
  for (int i = 0; i < stmt->accesses.n; i++)
    if (stmt->accesses.data[i].write) {
      tppc_buf_printf(b, "%s%s", comma, stmt->accesses.data[i].tensor->name);
      comma = "+";
    }
}

static bool is_shown(const TppcTree *t) {
  if (t->kind == TPPC_TREE_STMT)
    return !t->stmt->identity;
  for (const TppcTree *c = t->first; c; c = c->next)
    if (is_shown(c))
      return true;
  return t->kind == TPPC_TREE_BARRIER;
}

/* Starts of reductions are left out: they are part of the statement that reduces. */
void tppc_tree_print(TppcBuf *b, const TppcSched *s, const TppcTree *root) {
  const char *space = "";
  for (const TppcTree *c = root->first; c; c = c->next) {
    if (!is_shown(c))
      continue;
    tppc_buf_puts(b, space);
    space = " ";
    switch (c->kind) {
    case TPPC_TREE_STMT:
      print_stmt(b, c->stmt);
      break;
    case TPPC_TREE_BARRIER:
      tppc_buf_putc(b, '|');
      break;
    case TPPC_TREE_LOOP:
    case TPPC_TREE_PAR:
      for (int i = 0; i < c->n_levels; i++)
        tppc_buf_printf(b, "%c{", s->text[s->levels.data[c->levels[i]].at]);
      tppc_tree_print(b, s, c);
      for (int i = 0; i < c->n_levels; i++)
        tppc_buf_putc(b, '}');
      break;
    }
  }
}
