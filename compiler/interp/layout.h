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

/* Ternary codes, scales, and units in the format of tpp/ternary.h. Of units there are 0 bytes where
 * scales are floats. The filling of codes is weights of 0, that of scales and units is 0. */
int64_t tppc_ternary_code_bytes(const TppcTensor *t);
int64_t tppc_ternary_scale_bytes(const TppcTensor *t);
int64_t tppc_ternary_unit_bytes(const TppcTensor *t);
void tppc_ternary_pack(const TppcTensor *t, uint8_t *codes);
void tppc_ternary_pack_scales(const TppcTensor *t, void *scales, float *units);

#endif
