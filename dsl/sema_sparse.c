/* Statements over the stored entries of a sparse tensor.
 *
 * A statement that names a sparse tensor ranges over its stored entries, and several in one
 * statement share a pattern. The tensor is the operand of the tpp.stmt, so that what a statement
 * ranges over does not depend on what later passes leave of its region. A sum in brackets belongs
 * to the statement around it: it is computed for the stored entries only, unless it lacks one of
 * their letters.
 */
#include "dsl/sema.h"

bool sema_is_sparse(const TppcType *t) {
  return t->kind == TPPC_T_TENSOR && t->storage != TPP_STORE_DENSE &&
         t->storage != TPP_STORE_TERNARY;
}

static bool is_letter(const TppcExpr *e) {
  return e->kind == TPPC_E_SYM && !tppc_sym_is_bound(e->sym);
}

static bool same_pattern(const TppcType *a, const TppcType *b) {
  return a->storage == b->storage && a->block_r == b->block_r && a->block_c == b->block_c &&
         a->dims[0] == b->dims[0] && a->dims[1] == b->dims[1];
}

static void set_pattern(SemaStmt *st, Sym *sym, const TppcExpr *const *idx, TppcSpan span) {
  st->pattern = sym;
  st->pattern_idx[0] = idx[0];
  st->pattern_idx[1] = idx[1];
  st->pattern_span = span;
}

bool sema_sparse_access(SemaStmt *st, Sym *sym, const TppcExpr *const *idx, TppcSpan span) {
  Sema *s = st->s;
  if (!sema_is_sparse(sym->value->type))
    return true;
  if (!is_letter(idx[0]) || !is_letter(idx[1]) || idx[0] == idx[1]) {
    SEMA_ERROR(s, sparse_index, span, sym->name.text);
    return false;
  }
  if (!st->pattern) {
    set_pattern(st, sym, idx, span);
    return true;
  }
  if (same_pattern(st->pattern->value->type, sym->value->type) && st->pattern_idx[0] == idx[0] &&
      st->pattern_idx[1] == idx[1])
    return true;
  SEMA_ERROR(s, sparse_pattern, span, sym->name.text, st->pattern->name.text);
  tppc_diag_note(s->cx->diags, st->pattern_span, "'%s' is named here", st->pattern->name.text);
  return false;
}

/* The first reference by letters, also within a sum: it decides before anything is built, because
 * sums are built before the statement that they belong to. */
void sema_find_pattern(SemaStmt *st, const TppcAstExpr *e) {
  Sym *sym = e->kind == TPPC_EXPR_REF && !st->pattern
                 ? sema_find(st->s, st->k, st->nest, e->name.text)
                 : NULL;
  if (sym && (sym->kind == SYM_TENSOR || sym->kind == SYM_TEMP) && sym->value &&
      sema_is_sparse(sym->value->type) && e->args.n == 2) {
    const TppcExpr *idx[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
      const TppcAstExpr *a = e->args.data[i];
      const Sym *letter =
          a->kind == TPPC_EXPR_NAME ? sema_find(st->s, NULL, st->nest, a->name.text) : NULL;
      idx[i] = letter && letter->kind == SYM_LETTER ? letter->expr : NULL;
    }
    if (idx[0] && idx[1] && idx[0] != idx[1])
      set_pattern(st, sym, idx, e->span);
  }
  for (int i = 0; i < e->args.n; i++)
    sema_find_pattern(st, e->args.data[i]);
}

static bool has_dim(const TppcOp *op, const TppcExpr *letter) {
  for (int i = 0; i < op->n_dims; i++)
    if (op->dims[i].sym == letter->sym)
      return true;
  return false;
}

void sema_mark_pattern(SemaStmt *st, TppcOp *op) {
  if (op->kind != TPPC_OP_STMT || !st->pattern || !has_dim(op, st->pattern_idx[0]) ||
      !has_dim(op, st->pattern_idx[1]))
    return;
  tppc_op_add_use(st->s->cx, op, st->pattern->value, 2, st->pattern_idx, st->pattern_span);
}

/* Elements of a dense tensor that a definition over stored entries leaves out. */
bool sema_leaves_out(const SemaStmt *st, const Sym *target) {
  return st->pattern && !sema_is_sparse(target->value->type);
}

void sema_zero_temp(SemaStmt *st, const Sym *sym, TppcSpan span) {
  TppcContext *cx = st->s->cx;
  SemaStmt first = *st;
  first.pattern = NULL;
  first.op = tppc_op_new(cx, TPPC_OP_STMT, span);
  first.region = &first.op->regions[0];
  int elem = tppc_elem_compute(sym->value->type->elem);
  TppcValue *zero = sema_const_value(&first, elem, 0, 0, span);
  sema_emit_store(&first, zero, sym->value, st->n_idx, st->idx, TPPC_SET, 0, span);
  for (int i = 0; i < st->nest->n_loops; i++)
    first.used[i] = sema_left_has_letter(st, i);
  sema_set_dims(&first, first.op);
  tppc_op_append(&st->nest->op->regions[0], first.op);
}
