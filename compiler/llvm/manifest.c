/* The manifest: a compiled kernel as JSON, for tools that call it or want to know what a call
 * costs. */
#include "llvm/cg.h"
#include "passes/rewrite.h"
#include "support/json.h"
#include <string.h>

enum { MAX_DEPTH = 16 };

typedef struct Out {
  TppcBuf *b;
  TppcContext *cx;
  int depth;
  bool first[MAX_DEPTH];
} Out;

static void newline(Out *o) {
  tppc_buf_putc(o->b, '\n');
  for (int i = 0; i < o->depth; i++)
    tppc_buf_puts(o->b, "  ");
}

/* Starts a member; key is NULL in arrays. */
static void item(Out *o, const char *key) {
  if (!o->first[o->depth])
    tppc_buf_putc(o->b, ',');
  o->first[o->depth] = false;
  newline(o);
  if (!key)
    return;
  tppc_json_string(o->b, key);
  tppc_buf_puts(o->b, ": ");
}

static void open(Out *o, const char *key, char bracket) {
  item(o, key);
  tppc_buf_putc(o->b, bracket);
  o->first[++o->depth] = true;
}

static void close(Out *o, char bracket) {
  bool empty = o->first[o->depth--];
  if (!empty)
    newline(o);
  tppc_buf_putc(o->b, bracket);
}

static void text(Out *o, const char *key, const char *value) {
  item(o, key);
  tppc_json_string(o->b, value);
}

static void number(Out *o, const char *key, int64_t v) {
  item(o, key);
  tppc_buf_printf(o->b, "%lld", (long long)v);
}

/* A constant as a number, else its text. */
static void expression(Out *o, const char *key, const TppcExpr *e) {
  int64_t v;
  if (tppc_e_const(e, &v)) {
    number(o, key, v);
    return;
  }
  TppcBuf t = {0};
  tppc_e_print(&t, e);
  text(o, key, t.data);
  tppc_buf_free(&t);
}

static void type_text(Out *o, const char *key, const TppcType *t) {
  TppcBuf b = {0};
  tppc_t_print(&b, t);
  text(o, key, b.data ? b.data : "");
  tppc_buf_free(&b);
}

static void sizes(Out *o, const TppcOp *kernel) {
  open(o, "sizes", '[');
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_SIZE)
      continue;
    open(o, NULL, '{');
    text(o, "name", op->name);
    const TppcExpr *value = tppc_attr_expr(op, "value");
    if (value)
      expression(o, "value", value);
    else
      text(o, "origin", "free");
    close(o, '}');
  }
  close(o, ']');
  open(o, "promises", '[');
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_REQUIRE && tppc_attr_expr(op, "when"))
      expression(o, NULL, tppc_attr_expr(op, "when"));
  close(o, ']');
}

static void params(Out *o, const TppcOp *kernel) {
  open(o, "params", '[');
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_PARAM)
      continue;
    const TppcType *t = op->results[0]->type;
    const char *mode = tppc_attr_word(op, "mode");
    open(o, NULL, '{');
    text(o, "name", op->name);
    text(o, "mode", mode ? mode : "in");
    type_text(o, "type", t);
    text(o, "element", tppc_elem_name(t->elem));
    if (t->kind == TPPC_T_TENSOR) {
      open(o, "shape", '[');
      for (int d = 0; d < t->rank; d++)
        expression(o, NULL, t->dims[d]);
      close(o, ']');
      if (t->storage == TPP_STORE_DENSE)
        expression(o, "bytes", tppc_t_bytes(o->cx, t));
    }
    close(o, '}');
  }
  close(o, ']');
}

/* ---- level rt: scratch, nests, kernels ---- */

typedef struct Scratch {
  Out *o;
  const TppcExpr *shared, *thread;
  int64_t stack, most; /* bytes of the nest at hand; of the nest with most */
} Scratch;

static bool add_scratch(void *user, TppcOp *op) {
  Scratch *s = user;
  if (op->kind == TPPC_OP_LNEST)
    s->stack = 0;
  if (op->kind != TPPC_OP_BUFFER && op->kind != TPPC_OP_LOCAL)
    return true;
  if (cg_is_sparse(op->results[0]->type)) /* as many values as the caller's tensor has entries */
    return true;
  TppcContext *cx = s->o->cx;
  const TppcExpr *bytes = tppc_t_bytes(cx, op->results[0]->type);
  const TppcExpr *whole = tppc_e_int(cx, 64);
  bytes = tppc_e_mul(cx, tppc_e_ceildiv(cx, bytes, whole), whole);
  switch (cg_buffer_kind(cx, op, &s->stack)) {
  case CG_SHARED:
    s->shared = tppc_e_add(cx, s->shared, bytes);
    break;
  case CG_THREAD:
    s->thread = tppc_e_add(cx, s->thread, bytes);
    break;
  default: /* on the stack */
    s->most = s->stack > s->most ? s->stack : s->most;
    break;
  }
  return true;
}

static void scratch(Out *o, const TppcOp *kernel) {
  Scratch s = {o, tppc_e_int(o->cx, 0), tppc_e_int(o->cx, 0), 0, 0};
  TppcRegion *body = &kernel->regions[0];
  tppc_walk(body, add_scratch, &s);
  open(o, "scratch", '{');
  expression(o, "shared_bytes", s.shared);
  expression(o, "bytes_a_thread", s.thread);
  number(o, "stack_bytes_a_thread", s.most);
  close(o, '}');
}

static void attributes(Out *o, const TppcOp *op) {
  for (int i = 0; i < op->n_attrs; i++) {
    const TppcAttr *a = &op->attrs[i];
    if (a->kind == TPPC_A_INT)
      number(o, a->key, a->i);
    else if (a->kind == TPPC_A_EXPR)
      expression(o, a->key, a->e);
    else if (a->kind == TPPC_A_WORD || a->kind == TPPC_A_STRING)
      text(o, a->key, a->s);
  }
}

/* The passes over elements that a nest makes, in order: what each runs over from the outside in,
 * what it is vectorised along, and what it writes. */
static void tile(Out *o, const TppcOp *op) {
  open(o, NULL, '{');
  open(o, "over", '[');
  for (int i = 0; i < op->n_dims; i++)
    text(o, NULL, op->dims[i].sym);
  close(o, ']');
  const char *vector = tppc_attr_word(op, "vector");
  text(o, "vector", vector ? vector : "");
  open(o, "writes", '[');
  for (const TppcOp *s = op->regions[0].first; s; s = s->next)
    if (s->kind == TPPC_OP_STORE)
      text(o, NULL, s->uses[1].value->name);
  close(o, ']');
  close(o, '}');
}

static void tiles(Out *o, TppcOp *nest) {
  TppcRegion *r = &nest->regions[0];
  open(o, "passes", '[');
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    if (op->kind == TPPC_OP_TILE && op->n_dims)
      tile(o, op);
  close(o, ']');
}

/* The blocks that are fetched ahead, and the loop whose next iteration reads each. */
static void prefetches(Out *o, TppcOp *nest) {
  TppcRegion *r = &nest->regions[0];
  open(o, "prefetches", '[');
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op)) {
    if (op->kind != TPPC_OP_PREFETCH)
      continue;
    open(o, NULL, '{');
    text(o, "tensor", op->uses[0].value->name);
    attributes(o, op);
    close(o, '}');
  }
  close(o, ']');
}

static void nests(Out *o, const TppcOp *kernel, uint32_t isas) {
  open(o, "nests", '[');
  for (TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op)) {
    if (op->kind != TPPC_OP_LNEST)
      continue;
    open(o, NULL, '{');
    text(o, "name", op->name ? op->name : "");
    attributes(o, op);
    tiles(o, op);
    prefetches(o, op);
    close(o, '}');
  }
  close(o, ']');
  open(o, "microkernels", '[');
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_SELECT)
      continue;
    open(o, NULL, '{');
    attributes(o, op);
    const char *choice = isas ? tppc_select_choice(op, isas, NULL, NULL) : NULL;
    if (choice)
      text(o, "kernel", choice);
    close(o, '}');
  }
  close(o, ']');
}

static void schedule_list(Out *o, const TppcAttr *a) {
  item(o, NULL);
  tppc_buf_putc(o->b, '[');
  for (int i = 0; i < a->n; i++) {
    const TppcAttr *e = &a->list[i];
    tppc_buf_puts(o->b, i ? ", " : "");
    if (e->kind == TPPC_A_INT) {
      tppc_buf_printf(o->b, "%lld", (long long)e->i);
    } else if (e->kind == TPPC_A_EXPR) {
      TppcBuf t = {0};
      tppc_e_print(&t, e->e);
      tppc_json_string(o->b, t.data);
      tppc_buf_free(&t);
    } else {
      tppc_json_string(o->b, e->s ? e->s : "");
    }
  }
  tppc_buf_putc(o->b, ']');
}

static void one_schedule(Out *o, const TppcOp *nest, const TppcOp *schedule) {
  open(o, NULL, '{');
  text(o, "nest", nest->name ? nest->name : "");
  attributes(o, schedule);
  const TppcAttr *levels = tppc_attr(schedule, "sizes");
  if (levels && levels->kind == TPPC_A_LIST) {
    open(o, "sizes", '[');
    for (int i = 0; i < levels->n; i++)
      schedule_list(o, &levels->list[i]);
    close(o, ']');
  }
  close(o, '}');
}

static void schedules(Out *o, const TppcOp *kernel) {
  open(o, "schedules", '[');
  for (const TppcOp *nest = tppc_next_item(kernel, NULL); nest;
       nest = tppc_next_item(kernel, nest)) {
    if (nest->kind != TPPC_OP_NEST)
      continue;
    for (const TppcOp *op = nest->regions[0].first; op; op = op->next)
      if (op->kind == TPPC_OP_SCHEDULE)
        one_schedule(o, nest, op);
  }
  close(o, ']');
}

static const TppcOp *same_kernel(const TppcModule *api, const char *name) {
  for (const TppcOp *op = api ? api->body.first : NULL; op; op = op->next)
    if (op->kind == TPPC_OP_KERNEL && op->name == name)
      return op;
  return NULL;
}

static void kernel(Out *o, const TppcOp *op, const TppcModule *m, const TppcModule *api,
                   uint32_t isas) {
  const TppcOp *before = same_kernel(api, op->name);
  open(o, NULL, '{');
  text(o, "name", op->name);
  sizes(o, before ? before : op);
  params(o, before ? before : op);
  schedules(o, before ? before : op);
  if (m->level == TPPC_LEVEL_RT) {
    scratch(o, op);
    nests(o, op, isas);
  }
  close(o, '}');
}

void tppc_emit_manifest(TppcBuf *out, const TppcModule *m, const TppcModule *api,
                        const TppcEmitOptions *opt) {
  Out o = {.b = out, .cx = m->cx};
  TppcTargetInfo target = {0};
  tppc_buf_putc(out, '{');
  o.first[++o.depth] = true;
  number(&o, "tppc_manifest", 1);
  text(&o, "abi", "tpp_rt_abi_1");
  if (tppc_target_info(m->cx, opt, &target)) {
    text(&o, "target", target.triple);
    text(&o, "cpu", target.cpu);
    number(&o, "vector_bytes", target.vector_bytes);
  }
  open(&o, "kernels", '[');
  for (const TppcOp *op = m->body.first; op; op = op->next)
    if (op->kind == TPPC_OP_KERNEL)
      kernel(&o, op, m, api, target.cpu_isas);
  close(&o, ']');
  close(&o, '}');
  tppc_buf_putc(out, '\n');
}
