/* Sessions: options, messages, and the way from a file to a lowered module. */
#include "api/session.h"

#include "support/file.h"
#include "support/json.h"
#include "support/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifndef TPPC_VERSION
#define TPPC_VERSION "0.1.0"
#endif

static void on_diag(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  TppcSession *s = user;
  if (!s->message)
    return;
  TppcBuf out = {0};
  switch (s->format) {
  case TPPC_TEXT:
    tppc_render_text(&out, dx, items, n, s->color);
    break;
  case TPPC_JSON:
    tppc_render_json(&out, dx, items, n);
    tppc_buf_putc(&out, '\n');
    break;
  case TPPC_SARIF:
    if (!s->sarif_open)
      tppc_render_sarif_begin(&out);
    tppc_render_sarif_result(&out, dx, items, n, !s->sarif_any);
    s->sarif_open = s->sarif_any = true;
    break;
  }
  if (out.n)
    s->message(s->message_user, out.data, out.n);
  tppc_buf_free(&out);
}

TppcSession *tppc_session_new(void) {
  TppcSession *s = tppc_zeroed(1, sizeof *s);
  s->cx = tppc_context_create();
  s->emit.opt_level = 2;
  s->emit.producer = "tppc " TPPC_VERSION;
  tppc_diags_set_handler(s->cx->diags, on_diag, s);
  return s;
}

void tppc_session_free(TppcSession *s) {
  if (!s)
    return;
  tppc_context_destroy(s->cx);
  free(s);
}

void tppc_session_messages(TppcSession *s, TppcFormat format, int color, TppcMessageFn fn,
                           void *user) {
  s->format = format;
  s->color = color;
  s->message = fn;
  s->message_user = user;
}

void tppc_session_end_messages(TppcSession *s) {
  tppc_diag_flush(s->cx->diags);
  if (s->format != TPPC_SARIF || !s->message)
    return;
  TppcBuf out = {0};
  if (!s->sarif_open)
    tppc_render_sarif_begin(&out);
  tppc_render_sarif_end(&out);
  s->sarif_open = false;
  s->message(s->message_user, out.data, out.n);
  tppc_buf_free(&out);
}

TppcResult tppc_session_outcome(TppcSession *s, bool ok) {
  tppc_diag_flush(s->cx->diags);
  int before = s->errors;
  s->errors = tppc_diags_errors(s->cx->diags);
  return ok && s->errors == before ? TPPC_DONE : TPPC_BAD_PROGRAM;
}

/* ---- options ---- */

static TppcResult bad_value(TppcSession *s, const char *option, const char *value,
                            const char *wanted) {
  return TPPC_FAIL(s, TPPC_BAD_USAGE, TPPC_D_option_value, TPPC_NO_SPAN, option, value, wanted);
}

static bool read_int(const char *text, long lo, long hi, int *out) {
  char *end;
  errno = 0;
  long v = strtol(text, &end, 10);
  if (end == text || *end || errno || v < lo || v > hi)
    return false;
  *out = (int)v;
  return true;
}

static uint32_t add_text(TppcSession *s, const char *name, const char *text) {
  const char *copy = tppc_strdup(s->cx->arena, text);
  return tppc_source_add(s->cx->diags, name, copy, strlen(copy));
}

/* --schedule beats --schedule-file, and the last of a kind the earlier ones: strongest first. */
static TppcResult add_schedules(TppcSession *s, const TppcAst *ast, const char *origin) {
  if (!ast)
    return tppc_session_outcome(s, false);
  bool option = !strcmp(origin, "option");
  int at = 0;
  while (!option && at < s->schedules.n && !strcmp(s->schedules.data[at].origin, "option"))
    at++;
  TPPC_PUSH(s->cx->arena, &s->schedules, ((TppcSchedules){ast, origin}));
  for (int i = s->schedules.n - 1; i > at; i--)
    s->schedules.data[i] = s->schedules.data[i - 1];
  s->schedules.data[at] = (TppcSchedules){ast, origin};
  return TPPC_DONE;
}

static TppcResult add_schedule_text(TppcSession *s, const char *text) {
  uint32_t source = add_text(s, "<--schedule>", text);
  return add_schedules(s, tppc_parse_schedule_arg(s->cx->arena, s->cx->names, s->cx->diags, source),
                       "option");
}

static TppcResult add_define(TppcSession *s, const char *text) {
  TppcDefine define;
  if (!tppc_parse_define(s->cx, add_text(s, "<-D>", text), &define))
    return tppc_session_outcome(s, false);
  TPPC_PUSH(s->cx->arena, &s->defines, define);
  return TPPC_DONE;
}

static TppcResult read_source(TppcSession *s, const char *path, uint32_t *source) {
  size_t size;
  char *text = tppc_file_read(s->cx->arena, path, &size);
  if (!text)
    return TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_cannot_read, TPPC_NO_SPAN, path, strerror(errno));
  const char *name = strcmp(path, "-") ? tppc_strdup(s->cx->arena, path) : "<stdin>";
  *source = tppc_source_add(s->cx->diags, name, text, size);
  TPPC_PUSH(s->cx->arena, &s->files, name);
  return TPPC_DONE;
}

static TppcResult add_schedule_file(TppcSession *s, const char *path) {
  uint32_t source;
  TppcResult r = read_source(s, path, &source);
  if (r != TPPC_DONE)
    return r;
  return add_schedules(s, tppc_parse_source(s->cx->arena, s->cx->names, s->cx->diags, source),
                       "file");
}

static TppcResult set_provider(TppcSession *s, const char *value) {
  static const char *const known[] = {"brgemm=xsmm", "brgemm=runtime", "brgemm=generated"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp(value, known[i])) {
      s->provider = known[i] + strlen("brgemm=");
      return TPPC_DONE;
    }
  return bad_value(s, "provider", value, "brgemm=xsmm, brgemm=runtime, or brgemm=generated");
}

TppcResult tppc_session_set(TppcSession *s, const char *option, const char *value) {
  TppcArena *a = s->cx->arena;
  const char *copy = tppc_strdup(a, value ? value : "");
  if (!strcmp(option, "D")) {
    return add_define(s, copy);
  } else if (!strcmp(option, "I")) {
    TPPC_PUSH(a, &s->folders, copy);
  } else if (!strcmp(option, "k")) {
    TPPC_PUSH(a, &s->kernels, copy);
  } else if (!strcmp(option, "W")) {
    if (!tppc_diags_set_warning(s->cx->diags, copy))
      return bad_value(s, "W", copy, "all, error, perf, or the name of a warning, 'no-' before it");
  } else if (!strcmp(option, "O")) {
    if (!read_int(copy, 0, 3, &s->emit.opt_level))
      return bad_value(s, "O", copy, "0, 1, 2, or 3");
  } else if (!strcmp(option, "march")) {
    s->emit.cpu = copy;
  } else if (!strcmp(option, "target")) {
    s->emit.triple = copy;
  } else if (!strcmp(option, "g")) {
    s->emit.debug = true;
  } else if (!strcmp(option, "fPIC")) {
    s->emit.pic = true;
  } else if (!strcmp(option, "fcheck-ranges")) {
    s->emit.check_ranges = true;
  } else if (!strcmp(option, "fdeterministic")) {
    s->deterministic = true;
  } else if (!strcmp(option, "fsanitize")) {
    if (strcmp(copy, "address") && strcmp(copy, "thread"))
      return bad_value(s, "fsanitize", copy, "address or thread");
    s->emit.sanitize = copy;
  } else if (!strcmp(option, "threads")) {
    if (!read_int(copy, 1, 4096, &s->threads))
      return bad_value(s, "threads", copy, "a number from 1 to 4096");
  } else if (!strcmp(option, "provider")) {
    return set_provider(s, copy);
  } else if (!strcmp(option, "schedule")) {
    return add_schedule_text(s, copy);
  } else if (!strcmp(option, "schedule-file")) {
    return add_schedule_file(s, copy);
  } else if (!strcmp(option, "print-ir-after") || !strcmp(option, "stop-after")) {
    bool print = option[0] == 'p';
    if (!tppc_pass_by_name(copy) && !(print && !strcmp(copy, "all")))
      return bad_value(s, option, copy, "a pass (--list-passes names them)");
    *(print ? &s->print_after : &s->stop_after) = copy;
  } else if (!strcmp(option, "time-passes")) {
    s->time_passes = true;
  } else if (!strcmp(option, "verify-each")) {
    s->verify_each = true;
  } else {
    return TPPC_FAIL(s, TPPC_BAD_USAGE, TPPC_D_no_such_option, TPPC_NO_SPAN, option);
  }
  return TPPC_DONE;
}

/* ---- loading ---- */

static void on_import(void *user, const char *path) {
  TppcSession *s = user;
  TPPC_PUSH(s->cx->arena, &s->files, tppc_strdup(s->cx->arena, path));
}

TppcResult tppc_session_load(TppcSession *s, const char *path) {
  TppcTargetInfo target;
  if (!tppc_target_info(s->cx, &s->emit, &target)) {
    tppc_diag_flush(s->cx->diags);
    return TPPC_BAD_USAGE;
  }
  uint32_t source;
  TppcResult r = read_source(s, path, &source);
  if (r != TPPC_DONE)
    return r;
  s->path = tppc_strdup(s->cx->arena, path);
  s->ast = tppc_parse_source(s->cx->arena, s->cx->names, s->cx->diags, source);
  if (!s->ast)
    return tppc_session_outcome(s, false);
  TppcSemaOptions sema = {.defines = s->defines.data,
                          .n_defines = s->defines.n,
                          .kernels = s->kernels.data,
                          .n_kernels = s->kernels.n,
                          .include_dirs = s->folders.data,
                          .n_include_dirs = s->folders.n,
                          .schedules = s->schedules.data,
                          .n_schedules = s->schedules.n,
                          .isas = target.isas,
                          .imported = on_import,
                          .user = s};
  s->source = tppc_analyse(s->cx, s->ast, &sema);
  r = tppc_session_outcome(s, s->source != NULL);
  if (r != TPPC_DONE)
    return r;
  for (int i = 0; i < s->kernels.n; i++)
    if (!tppc_module_kernel(s->source, tppc_intern(s->cx->names, s->kernels.data[i])))
      return TPPC_FAIL(s, TPPC_BAD_PROGRAM, TPPC_D_no_such_kernel, TPPC_NO_SPAN, path,
                       s->kernels.data[i]);
  return TPPC_DONE;
}

TppcResult tppc_session_format(TppcSession *s, const char *path, char **text, size_t *n,
                               int *changed) {
  uint32_t source;
  TppcResult r = read_source(s, path, &source);
  if (r != TPPC_DONE)
    return r;
  TppcBuf out = {0};
  bool ok = tppc_format_source(s->cx, source, &out);
  if (!ok) {
    tppc_buf_free(&out);
    return tppc_session_outcome(s, false);
  }
  tppc_buf_puts(&out, "");
  size_t size;
  const char *before = tppc_source_text(s->cx->diags, source, &size);
  *changed = out.n != size || memcmp(out.data, before, size) != 0;
  *text = out.data;
  *n = out.n;
  return TPPC_DONE;
}

const char *tppc_session_kernel(const TppcSession *s, int i) {
  if (!s->source)
    return NULL;
  for (const TppcOp *op = s->source->body.first; op; op = op->next)
    if (!tppc_attr_int(op, "imported", 0) && i-- == 0)
      return op->name;
  return NULL;
}

/* ---- lowering ---- */

static bool wanted(const TppcSession *s, const TppcOp *kernel) {
  if (s->kernels.n == 0)
    return !tppc_attr_int(kernel, "imported", 0);
  for (int i = 0; i < s->kernels.n; i++)
    if (!strcmp(s->kernels.data[i], kernel->name))
      return true;
  return false;
}

/* Kernels that nobody asked for stay until calls of them are inlined; then they go. */
static void drop_unwanted(TppcSession *s, TppcModule *m) {
  for (TppcOp *op = m->body.first, *next; op; op = next) {
    next = op->next;
    if (!wanted(s, op))
      tppc_op_unlink(op);
  }
}

TppcModule *tppc_session_selected(TppcSession *s) {
  TppcModule *m = tppc_module_clone(s->source);
  drop_unwanted(s, m);
  return m;
}

void tppc_session_pass_options(TppcSession *s, TppcPassOptions *out) {
  TppcTargetInfo target;
  *out = (TppcPassOptions){.threads = s->threads,
                           .vector_bytes = 32,
                           .provider = s->provider,
                           .deterministic = s->deterministic,
                           .l1_bytes = 32 << 10,
                           .l2_bytes = 512 << 10,
                           .stream_bytes = 1 << 20};
  if (tpp_stream_bytes() < out->stream_bytes)
    out->stream_bytes = tpp_stream_bytes();
  if (tppc_target_info(s->cx, &s->emit, &target))
    out->vector_bytes = target.vector_bytes;
}

static void print_text(void *user, const char *text) {
  TppcSession *s = user;
  if (s->message)
    s->message(s->message_user, text, strlen(text));
}

/* Up to and with the pass stop_after, or all of them. */
static bool run_pipeline(TppcSession *s, TppcModule *m, TppcPipelineOptions *opt,
                         const char *stop_after) {
  bool ok = tppc_run_passes(m, "inline-calls", opt);
  if (!ok || (stop_after && !strcmp(stop_after, "inline-calls")))
    return ok;
  drop_unwanted(s, m);
  opt->stop_after = stop_after;
  TppcBuf rest = {0};
  for (int i = 1; tppc_pass_at(i); i++)
    tppc_buf_printf(&rest, "%s%s", i > 1 ? "," : "", tppc_pass_at(i)->name);
  ok = tppc_run_passes(m, rest.data, opt);
  tppc_buf_free(&rest);
  return ok;
}

TppcModule *tppc_session_lower_to(TppcSession *s, const char *pass) {
  TppcPipelineOptions opt = {0};
  tppc_session_pass_options(s, &opt.pass);
  TppcModule *m = tppc_module_clone(s->source);
  bool ok = run_pipeline(s, m, &opt, pass);
  return tppc_session_outcome(s, ok) == TPPC_DONE ? m : NULL;
}

TppcResult tppc_session_lower(TppcSession *s) {
  if (s->lower_done)
    return s->lower_result;
  s->lower_done = true;
  TppcPipelineOptions opt = {.verify_each = s->verify_each,
                             .time_passes = s->time_passes,
                             .print_after = s->print_after,
                             .print = print_text,
                             .user = s};
  tppc_session_pass_options(s, &opt.pass);
  s->lowered = tppc_module_clone(s->source);
  bool ok = run_pipeline(s, s->lowered, &opt, s->stop_after);
  return s->lower_result = tppc_session_outcome(s, ok);
}
