/* Products whose shape is known when they are compiled: how a tile is cut into blocks that stay in
 * registers (cg_product_plan.c), and the code for it (cg_product.c). */
#ifndef TPPC_LLVM_CG_PRODUCT_H
#define TPPC_LLVM_CG_PRODUCT_H

#include "llvm/cg.h"

enum { CG_PRODUCT_SIDE = TPPC_PRODUCT_SIDE, CG_PRODUCT_SUMS = 32, CG_PRODUCT_RANGES = 4 };

/* A vector along v: elements at .. at + width, of which lanes first .. last are this one's. Those
 * before `first` belong to the vector before as well; those from `last` on do not exist. */
typedef struct CgChunk {
  int at, width, first, last;
} CgChunk;

/* `count` times `size` chunks or points, from number `first` on. */
typedef struct CgRange {
  int first, size, count;
} CgRange;

/* A tile of C in blocks of vectors along v by points of u. */
typedef struct CgProductPlan {
  bool rows; /* v is m and u is n; else the other way round */
  CgChunk chunks[CG_PRODUCT_SIDE];
  int n_chunks;
  CgRange v[CG_PRODUCT_RANGES], u[CG_PRODUCT_RANGES];
  int n_v, n_u;
  /* What chunks leave of v, vectors along u: part of the very last block. 0: nothing. */
  int strip;
  CgChunk across[CG_PRODUCT_SIDE];
  int n_across;
  double cost; /* of a step of the sum, in multiply-adds of a vector */
} CgProductPlan;

typedef struct CgProductShape {
  int m, n;
  int lanes, registers;         /* of the target */
  bool a_unit, b_unit;          /* A is contiguous along m, B along n */
  bool c_by_rows, c_by_columns; /* C is contiguous along n, along m */
  double steps;                 /* of the sum; about */
} CgProductShape;

/* False when neither operand is contiguous. */
bool cg_product_plan(const CgProductShape *s, CgProductPlan *plan);

#endif
