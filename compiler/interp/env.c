/* Values of sizes: what the entry of a compiled function computes and checks first. */
#include "interp/tensor.h"

#include <string.h>

void tppc_env_set(TppcEnv *env, const char *sym, int64_t value) {
  for (int i = 0; i < env->v.n; i++)
    if (env->v.data[i].sym == sym) {
      env->v.data[i].value = value;
      return;
    }
  TppcBinding b = {sym, value};
  TPPC_PUSH(env->arena, &env->v, b);
}

bool tppc_env_get(const TppcEnv *env, const char *sym, int64_t *value) {
  for (int i = env->v.n - 1; i >= 0; i--)
    if (env->v.data[i].sym == sym) {
      *value = env->v.data[i].value;
      return true;
    }
  return false;
}

static bool lookup(void *user, const char *sym, int64_t *value) {
  return tppc_env_get(user, sym, value);
}

bool tppc_env_eval(const TppcEnv *env, const TppcExpr *e, int64_t *value) {
  TppcEnv view = *env;
  return tppc_e_eval(e, lookup, &view, value);
}

static int check_size(TppcEnv *env, const TppcOp *op, const char **unknown) {
  const TppcExpr *e = tppc_attr_expr(op, "value");
  int64_t v;
  if (tppc_env_get(env, op->name, &v)) /* a call gives derived sizes and defaults, too */
    return v < 0 ? TPP_ERR_SIZE : TPP_OK;
  if (!e) {
    *unknown = op->name;
    return TPP_ERR_SIZE;
  }
  if (!tppc_env_eval(env, e, &v))
    return TPP_ERR_SIZE;
  tppc_env_set(env, op->name, v);
  return v < 0 ? TPP_ERR_SIZE : TPP_OK;
}

static int check_promise(const TppcEnv *env, const TppcOp *op) {
  const TppcExpr *when = tppc_attr_expr(op, "when");
  const char *word = tppc_attr_word(op, "status");
  int64_t v;
  if (when && tppc_env_eval(env, when, &v) && v)
    return TPP_OK;
  if (word && !strcmp(word, "index"))
    return TPP_ERR_INDEX;
  return word && !strcmp(word, "promise") ? TPP_ERR_PROMISE : TPP_ERR_SIZE;
}

int tppc_env_sizes(TppcEnv *env, const TppcOp *kernel, const char **unknown) {
  *unknown = NULL;
  int status = TPP_OK;
  for (const TppcOp *op = kernel->regions[0].first; op && status == TPP_OK; op = op->next) {
    if (op->kind == TPPC_OP_SIZE)
      status = check_size(env, op, unknown);
    else if (op->kind == TPPC_OP_REQUIRE)
      status = check_promise(env, op);
  }
  return status;
}
