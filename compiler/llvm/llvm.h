/* Code from a module of level rt: LLVM IR, assembly, objects, shared libraries, functions in this
 * process; and what describes a compiled kernel to its users: the C header and the manifest.
 *
 * No LLVM type appears here. Errors are diagnostics of the module's context; nothing exits or
 * prints.
 */
#ifndef TPPC_LLVM_LLVM_H
#define TPPC_LLVM_LLVM_H

#include "ir/ir.h"

#include <tpp/rt.h>

typedef struct TppcEmitOptions {
  int opt_level;        /* 0 to 3; README.md says what each does */
  const char *triple;   /* NULL: of this machine; "aarch64-linux-gnu" cross-compiles */
  const char *cpu;      /* as in -march: "x86-64-v3", "znver4"; NULL: x86-64-v3 or generic AArch64;
                           "native": this machine */
  const char *features; /* LLVM's list, "+avx512vbmi,-f16c", or NULL; the entry
                             function does not ask for what is added here */
  bool pic;             /* for a shared library; code is position independent in any case */
  bool debug;           /* line tables of the .tpp */
  const char *source_dir; /* recorded in debug information, NULL for "." */
  bool argv;              /* also f.argv for every kernel f, see tppc_jit_lookup; the JIT sets it */
  const char *sanitize;   /* "address" or "thread": accesses are reported to that sanitizer of the
                             program that calls; NULL for none */
  const char *producer; /* "tppc 0.1.0 (LLVM 19.1.7)": the object says by what and how it was made,
                           for tppc_read_provenance; NULL: it does not */
  bool check_ranges;    /* -fcheck-ranges: values of range(lo, hi) tensors are checked at entry */
} TppcEmitOptions;

typedef enum TppcEmitKind { TPPC_EMIT_LLVM, TPPC_EMIT_ASM, TPPC_EMIT_OBJ } TppcEmitKind;

/* What the options come to, for passes that choose by target. False after a diagnostic. */
typedef struct TppcTargetInfo {
  char triple[64], cpu[64];
  int vector_bytes;  /* 16, 32, or 64 */
  uint32_t isas;     /* enum tpp_isa: what a compiled function asks for at entry */
  uint32_t cpu_isas; /* all that the CPU has, which the runtime's kernels are chosen by */
} TppcTargetInfo;
bool tppc_target_info(TppcContext *cx, const TppcEmitOptions *opt, TppcTargetInfo *info);

/* The microkernel that an rt.select gets on a CPU with these instruction sets, 0 for this machine;
 * NULL while sizes that only a call knows decide, "generated" where the compiler writes it. report
 * is called as by tpp_brgemm_explain, and may be NULL. */
const char *tppc_select_choice(const TppcOp *op, uint32_t isas, tpp_report_fn report, void *user);

/* Where a loop.buffer or a local lives. *stack counts the bytes that its nest has on the stack so
 * far: 0 before the first buffer of a nest. */
typedef enum TppcPlace { TPPC_PLACE_SHARED, TPPC_PLACE_THREAD, TPPC_PLACE_STACK } TppcPlace;
TppcPlace tppc_buffer_place(TppcContext *cx, const TppcOp *op, int64_t *stack);

/* All kernels of the module as one text or object, from malloc; NULL after a diagnostic. The text
 * has a zero byte beyond *size. The same module and options give the same bytes. */
char *tppc_emit(TppcModule *m, TppcEmitKind kind, const TppcEmitOptions *opt, size_t *size);

/* Appends what objects say about themselves, found in the bytes of an object, a library, or a
 * program: lines of text, a blank line between two. The number found. */
int tppc_read_provenance(TppcBuf *out, const char *bytes, size_t size);
/* Appends a line for each CPU that -march takes, and the instruction sets of this machine. */
void tppc_list_targets(TppcBuf *out);

/* Makes the shared library `out` of an object's bytes by running the system's `cc -shared`.
 * runtime_dir, when not NULL, is where libtpprt.so is linked from, and found again when the library
 * is loaded; without it tpp_* symbols stay open until load time. */
bool tppc_link_shared(TppcContext *cx, const char *object, size_t size, const char *out,
                      const char *runtime_dir);

/* Compiled into this process; symbols of libtpprt are looked up in the process. Kernels may be
 * called from several threads; lookups may not. NULL after a diagnostic. */
typedef struct TppcJit TppcJit;
TppcJit *tppc_jit_new(TppcModule *m, const TppcEmitOptions *opt);
/* Address of a function of the object (a kernel or a pack function), or NULL. For every kernel f
 * the JIT (only the JIT) also has `f.argv`, int (*)(void *const *argv): argv[i] points at the value
 * of the i-th argument of f in the order of the C interface (an int64_t size, a scalar of its C
 * type, a pointer to the tensor's pointer), so that callers that learn the signature at run time
 * (tppc run) can call any kernel. */
void *tppc_jit_lookup(TppcJit *jit, const char *name);
void tppc_jit_free(TppcJit *jit);

/* The C header of all kernels; the module may be of any level. guard is the stem of the include
 * guard, source the name of the .tpp for a comment; both are cleaned of what C does not admit.
 * Append to `out`. */
void tppc_emit_header(TppcBuf *out, const TppcModule *m, const char *guard, const char *source);

/* JSON: kernels with sizes, promises, parameters with their layouts; of a module of level rt also
 * nests, scratch bytes as an expression of the sizes, and the descriptors of the kernels that are
 * selected. `api` gives the kernels as they were before passes, for schedule strings; it may be
 * NULL. */
void tppc_emit_manifest(TppcBuf *out, const TppcModule *m, const TppcModule *api,
                        const TppcEmitOptions *opt);

#endif
