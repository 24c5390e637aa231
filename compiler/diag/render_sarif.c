/* SARIF 2.1.0 (OASIS, 2020), the format code-scanning services read. The rules are the rows of
 * diags.def; a message is a result, its placed notes are related locations, its fix-its one fix.
 * Columns are code points, as columnKind says. */
#include "diag/diag_internal.h"

#include "support/json.h"
#include "support/utf8.h"

#include <string.h>

static const char *level_of(TppcSeverity severity) {
  switch (severity) {
  case TPPC_NOTE:
  case TPPC_HELP:
    return "note";
  case TPPC_WARNING:
    return "warning";
  case TPPC_ERROR:
  case TPPC_FATAL:
    return "error";
  }
  return "error";
}

/* A SARIF message object. */
static void put_message(TppcBuf *out, const char *text) {
  tppc_buf_puts(out, "{\"text\":");
  tppc_json_string(out, text);
  tppc_buf_putc(out, '}');
}

static void put_rule(TppcBuf *out, TppcDiagId id) {
  const char *level = level_of(tppc_diag_severity(id));
  tppc_buf_puts(out, "{\"id\":");
  tppc_json_string(out, tppc_diag_code(id));
  tppc_buf_puts(out, ",\"name\":");
  tppc_json_string(out, tppc_diag_name(id));
  tppc_buf_puts(out, ",\"fullDescription\":");
  put_message(out, tppc_diag_cause(id));
  tppc_buf_printf(out, ",\"defaultConfiguration\":{\"level\":\"%s\"}}", level);
}

void tppc_render_sarif_begin(TppcBuf *out) {
  tppc_buf_puts(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
                     "\"version\":\"2.1.0\",\"runs\":[{\"columnKind\":\"unicodeCodePoints\","
                     "\"tool\":{\"driver\":{\"name\":\"tppc\",\"rules\":[\n");
  for (int i = 0; i < TPPC_D_COUNT; i++) {
    put_rule(out, (TppcDiagId)i);
    tppc_buf_puts(out, i + 1 < TPPC_D_COUNT ? ",\n" : "\n");
  }
  tppc_buf_puts(out, "]}},\"results\":[\n");
}

/* A path as a relative or absolute URI reference (RFC 3986): what is neither unreserved nor '/' is
 * escaped. */
static void put_uri(TppcBuf *out, const char *path) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  tppc_buf_putc(out, '"');
  if (path[0] == '/')
    tppc_buf_puts(out, "file://");
  for (; *path; path++) {
    if (strchr(plain, *path))
      tppc_buf_putc(out, *path);
    else
      tppc_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*path);
  }
  tppc_buf_putc(out, '"');
}

static void put_position(TppcBuf *out, const TppcDiags *dx, uint32_t source, uint32_t offset,
                         const char *line_key, const char *column_key) {
  size_t size;
  const char *text = tppc_source_text(dx, source, &size);
  TppcLine line = tppc_source_line(dx, source, offset);
  if (offset > size)
    offset = (uint32_t)size;
  int column = 1;
  for (uint32_t at = line.begin; at < offset; column++) {
    size_t len = tppc_utf8_length(text + at, offset - at);
    at += len ? (uint32_t)len : 1;
  }
  tppc_buf_printf(out, "\"%s\":%d,\"%s\":%d", line_key, line.number, column_key, column);
}

static void put_region(TppcBuf *out, const TppcDiags *dx, TppcSpan span) {
  tppc_buf_putc(out, '{');
  put_position(out, dx, span.source, span.begin, "startLine", "startColumn");
  tppc_buf_putc(out, ',');
  put_position(out, dx, span.source, span.end, "endLine", "endColumn");
  tppc_buf_putc(out, '}');
}

static void put_artifact(TppcBuf *out, const TppcDiags *dx, uint32_t source) {
  tppc_buf_puts(out, "\"artifactLocation\":{\"uri\":");
  put_uri(out, tppc_source_name(dx, source));
  tppc_buf_putc(out, '}');
}

/* A location object; message may be NULL. */
static void put_location(TppcBuf *out, const TppcDiags *dx, TppcSpan span, const char *message) {
  tppc_buf_puts(out, "{\"physicalLocation\":{");
  put_artifact(out, dx, span.source);
  tppc_buf_puts(out, ",\"region\":");
  put_region(out, dx, span);
  tppc_buf_putc(out, '}');
  if (message) {
    tppc_buf_puts(out, ",\"message\":");
    put_message(out, message);
  }
  tppc_buf_putc(out, '}');
}

/* Viewers show the message and little else, so notes and helps without a place become lines of it.
 */
static void put_result_message(TppcBuf *out, const TppcDiagItem *items, int n) {
  TppcBuf text = {0};
  tppc_buf_puts(&text, items[0].message);
  for (int i = 1; i < n; i++)
    if (!items[i].span.source)
      tppc_buf_printf(&text, "\n%s: %s", tppc_severity_name(items[i].severity), items[i].message);
  put_message(out, text.data);
  tppc_buf_free(&text);
}

static void put_related(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *items, int n) {
  const char *before = ",\"relatedLocations\":[";
  const char *after = "";
  for (int i = 1; i < n; i++) {
    if (!items[i].span.source || items[i].fixit)
      continue;
    tppc_buf_puts(out, before);
    put_location(out, dx, items[i].span, items[i].message);
    before = ",";
    after = "]";
  }
  tppc_buf_puts(out, after);
}

static void put_change(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *fix) {
  tppc_buf_putc(out, '{');
  put_artifact(out, dx, fix->span.source);
  tppc_buf_puts(out, ",\"replacements\":[{\"deletedRegion\":");
  put_region(out, dx, fix->span);
  tppc_buf_puts(out, ",\"insertedContent\":");
  put_message(out, fix->fixit);
  tppc_buf_puts(out, "}]}");
}

static void put_fixes(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *items, int n) {
  const char *before = ",\"fixes\":[{\"artifactChanges\":[";
  const char *after = "";
  for (int i = 1; i < n; i++) {
    if (!items[i].fixit)
      continue;
    tppc_buf_puts(out, before);
    put_change(out, dx, &items[i]);
    before = ",";
    after = "]}]";
  }
  tppc_buf_puts(out, after);
}

void tppc_render_sarif_result(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *items, int n,
                              bool first) {
  if (n <= 0)
    return;
  tppc_buf_puts(out, first ? "{" : ",\n{");
  if (items[0].id != TPPC_D_COUNT) {
    tppc_buf_puts(out, "\"ruleId\":");
    tppc_json_string(out, tppc_diag_code(items[0].id));
    tppc_buf_printf(out, ",\"ruleIndex\":%d,", (int)items[0].id);
  }
  tppc_buf_printf(out, "\"level\":\"%s\",\"message\":", level_of(items[0].severity));
  put_result_message(out, items, n);
  if (items[0].span.source) {
    tppc_buf_puts(out, ",\"locations\":[");
    put_location(out, dx, items[0].span, NULL);
    tppc_buf_putc(out, ']');
  }
  put_related(out, dx, items, n);
  put_fixes(out, dx, items, n);
  tppc_buf_putc(out, '}');
}

void tppc_render_sarif_end(TppcBuf *out) {
  tppc_buf_puts(out, "\n]}]}\n");
}
