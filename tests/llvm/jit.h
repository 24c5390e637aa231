/* What the tests of code generation share: a kernel from .tir text, compiled into this process. */
#ifndef TPPC_TESTS_LLVM_JIT_H
#define TPPC_TESTS_LLVM_JIT_H

#include "llvm/llvm.h"

typedef struct Jit {
  TppcContext *cx;
  TppcJit *jit;
} Jit;

/* Compiles the module, which must be right; ends the test otherwise. */
Jit jit_open(const char *text, const TppcEmitOptions *opt);
/* The same from a file of the tests' folder. */
Jit jit_open_file(const char *path, const TppcEmitOptions *opt);
void *jit_symbol(Jit *j, const char *name);
void jit_close(Jit *j);

#endif
