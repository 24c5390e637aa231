/* Kernels in this process: the same object bytes as in a file, linked by ORC. The runtime's
 * functions are those of the process, so it must be linked with libtpprt. */
#include "llvm/cg.h"
#include <llvm-c/LLJIT.h>
#include <stdlib.h>
#include <string.h>

/* A command that is built with a sanitizer checks what it runs with it as well; in any other
 * process the sanitizer's runtime is missing. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define SANITIZER "thread"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define SANITIZER "thread"
#endif
#endif
#ifndef SANITIZER
#define SANITIZER NULL
#endif

struct TppcJit {
  LLVMOrcLLJITRef jit;
};

static bool check(TppcContext *cx, LLVMErrorRef error) {
  if (!error)
    return true;
  char *why = LLVMGetErrorMessage(error);
  tppc_diag(cx->diags, TPPC_D_codegen_failed, TPPC_NO_SPAN, why);
  LLVMDisposeErrorMessage(why);
  return false;
}

static bool load(TppcContext *cx, LLVMOrcLLJITRef jit, const char *object, size_t size) {
  LLVMOrcJITDylibRef lib = LLVMOrcLLJITGetMainJITDylib(jit);
  LLVMOrcDefinitionGeneratorRef process;
  char prefix = LLVMOrcLLJITGetGlobalPrefix(jit);
  if (!check(cx,
             LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(&process, prefix, NULL, NULL)))
    return false;
  LLVMOrcJITDylibAddGenerator(lib, process);
  LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(object, size, "kernels");
  return check(cx, LLVMOrcLLJITAddObjectFile(jit, lib, buffer));
}

/* Architectures agree, "x86_64" of "x86_64-pc-linux-gnu". */
static bool runs_here(TppcContext *cx, const char *triple) {
  if (!triple)
    return true;
  char *host = LLVMGetDefaultTargetTriple();
  size_t n = strcspn(host, "-");
  bool same = strcspn(triple, "-") == n && !strncmp(host, triple, n);
  if (!same)
    tppc_diag(cx->diags, TPPC_D_codegen_failed, TPPC_NO_SPAN,
              tppc_sprintf(cx->arena, "code for '%s' does not run on '%s'", triple, host));
  LLVMDisposeMessage(host);
  return same;
}

TppcJit *tppc_jit_new(TppcModule *m, const TppcEmitOptions *opt) {
  size_t size = 0;
  if (!runs_here(m->cx, opt->triple))
    return NULL;
  TppcEmitOptions with_argv = *opt;
  with_argv.argv = true;
  with_argv.sanitize = SANITIZER;
  char *object = tppc_emit(m, TPPC_EMIT_OBJ, &with_argv, &size);
  if (!object)
    return NULL;
  TppcJit *jit = calloc(1, sizeof *jit);
  if (!jit)
    abort();
  bool ok =
      check(m->cx, LLVMOrcCreateLLJIT(&jit->jit, NULL)) && load(m->cx, jit->jit, object, size);
  free(object);
  if (ok)
    return jit;
  tppc_jit_free(jit);
  return NULL;
}

void *tppc_jit_lookup(TppcJit *jit, const char *name) {
  LLVMOrcExecutorAddress address = 0;
  LLVMErrorRef error = LLVMOrcLLJITLookup(jit->jit, &address, name);
  if (error) {
    LLVMConsumeError(error);
    return NULL;
  }
  return (void *)(uintptr_t)address;
}

void tppc_jit_free(TppcJit *jit) {
  if (!jit)
    return;
  if (jit->jit)
    LLVMConsumeError(LLVMOrcDisposeLLJIT(jit->jit));
  free(jit);
}
