/* What a session can produce: texts, code, files. */
#define _GNU_SOURCE /* dladdr */
#include "api/session.h"

#include "dsl/ast.h"
#include "support/file.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Takes the text of a buffer, which has no data when nothing was written. */
static void take(TppcBuf *b, char **text, size_t *n) {
  if (!b->data)
    tppc_buf_puts(b, "");
  *text = b->data;
  *n = b->n;
}

/* The name of the file without folder and ending, for include guards and comments. */
static const char *stem_of(TppcSession *s) {
  const char *slash = strrchr(s->path, '/');
  const char *name = slash ? slash + 1 : s->path;
  const char *dot = strrchr(name, '.');
  return dot && dot > name ? tppc_strndup(s->cx->arena, name, (size_t)(dot - name)) : name;
}

static const char *file_of(const TppcSession *s) {
  const char *slash = strrchr(s->path, '/');
  return slash ? slash + 1 : s->path;
}

/* The last pass that leaves the loop dialect: where `loops` is printed. */
static TppcResult emit_loops(TppcSession *s, TppcBuf *out) {
  TppcPipelineOptions opt = {.verify_each = s->verify_each};
  tppc_session_pass_options(s, &opt.pass);
  for (int i = 0; tppc_pass_at(i); i++)
    if (tppc_pass_at(i)->leaves == TPPC_LEVEL_LOOP)
      opt.stop_after = tppc_pass_at(i)->name;
  TppcModule *m = tppc_module_clone(s->source);
  bool ok = tppc_run_passes(m, NULL, &opt);
  TppcResult r = tppc_session_outcome(s, ok);
  if (r == TPPC_DONE)
    tppc_print_module(out, m);
  return r;
}

static TppcResult emit_lowered(TppcSession *s, const char *product, TppcBuf *out, char **text,
                               size_t *n) {
  TppcResult r = tppc_session_lower(s);
  if (r != TPPC_DONE)
    return r;
  if (!strcmp(product, "rt")) {
    tppc_print_module(out, s->lowered);
    return TPPC_DONE;
  }
  if (!strcmp(product, "manifest")) {
    tppc_emit_manifest(out, s->lowered, tppc_session_selected(s), &s->emit);
    return TPPC_DONE;
  }
  TppcEmitKind kind = !strcmp(product, "llvm")  ? TPPC_EMIT_LLVM
                      : !strcmp(product, "asm") ? TPPC_EMIT_ASM
                                                : TPPC_EMIT_OBJ;
  *text = tppc_emit(s->lowered, kind, &s->emit, n);
  return tppc_session_outcome(s, *text != NULL);
}

TppcResult tppc_session_emit(TppcSession *s, const char *product, char **text, size_t *n) {
  *text = NULL;
  *n = 0;
  TppcBuf out = {0};
  TppcResult r = TPPC_DONE;
  if (!strcmp(product, "ast"))
    tppc_ast_dump(&out, s->ast, s->cx->diags, false);
  else if (!strcmp(product, "tpp"))
    tppc_print_module(&out, tppc_session_selected(s));
  else if (!strcmp(product, "loops"))
    r = emit_loops(s, &out);
  else if (!strcmp(product, "header"))
    tppc_emit_header(&out, tppc_session_selected(s), stem_of(s), file_of(s));
  else if (!strcmp(product, "rt") || !strcmp(product, "manifest") || !strcmp(product, "llvm") ||
           !strcmp(product, "asm") || !strcmp(product, "obj"))
    r = emit_lowered(s, product, &out, text, n);
  else
    r = TPPC_FAIL(s, TPPC_BAD_USAGE, TPPC_D_no_such_product, TPPC_NO_SPAN, product);
  if (r != TPPC_DONE) {
    tppc_buf_free(&out);
    return r;
  }
  if (!*text)
    take(&out, text, n);
  return TPPC_DONE;
}

TppcResult tppc_session_write_text(TppcSession *s, const char *path, const char *text, size_t n) {
  if (tppc_file_write(path, text, n))
    return TPPC_DONE;
  return TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_cannot_write, TPPC_NO_SPAN, path, strerror(errno));
}

/* The folder of the runtime that this process uses: what it makes shall load the same. */
static const char *runtime_folder(TppcSession *s) {
  Dl_info info;
  if (!dladdr(&tpp_rt_abi_1, &info) || !info.dli_fname)
    return NULL;
  char *real = realpath(info.dli_fname, NULL);
  char *slash = real ? strrchr(real, '/') : NULL;
  const char *folder = NULL;
  if (slash && strstr(slash, "libtpprt.so"))
    folder = tppc_strndup(s->cx->arena, real, (size_t)(slash - real));
  free(real);
  return folder;
}

TppcResult tppc_session_write(TppcSession *s, const char *product, const char *path) {
  bool shared = !strcmp(product, "shared");
  if (shared)
    s->emit.pic = true;
  char *text;
  size_t n;
  TppcResult r = tppc_session_emit(s, shared ? "obj" : product, &text, &n);
  if (r != TPPC_DONE)
    return r;
  if (shared)
    r = tppc_link_shared(s->cx, text, n, path, runtime_folder(s)) ? TPPC_DONE : TPPC_BAD_FILE;
  else
    r = tppc_session_write_text(s, path, text, n);
  tppc_diag_flush(s->cx->diags);
  free(text);
  return r;
}

/* Spaces and '#' are escaped as make wants them, '$' doubled. */
static void put_make_name(TppcBuf *b, const char *name) {
  for (; *name; name++) {
    if (*name == ' ' || *name == '#')
      tppc_buf_putc(b, '\\');
    else if (*name == '$')
      tppc_buf_putc(b, '$');
    tppc_buf_putc(b, *name);
  }
}

TppcResult tppc_session_write_deps(TppcSession *s, const char *target, const char *path) {
  TppcBuf b = {0};
  put_make_name(&b, target);
  tppc_buf_putc(&b, ':');
  for (int i = 0; i < s->files.n; i++) {
    tppc_buf_putc(&b, ' ');
    put_make_name(&b, s->files.data[i]);
  }
  tppc_buf_putc(&b, '\n');
  TppcResult r = tppc_session_write_text(s, path, b.data, b.n);
  tppc_buf_free(&b);
  return r;
}

TppcResult tppc_session_info(TppcSession *s, const char *path, char **text, size_t *n) {
  size_t size;
  const char *bytes = tppc_file_read(s->cx->arena, path, &size);
  if (!bytes)
    return TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_cannot_read, TPPC_NO_SPAN, path, strerror(errno));
  TppcBuf out = {0};
  if (!tppc_read_provenance(&out, bytes, size)) {
    tppc_buf_free(&out);
    return TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_bad_file, TPPC_NO_SPAN, path,
                     "nothing in it was compiled by tppc");
  }
  take(&out, text, n);
  return TPPC_DONE;
}
