/* Operations of a kernel's contractions, counted on the module as the program has it. */
#include "interp/interp.h"

#include <string.h>

typedef struct Counter {
  TppcModule *m;
  TppcArena *arena;
} Counter;

static double count_kernel(const Counter *c, const TppcOp *kernel, TppcEnv *env,
                           const TppcMap *tensors);

static double extent(const TppcEnv *env, const TppcDim *d) {
  int64_t lo = 0, hi = 0;
  if ((d->lo && !tppc_env_eval(env, d->lo, &lo)) || !tppc_env_eval(env, d->hi, &hi) || hi < lo)
    return 0;
  return (double)(hi - lo);
}

static double count_product(const TppcOp *op, const TppcEnv *env, const TppcMap *tensors) {
  const TppcUse *sparse = NULL;
  double points = 2;
  for (int k = 0; k < op->n_uses; k++) {
    const TppcTensor *t = tppc_map_get(tensors, op->uses[k].value);
    if (t && t->ptr) {
      sparse = &op->uses[k];
      points *= (double)t->n_values;
    }
  }
  for (int i = 0; i < op->n_dims; i++)
    if (!sparse || !tppc_use_has(sparse, op->dims[i].sym))
      points *= extent(env, &op->dims[i]);
  return points;
}

static double count_call(const Counter *c, const TppcOp *call, const TppcEnv *env,
                         const TppcMap *tensors) {
  const char *callee = tppc_attr_word(call, "callee");
  const TppcOp *kernel =
      callee ? tppc_module_kernel(c->m, tppc_intern(c->m->cx->names, callee)) : NULL;
  TppcEnv inner = {.arena = c->arena};
  TppcMap passed = {.arena = c->arena};
  int64_t v;
  for (int i = 0; i < call->n_dims; i++)
    if (tppc_env_eval(env, call->dims[i].hi, &v))
      tppc_env_set(&inner, call->dims[i].sym, v);
  int k = 0;
  for (const TppcOp *op = kernel ? kernel->regions[0].first : NULL; op; op = op->next)
    if (op->kind == TPPC_OP_PARAM && k < call->n_uses) {
      void *t = tppc_map_get(tensors, call->uses[k++].value);
      if (t)
        tppc_map_set(&passed, op->results[0], t);
    }
  return kernel ? count_kernel(c, kernel, &inner, &passed) : 0;
}

static double count_kernel(const Counter *c, const TppcOp *kernel, TppcEnv *env,
                           const TppcMap *tensors) {
  const char *unknown;
  double n = 0;
  if (tppc_env_sizes(env, kernel, &unknown) != TPP_OK)
    return 0;
  for (const TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op)) {
    double own = op->kind == TPPC_OP_CALL ? count_call(c, op, env, tensors) : 0;
    for (const TppcOp *s = op->kind == TPPC_OP_NEST ? op->regions[0].first : NULL; s; s = s->next)
      if (s->kind == TPPC_OP_CONTRACT)
        own += count_product(s, env, tensors);
    for (const TppcOp *in = op->in->parent; in != kernel; in = in->in->parent)
      own *= extent(env, &in->dims[0]);
    n += own;
  }
  return n;
}

double tppc_interp_flops(TppcModule *m, const char *kernel, const TppcEnv *sizes,
                         const TppcInterpArg *args, int n_args) {
  const TppcOp *op = tppc_module_kernel(m, tppc_intern(m->cx->names, kernel));
  Counter c = {m, tppc_arena_new()};
  TppcEnv env = {.arena = c.arena};
  TppcMap tensors = {.arena = c.arena};
  for (int i = 0; i < sizes->v.n; i++)
    tppc_env_set(&env, sizes->v.data[i].sym, sizes->v.data[i].value);
  int k = 0;
  for (const TppcOp *p = op ? op->regions[0].first : NULL; p; p = p->next)
    if (p->kind == TPPC_OP_PARAM && k < n_args) {
      if (args[k].tensor)
        tppc_map_set(&tensors, p->results[0], args[k].tensor);
      k++;
    }
  double n = op ? count_kernel(&c, op, &env, &tensors) : 0;
  tppc_arena_free(c.arena);
  return n;
}
