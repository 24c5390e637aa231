/* Matrix Market files: coordinate and array, real and integer, general, symmetric, and
 * skew-symmetric. */
#ifndef TPPC_INTERP_MTX_H
#define TPPC_INTERP_MTX_H

#include "interp/tensor.h"

typedef struct TppcMtxEntry {
  int64_t row, col;
  double value;
} TppcMtxEntry;
/* Entries with symmetric ones doubled, sorted by row and column; duplicates are refused. Stored
 * zeros stay. */
typedef struct TppcMtx {
  int64_t rows, cols, n;
  TppcMtxEntry *entries;
} TppcMtx;

/* NULL, or why the text cannot be read (in the arena). */
const char *tppc_mtx_parse(TppcArena *arena, const char *text, size_t size, TppcMtx *out);
/* Fills a sparse tensor of rank 2 and the same shape; a block exists where an entry does. NULL, or
 * why not. */
const char *tppc_mtx_to_tensor(TppcArena *arena, const TppcMtx *m, TppcTensor *t);

#endif
