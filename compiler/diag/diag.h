/* Diagnostics: what the compiler tells its user, located, with a stable id, a cause, and a way out.
 *
 * A source is a text with a name: a file, a schedule given on the command line ("<--schedule>"),
 * one -D. A span is a byte range of one source; lines and columns are computed only when a message
 * is rendered. Messages are rows of diags.def; emitting one never exits. Callers return false after
 * an error.
 */
#ifndef TPPC_DIAG_DIAG_H
#define TPPC_DIAG_DIAG_H

#include "support/str.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Source 0 is "no place"; begin..end are byte offsets, end exclusive. */
typedef struct TppcSpan {
  uint32_t source, begin, end;
} TppcSpan;
#define TPPC_NO_SPAN ((TppcSpan){0, 0, 0})

static inline TppcSpan tppc_span_join(TppcSpan a, TppcSpan b) {
  if (!a.source)
    return b;
  if (b.source != a.source)
    return a;
  return (TppcSpan){a.source, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

typedef enum TppcSeverity {
  TPPC_NOTE,
  TPPC_HELP,
  TPPC_WARNING,
  TPPC_ERROR,
  TPPC_FATAL
} TppcSeverity;

/* ERROR rows of diags.def: DIAG(id, name, severity, group, "format", "cause and cure").
 * TPPC_D_<name>. */
typedef enum TppcDiagId {
#define DIAG(id, name, severity, group, format, help) TPPC_D_##name,
#include "diag/diags.def"
#undef DIAG
  TPPC_D_COUNT
} TppcDiagId;

typedef struct TppcDiags TppcDiags;

/* What is rendered: text of one message, or its attached notes. All strings live as long as the
 * TppcDiags. */
typedef struct TppcDiagItem {
  TppcSeverity severity;
  TppcDiagId id; /* TPPC_D_COUNT for notes and helps */
  TppcSpan span;
  const char *label; /* written after the caret, or NULL */
  const char *message;
  const char *fixit; /* replacement text for the span, or NULL */
} TppcDiagItem;

/* n items, the first is the message itself. */
typedef void (*TppcDiagHandler)(void *user, TppcDiags *dx, const TppcDiagItem *items, int n);

TppcDiags *tppc_diags_new(void);
void tppc_diags_free(TppcDiags *dx);
/* Without a handler messages are only collected and counted. */
void tppc_diags_set_handler(TppcDiags *dx, TppcDiagHandler fn, void *user);
/* Options of -W: "all", "error", "perf", "no-perf", "no-<name>". False when nothing is called so.
 */
bool tppc_diags_set_warning(TppcDiags *dx, const char *option);
int tppc_diags_errors(const TppcDiags *dx);
int tppc_diags_warnings(const TppcDiags *dx);

/* Registers a text; text must outlive dx (it is not copied). Returns its number for spans. */
uint32_t tppc_source_add(TppcDiags *dx, const char *name, const char *text, size_t size);
const char *tppc_source_name(const TppcDiags *dx, uint32_t source);
const char *tppc_source_text(const TppcDiags *dx, uint32_t source, size_t *size);
/* 1-based; columns count bytes. */
void tppc_source_pos(const TppcDiags *dx, uint32_t source, uint32_t offset, int *line, int *column);

/* Emits the row. The message is complete when the next one starts or at tppc_diag_flush, so notes
 * may follow. Twenty errors at most are shown, and one per span and row. */
void tppc_diag(TppcDiags *dx, TppcDiagId id, TppcSpan span, ...);
/* Text after the caret of the last message. */
void tppc_diag_label(TppcDiags *dx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tppc_diag_note(TppcDiags *dx, TppcSpan span, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tppc_diag_help(TppcDiags *dx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tppc_diag_fixit(TppcDiags *dx, TppcSpan span, const char *replacement);
void tppc_diag_flush(TppcDiags *dx);

/* Rows, for `tppc explain` and the documentation. */
const char *tppc_diag_code(TppcDiagId id);  /* "S0103" */
const char *tppc_diag_name(TppcDiagId id);  /* "parallel-reduction" */
const char *tppc_diag_cause(TppcDiagId id); /* cause and cure, several sentences */
TppcSeverity tppc_diag_severity(TppcDiagId id);
/* TPPC_D_COUNT when there is none. */
TppcDiagId tppc_diag_by_code(const char *code);

/* Renderers over a handler's items. */
void tppc_render_text(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *items, int n,
                      bool color);
/* One JSON object, no newline. */
void tppc_render_json(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *items, int n);
/* SARIF 2.1.0 wants one document: begin, one result a message, end. */
void tppc_render_sarif_begin(TppcBuf *out);
void tppc_render_sarif_result(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *items, int n,
                              bool first);
void tppc_render_sarif_end(TppcBuf *out);

#endif
