/* From .tpp text to a module of the tpp dialect. */
#ifndef TPPC_DSL_DSL_H
#define TPPC_DSL_DSL_H

#include "dsl/ast.h"
#include "ir/ir.h"

/* ---- syntax ---- */

/* Parses a registered source: declarations (a .tpp or .sched file). The tree lives in the arena.
 * NULL after syntax errors, all of which have been reported to dx. */
TppcAst *tppc_parse_source(TppcArena *arena, TppcInterner *names, TppcDiags *dx, uint32_t source);

/* Parses the argument of --schedule, registered as a source: 'fc=nkMN; m: 32; n: 256,64' (the last
 * semicolon may be left out; 'fc.out=...' names a label) or whole 'schedule fc "nkMN" { m: 32; }'
 * declarations. The tree holds TPPC_DECL_SCHEDULE nodes only, whose spans point into that argument.
 */
TppcAst *tppc_parse_schedule_arg(TppcArena *arena, TppcInterner *names, TppcDiags *dx,
                                 uint32_t source);

/* Appends the source, formatted: the same tokens and comments, one way of spacing, indenting, and
 * aligning them. Line breaks inside of a construct stay where they are. False after syntax errors,
 * which have been reported; then nothing is appended. */
bool tppc_format_source(TppcContext *cx, uint32_t source, TppcBuf *out);

/* -D NAME=n. */
typedef struct TppcDefine {
  const char *name; /* interned */
  int64_t value;
  TppcSpan span; /* of the name in the option's source */
} TppcDefine;

/* Parses "NAME=n", registered as a source. False after an error. */
bool tppc_parse_define(TppcContext *cx, uint32_t source, TppcDefine *out);

/* ---- semantic analysis ---- */

/* Schedules from outside the program, strongest first. */
typedef struct TppcSchedules {
  const TppcAst *ast; /* its TPPC_DECL_SCHEDULE nodes; anything else in it is an error */
  const char *origin; /* "option" or "file" */
} TppcSchedules;

typedef struct TppcSemaOptions {
  const TppcDefine *defines;
  int n_defines;
  const char *const
      *kernels; /* -k: those whose sizes -D sets; all of the file when there is none */
  int n_kernels;
  const char *const *include_dirs; /* -I, searched after the folder of the importing file */
  int n_include_dirs;
  const TppcSchedules *schedules;
  int n_schedules;
  uint32_t isas; /* bits of enum tpp_isa that the target has, for 'schedule ... for "avx2"' */
  /* Called with the path of every imported file, in order; may be NULL. */
  void (*imported)(void *user, const char *path);
  void *user;
} TppcSemaOptions;

/* Checks the program and builds its module, level tpp: kernels in the order of the text, those of
 * imports first and with the attribute imported=1 (they are there to be called, not to be emitted).
 * NULL after errors, as many of which as possible have been reported. */
TppcModule *tppc_analyse(TppcContext *cx, const TppcAst *ast, const TppcSemaOptions *options);

#endif
