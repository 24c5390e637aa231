/* The frame: what the entry function hands to the nests of a kernel, and where each tensor lives.
 *
 * One structure a kernel, on the entry function's stack: sizes, scalars, pointers, selected
 * microkernels. A nest loads a field once, in its prologue, so that its loops see plain values.
 * Alias scopes are attached to loads and stores by tensor: the entry function has checked that what
 * is written overlaps nothing else.
 */
#include "llvm/cg.h"
#include <tpp/rt.h>

#include <string.h>

enum { STACK_BYTES_A_NEST = 256 * 1024, TEXT_LIMIT = 256 };

CgSlot *cg_slot(Cg *g, const TppcValue *v) {
  return tppc_map_get(&g->slot_of, v);
}

const TppcExpr *cg_bytes(Cg *g, const TppcType *t) {
  return tppc_t_bytes(g->cx, t);
}

bool cg_is_sparse(const TppcType *t) {
  return t->kind == TPPC_T_TENSOR && t->storage != TPP_STORE_DENSE &&
         t->storage != TPP_STORE_TERNARY;
}

CgSlot *cg_pattern_of(Cg *g, const TppcValue *v) {
  while (v->def->kind == TPPC_OP_LOCAL && v->def->n_uses)
    v = v->def->uses[0].value;
  return cg_slot(g, v);
}

static CgSlot *add_slot(Cg *g, CgSlotKind kind, TppcOp *op) {
  CgSlot s = {.kind = kind, .op = op};
  if (op->n_results) {
    s.value = op->results[0];
    s.type = s.value->type;
  } else {
    s.sym = op->name;
  }
  TPPC_PUSH(g->arena, &g->slots, s);
  return &g->slots.data[g->slots.n - 1];
}

/* Loops one after the other share the field of their letter. */
static void add_seq(Cg *g, TppcOp *op) {
  const char *sym = op->dims[0].sym;
  for (int i = 0; i < g->slots.n; i++)
    if (g->slots.data[i].kind == CG_SEQ && g->slots.data[i].sym == sym)
      return;
  add_slot(g, CG_SEQ, op)->sym = sym;
}

static CgSlotKind param_kind(const TppcOp *op) {
  return op->results[0]->type->kind == TPPC_T_SCALAR ? CG_SCALAR : CG_POINTER;
}

CgSlotKind cg_buffer_kind(TppcContext *cx, const TppcOp *op, int64_t *stack) {
  const char *space = tppc_attr_word(op, "space");
  if (op->kind == TPPC_OP_LOCAL || !space || !strcmp(space, "shared"))
    return CG_SHARED;
  int64_t bytes;
  bool small =
      tppc_e_const(tppc_t_bytes(cx, op->results[0]->type), &bytes) && bytes <= CG_STACK_BYTES;
  if (!small || *stack + bytes > STACK_BYTES_A_NEST)
    return CG_THREAD;
  *stack += bytes;
  return CG_STACK;
}

TppcPlace tppc_buffer_place(TppcContext *cx, const TppcOp *op, int64_t *stack) {
  CgSlotKind kind = cg_buffer_kind(cx, op, stack);
  return kind == CG_SHARED   ? TPPC_PLACE_SHARED
         : kind == CG_THREAD ? TPPC_PLACE_THREAD
                             : TPPC_PLACE_STACK;
}

typedef struct Collect {
  Cg *g;
  int64_t stack;
} Collect;

static bool collect(void *user, TppcOp *op) {
  Collect *c = user;
  switch (op->kind) {
  case TPPC_OP_SIZE:
    add_slot(c->g, CG_SIZE, op);
    break;
  case TPPC_OP_SEQ:
    add_seq(c->g, op);
    break;
  case TPPC_OP_PARAM:
    add_slot(c->g, param_kind(op), op);
    break;
  case TPPC_OP_LOCAL:
    add_slot(c->g, CG_SHARED, op);
    break;
  case TPPC_OP_LNEST:
    c->stack = 0;
    break;
  case TPPC_OP_BUFFER:
    add_slot(c->g, cg_buffer_kind(c->g->cx, op, &c->stack), op);
    break;
  case TPPC_OP_SELECT: {
    const char *kind = tppc_attr_word(op, "kind");
    if (!cg_is_generated(op))
      add_slot(c->g, kind && !strcmp(kind, "sgemm") ? CG_SGEMM : CG_BRGEMM, op);
    break;
  }
  default: /* of the many other ops none declares anything */
    break;
  }
  return true;
}

static LLVMTypeRef words(Cg *g, size_t bytes) {
  return LLVMArrayType2(g->t_i64, (bytes + 7) / 8);
}

static LLVMTypeRef field_type(Cg *g, const CgSlot *s) {
  switch (s->kind) {
  case CG_SIZE:
  case CG_SEQ:
    return g->t_i64;
  case CG_SCALAR:
    return cg_storage_type(g, s->type->elem);
  case CG_POINTER:
  case CG_SHARED:
  case CG_THREAD:
    return g->t_ptr;
  case CG_BRGEMM:
    return words(g, sizeof(tpp_brgemm));
  case CG_SGEMM:
    return words(g, sizeof(tpp_sgemm));
  case CG_STACK:
    break;
  }
  return NULL;
}

static LLVMMetadataRef md_string(Cg *g, const char *text) {
  return LLVMMDStringInContext2(g->lx, text, strlen(text));
}

/* Scopes are named, not distinct: those of one kernel mean the same everywhere. */
static void alias_scopes(Cg *g) {
  LLVMMetadataRef name = md_string(g, g->kernel_name);
  LLVMMetadataRef domain = LLVMMDNodeInContext2(g->lx, &name, 1);
  TppcVec(LLVMMetadataRef) all = {0};
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (!s->type || s->type->kind != TPPC_T_TENSOR)
      continue;
    char text[TEXT_LIMIT];
    snprintf(text, sizeof text, "%s.%s.%d", g->kernel_name, s->value->name, i);
    LLVMMetadataRef pair[2] = {md_string(g, text), domain};
    s->scope = LLVMMDNodeInContext2(g->lx, pair, 2);
    TPPC_PUSH(g->arena, &all, s->scope);
  }
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (!s->scope)
      continue;
    LLVMMetadataRef *others = TPPC_NEW_N(g->arena, LLVMMetadataRef, all.n);
    unsigned n = 0;
    for (int k = 0; k < all.n; k++)
      if (all.data[k] != s->scope)
        others[n++] = all.data[k];
    s->noalias = n ? LLVMMDNodeInContext2(g->lx, others, n) : NULL;
    s->noalias_all = LLVMMDNodeInContext2(g->lx, all.data, (unsigned)all.n);
    s->scope = LLVMMDNodeInContext2(g->lx, &s->scope, 1);
  }
}

bool cg_frame_layout(Cg *g) {
  g->slots.n = 0;
  g->slot_of = (TppcMap){.arena = g->arena};
  Collect c = {.g = g};
  tppc_walk(&g->kernel->regions[0], collect, &c);
  TppcVec(LLVMTypeRef) fields = {0};
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (s->value)
      tppc_map_set(&g->slot_of, s->value, s);
    s->llvm = field_type(g, s);
    if (!s->llvm)
      continue;
    s->field = (unsigned)fields.n;
    TPPC_PUSH(g->arena, &fields, s->llvm);
    if (s->kind == CG_THREAD)
      TPPC_PUSH(g->arena, &fields, g->t_i64);
  }
  g->frame_type = LLVMStructTypeInContext(g->lx, fields.data, (unsigned)fields.n, false);
  alias_scopes(g);
  return !g->fail;
}

Val cg_slot_address(Cg *g, const CgSlot *s, unsigned field) {
  return LLVMBuildStructGEP2(g->b, g->frame_type, g->frame, s->field + field, "");
}

/* Emitted in the prologue. */
static Val load_slot(Cg *g, CgSlot *s) {
  const char *name = s->sym ? s->sym : s->value->name;
  int64_t bytes;
  switch (s->kind) {
  case CG_BRGEMM:
  case CG_SGEMM:
    return cg_slot_address(g, s, 0);
  case CG_STACK: {
    tppc_e_const(cg_bytes(g, s->type), &bytes);
    Val v = LLVMBuildAlloca(g->b, LLVMArrayType2(g->t_i8, (uint64_t)bytes), name);
    LLVMSetAlignment(v, 64);
    return v;
  }
  case CG_THREAD: {
    Val base = LLVMBuildLoad2(g->b, g->t_ptr, cg_slot_address(g, s, 0), "");
    Val stride = LLVMBuildLoad2(g->b, g->t_i64, cg_slot_address(g, s, 1), "");
    return cg_ptr_add(g, base, LLVMBuildNSWMul(g->b, stride, g->tid, ""));
  }
  case CG_SIZE:
  case CG_SEQ:
  case CG_SCALAR:
  case CG_POINTER:
  case CG_SHARED:
    break;
  }
  return LLVMBuildLoad2(g->b, s->llvm, cg_slot_address(g, s, 0), name);
}

Val cg_slot_value(Cg *g, CgSlot *s) {
  int64_t c;
  const TppcExpr *value = s->kind == CG_SIZE ? tppc_attr_expr(s->op, "value") : NULL;
  if (value && tppc_e_const(value, &c))
    return cg_i64(g, c);
  Val v = tppc_map_get(&g->slot_values, s);
  if (v)
    return v;
  LLVMBasicBlockRef at = LLVMGetInsertBlock(g->b);
  LLVMPositionBuilderAtEnd(g->b, g->prologue);
  v = load_slot(g, s);
  LLVMPositionBuilderAtEnd(g->b, at);
  tppc_map_set(&g->slot_values, s, v);
  return v;
}

Val cg_slot_array(Cg *g, CgSlot *s, CgArray array) {
  static const size_t at[] = {offsetof(tpp_csr, ptr), offsetof(tpp_csr, idx),
                              offsetof(tpp_csr, val)}; /* ORDER: CgArray */
  const void *key = &s->arrays[array];
  Val v = tppc_map_get(&g->slot_values, key);
  if (v)
    return v;
  Val base = cg_slot_value(g, s);
  LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
  LLVMPositionBuilderAtEnd(g->b, g->prologue);
  v = LLVMBuildLoad2(g->b, g->t_ptr, cg_ptr_add(g, base, cg_i64(g, (int64_t)at[array])), "");
  LLVMPositionBuilderAtEnd(g->b, here);
  tppc_map_set(&g->slot_values, key, v);
  return v;
}

Val cg_slot_elements(Cg *g, CgSlot *s) {
  return cg_is_sparse(s->type) ? cg_slot_array(g, s, CG_ARRAY_VAL) : cg_slot_value(g, s);
}
