/* From a module to LLVM IR, assembly, or an object in memory, through a short pass pipeline.
 *
 * The vector code is generated as it should run, so the general loop optimisers have nothing to do;
 * what is wanted is promotion of allocas, common subexpressions, loop-invariant motion, and clean
 * control flow. That costs a third of default<O2> and gives the same inner loops (README.md has the
 * figures).
 */
#include "llvm/cg.h"
#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdlib.h>
#include <string.h>

static const char *pipeline(int level) {
  switch (level) {
  case 0:
    return "function(sroa)";
  case 1:
    return "function(sroa,early-cse,simplifycfg)";
  case 2:
    return "function(sroa,early-cse,simplifycfg,instcombine<no-verify-fixpoint>,loop-mssa(licm),"
           "early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg),globaldce";
  default:
    return "function(sroa,early-cse,simplifycfg,instcombine<no-verify-fixpoint>,loop-mssa(licm),"
           "gvn,instcombine<no-verify-fixpoint>,loop-mssa(licm),dse,simplifycfg),globaldce";
  }
}

/* The sanitizer's calls go around accesses as they are after optimisation, as in clang. */
static const char *sanitizer_passes(const char *sanitize) {
  return !strcmp(sanitize, "address") ? "asan" : "tsan-module,function(tsan)";
}

/* A sanitizer instruments the functions that ask for it. */
static void mark_functions(Cg *g) {
  const char *name = !strcmp(g->opt->sanitize, "address") ? "sanitize_address" : "sanitize_thread";
  unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
  LLVMAttributeRef mark = LLVMCreateEnumAttribute(g->lx, kind, 0);
  for (Val fn = LLVMGetFirstFunction(g->mod); fn; fn = LLVMGetNextFunction(fn))
    if (!LLVMIsDeclaration(fn))
      LLVMAddAttributeAtIndex(fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, mark);
}

static void failed(Cg *g, const char *why) {
  tppc_diag(g->cx->diags, TPPC_D_codegen_failed, TPPC_NO_SPAN, why);
}

static bool verified(Cg *g) {
  char *why = NULL;
  bool bad = LLVMVerifyModule(g->mod, LLVMReturnStatusAction, &why);
  if (bad)
    failed(g, why);
  LLVMDisposeMessage(why);
  return !bad;
}

static bool run_passes(Cg *g, LLVMTargetMachineRef tm, const char *passes) {
  LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
  LLVMErrorRef error = LLVMRunPasses(g->mod, passes, tm, options);
  LLVMDisposePassBuilderOptions(options);
  if (!error)
    return true;
  char *why = LLVMGetErrorMessage(error);
  failed(g, why);
  LLVMDisposeErrorMessage(why);
  return false;
}

static bool optimise(Cg *g, LLVMTargetMachineRef tm) {
  if (!run_passes(g, tm, pipeline(g->opt->opt_level)))
    return false;
  if (!g->opt->sanitize)
    return true;
  mark_functions(g);
  return run_passes(g, tm, sanitizer_passes(g->opt->sanitize));
}

static char *copy_bytes(const char *data, size_t size) {
  char *p = malloc(size + 1);
  if (!p)
    abort();
  memcpy(p, data, size);
  p[size] = 0;
  return p;
}

static char *write_module(Cg *g, LLVMTargetMachineRef tm, TppcEmitKind kind, size_t *size) {
  if (kind == TPPC_EMIT_LLVM) {
    char *text = LLVMPrintModuleToString(g->mod);
    *size = strlen(text);
    char *copy = copy_bytes(text, *size);
    LLVMDisposeMessage(text);
    return copy;
  }
  LLVMMemoryBufferRef buffer = NULL;
  char *why = NULL;
  LLVMCodeGenFileType file = kind == TPPC_EMIT_ASM ? LLVMAssemblyFile : LLVMObjectFile;
  if (LLVMTargetMachineEmitToMemoryBuffer(tm, g->mod, file, &why, &buffer)) {
    failed(g, why);
    LLVMDisposeMessage(why);
    return NULL;
  }
  *size = LLVMGetBufferSize(buffer);
  char *copy = copy_bytes(LLVMGetBufferStart(buffer), *size);
  LLVMDisposeMemoryBuffer(buffer);
  return copy;
}

char *tppc_emit(TppcModule *m, TppcEmitKind kind, const TppcEmitOptions *opt, size_t *size) {
  LLVMTargetMachineRef tm;
  Cg *g = cg_new(m, opt, &tm);
  if (!g)
    return NULL;
  char *out = NULL;
  if (cg_module(g, m) && verified(g) && optimise(g, tm))
    out = write_module(g, tm, kind, size);
  LLVMDisposeTargetMachine(tm);
  cg_free(g);
  return out;
}
