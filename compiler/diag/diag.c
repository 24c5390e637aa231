/* Collects messages. One is under construction at a time; it goes to the handler when the next one
 * starts or at a flush, because its notes come after it. */
#include "diag/diag_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_LIMIT = 20 };

TppcDiags *tppc_diags_new(void) {
  TppcArena *arena = tppc_arena_new();
  TppcDiags *dx = TPPC_NEW(arena, TppcDiags);
  dx->arena = arena;
  dx->names = tppc_interner_new(arena);
  dx->shown.arena = arena;
  return dx;
}

void tppc_diags_free(TppcDiags *dx) {
  if (dx)
    tppc_arena_free(dx->arena);
}

void tppc_diags_set_handler(TppcDiags *dx, TppcDiagHandler fn, void *user) {
  dx->handler = fn;
  dx->user = user;
}

int tppc_diags_errors(const TppcDiags *dx) {
  return dx->n_errors;
}
int tppc_diags_warnings(const TppcDiags *dx) {
  return dx->n_warnings;
}

/* ---- -W ---- */

/* Calls what is named, a warning or a group of them, on or off in flags. False when it names
 * neither. */
static bool set_named(bool *flags, const char *name, bool value) {
  bool found = false;
  for (int i = 0; i < TPPC_D_COUNT; i++) {
    TppcDiagId id = (TppcDiagId)i;
    const char *group = tppc_diag_group(id);
    if (tppc_diag_severity(id) != TPPC_WARNING)
      continue;
    if (strcmp(name, "all") != 0 && strcmp(name, tppc_diag_name(id)) != 0 &&
        !(group && strcmp(name, group) == 0))
      continue;
    flags[i] = value;
    found = true;
  }
  /* A group exists even in a version that has no warning of it. */
  return found || strcmp(name, "all") == 0 || strcmp(name, "perf") == 0;
}

bool tppc_diags_set_warning(TppcDiags *dx, const char *option) {
  bool on = strncmp(option, "no-", 3) != 0;
  const char *name = on ? option : option + 3;
  if (strcmp(name, "error") == 0) {
    dx->warnings_are_errors = on;
    return true;
  }
  if (!on && strncmp(name, "error=", 6) == 0)
    return set_named(dx->no_error, name + 6, true);
  return set_named(dx->off, name, !on);
}

/* ---- messages ---- */

/* Rows are checked against their callers by tests, not by the compiler: the format comes from a
 * table. */
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
#endif
static char *format_row(TppcArena *a, TppcDiagId id, va_list ap) {
  return tppc_vsprintf(a, tppc_diag_format(id), ap);
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/* Has this row been reported at this place? Without a place the text tells messages apart. */
static bool seen_before(TppcDiags *dx, TppcDiagId id, TppcSpan span, const char *message) {
  const char *key = span.source ? tppc_internf(dx->names, "%d:%u:%u:%u", (int)id, span.source,
                                               span.begin, span.end)
                                : tppc_internf(dx->names, "%d:%s", (int)id, message);
  if (tppc_map_get(&dx->shown, key))
    return true;
  tppc_map_set(&dx->shown, key, dx);
  return false;
}

static TppcDiagItem *push(TppcDiags *dx, TppcSeverity severity, TppcSpan span,
                          const char *message) {
  TppcDiagItem item = {severity, TPPC_D_COUNT, span, NULL, message, NULL};
  TPPC_PUSH(dx->arena, &dx->items, item);
  return &dx->items.data[dx->items.n - 1];
}

/* Counts the message and tells whether it is to be shown. */
static bool admit(TppcDiags *dx, TppcSeverity severity) {
  if (severity < TPPC_ERROR) {
    dx->n_warnings++;
    return true;
  }
  dx->n_errors++;
  if (dx->n_errors <= ERROR_LIMIT || severity == TPPC_FATAL)
    return true;
  if (dx->n_errors == ERROR_LIMIT + 1) {
    push(dx, TPPC_NOTE, TPPC_NO_SPAN,
         tppc_sprintf(dx->arena, "more than %d errors; the rest are not shown", ERROR_LIMIT));
    tppc_diag_flush(dx);
  }
  return false;
}

static TppcSeverity severity_now(const TppcDiags *dx, TppcDiagId id) {
  TppcSeverity severity = tppc_diag_severity(id);
  if (severity == TPPC_WARNING && dx->warnings_are_errors && !dx->no_error[id])
    return TPPC_ERROR;
  return severity;
}

void tppc_diag(TppcDiags *dx, TppcDiagId id, TppcSpan span, ...) {
  tppc_diag_flush(dx);
  dx->dropping = true;
  if (dx->off[id])
    return;
  va_list ap;
  va_start(ap, span);
  const char *message = format_row(dx->arena, id, ap);
  va_end(ap);
  TppcSeverity severity = severity_now(dx, id);
  if (seen_before(dx, id, span, message) || !admit(dx, severity))
    return;
  dx->dropping = false;
  push(dx, severity, span, message)->id = id;
}

void tppc_diag_label(TppcDiags *dx, const char *fmt, ...) {
  if (dx->dropping || !dx->items.n)
    return;
  TppcDiagItem *item = &dx->items.data[dx->items.n - 1];
  if (item->severity == TPPC_HELP)
    item = &dx->items.data[0];
  va_list ap;
  va_start(ap, fmt);
  item->label = tppc_vsprintf(dx->arena, fmt, ap);
  va_end(ap);
}

void tppc_diag_note(TppcDiags *dx, TppcSpan span, const char *fmt, ...) {
  if (dx->dropping || !dx->items.n)
    return;
  va_list ap;
  va_start(ap, fmt);
  push(dx, TPPC_NOTE, span, tppc_vsprintf(dx->arena, fmt, ap));
  va_end(ap);
}

void tppc_diag_help(TppcDiags *dx, const char *fmt, ...) {
  if (dx->dropping || !dx->items.n)
    return;
  va_list ap;
  va_start(ap, fmt);
  push(dx, TPPC_HELP, TPPC_NO_SPAN, tppc_vsprintf(dx->arena, fmt, ap));
  va_end(ap);
}

void tppc_diag_fixit(TppcDiags *dx, TppcSpan span, const char *replacement) {
  if (dx->dropping || !dx->items.n || !span.source)
    return;
  const char *message = "remove this";
  if (*replacement)
    message =
        tppc_sprintf(dx->arena, span.begin == span.end ? "insert '%s'" : "write '%s'", replacement);
  push(dx, TPPC_HELP, span, message)->fixit = tppc_strdup(dx->arena, replacement);
}

void tppc_diag_flush(TppcDiags *dx) {
  int n = dx->items.n;
  if (!n)
    return;
  /* The handler may keep the items, and may emit messages itself: the next one starts a new array.
   */
  TppcDiagItem *items = dx->items.data;
  dx->items.data = NULL;
  dx->items.n = dx->items.cap = 0;
  if (dx->handler)
    dx->handler(dx->user, dx, items, n);
}
