/* Statements: elementwise ones and contractions, as ops of the nest. */
#include "dsl/sema.h"

/* ---- elementwise ---- */

static TppcUpdate update_of(TppcAstAssign op) {
  static const TppcUpdate updates[] = {TPPC_SET, TPPC_ADD, TPPC_MUL, TPPC_MAX, TPPC_MIN};
  return updates[op]; /* ORDER: TppcAstAssign */
}

/* The value as a store takes it: in the compute type of the tensor, unless that would round twice
 * on the way to a 16-bit float. */
static TppcValue *for_store(SemaStmt *st, SemaVal v, int elem, TppcSpan span) {
  /* An integer enters a bit whole: updates may follow, and only the last of them saturates. */
  int compute = v.code == TPP_BIT ? tppc_elem_compute(elem) : tppc_elem_accumulator(elem);
  bool narrow_float = elem == TPP_BF16 || elem == TPP_F16;
  bool exact = v.code < 0 || v.code == compute || v.code == TPP_BIT;
  return sema_as(st, v, narrow_float && !exact ? v.code : compute, span);
}

/* A sum whose accumulator is of another kind than the tensor (integers into floats, f64 into f32)
 * is made in a temporary over the letters of the left side and enters the tensor once:
 *
 *   Y[m] += i32 e[m, k]   -->   $t[m] += e[m, k];  Y[m] = $t[m]
 */
static TppcValue *accumulator_temp(SemaStmt *st, int elem, TppcSpan span, int *rank,
                                   const TppcExpr **idx) {
  const TppcExpr *extents[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
  *rank = 0;
  for (int i = 0; i < st->nest->n_loops; i++)
    if (sema_left_has_letter(st, i)) {
      extents[*rank] = st->nest->loops[i].extent;
      idx[(*rank)++] = st->nest->loops[i].expr;
    }
  for (int c = st->colons.n; c > 0; c--)
    if (st->colons.extent[c - 1] && sema_left_has_colon(st, c)) {
      extents[*rank] = st->colons.extent[c - 1];
      idx[(*rank)++] = tppc_e_sym(st->s->cx, tppc_internf(st->s->cx->names, "$%d", c));
    }
  const char *stem = tppc_sprintf(st->s->cx->arena, "$t%d", st->k->n_temps++);
  return sema_new_temp(st->nest, stem, tppc_t_tensor(st->s->cx, elem, *rank, extents), span);
}

static void enter_sum(SemaStmt *st, TppcValue *temp, int rank, const TppcExpr *const *idx,
                      TppcUpdate update, int init, TppcSpan span) {
  TppcContext *cx = st->s->cx;
  SemaStmt last = *st;
  last.op = tppc_op_new(cx, TPPC_OP_STMT, span);
  last.region = &last.op->regions[0];
  for (int i = 0; i < st->nest->n_loops; i++)
    last.used[i] = sema_left_has_letter(st, i);
  for (int c = 1; c <= st->colons.n; c++)
    if (!sema_left_has_colon(st, c))
      last.colons.extent[c - 1] = NULL;
  TppcValue *v = sema_emit(&last, TPPC_OP_LOAD, temp->type->elem, span);
  tppc_op_add_use(cx, v->def, temp, rank, idx, span);
  SemaVal sum = {temp->type->elem, v, NULL};
  int elem = st->target->value->type->elem;
  v = init ? for_store(&last, sum, elem, span)
           : sema_as(&last, sum, tppc_elem_accumulator(elem), span);
  sema_emit_store(&last, v, st->target->value, st->n_idx, st->idx, init ? TPPC_SET : update, 0,
                  span);
  sema_partial_mark(&last, st->target, span);
  sema_set_dims(&last, last.op);
  tppc_op_append(&st->nest->op->regions[0], last.op);
}

static void finish_update(SemaStmt *st, SemaVal v, TppcUpdate update, int init,
                          const TppcAstStmt *stmt) {
  TppcSpan span = stmt->span;
  int elem = st->target->value->type->elem, value_elem = sema_sum_elem(sema_settle(v.code));
  bool sums = update == TPPC_ADD || update == TPPC_MUL;
  bool lazy = v.code < 0, scatters = sema_has_bound(st->n_idx, st->idx);
  bool differs = (tppc_elem_is_int(value_elem) != tppc_elem_is_int(elem) && elem != TPP_BIT) ||
                 (value_elem == TPP_F64 && elem != TPP_F64);
  if (sums && differs && !lazy && !scatters) {
    const TppcExpr *idx[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
    int rank;
    TppcValue *temp = accumulator_temp(st, value_elem, span, &rank, idx);
    TppcValue *value = sema_as(st, v, value_elem, span);
    sema_emit_store(st, value, temp, rank, idx, update, 1, span);
    sema_set_dims(st, st->op);
    tppc_op_append(&st->nest->op->regions[0], st->op);
    enter_sum(st, temp, rank, idx, update, init, span);
    return;
  }
  int acc = sums ? tppc_elem_accumulator(elem) : tppc_elem_compute(elem);
  TppcValue *value = sema_as(st, v, acc, span);
  if (!value)
    return;
  sema_emit_store(st, value, st->target->value, st->n_idx, st->idx, update, init, span);
  sema_partial_mark(st, st->target, span);
  sema_set_dims(st, st->op);
  tppc_op_append(&st->nest->op->regions[0], st->op);
}

static bool divides(const TppcAstExpr *e) {
  bool found = e->kind == TPPC_EXPR_BINARY && e->op == TPPC_AST_DIV;
  for (int i = 0; i < e->args.n; i++)
    found = found || divides(e->args.data[i]);
  return found;
}

/* inv = 1 / N is 0: a temporary of integers is an integer. */
static void warn_division(SemaStmt *st, const Sym *sym, SemaVal v) {
  TppcDiags *dx = st->s->cx->diags;
  if (sym->kind != SYM_TEMP || tppc_elem_is_float(sym->value->type->elem) || v.code >= 0 ||
      !divides(v.ast))
    return;
  tppc_diag(dx, TPPC_D_integer_division, v.ast->span, sema_text(st->s, v.ast), sym->name.text);
  tppc_diag_help(dx, "write a float, as in 1.0 / N, for a quotient of floats");
}

void sema_elementwise(SemaNest *n, Sym *sym, const TppcAstStmt *stmt) {
  TppcContext *cx = n->s->cx;
  SemaStmt st = {.nest = n, .k = n->k, .s = n->s};
  TppcUpdate update = update_of(stmt->op);
  st.op = tppc_op_new(cx, TPPC_OP_STMT, stmt->span);
  st.region = &st.op->regions[0];
  sema_mark_letters(&st, stmt->target);
  sema_mark_letters(&st, stmt->value);
  sema_find_pattern(&st, stmt->target);
  sema_find_pattern(&st, stmt->value);
  if (!sema_left_side_first(&st, sym, stmt))
    return;
  SemaVal v = sema_value(&st, stmt->value);
  if (v.code == CODE_ERROR ||
      (!st.target && !sema_left_side(&st, sym, stmt, sema_settle(sym->code))))
    return;
  st.target = sym;
  if (!sema_sparse_access(&st, sym, st.idx, stmt->target->span))
    return;
  if (!sema_check_write(&st, sym, update, stmt->target->span))
    return;
  int init = sema_initial(&st, sym, update, stmt->target->span);
  warn_division(&st, sym, v);
  if (update == TPPC_SET) {
    TppcValue *value = for_store(&st, v, sym->value->type->elem, stmt->value->span);
    if (!value || !sema_check_definition(&st, stmt))
      return;
    sema_emit_store(&st, value, sym->value, st.n_idx, st.idx, TPPC_SET, 0, stmt->span);
    sema_partial_mark(&st, sym, stmt->span);
    sema_set_dims(&st, st.op);
    tppc_op_append(&n->op->regions[0], st.op);
  } else {
    finish_update(&st, v, update, init, stmt);
  }
  sema_note_write(&st, sym, update, stmt->target->span);
}

/* ---- contractions ---- */

static bool operand(SemaStmt *st, const TppcAstExpr *e, SemaOperand *out) {
  Sema *s = st->s;
  Sym *sym = e->kind == TPPC_EXPR_REF || e->kind == TPPC_EXPR_NAME
                 ? sema_find(s, st->k, st->nest, e->name.text)
                 : NULL;
  if (!sym && e->name.text && e->kind != TPPC_EXPR_CALL) {
    sema_unknown(s, st->k, st->nest, e->name);
    return false;
  }
  if (!sym || (sym->kind != SYM_TENSOR && sym->kind != SYM_TEMP)) {
    SEMA_ERROR(s, brgemm_operand, e->span);
    return false;
  }
  bool since = sym->read_since;
  if (!sema_note_read(st, sym, e->span))
    return false;
  out->sym = sym;
  if (sema_has_data(st, e) && sym == st->target) {
    SEMA_ERROR(s, aliasing_read, e->span, sym->name.text);
    return false;
  }
  if (sema_has_data(st, e))
    return sema_gather_operand(st, sym, e, out);
  out->idx = sema_index(st, sym, e, false);
  out->value = sym->value;
  out->rank = sym->value ? sym->value->type->rank : 0;
  if (!out->idx || !sema_sparse_access(st, sym, out->idx, e->span))
    return false;
  if (sym != st->target)
    return true;
  bool apart = sym->value && st->idx && sema_apart(st, st->idx, out->idx, st->n_idx);
  sym->read_since = since; /* of what it writes, nothing */
  if (!apart)
    SEMA_ERROR(s, aliasing_read, e->span, sym->name.text);
  return apart;
}

static TppcOp *contract_op(SemaStmt *st, TppcValue *c, int n_idx, const TppcExpr *const *idx,
                           const SemaOperand *ab, const TppcAstStmt *stmt, int init) {
  TppcContext *cx = st->s->cx;
  TppcOp *op = st->op;
  tppc_op_add_use(cx, op, c, n_idx, idx, stmt->target->span);
  for (int i = 0; i < 2; i++)
    tppc_op_add_use(cx, op, ab[i].value, ab[i].rank, ab[i].idx, stmt->value->args.data[i]->span);
  if (sema_is_sparse(st->target->value->type) && c != st->target->value)
    tppc_op_add_use(cx, op, st->target->value, st->n_idx, st->idx, stmt->target->span);
  tppc_set_int(cx, op, "init", init);
  sema_set_dims(st, op);
  tppc_op_append(&st->nest->op->regions[0], op);
  return op;
}

void sema_contraction(SemaNest *n, Sym *sym, const TppcAstStmt *stmt) {
  Sema *s = n->s;
  SemaStmt st = {.nest = n, .k = n->k, .s = s};
  const TppcAstExpr *call = stmt->value;
  SemaOperand ab[2];
  if (stmt->op != TPPC_ASSIGN_ADD) {
    SEMA_ERROR(s, brgemm_position, call->span);
    return;
  }
  if (call->args.n != 2) {
    SEMA_ERROR(s, operand_count, call->span, "brgemm", 2, call->args.n);
    return;
  }
  st.op = tppc_op_new(s->cx, TPPC_OP_CONTRACT, stmt->span);
  sema_mark_letters(&st, stmt->target);
  sema_mark_letters(&st, stmt->value);
  SemaStmt side;
  /* A temporary that is new here has no data index: its left side says so. */
  bool scatters = sym->value && sema_has_data(&st, stmt->target);
  if (scatters ? !sema_scatter_begin(&st, sym, stmt, &side) : !sema_left_side_first(&st, sym, stmt))
    return;
  st.target = sym;
  if (!operand(&st, call->args.data[0], &ab[0]) || !operand(&st, call->args.data[1], &ab[1]))
    return;
  if (!scatters && !st.idx && !sema_left_side(&st, sym, stmt, sema_settle(sym->code)))
    return;
  if (!sema_sparse_access(&st, sym, scatters ? side.idx : st.idx, stmt->target->span))
    return;
  if (!sema_check_write(&st, sym, TPPC_ADD, stmt->target->span))
    return;
  int init = sema_initial(scatters ? &side : &st, sym, TPPC_ADD, stmt->target->span);
  int acc = sema_product_elem(ab[0].sym->value->type->elem, ab[1].sym->value->type->elem);
  if (scatters) {
    const TppcExpr *idx[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
    int rank;
    TppcValue *temp = sema_scatter_temp(&st, &side, acc, stmt->span, &rank, idx);
    if (!temp)
      return;
    contract_op(&st, temp, rank, idx, ab, stmt, 1);
    sema_scatter_end(&side, temp, rank, idx, stmt->span);
  } else if (tppc_elem_accumulator(sym->value->type->elem) == acc && !sym->met) {
    contract_op(&st, sym->value, st.n_idx, st.idx, ab, stmt, init);
  } else {
    const TppcExpr *idx[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
    int rank;
    TppcValue *temp = accumulator_temp(&st, acc, stmt->span, &rank, idx);
    contract_op(&st, temp, rank, idx, ab, stmt, 1);
    enter_sum(&st, temp, rank, idx, TPPC_ADD, init, stmt->span);
  }
  sema_note_write(&st, sym, TPPC_ADD, stmt->target->span);
}
