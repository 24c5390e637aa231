/* seq t in T { nests and calls }: its items run in order, for t = 0, 1, ... .
 *
 *   H: f32[B];                                   %H = local @H : f32[B]
 *   seq t in T { for b in B { ... X[t, b] } }    seq @seq0 [t: T] { tpp.nest @nest0 [b: B] { ... }
 * }
 *
 * For a nest its letter is one value, like a size that only the run knows: usable in indices and as
 * a value, not in shapes, extents, or sizes of calls. A tensor declared outside keeps its elements
 * from one iteration to the next; one declared inside is new in each. Since the seq may not run at
 * all, and an iteration may read what only a later one writes, a tensor from outside whose first
 * write is inside is filled before the seq (sema_initial). If that is with an identity other than
 * zero, what the seq has not written becomes zero when it has ended:
 *
 *   M[:] = -inf;  seq t in T { ... M[n] max= X[t, n] ... }  M[:] = T != 0 ? M[:] : 0
 */
#include "dsl/sema.h"

const SemaSeq *sema_seq_around(const SemaKernel *k, const Sym *sym) {
  return sym->depth < k->seqs.n ? &k->seqs.data[sym->depth] : NULL;
}

bool sema_seqs_run(SemaKernel *k, const Sym *sym) {
  for (int i = sym->depth; i < k->seqs.n; i++)
    if (!sema_at_least(k, k->seqs.data[i].letter->extent, 1))
      return false;
  return true;
}

void sema_seq_writes(SemaKernel *k, Sym *sym) {
  TppcContext *cx = k->s->cx;
  const TppcExpr *n = tppc_e_int(cx, 1);
  if (!sym->filled || sym->met)
    return;
  for (int i = sym->depth; i < k->seqs.n; i++)
    n = tppc_e_mul(cx, n, k->seqs.data[i].letter->extent);
  sym->iterations = sym->iterations ? tppc_e_add(cx, sym->iterations, n) : n;
  if (sema_seqs_run(k, sym))
    sym->filled = NULL;
}

/* What a broken seq would have written is not missed afterwards. */
static void excuse(SemaKernel *k, const TppcAstItems *items) {
  for (int i = 0; i < items->n; i++) {
    const TppcAstItem *it = items->data[i];
    excuse(k, &it->items);
    for (int j = 0; j < it->stmts.n + it->results.n; j++) {
      const char *name = j < it->stmts.n ? it->stmts.data[j].target->name.text
                                         : it->results.data[j - it->stmts.n].text;
      Sym *sym = sema_find(k->s, k, NULL, name);
      if (sym && sym->kind == SYM_TENSOR)
        sym->written = true;
    }
  }
}

void sema_seq(SemaKernel *k, const TppcAstItem *item) {
  TppcContext *cx = k->s->cx;
  Sym loop = {0};
  const char *label = sema_seq_label(k, item->label);
  if (!sema_loop(k, NULL, &item->loops.data[0], &loop)) {
    excuse(k, &item->items);
    return;
  }
  int outside = k->syms.n;
  Sym *letter = sema_add_sym(k, SYM_SEQ, MODE_IN, loop.name);
  letter->expr = loop.expr;
  letter->extent = loop.extent;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_SEQ, item->span);
  op->name = label;
  tppc_op_add_dim(cx, op, loop.name.text, tppc_e_int(cx, 0), loop.extent, tppc_e_int(cx, 1),
                  item->loops.data[0].span);
  TppcRegion *body = k->body;
  tppc_op_append(body, op);
  TPPC_PUSH(cx->arena, &k->seqs, ((SemaSeq){op, letter}));
  k->body = &op->regions[0];
  sema_items(k, &item->items);
  k->body = body;
  k->seqs.n--;
  k->syms.n = outside; /* its letter and its locals */
  sema_seq_ends(k, op);
  if (!op->regions[0].first)
    tppc_op_unlink(op);
}
