/* Calls of TPPs in expressions: which row of ops.def a call names, and how its operands are
 * converted.
 */
#include "dsl/sema.h"

#include <string.h>

static const SemaVal failed = {CODE_ERROR, NULL, NULL};

/* ---- rows ---- */

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

/* ---- operands ---- */

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
  return sema_emit_elt(st, TPPC_ELT_NE, TPP_BIT, 2, args, span);
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

SemaVal sema_apply(SemaStmt *st, const TppcEltInfo *info, const SemaVal *v,
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
  return sema_typed(sema_emit_elt(st, info->elt, result, info->arity, args, span));
}

/* ---- calls ---- */

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
  tppc_op_add_use(st->s->cx, rounded->def, value, 0, NULL, e->span);
  return sema_typed(sema_as(st, sema_typed(rounded), compute, e->span));
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

SemaVal sema_tpp(SemaStmt *st, const TppcAstExpr *e) {
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
    return sema_reduce(st, e, update);
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
  SemaVal r = sema_apply(st, info, v, (const TppcAstExpr *const *)e->args.data, e->span);
  return sema_sround_integer(e) && r.code != CODE_ERROR ? convert_value(st, e, r) : r;
}
