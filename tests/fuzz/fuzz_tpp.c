/* The .tpp language: scanner, parser, semantic analysis. What they accept must print and read back
 * as IR. */
#include "dsl/dsl.h"
#include "libfuzzer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  TppcContext *cx = fuzz_context();
  TppcAst *ast =
      tppc_parse_source(cx->arena, cx->names, cx->diags, fuzz_source(cx, "fuzz.tpp", data, size));
  if (ast) {
    TppcBuf b = {0};
    tppc_ast_dump(&b, ast, cx->diags, true);
    tppc_buf_free(&b);
    TppcModule *m = tppc_analyse(cx, ast, NULL);
    if (m)
      fuzz_round_trip(m);
  }
  tppc_diag_flush(cx->diags);
  tppc_context_destroy(cx);
  return 0;
}
