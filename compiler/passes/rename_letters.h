/* Other letters for the loops of nests that were called. */
#ifndef TPPC_PASSES_RENAME_LETTERS_H
#define TPPC_PASSES_RENAME_LETTERS_H

#include "ir/ir.h"

/* Letter 'a' + i becomes to[i]; 0 stays as it is. */
typedef struct TppcLetterMap {
  char to[26];
} TppcLetterMap;

/* The new name of a letter, and any other name as it is. */
const char *tppc_renamed_letter(TppcContext *cx, const TppcLetterMap *map, const char *sym);
/* The dims of op and of what stands in it, not the expressions. A nest notes what its letters were
 * called (`letters=[[a, m]]`). */
void tppc_rename_dims(TppcContext *cx, TppcOp *op, const TppcLetterMap *map);
/* String, sizes, and knobs of a tpp.schedule. */
void tppc_rename_schedule(TppcContext *cx, TppcOp *schedule, const TppcLetterMap *map);
/* What the program calls loop i of the nest. */
const char *tppc_program_letter(const TppcOp *nest, int i);
/* From the program's letters to those of the nest. */
TppcLetterMap tppc_letters_of(const TppcOp *nest);

#endif
