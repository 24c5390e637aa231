/* Is a kernel a plain product? Asked of the program as it was written, so the answer does not
 * depend on schedules or passes. */
#include "api/product.h"

#include <string.h>

typedef struct Finder {
  TppcRun *r;
  const char *peer;
} Finder;

static bool refuse(const Finder *f, TppcSpan span, const char *why) {
  tppc_diag(f->r->s->cx->diags, TPPC_D_no_peer, span, f->peer, f->r->kernel->name, why);
  tppc_diag_flush(f->r->s->cx->diags);
  return false;
}

static const RunParam *param_of(const TppcRun *r, const TppcValue *v) {
  for (int i = 0; i < r->n; i++)
    if (r->params[i].op->results[0] == v)
      return &r->params[i];
  return NULL;
}

/* The letter of dimension d, or NULL when there stands more. */
static const char *letter(const TppcUse *u, int d) {
  return u->idx[d]->kind == TPPC_E_SYM ? u->idx[d]->sym : NULL;
}

static bool has_letter(const TppcUse *u, const char *sym) {
  for (int d = 0; d < u->n_idx; d++)
    if (letter(u, d) == sym)
      return true;
  return false;
}

static bool plain_letters(const TppcUse *u) {
  if (u->n_idx < 1 || u->n_idx > 2)
    return false;
  for (int d = 0; d < u->n_idx; d++)
    if (!letter(u, d))
      return false;
  return u->n_idx == 1 || letter(u, 0) != letter(u, 1);
}

/* The only nest, or NULL after a message. */
static const TppcOp *only_nest(const Finder *f) {
  const TppcOp *nest = NULL;
  for (const TppcOp *op = f->r->kernel->regions[0].first; op; op = op->next) {
    bool other = op->kind == TPPC_OP_CALL || op->kind == TPPC_OP_SEQ;
    if (other || (op->kind == TPPC_OP_NEST && nest)) {
      refuse(f, op->span, "it does more than one thing");
      return NULL;
    }
    if (op->kind == TPPC_OP_NEST)
      nest = op;
  }
  if (!nest)
    refuse(f, f->r->kernel->span, "it computes nothing");
  return nest;
}

/* Y[m, n] = acc[m, n] and nothing else; gives the store. */
static const TppcUse *copied_to(const TppcOp *stmt, const TppcUse *sum) {
  const TppcOp *load = stmt->n_regions ? stmt->regions[0].first : NULL,
               *store = load ? load->next : NULL;
  if (!store || store->next || load->kind != TPPC_OP_LOAD || store->kind != TPPC_OP_STORE ||
      tppc_op_update(store) != TPPC_SET || load->uses[0].value != sum->value)
    return NULL;
  const TppcUse *to = &store->uses[store->n_uses - 1];
  if (to->n_idx != sum->n_idx || load->uses[0].n_idx != sum->n_idx)
    return NULL;
  for (int d = 0; d < to->n_idx; d++)
    if (to->idx[d] != sum->idx[d] || load->uses[0].idx[d] != sum->idx[d])
      return NULL;
  return to;
}

/* The contraction, and in *c where its sum ends up. */
static const TppcOp *only_contraction(const Finder *f, const TppcOp *nest, const TppcUse **c) {
  const TppcOp *found = NULL;
  for (const TppcOp *op = nest->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_TEMP || op->kind == TPPC_OP_SCHEDULE)
      continue;
    const TppcUse *to = NULL;
    if (op->kind == TPPC_OP_CONTRACT && !found && op->n_uses == 3) {
      found = op;
      *c = &op->uses[0];
      continue;
    }
    if (op->kind == TPPC_OP_STMT && found && *c == &found->uses[0])
      to = copied_to(op, *c);
    if (!to) {
      refuse(f, op->span, "it does more than one product");
      return NULL;
    }
    *c = to;
  }
  if (!found)
    refuse(f, nest->span, "it has no product");
  return found;
}

static int64_t extent_of(const TppcOp *product, const Finder *f, const char *sym) {
  int64_t lo = 0, hi = 0;
  for (int i = 0; i < product->n_dims; i++)
    if (product->dims[i].sym == sym) {
      if (product->dims[i].lo)
        tppc_env_eval(&f->r->sizes, product->dims[i].lo, &lo);
      tppc_env_eval(&f->r->sizes, product->dims[i].hi, &hi);
      return lo == 0 ? hi : -1;
    }
  return -1;
}

/* Loops must cover the operands. */
static bool covers(const Finder *f, const TppcOp *product, const TppcUse *u, const RunParam *p) {
  if (p->input->rank != u->n_idx)
    return false;
  for (int d = 0; d < u->n_idx; d++)
    if (p->input->dim[d] != extent_of(product, f, letter(u, d)))
      return false;
  return true;
}

bool tppc_plain_product(TppcRun *r, const char *peer, PlainProduct *out) {
  Finder f = {r, peer};
  const TppcOp *nest = only_nest(&f);
  const TppcUse *c = NULL;
  const TppcOp *product = nest ? only_contraction(&f, nest, &c) : NULL;
  if (!product)
    return false;
  const TppcUse *a = &product->uses[1], *b = &product->uses[2];
  if (!plain_letters(a) || !plain_letters(b) || !plain_letters(c) || product->n_dims > 3)
    return refuse(&f, product->span, "an operand is not indexed by one or two plain letters");
  /* b is the operand with the last letter of C. */
  const char *last = letter(c, c->n_idx - 1), *first = c->n_idx == 2 ? letter(c, 0) : NULL;
  if (!has_letter(b, last)) {
    const TppcUse *other = a;
    a = b;
    b = other;
  }
  const char *sum = b->n_idx == 2 ? letter(b, letter(b, 0) == last) : NULL;
  if (!has_letter(b, last) || has_letter(a, last) || !sum || !has_letter(a, sum) ||
      a->n_idx != c->n_idx || (first && (!has_letter(a, first) || has_letter(b, first))))
    return refuse(&f, product->span, "its letters are not those of a product of matrices");
  *out = (PlainProduct){.a = param_of(r, a->value),
                        .b = param_of(r, b->value),
                        .c = param_of(r, c->value),
                        .m = first ? extent_of(product, &f, first) : 1,
                        .n = extent_of(product, &f, last),
                        .k = extent_of(product, &f, sum),
                        .a_turned = first && letter(a, 0) == sum,
                        .b_turned = letter(b, 0) == last};
  if (!out->a || !out->b || !out->c || out->c->reads || out->c->input->ptr)
    return refuse(&f, product->span, "its operands are not two inputs and a dense output");
  if (!covers(&f, product, a, out->a) || !covers(&f, product, b, out->b) ||
      !covers(&f, product, c, out->c))
    return refuse(&f, product->span, "an operand is not used from end to end");
  return true;
}
