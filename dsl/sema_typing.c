/* Types of expressions.
 *
 * Values are computed in f64, f32, i64, i32, or bit. Operands are joined: f64 if one is, else f32
 * if one is a float, else i64 or i32; a bit in arithmetic is an i32. Constants, sizes, and letters
 * have no type of their own until they meet one: 1 / N beside a float is a float division, n + 1
 * alone is a 64-bit integer. They are carried as codes (CODE_LITERAL, CODE_INDEX, CODE_NUMBER)
 * until then.
 */
#include "dsl/sema.h"

#include <string.h>

int sema_join(int a, int b) {
  if (a == CODE_ERROR || b == CODE_ERROR)
    return CODE_ERROR;
  if (a == TPP_F64 || b == TPP_F64)
    return TPP_F64;
  if (a == TPP_F32 || b == TPP_F32)
    return TPP_F32;
  if (a == CODE_NUMBER || b == CODE_NUMBER)
    return a < 0 && b < 0 ? CODE_NUMBER : TPP_F32;
  if (a < 0 && b < 0)
    return a == CODE_INDEX || b == CODE_INDEX ? CODE_INDEX : CODE_LITERAL;
  if (a == TPP_I64 || b == TPP_I64 || a == CODE_INDEX || b == CODE_INDEX)
    return TPP_I64;
  return TPP_I32;
}

int sema_settle(int code) {
  switch (code) {
  case CODE_LITERAL:
    return TPP_I32;
  case CODE_INDEX:
    return TPP_I64;
  case CODE_NUMBER:
    return TPP_F32;
  default:
    return code;
  }
}

int sema_product_elem(int a, int b) {
  if (a == TPP_F64 || b == TPP_F64)
    return TPP_F64;
  bool integers = (tppc_elem_is_int(a) || a == TPP_BIT) && (tppc_elem_is_int(b) || b == TPP_BIT);
  if (!integers)
    return TPP_F32;
  return a == TPP_I64 || b == TPP_I64 ? TPP_I64 : TPP_I32;
}

int sema_sum_elem(int elem) {
  return elem == TPP_BIT ? TPP_I32 : elem;
}

static int sym_code(const Sym *sym) {
  switch (sym->kind) {
  case SYM_CONST:
    return CODE_LITERAL;
  case SYM_SIZE:
  case SYM_LETTER:
  case SYM_SEQ:
    return CODE_INDEX;
  case SYM_SCALAR:
  case SYM_TENSOR:
    return sym->value ? tppc_elem_compute(sym->value->type->elem) : CODE_ERROR;
  case SYM_TEMP:
    return sema_settle(sym->code);
  }
  return CODE_ERROR;
}

static int name_code(SemaNest *n, const TppcAstExpr *e) {
  const Sym *sym = sema_find(n->s, n->k, n, e->name.text);
  return sym ? sym_code(sym) : CODE_ERROR;
}

static int join_args(SemaNest *n, const TppcAstExpr *e, int from) {
  int code = from < e->args.n ? sema_code(n, e->args.data[from]) : CODE_ERROR;
  for (int i = from + 1; i < e->args.n; i++)
    code = sema_join(code, sema_code(n, e->args.data[i]));
  return code;
}

static int number(int code) {
  return code == TPP_BIT ? TPP_I32 : code;
}

static int operand_elem(SemaNest *n, const TppcAstExpr *e) {
  const Sym *sym = sema_find(n->s, n->k, n, e->name.text ? e->name.text : "");
  if (sym && sym->kind == SYM_TENSOR)
    return sym->value->type->elem;
  return sema_settle(sema_code(n, e));
}

static int select_code(SemaNest *n, const TppcAstExpr *e) {
  int a = sema_code(n, e->args.data[1]), b = sema_code(n, e->args.data[2]);
  return a == TPP_BIT && b == TPP_BIT ? TPP_BIT : sema_settle(sema_join(a, b));
}

static int call_code(SemaNest *n, const TppcAstExpr *e) {
  if (sema_is_brgemm(e))
    return e->args.n == 2 ? sema_product_elem(operand_elem(n, e->args.data[0]),
                                              operand_elem(n, e->args.data[1]))
                          : CODE_ERROR;
  if (sema_sround_integer(e))
    return tppc_elem_compute(sema_sround_integer(e));
  const TppcEltInfo *info = sema_elt(e);
  if (e->targ.text && !info) {
    int elem = strcmp(e->name.text, "convert") == 0 ? tppc_elem_by_name(e->targ.text) : 0;
    return elem ? tppc_elem_compute(elem) : CODE_ERROR;
  }
  if (e->args.n == 1 && (!info || info->arity != 1)) /* sum, max, min, prod */
    return sema_settle(number(sema_code(n, e->args.data[0])));
  if (!info)
    return CODE_ERROR;
  switch (info->types) {
  case TPPC_TYPES_FLT:
    return join_args(n, e, 0) == TPP_F64 ? TPP_F64 : TPP_F32;
  case TPPC_TYPES_NUM:
    return sema_settle(number(join_args(n, e, 0)));
  case TPPC_TYPES_CMP:
    return TPP_BIT;
  case TPPC_TYPES_SEL:
    return e->args.n == 3 ? select_code(n, e) : CODE_ERROR;
  case TPPC_TYPES_INT:
    return sema_settle(number(join_args(n, e, 0)));
  case TPPC_TYPES_RNG:
  case TPPC_TYPES_ZIP:
    return TPP_F32;
  case TPPC_TYPES_LOW:
    return TPP_I32;
  }
  return CODE_ERROR;
}

int sema_code(SemaNest *n, const TppcAstExpr *e) {
  switch (e->kind) {
  case TPPC_EXPR_INT:
    return e->i <= INT32_MAX ? CODE_LITERAL : CODE_INDEX;
  case TPPC_EXPR_FLOAT:
  case TPPC_EXPR_INF:
    return CODE_NUMBER;
  case TPPC_EXPR_NAME:
  case TPPC_EXPR_REF:
    return name_code(n, e);
  case TPPC_EXPR_COLON:
    return CODE_ERROR;
  case TPPC_EXPR_NEG:
    return number(sema_code(n, e->args.data[0]));
  case TPPC_EXPR_BINARY:
    if (e->op >= TPPC_AST_LT)
      return TPP_BIT;
    return number(sema_join(sema_code(n, e->args.data[0]), sema_code(n, e->args.data[1])));
  case TPPC_EXPR_CALL:
    return call_code(n, e);
  }
  return CODE_ERROR;
}
