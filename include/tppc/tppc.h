/* The compiler as a library. The commands use this header only.
 *
 * A session is one compilation: options, then one file, then whatever is wanted of it. Sessions
 * share nothing; each belongs to one thread at a time. Nothing here prints, or exits while there is
 * memory: messages go to the function that the caller gives, results are a TppcResult, which is
 * also the exit code of the commands.
 */
#ifndef TPPC_TPPC_H
#define TPPC_TPPC_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TPPC_API __attribute__((visibility("default")))
#else
#define TPPC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum TppcResult {
  TPPC_DONE = 0,
  TPPC_BAD_PROGRAM = 1, /* the program, a schedule, -D, or --in names nothing or is wrong */
  TPPC_BAD_USAGE = 2,   /* an option has no such value */
  /* A file is missing, malformed, of the wrong shape, or cannot be written. Memory that is out ends
   * the process with this code, after a message on standard error. */
  TPPC_BAD_FILE = 3,
  TPPC_MISMATCH = 4, /* verification found a difference */
  TPPC_SLOWER = 5,   /* benchcmp's gate */
  TPPC_INTERNAL = 70
} TppcResult;

typedef struct TppcSession TppcSession;
TPPC_API TppcSession *tppc_session_new(void);
TPPC_API void tppc_session_free(TppcSession *s);

/* Messages arrive whole, n bytes of text, JSON (one object a line), or parts of one SARIF document.
 */
typedef enum TppcFormat { TPPC_TEXT, TPPC_JSON, TPPC_SARIF } TppcFormat;
typedef void (*TppcMessageFn)(void *user, const char *text, size_t n);
TPPC_API void tppc_session_messages(TppcSession *s, TppcFormat format, int color, TppcMessageFn fn,
                                    void *user);
/* Says that no more messages come: closes a SARIF document. */
TPPC_API void tppc_session_end_messages(TppcSession *s);

/* Options, named and valued as on the command line without dashes; NULL or "" for flags. All before
 * load:
 *
 *   D NAME=int   I folder   k kernel   W all|error|perf|no-...   O 0..3   march cpu   target triple
 * g   fPIC schedule text   schedule-file path   threads n   provider brgemm=...   fcheck-ranges
 *   fdeterministic   fsanitize address|thread
 *   print-ir-after pass|all   stop-after pass   time-passes   verify-each
 *
 * D, I, k, W, schedule, and schedule-file may be given several times. TPPC_BAD_USAGE after a
 * message. */
TPPC_API TppcResult tppc_session_set(TppcSession *s, const char *option, const char *value);

/* Reads and checks path ("-": standard input): syntax, names, types. */
TPPC_API TppcResult tppc_session_load(TppcSession *s, const char *path);
/* The program at path ("-": standard input), formatted; nothing is loaded. malloc's text, as
 * emit's. *changed says whether it differs from what was read. */
TPPC_API TppcResult tppc_session_format(TppcSession *s, const char *path, char **text, size_t *n,
                                        int *changed);
/* Runs the passes: schedules are proved legal, kernels chosen. Done by emit and run where it is
 * needed. */
TPPC_API TppcResult tppc_session_lower(TppcSession *s);

/* One product: "ast", "tpp", "loops", "rt", "llvm", "asm", "obj", "header", "manifest". The text is
 * malloc's, with a zero byte beyond *n. */
TPPC_API TppcResult tppc_session_emit(TppcSession *s, const char *product, char **text, size_t *n);
/* The same into a file ("-": standard output), whole or not at all; also "shared", a shared
 * library. */
TPPC_API TppcResult tppc_session_write(TppcSession *s, const char *product, const char *path);
/* n bytes into a file ("-": standard output), whole or not at all. */
TPPC_API TppcResult tppc_session_write_text(TppcSession *s, const char *path, const char *text,
                                            size_t n);
/* What becomes of each kernel: the tree of its loops, tiles with what they touch, where values
 * live, microkernels chosen and refused on this machine, and who decided. Text, or with html a page
 * that needs no other file. malloc's text. */
TPPC_API TppcResult tppc_session_explain(TppcSession *s, int html, char **text, size_t *n);
/* What an object, library, or program at path says about how its kernels were made. malloc's text.
 */
TPPC_API TppcResult tppc_session_info(TppcSession *s, const char *path, char **text, size_t *n);
/* The files that load has read, as a rule for make: `target: f.tpp import.tpp`. */
TPPC_API TppcResult tppc_session_write_deps(TppcSession *s, const char *target, const char *path);
/* Name of the i-th kernel of the file, NULL beyond the last. */
TPPC_API const char *tppc_session_kernel(const TppcSession *s, int i);

/* Running one kernel in process. */
typedef struct TppcRun TppcRun;
/* kernel NULL: the only one, or the last of the file. NULL after a message. */
TPPC_API TppcRun *tppc_run_new(TppcSession *s, const char *kernel);
TPPC_API void tppc_run_free(TppcRun *r);
/* "X=x.npy", "A=a.mtx", "X=rand:7", "X=int:7", "X=const:0.5", "alpha=0.5"; "W=rand:7:0.2" for a
 * sparse one that stores a fifth of its entries or blocks. Parameters without one are rand. */
TPPC_API TppcResult tppc_run_input(TppcRun *r, const char *text);
/* Makes the inputs, and deduces the free sizes that the files determine. */
TPPC_API TppcResult tppc_run_prepare(TppcRun *r);
/* Compiles and calls the kernel `repeat` times; seconds[] receives each call's time and may be
 * NULL. `inout` parameters start from the input every time. */
TPPC_API TppcResult tppc_run_native(TppcRun *r, int repeat, double *seconds);
/* The same in steps, for measuring. open compiles the kernel and makes its arguments; call calls it
 * and gives its tpp_status; refill makes outputs and inouts what they were before the first call;
 * close sees that nothing beside the outputs was written, takes these as the results, and gives the
 * arguments back. */
TPPC_API TppcResult tppc_run_open(TppcRun *r);
TPPC_API int tppc_run_call(TppcRun *r);
TPPC_API void tppc_run_refill(TppcRun *r);
TPPC_API TppcResult tppc_run_close(TppcRun *r);
/* What an open run passes for a parameter: its packed elements, *bytes of them, or the tpp_csr or
 * tpp_ternary. NULL when there is no such parameter. It is the run's. */
TPPC_API void *tppc_run_argument(TppcRun *r, const char *name, size_t *bytes);
/* The reference interpreter instead. */
TPPC_API TppcResult tppc_run_interp(TppcRun *r);

/* Reports the first statement and index that make a NaN or an infinity of finite values, as the
 * interpreter sees it; runs it when it has not run. *found is 0 when there is none. */
TPPC_API TppcResult tppc_run_trace_nan(TppcRun *r, int *found);

/* Comparison of what native wrote with the interpreter, over all outputs. */
typedef struct TppcVerdict {
  int64_t compared, wrong;
  int64_t unbounded; /* elements that prove nothing: their bound is infinite, any value is right */
  double worst;      /* largest error in units of its bound; 0 when all is bitwise equal */
  char where[128];   /* the element it is at, such as "Y[3, 7]", "" when there is none */
  double expected, got;
} TppcVerdict;
/* Runs what has not run. TPPC_MISMATCH when an element is out of its bound. */
TPPC_API TppcResult tppc_run_verify(TppcRun *r, TppcVerdict *v);
/* Y=y.npy; before native or interp ran it is an error. */
TPPC_API TppcResult tppc_run_output(TppcRun *r, const char *text);
/* A line for each output: name, type, shape, first values. malloc's text. */
TPPC_API char *tppc_run_summary(TppcRun *r);
/* Floating-point operations of one call's contractions, and bytes of its arguments. */
TPPC_API double tppc_run_flops(const TppcRun *r);
TPPC_API double tppc_run_bytes(const TppcRun *r);

/* Measures the kernel in rounds with itself, with the ceilings of the machine, and, unless vs is
 * NULL, with a library that computes the same ("openblas", "openblas=file"), until the medians are
 * known within 1 % or `budget` seconds are over (0: 3). malloc's texts: for people, and JSON. */
TPPC_API TppcResult tppc_run_bench(TppcRun *r, const char *vs, double budget, char **text,
                                   char **json);
/* Two files of such JSON: a line for each result of both, speed of b by that of a. TPPC_SLOWER when
 * one is below fail_below, or is missing in b (0: never). malloc's text, also then. */
TPPC_API TppcResult tppc_session_benchcmp(TppcSession *s, const char *a, const char *b,
                                          double fail_below, char **text);

/* Measures the ceilings of this machine (tppc/measure.h; some seconds) and stores them for the
 * user, so that tppc_print_targets shows them and explain predicts times. malloc's text; also after
 * TPPC_BAD_FILE, when it cannot be stored. */
TPPC_API TppcResult tppc_session_calibrate(TppcSession *s, char **text);

/* Reference texts, static or malloc's as said. */
TPPC_API const char *tppc_version(void); /* static: "0.1.0 (LLVM 19.1.7)" */
TPPC_API char *
tppc_explain_diagnostic(const char *code); /* malloc: "S0103": title, cause, cure; NULL if none */
TPPC_API char *
tppc_print_ops(const char *format);      /* malloc: "text" or "", "md", "json"; else NULL */
TPPC_API char *tppc_print_targets(void); /* malloc: CPUs for -march, what this machine has, and its
                                          ceilings when they were measured */
TPPC_API char *tppc_print_passes(void);  /* malloc: the default pipeline, a line each */

#ifdef __cplusplus
}
#endif
#endif
