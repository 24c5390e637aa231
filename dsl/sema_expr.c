/* Expressions of statements, as ops of the statement's region.
 *
 * sum(e) and its like become a temporary and a statement of their own before the one that uses
 * them, so what remains computes one point. Expressions of constants, sizes, and letters are made
 * when the type that they meet is known (see sema_typing.c).
 */
#include "dsl/sema.h"

#include <math.h>
#include <string.h>

static const SemaVal failed = {CODE_ERROR, NULL, NULL};

bool sema_is_brgemm(const TppcAstExpr *e) {
  return e->kind == TPPC_EXPR_CALL && strcmp(e->name.text, "brgemm") == 0;
}

/* ---- ops ---- */

TppcValue *sema_emit(SemaStmt *st, TppcOpKind kind, int elem, TppcSpan span) {
  TppcContext *cx = st->s->cx;
  TppcOp *op = tppc_op_new(cx, kind, span);
  const char *name = tppc_internf(cx->names, "%d", st->k->n_values++);
  tppc_op_append(st->region, op);
  return tppc_op_add_result(cx, op, tppc_t_scalar(cx, elem), name);
}

static void add_operand(SemaStmt *st, TppcValue *result, TppcValue *operand, TppcSpan span) {
  tppc_op_add_use(st->s->cx, result->def, operand, 0, NULL, span);
}

TppcValue *sema_emit_elt(SemaStmt *st, TppcElt elt, int elem, int n, TppcValue *const *args,
                         TppcSpan span) {
  for (int i = 0; i < n; i++)
    if (!args[i])
      return NULL;
  TppcValue *v = sema_emit(st, TPPC_OP_ELT, elem, span);
  v->def->elt = elt;
  for (int i = 0; i < n; i++)
    add_operand(st, v, args[i], span);
  return v;
}

static void set_number(TppcContext *cx, TppcOp *op, const char *key, bool is_float, int64_t i,
                       double f) {
  TppcAttr *attr = tppc_set_list(cx, op, key);
  attr->kind = is_float ? TPPC_A_FLOAT : TPPC_A_INT;
  attr->i = i;
  attr->f = f;
}

TppcValue *sema_const_value(SemaStmt *st, int elem, int64_t i, double f, TppcSpan span) {
  TppcValue *v = sema_emit(st, TPPC_OP_CONST, elem, span);
  bool is_float = tppc_elem_is_float(elem);
  set_number(st->s->cx, v->def, "value", is_float, i, elem == TPP_F32 ? (double)(float)f : f);
  return v;
}

void sema_emit_store(SemaStmt *st, TppcValue *v, TppcValue *tensor, int n_idx,
                     const TppcExpr *const *idx, TppcUpdate update, int init, TppcSpan span) {
  static const char *const words[] = {"set", "add", "max", "min", "mul"}; /* ORDER: TppcUpdate */
  TppcContext *cx = st->s->cx;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_STORE, span);
  tppc_op_append(st->region, op);
  tppc_op_add_use(cx, op, v, 0, NULL, span);
  tppc_op_add_use(cx, op, tensor, n_idx, idx, span);
  tppc_set_word(cx, op, "update", words[update]);
  if (update != TPPC_SET)
    tppc_set_int(cx, op, "init", init);
}

static bool same_index(const TppcUse *use, int n_idx, const TppcExpr *const *idx) {
  if (use->n_idx != n_idx)
    return false;
  for (int i = 0; i < n_idx; i++)
    if (use->idx[i] != idx[i])
      return false;
  return true;
}

static TppcValue *load_value(SemaStmt *st, TppcValue *tensor, int n_idx, const TppcExpr *const *idx,
                             TppcSpan span) {
  for (TppcOp *op = st->region->first; op; op = op->next)
    if (op->kind == TPPC_OP_LOAD && op->uses[0].value == tensor &&
        same_index(&op->uses[0], n_idx, idx))
      return op->results[0];
  TppcValue *v = sema_emit(st, TPPC_OP_LOAD, tppc_elem_compute(tensor->type->elem), span);
  tppc_op_add_use(st->s->cx, v->def, tensor, n_idx, idx, span);
  return v;
}

/* since: whether sym had been read since its last write before this load. */
static TppcValue *load(SemaStmt *st, Sym *sym, int n_idx, const TppcExpr *const *idx, bool since,
                       TppcSpan span) {
  Sema *s = st->s;
  if (st->target == sym) {
    bool same = st->n_idx == n_idx && !sema_has_bound(n_idx, idx);
    for (int i = 0; same && i < n_idx; i++)
      same = st->idx[i] == idx[i];
    if (!same && !sema_apart(st, st->idx, idx, n_idx)) {
      SEMA_ERROR(s, aliasing_read, span, sym->name.text);
      return NULL;
    }
    if (!same)
      sym->read_since = since; /* of what the statement writes, nothing */
  }
  if (!sema_sparse_access(st, sym, idx, span))
    return NULL;
  return load_value(st, sym->value, n_idx, idx, span);
}

/* ---- constants, sizes, letters ---- */

static bool divides(const TppcAstExpr *e) {
  if (e->kind == TPPC_EXPR_FLOAT || e->kind == TPPC_EXPR_INF)
    return true;
  if (e->kind == TPPC_EXPR_BINARY && e->op == TPPC_AST_DIV)
    return true;
  for (int i = 0; i < e->args.n; i++)
    if (divides(e->args.data[i]))
      return true;
  return false;
}

/* Does a divisor change from point to point? Then the entry point cannot ask that it be positive.
 */
static bool divides_by_letter(SemaStmt *st, const TppcAstExpr *e, bool in_divisor) {
  if (e->kind == TPPC_EXPR_NAME && in_divisor) {
    Sym *sym = sema_find(st->s, st->k, st->nest, e->name.text);
    return sym && (sym->kind == SYM_LETTER || sym->kind == SYM_SEQ);
  }
  for (int i = 0; i < e->args.n; i++) {
    bool divisor = e->kind == TPPC_EXPR_BINARY && e->op == TPPC_AST_DIV && i == 1;
    if (divides_by_letter(st, e->args.data[i], in_divisor || divisor))
      return true;
  }
  return false;
}

static TppcElt arithmetic(TppcAstOp op) {
  switch (op) {
  case TPPC_AST_ADD:
    return TPPC_ELT_ADD;
  case TPPC_AST_SUB:
    return TPPC_ELT_SUB;
  case TPPC_AST_MUL:
    return TPPC_ELT_MUL;
  case TPPC_AST_DIV:
    return TPPC_ELT_DIV;
  case TPPC_AST_LT:
    return TPPC_ELT_LT;
  case TPPC_AST_LE:
    return TPPC_ELT_LE;
  case TPPC_AST_GT:
    return TPPC_ELT_GT;
  case TPPC_AST_GE:
    return TPPC_ELT_GE;
  case TPPC_AST_EQ:
    return TPPC_ELT_EQ;
  case TPPC_AST_NE:
    return TPPC_ELT_NE;
  case TPPC_AST_MOD:
    break;
  }
  return TPPC_ELT_NONE;
}

static TppcValue *lazy_int(SemaStmt *st, const TppcAstExpr *e, int elem, TppcSpan span);

/* As arithmetic of i64 values, where x / 0 is 0. */
static TppcValue *point_int(SemaStmt *st, const TppcAstExpr *e, int elem, TppcSpan span) {
  TppcValue *args[2] = {NULL, NULL};
  for (int i = 0; i < e->args.n && i < 2; i++)
    if (!(args[i] = lazy_int(st, e->args.data[i], TPP_I64, e->args.data[i]->span)))
      return NULL;
  TppcElt elt = e->kind == TPPC_EXPR_NEG ? TPPC_ELT_NEG : arithmetic(e->op);
  TppcValue *v = sema_emit_elt(st, elt, TPP_I64, e->args.n, args, span);
  return sema_as(st, (SemaVal){TPP_I64, v, NULL}, elem, span);
}

static TppcValue *lazy_int(SemaStmt *st, const TppcAstExpr *e, int elem, TppcSpan span) {
  if (divides_by_letter(st, e, false))
    return point_int(st, e, elem, span);
  const TppcExpr *x = sema_int(st->s, st->k, st, e);
  int64_t v;
  if (!x)
    return NULL;
  if (tppc_e_const(x, &v)) {
    if (elem == TPP_I32 && (v > INT32_MAX || v < INT32_MIN)) {
      SEMA_ERROR(st->s, number_range, e->span, sema_expr_text(st->s, x), "32-bit integer");
      return NULL;
    }
    if (elem == TPP_BIT)
      v = v > 0;
    return sema_const_value(st, elem, v, (double)v, span);
  }
  TppcValue *index = sema_emit(st, TPPC_OP_INDEX, TPP_I64, span);
  tppc_set_expr(st->s->cx, index->def, "value", x);
  return sema_as(st, (SemaVal){TPP_I64, index, NULL}, elem, span);
}

/* Integers stay exact up to a division: B * H * W is converted once. */
static TppcValue *lazy_float(SemaStmt *st, const TppcAstExpr *e, int elem) {
  if (!divides(e))
    return lazy_int(st, e, elem, e->span);
  if (e->kind == TPPC_EXPR_FLOAT)
    return sema_const_value(st, elem, 0, e->f, e->span);
  if (e->kind == TPPC_EXPR_INF)
    return sema_const_value(st, elem, 0, HUGE_VAL, e->span);
  const TppcAstExpr *first = e->args.data[0];
  if (e->kind == TPPC_EXPR_NEG) {
    if (first->kind == TPPC_EXPR_FLOAT || first->kind == TPPC_EXPR_INF)
      return sema_const_value(st, elem, 0, first->kind == TPPC_EXPR_INF ? -HUGE_VAL : -first->f,
                              e->span);
    TppcValue *v = lazy_float(st, first, elem);
    return sema_emit_elt(st, TPPC_ELT_NEG, elem, 1, &v, e->span);
  }
  TppcValue *args[2] = {lazy_float(st, first, elem), NULL};
  args[1] = args[0] ? lazy_float(st, e->args.data[1], elem) : NULL;
  return sema_emit_elt(st, arithmetic(e->op), elem, 2, args, e->span);
}

TppcValue *sema_as(SemaStmt *st, SemaVal v, int elem, TppcSpan span) {
  if (v.code == CODE_ERROR)
    return NULL;
  if (v.code < 0) {
    if (tppc_elem_is_float(elem))
      return lazy_float(st, v.ast, elem);
    if (v.code != CODE_NUMBER)
      return lazy_int(st, v.ast, elem, v.ast->span);
    v = (SemaVal){TPP_F32, lazy_float(st, v.ast, TPP_F32), NULL};
  }
  if (v.code == elem || !v.value)
    return v.value;
  TppcValue *converted = sema_emit(st, TPPC_OP_CONVERT, elem, span);
  add_operand(st, converted, v.value, span);
  return converted;
}

SemaVal sema_typed(TppcValue *v) {
  return v ? (SemaVal){v->type->elem, v, NULL} : failed;
}

/* ---- names and references ---- */

static SemaVal name_value(SemaStmt *st, const TppcAstExpr *e) {
  Sema *s = st->s;
  Sym *sym = sema_find(s, st->k, st->nest, e->name.text);
  if (!sym) {
    sema_unknown(s, st->k, st->nest, e->name);
    return failed;
  }
  switch (sym->kind) {
  case SYM_CONST:
  case SYM_SIZE:
  case SYM_LETTER:
  case SYM_SEQ:
    return (SemaVal){sym->kind == SYM_CONST ? CODE_LITERAL : CODE_INDEX, NULL, e};
  case SYM_SCALAR:
    return (SemaVal){tppc_elem_compute(sym->value->type->elem), sym->value, NULL};
  case SYM_TENSOR:
  case SYM_TEMP:
    break;
  }
  const TppcExpr **idx = sema_note_read(st, sym, e->span) ? sema_index(st, sym, e, false) : NULL;
  return idx ? sema_typed(load(st, sym, 0, idx, true, e->span)) : failed;
}

static SemaVal ref_value(SemaStmt *st, const TppcAstExpr *e) {
  Sema *s = st->s;
  Sym *sym = sema_find(s, st->k, st->nest, e->name.text);
  if (!sym) {
    sema_unknown(s, st->k, st->nest, e->name);
    return failed;
  }
  if (sym->kind != SYM_TENSOR && sym->kind != SYM_TEMP) {
    SEMA_ERROR(s, rank_mismatch, e->span, e->name.text, 0, e->args.n);
    return failed;
  }
  bool since = sym->read_since;
  const TppcExpr **idx = sema_note_read(st, sym, e->span) ? sema_index(st, sym, e, false) : NULL;
  return idx ? sema_typed(load(st, sym, e->args.n, idx, since, e->span)) : failed;
}

/* ---- sum, max, min, prod of one argument ---- */

SemaVal sema_reduce(SemaStmt *st, const TppcAstExpr *e, TppcUpdate update) {
  Sema *s = st->s;
  TppcContext *cx = s->cx;
  SemaStmt child = {.nest = st->nest, .k = st->k, .s = s};
  child.op = tppc_op_new(cx, TPPC_OP_STMT, e->span);
  child.region = &child.op->regions[0];
  sema_mark_letters(&child, e->args.data[0]);
  SemaVal v = sema_value(&child, e->args.data[0]);
  if (v.code == CODE_ERROR)
    return failed;
  if (!child.colons.n) {
    SEMA_ERROR(s, reduces_nothing, e->span, e->name.text);
    return failed;
  }
  int elem = sema_sum_elem(sema_settle(v.code));
  if (!child.pattern && st->pattern) {
    child.pattern = st->pattern;
    child.pattern_idx[0] = st->pattern_idx[0];
    child.pattern_idx[1] = st->pattern_idx[1];
    child.pattern_span = st->pattern_span;
  }
  TppcValue *value = sema_as(&child, v, elem, e->span);
  const TppcExpr *extents[SEMA_MAX_LOOPS], *idx[SEMA_MAX_LOOPS];
  int rank = 0;
  for (int i = 0; i < st->nest->n_loops; i++) {
    if (!child.used[i])
      continue;
    extents[rank] = st->nest->loops[i].extent;
    idx[rank++] = st->nest->loops[i].expr;
    if (!st->used[i])
      st->used_span[i] = child.used_span[i];
    st->used[i] = true;
  }
  if (!value)
    return failed;
  const char *stem = tppc_sprintf(cx->arena, "$t%d", st->k->n_temps++);
  TppcValue *temp = sema_new_temp(st->nest, stem, tppc_t_tensor(cx, elem, rank, extents), e->span);
  sema_emit_store(&child, value, temp, rank, idx, update, 1, e->span);
  sema_set_dims(&child, child.op);
  tppc_op_append(&st->nest->op->regions[0], child.op);
  return sema_typed(load_value(st, temp, rank, idx, e->span));
}

/* ---- all ---- */

static SemaVal operator_value(SemaStmt *st, const TppcAstExpr *e) {
  SemaVal v[2] = {sema_value(st, e->args.data[0]), {0}};
  int n = e->args.n;
  if (n == 2)
    v[1] = sema_value(st, e->args.data[1]);
  if (v[0].code == CODE_ERROR || (n == 2 && v[1].code == CODE_ERROR))
    return failed;
  bool compares = e->kind == TPPC_EXPR_BINARY && e->op >= TPPC_AST_LT;
  int code = n == 2 ? sema_join(v[0].code, v[1].code) : v[0].code;
  if (code < 0 && !compares)
    return (SemaVal){code, NULL, e};
  TppcElt elt = e->kind == TPPC_EXPR_NEG ? TPPC_ELT_NEG : arithmetic(e->op);
  return sema_apply(st, tppc_elt_info(elt), v, (const TppcAstExpr *const *)e->args.data, e->span);
}

SemaVal sema_value(SemaStmt *st, const TppcAstExpr *e) {
  switch (e->kind) {
  case TPPC_EXPR_INT:
    return (SemaVal){e->i <= INT32_MAX ? CODE_LITERAL : CODE_INDEX, NULL, e};
  case TPPC_EXPR_FLOAT:
  case TPPC_EXPR_INF:
    return (SemaVal){CODE_NUMBER, NULL, e};
  case TPPC_EXPR_NAME:
    return name_value(st, e);
  case TPPC_EXPR_REF:
    return ref_value(st, e);
  case TPPC_EXPR_NEG:
  case TPPC_EXPR_BINARY:
    return operator_value(st, e);
  case TPPC_EXPR_CALL:
    return sema_tpp(st, e);
  case TPPC_EXPR_COLON:
    break;
  }
  SEMA_ERROR(st->s, syntax, e->span, "':' stands in brackets only");
  return failed;
}
