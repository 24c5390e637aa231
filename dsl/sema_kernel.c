/* Kernels: signatures and bodies. */
#include "dsl/sema.h"

#include <math.h>
#include <string.h>

const char *sema_fresh(SemaKernel *k, const char *stem) {
  return tppc_fresh_name(k->s->cx, k->op, stem);
}

/* ---- signatures ---- */

void sema_add_tensor(SemaKernel *k, TppcOpKind kind, Sym *sym, const TppcType *type,
                     TppcSpan span) {
  static const char *const words[] = {"in", "inout", "out", NULL, NULL}; /* ORDER: SymMode */
  TppcContext *cx = k->s->cx;
  TppcOp *op = tppc_op_new(cx, kind, span);
  if (kind == TPPC_OP_PARAM)
    tppc_set_word(cx, op, "mode", words[sym->mode]);
  const char *name = sema_fresh(k, sym->name.text); /* locals of other seqs may be called so */
  op->name = sym->name.text;
  tppc_op_append(k->body, op);
  sym->depth = k->seqs.n;
  sym->value = tppc_op_add_result(cx, op, type, name);
}

static void add_param(SemaKernel *k, const TppcAstParam *param, SymMode mode) {
  if (!sema_declare(k, param->name, "parameter")) {
    k->broken = true;
    return;
  }
  const TppcType *type = sema_type(k, param->type, mode == MODE_IN);
  if (!type) {
    k->broken = true;
    return;
  }
  if (mode == MODE_OUT && sema_is_sparse(type)) {
    SEMA_ERROR(k->s, sparse_output, param->span, param->name.text);
    k->broken = true;
    return;
  }
  if (mode != MODE_IN && type->kind == TPPC_T_TENSOR && type->storage == TPP_STORE_TERNARY) {
    SEMA_ERROR(k->s, ternary_result, param->span, param->name.text);
    k->broken = true;
    return;
  }
  Sym *sym =
      sema_add_sym(k, type->kind == TPPC_T_SCALAR ? SYM_SCALAR : SYM_TENSOR, mode, param->name);
  sema_add_tensor(k, TPPC_OP_PARAM, sym, type, param->span);
  if (mode == MODE_OUT)
    TPPC_PUSH(k->s->cx->arena, &k->outputs, sym);
  else
    TPPC_PUSH(k->s->cx->arena, &k->inputs, sym);
}

static bool writes_something(const TppcAstKernel *ast) {
  for (int i = 0; i < ast->inputs.n; i++)
    if (ast->inputs.data[i].is_inout)
      return true;
  return ast->outputs.n > 0;
}

void sema_signature(SemaKernel *k) {
  Sema *s = k->s;
  TppcContext *cx = s->cx;
  const TppcAstKernel *ast = k->ast;
  k->fixed.arena = k->derived.arena = k->facts.arena = cx->arena;
  k->op = tppc_op_new(cx, TPPC_OP_KERNEL, ast->head);
  k->op->name = ast->name.text;
  if (k->imported)
    tppc_set_int(cx, k->op, "imported", 1);
  k->body = &k->op->regions[0];
  tppc_op_append(&s->module->body, k->op);
  if (sema_is_reserved(ast->name.text))
    SEMA_ERROR(s, reserved_name, ast->name.span, "kernel", ast->name.text);
  sema_sizes(k);
  if (k->broken)
    return;
  for (int i = 0; i < ast->inputs.n; i++)
    add_param(k, &ast->inputs.data[i], ast->inputs.data[i].is_inout ? MODE_INOUT : MODE_IN);
  for (int i = 0; i < ast->outputs.n; i++)
    add_param(k, &ast->outputs.data[i], MODE_OUT);
  if (!writes_something(ast))
    SEMA_ERROR(s, no_result, ast->name.span, ast->name.text);
}

/* ---- bodies ---- */

static bool label_taken(const SemaKernel *k, const char *label) {
  for (int i = 0; i < k->labels.n; i++)
    if (k->labels.data[i] == label)
      return true;
  for (int i = 0; i < k->seq_labels.n; i++)
    if (k->seq_labels.data[i] == label)
      return true;
  return false;
}

static const char *new_label(SemaKernel *k, TppcAstName given, const char *stem, int number) {
  TppcContext *cx = k->s->cx;
  const char *label = given.text;
  if (!label)
    do {
      label = tppc_internf(cx->names, "%s%d", stem, number++);
    } while (label_taken(k, label));
  else if (label_taken(k, label))
    SEMA_ERROR(k->s, declared_twice, given.span, label);
  return label;
}

const char *sema_label(SemaKernel *k, TppcAstName given, const char *stem, int number) {
  const char *label = new_label(k, given, stem, number);
  TPPC_PUSH(k->s->cx->arena, &k->labels, label);
  return label;
}

const char *sema_seq_label(SemaKernel *k, TppcAstName given) {
  const char *label = new_label(k, given, "seq", k->seq_labels.n);
  TPPC_PUSH(k->s->cx->arena, &k->seq_labels, label);
  return label;
}

static void local(SemaKernel *k, const TppcAstItem *item) {
  Sema *s = k->s;
  if (!sema_declare(k, item->name, "local tensor")) {
    k->broken = true;
    return;
  }
  const TppcType *type = sema_type(k, item->type, false);
  if (!type) {
    k->broken = true;
    return;
  }
  if (type->storage == TPP_STORE_TERNARY) {
    SEMA_ERROR(s, ternary_result, item->type->span, item->name.text);
    k->broken = true;
    return;
  }
  Sym *sym = sema_add_sym(k, SYM_TENSOR, MODE_LOCAL, item->name);
  sema_add_tensor(k, TPPC_OP_LOCAL, sym, type, item->span);
}

static void item(SemaKernel *k, const TppcAstItem *it) {
  switch (it->kind) {
  case TPPC_ITEM_LOCAL:
    local(k, it);
    break;
  case TPPC_ITEM_NEST:
    sema_nest(k, it);
    sema_schedule_nest(k, k->body->last);
    break;
  case TPPC_ITEM_CALL:
    sema_call(k, it);
    break;
  case TPPC_ITEM_SEQ:
    sema_seq(k, it);
    break;
  }
}

void sema_items(SemaKernel *k, const TppcAstItems *items) {
  for (int i = 0; i < items->n && !k->broken; i++)
    item(k, items->data[i]);
}

void sema_body(SemaKernel *k) {
  sema_items(k, &k->ast->body);
  for (int i = 0; i < k->outputs.n && !k->broken; i++)
    sema_partial_end(k, NULL, k->outputs.data[i]);
  for (int i = 0; i < k->outputs.n && !k->broken; i++)
    if (!k->outputs.data[i]->written && !k->outputs.data[i]->reported)
      sema_fill(k, k->outputs.data[i], TPPC_SET, NULL);
  sema_schedule_kernel(k);
}

/* ---- zeros and other identities ---- */

static const char *free_letter(SemaKernel *k, char *next) {
  for (; *next <= 'z'; ++*next) {
    const char *name = tppc_intern_n(k->s->cx->names, next, 1);
    if (!sema_find(k->s, k, NULL, name)) {
      ++*next;
      return name;
    }
  }
  return NULL;
}

static TppcValue *identity(SemaStmt *st, TppcUpdate update, int elem, TppcSpan span) {
  bool least = update == TPPC_MAX, most = update == TPPC_MIN;
  int64_t i = update == TPPC_MUL ? 1 : 0;
  if (elem == TPP_I64)
    i = least ? INT64_MIN : most ? INT64_MAX : i;
  else if (elem == TPP_BIT)
    i = most || update == TPPC_MUL;
  else if (elem == TPP_I32)
    i = least ? INT32_MIN : most ? INT32_MAX : i;
  return sema_const_value(st, elem, i,
                          least  ? (double)-INFINITY
                          : most ? (double)INFINITY
                                 : (double)i,
                          span);
}

TppcOp *sema_whole_nest(SemaKernel *k, const Sym *sym, TppcOp *before) {
  TppcContext *cx = k->s->cx;
  const TppcType *t = sym->value->type;
  TppcAstName no_label = {0};
  char letter = 'a';
  TppcOp *nest = tppc_op_new(cx, TPPC_OP_NEST, sym->name.span);
  nest->name = sema_label(k, no_label, tppc_sprintf(cx->arena, "zero_%s", sym->name.text), 0);
  for (int i = 0; i < t->rank; i++) {
    const char *name = free_letter(k, &letter);
    if (!name) {
      SEMA_ERROR(k->s, storage, sym->name.span,
                 "no letters are left for the loops that set it to zero");
      return NULL;
    }
    tppc_op_add_dim(cx, nest, name, tppc_e_int(cx, 0), t->dims[i], tppc_e_int(cx, 1),
                    sym->name.span);
  }
  if (before)
    tppc_op_insert_before(before, nest);
  else
    tppc_op_append(k->body, nest);
  return nest;
}

void sema_fill_tensor(SemaKernel *k, const Sym *sym, TppcValue *tensor, TppcUpdate update,
                      TppcOp *before) {
  TppcContext *cx = k->s->cx;
  const TppcType *t = tensor->type;
  TppcOp *nest = sema_whole_nest(k, sym, before);
  if (!nest)
    return;
  const TppcExpr **idx = TPPC_NEW_N(cx->arena, const TppcExpr *, t->rank + 1);
  SemaStmt st = {.k = k, .s = k->s};
  st.op = tppc_op_new(cx, TPPC_OP_STMT, sym->name.span);
  for (int d = 0; d < t->rank; d++) {
    const TppcDim *dim = &nest->dims[d];
    tppc_op_add_dim(cx, st.op, dim->sym, dim->lo, dim->hi, dim->step, dim->span);
    idx[d] = tppc_e_sym(cx, dim->sym);
  }
  if (sema_is_sparse(t))
    tppc_op_add_use(cx, st.op, tensor, 2, idx, sym->name.span);
  st.region = &st.op->regions[0];
  TppcValue *v = identity(&st, update, tppc_elem_compute(t->elem), sym->name.span);
  sema_emit_store(&st, v, tensor, t->rank, idx, TPPC_SET, 0, sym->name.span);
  tppc_op_append(&nest->regions[0], st.op);
}

void sema_fill(SemaKernel *k, Sym *sym, TppcUpdate update, TppcOp *before) {
  sema_fill_tensor(k, sym, sym->value, update, before);
}
