/* The reference interpreter: executes modules as they are written, with an error bound for every
 * element.
 *
 * The bound of an element says how far a correct compiled kernel may be from the value given here.
 * It is 0 where the language promises the same bits under every schedule (README.md has the rules).
 */
#ifndef TPPC_INTERP_INTERP_H
#define TPPC_INTERP_INTERP_H

#include "interp/tensor.h"

/* One parameter's content. `bound` has n_values entries, in the order of the tensor's data; it is
 * filled for what the kernel writes, and may be NULL. Infinity means that any value, NaN included,
 * is right. */
typedef struct TppcInterpArg {
  TppcTensor *tensor;
  double *bound;
} TppcInterpArg;

/* Runs one kernel of a module of any level; loops and threads run one after the other. args
 * stand in the order of the kernel's parameters, n_sizes free sizes in env. outputs need no
 * content. *status is a tpp_status: what a compiled function would return; when it is not TPP_OK
 * nothing was written. False after a diagnostic: an op that the interpreter does not have. */
bool tppc_interp_run(TppcModule *m, const char *kernel, const TppcEnv *sizes, TppcInterpArg *args,
                     int n_args, int *status);

/* Two accesses of different threads to one element, one of them a write, without a barrier in
 * between. */
typedef struct TppcRace {
  bool found;
  char text[256]; /* "threads 0 and 1 both write acc[3, 5] without a barrier in between" */
} TppcRace;
/* The same for a module of level loop or rt with virtual threads, 1 to 64 of them. Every access to
 * memory that the threads share is recorded, and the first race is described in *race (which may be
 * NULL); it is found whatever order the threads run in. They run in descending order here, so what
 * depends on the order shows in the values too. */
bool tppc_interp_run_threads(TppcModule *m, const char *kernel, const TppcEnv *sizes,
                             TppcInterpArg *args, int n_args, int threads, TppcRace *race,
                             int *status);

/* The first value that is NaN or infinite although what it is made of is finite. */
typedef struct TppcNanTrace {
  bool found;
  TppcSpan span;    /* of the op or statement */
  char tensor[64];  /* that the statement writes */
  char value[8];    /* "NaN", "Inf", "-Inf" */
  char where[128];  /* "m = 3, n = 7", or "element [3, 7]" of a sum */
  char made_by[96]; /* "div(1, 0)", "a sum beyond the range of f32" */
} TppcNanTrace;
/* tppc_interp_run, looking for it; it is called for a module as semantic analysis left it. */
bool tppc_interp_trace(TppcModule *m, const char *kernel, const TppcEnv *sizes, TppcInterpArg *args,
                       int n_args, TppcNanTrace *trace, int *status);

typedef struct TppcComparison {
  int64_t compared, wrong;
  int64_t unbounded; /* with an infinite bound */
  double worst;      /* largest error in units of its bound; an error where the bound is 0 counts as
                        infinite */
  int64_t worst_at;  /* in data, -1 when all is equal */
  double expected, got;
} TppcComparison;
/* Adds the comparison of `actual` with `expected` to *c, which starts as {.worst_at = -1}. True
 * when its worst element became the worst of all. NaN equals NaN; zeros of both signs are equal. */
bool tppc_compare(TppcComparison *c, const TppcTensor *expected, const double *bound,
                  const TppcTensor *actual);

/* Floating-point operations of the contractions: 2 for every point of every one, calls included,
 * stored entries only of sparse operands. args may hold NULL tensors for dense ones. */
double tppc_interp_flops(TppcModule *m, const char *kernel, const TppcEnv *sizes,
                         const TppcInterpArg *args, int n_args);

#endif
