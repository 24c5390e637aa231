/* NumPy's .npy files, versions 1 to 3: reading into doubles or integers, writing. */
#ifndef TPPC_INTERP_NPY_H
#define TPPC_INTERP_NPY_H

#include "interp/tensor.h"

typedef enum TppcNpyKind { TPPC_NPY_FLOAT, TPPC_NPY_INT, TPPC_NPY_UINT, TPPC_NPY_BOOL } TppcNpyKind;

/* A file's array in C order (Fortran order was converted). Views of the file's text in the arena.
 */
typedef struct TppcNpy {
  TppcNpyKind kind;
  int bytes; /* of an element: 1, 2, 4, 8 */
  int rank;
  int64_t dim[TPPC_MAX_RANK];
  int64_t count;
  const unsigned char *data; /* little endian elements */
} TppcNpy;

/* NULL, or why the text is no array that can be read (in the arena). */
const char *tppc_npy_parse(TppcArena *arena, const char *text, size_t size, TppcNpy *out);

/* Fills a tensor of the same shape. Floats round to the type; u2 is taken as the bits of a bf16;
 * integers must fit an integer type, and only integers do. Sparse and ternary tensors take a dense
 * array (tensor.h). NULL, or why not. */
const char *tppc_npy_to_tensor(TppcArena *arena, const TppcNpy *a, TppcTensor *t);

/* Appends the file: version 1, little endian, C order. bf16 and f16 are written as f4 and f2, i4 as
 * i1, bit as b1; sparse tensors dense, ternary ones as dequantised f4. */
void tppc_npy_write(TppcBuf *out, const TppcTensor *t);

#endif
