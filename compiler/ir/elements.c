/* The tables of include/tpp: element types and elementwise TPPs. */
#include "ir/ir.h"

#include <string.h>

/* ---- dtypes.def ---- */

typedef enum ElemKind { FLOAT, INT, UINT, CODE } ElemKind;

typedef struct ElemInfo {
  const char *name;
  int bits;
  ElemKind kind;
  int accumulator;
} ElemInfo;

static const ElemInfo elems[TPP_DTYPE_END] = {
#define DTYPE(num, id, name, bits, kind, acc, ctype) [num] = {name, bits, kind, TPP_##acc},
#include "tpp/dtypes.def"
#undef DTYPE
};

static const ElemInfo *elem_info(int elem) {
  static const ElemInfo none = {"?", 0, CODE, 0};
  return elem > 0 && elem < TPP_DTYPE_END && elems[elem].name ? &elems[elem] : &none;
}

const char *tppc_elem_name(int elem) {
  return elem_info(elem)->name;
}

int tppc_elem_by_name(const char *name) {
  for (int i = 1; i < TPP_DTYPE_END; i++)
    if (elems[i].name && strcmp(elems[i].name, name) == 0)
      return i;
  return 0;
}

int tppc_elem_bits(int elem) {
  return elem_info(elem)->bits;
}

bool tppc_elem_is_float(int elem) {
  return elem_info(elem)->kind == FLOAT;
}

bool tppc_elem_is_int(int elem) {
  ElemKind kind = elem_info(elem)->kind;
  return (kind == INT || kind == UINT) && elem != TPP_BIT;
}

int tppc_elem_compute(int elem) {
  if (elem == TPP_F64 || elem == TPP_I64 || elem == TPP_BIT)
    return elem;
  return tppc_elem_is_int(elem) ? TPP_I32 : TPP_F32;
}

int tppc_elem_accumulator(int elem) {
  return elem_info(elem)->accumulator;
}

/* ---- ops.def ---- */

enum { EXACT = TPPC_TRAIT_EXACT, COMMUTES = TPPC_TRAIT_COMMUTES };

static const TppcEltInfo elts[] = {
#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def)                                 \
  {TPPC_ELT_##id, mnemonic, arity, TPPC_TYPES_##types, traits, ulp, #def},
#define CONTRACT(num, id, mnemonic, def)
#define REDUCE(num, id, mnemonic, update, identity, def)
#include "tpp/ops.def"
#undef ELTWISE
#undef CONTRACT
#undef REDUCE
};
enum { N_ELTS = sizeof elts / sizeof *elts };

const TppcEltInfo *tppc_elt_at(int i) {
  return i >= 0 && i < N_ELTS ? &elts[i] : NULL;
}

const TppcEltInfo *tppc_elt_by_name(const char *mnemonic) {
  for (int i = 0; i < N_ELTS; i++)
    if (strcmp(elts[i].mnemonic, mnemonic) == 0)
      return &elts[i];
  return NULL;
}

const TppcEltInfo *tppc_elt_info(TppcElt elt) {
  for (int i = 0; i < N_ELTS; i++)
    if (elts[i].elt == elt)
      return &elts[i];
  return NULL;
}
