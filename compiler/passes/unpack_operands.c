/* unpack-operands: a block of an operand that no microkernel takes beside the other is converted in
 * front of the product that reads it.
 *
 *   contract t[m, n, g], X[m, g*64 + k], W[g*64 + k, n]            X: bf16, W: i4
 *   -->  tile g, k, n { W_wide[g - g0, k - k0, n - n0] = W[g*64 + k, n] }         W_wide: bf16
 *        contract t[m, n, g], X[m, g*64 + k], W_wide[g - g0, k - k0, n - n0]
 *
 * Microkernels address whole bytes and have operands of one kind: a byte beside a float, or a float
 * beside a wider one, becomes that float. Each element that is converted here serves as many rows
 * as the tile has, so the copy, which stays in cache, costs a fraction of the product; a product
 * that reads each element once is left to vector loops. Every conversion is exact: bytes have at
 * most the eight significant bits of a BF16.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

static bool is_dense(const TppcUse *u) {
  const TppcType *t = u->value->type;
  return t->storage == TPP_STORE_DENSE && t->elem != TPP_TERNARY;
}

static bool is_narrow(int elem) {
  return tppc_elem_bits((enum tpp_dtype)elem) < 8;
}

/* What an integer of a byte or less becomes beside one; the left operand of a product may be
 * unsigned, the right one is signed. */
static int beside_integer(int elem, int other, bool left) {
  if (!is_narrow(elem))
    return -1;
  if (elem == TPP_BIT && left && (other == TPP_I8 || other == TPP_U8))
    return TPP_U8;
  return other == TPP_I8 || other == TPP_U8 || is_narrow(other) ? TPP_I8 : -1;
}

/* What an operand becomes beside the other; negative where it stays. */
static int wide_elem(int elem, int other, bool left) {
  bool byte = elem == TPP_I8 || elem == TPP_U8 || is_narrow(elem);
  switch (other) {
  case TPP_F64:
    return byte || elem == TPP_U16 || elem == TPP_BF16 || elem == TPP_F16 || elem == TPP_F32
               ? TPP_F64
               : -1;
  case TPP_F32:
    return byte || elem == TPP_U16 || elem == TPP_F16 ? TPP_F32 : -1;
  case TPP_BF16:
    return elem == TPP_U16 || elem == TPP_F16 ? TPP_F32 : byte ? TPP_BF16 : -1;
  case TPP_F16:
    return byte ? TPP_F16 : -1;
  default:
    return beside_integer(elem, other, left);
  }
}

/* Some letter of the tile reads a block again, and the block has a size that is known at entry. */
static bool is_worth_it(TppcContext *cx, const TppcOp *kernel, const TppcOp *op, const TppcUse *u) {
  bool again = false;
  for (int i = 0; i < op->n_dims; i++) {
    const TppcExpr *len = tppc_len_bound(cx, tppc_tile_len(cx, op, &op->dims[i]), kernel);
    if (tppc_use_has(u, op->dims[i].sym) && !len)
      return false;
    again = again || (!tppc_use_has(u, op->dims[i].sym) && !(len && tppc_e_is(len, 1)));
  }
  return again;
}

/* The letters of the operand, those of its first index first. */
static int letters_of(const TppcOp *op, const TppcUse *u, const TppcDim **letters) {
  int n = 0;
  for (int i = 0; i < u->n_idx; i++)
    for (int d = 0; d < op->n_dims; d++) {
      bool seen = !tppc_e_uses(u->idx[i], op->dims[d].sym);
      for (int k = 0; k < n; k++)
        seen = seen || letters[k] == &op->dims[d];
      if (!seen)
        letters[n++] = &op->dims[d];
    }
  return n;
}

static TppcValue *new_buffer(TppcContext *cx, TppcOp *kernel, TppcOp *op, const TppcUse *u,
                             int elem, const TppcDim **letters, int n) {
  const TppcExpr **dims = TPPC_NEW_N(cx->arena, const TppcExpr *, n + 1);
  for (int i = 0; i < n; i++)
    dims[i] = tppc_len_bound(cx, tppc_tile_len(cx, op, letters[i]), kernel);
  const TppcType *type = tppc_t_tensor(cx, elem, n, dims);
  return tppc_new_scratch(cx, op, u, "wide", type);
}

static void unpack(TppcContext *cx, TppcOp *kernel, TppcOp *op, TppcUse *u, int elem) {
  const TppcDim **letters = TPPC_NEW_N(cx->arena, const TppcDim *, op->n_dims + 1);
  int n = letters_of(op, u, letters);
  TppcValue *buffer = new_buffer(cx, kernel, op, u, elem, letters, n);
  TppcUse to = {.value = buffer, .span = u->span};
  to.idx = TPPC_NEW_N(cx->arena, const TppcExpr *, n + 1);
  TppcOp *tile = tppc_op_new(cx, TPPC_OP_TILE, u->span);
  tppc_set_int(cx, tile, "copy", 1);
  for (int i = 0; i < n; i++) {
    tppc_copy_dim(cx, tile, letters[i]);
    to.idx[to.n_idx++] = tppc_e_sub(cx, tppc_e_sym(cx, letters[i]->sym), letters[i]->lo);
  }
  TppcRegion *r = &tile->regions[0];
  TppcValue *v = tppc_new_load(cx, r, u->value, u)->results[0];
  int compute = tppc_elem_compute(elem);
  if (v->type->elem != compute)
    v = tppc_new_convert(cx, r, v, compute)->results[0];
  tppc_new_store(cx, r, v, to.value, &to, TPPC_SET);
  tppc_op_insert_before(op, tile);
  *u = to;
}

static void unpack_product(void *user, TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op) {
  (void)user, (void)nest;
  for (int i = 1; i < 3; i++) {
    TppcUse *u = &op->uses[i], *other = &op->uses[3 - i];
    int elem = is_dense(u) && is_dense(other)
                   ? wide_elem(u->value->type->elem, other->value->type->elem, i == 1)
                   : -1;
    if (elem >= 0 && is_worth_it(cx, kernel, op, u))
      unpack(cx, kernel, op, u, elem);
  }
}

bool tppc_pass_unpack_operands(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  tppc_each_product(m, unpack_product, NULL);
  return true;
}
