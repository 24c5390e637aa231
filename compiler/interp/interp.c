/* Kernels, calls, nests, and loops: everything around the statements. */
#include "interp/interp_internal.h"

#include <string.h>

Store *frame_store(Frame *f, const TppcValue *v) {
  Store *s = tppc_map_get(&f->stores, v);
  return s && s->copies ? s->copies[f->in->thread] : s;
}

bool frame_going(const Frame *f) {
  return f->in->status == TPP_OK && !f->in->failed;
}

void frame_refuse(Frame *f, const TppcOp *op) {
  static const char *const names[] = {
#define IROP(id, text, dialects, operands, results, regions, dims, doc) text,
#include "ir/irops.def"
#undef IROP
  };
  tppc_diag(f->in->cx->diags, TPPC_D_codegen_unsupported, op->span,
            tppc_sprintf(f->in->arena, "interpreting the op '%s'", names[op->kind]));
  f->in->failed = true;
}

Store *frame_own_store(Frame *f, const TppcOp *op) {
  Store *s = store_new(f->in, op->results[0]->type, &f->env,
                       op->n_uses ? frame_store(f, op->uses[0].value) : NULL);
  if (s) {
    s->name = op->name;
    tppc_map_set(&f->stores, op->results[0], s);
  }
  return s;
}

static void run_kernel(Frame *f, const TppcOp *kernel);

/* ---- level tpp ---- */

/* A nest that fuse-nests has left beside a fused one, or the other way round, runs where one of its
 * schedules holds. */
static bool is_taken(Frame *f, const TppcOp *nest) {
  const TppcOp *op = nest->regions[0].first;
  bool any = !tppc_attr_int(nest, "alternative", 0);
  for (; !any && op && op->kind == TPPC_OP_SCHEDULE; op = op->next) {
    const TppcExpr *when = tppc_attr_expr(op, "when");
    int64_t v = 1;
    if (when && !tppc_env_eval(&f->env, when, &v))
      f->in->status = TPP_ERR_SIZE;
    any = v != 0;
  }
  return any;
}

static void run_nest(Frame *f, TppcOp *nest) {
  Chains chains = {0};
  if (!is_taken(f, nest))
    return;
  chains_find(f->in, nest, &chains);
  for (TppcOp *op = nest->regions[0].first; op && frame_going(f); op = op->next) {
    if (op->kind == TPPC_OP_TEMP)
      frame_own_store(f, op);
    if (op->kind != TPPC_OP_STMT && op->kind != TPPC_OP_CONTRACT)
      continue;
    chains_before(f, &chains, op);
    if (op->kind == TPPC_OP_STMT)
      run_stmt(f, op);
    else
      run_contract(f, op);
    chains_after(f, &chains, op);
  }
  for (TppcOp *op = nest->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_TEMP && frame_store(f, op->results[0]))
      store_free(f->in, frame_store(f, op->results[0]));
}

static bool is_output(const TppcOp *param) {
  const char *mode = tppc_attr_word(param, "mode");
  return mode && !strcmp(mode, "out");
}

static void clear(Store *s) {
  if (s->f)
    memset(s->f, 0, (size_t)s->n * sizeof *s->f);
  if (s->i)
    memset(s->i, 0, (size_t)s->n * sizeof *s->i);
  if (s->e)
    memset(s->e, 0, (size_t)s->n * sizeof *s->e);
  store_written(s);
}

/* A tensor passed for several inputs has the padding of each. */
static Store *argument_store(Frame *f, const TppcOp *call, int k) {
  Store *s = frame_store(f, call->uses[k].value);
  for (int i = 0; s && i < k; i++)
    if (call->uses[i].value == call->uses[k].value) {
      Store *other = TPPC_NEW(f->in->arena, Store);
      *other = *s;
      other->mag = other->as_double = NULL; /* each sums up its own */
      return other;
    }
  return s;
}

/* The callee works on the caller's stores. */
static void run_call(Frame *f, const TppcOp *call) {
  const char *callee = tppc_attr_word(call, "callee");
  TppcOp *kernel =
      callee ? tppc_module_kernel(f->in->m, tppc_intern(f->in->cx->names, callee)) : NULL;
  if (!kernel) {
    frame_refuse(f, call);
    return;
  }
  Frame inner = {.in = f->in, .stores = {.arena = f->in->arena}, .env = {.arena = f->in->arena}};
  for (int i = 0; i < call->n_dims; i++) {
    int64_t v;
    if (!tppc_env_eval(&f->env, call->dims[i].hi, &v)) {
      f->in->status = TPP_ERR_SIZE;
      return;
    }
    tppc_env_set(&inner.env, call->dims[i].sym, v);
  }
  int k = 0;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_PARAM && k < call->n_uses) {
      Store *s = argument_store(f, call, k++);
      tppc_map_set(&inner.stores, op->results[0], s);
      if (is_output(op))
        clear(s);
    }
  run_kernel(&inner, kernel);
  k = 0;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_PARAM && k < call->n_uses) {
      Store *own = tppc_map_get(&inner.stores, op->results[0]);
      if (own && own != frame_store(f, call->uses[k].value))
        store_written(own);
      k++;
    }
  for (int i = 0; i < k; i++)
    store_set_padding(f->in, frame_store(f, call->uses[i].value), call->uses[i].value->type,
                      &f->env);
}

/* ---- kernels ---- */

static void run_op(Frame *f, TppcOp *op);

static void free_locals(Frame *f, const TppcRegion *r) {
  for (const TppcOp *op = r->first; op; op = op->next)
    if (op->kind == TPPC_OP_LOCAL && frame_store(f, op->results[0])) {
      store_free(f->in, frame_store(f, op->results[0]));
      tppc_map_set(&f->stores, op->results[0], NULL);
    }
}

/* Its locals are new in every iteration. */
static void run_seq(Frame *f, TppcOp *seq) {
  const TppcDim *d = &seq->dims[0];
  int64_t n;
  if (!tppc_env_eval(&f->env, d->hi, &n)) {
    f->in->status = TPP_ERR_SIZE;
    return;
  }
  for (int64_t i = 0; i < n && frame_going(f); i++) {
    tppc_env_set(&f->env, d->sym, i);
    for (TppcOp *op = seq->regions[0].first; op && frame_going(f); op = op->next)
      run_op(f, op);
    free_locals(f, &seq->regions[0]);
  }
}

static void run_check(Frame *f, const TppcOp *op) {
  const Store *s = frame_store(f, op->uses[0].value);
  const char *status = tppc_attr_word(op, "status");
  if (s && s->is_int && s->n > 0 && s->i[0] > 0)
    f->in->status = status && !strcmp(status, "range") ? TPP_ERR_RANGE : TPP_ERR_INDEX;
}

static void run_op(Frame *f, TppcOp *op) {
  switch (op->kind) {
  case TPPC_OP_SIZE:
  case TPPC_OP_REQUIRE:
  case TPPC_OP_PARAM:
  case TPPC_OP_SCHEDULE:
    break;
  case TPPC_OP_LOCAL:
    frame_own_store(f, op);
    break;
  case TPPC_OP_SEQ:
    run_seq(f, op);
    break;
  case TPPC_OP_NEST: /* what parallel-reductions left: one thread, one copy */
    tppc_env_set(&f->env, tppc_intern(f->in->cx->names, "tid"), 0);
    tppc_env_set(&f->env, tppc_intern(f->in->cx->names, "nthreads"), 1);
    run_nest(f, op);
    break;
  case TPPC_OP_CALL:
    run_call(f, op);
    break;
  case TPPC_OP_CHECK:
    run_check(f, op);
    break;
  default:
    run_loop_op(f, op);
    break;
  }
}

static void run_kernel(Frame *f, const TppcOp *kernel) {
  const char *unknown;
  f->in->status = tppc_env_sizes(&f->env, kernel, &unknown);
  /* Padding may name sizes, so it is known only now. */
  for (const TppcOp *op = kernel->regions[0].first; op && frame_going(f); op = op->next) {
    Store *s = op->kind == TPPC_OP_PARAM ? frame_store(f, op->results[0]) : NULL;
    if (s)
      store_set_padding(f->in, s, op->results[0]->type, &f->env);
  }
  for (TppcOp *op = kernel->regions[0].first; op && frame_going(f); op = op->next)
    run_op(f, op);
  free_locals(f, &kernel->regions[0]);
}

static void bind_arguments(Frame *f, const TppcOp *kernel, TppcInterpArg *args, int n_args) {
  int k = 0;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_PARAM && k < n_args) {
      Store *s = store_of_tensor(f->in, args[k++].tensor);
      s->name = op->name;
      if (is_output(op))
        clear(s);
      tppc_map_set(&f->stores, op->results[0], s);
    }
}

static void take_results(Frame *f, const TppcOp *kernel, TppcInterpArg *args, int n_args) {
  int k = 0;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_PARAM || k >= n_args)
      continue;
    const char *mode = tppc_attr_word(op, "mode");
    if (mode && strcmp(mode, "in") != 0)
      store_to_tensor(frame_store(f, op->results[0]), args[k].tensor, args[k].bound);
    k++;
  }
}

static bool run_with(TppcModule *m, const char *kernel, const TppcEnv *sizes, TppcInterpArg *args,
                     int n_args, int threads, TppcRace *race, TppcNanTrace *trace, int *status) {
  TppcOp *op = tppc_module_kernel(m, tppc_intern(m->cx->names, kernel));
  if (!op || threads < 1 || threads > 64)
    return false;
  Interp in = {.m = m,
               .cx = m->cx,
               .arena = tppc_arena_new(),
               .threads = threads,
               .next_owner = threads,
               .stretch = 1,
               .race = threads > 1 ? race : NULL,
               .trace = trace};
  Frame f = {.in = &in, .stores = {.arena = in.arena}, .env = {.arena = in.arena}};
  if (race)
    *race = (TppcRace){0};
  for (int i = 0; i < sizes->v.n; i++)
    tppc_env_set(&f.env, sizes->v.data[i].sym, sizes->v.data[i].value);
  bind_arguments(&f, op, args, n_args);
  run_kernel(&f, op);
  if (frame_going(&f))
    take_results(&f, op, args, n_args);
  *status = in.status;
  while (in.stores)
    store_free(&in, in.stores);
  tppc_arena_free(in.arena);
  return !in.failed;
}

bool tppc_interp_run_threads(TppcModule *m, const char *kernel, const TppcEnv *sizes,
                             TppcInterpArg *args, int n_args, int threads, TppcRace *race,
                             int *status) {
  return run_with(m, kernel, sizes, args, n_args, threads, race, NULL, status);
}

bool tppc_interp_trace(TppcModule *m, const char *kernel, const TppcEnv *sizes, TppcInterpArg *args,
                       int n_args, TppcNanTrace *trace, int *status) {
  *trace = (TppcNanTrace){0};
  return run_with(m, kernel, sizes, args, n_args, 1, NULL, trace, status);
}

bool tppc_interp_run(TppcModule *m, const char *kernel, const TppcEnv *sizes, TppcInterpArg *args,
                     int n_args, int *status) {
  return tppc_interp_run_threads(m, kernel, sizes, args, n_args, 1, NULL, status);
}
