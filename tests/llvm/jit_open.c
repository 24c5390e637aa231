#include "jit.h"
#include "support/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  (void)user;
  TppcBuf b = {0};
  tppc_render_text(&b, dx, items, n, false);
  fputs(b.data, stderr);
  tppc_buf_free(&b);
}

static Jit compile(TppcContext *cx, const char *name, const char *text, size_t size,
                   const TppcEmitOptions *opt) {
  Jit j = {.cx = cx};
  TppcModule *m = tppc_parse_tir(cx, tppc_source_add(cx->diags, name, text, size));
  if (m && tppc_verify(m))
    j.jit = tppc_jit_new(m, opt);
  tppc_diag_flush(cx->diags);
  if (!j.jit) {
    fprintf(stderr, "%s does not compile\n", name);
    exit(1);
  }
  return j;
}

static TppcContext *context(void) {
  TppcContext *cx = tppc_context_create();
  tppc_diags_set_handler(cx->diags, print, NULL);
  return cx;
}

Jit jit_open(const char *text, const TppcEmitOptions *opt) {
  TppcContext *cx = context();
  const char *copy = tppc_strdup(cx->arena, text);
  return compile(cx, "<test>", copy, strlen(copy), opt);
}

Jit jit_open_file(const char *path, const TppcEmitOptions *opt) {
  TppcContext *cx = context();
  size_t size;
  const char *text = tppc_file_read(cx->arena, path, &size);
  if (!text) {
    perror(path);
    exit(1);
  }
  return compile(cx, path, text, size, opt);
}

void *jit_symbol(Jit *j, const char *name) {
  void *p = tppc_jit_lookup(j->jit, name);
  if (!p) {
    fprintf(stderr, "no function '%s'\n", name);
    exit(1);
  }
  return p;
}

void jit_close(Jit *j) {
  tppc_jit_free(j->jit);
  tppc_context_destroy(j->cx);
}
