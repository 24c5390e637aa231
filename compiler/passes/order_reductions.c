/* order-reductions: a reduction stands where its operands are there, not where the program has it.
 *
 *   g[m] max= X[m, n];  t[m, n] = X[m, n] - g[m];  h[m] += Z[m, n];  Y[m, n] = t[m, n] * h[m]
 *   -->  g[m] max= X[m, n];  h[m] += Z[m, n];  t[m, n] = ..;  Y[m, n] = ..
 *
 * Problem: statements in the order written share a pass over the tile until one reads what a
 * reduction before it gives. A reduction that needs nothing of the kind, but stands behind one that
 * does, cuts the statements once more: three passes above, of which two would do.
 * Method: the depth of a statement is the number of reductions that its operands hang on, one
 * behind the other. Each reduction moves in front of the first statement that is deeper than it,
 * with those that it reads. Nothing moves past what touches a tensor that one of the two writes.
 * Other statements stay: computed earlier, they would have to be kept for the next pass.
 *
 * Nests with products or walks are left as written: there, the order decides what shares a
 * product's tile.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

enum { MAX_STATEMENTS = 256 };

typedef struct Order {
  TppcOp *stmt[MAX_STATEMENTS];
  int depth[MAX_STATEMENTS];
  bool moves[MAX_STATEMENTS];
  int n;
} Order;

static bool is_reduction(const TppcOp *stmt) {
  for (const TppcOp *op = stmt->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_STORE && tppc_op_update(op) != TPPC_SET)
      return true;
  return false;
}

static bool never(const void *user, const TppcTouch *x, const TppcTouch *y) {
  (void)user;
  (void)x;
  (void)y;
  return false;
}

static bool in_conflict(TppcOp *a, TppcOp *b) {
  return !tppc_conflicts_allowed(&a->regions[0], &b->regions[0], never, NULL);
}

static bool writes(TppcOp *stmt, const TppcValue *v) {
  for (TppcOp *op = stmt->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_STORE && op->uses[1].value == v)
      return true;
  return false;
}

/* One more than the depth of each reduction that it reads, and no less than any other. */
static int depth_of(const Order *o, TppcOp *stmt) {
  int depth = 0;
  for (const TppcOp *op = stmt->regions[0].first; op; op = op->next) {
    const TppcUse *u = op->kind == TPPC_OP_LOAD ? &op->uses[0] : NULL;
    for (int i = 0; u && i < o->n; i++)
      if (writes(o->stmt[i], u->value)) {
        int after = o->depth[i] + is_reduction(o->stmt[i]);
        depth = after > depth ? after : depth;
      }
  }
  return depth;
}

static bool collect(Order *o, TppcOp *nest) {
  o->n = 0;
  for (TppcOp *op = nest->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_SCHEDULE || op->kind == TPPC_OP_TEMP)
      continue;
    if (op->kind != TPPC_OP_STMT || op->n_uses || o->n == MAX_STATEMENTS)
      return false;
    o->depth[o->n] = depth_of(o, op);
    o->stmt[o->n++] = op;
  }
  return true;
}

/* Where reduction r goes: the first statement that it passes, or r. Marks what goes along. */
static int find_place(Order *o, int r) {
  int place = r;
  for (int i = 0; i < o->n; i++)
    o->moves[i] = i == r;
  for (int i = r - 1; i >= 0; i--) {
    bool meets = false;
    for (int k = i + 1; k <= r; k++)
      meets = meets || (o->moves[k] && in_conflict(o->stmt[i], o->stmt[k]));
    if (meets && o->depth[i] > o->depth[r])
      break;
    o->moves[i] = meets;
    if (!meets && o->depth[i] > o->depth[r])
      place = i;
  }
  return place;
}

static void move(Order *o, int place, int r) {
  TppcOp *at = o->stmt[place];
  for (int i = place + 1; i <= r; i++)
    if (o->moves[i]) {
      tppc_op_unlink(o->stmt[i]);
      tppc_op_insert_before(at, o->stmt[i]);
    }
}

static void order(void *user, TppcContext *cx, TppcOp *kernel, TppcOp *nest) {
  (void)cx, (void)kernel;
  Order *o = user;
  if (!collect(o, nest))
    return;
  for (int r = 0; r < o->n; r++) {
    int place = is_reduction(o->stmt[r]) ? find_place(o, r) : r;
    if (place == r)
      continue;
    move(o, place, r);
    collect(o, nest);
  }
}

bool tppc_pass_order_reductions(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  tppc_each_nest(m, TPPC_OP_NEST, order, TPPC_NEW(m->cx->arena, Order));
  return true;
}
