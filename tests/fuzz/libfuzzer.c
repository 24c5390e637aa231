#include "libfuzzer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* user: how many messages are still rendered. Bytes that are no program give hundreds that differ
 * in nothing but their place. */
static void render(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  int *left = user;
  if (!*left)
    return;
  --*left;
  TppcBuf b = {0};
  tppc_render_text(&b, dx, items, n, true);
  tppc_render_json(&b, dx, items, n);
  /* The frame of SARIF lists every rule and says nothing of the input. */
  tppc_render_sarif_result(&b, dx, items, n, true);
  tppc_buf_free(&b);
}

TppcContext *fuzz_context(void) {
  TppcContext *cx = tppc_context_create();
  int *left = TPPC_NEW(cx->arena, int);
  *left = 4;
  tppc_diags_set_handler(cx->diags, render, left);
  return cx;
}

uint32_t fuzz_source(TppcContext *cx, const char *name, const void *data, size_t size) {
  return tppc_source_add(cx->diags, name, tppc_strndup(cx->arena, data, size), size);
}

static void fail(const char *what, const char *text, const char *other) {
  fprintf(stderr, "%s\n%s\n%s\n", what, text, other);
  abort();
}

void fuzz_round_trip(const TppcModule *m) {
  TppcBuf first = {0}, second = {0};
  tppc_print_module(&first, m);
  TppcContext *cx = tppc_context_create();
  TppcModule *again =
      tppc_parse_tir(cx, tppc_source_add(cx->diags, "printed", first.data, first.n));
  if (!again || !tppc_verify(again))
    fail("what was printed does not read back", first.data, "");
  tppc_print_module(&second, again);
  if (first.n != second.n || memcmp(first.data, second.data, first.n) != 0)
    fail("what was printed reads back as another module", first.data, second.data);
  tppc_context_destroy(cx);
  tppc_buf_free(&first);
  tppc_buf_free(&second);
}

void fuzz_lower(TppcModule *m, const char *last) {
  TppcPipelineOptions opt = {
      .pass = {.vector_bytes = 32, .l1_bytes = 32 << 10, .l2_bytes = 512 << 10},
      .verify_each = true,
      .stop_after = last};
  TppcDiags *dx = m->cx->diags;
  int errors = tppc_diags_errors(dx);
  if (tppc_run_passes(m, NULL, &opt) == (tppc_diags_errors(dx) > errors))
    fail(tppc_diags_errors(dx) > errors ? "a pass reported an error and went on"
                                        : "a pass failed without a message",
         "", "");
}
