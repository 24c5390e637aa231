/* Barriers: where the string asks for them, and where a value goes from one thread to another.
 *
 * The tree is run by all threads: they share out the iterations of each PAR node and run serial
 * loops around it together; statements outside every PAR are run by thread 0. So two accesses of
 * one tensor, one of them a write, need a barrier in between unless the same thread makes both. It
 * does if both stand outside, or if both stand in PARs over the same levels, with the static
 * policy, and each letter of those levels is determined by the element: then equal elements are
 * equal iterations, and equal iterations of equal groups have the same owner. A thread's own copy
 * of a tensor is reached by that thread only, until a statement of the whole team reads all copies.
 * Atomic updates do not wait for each other.
 *
 * The walk keeps the accesses made since the last barrier. At a serial loop they are first compared
 * with all that the loop does, so that a barrier for what came before stands before it; then the
 * body is walked, and what is left over from one iteration is compared with the next one: if need
 * be, the body ends with a barrier.
 *
 * Iterations of a serial loop that means different elements by its letter need none. That is said
 * of whole tensors: place-buffers lets them share the storage of a temporary, and adds the barriers
 * that this needs.
 */
#include "schedule/schedule.h"

typedef struct Seen {
  const TppcAccess *access;
  const TppcSchedStmt *stmt;
  const TppcTree *par; /* NULL: thread 0 */
} Seen;
typedef TppcVec(Seen) SeenList;

static const char *letter_of(const TppcSched *s, int level) {
  return s->loops.data[s->levels.data[level].loop].sym;
}

static bool same_thread(const TppcSched *s, const Seen *a, const Seen *b) {
  if (a->access->own || b->access->own)
    return a->access->own && b->access->own;
  if (a->stmt->by == TPPC_BY_TEAM || b->stmt->by == TPPC_BY_TEAM)
    return false;
  if (s->grids)
    return tppc_access_same_owner(s, a->stmt, a->access, b->stmt, b->access);
  if (!a->par || !b->par)
    return !a->par && !b->par;
  if (s->dynamic || a->par->n_levels != b->par->n_levels)
    return false;
  for (int i = 0; i < a->par->n_levels; i++)
    if (a->par->levels[i] != b->par->levels[i] ||
        !tppc_access_same_at(s, a->access, b->access, letter_of(s, a->par->levels[i])))
      return false;
  return true;
}

/* carried: the level of the loop whose iterations a and b belong to, one each; -1 for one
 * iteration. */
static bool needs_barrier(const TppcSched *s, const Seen *a, const Seen *b, int carried) {
  if (!tppc_access_conflict(s, a->access, b->access) || (a->access->atomic && b->access->atomic))
    return false;
  if (carried >= 0 && tppc_access_same_at(s, a->access, b->access, letter_of(s, carried)))
    return false;
  return !same_thread(s, a, b);
}

static void gather(const TppcSched *s, const TppcTree *node, const TppcTree *par, SeenList *out) {
  if (node->kind == TPPC_TREE_PAR)
    par = node;
  if (node->kind == TPPC_TREE_STMT)
    for (int i = 0; i < node->stmt->accesses.n; i++) {
      Seen seen = {&node->stmt->accesses.data[i], node->stmt, par};
      TPPC_PUSH(s->cx->arena, out, seen);
    }
  for (const TppcTree *c = node->first; c; c = c->next)
    gather(s, c, par, out);
}

static bool clash(const TppcSched *s, const SeenList *a, const SeenList *b, int carried) {
  for (int i = 0; i < a->n; i++)
    for (int j = 0; j < b->n; j++)
      if (needs_barrier(s, &a->data[i], &b->data[j], carried))
        return true;
  return false;
}

static void add_all(const TppcSched *s, SeenList *to, const SeenList *from) {
  for (int i = 0; i < from->n; i++)
    TPPC_PUSH(s->cx->arena, to, from->data[i]);
}

static TppcTree *new_barrier(const TppcSched *s) {
  TppcTree *t = TPPC_NEW(s->cx->arena, TppcTree);
  t->kind = TPPC_TREE_BARRIER;
  return t;
}

/* What the body does before its first barrier. */
static void gather_head(const TppcSched *s, const TppcTree *body, SeenList *out) {
  for (const TppcTree *c = body->first; c && (c->kind != TPPC_TREE_BARRIER || c->guard);
       c = c->next)
    gather(s, c, NULL, out);
}

static void walk_body(const TppcSched *s, TppcTree *body, SeenList *seen);

/* Nothing in the body runs behind its last barrier. */
static bool ends_waiting(const TppcTree *body) {
  const TppcTree *last = body->last;
  if (last->guard)
    return false;
  return last->kind == TPPC_TREE_BARRIER ||
         (last->kind == TPPC_TREE_LOOP && last == body->first && ends_waiting(last));
}

/* A serial loop with parallel ones in it. */
static void walk_loop(const TppcSched *s, TppcTree *loop, SeenList *left) {
  walk_body(s, loop, left);
  if (ends_waiting(loop))
    return;
  SeenList head = {0};
  gather_head(s, loop, &head);
  if (clash(s, left, &head, loop->levels[0])) {
    tppc_tree_append(loop, new_barrier(s));
    left->n = 0;
  }
}

static void walk_body(const TppcSched *s, TppcTree *body, SeenList *seen) {
  for (TppcTree *c = body->first; c; c = c->next) {
    if (c->kind == TPPC_TREE_BARRIER) {
      seen->n = c->guard ? seen->n : 0;
      continue;
    }
    SeenList here = {0};
    gather(s, c, NULL, &here);
    if (clash(s, seen, &here, -1)) {
      TppcTree *barrier = new_barrier(s);
      barrier->guard = c->guard;
      tppc_tree_insert_before(c, barrier);
      if (!c->guard)
        seen->n = 0;
    }
    if (c->kind == TPPC_TREE_LOOP && c->has_par) {
      here.n = 0;
      walk_loop(s, c, &here);
    }
    add_all(s, seen, &here);
  }
}

static bool waits(const TppcSched *s, const TppcTree *t) {
  for (int i = 0; i < t->n_levels; i++)
    if (s->levels.data[t->levels[i]].barrier)
      return true;
  return false;
}

/* '|' of the string: behind each loop of that level that threads leave together. */
static void place_written(const TppcSched *s, TppcTree *node) {
  for (TppcTree *c = node->first; c; c = c->next) {
    if (c->kind == TPPC_TREE_LOOP)
      place_written(s, c);
    if (!c->has_par || !waits(s, c))
      continue;
    TppcTree *barrier = new_barrier(s);
    if (c->next)
      tppc_tree_insert_before(c->next, barrier);
    else
      tppc_tree_append(node, barrier);
    barrier->guard = c->guard;
    c = barrier;
  }
}

void tppc_schedule_barriers(const TppcSched *s, TppcTree *root) {
  if (!root->has_par)
    return;
  place_written(s, root);
  SeenList seen = {0};
  walk_body(s, root, &seen);
}
