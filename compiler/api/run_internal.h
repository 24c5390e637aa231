/* A kernel that runs in process; shared by the files run*.c. */
#ifndef TPPC_API_RUN_INTERNAL_H
#define TPPC_API_RUN_INTERNAL_H

#include "api/session.h"
#include "interp/interp.h"
#include "interp/mtx.h"
#include "interp/npy.h"

/* One parameter and what stands for it. */
typedef struct RunParam {
  const TppcOp *op;
  const char *name;
  const TppcType *type;
  bool reads, writes; /* in, inout, out */
  const char *source; /* text after '=' of --in, NULL for the default */
  const char *path;   /* of a file, NULL for generated contents */
  bool is_mtx;
  bool byte_scales; /* of ternary weights: u8: before the source */
  TppcNpy npy;
  TppcMtx mtx;
  TppcTensor *input;    /* contents before the call; of outputs the shape only */
  TppcTensor *native;   /* after it, of what is written */
  TppcTensor *expected; /* the interpreter's */
  double *bound;
  int64_t violation; /* first byte that native wrote where there is no element, or -1 */
} RunParam;

typedef struct RunCall RunCall;

struct TppcRun {
  TppcSession *s;
  TppcArena *arena;
  TppcOp *kernel; /* in the session's source module */
  int n;
  RunParam *params;
  TppcEnv sizes; /* free ones, then all */
  bool prepared, native_done, interp_done;
  TppcNanTrace trace; /* of the interpreter's run */
  RunCall *call;      /* compiled code and its arguments, while they are open */
};

/* Reports the row and gives `result` back. */
#define RUN_FAIL(r, result, ...) TPPC_FAIL((r)->s, (result), __VA_ARGS__)

TppcResult run_status(TppcRun *r, int status);
/* Frees compiled code and arguments (run_native.c). */
void run_call_free(TppcRun *r);

#endif
