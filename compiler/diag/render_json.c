/* One JSON object a message, for editors and scripts. README.md describes the fields. */
#include "diag/diag_internal.h"

#include "support/json.h"

#include <string.h>

static void put_field(TppcBuf *out, const char *key, const char *value) {
  tppc_buf_printf(out, ",\"%s\":", key);
  tppc_json_string(out, value);
}

static void put_place(TppcBuf *out, const TppcDiags *dx, TppcSpan span) {
  if (!span.source)
    return;
  size_t size;
  tppc_source_text(dx, span.source, &size);
  int line, column, end_line, end_column;
  tppc_source_pos(dx, span.source, span.begin, &line, &column);
  tppc_source_pos(dx, span.source, span.end, &end_line, &end_column);
  put_field(out, "file", tppc_source_name(dx, span.source));
  tppc_buf_printf(out, ",\"line\":%d,\"column\":%d,\"endLine\":%d,\"endColumn\":%d", line, column,
                  end_line, end_column);
  /* A span may lie behind the text, as the end of a file does; an editor would index with it. */
  tppc_buf_printf(out, ",\"begin\":%zu,\"end\":%zu", span.begin < size ? span.begin : size,
                  span.end < size ? span.end : size);
}

/* Without the closing brace. */
static void put_item(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *item) {
  const char *severity =
      item->severity == TPPC_FATAL ? "fatal" : tppc_severity_name(item->severity);
  tppc_buf_puts(out, "{\"severity\":");
  tppc_json_string(out, severity);
  if (item->id != TPPC_D_COUNT) {
    put_field(out, "code", tppc_diag_code(item->id));
    put_field(out, "name", tppc_diag_name(item->id));
  }
  put_field(out, "message", item->message);
  put_place(out, dx, item->span);
  if (item->label)
    put_field(out, "label", item->label);
  if (item->fixit)
    put_field(out, "replacement", item->fixit);
}

void tppc_render_json(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *items, int n) {
  if (n <= 0)
    return;
  put_item(out, dx, &items[0]);
  tppc_buf_puts(out, ",\"notes\":[");
  for (int i = 1; i < n; i++) {
    if (i > 1)
      tppc_buf_putc(out, ',');
    put_item(out, dx, &items[i]);
    tppc_buf_putc(out, '}');
  }
  tppc_buf_puts(out, "]}");
}
