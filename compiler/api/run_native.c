/* Calling the compiled kernel.
 *
 * Every argument stands between two red zones, bytes that no kernel may touch, and outputs are
 * filled with rubbish before each call, so that an element which is left out, or written outside,
 * is seen. Buffers are as long as the C interface demands and no longer.
 */
#include "api/crossover.h"
#include "api/run_internal.h"

#include "interp/layout.h"
#include "tppc/measure.h"

#include <stdlib.h>
#include <string.h>

enum { ZONE = 256, RUBBISH = 0xa5, CANARY = 0x5c };

/* A block between its red zones; `data` is aligned to 64 bytes. */
typedef struct Buffer {
  unsigned char *memory, *data;
  size_t bytes;
} Buffer;

/* What the call gets for one parameter. */
typedef struct Argument {
  RunParam *p;
  Buffer buffer;        /* dense: the tensor; sparse: values; ternary: codes */
  Buffer scales, units; /* ternary */
  const void *pointer;  /* what is passed for a tensor */
  tpp_csr sparse;
  tpp_ternary ternary;
} Argument;

struct RunCall {
  TppcJit *jit;
  Argument *args;
  int64_t *sizes;
  void **argv;
  int (*fn)(void *const *argv);
};

static bool buffer_new(Buffer *b, int64_t bytes) {
  if (bytes < 0 || bytes > INT64_MAX / 2)
    return false;
  b->bytes = (size_t)bytes;
  size_t total = (b->bytes + 2 * ZONE + 63) / 64 * 64;
  b->memory = aligned_alloc(64, total);
  if (!b->memory)
    return false;
  memset(b->memory, CANARY, ZONE);
  b->data = b->memory + ZONE;
  memset(b->data + b->bytes, CANARY, total - ZONE - b->bytes);
  return true;
}

static bool is_canary(const unsigned char *p) {
  for (int i = 0; i < ZONE; i++)
    if (p[i] != CANARY)
      return false;
  return true;
}

static bool buffer_intact(const Buffer *b) {
  return !b->memory || (is_canary(b->memory) && is_canary(b->data + b->bytes));
}

/* ---- arguments ---- */

static size_t value_bytes(const TppcTensor *t) {
  return (size_t)(tppc_elem_bits(t->elem) + 7) / 8;
}

static bool make_dense(Argument *a) {
  a->pointer = NULL;
  if (!buffer_new(&a->buffer, tppc_layout_bytes(a->p->input)))
    return false;
  a->pointer = a->buffer.data;
  return true;
}

static bool make_sparse(Argument *a) {
  const TppcTensor *t = a->p->input;
  if (!buffer_new(&a->buffer, t->n_values * (int64_t)value_bytes(t)))
    return false;
  a->sparse = (tpp_csr){.nnz = t->nnz, .ptr = t->ptr, .idx = t->idx, .val = a->buffer.data};
  a->pointer = &a->sparse;
  return true;
}

static bool make_ternary(Argument *a) {
  const TppcTensor *t = a->p->input;
  if (!buffer_new(&a->buffer, tppc_ternary_code_bytes(t)) ||
      !buffer_new(&a->scales, tppc_ternary_scale_bytes(t)) ||
      !buffer_new(&a->units, tppc_ternary_unit_bytes(t)))
    return false;
  tppc_ternary_pack(t, a->buffer.data);
  void *scales = a->scales.data, *units = a->units.data;
  tppc_ternary_pack_scales(t, scales, units);
  a->ternary = (tpp_ternary){.codes = a->buffer.data,
                             .scales = scales,
                             .planes = (int32_t)t->planes,
                             .units = t->units ? units : NULL};
  a->pointer = &a->ternary;
  return true;
}

static bool make_argument(Argument *a) {
  if (a->p->input->ptr)
    return make_sparse(a);
  return a->p->input->scales ? make_ternary(a) : make_dense(a);
}

/* The contents before a call. */
static void fill_argument(Argument *a) {
  const TppcTensor *t = a->p->input;
  if (t->scales)
    return;
  if (t->ptr) {
    memcpy(a->buffer.data, t->data, a->buffer.bytes);
  } else if (a->p->reads) {
    tppc_layout_clear(t, a->buffer.data, RUBBISH);
    tppc_layout_pack(t, a->buffer.data);
  } else {
    memset(a->buffer.data, RUBBISH, a->buffer.bytes);
  }
}

static bool take_result(const TppcRun *r, const Argument *a) {
  RunParam *p = a->p;
  const char *why;
  tppc_tensor_free(p->native);
  p->native = tppc_tensor_new(p->type, &r->sizes, &why);
  if (!p->native || !tppc_tensor_copy(p->native, p->input))
    return false;
  if (p->native->ptr) {
    memcpy(p->native->data, a->buffer.data, a->buffer.bytes);
    return true;
  }
  p->violation = tppc_layout_violation(p->native, a->buffer.data, RUBBISH);
  tppc_layout_unpack(p->native, a->buffer.data);
  return true;
}

/* ---- the call ---- */

static bool is_scalar(const Argument *a) {
  return a->p->type->kind == TPPC_T_SCALAR;
}

/* Sizes, then inputs, then outputs. */
static void list_arguments(TppcRun *r, RunCall *c) {
  int n = 0, k = 0;
  for (const TppcOp *op = r->kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_SIZE && !tppc_attr(op, "value")) {
      tppc_env_get(&r->sizes, op->name, &c->sizes[k]);
      c->argv[n++] = &c->sizes[k++];
    }
  for (int outputs = 0; outputs < 2; outputs++)
    for (int i = 0; i < r->n; i++) {
      Argument *a = &c->args[i];
      if (a->p->reads == (outputs == 1))
        continue;
      c->argv[n++] = is_scalar(a) ? (void *)a->buffer.data : (void *)&a->pointer;
    }
}

static TppcResult overrun(TppcRun *r, const RunParam *p) {
  return RUN_FAIL(
      r, TPPC_INTERNAL, TPPC_D_codegen_failed, r->kernel->span,
      tppc_sprintf(r->arena, "kernel '%s' wrote outside of '%s'", r->kernel->name, p->name));
}

static TppcResult check_zones(TppcRun *r) {
  for (int i = 0; i < r->n; i++) {
    const Argument *a = &r->call->args[i];
    if (!buffer_intact(&a->buffer) || !buffer_intact(&a->scales) || !buffer_intact(&a->units))
      return overrun(r, a->p);
  }
  return TPPC_DONE;
}

/* Inputs must be as they were packed. */
static TppcResult check_inputs(TppcRun *r) {
  for (int i = 0; i < r->n; i++) {
    const Argument *a = &r->call->args[i];
    if (a->p->writes || a->p->input->scales || a->p->input->ptr)
      continue;
    unsigned char *copy = malloc(a->buffer.bytes + 1);
    if (!copy)
      return TPPC_DONE;
    tppc_layout_clear(a->p->input, copy, RUBBISH);
    tppc_layout_pack(a->p->input, copy);
    bool same = !memcmp(copy, a->buffer.data, a->buffer.bytes);
    free(copy);
    if (!same)
      return RUN_FAIL(r, TPPC_INTERNAL, TPPC_D_codegen_failed, r->kernel->span,
                      tppc_sprintf(r->arena, "kernel '%s' wrote to its input '%s'", r->kernel->name,
                                   a->p->name));
  }
  return TPPC_DONE;
}

static int count_sizes(const TppcRun *r) {
  int n = 0;
  for (const TppcOp *op = r->kernel->regions[0].first; op; op = op->next)
    n += op->kind == TPPC_OP_SIZE;
  return n;
}

static TppcResult make_arguments(TppcRun *r) {
  RunCall *c = r->call;
  c->args = TPPC_NEW_N(r->arena, Argument, r->n + 1);
  c->sizes = TPPC_NEW_N(r->arena, int64_t, count_sizes(r) + 1);
  c->argv = TPPC_NEW_N(r->arena, void *, count_sizes(r) + r->n + 1);
  for (int i = 0; i < r->n; i++) {
    c->args[i].p = &r->params[i];
    if (!make_argument(&c->args[i]))
      return run_status(r, TPP_ERR_NOMEM);
    fill_argument(&c->args[i]);
  }
  list_arguments(r, c);
  return TPPC_DONE;
}

TppcResult tppc_run_open(TppcRun *r) {
  run_call_free(r);
  TppcResult result = r->prepared ? TPPC_DONE : tppc_run_prepare(r);
  if (result == TPPC_DONE)
    result = tppc_session_lower(r->s);
  if (result != TPPC_DONE)
    return result;
  TppcJit *jit = tppc_jit_new(r->s->lowered, &r->s->emit);
  if (!jit)
    return tppc_session_outcome(r->s, false);
  r->call = TPPC_NEW(r->arena, RunCall);
  r->call->jit = jit;
  void *address = tppc_jit_lookup(jit, tppc_sprintf(r->arena, "%s.argv", r->kernel->name));
  memcpy(&r->call->fn, &address, sizeof address);
  if (!address)
    return RUN_FAIL(r, TPPC_INTERNAL, TPPC_D_codegen_failed, r->kernel->span,
                    tppc_sprintf(r->arena, "the code of kernel '%s' is missing", r->kernel->name));
  tppc_run_warn_dense(r);
  return make_arguments(r);
}

void run_call_free(TppcRun *r) {
  for (int i = 0; r->call && r->call->args && i < r->n; i++) {
    free(r->call->args[i].buffer.memory);
    free(r->call->args[i].scales.memory);
    free(r->call->args[i].units.memory);
  }
  if (r->call)
    tppc_jit_free(r->call->jit);
  r->call = NULL;
}

void tppc_run_refill(TppcRun *r) {
  for (int i = 0; i < r->n; i++)
    if (r->call->args[i].p->writes)
      fill_argument(&r->call->args[i]);
}

int tppc_run_call(TppcRun *r) {
  return r->call->fn(r->call->argv);
}

TppcResult tppc_run_close(TppcRun *r) {
  if (!r->call)
    return TPPC_DONE;
  TppcResult result = check_zones(r);
  if (result == TPPC_DONE)
    result = check_inputs(r);
  for (int i = 0; i < r->n && result == TPPC_DONE; i++)
    if (r->params[i].writes && !take_result(r, &r->call->args[i]))
      result = run_status(r, TPP_ERR_NOMEM);
  r->native_done = result == TPPC_DONE;
  run_call_free(r);
  return result;
}

void *tppc_run_argument(TppcRun *r, const char *name, size_t *bytes) {
  for (int i = 0; r->call && i < r->n; i++) {
    Argument *a = &r->call->args[i];
    if (strcmp(a->p->name, name))
      continue;
    *bytes = a->buffer.bytes;
    return a->p->input->ptr      ? (void *)&a->sparse
           : a->p->input->scales ? (void *)&a->ternary
                                 : (void *)a->buffer.data;
  }
  return NULL;
}

TppcResult tppc_run_native(TppcRun *r, int repeat, double *seconds) {
  TppcResult result = tppc_run_open(r);
  for (int k = 0; k < repeat && result == TPPC_DONE; k++) {
    tppc_run_refill(r);
    double start = tppc_now();
    int status = tppc_run_call(r);
    if (seconds)
      seconds[k] = tppc_now() - start;
    result = check_zones(r);
    if (result == TPPC_DONE)
      result = run_status(r, status);
  }
  if (result == TPPC_DONE)
    return tppc_run_close(r);
  run_call_free(r);
  return result;
}
