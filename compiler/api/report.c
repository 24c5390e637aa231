#include "api/report.h"
#include "support/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_COLUMN = 56, STEP = 2 };

static const char page[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; --fg: #1c1e21; --bg: #ffffff; --soft: #667080;"
    " --rule: #d8dce2; --row: #f4f6f8; }\n"
    "@media (prefers-color-scheme: dark) { :root { --fg: #e4e6ea; --bg: #16181c; --soft: #9aa4b2;"
    " --rule: #333840; --row: #1f2228; } }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg);"
    " max-width: 76em; margin: 2em auto; padding: 0 1.5em; }\n"
    "h1 { font-size: 1.4em; border-bottom: 1px solid var(--rule); padding-bottom: .3em;"
    " margin: 1.6em 0 .6em; overflow-wrap: anywhere; }\n"
    "h2 { font-size: 1.05em; margin: 1.4em 0 .4em; overflow-wrap: anywhere; }\n"
    ".l { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0 1.5em;"
    " padding: .1em .5em; border-radius: 3px; }\n"
    ".l:hover { background: var(--row); }\n"
    ".l code { font: .9em/1.6 ui-monospace, monospace; white-space: pre-wrap;"
    " overflow-wrap: anywhere; padding-left: calc(var(--i) * 1.6em); }\n"
    ".l.w { grid-template-columns: 1fr; }\n"
    ".n { color: var(--soft); font-size: .9em; overflow-wrap: anywhere; }\n"
    "@media (max-width: 45em) { .l { grid-template-columns: 1fr; } }\n"
    "</style>\n";

static void put_html(TppcBuf *b, const char *text) {
  for (; *text; text++) {
    if (*text == '<')
      tppc_buf_puts(b, "&lt;");
    else if (*text == '&')
      tppc_buf_puts(b, "&amp;");
    else
      tppc_buf_putc(b, *text);
  }
}

void tppc_report_begin(TppcReport *r, const char *title) {
  if (!r->html)
    return;
  tppc_buf_puts(r->out, page);
  tppc_buf_puts(r->out, "<title>");
  put_html(r->out, title);
  tppc_buf_puts(r->out, "</title></head>\n<body>\n");
}

void tppc_report_end(TppcReport *r) {
  if (r->html)
    tppc_buf_puts(r->out, "</body></html>\n");
}

__attribute__((format(printf, 1, 0))) static char *format(const char *fmt, va_list ap) {
  va_list again;
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, fmt, again);
  va_end(again);
  char *text = tppc_zeroed((size_t)n + 1, 1);
  vsnprintf(text, (size_t)n + 1, fmt, ap);
  return text;
}

void tppc_report_heading(TppcReport *r, int level, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  char *text = format(fmt, ap);
  va_end(ap);
  if (r->html) {
    tppc_buf_printf(r->out, "<h%d>", level);
    put_html(r->out, text);
    tppc_buf_printf(r->out, "</h%d>\n", level);
  } else {
    tppc_buf_printf(r->out, "%s%s\n", r->out->n ? "\n" : "", text);
  }
  free(text);
}

static void text_line(TppcReport *r, int indent, const char *text, const char *note) {
  int width = STEP * (indent + 1) + (int)strlen(text);
  tppc_buf_printf(r->out, "%*s%s", STEP * (indent + 1), "", text);
  if (note)
    tppc_buf_printf(r->out, "%*s%s", width + 2 > NOTE_COLUMN ? 2 : NOTE_COLUMN - width, "", note);
  tppc_buf_putc(r->out, '\n');
}

void tppc_report_line(TppcReport *r, int indent, const char *text, const char *note) {
  if (!r->html) {
    text_line(r, indent, text, note);
    return;
  }
  tppc_buf_printf(r->out, "<div class=\"l%s\" style=\"--i:%d\"><code>", note ? "" : " w", indent);
  put_html(r->out, text);
  tppc_buf_puts(r->out, "</code>");
  if (note) {
    tppc_buf_puts(r->out, "<span class=\"n\">");
    put_html(r->out, note);
    tppc_buf_puts(r->out, "</span>");
  }
  tppc_buf_puts(r->out, "</div>\n");
}

void tppc_report_space(TppcReport *r) {
  tppc_buf_puts(r->out, r->html ? "<p></p>\n" : "\n");
}

void tppc_report_linef(TppcReport *r, int indent, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  char *text = format(fmt, ap);
  va_end(ap);
  tppc_report_line(r, indent, text, NULL);
  free(text);
}
