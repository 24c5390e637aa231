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

/* Rows of ops.def that the language writes with an argument in angle brackets. */
static const struct {
  const char *name, *argument, *mnemonic;
} templates[] = {{"sround", "bf16", "sround"},          {"sround", "f16", "sround_f16"},
                 {"ktanh", "fine", "ktanh_fine"},       {"ksigmoid", "fine", "ksigmoid_fine"},
                 {"kswish", "fine", "kswish_fine"},     {"kgelu", "fine", "kgelu_fine"},
                 {"sround", "an integer", "sround_int"}};

static bool is_template(const char *mnemonic) {
  for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
    if (strcmp(templates[i].mnemonic, mnemonic) == 0)
      return true;
  return false;
}

int sema_sround_integer(const TppcAstExpr *e) {
  if (e->kind != TPPC_EXPR_CALL || !e->targ.text || strcmp(e->name.text, "sround") != 0)
    return 0;
  int elem = tppc_elem_by_name(e->targ.text);
  bool integer = elem && !tppc_elem_is_float(elem) && elem != TPP_BIT && elem != TPP_TERNARY;
  return integer ? elem : 0;
}

const TppcEltInfo *sema_elt(const TppcAstExpr *e) {
  const char *name = e->name.text;
  if (!e->targ.text)
    return is_template(name) ? NULL : tppc_elt_by_name(name);
  if (sema_sround_integer(e))
    return tppc_elt_info(TPPC_ELT_SROUND_INT);
  for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
    if (strcmp(templates[i].name, name) == 0 && strcmp(templates[i].argument, e->targ.text) == 0)
      return tppc_elt_by_name(templates[i].mnemonic);
  return NULL;
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

static TppcValue *emit_elt(SemaStmt *st, TppcElt elt, int elem, int n, TppcValue *const *args,
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

static TppcValue *lazy_int(SemaStmt *st, const TppcAstExpr *e, int elem, TppcSpan span);
static TppcElt arithmetic(TppcAstOp op);

/* As arithmetic of i64 values, where x / 0 is 0. */
static TppcValue *point_int(SemaStmt *st, const TppcAstExpr *e, int elem, TppcSpan span) {
  TppcValue *args[2] = {NULL, NULL};
  for (int i = 0; i < e->args.n && i < 2; i++)
    if (!(args[i] = lazy_int(st, e->args.data[i], TPP_I64, e->args.data[i]->span)))
      return NULL;
  TppcElt elt = e->kind == TPPC_EXPR_NEG ? TPPC_ELT_NEG : arithmetic(e->op);
  TppcValue *v = emit_elt(st, elt, TPP_I64, e->args.n, args, span);
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
    return emit_elt(st, TPPC_ELT_NEG, elem, 1, &v, e->span);
  }
  TppcValue *args[2] = {lazy_float(st, first, elem), NULL};
  args[1] = args[0] ? lazy_float(st, e->args.data[1], elem) : NULL;
  return emit_elt(st, arithmetic(e->op), elem, 2, args, e->span);
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

static SemaVal typed(TppcValue *v) {
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
  return idx ? typed(load(st, sym, 0, idx, true, e->span)) : failed;
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
  return idx ? typed(load(st, sym, e->args.n, idx, since, e->span)) : failed;
}

/* ---- sum, max, min, prod of one argument ---- */

static SemaVal reduce_value(SemaStmt *st, const TppcAstExpr *e, TppcUpdate update) {
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
  return typed(load_value(st, temp, rank, idx, e->span));
}

/* ---- calls of TPPs ---- */

static bool is_reduction(const char *name, TppcUpdate *update) {
  static const struct {
    const char *name;
    TppcUpdate update;
  } rows[] = {
#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def)
#define CONTRACT(num, id, mnemonic, def)
#define REDUCE(num, id, mnemonic, op, identity, def) {mnemonic, TPPC_UPDATE_##id},
#define TPPC_UPDATE_SUM                              TPPC_ADD
#define TPPC_UPDATE_RMAX                             TPPC_MAX
#define TPPC_UPDATE_RMIN                             TPPC_MIN
#define TPPC_UPDATE_PROD                             TPPC_MUL
#include "tpp/ops.def"
#undef ELTWISE
#undef CONTRACT
#undef REDUCE
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].name, name) == 0) {
      *update = rows[i].update;
      return true;
    }
  return false;
}

static void unknown_tpp(Sema *s, TppcAstName name) {
  const char *best = NULL;
  int best_distance = strlen(name.text) < 4 ? 2 : 3;
  SEMA_ERROR(s, unknown_tpp, name.span, name.text);
  if (strcmp(name.text, "if") == 0) {
    tppc_diag_help(s->cx->diags, "write select(condition, a, b)");
    return;
  }
  for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
    if (strcmp(name.text, templates[i].mnemonic) == 0) {
      tppc_diag_help(s->cx->diags, "write %s<%s>(...)", templates[i].name, templates[i].argument);
      return;
    }
  for (int i = 0; tppc_elt_at(i); i++) {
    const char *mnemonic = tppc_elt_at(i)->mnemonic;
    int distance = tppc_edit_distance(name.text, mnemonic);
    if (distance < best_distance && !is_template(mnemonic)) {
      best = mnemonic;
      best_distance = distance;
    }
  }
  if (best) {
    tppc_diag_help(s->cx->diags, "did you mean '%s'?", best);
    tppc_diag_fixit(s->cx->diags, name.span, best);
  }
}

static SemaVal convert_value(SemaStmt *st, const TppcAstExpr *e, SemaVal v) {
  int elem = tppc_elem_by_name(e->targ.text);
  if (!elem || elem == TPP_TERNARY) {
    SEMA_ERROR(st->s, template_argument, e->targ.span, e->name.text, e->targ.text);
    return failed;
  }
  int compute = tppc_elem_compute(elem), from = sema_settle(v.code);
  if (elem == compute) {
    TppcValue *same = sema_as(st, v, elem, e->span);
    return same ? (SemaVal){elem, same, NULL} : failed; /* a scalar parameter keeps its own type */
  }
  /* Rounding stays among floats, or among integers. Integers become floats by way of f64, which is
   * exact; floats become small integers by way of i32, which rounds and saturates no differently.
   * Constants, sizes, and letters are what they would be when stored. */
  if (!tppc_elem_is_float(elem))
    from = TPP_I32;
  else if (!tppc_elem_is_float(from))
    from = v.code < 0 ? compute : TPP_F64;
  TppcValue *value = sema_as(st, v, from, e->span);
  if (!value)
    return failed;
  TppcValue *rounded = sema_emit(st, TPPC_OP_ROUND, from, e->span);
  tppc_set_word(st->s->cx, rounded->def, "to", tppc_elem_name(elem));
  add_operand(st, rounded, value, e->span);
  return typed(sema_as(st, typed(rounded), compute, e->span));
}

/* The condition of a select: a bit, or an integer that is not 0. */
static TppcValue *condition(SemaStmt *st, SemaVal v, TppcSpan span) {
  if (v.code == TPP_BIT)
    return v.value;
  if (v.code == TPP_F32 || v.code == TPP_F64 || v.code == CODE_NUMBER) {
    SEMA_ERROR(st->s, condition_type, span);
    return NULL;
  }
  int elem = sema_settle(v.code);
  TppcValue *args[2] = {sema_as(st, v, elem, span), NULL};
  args[1] = args[0] ? sema_const_value(st, elem, 0, 0, span) : NULL;
  return emit_elt(st, TPPC_ELT_NE, TPP_BIT, 2, args, span);
}

static int join_values(const SemaVal *v, int from, int n) {
  int code = v[from].code;
  for (int i = from + 1; i < n; i++)
    code = sema_join(code, v[i].code);
  return code;
}

static int number_elem(int code) {
  return sema_sum_elem(sema_settle(code));
}

static bool is_float_code(int code) {
  return code == TPP_F32 || code == TPP_F64 || code == CODE_NUMBER;
}

static bool want_integers(SemaStmt *st, const TppcEltInfo *info, const SemaVal *v, int from,
                          const TppcAstExpr *const *at) {
  for (int i = from; i < info->arity; i++)
    if (is_float_code(v[i].code)) {
      SEMA_ERROR(st->s, integer_operand, at[i]->span, info->mnemonic);
      return false;
    }
  return true;
}

static SemaVal elt_value(SemaStmt *st, const TppcEltInfo *info, SemaVal *v,
                         const TppcAstExpr *const *at, TppcSpan span) {
  TppcValue *args[3] = {NULL, NULL, NULL};
  int from = 0, elem = 0, result = 0;
  for (int i = 0; i < info->arity; i++)
    if (v[i].code == CODE_ERROR)
      return failed;
  switch (info->types) {
  case TPPC_TYPES_FLT:
    elem = result = join_values(v, 0, info->arity) == TPP_F64 ? TPP_F64 : TPP_F32;
    break;
  case TPPC_TYPES_NUM:
    elem = result = number_elem(join_values(v, 0, info->arity));
    break;
  case TPPC_TYPES_CMP:
    elem = number_elem(join_values(v, 0, info->arity));
    result = TPP_BIT;
    break;
  case TPPC_TYPES_SEL:
    from = 1;
    args[0] = condition(st, v[0], at[0]->span);
    elem = v[1].code == TPP_BIT && v[2].code == TPP_BIT
               ? TPP_BIT
               : sema_settle(sema_join(v[1].code, v[2].code));
    result = elem;
    break;
  case TPPC_TYPES_RNG:
    elem = TPP_I64;
    result = TPP_F32;
    if (!want_integers(st, info, v, 0, at))
      return failed;
    break;
  case TPPC_TYPES_INT:
    if (!want_integers(st, info, v, 0, at))
      return failed;
    elem = result = number_elem(join_values(v, 0, info->arity));
    break;
  case TPPC_TYPES_ZIP:
    if (!want_integers(st, info, v, 1, at))
      return failed;
    from = 1;
    args[0] = sema_as(st, v[0], TPP_F32, at[0]->span);
    elem = number_elem(join_values(v, 1, info->arity));
    result = TPP_F32;
    break;
  case TPPC_TYPES_LOW:
    elem = TPP_F32;
    result = TPP_I32;
    break;
  }
  for (int i = from; i < info->arity; i++)
    args[i] = sema_as(st, v[i], elem, at[i]->span);
  return typed(emit_elt(st, info->elt, result, info->arity, args, span));
}

static SemaVal template_value(SemaStmt *st, const TppcAstExpr *e) {
  Sema *s = st->s;
  if (strcmp(e->name.text, "convert") != 0) {
    SEMA_ERROR(s, template_argument, e->targ.span, e->name.text, e->targ.text);
    return failed;
  }
  if (e->args.n != 1) {
    SEMA_ERROR(s, operand_count, e->span, "convert", 1, e->args.n);
    return failed;
  }
  SemaVal v = sema_value(st, e->args.data[0]);
  return v.code == CODE_ERROR ? failed : convert_value(st, e, v);
}

static SemaVal call_value(SemaStmt *st, const TppcAstExpr *e) {
  Sema *s = st->s;
  TppcUpdate update;
  SemaVal v[3];
  if (sema_is_brgemm(e)) {
    SEMA_ERROR(s, brgemm_position, e->span);
    return failed;
  }
  const TppcEltInfo *info = sema_elt(e);
  if (e->targ.text && !info)
    return template_value(st, e);
  if (e->args.n == 1 && is_reduction(e->name.text, &update))
    return reduce_value(st, e, update);
  if (!info) {
    if (is_reduction(e->name.text, &update))
      SEMA_ERROR(s, operand_count, e->span, e->name.text, 1, e->args.n);
    else
      unknown_tpp(s, e->name);
    return failed;
  }
  if (e->args.n != info->arity) {
    SEMA_ERROR(s, operand_count, e->span, info->mnemonic, info->arity, e->args.n);
    return failed;
  }
  for (int i = 0; i < info->arity; i++)
    v[i] = sema_value(st, e->args.data[i]);
  SemaVal r = elt_value(st, info, v, (const TppcAstExpr *const *)e->args.data, e->span);
  return sema_sround_integer(e) && r.code != CODE_ERROR ? convert_value(st, e, r) : r;
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
  return elt_value(st, tppc_elt_info(elt), v, (const TppcAstExpr *const *)e->args.data, e->span);
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
    return call_value(st, e);
  case TPPC_EXPR_COLON:
    break;
  }
  SEMA_ERROR(st->s, syntax, e->span, "':' stands in brackets only");
  return failed;
}
