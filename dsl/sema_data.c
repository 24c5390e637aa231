/* Data indices: an element of an integer tensor, alone or in sums and products, as the index of
 * another.
 *
 *   Y[m, d] = E[ix[m] + 1, d]
 *   -->  %0 = tpp.load %ix[m];  %1 = %0 + 1;  tpp.bind [$g0: V] %1;  %2 = tpp.load %E[$g0, d]
 *
 * The whole index becomes one symbol, whose range is that of the dimension, so whoever looks at
 * indices sees a letter of which nothing else is known. That the value is in the range is checked
 * when the kernel runs (pass check-indices). The operands of a product are described to kernels by
 * strides; one with a data index is gathered into a temporary first, and a product that is
 * scattered is made in a temporary and then added.
 */
#include "dsl/sema.h"

static Sym *data_sym(SemaStmt *st, const TppcAstExpr *e) {
  if (e->kind != TPPC_EXPR_REF && e->kind != TPPC_EXPR_NAME)
    return NULL;
  Sym *sym = sema_find(st->s, st->k, st->nest, e->name.text);
  bool data = sym && (sym->kind == SYM_SCALAR || sym->kind == SYM_TENSOR || sym->kind == SYM_TEMP);
  return data ? sym : NULL;
}

bool sema_is_data(SemaStmt *st, const TppcAstExpr *e) {
  if (e->kind == TPPC_EXPR_REF || e->kind == TPPC_EXPR_NAME)
    return e->kind == TPPC_EXPR_REF || data_sym(st, e) != NULL;
  if (e->kind == TPPC_EXPR_CALL)
    return false;
  for (int i = 0; i < e->args.n; i++)
    if (sema_is_data(st, e->args.data[i]))
      return true;
  return false;
}

bool sema_has_data(SemaStmt *st, const TppcAstExpr *ref) {
  for (int i = 0; ref->kind == TPPC_EXPR_REF && i < ref->args.n; i++)
    if (sema_is_data(st, ref->args.data[i]))
      return true;
  return false;
}

bool sema_has_bound(int n_idx, const TppcExpr *const *idx) {
  for (int i = 0; i < n_idx; i++)
    if (tppc_e_has_bound(idx[i]))
      return true;
  return false;
}

/* ---- the value ---- */

static bool no_colons(const TppcAstExpr *e) {
  for (int i = 0; i < e->args.n; i++)
    if (e->args.data[i]->kind == TPPC_EXPR_COLON || !no_colons(e->args.data[i]))
      return false;
  return true;
}

static TppcValue *element(SemaStmt *st, const Sym *whose, const TppcAstExpr *e) {
  Sema *s = st->s;
  const Sym *sym = data_sym(st, e);
  if (!sym) {
    sema_unknown(s, st->k, st->nest, e->name);
    return NULL;
  }
  int elem = sym->kind == SYM_TEMP ? sema_settle(sym->code) : sym->value->type->elem;
  if (!tppc_elem_is_int(elem) || !no_colons(e)) {
    SEMA_ERROR(s, data_index, e->span, sema_text(s, e));
    if (!tppc_elem_is_int(elem))
      tppc_diag_note(s->cx->diags, sym->name.span, "the elements of '%s' are %s", sym->name.text,
                     tppc_elem_name(elem));
    return NULL;
  }
  if (sym == whose) { /* the target would be read while it is written */
    SEMA_ERROR(s, aliasing_read, e->span, sym->name.text);
    return NULL;
  }
  return sema_as(st, sema_value(st, e), TPP_I64, e->span);
}

static TppcElt operation(const TppcAstExpr *e) {
  if (e->kind == TPPC_EXPR_NEG)
    return TPPC_ELT_NEG;
  if (e->kind != TPPC_EXPR_BINARY)
    return TPPC_ELT_NONE;
  return e->op == TPPC_AST_ADD   ? TPPC_ELT_ADD
         : e->op == TPPC_AST_SUB ? TPPC_ELT_SUB
         : e->op == TPPC_AST_MUL ? TPPC_ELT_MUL
                                 : TPPC_ELT_NONE;
}

/* In 64-bit integers, whatever the tensors have; what wraps is out of range or means an element. */
static TppcValue *data_value(SemaStmt *st, const Sym *whose, const TppcAstExpr *e) {
  if (!sema_is_data(st, e))
    return sema_as(st, (SemaVal){CODE_INDEX, NULL, e}, TPP_I64, e->span);
  if (e->kind == TPPC_EXPR_REF || e->kind == TPPC_EXPR_NAME)
    return element(st, whose, e);
  TppcElt elt = operation(e);
  TppcValue *args[2] = {NULL, NULL};
  if (elt == TPPC_ELT_NONE) {
    SEMA_ERROR(st->s, data_index, e->span, sema_text(st->s, e));
    return NULL;
  }
  for (int i = 0; i < e->args.n; i++)
    if (!(args[i] = data_value(st, whose, e->args.data[i])))
      return NULL;
  TppcValue *v = sema_emit(st, TPPC_OP_ELT, TPP_I64, e->span);
  v->def->elt = elt;
  for (int i = 0; i < e->args.n; i++)
    tppc_op_add_use(st->s->cx, v->def, args[i], 0, NULL, e->span);
  return v;
}

/* ---- the symbol ---- */

static const TppcExpr *same_bind(const SemaStmt *st, const TppcValue *v, const TppcExpr *lo,
                                 const TppcExpr *hi) {
  for (const TppcOp *op = st->region->first; op; op = op->next)
    if (op->kind == TPPC_OP_BIND && op->uses[0].value == v && op->dims[0].lo == lo &&
        op->dims[0].hi == hi)
      return tppc_e_sym(st->s->cx, op->dims[0].sym);
  return NULL;
}

/* The conversion of a value to i64, made once in a region. */
static TppcValue *first_convert(const SemaStmt *st, TppcValue *v) {
  const TppcOp *def = v->def;
  for (const TppcOp *op = st->region->first; op && op != def; op = op->next)
    if (def && def->kind == TPPC_OP_CONVERT && op->kind == TPPC_OP_CONVERT &&
        op->uses[0].value == def->uses[0].value && op->results[0]->type == v->type)
      return op->results[0];
  return v;
}

const TppcExpr *sema_data_index(SemaStmt *st, const Sym *sym, int dim, const TppcAstExpr *e,
                                bool write) {
  TppcContext *cx = st->s->cx;
  const TppcType *t = sym->value->type;
  TppcValue *v = data_value(st, write ? sym : NULL, e);
  if (!v)
    return NULL;
  v = first_convert(st, v);
  const TppcExpr *pad = t->pad ? t->pad[dim] : tppc_e_int(cx, 0);
  const TppcExpr *lo = tppc_e_sub(cx, tppc_e_int(cx, 0), pad);
  const TppcExpr *hi = tppc_e_add(cx, t->dims[dim], pad);
  const TppcExpr *known = same_bind(st, v, lo, hi);
  if (known)
    return known;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_BIND, e->span);
  tppc_op_add_use(cx, op, v, 0, NULL, e->span);
  const char *name = tppc_internf(cx->names, "$g%d", st->k->n_bound++);
  tppc_op_add_dim(cx, op, name, lo, hi, tppc_e_int(cx, 1), e->span);
  tppc_op_append(st->region, op);
  return tppc_e_sym(cx, name);
}

/* ---- operands of products ---- */

/* A statement that ranges over what `e` has, its own region. */
static SemaStmt side_statement(SemaStmt *st, const TppcAstExpr *e) {
  SemaStmt side = {.nest = st->nest, .k = st->k, .s = st->s};
  side.op = tppc_op_new(st->s->cx, TPPC_OP_STMT, e->span);
  side.region = &side.op->regions[0];
  sema_mark_letters(&side, e);
  return side;
}

/* Colons of one number have equal extents. */
static bool same_colon(SemaStmt *st, const SemaStmt *side, int c) {
  Sema *s = st->s;
  const TppcExpr *have = st->colons.extent[c - 1], *e = side->colons.extent[c - 1];
  if (!have)
    return true;
  const char *text =
      tppc_sprintf(s->cx->arena, "%s == %s", sema_expr_text(s, have), sema_expr_text(s, e));
  if (sema_check_equal(st->k, have, e, "promise", text, side->colons.span[c - 1]))
    return true;
  SEMA_ERROR(s, shape_mismatch, side->colons.span[c - 1], side->colons.whose[c - 1],
             sema_expr_text(s, sema_known(st->k, e)), st->colons.whose[c - 1],
             sema_expr_text(s, sema_known(st->k, have)));
  return false;
}

/* Letters and colons of `side` as the index of a temporary; they become letters of st too. -1 after
 * an error. */
static int letters_as_index(SemaStmt *st, const SemaStmt *side, const TppcExpr **extents,
                            const TppcExpr **idx) {
  TppcContext *cx = st->s->cx;
  int rank = 0;
  for (int i = 0; i < st->nest->n_loops; i++) {
    if (!side->used[i])
      continue;
    extents[rank] = st->nest->loops[i].extent;
    idx[rank++] = st->nest->loops[i].expr;
    if (!st->used[i])
      st->used_span[i] = side->used_span[i];
    st->used[i] = true;
  }
  for (int c = side->colons.n; c > 0; c--) {
    if (!side->colons.extent[c - 1])
      continue;
    extents[rank] = side->colons.extent[c - 1];
    idx[rank++] = tppc_e_sym(cx, tppc_internf(cx->names, "$%d", c));
    if (st->colons.n < c)
      st->colons.n = c;
    if (!same_colon(st, side, c))
      return -1;
    st->colons.extent[c - 1] = side->colons.extent[c - 1];
    st->colons.span[c - 1] = side->colons.span[c - 1];
    st->colons.whose[c - 1] = side->colons.whose[c - 1];
  }
  return rank;
}

static TppcValue *side_temp(SemaStmt *st, int elem, int rank, const TppcExpr *const *extents,
                            TppcSpan span) {
  const char *stem = tppc_sprintf(st->s->cx->arena, "$t%d", st->k->n_temps++);
  return sema_new_temp(st->nest, stem, tppc_t_tensor(st->s->cx, elem, rank, extents), span);
}

bool sema_gather_operand(SemaStmt *st, Sym *sym, const TppcAstExpr *e, SemaOperand *out) {
  TppcContext *cx = st->s->cx;
  SemaStmt side = side_statement(st, e);
  TppcValue *v = sema_value(&side, e).value;
  if (!v)
    return false;
  const TppcExpr *extents[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
  out->idx = TPPC_NEW_N(cx->arena, const TppcExpr *, SEMA_MAX_LOOPS + SEMA_MAX_COLONS);
  out->rank = letters_as_index(st, &side, extents, out->idx);
  if (out->rank < 0)
    return false;
  int elem = sym->value->type->elem;
  elem = tppc_elem_bits(elem) < 8 ? TPP_I8 : elem;
  out->value = side_temp(st, elem, out->rank, extents, e->span);
  sema_emit_store(&side, v, out->value, out->rank, out->idx, TPPC_SET, 0, e->span);
  sema_set_dims(&side, side.op);
  tppc_op_append(&st->nest->op->regions[0], side.op);
  return true;
}

bool sema_scatter_begin(SemaStmt *st, Sym *sym, const TppcAstStmt *stmt, SemaStmt *side) {
  *side = side_statement(st, stmt->target);
  side->op->span = stmt->span;
  return sema_left_side_first(side, sym, stmt);
}

TppcValue *sema_scatter_temp(SemaStmt *st, const SemaStmt *side, int elem, TppcSpan span, int *rank,
                             const TppcExpr **idx) {
  const TppcExpr *extents[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
  *rank = letters_as_index(st, side, extents, idx);
  if (*rank < 0)
    return NULL;
  return side_temp(st, elem, *rank, extents, span);
}

void sema_scatter_end(SemaStmt *side, TppcValue *temp, int rank, const TppcExpr *const *idx,
                      TppcSpan span) {
  TppcContext *cx = side->s->cx;
  TppcValue *v = sema_emit(side, TPPC_OP_LOAD, temp->type->elem, span);
  tppc_op_add_use(cx, v->def, temp, rank, idx, span);
  int elem = side->target->value->type->elem;
  v = sema_as(side, (SemaVal){temp->type->elem, v, NULL}, tppc_elem_accumulator(elem), span);
  sema_emit_store(side, v, side->target->value, side->n_idx, side->idx, TPPC_ADD, 0, span);
  sema_set_dims(side, side->op);
  tppc_op_append(&side->nest->op->regions[0], side->op);
}
