/* Between logical tensors and the bytes of the C interface.
 *
 * Positions are computed from the language's definition of digits, element by element, and not
 * through the compiler's own offset expressions: these functions are the oracle for those.
 */
#ifndef TPPC_INTERP_LAYOUT_H
#define TPPC_INTERP_LAYOUT_H

#include "interp/tensor.h"

/* Bytes that a dense tensor takes, the gap behind its last row left out; -1 when that overflows. */
int64_t tppc_layout_bytes(const TppcTensor *t);
/* Bit position of logical element i (row-major number). */
int64_t tppc_layout_position(const TppcTensor *t, int64_t i);

/* Writes all elements; filling of blocks must have been zeroed (tppc_layout_clear), gaps of ld are
 * not touched. */
void tppc_layout_pack(const TppcTensor *t, void *bytes);
/* Zeroes blocks' filling and unused bits of packed rows, and sets gaps between rows to `gap`. */
void tppc_layout_clear(const TppcTensor *t, void *bytes, unsigned char gap);
/* Reads all elements. */
void tppc_layout_unpack(TppcTensor *t, const void *bytes);
/* Byte offset of the first byte that is no longer as tppc_layout_clear left it although it holds no
 * element, or -1: writes into gaps, filling that is not zero. */
int64_t tppc_layout_violation(const TppcTensor *t, const void *bytes, unsigned char gap);

/* ternary: codes [planes][ceil(K / 4)][N], four codes a byte, code = w + 1; filling has code 1 (w =
 * 0). */
int64_t tppc_ternary_code_bytes(const TppcTensor *t);
void tppc_ternary_pack(const TppcTensor *t, uint8_t *codes);

#endif
