/* Where an element of a dense tensor lies: an array of digits, the innermost extent of packed types
 * rounded up to whole bytes, as rows of them start on a byte. Without `as` the digits are the
 * indices themselves.
 */
#include "ir/ir.h"

static int n_digits(const TppcType *t) {
  return t->n_digits ? t->n_digits : t->rank;
}

/* (e % mod) / div of digit i. */
static const TppcExpr *digit_of(TppcContext *cx, const TppcType *t, int i,
                                const TppcExpr *const *idx) {
  if (!t->n_digits)
    return idx[i];
  TppcDigit d = t->digits[i];
  const TppcExpr *e = idx[d.dim];
  if (d.mod)
    e = tppc_e_mod(cx, e, tppc_e_int(cx, d.mod));
  return d.div > 1 ? tppc_e_div(cx, e, tppc_e_int(cx, d.div)) : e;
}

/* What the digits inside of digit i span is multiplied by this for one step of it; here: how many
 * steps it has. */
static const TppcExpr *extent_of(TppcContext *cx, const TppcType *t, int i) {
  const TppcExpr *e;
  bool innermost = i == n_digits(t) - 1;
  if (!t->n_digits) {
    e = innermost && t->ld ? t->ld : t->dims[i];
  } else {
    TppcDigit d = t->digits[i];
    int64_t div = d.div > 1 ? d.div : 1;
    e = d.mod ? tppc_e_int(cx, d.mod / div)
              : tppc_e_ceildiv(cx, t->dims[d.dim], tppc_e_int(cx, div));
  }
  int bits = tppc_elem_bits(t->elem);
  if (!innermost || bits >= 8)
    return e;
  const TppcExpr *per_byte = tppc_e_int(cx, 8 / bits);
  return tppc_e_mul(cx, tppc_e_ceildiv(cx, e, per_byte), per_byte);
}

const TppcExpr *tppc_t_elements(TppcContext *cx, const TppcType *t) {
  const TppcExpr *e = tppc_e_int(cx, 1);
  if (t->kind != TPPC_T_TENSOR)
    return e;
  for (int i = n_digits(t) - 1; i >= 0; i--)
    e = tppc_e_mul(cx, e, extent_of(cx, t, i));
  return e;
}

const TppcExpr *tppc_t_offset(TppcContext *cx, const TppcType *t, const TppcExpr *const *idx) {
  const TppcExpr *offset = tppc_e_int(cx, 0), *stride = tppc_e_int(cx, 1);
  if (t->kind != TPPC_T_TENSOR)
    return offset;
  for (int i = n_digits(t) - 1; i >= 0; i--) {
    offset = tppc_e_add(cx, offset, tppc_e_mul(cx, digit_of(cx, t, i, idx), stride));
    stride = tppc_e_mul(cx, stride, extent_of(cx, t, i));
  }
  return offset;
}

int tppc_t_run_dim(const TppcType *t) {
  enum { SHORT = 8 };
  for (int i = t->n_digits - 1; i >= 0; i--)
    if (t->digits[i].mod == 0 || t->digits[i].mod / t->digits[i].div >= SHORT)
      return t->digits[i].dim;
  return t->rank - 1;
}

const TppcExpr *tppc_t_bytes(TppcContext *cx, const TppcType *t) {
  const TppcExpr *elements = tppc_t_elements(cx, t);
  int bits = tppc_elem_bits(t->elem);
  if (bits >= 8)
    return tppc_e_mul(cx, elements, tppc_e_int(cx, bits / 8));
  /* Rank 0 is the only case in which elements do not fill their bytes. */
  return tppc_e_ceildiv(cx, elements, tppc_e_int(cx, 8 / bits));
}
