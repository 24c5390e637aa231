/* A second entry to a kernel for callers that learn its signature at run time: C has no way to make
 * a call whose argument list is data, so the generated code makes it. */
#include "llvm/cg.h"

enum { MAX_ARGS = 256 };

void cg_argv(Cg *g) {
  Val kernel = LLVMGetNamedFunction(g->mod, g->kernel_name);
  if (!kernel)
    return;
  LLVMTypeRef type = LLVMGlobalGetValueType(kernel);
  unsigned n = LLVMCountParams(kernel);
  if (n > MAX_ARGS) {
    cg_unsupported(g, g->kernel->span, "more than 256 arguments of a kernel run in process");
    return;
  }
  const char *name = tppc_sprintf(g->arena, "%s.argv", g->kernel_name);
  Val fn = LLVMAddFunction(g->mod, name, LLVMFunctionType(g->t_i32, &g->t_ptr, 1, false));
  cg_function_begin(g, fn);
  Val args[MAX_ARGS];
  for (unsigned i = 0; i < n; i++) {
    Val at = cg_i64(g, i);
    Val slot = LLVMBuildInBoundsGEP2(g->b, g->t_ptr, LLVMGetParam(fn, 0), &at, 1, "");
    Val value = LLVMBuildLoad2(g->b, g->t_ptr, slot, "");
    args[i] = LLVMBuildLoad2(g->b, LLVMTypeOf(LLVMGetParam(kernel, i)), value, "");
  }
  LLVMBuildRet(g->b, LLVMBuildCall2(g->b, type, kernel, args, n, ""));
  cg_function_end(g);
}
