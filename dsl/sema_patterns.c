/* Whose pattern a local sparse tensor has.
 *
 *   P: f32[M, N] csr;   for .. { P[m, n] = exp(A[m, n]); }     %P = local @P %A : f32[M, N] csr
 *
 * Tensors of one statement share a pattern, and so do those that a call passes for such parameters.
 * A local sparse tensor brings none of its own, so it has that of the parameter that it shares one
 * with, directly or through others; which is known when the whole kernel has been read.
 */
#include "dsl/sema.h"

typedef struct Group {
  TppcOp *kernel;
  TppcMap parent; /* of sparse tensors: another one of the group */
  bool done;
} Group;

typedef struct Patterns {
  Sema *s;
  TppcVec(Group *) kernels;
} Patterns;

static TppcValue *root(Group *g, TppcValue *v) {
  for (TppcValue *p = tppc_map_get(&g->parent, v); p; p = tppc_map_get(&g->parent, v))
    v = p;
  return v;
}

/* Parameters are roots. */
static void join(Group *g, TppcValue *a, TppcValue *b) {
  if (!a || !b || !sema_is_sparse(a->type) || !sema_is_sparse(b->type))
    return;
  a = root(g, a);
  b = root(g, b);
  if (a == b)
    return;
  if (a->def->kind == TPPC_OP_PARAM)
    tppc_map_set(&g->parent, b, a);
  else
    tppc_map_set(&g->parent, a, b);
}

static Group *group_of(Patterns *p, const TppcOp *kernel);

/* Arguments of parameters that share a pattern. */
static void join_arguments(Patterns *p, Group *g, const TppcOp *call) {
  TppcOp *callee = tppc_module_kernel(p->s->module, tppc_attr_word(call, "callee"));
  Group *inner = callee ? group_of(p, callee) : NULL;
  TppcVec(TppcValue *) params = {0};
  for (TppcOp *op = inner ? callee->regions[0].first : NULL; op; op = op->next)
    if (op->kind == TPPC_OP_PARAM)
      TPPC_PUSH(p->s->cx->arena, &params, op->results[0]);
  for (int i = 0; i < params.n && i < call->n_uses; i++)
    for (int k = 0; k < i; k++)
      if (root(inner, params.data[i]) == root(inner, params.data[k]))
        join(g, call->uses[i].value, call->uses[k].value);
}

static void read_statement(Group *g, const TppcOp *stmt) {
  TppcValue *first = NULL;
  for (const TppcOp *op = stmt; op;
       op = op == stmt ? stmt->n_regions ? stmt->regions[0].first : NULL : op->next)
    for (int i = 0; i < op->n_uses; i++) {
      if (!sema_is_sparse(op->uses[i].value->type))
        continue;
      if (first)
        join(g, first, op->uses[i].value);
      first = op->uses[i].value;
    }
}

static void read_items(Patterns *p, Group *g, const TppcRegion *r) {
  for (const TppcOp *op = r->first; op; op = op->next) {
    if (op->kind == TPPC_OP_SEQ || op->kind == TPPC_OP_NEST)
      read_items(p, g, &op->regions[0]);
    else if (op->kind == TPPC_OP_CALL)
      join_arguments(p, g, op);
    else if (op->kind == TPPC_OP_STMT || op->kind == TPPC_OP_CONTRACT)
      read_statement(g, op);
  }
}

static void set_patterns(Patterns *p, Group *g) {
  for (TppcOp *op = tppc_next_item(g->kernel, NULL); op; op = tppc_next_item(g->kernel, op)) {
    if (op->kind != TPPC_OP_LOCAL || !sema_is_sparse(op->results[0]->type))
      continue;
    TppcValue *from = root(g, op->results[0]);
    if (from->def->kind == TPPC_OP_PARAM)
      tppc_op_add_use(p->s->cx, op, from, 0, NULL, op->span);
    else
      SEMA_ERROR(p->s, local_pattern, op->span, op->name);
  }
}

/* Calls form no cycle. */
static Group *group_of(Patterns *p, const TppcOp *kernel) {
  for (int i = 0; i < p->kernels.n; i++) {
    Group *g = p->kernels.data[i];
    if (g->kernel != kernel)
      continue;
    if (!g->done) {
      g->done = true;
      read_items(p, g, &g->kernel->regions[0]);
    }
    return g;
  }
  return NULL;
}

void sema_patterns(Sema *s) {
  Patterns p = {.s = s};
  for (TppcOp *k = s->module->body.first; k; k = k->next) {
    Group *g = TPPC_NEW(s->cx->arena, Group);
    g->kernel = k;
    g->parent.arena = s->cx->arena;
    TPPC_PUSH(s->cx->arena, &p.kernels, g);
  }
  for (int i = 0; i < p.kernels.n; i++)
    set_patterns(&p, group_of(&p, p.kernels.data[i]->kernel));
}
