/* Random nests under random schedules, as modules of the tpp dialect. */
#ifndef TPPC_TESTS_UNIT_RANDOM_NESTS_H
#define TPPC_TESTS_UNIT_RANDOM_NESTS_H

#include "ir/ir.h"

enum {
  MAX_LETTERS = 4,
  MAX_TENSORS = 8,
  MAX_RANK = 4,
  MAX_COPIES = 8,
  MAX_SYMS = MAX_LETTERS + MAX_RANK + 1 /* letters, $1 to $4, $t */
};

/* A kernel of one nest with its schedule. Tensor n is called t<n>; all their dims are 8. */
typedef struct Program {
  TppcContext *cx;
  TppcModule *module;
  TppcOp *kernel, *nest;
  int n_letters;
  const char *letter[MAX_LETTERS], *size[MAX_LETTERS];
  int64_t extent[MAX_LETTERS];
  const TppcExpr *bound[MAX_LETTERS];
  int n_tensors;
  TppcValue *tensor[MAX_TENSORS];
  uint32_t letters_of[MAX_TENSORS]; /* that index it, in order */
  bool defined[MAX_TENSORS];
  char text[64];
  const char *sym[MAX_SYMS]; /* what an event remembers */
  bool reduces;              /* the schedule has `reduce` */
  bool grid;                 /* and a grid of threads */
  int n_copies;              /* buffers of parallel reductions */
  const TppcValue *copies[MAX_COPIES];
} Program;

/* Makes the program of a seed in a context of its own, which the caller destroys. */
void make_program(Program *p, uint64_t seed);
/* How many entries sym has. */
int n_syms(const Program *p);

#endif
