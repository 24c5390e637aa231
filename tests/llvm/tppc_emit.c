/* tppc-emit: code from .tir of level rt, for the tests of this folder.
 *
 *   tppc-emit file.tir llvm|asm|obj|header|manifest|shared [-O0..-O3] [-g] [-fcheck-ranges] [-fPIC]
 *             [-march=CPU] [--target=TRIPLE] [-L runtime-folder] [-o file]
 */
#include "llvm/llvm.h"
#include "support/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Options {
  TppcEmitOptions emit;
  const char *input, *product, *output, *runtime;
} Options;

static void print(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  (void)user;
  TppcBuf b = {0};
  tppc_render_text(&b, dx, items, n, false);
  fputs(b.data, stderr);
  tppc_buf_free(&b);
}

static bool parse(Options *o, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const char *a = argv[i];
    if (!strncmp(a, "-O", 2))
      o->emit.opt_level = atoi(a + 2);
    else if (!strcmp(a, "-g"))
      o->emit.debug = true;
    else if (!strcmp(a, "-fcheck-ranges"))
      o->emit.check_ranges = true;
    else if (!strcmp(a, "-fPIC"))
      o->emit.pic = true;
    else if (!strncmp(a, "-march=", 7))
      o->emit.cpu = a + 7;
    else if (!strncmp(a, "--target=", 9))
      o->emit.triple = a + 9;
    else if (!strcmp(a, "-o") && i + 1 < argc)
      o->output = argv[++i];
    else if (!strcmp(a, "-L") && i + 1 < argc)
      o->runtime = argv[++i];
    else if (*a == '-')
      return false;
    else if (!o->input)
      o->input = a;
    else
      o->product = a;
  }
  return o->input && o->product;
}

static char *emit(TppcModule *m, const Options *o, size_t *size) {
  TppcBuf b = {0};
  if (!strcmp(o->product, "header"))
    tppc_emit_header(&b, m, "test", o->input);
  else if (!strcmp(o->product, "manifest"))
    tppc_emit_manifest(&b, m, NULL, &o->emit);
  else if (!strcmp(o->product, "llvm"))
    return tppc_emit(m, TPPC_EMIT_LLVM, &o->emit, size);
  else if (!strcmp(o->product, "asm"))
    return tppc_emit(m, TPPC_EMIT_ASM, &o->emit, size);
  else
    return tppc_emit(m, TPPC_EMIT_OBJ, &o->emit, size);
  *size = b.n;
  return b.data;
}

int main(int argc, char **argv) {
  Options o = {.emit = {.opt_level = 2}, .output = "-"};
  if (!parse(&o, argc, argv))
    return 2;
  TppcContext *cx = tppc_context_create();
  tppc_diags_set_handler(cx->diags, print, NULL);
  size_t size;
  char *text = tppc_file_read(cx->arena, o.input, &size);
  if (!text)
    return 3;
  TppcModule *m = tppc_parse_tir(cx, tppc_source_add(cx->diags, o.input, text, size));
  char *out = m && tppc_verify(m) ? emit(m, &o, &size) : NULL;
  bool ok = out != NULL;
  if (ok && !strcmp(o.product, "shared"))
    ok = tppc_link_shared(cx, out, size, o.output, o.runtime);
  else if (ok)
    ok = tppc_file_write(o.output, out, size);
  tppc_diag_flush(cx->diags);
  free(out);
  tppc_context_destroy(cx);
  return ok ? 0 : 1;
}
