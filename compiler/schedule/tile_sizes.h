/* What the letters of a nest are to its products, for the heuristic. */
#ifndef TPPC_SCHEDULE_TILE_SIZES_H
#define TPPC_SCHEDULE_TILE_SIZES_H

#include "schedule/schedule.h"

/* Of a letter in a product, by the operands that it indexes: all three, result and left, result and
 * right, both that are multiplied. */
typedef enum TppcRole {
  TPPC_LETTER_NONE,
  TPPC_LETTER_BATCH,
  TPPC_LETTER_M,
  TPPC_LETTER_N,
  TPPC_LETTER_K
} TppcRole;

TppcRole tppc_role_in(const TppcSched *s, const TppcSchedStmt *stmt, int loop);
/* The largest block of storage that the letter indexes; 1 where there is none. */
int64_t tppc_block_of(const TppcSched *s, int loop);
/* What the steps of a letter that indexes a structured operand are multiples of; `compressed` if
 * they are exactly that, because the kernel walks the stored blocks. 1 for other letters. */
int64_t tppc_structured_unit(const TppcSched *s, int loop, bool *compressed);
/* The letter of a transposition that is last where it is stored, and the other one; false when
 * there are not just these two. */
bool tppc_find_transposed(const TppcSched *s, int *store, int *load);

#endif
