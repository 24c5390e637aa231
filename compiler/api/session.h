/* What a session holds; shared by the files of this folder. */
#ifndef TPPC_API_SESSION_H
#define TPPC_API_SESSION_H

#include "dsl/dsl.h"
#include "llvm/llvm.h"
#include "passes/pass.h"
#include "tppc/tppc.h"

struct TppcSession {
  TppcContext *cx;
  TppcFormat format;
  bool color, sarif_open, sarif_any;
  TppcMessageFn message;
  void *message_user;

  TppcVec(TppcDefine) defines;
  TppcVec(const char *) folders;
  TppcVec(const char *) kernels;
  TppcVec(const char *) files;      /* read by load, in order */
  TppcVec(TppcSchedules) schedules; /* strongest first */
  const char *path;
  const char *stop_after, *print_after;
  bool time_passes, verify_each;
  int threads;
  const char *provider;
  bool deterministic; /* -fdeterministic */
  TppcEmitOptions emit;

  const TppcAst *ast;
  TppcModule *source;  /* level tpp, as semantic analysis left it; never changed */
  TppcModule *lowered; /* level rt, after lower */
  TppcResult lower_result;
  bool lower_done;
  int errors; /* reported so far; more of them mean that the call at hand failed */
};

/* Reports the row and gives `result` back. */
#define TPPC_FAIL(s, result, ...)                                                                  \
  (tppc_diag((s)->cx->diags, __VA_ARGS__), tppc_session_outcome((s), false), (result))

/* BAD_PROGRAM after flushing, or DONE when there was no error. */
TppcResult tppc_session_outcome(TppcSession *s, bool ok);
void tppc_session_pass_options(TppcSession *s, TppcPassOptions *out);
/* The kernels that -k asks for, as the pass leaves them; NULL after errors. */
TppcModule *tppc_session_lower_to(TppcSession *s, const char *pass);
/* A copy of the program with only the kernels that -k asks for. */
TppcModule *tppc_session_selected(TppcSession *s);

#endif
