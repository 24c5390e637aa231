/* The text form of the IR: parser, verifier, printer. */
#include "libfuzzer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  TppcContext *cx = fuzz_context();
  TppcModule *m = tppc_parse_tir(cx, fuzz_source(cx, "fuzz.tir", data, size));
  if (m && tppc_verify(m))
    fuzz_round_trip(m);
  tppc_diag_flush(cx->diags);
  tppc_context_destroy(cx);
  return 0;
}
