/* Semantic analysis, from the outside in: files, declarations, kernels. */
#include "dsl/sema.h"

#include "support/file.h"

#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

/* True when the file has not been read before. */
static bool first_visit(Sema *s, const char *path) {
  char *resolved = realpath(path, NULL);
  const char *name = tppc_intern(s->cx->names, resolved ? resolved : path);
  free(resolved);
  for (int i = 0; i < s->files.n; i++)
    if (s->files.data[i] == name)
      return false;
  TPPC_PUSH(s->cx->arena, &s->files, name);
  return true;
}

static char *read_import(Sema *s, TppcAstName import, const char **path, size_t *size) {
  TppcArena *arena = s->cx->arena;
  const char *from = tppc_source_name(s->cx->diags, import.span.source);
  const char *slash = strrchr(from, '/');
  /* A file called so, not standard input. */
  *path = strcmp(import.text, "-") ? import.text : "./-";
  if (import.text[0] == '/')
    return tppc_file_read(arena, *path, size);
  if (slash)
    *path = tppc_sprintf(arena, "%.*s/%s", (int)(slash - from), from, import.text);
  char *text = tppc_file_read(arena, *path, size);
  for (int i = 0; !text && i < s->opt->n_include_dirs; i++) {
    *path = tppc_sprintf(arena, "%s/%s", s->opt->include_dirs[i], import.text);
    text = tppc_file_read(arena, *path, size);
  }
  return text;
}

static void collect(Sema *s, const TppcAst *ast, bool imported);

static void import(Sema *s, TppcAstName name) {
  TppcContext *cx = s->cx;
  const char *path;
  size_t size;
  char *text = name.text[0] ? read_import(s, name, &path, &size) : NULL;
  if (!text) {
    SEMA_ERROR(s, import_not_found, name.span, name.text);
    return;
  }
  if (!first_visit(s, path))
    return;
  if (s->opt->imported)
    s->opt->imported(s->opt->user, path);
  uint32_t source = tppc_source_add(cx->diags, tppc_intern(cx->names, path), text, size);
  const TppcAst *ast = tppc_parse_source(cx->arena, cx->names, cx->diags, source);
  if (ast)
    collect(s, ast, true);
  else
    s->ok = false;
}

/* ---- declarations ---- */

static void add_kernel(Sema *s, const TppcAstKernel *ast, bool imported) {
  const SemaKernel *other = sema_find_kernel(s, ast->name.text);
  if (other) {
    SEMA_ERROR(s, declared_twice, ast->name.span, ast->name.text);
    tppc_diag_note(s->cx->diags, other->ast->name.span, "first declared here");
    return;
  }
  SemaKernel *k = TPPC_NEW(s->cx->arena, SemaKernel);
  k->s = s;
  k->ast = ast;
  k->imported = imported;
  TPPC_PUSH(s->cx->arena, &s->kernels, k);
}

/* What is imported comes first, where it is imported. */
static void collect(Sema *s, const TppcAst *ast, bool imported) {
  for (int i = 0; i < ast->decls.n; i++) {
    const TppcAstDecl *d = ast->decls.data[i];
    switch (d->kind) {
    case TPPC_DECL_IMPORT:
      import(s, d->name);
      break;
    case TPPC_DECL_CONST:
      sema_const(s, d);
      break;
    case TPPC_DECL_KERNEL:
      add_kernel(s, d->kernel, imported);
      break;
    case TPPC_DECL_SCHEDULE:
      break;
    }
  }
  sema_collect_schedules(s, ast, "program");
}

TppcModule *tppc_analyse(TppcContext *cx, const TppcAst *ast, const TppcSemaOptions *options) {
  static const TppcSemaOptions none = {0};
  Sema s = {.cx = cx, .opt = options ? options : &none, .ok = true};
  s.module = tppc_module_new(cx);
  for (int i = 0; i < s.opt->n_schedules; i++)
    sema_collect_schedules(&s, s.opt->schedules[i].ast, s.opt->schedules[i].origin);
  first_visit(&s, tppc_source_name(cx->diags, ast->source));
  collect(&s, ast, false);
  for (int i = 0; i < s.kernels.n; i++)
    sema_signature(s.kernels.data[i]);
  sema_check_defines(&s);
  sema_check_cycles(&s);
  for (int i = 0; i < s.kernels.n; i++)
    if (!s.kernels.data[i]->broken)
      sema_body(s.kernels.data[i]);
  if (s.ok)
    sema_patterns(&s);
  sema_check_schedules(&s);
  return s.ok ? s.module : NULL;
}
