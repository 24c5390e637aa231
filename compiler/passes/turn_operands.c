/* turn-operands: what a walk sums over is contiguous in what it reads.
 *
 * Problem: a product at the stored entries of a sparse tensor, or any other statement that walks
 * them, has vectors along the one letter that is not of the pattern. Of an operand where that
 * letter is not last, every element is a gather of its own, once an entry:
 *
 *   %Z : f32[K, N];  tpp.contract [m, n, k] %G[m, n], %X[m, k], %Z[k, n]      %G : f32[M, N] csr
 *
 * Method: the operand is copied once, with that letter last, in a nest in front. A transposition
 * reads and writes each element once, in blocks; the walk reads a row of the operand an entry, so
 * this pays from about one entry a row on.
 *
 *   %Z_turned = local : f32[N, K]
 *   tpp.nest @Z_turn [n, k] { tpp.stmt [n, k] { %Z_turned[n, k] = %Z[k, n] } }
 *   tpp.contract [m, n, k] %G[m, n], %X[m, k], %Z_turned[n, k]
 *
 * Left alone: what the nest itself writes, tensors with padding, packed elements, sums of letters
 * as indices, nests that a knob joins with their neighbours, and contractions over blocks, whose
 * kernels take any strides.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "schedule/schedule.h"

/* The only dim of a walked statement that is no letter of the pattern; NULL when there are several,
 * or none. */
static const TppcDim *free_dim(const TppcOp *op, const TppcUse *pattern) {
  const TppcDim *found = NULL;
  for (int i = 0; i < op->n_dims; i++) {
    const TppcDim *d = &op->dims[i];
    if (tppc_e_uses(pattern->idx[0], d->sym) || tppc_e_uses(pattern->idx[1], d->sym))
      continue;
    if (found)
      return NULL;
    found = d;
  }
  return found;
}

static bool is_letter(const TppcOp *op, const TppcExpr *e) {
  for (int i = 0; i < op->n_dims; i++)
    if (e->kind == TPPC_E_SYM && e->sym == op->dims[i].sym)
      return true;
  return false;
}

static bool is_fixed(const TppcOp *op, const TppcExpr *e) {
  for (int i = 0; i < op->n_dims; i++)
    if (tppc_e_uses(e, op->dims[i].sym))
      return false;
  return true;
}

/* The place of the letter among the indices, which are letters of the statement or the same at all
 * its points; -1 where they are not, or the letter has none or several. */
static int place_of(const TppcOp *op, const TppcUse *u, const char *sym) {
  int place = -1;
  for (int d = 0; d < u->n_idx; d++) {
    bool own = tppc_e_uses(u->idx[d], sym);
    if ((own && place >= 0) || !(is_letter(op, u->idx[d]) || is_fixed(op, u->idx[d])))
      return -1;
    if (own)
      place = d;
  }
  return place;
}

static bool is_contiguous(const TppcType *t, int place) {
  return t->n_digits ? t->digits[t->n_digits - 1].dim == place : place == t->rank - 1;
}

static bool may_turn(TppcOp *nest, const TppcOp *op, const TppcUse *u, const char *sym) {
  const TppcType *t = u->value->type;
  int place = t->kind == TPPC_T_TENSOR ? place_of(op, u, sym) : -1;
  return place >= 0 && t->rank > 1 && t->storage == TPP_STORE_DENSE && !t->pad &&
         tppc_elem_bits(t->elem) >= 8 && !is_contiguous(t, place) &&
         !tppc_is_written(&nest->regions[0], u->value);
}

/* Every other access of the statement has the letter last, or not at all. */
static bool is_worth_it(const TppcOp *op, const char *sym) {
  if (op->kind == TPPC_OP_CONTRACT) {
    const TppcType *c = op->uses[0].value->type;
    return tppc_type_is_sparse(c) && tppc_block_side(c, 0) == 1 && tppc_block_side(c, 1) == 1;
  }
  for (const TppcOp *o = op->regions[0].first; o; o = o->next) {
    if (o->kind == TPPC_OP_BIND)
      return false;
    const TppcUse *to = o->kind == TPPC_OP_STORE ? &o->uses[1] : NULL;
    for (int d = 0; to && d < to->n_idx; d++)
      if (tppc_e_uses(to->idx[d], sym) &&
          (place_of(op, to, sym) != d || !is_contiguous(to->value->type, d)))
        return false;
  }
  return true;
}

/* The letters among the indices, the one at `place` last. */
static TppcUse letters_of(TppcContext *cx, const TppcOp *op, const TppcUse *u, int place) {
  TppcUse at = {.span = u->span};
  at.idx = TPPC_NEW_N(cx->arena, const TppcExpr *, u->n_idx);
  for (int d = 0; d < u->n_idx; d++)
    if (d != place && is_letter(op, u->idx[d]))
      at.idx[at.n_idx++] = u->idx[d];
  at.idx[at.n_idx++] = u->idx[place];
  return at;
}

static const TppcExpr *extent_of(const TppcUse *u, const char *sym) {
  for (int d = 0; d < u->n_idx; d++)
    if (tppc_e_uses(u->idx[d], sym))
      return u->value->type->dims[d];
  return NULL;
}

/* The copy with the dimension last, made in front of the nest. */
static TppcValue *turned(TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op,
                         const TppcUse *u, int place) {
  const char *name = u->value->name;
  TppcOp *local = tppc_op_new(cx, TPPC_OP_LOCAL, u->span),
         *copy = tppc_op_new(cx, TPPC_OP_NEST, u->span),
         *stmt = tppc_op_new(cx, TPPC_OP_STMT, u->span);
  local->name = tppc_fresh_name(cx, kernel, tppc_sprintf(cx->arena, "%s_turned", name));
  copy->name = tppc_fresh_name(cx, kernel, tppc_sprintf(cx->arena, "%s_turn", name));
  TppcUse at = letters_of(cx, op, u, place);
  const TppcExpr **dims = TPPC_NEW_N(cx->arena, const TppcExpr *, at.n_idx);
  for (int i = 0; i < at.n_idx; i++) {
    TppcDim dim = *tppc_op_dim(op, at.idx[i]->sym);
    dims[i] = extent_of(u, dim.sym);
    dim.lo = tppc_e_int(cx, 0);
    dim.hi = dims[i];
    tppc_copy_dim(cx, copy, &dim);
    tppc_copy_dim(cx, stmt, &dim);
  }
  const TppcType *t = tppc_t_tensor(cx, u->value->type->elem, at.n_idx, dims);
  TppcValue *to = tppc_op_add_result(cx, local, t, local->name);
  TppcOp *load = tppc_new_load(cx, &stmt->regions[0], u->value, u);
  tppc_new_store(cx, &stmt->regions[0], load->results[0], to, &at, TPPC_SET);
  tppc_op_append(&copy->regions[0], stmt);
  tppc_op_insert_before(nest, local);
  tppc_op_insert_before(nest, copy);
  return to;
}

/* Copies made in front of one nest, and of which access. */
typedef struct Copy {
  const TppcOp *op;
  TppcUse from;
  int place;
  TppcValue *to;
} Copy;
typedef struct Copies {
  TppcVec(Copy) v;
} Copies;

/* Of the same elements, by letters in the same places. */
static bool is_same(const Copy *c, const TppcOp *op, const TppcUse *u, int place) {
  if (c->from.value != u->value || c->place != place)
    return false;
  for (int d = 0; d < u->n_idx; d++)
    if (is_letter(op, u->idx[d]) ? !is_letter(c->op, c->from.idx[d]) : u->idx[d] != c->from.idx[d])
      return false;
  return true;
}

static void turn(TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op, TppcUse *u,
                 const char *sym, Copies *copies) {
  if (!may_turn(nest, op, u, sym))
    return;
  int place = place_of(op, u, sym);
  TppcValue *to = NULL;
  for (int i = 0; i < copies->v.n && !to; i++)
    to = is_same(&copies->v.data[i], op, u, place) ? copies->v.data[i].to : NULL;
  if (!to) {
    to = turned(cx, kernel, nest, op, u, place);
    Copy c = {op, *u, place, to};
    TPPC_PUSH(cx->arena, &copies->v, c);
  }
  TppcUse at = letters_of(cx, op, u, place);
  u->value = to;
  u->idx = at.idx;
  u->n_idx = at.n_idx;
}

static void turn_operands(TppcContext *cx, TppcOp *kernel, TppcOp *nest) {
  Copies copies = {{0}};
  for (TppcOp *op = nest->regions[0].first; op; op = op->next) {
    bool walked = (op->kind == TPPC_OP_STMT || op->kind == TPPC_OP_CONTRACT) && tppc_walked(op);
    const TppcDim *dim = walked ? free_dim(op, tppc_walked(op)) : NULL;
    if (!dim || !is_worth_it(op, dim->sym))
      continue;
    for (int i = 1; op->kind == TPPC_OP_CONTRACT && i < 3; i++)
      turn(cx, kernel, nest, op, &op->uses[i], dim->sym, &copies);
    for (TppcOp *o = op->kind == TPPC_OP_STMT ? op->regions[0].first : NULL; o; o = o->next)
      if (o->kind == TPPC_OP_LOAD)
        turn(cx, kernel, nest, op, &o->uses[0], dim->sym, &copies);
  }
}

static bool is_joined(const TppcOp *kernel) {
  for (const TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op))
    if (op->kind == TPPC_OP_SCHEDULE && tppc_attr(op, "fuse"))
      return true;
  return false;
}

bool tppc_pass_turn_operands(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *k = m->body.first; k; k = k->next) {
    if (k->kind != TPPC_OP_KERNEL || is_joined(k))
      continue;
    for (TppcOp *nest = tppc_next_item(k, NULL); nest; nest = tppc_next_item(k, nest))
      if (nest->kind == TPPC_OP_NEST)
        turn_operands(m->cx, k, nest);
    tppc_number_values(m->cx, k);
  }
  return true;
}
