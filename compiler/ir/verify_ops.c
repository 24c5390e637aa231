/* The verifier: types and attributes of each op. */
#include "ir/verify_internal.h"

#include "ir/parse_internal.h"

#include <string.h>

/* ---- attributes ---- */

static const TppcExpr *need_expr(TppcVerifier *v, const TppcOp *op, const char *key) {
  const TppcExpr *e = tppc_attr_expr(op, key);
  if (!e)
    tppc_v_attr(v, op, key, tppc_attr(op, key) ? "must be an (expression)" : "is missing");
  return e;
}

static void need_exprs(TppcVerifier *v, const TppcOp *op, const char *const *keys) {
  for (; *keys; keys++)
    need_expr(v, op, *keys);
}

/* An integer, or an expression that may be one. */
static void need_flag(TppcVerifier *v, const TppcOp *op, const char *key) {
  const TppcAttr *a = tppc_attr(op, key);
  if (!a)
    tppc_v_attr(v, op, key, "is missing");
  else if (a->kind != TPPC_A_EXPR && a->kind != TPPC_A_INT)
    tppc_v_attr(v, op, key, "must be an integer or an (expression)");
}

/* The word is one of the list, which NULL ends; absent is fine unless it is needed. */
static void one_of(TppcVerifier *v, const TppcOp *op, const char *key, bool needed,
                   const char *const *words) {
  const char *word = tppc_attr_word(op, key);
  if (!tppc_attr(op, key)) {
    if (needed)
      tppc_v_attr(v, op, key, "is missing");
    return;
  }
  TppcBuf b = {0};
  tppc_buf_puts(&b, "must be one of:");
  for (; *words; words++) {
    if (word && strcmp(word, *words) == 0)
      break;
    tppc_buf_printf(&b, " %s", *words);
  }
  if (!*words)
    tppc_v_attr(v, op, key, b.data);
  tppc_buf_free(&b);
}
#define ONE_OF(v, op, key, needed, ...)                                                            \
  one_of(v, op, key, needed, (const char *const[]){__VA_ARGS__, NULL})

/* ---- types ---- */

static const char *type_text(TppcVerifier *v, const TppcType *t) {
  TppcBuf b = {0};
  tppc_t_print(&b, t);
  const char *text = tppc_strdup(v->cx->arena, b.data);
  tppc_buf_free(&b);
  return text;
}

static bool is_scalar(const TppcType *t) {
  return t->kind == TPPC_T_SCALAR;
}

/* What a scalar operand computes in; 0 and a message when it is no scalar. */
static int operand_elem(TppcVerifier *v, const TppcOp *op, int i) {
  const TppcUse *u = &op->uses[i];
  if (u->value && is_scalar(u->value->type) && u->n_idx == 0)
    return tppc_elem_compute(u->value->type->elem);
  if (u->value)
    tppc_v_type(v, op, "operand %d, %%%s, must be a scalar value, not %s%s", i + 1, u->value->name,
                type_text(v, u->value->type), u->n_idx ? " with an index" : "");
  return 0;
}

/* The element that a scalar result computes in; 0 and a message when it is none of the compute
 * types. */
static int result_elem(TppcVerifier *v, const TppcOp *op) {
  const TppcType *t = op->results[0]->type;
  if (is_scalar(t) && tppc_elem_compute(t->elem) == t->elem)
    return t->elem;
  tppc_v_type(v, op, "the result must be f64, f32, i64, i32, or bit, not %s", type_text(v, t));
  return 0;
}

static void want_elem(TppcVerifier *v, const TppcOp *op, const char *what, int have, int want) {
  if (have && want && have != want)
    tppc_v_type(v, op, "%s is %s, not %s", what, tppc_elem_name(have), tppc_elem_name(want));
}

/* Operand i is a tensor with a full index, or in the rt dialect one offset. */
static void need_element(TppcVerifier *v, const TppcOp *op, int i) {
  const TppcUse *u = &op->uses[i];
  if (!u->value)
    return;
  const TppcType *t = u->value->type;
  if (t->kind != TPPC_T_TENSOR) {
    tppc_v_type(v, op, "operand %d, %%%s, must be a tensor, not %s", i + 1, u->value->name,
                type_text(v, t));
    return;
  }
  bool offset = v->m->level == TPPC_LEVEL_RT && u->n_idx == 1;
  if (u->n_idx != t->rank && !offset)
    tppc_v_type(v, op, "%%%s has %d dimensions and %d indices", u->value->name, t->rank, u->n_idx);
}

/* ---- container ---- */

static void check_size(TppcVerifier *v, const TppcOp *op) {
  if (!op->name)
    tppc_v_structure(v, op, "has no name");
  if (tppc_attr(op, "value"))
    need_expr(v, op, "value");
  ONE_OF(v, op, "origin", false, "free", "default", "derived", "fixed");
}

static void check_digits(TppcVerifier *v, const TppcOp *op, const TppcType *t) {
  for (int i = 0; i < t->n_digits; i++) {
    TppcDigit d = t->digits[i];
    if (d.dim < 0 || d.dim >= t->rank || d.div < 1 || d.mod < 0 || (d.mod && d.mod % d.div != 0))
      tppc_v_type(v, op, "digit %d of the storage order is malformed", i + 1);
  }
}

static void check_storage(TppcVerifier *v, const TppcOp *op, const TppcType *t) {
  if (t->kind == TPPC_T_HANDLE || !tppc_elem_by_name(tppc_elem_name(t->elem)))
    tppc_v_type(v, op, "must have an element type");
  bool blocked = t->storage == TPP_STORE_BCSR || t->storage == TPP_STORE_BCSC;
  if (blocked && (t->block_r < 1 || t->block_c < 1))
    tppc_v_type(v, op, "blocks must have at least one row and column");
  if ((blocked || t->storage == TPP_STORE_CSR || t->storage == TPP_STORE_TERNARY) && t->rank != 2)
    tppc_v_type(v, op, "storage by structure needs 2 dimensions, not %d", t->rank);
  check_digits(v, op, t);
}

static void check_param(TppcVerifier *v, const TppcOp *op) {
  const TppcType *t = op->results[0]->type;
  ONE_OF(v, op, "mode", true, "in", "inout", "out");
  const char *mode = tppc_attr_word(op, "mode");
  if (is_scalar(t) && mode && strcmp(mode, "in") != 0)
    tppc_v_type(v, op, "a scalar can only be read; an output of one element is a tensor of rank 0");
  check_storage(v, op, t);
}

static void check_tensor_result(TppcVerifier *v, const TppcOp *op) {
  const TppcType *t = op->results[0]->type;
  if (t->kind != TPPC_T_TENSOR)
    tppc_v_type(v, op, "must be a tensor, not %s", type_text(v, t));
  else
    check_storage(v, op, t);
}

/* ---- tpp ---- */

static void check_dims_from_0(TppcVerifier *v, const TppcOp *op) {
  for (int i = 0; i < op->n_dims; i++)
    if (!tppc_e_is(op->dims[i].lo, 0) || !tppc_e_is(op->dims[i].step, 1))
      tppc_v_structure(v, op, "has a dimension that does not run from 0 in steps of 1");
}

/* Schedules, of which all but the last have a condition, then temporaries, then statements. */
static void check_nest(TppcVerifier *v, const TppcOp *op) {
  int stage = 0;
  for (const TppcOp *inner = op->regions[0].first; inner; inner = inner->next) {
    int s = inner->kind == TPPC_OP_SCHEDULE ? 1 : inner->kind == TPPC_OP_TEMP ? 2 : 3;
    if (s == 1 && stage >= 1 && (stage > 1 || !tppc_attr(inner->prev, "when")))
      tppc_v_structure(v, inner, "must be the first op of its nest, or follow one with when=");
    else if (s < stage)
      tppc_v_structure(v, inner, "must stand before the statements of its nest");
    stage = s > stage ? s : stage;
  }
  check_dims_from_0(v, op);
}

static void check_schedule(TppcVerifier *v, const TppcOp *op) {
  static const char *const known[] = {"string",  "sizes",  "policy", "chunk",    "pack",
                                      "threads", "kernel", "origin", "order",    "when",
                                      "fuse",    "curve",  "reduce", "prefetch", "target"};
  for (int i = 0; i < op->n_attrs; i++) {
    size_t k = 0;
    while (k < sizeof known / sizeof *known && strcmp(op->attrs[i].key, known[k]) != 0)
      k++;
    if (k == sizeof known / sizeof *known)
      tppc_v_attr(v, op, op->attrs[i].key, "is no knob of a schedule");
  }
  const TppcAttr *string = tppc_attr(op, "string");
  if (string && string->kind != TPPC_A_STRING)
    tppc_v_attr(v, op, "string", "must be a \"string\"");
  ONE_OF(v, op, "origin", false, "program", "option", "file", "heuristic", "database");
  static const char *const lists[] = {"sizes", "reduce", "pack", "order", "fuse", "curve"};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    const TppcAttr *a = tppc_attr(op, lists[i]);
    if (a && a->kind != TPPC_A_LIST)
      tppc_v_attr(v, op, lists[i], "must be a [list]");
  }
}

/* A statement or tile that stores nothing means nothing. */
static void check_stores(TppcVerifier *v, const TppcOp *op) {
  for (const TppcOp *inner = op->regions[0].first; inner; inner = inner->next)
    if (inner->kind == TPPC_OP_STORE)
      return;
  tppc_v_structure(v, op, "stores nothing");
}

static bool is_sparse(const TppcValue *value) {
  return value && value->type->kind == TPPC_T_TENSOR && value->type->storage != TPP_STORE_DENSE &&
         value->type->storage != TPP_STORE_TERNARY;
}

static bool same_format(const TppcType *a, const TppcType *b) {
  return a->storage == b->storage && a->block_r == b->block_r && a->block_c == b->block_c;
}

/* What is sparse has the pattern of another one. */
static void check_local(TppcVerifier *v, const TppcOp *op) {
  int wanted = is_sparse(op->results[0]) ? 1 : 0;
  if (op->n_uses != wanted)
    tppc_v_structure(v, op,
                     wanted ? "is sparse and has no pattern" : "has a pattern, but is not sparse");
  else if (wanted && (!is_sparse(op->uses[0].value) ||
                      !same_format(op->results[0]->type, op->uses[0].value->type)))
    tppc_v_type(v, op, "has the pattern of a tensor of another form");
}

/* The operand of a statement is the tensor whose stored entries it ranges over. */
static void check_pattern(TppcVerifier *v, const TppcOp *op) {
  if (op->n_uses > 1)
    tppc_v_structure(v, op, "ranges over the entries of one tensor at most");
  if (op->n_uses == 1) {
    need_element(v, op, 0);
    if (!is_sparse(op->uses[0].value))
      tppc_v_type(v, op, "ranges over the entries of a tensor that is not sparse");
    return;
  }
  for (const TppcOp *inner = op->regions[0].first; inner; inner = inner->next)
    for (int i = 0; i < inner->n_uses; i++)
      if (is_sparse(inner->uses[i].value))
        tppc_v_type(v, inner, "needs a statement over the entries of %%%s",
                    inner->uses[i].value->name);
}

static void check_walk(TppcVerifier *v, const TppcOp *op) {
  for (int i = 0; i < op->n_uses; i++) {
    const TppcValue *t = op->uses[i].value;
    if (!is_sparse(t) || op->uses[i].n_idx != 1)
      tppc_v_type(v, op, "operand %d must be a sparse tensor with the number of a line", i + 1);
    else if (!same_format(t->type, op->uses[0].value->type))
      tppc_v_type(v, op, "operand %d is stored in another way than the first", i + 1);
  }
  if (!op->n_uses)
    tppc_v_structure(v, op, "has no operand");
  if (!tppc_attr_word(op, "at"))
    tppc_v_attr(v, op, "at", "must name the position of the entry");
  need_expr(v, op, "base");
}

/* A fourth operand of tpp.contract is the tensor whose stored entries it is computed for. */
static void check_contract(TppcVerifier *v, const TppcOp *op) {
  if (op->n_uses < 3 || op->n_uses > 4) {
    tppc_v_structure(v, op, "has %d operands, not 3 or 4", op->n_uses);
    return;
  }
  for (int i = 0; i < op->n_uses; i++)
    need_element(v, op, i);
  if (op->n_uses == 4 && !is_sparse(op->uses[3].value))
    tppc_v_type(v, op, "is computed for the entries of a tensor that is not sparse");
  need_flag(v, op, "init");
}

static int count(const TppcOp *kernel, TppcOpKind kind) {
  int n = 0;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    n += op->kind == kind;
  return n;
}

static void check_call(TppcVerifier *v, const TppcOp *op) {
  const char *name = tppc_attr_word(op, "callee");
  if (!name) {
    tppc_v_attr(v, op, "callee", "is missing");
    return;
  }
  const TppcOp *callee = tppc_module_kernel(v->m, name);
  if (!callee) {
    tppc_v_attr(v, op, "callee", "names no kernel of this module");
    return;
  }
  if (!callee->n_regions)
    return;
  int params = count(callee, TPPC_OP_PARAM);
  if (params != op->n_uses)
    tppc_v_type(v, op, "'%s' has %d parameters and outputs, the call passes %d", name, params,
                op->n_uses);
  for (const TppcOp *size = callee->regions[0].first; size; size = size->next) {
    bool bound = size->kind != TPPC_OP_SIZE || !size->name;
    for (int i = 0; i < op->n_dims && !bound; i++)
      bound = strcmp(op->dims[i].sym, size->name) == 0;
    if (!bound)
      tppc_v_type(v, op, "the dimensions do not give size '%s' of '%s'", size->name, name);
  }
}

/* ---- values ---- */

static void check_load(TppcVerifier *v, const TppcOp *op) {
  need_element(v, op, 0);
  int elem = result_elem(v, op);
  const TppcValue *from = op->uses[0].value;
  if (from && from->type->kind == TPPC_T_TENSOR)
    want_elem(v, op, "the result", elem, tppc_elem_compute(from->type->elem));
}

static void check_store(TppcVerifier *v, const TppcOp *op) {
  operand_elem(v, op, 0);
  need_element(v, op, 1);
  ONE_OF(v, op, "update", true, "set", "add", "max", "min", "mul");
}

static void check_const(TppcVerifier *v, const TppcOp *op) {
  const TppcAttr *a = tppc_attr(op, "value");
  result_elem(v, op);
  if (!a || (a->kind != TPPC_A_INT && a->kind != TPPC_A_FLOAT))
    tppc_v_attr(v, op, "value", "must be a number");
}

static void check_bind(TppcVerifier *v, const TppcOp *op) {
  want_elem(v, op, "the operand", operand_elem(v, op, 0), TPP_I64);
  if (!tppc_sym_is_bound(op->dims[0].sym))
    tppc_v_structure(v, op, "binds '%s'; data indices are called $g and a number", op->dims[0].sym);
}

static void check_round(TppcVerifier *v, const TppcOp *op) {
  const char *to = tppc_attr_word(op, "to");
  if (!to || !tppc_elem_by_name(to))
    tppc_v_attr(v, op, "to", "must be an element type");
  want_elem(v, op, "the result", result_elem(v, op), operand_elem(v, op, 0));
}

static void check_elt(TppcVerifier *v, const TppcOp *op) {
  const TppcEltInfo *info = tppc_elt_info(op->elt);
  int elem[3] = {0}, result = result_elem(v, op);
  for (int i = 0; i < op->n_uses && i < 3; i++)
    elem[i] = operand_elem(v, op, i);
  switch (info->types) {
  case TPPC_TYPES_FLT:
    if (elem[0] && !tppc_elem_is_float(elem[0]))
      tppc_v_type(v, op, "operand 1 is %s, not f32 or f64", tppc_elem_name(elem[0]));
    want_elem(v, op, "the result", result, elem[0]);
    break;
  case TPPC_TYPES_NUM:
    for (int i = 0; i < op->n_uses; i++)
      want_elem(v, op, "an operand", elem[i], result);
    if (result == TPP_BIT)
      tppc_v_type(v, op, "does not compute in bits");
    break;
  case TPPC_TYPES_CMP:
    want_elem(v, op, "operand 2", elem[1], elem[0]);
    want_elem(v, op, "the result", result, TPP_BIT);
    break;
  case TPPC_TYPES_SEL:
    want_elem(v, op, "operand 1", elem[0], TPP_BIT);
    want_elem(v, op, "operand 2", elem[1], result);
    want_elem(v, op, "operand 3", elem[2], result);
    break;
  case TPPC_TYPES_RNG:
    want_elem(v, op, "operand 1", elem[0], TPP_I64);
    want_elem(v, op, "operand 2", elem[1], TPP_I64);
    want_elem(v, op, "the result", result, TPP_F32);
    break;
  case TPPC_TYPES_INT:
    if (elem[0] && elem[0] != TPP_I32 && elem[0] != TPP_I64)
      tppc_v_type(v, op, "operand 1 is %s, not i32 or i64", tppc_elem_name(elem[0]));
    for (int i = 0; i < op->n_uses; i++)
      want_elem(v, op, "an operand", elem[i], result);
    break;
  case TPPC_TYPES_ZIP:
    want_elem(v, op, "operand 1", elem[0], TPP_F32);
    if (elem[1] && elem[1] != TPP_I32 && elem[1] != TPP_I64)
      tppc_v_type(v, op, "operand 2 is %s, not i32 or i64", tppc_elem_name(elem[1]));
    want_elem(v, op, "the result", result, TPP_F32);
    break;
  case TPPC_TYPES_LOW:
    want_elem(v, op, "operand 1", elem[0], TPP_F32);
    want_elem(v, op, "the result", result, TPP_I32);
    break;
  }
}

/* ---- loop ---- */

static void check_par(TppcVerifier *v, const TppcOp *op) {
  if (!op->n_dims)
    tppc_v_structure(v, op, "has no dimensions");
  ONE_OF(v, op, "policy", false, "static", "dynamic");
  const TppcAttr *curve = tppc_attr(op, "curve");
  int walked = 0;
  for (int i = 0; curve && i < curve->n; i++)
    for (int d = 0; d < op->n_dims; d++)
      walked += curve->list[i].s && strcmp(curve->list[i].s, op->dims[d].sym) == 0;
  if (curve && (curve->n != 2 || walked != 2 || strcmp(curve->list[0].s, curve->list[1].s) == 0))
    tppc_v_attr(v, op, "curve", "must name two dimensions");
  if (tppc_attr(op, "part") || tppc_attr(op, "parts")) {
    need_expr(v, op, "part");
    need_expr(v, op, "parts");
  }
}

static void check_tile(TppcVerifier *v, const TppcOp *op) {
  check_stores(v, op);
  const TppcAttr *vector = tppc_attr(op, "vector");
  if (!vector)
    return;
  bool last = op->n_dims && vector->kind == TPPC_A_WORD &&
              strcmp(vector->s, op->dims[op->n_dims - 1].sym) == 0;
  if (!last)
    tppc_v_attr(v, op, "vector", "must be the last dimension");
  const TppcAttr *across = tppc_attr(op, "across");
  if (across && !(op->n_dims > 1 && across->kind == TPPC_A_WORD &&
                  strcmp(across->s, op->dims[op->n_dims - 2].sym) == 0))
    tppc_v_attr(v, op, "across", "must be the dimension before the last");
}

/* ---- rt ---- */

static void check_kernel_call(TppcVerifier *v, const TppcOp *op) {
  static const char *const brgemm[] = {"m", "n", "k", "br", "beta", NULL};
  static const char *const sgemm[] = {"m", "n", "k", "n0", "k0", "beta", NULL};
  bool structured = op->kind == TPPC_OP_SGEMM;
  const TppcValue *kernel = op->uses[0].value;
  if (kernel && kernel->type->kind != TPPC_T_HANDLE)
    tppc_v_type(v, op, "operand 1, %%%s, must be a selected kernel", kernel->name);
  for (int i = 1; i < 4; i++)
    if (!structured || i < 3)
      need_element(v, op, i);
  need_exprs(v, op, structured ? sgemm : brgemm);
}

/* A block of whole elements, in batches or not. */
static void check_prefetch(TppcVerifier *v, const TppcOp *op) {
  static const char *const block[] = {"cols", "rows", "ld", NULL};
  static const char *const batch[] = {"br", "br_step", NULL};
  need_element(v, op, 0);
  const TppcValue *t = op->uses[0].value;
  if (t && t->type->kind == TPPC_T_TENSOR &&
      (t->type->storage != TPP_STORE_DENSE || tppc_elem_bits(t->type->elem) < 8))
    tppc_v_type(v, op, "%%%s has no blocks of whole bytes", t->name);
  need_exprs(v, op, block);
  if (tppc_attr(op, "br") || tppc_attr(op, "br_step"))
    need_exprs(v, op, batch);
  if (!tppc_attr_word(op, "of"))
    tppc_v_attr(v, op, "of", "must name the loop whose next iteration reads it");
}

static void check_select(TppcVerifier *v, const TppcOp *op) {
  ONE_OF(v, op, "kind", true, "brgemm", "sgemm");
  ONE_OF(v, op, "provider", false, "any", "runtime", "xsmm", "generated");
  static const char *const types[] = {"a", "b", "c"};
  for (int i = 0; i < 3; i++) {
    const char *name = tppc_attr_word(op, types[i]);
    if (!name || !tppc_elem_by_name(name))
      tppc_v_attr(v, op, types[i], "must be an element type");
  }
  if (op->results[0]->type->kind != TPPC_T_HANDLE)
    tppc_v_type(v, op, "the result must be a handle");
}

void tppc_verify_one(TppcVerifier *v, const TppcOp *op) {
  switch (op->kind) {
  case TPPC_OP_KERNEL:
    if (!op->name)
      tppc_v_structure(v, op, "has no name");
    break;
  case TPPC_OP_SIZE:
    check_size(v, op);
    break;
  case TPPC_OP_REQUIRE:
    need_expr(v, op, "when");
    ONE_OF(v, op, "status", false, "promise", "size", "index");
    break;
  case TPPC_OP_PARAM:
    check_param(v, op);
    break;
  case TPPC_OP_LOCAL:
    check_tensor_result(v, op);
    check_local(v, op);
    break;
  case TPPC_OP_TEMP:
    check_tensor_result(v, op);
    break;
  case TPPC_OP_BUFFER:
    check_tensor_result(v, op);
    ONE_OF(v, op, "space", false, "shared", "thread");
    break;
  case TPPC_OP_SEQ:
    check_dims_from_0(v, op);
    break;
  case TPPC_OP_CALL:
    check_call(v, op);
    break;
  case TPPC_OP_NEST:
    check_nest(v, op);
    break;
  case TPPC_OP_SCHEDULE:
    check_schedule(v, op);
    break;
  case TPPC_OP_STMT:
    check_stores(v, op);
    check_pattern(v, op);
    break;
  case TPPC_OP_CONTRACT:
  case TPPC_OP_LCONTRACT:
    check_contract(v, op);
    break;
  case TPPC_OP_LOAD:
    check_load(v, op);
    break;
  case TPPC_OP_STORE:
    check_store(v, op);
    break;
  case TPPC_OP_CONST:
    check_const(v, op);
    break;
  case TPPC_OP_INDEX:
    need_expr(v, op, "value");
    want_elem(v, op, "the result", result_elem(v, op), TPP_I64);
    break;
  case TPPC_OP_BIND:
    check_bind(v, op);
    break;
  case TPPC_OP_CHECK:
    need_element(v, op, 0);
    ONE_OF(v, op, "status", true, "index", "range");
    break;
  case TPPC_OP_CONVERT:
    operand_elem(v, op, 0);
    result_elem(v, op);
    break;
  case TPPC_OP_ROUND:
    check_round(v, op);
    break;
  case TPPC_OP_ELT:
    check_elt(v, op);
    break;
  case TPPC_OP_IF:
    need_expr(v, op, "when");
    break;
  case TPPC_OP_PAR:
    check_par(v, op);
    break;
  case TPPC_OP_WALK:
    check_walk(v, op);
    break;
  case TPPC_OP_TILE:
    check_tile(v, op);
    break;
  case TPPC_OP_SELECT:
    check_select(v, op);
    break;
  case TPPC_OP_BRGEMM:
  case TPPC_OP_SGEMM:
    check_kernel_call(v, op);
    break;
  case TPPC_OP_PREFETCH:
    check_prefetch(v, op);
    break;
  case TPPC_OP_LNEST:
  case TPPC_OP_FOR:
  case TPPC_OP_BARRIER:
  case TPPC_OP_COUNT:
    break;
  }
}
