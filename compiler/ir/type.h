/* Types: scalars and tensors with their storage. Interned: equal types are the same pointer. */
#ifndef TPPC_IR_TYPE_H
#define TPPC_IR_TYPE_H

#include "ir/expr.h"
#include "tpp/rt.h"

typedef enum TppcTypeKind {
  TPPC_T_SCALAR, /* one element; a value in a register */
  TPPC_T_TENSOR,
  TPPC_T_HANDLE /* a selected kernel (rt dialect) */
} TppcTypeKind;

/* One digit of a storage order: (index[dim] % mod) / div; mod 0 means no remainder is taken. */
typedef struct TppcDigit {
  int dim;
  int64_t mod, div;
} TppcDigit;

typedef struct TppcType {
  TppcTypeKind kind;
  uint8_t elem;          /* enum tpp_dtype */
  uint8_t storage;       /* enum tpp_storage */
  int rank;              /* tensors */
  const TppcExpr **dims; /* rank extents */
  const char **letters;  /* rank names of the dimensions where written (n: B), entries may be NULL;
                            NULL if none */
  int n_digits;          /* `as`: digits, outermost first; 0 is row-major */
  const TppcDigit *digits;
  const TppcExpr *ld; /* row-major with rows this many elements apart, or NULL */
  const TppcExpr *
      *pad; /* rank widths (0 where none), or NULL: reads outside by up to this give zero */
  bool has_range;
  int64_t range_lo, range_hi;
  int64_t block_r, block_c; /* bcsr(BM, BN), bcsc(BK, BN) */
  int64_t
      group; /* ternary: length of a scale group along the first dimension; -1 is the whole of it */
  int64_t planes;         /* ternary: stored planes, 1 if not said */
  const TppcExpr *levels; /* ternary: planes to use, NULL is all */
} TppcType;

const TppcType *tppc_t_scalar(TppcContext *cx, int elem);
const TppcType *tppc_t_handle(TppcContext *cx);
/* Interns a copy of *proto (all arrays copied). */
const TppcType *tppc_t_intern(TppcContext *cx, const TppcType *proto);
/* Dense row-major. */
const TppcType *tppc_t_tensor(TppcContext *cx, int elem, int rank, const TppcExpr *const *dims);

/* Element kinds, from dtypes.def. */
const char *tppc_elem_name(int elem);
int tppc_elem_by_name(const char *name); /* 0 when there is none */
int tppc_elem_bits(int elem);
bool tppc_elem_is_float(int elem);
bool tppc_elem_is_int(int elem); /* i64 i32 u16 i8 u8 i4 */
/* What values of this element are computed in: f64, f32, i64, i32, or bit. */
int tppc_elem_compute(int elem);
int tppc_elem_accumulator(int elem);

/* Storage, in elements: the extent with all blocks rounded up; the offset of an element. Dense
 * tensors only. */
const TppcExpr *tppc_t_elements(TppcContext *cx, const TppcType *t);
const TppcExpr *tppc_t_offset(TppcContext *cx, const TppcType *t, const TppcExpr *const *idx);
/* The dimension in which neighbours in storage differ, but for digits too short for vectors: the
 * last of a row-major tensor, c of [n][c/16][h][w][c%16], n of [n][k%2]. -1 for rank 0. */
int tppc_t_run_dim(const TppcType *t);
/* Bytes, packed types rounded up by rows. */
const TppcExpr *tppc_t_bytes(TppcContext *cx, const TppcType *t);
/* True for dense row-major without ld. */
bool tppc_t_is_plain(const TppcType *t);
/* All dims (and ld, pad, levels) substituted. */
const TppcType *tppc_t_subst(TppcContext *cx, const TppcType *t, const TppcFacts *f);

void tppc_t_print(TppcBuf *b, const TppcType *t);

#endif
