/* Walks over the stored entries of sparse tensors.
 *
 * Problem: a statement over the entries of %A needs loops whose ends and column numbers are data.
 * Method: one control op binds both as symbols, so that everything behind it sees ordinary tiles.
 *
 *   %A : f32[M, N] bcsr(4, 8), rows m0 to min(m0 + 32, M)
 *
 *   loop.for [m_ = m0 to min(m0 + 32, M) step 4] {
 *     loop.walk [n_ = 0 to N step 8] %A[m_ / 4] base=(m_) at=n_at {
 *       loop.tile [m = m_ to min(m_ + 4, M), n = n_ to min(n_ + 8, N), k = ...]
 *
 * n_at is the position of the block among all stored ones, n_ the first column of it. An element
 * %A[m, n] in there lies at 32*n_at + 8*(m - m_) + n - n_. Other tensors are accessed by m and n as
 * ever. csr is the case of blocks of one element.
 */
#include "passes/walk_entries.h"

#include "schedule/schedule.h"

static const TppcExpr *least(TppcContext *cx, const TppcExpr *start, int64_t side,
                             const TppcExpr *end) {
  const TppcExpr *own = tppc_e_add(cx, start, tppc_e_int(cx, side));
  return side == 1 ? own : tppc_e_min(cx, own, end);
}

static const char *name_of(TppcContext *cx, TppcOp *kernel, const char *sym, const char *suffix) {
  const char *letter = sym[0] == '$' ? "c" : sym;
  return tppc_fresh_name(cx, kernel, tppc_internf(cx->names, "%s%s", letter, suffix));
}

/* The loop over lines of entries; its first line holds the start of the range. */
static TppcRegion *line_loop(TppcContext *cx, TppcRegion *into, const char *name, TppcDim *major,
                             int64_t side, TppcSpan span) {
  TppcFacts facts = into->parent ? tppc_facts_at(cx, into->parent) : tppc_facts_new(cx);
  const TppcExpr *b = tppc_e_int(cx, side), *first = major->lo, *line = tppc_e_sym(cx, name);
  bool aligned = side == 1 || tppc_e_multiple_of(first, side, &facts);
  if (!aligned)
    first = tppc_e_mul(cx, tppc_e_div(cx, first, b), b);
  TppcOp *loop = tppc_op_new(cx, TPPC_OP_FOR, span);
  tppc_op_add_dim(cx, loop, name, first, major->hi, b, span);
  tppc_op_append(into, loop);
  major->hi = least(cx, line, side, major->hi);
  major->lo = aligned ? line : tppc_e_max(cx, line, major->lo);
  return &loop->regions[0];
}

TppcWalk tppc_new_walk(TppcContext *cx, TppcOp *kernel, TppcRegion *into, const TppcUse *pattern,
                       const TppcDim *row, const TppcDim *col, TppcSpan span) {
  const TppcType *t = pattern->value->type;
  TppcWalk w = {.row = *row, .col = *col};
  int inner = tppc_compressed_dim(t);
  TppcDim *minor = inner ? &w.col : &w.row, *major = inner ? &w.row : &w.col;
  const TppcExpr *extent = t->dims[inner], *zero = tppc_e_int(cx, 0);
  int64_t side = tppc_block_side(t, inner), lines = tppc_block_side(t, !inner);
  const char *base = name_of(cx, kernel, major->sym, "_"),
             *at = name_of(cx, kernel, minor->sym, "_at");
  const char *start = name_of(cx, kernel, minor->sym, "_");
  TppcRegion *r = line_loop(cx, into, base, major, lines, span);

  TppcOp *walk = tppc_op_new(cx, TPPC_OP_WALK, span);
  const TppcExpr *first = tppc_e_sym(cx, start), *line = tppc_e_sym(cx, base);
  tppc_op_add_dim(cx, walk, start, zero, extent, tppc_e_int(cx, side), span);
  const TppcExpr *number = tppc_e_div(cx, line, tppc_e_int(cx, lines));
  tppc_op_add_use(cx, walk, pattern->value, 1, &number, pattern->span);
  tppc_set_expr(cx, walk, "base", line);
  tppc_set_word(cx, walk, "at", at);
  tppc_op_append(r, walk);
  w.body = &walk->regions[0];

  const TppcExpr *lo = minor->lo, *hi = minor->hi, *when = tppc_e_int(cx, 1);
  const TppcExpr *end = tppc_e_add(cx, first, tppc_e_int(cx, side));
  if (lo != zero)
    when = tppc_e_and(cx, when, tppc_e_bin(cx, TPPC_E_LT, lo, end));
  if (hi != extent)
    when = tppc_e_and(cx, when, tppc_e_bin(cx, TPPC_E_LT, first, hi));
  if (!tppc_e_is(when, 1)) {
    TppcOp *only = tppc_op_new(cx, TPPC_OP_IF, span);
    tppc_set_expr(cx, only, "when", when);
    tppc_op_append(w.body, only);
    w.body = &only->regions[0];
  }
  minor->lo = lo == zero || side == 1 ? first : tppc_e_max(cx, first, lo);
  minor->hi = least(cx, first, side, hi);
  return w;
}

void tppc_wrap_walk(TppcContext *cx, TppcOp *kernel, TppcOp *op, const TppcUse *pattern) {
  TppcDim *row = tppc_op_dim(op, pattern->idx[0]->sym),
          *col = tppc_op_dim(op, pattern->idx[1]->sym);
  TppcOp *mark = tppc_op_new(cx, TPPC_OP_IF, op->span);
  tppc_set_expr(cx, mark, "when", tppc_e_int(cx, 1));
  tppc_op_insert_before(op, mark);
  TppcWalk w = tppc_new_walk(cx, kernel, &mark->regions[0], pattern, row, col, op->span);
  tppc_op_unlink(op);
  *row = w.row;
  *col = w.col;
  tppc_op_append(w.body, op);
  TppcOp *loop = mark->regions[0].first;
  tppc_op_unlink(loop);
  tppc_op_insert_before(mark, loop);
  tppc_op_unlink(mark);
  for (TppcOp *walk = tppc_op_parent(op); walk != loop; walk = tppc_op_parent(walk))
    if (walk->kind == TPPC_OP_WALK)
      tppc_name_walked(cx, walk);
}

static bool names(const TppcOp *walk, const TppcValue *v) {
  for (int i = 0; i < walk->n_uses; i++)
    if (walk->uses[i].value == v)
      return true;
  return false;
}

void tppc_name_walked(TppcContext *cx, TppcOp *walk) {
  TppcRegion *r = &walk->regions[0];
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses && op->kind != TPPC_OP_WALK; i++)
      if (tppc_type_is_sparse(op->uses[i].value->type) && !names(walk, op->uses[i].value))
        tppc_op_add_use(cx, walk, op->uses[i].value, 1, walk->uses[0].idx, op->uses[i].span);
}

const TppcExpr *tppc_use_offset(TppcContext *cx, const TppcOp *op, const TppcUse *u,
                                const TppcExpr *const *idx) {
  const TppcType *t = u->value->type;
  if (t->storage == TPP_STORE_TERNARY) /* numbered row by row */
    return tppc_e_add(cx, tppc_e_mul(cx, idx[0], t->dims[1]), idx[1]);
  if (!tppc_type_is_sparse(t))
    return tppc_t_offset(cx, t, idx);
  while (op && (op->kind != TPPC_OP_WALK || !names(op, u->value)))
    op = tppc_op_parent(op);
  if (!op)
    return NULL;
  int inner = tppc_compressed_dim(t);
  const TppcExpr *base = tppc_attr_expr(op, "base"), *start = tppc_e_sym(cx, op->dims[0].sym);
  const TppcExpr *row = tppc_e_sub(cx, idx[0], inner ? base : start);
  const TppcExpr *col = tppc_e_sub(cx, idx[1], inner ? start : base);
  const TppcExpr *r = tppc_e_int(cx, tppc_block_side(t, 0)),
                 *c = tppc_e_int(cx, tppc_block_side(t, 1));
  const TppcExpr *at = tppc_e_sym(cx, tppc_attr_word(op, "at"));
  at = tppc_e_mul(cx, tppc_e_add(cx, tppc_e_mul(cx, at, r), row), c);
  return tppc_e_add(cx, at, col);
}
