/* Passes: named steps from one level of the IR to the same or the next; rows of passes.def, one
 * file each. */
#ifndef TPPC_PASSES_PASS_H
#define TPPC_PASSES_PASS_H

#include "ir/ir.h"

/* What a pass may ask of the compilation besides the module. */
typedef struct TppcPassOptions {
  int threads;          /* 0: not known before run time */
  int vector_bytes;     /* of the target: 32 for AVX2, 64 for AVX-512, 16 for NEON */
  const char *provider; /* --provider brgemm=..., or NULL */
  bool deterministic;   /* -fdeterministic: sums in copies of threads become ordered ones */
  int64_t l1_bytes, l2_bytes;
  int64_t stream_bytes; /* smaller results are never written past the caches */
} TppcPassOptions;

typedef struct TppcPass {
  const char *name;
  /* False after an error has been reported. */
  bool (*run)(TppcModule *m, const TppcPassOptions *opt);
  TppcLevel needs, leaves;
  const char *doc;
} TppcPass;

#define PASS(name, fn, needs, leaves, doc) bool fn(TppcModule *m, const TppcPassOptions *opt);
#include "passes/passes.def"
#undef PASS

/* In the order of passes.def, which is the default pipeline; NULL at the end. */
const TppcPass *tppc_pass_at(int i);
const TppcPass *tppc_pass_by_name(const char *name);

typedef struct TppcPipelineOptions {
  TppcPassOptions pass;
  bool verify_each;
  bool time_passes;                            /* to stderr through report */
  const char *print_after;                     /* a pass name, "all", or NULL */
  const char *stop_after;                      /* a pass name, or NULL */
  void (*print)(void *user, const char *text); /* receives --print-ir-after and timings */
  void *user;
} TppcPipelineOptions;

/* Runs the passes named (comma separated), or the default pipeline when names is NULL. The verifier
 * runs at the end always, and after each pass with verify_each. An unknown name or a wrong level is
 * an error. */
bool tppc_run_passes(TppcModule *m, const char *names, const TppcPipelineOptions *opt);

#endif
