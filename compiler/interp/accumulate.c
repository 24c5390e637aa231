/* Where a tensor is accumulated: an `=` or the value it had, and the updates that continue from it.
 *
 * From the first write of such a chain to its last the tensor has the accumulator's type, so that a
 * narrow result is rounded once, after its last update. A chain without updates stores as written.
 */
#include "interp/interp_internal.h"

static int promote(int a, int b) {
  if (!a || !b)
    return a ? a : b;
  if (a == TPP_F64 || b == TPP_F64)
    return TPP_F64;
  if (a == TPP_F32 || b == TPP_F32)
    return TPP_F32;
  return a == TPP_I64 || b == TPP_I64 ? TPP_I64 : TPP_I32;
}

int product_elem(int a, int b) {
  return promote(tppc_elem_accumulator(a), tppc_elem_accumulator(b));
}

typedef struct Write {
  const TppcUse *use;
  const TppcOp *op, *statement;
} Write;
typedef TppcVec(Write) Writes;

static bool is_update(const Write *w) {
  return w->op->kind == TPPC_OP_CONTRACT || tppc_op_update(w->op) != TPPC_SET;
}

static Writes all_writes(Interp *in, TppcOp *nest) {
  Writes ws = {0};
  for (const TppcOp *op = nest->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_CONTRACT) {
      Write w = {&op->uses[0], op, op};
      TPPC_PUSH(in->arena, &ws, w);
    } else if (op->kind == TPPC_OP_STMT) {
      for (const TppcOp *s = op->regions[0].first; s; s = s->next)
        if (s->kind == TPPC_OP_STORE) {
          Write w = {&s->uses[1], s, op};
          TPPC_PUSH(in->arena, &ws, w);
        }
    }
  }
  return ws;
}

static int written_elem(const Write *w) {
  if (w->op->kind == TPPC_OP_CONTRACT)
    return product_elem(w->op->uses[1].value->type->elem, w->op->uses[2].value->type->elem);
  int elem = w->op->uses[0].value->type->elem;
  return elem == TPP_BIT ? TPP_I32 : tppc_elem_compute(elem);
}

/* The writes of ws[from ..] to the same tensor up to the next `=`. */
static void add_chain(Interp *in, Chains *out, const Writes *ws, int from, bool *done) {
  const TppcValue *v = ws->data[from].use->value;
  const Write *head = &ws->data[from], *last = head;
  int acc = 0, first = out->v.n;
  for (int i = from; i < ws->n; i++) {
    const Write *w = &ws->data[i];
    if (w->use->value != v)
      continue;
    if (i > from && !is_update(w))
      break;
    done[i] = true;
    last = w;
    acc = promote(acc, written_elem(w));
    ChainEnd end = {.use = w->use, .tensor = w->use->value};
    TPPC_PUSH(in->arena, &out->v, end);
  }
  if (!is_update(last)) {
    out->v.n = first;
    return;
  }
  int own = tppc_elem_accumulator(v->type->elem);
  bool fresh = !is_update(head) || tppc_attr_int(head->op, "init", 0) == 1;
  if (!fresh || own == TPP_F64 || own == TPP_I64)
    acc = promote(acc, own);
  for (int i = first; i < out->v.n; i++)
    out->v.data[i].elem = acc;
  out->v.data[first].first = true;
  out->v.data[out->v.n - 1].last = true;
}

void chains_find(Interp *in, TppcOp *nest, Chains *out) {
  Writes ws = all_writes(in, nest);
  bool *done = TPPC_NEW_N(in->arena, bool, ws.n + 1);
  for (int i = 0; i < ws.n; i++)
    if (!done[i] && ws.data[i].use->value->type->storage == TPP_STORE_DENSE)
      add_chain(in, out, &ws, i, done);
}

static bool belongs(const TppcUse *use, const TppcOp *statement) {
  if (statement->kind == TPPC_OP_CONTRACT)
    return use == &statement->uses[0];
  for (const TppcOp *s = statement->n_regions ? statement->regions[0].first : NULL; s; s = s->next)
    if (s->kind == TPPC_OP_STORE && use == &s->uses[1])
      return true;
  return false;
}

void chains_before(Frame *f, const Chains *c, const TppcOp *statement) {
  for (int i = 0; i < c->v.n; i++) {
    const ChainEnd *e = &c->v.data[i];
    if (e->first && belongs(e->use, statement))
      store_convert(frame_store(f, e->tensor), e->elem);
  }
}

void chains_after(Frame *f, const Chains *c, const TppcOp *statement) {
  for (int i = 0; i < c->v.n; i++) {
    const ChainEnd *e = &c->v.data[i];
    if (!e->last || !belongs(e->use, statement))
      continue;
    trace_rounding(f->in, frame_store(f, e->tensor), e->tensor->type->elem, statement,
                   e->tensor->name);
    store_convert(frame_store(f, e->tensor), e->tensor->type->elem);
  }
}
