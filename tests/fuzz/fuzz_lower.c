/* All passes over what semantic analysis accepts. Slower than fuzz_tpp, hence a target of its own.
 */
#include "dsl/dsl.h"
#include "libfuzzer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  TppcContext *cx = fuzz_context();
  TppcAst *ast =
      tppc_parse_source(cx->arena, cx->names, cx->diags, fuzz_source(cx, "fuzz.tpp", data, size));
  TppcModule *m = ast ? tppc_analyse(cx, ast, NULL) : NULL;
  if (m)
    fuzz_lower(m, NULL);
  tppc_diag_flush(cx->diags);
  tppc_context_destroy(cx);
  return 0;
}
