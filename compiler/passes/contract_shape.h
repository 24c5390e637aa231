/* The shape of a contraction over a tile, as a microkernel sees it: which letters are its rows,
 * columns, and summation, with which strides, and which letters are loops around it. */
#ifndef TPPC_PASSES_CONTRACT_SHAPE_H
#define TPPC_PASSES_CONTRACT_SHAPE_H

#include "passes/rewrite.h"

typedef enum TppcRole {
  TPPC_ROLE_LOOP, /* a loop around the calls */
  TPPC_ROLE_ONE,  /* length 1: replaced by its value */
  TPPC_ROLE_M,
  TPPC_ROLE_N,
  TPPC_ROLE_K,
  TPPC_ROLE_BR /* a second summed letter: the batch of the BRGEMM */
} TppcRole;

/* Where the blocks of a storage order cut a letter's range: x = block * t + x'. */
typedef enum TppcCut {
  TPPC_CUT_NONE,
  TPPC_CUT_SINGLE, /* the tile lies in one block, t is known */
  TPPC_CUT_LOOP,   /* a loop over t */
  TPPC_CUT_BATCH   /* whole blocks, t is the batch of the BRGEMM */
} TppcCut;

typedef struct TppcLetter {
  const char *sym; /* within offsets: the position in its block when cut, else the letter itself */
  TppcDim dim;     /* as in the tile */
  const TppcExpr *len, *bound;
  bool in[3]; /* C, A, B */
  TppcRole role;
  bool loop_only; /* stands in an index that no kernel can step through */
  bool clipped;   /* lo, hi stay within the operand, the tile's range may not */
  const TppcExpr *lo, *hi;
  int64_t block; /* 0: no blocks */
  TppcCut cut;
  const char *t;
} TppcLetter;

enum { TPPC_C, TPPC_A, TPPC_B };

typedef struct TppcShape {
  TppcContext *cx;
  TppcOp *kernel, *nest, *op;
  TppcFacts facts;
  int n_letters;
  TppcLetter *letters;
  TppcUse use[3];
  const TppcExpr *off[3];
  TppcLetter *m, *n, *k, *br;      /* br may be NULL; m and n too for a structured B */
  const TppcExpr *row[3], *col[3]; /* C: m, n; A: m, k; B: k, n; in elements */
  int pack[3];
  const TppcExpr *br_step[3];
  TppcVec(const TppcExpr *) valid; /* all must hold, or the tile contributes nothing */
  bool one_row;                    /* m is no letter of the program but the one row that there is */
  bool swapped;                    /* C is column-major: A and B changed sides */
  bool structured;                 /* B is sparse or ternary */
  bool transposed;     /* of a sparse B: it is indexed by column letter, summed letter */
  const char *refusal; /* why no kernel can be called, NULL when it is simply not worth it */
} TppcShape;

/* False when no kernel fits; s->refusal then says why. */
bool tppc_contract_shape(TppcShape *s, TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op);

/* The finest block of the storage that letter `sym` indexes in u, joined with `block` (0: none so
 * far). A summed letter does not count VNNI pairs. *shifted is set when the index is more than the
 * letter, so that blocks cannot be followed. */
int64_t tppc_storage_block(int64_t block, const TppcUse *u, const char *sym, bool summed,
                           bool *shifted);
/* Sets l->cut and l->t from l->block; facts hold where l->dim stands. */
void tppc_choose_cut(TppcContext *cx, TppcOp *kernel, const TppcFacts *facts, TppcLetter *l,
                     bool may_batch);
/* Where a letter starts within its block, how many of it are there, and at most. */
typedef struct TppcRange {
  const TppcExpr *t, *start, *len, *bound;
} TppcRange;
TppcRange tppc_letter_range(TppcContext *cx, const TppcFacts *facts, const TppcLetter *l);

/* The type in which products of these elements are summed. */
int tppc_product_elem(int a, int b);

/* The condition under which an access to a tensor with padding is inside it, or NULL when it always
 * is. With `skip` NULL all dims are looked at, else those whose index does not use it. */
const TppcExpr *tppc_inside(TppcContext *cx, const TppcUse *u, const TppcFacts *facts,
                            const char *skip);

#endif
