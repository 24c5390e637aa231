/* Messages for people, in the shape of clang's: place, message, the source line, and a caret under
 * the place.
 *
 * Columns count bytes, as editors expect of "file:line:column". The caret line is built from the
 * source line itself: tabs stay tabs and a UTF-8 character is one cell, so the caret stands right
 * at any tab width. What a terminal would obey (escapes and other control bytes) is never copied
 * from a source. */
#include "diag/diag_internal.h"

#include "support/utf8.h"

#include <string.h>

enum {
  WHOLE_COLUMNS = 200,  /* a line up to this long is shown whole */
  WINDOW_COLUMNS = 160, /* else so much of it, */
  LEAD_COLUMNS = 40,    /* with so much before the span */
};

/* clang's palette. */
#define SGR_RESET   "\033[0m"
#define SGR_BOLD    "\033[1m"
#define SGR_ERROR   "\033[0;1;31m"
#define SGR_WARNING "\033[0;1;35m"
#define SGR_NOTE    "\033[0;1;36m"
#define SGR_HELP    "\033[0;34m"
#define SGR_CARET   "\033[0;1;32m"
#define SGR_FIXIT   "\033[0;32m"

typedef struct Writer {
  TppcBuf *out;
  const TppcDiags *dx;
  bool color;
} Writer;

static void color(Writer *w, const char *sgr) {
  if (w->color)
    tppc_buf_puts(w->out, sgr);
}

static const char *severity_color(TppcSeverity severity) {
  switch (severity) {
  case TPPC_NOTE:
    return SGR_NOTE;
  case TPPC_HELP:
    return SGR_HELP;
  case TPPC_WARNING:
    return SGR_WARNING;
  case TPPC_ERROR:
  case TPPC_FATAL:
    return SGR_ERROR;
  }
  return SGR_ERROR;
}

/* Bytes of the character at s and whether it may be written as it is. */
static size_t cell(const char *s, size_t n, bool *printable) {
  size_t len = tppc_utf8_length(s, n);
  unsigned char first = (unsigned char)s[0];
  /* U+0080 to U+009F are control characters too. */
  bool c1 = len == 2 && first == 0xC2 && (unsigned char)s[1] < 0xA0;
  *printable = len > 0 && !c1 && (first >= 0x20 || first == '\t') && first != 0x7F;
  return len ? len : 1;
}

static void put_text(TppcBuf *out, const char *s, size_t n) {
  for (size_t i = 0; i < n;) {
    bool printable;
    size_t len = cell(s + i, n - i, &printable);
    if (printable)
      tppc_buf_write(out, s + i, len);
    else
      tppc_buf_putc(out, '?');
    i += len;
  }
}

/* Messages may run over several lines. */
static void put_message(TppcBuf *out, const char *s) {
  for (const char *nl; (nl = strchr(s, '\n')); s = nl + 1) {
    put_text(out, s, (size_t)(nl - s));
    tppc_buf_putc(out, '\n');
  }
  put_text(out, s, strlen(s));
}

/* One cell of fill for each character, tabs kept. */
static void put_cells(TppcBuf *out, const char *s, size_t n, char fill) {
  for (size_t i = 0; i < n;) {
    bool printable;
    size_t len = cell(s + i, n - i, &printable);
    tppc_buf_putc(out, s[i] == '\t' && fill == ' ' ? '\t' : fill);
    i += len;
  }
}

static bool continues(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

/* What is shown of one source line. */
typedef struct View {
  uint32_t source;
  TppcLine line;
  const char *text;     /* of the whole source */
  uint32_t begin, end;  /* of the part shown */
  uint32_t mark, limit; /* the span within the line */
} View;

static View view_of(const TppcDiags *dx, TppcSpan span) {
  size_t size;
  View v = {.source = span.source, .text = tppc_source_text(dx, span.source, &size)};
  v.line = tppc_source_line(dx, span.source, span.begin);
  v.begin = v.line.begin;
  v.end = v.line.end;
  /* A span that starts at the line break is shown behind the last character. */
  v.mark = span.begin < v.end ? span.begin : v.end;
  v.limit = span.end < v.end ? span.end : v.end;
  if (v.limit < v.mark)
    v.limit = v.mark;
  if (v.end - v.begin <= WHOLE_COLUMNS)
    return v;
  if (v.mark - v.begin > LEAD_COLUMNS)
    v.begin = v.mark - LEAD_COLUMNS;
  if (v.end - v.begin > WINDOW_COLUMNS)
    v.end = v.begin + WINDOW_COLUMNS;
  else if (v.end - v.line.begin > WINDOW_COLUMNS)
    v.begin = v.end - WINDOW_COLUMNS;
  while (v.begin < v.mark && continues(v.text[v.begin]))
    v.begin++;
  while (v.end < v.line.end && continues(v.text[v.end]))
    v.end++;
  if (v.limit > v.end)
    v.limit = v.end;
  return v;
}

static const char *cut_mark(bool cut) {
  return cut ? "..." : "";
}

static void trim(TppcBuf *out) {
  while (out->n && (out->data[out->n - 1] == ' ' || out->data[out->n - 1] == '\t'))
    out->n--;
  out->data[out->n] = '\0';
}

static void put_source_line(Writer *w, const View *v) {
  tppc_buf_printf(w->out, "%5d | %s", v->line.number, cut_mark(v->begin > v->line.begin));
  put_text(w->out, v->text + v->begin, v->end - v->begin);
  tppc_buf_puts(w->out, cut_mark(v->end < v->line.end));
  trim(w->out);
  tppc_buf_putc(w->out, '\n');
}

/* The gutter of a line below a source line, and blanks up to offset at. */
static void put_indent(Writer *w, const View *v, uint32_t at) {
  int digits = 5;
  for (int n = v->line.number / 100000; n; n /= 10)
    digits++;
  tppc_buf_printf(w->out, "%*s | ", digits, "");
  if (v->begin > v->line.begin)
    tppc_buf_puts(w->out, "   ");
  put_cells(w->out, v->text + v->begin, at - v->begin, ' ');
}

static void put_caret(Writer *w, const View *v, const char *label) {
  put_indent(w, v, v->mark);
  color(w, SGR_CARET);
  tppc_buf_putc(w->out, '^');
  if (v->limit > v->mark) {
    bool printable;
    size_t first = cell(v->text + v->mark, v->limit - v->mark, &printable);
    put_cells(w->out, v->text + v->mark + first, v->limit - v->mark - first, '~');
  }
  color(w, SGR_RESET);
  if (label) {
    tppc_buf_putc(w->out, ' ');
    put_message(w->out, label);
  }
  tppc_buf_putc(w->out, '\n');
}

/* A replacement can stand under the line it changes when both are one line and the place is in
 * view. */
static bool fits_below(const Writer *w, const View *v, const TppcDiagItem *fix) {
  if (!fix->fixit || !*fix->fixit || strchr(fix->fixit, '\n') || fix->span.source != v->source ||
      fix->span.begin < v->begin || fix->span.end > v->end)
    return false;
  return tppc_source_line(w->dx, fix->span.source, fix->span.end).number == v->line.number;
}

static void put_fixit(Writer *w, const View *v, const TppcDiagItem *fix) {
  put_indent(w, v, fix->span.begin);
  color(w, SGR_FIXIT);
  put_message(w->out, fix->fixit);
  color(w, SGR_RESET);
  tppc_buf_putc(w->out, '\n');
}

/* "file:line:column: severity: message [code]". A message without a place is the program's own;
 * notes and helps without one belong to the message above them. */
static void put_headline(Writer *w, const TppcDiagItem *item, bool first) {
  bool placed = item->span.source && item->severity != TPPC_HELP;
  color(w, SGR_BOLD);
  if (placed) {
    int line, column;
    tppc_source_pos(w->dx, item->span.source, item->span.begin, &line, &column);
    put_message(w->out, tppc_source_name(w->dx, item->span.source));
    tppc_buf_printf(w->out, ":%d:%d: ", line, column);
  } else if (first) {
    tppc_buf_puts(w->out, "tppc: ");
  }
  color(w, severity_color(item->severity));
  tppc_buf_printf(w->out, "%s: ", tppc_severity_name(item->severity));
  color(w, SGR_RESET);
  if (item->severity > TPPC_HELP)
    color(w, SGR_BOLD);
  put_message(w->out, item->message);
  if (item->id != TPPC_D_COUNT) {
    bool promoted = item->severity == TPPC_ERROR && tppc_diag_severity(item->id) == TPPC_WARNING;
    tppc_buf_printf(w->out, " [%s%s]", tppc_diag_code(item->id), promoted ? ", -Werror" : "");
  }
  if (item->severity > TPPC_HELP)
    color(w, SGR_RESET);
  tppc_buf_putc(w->out, '\n');
}

/* The source line of items[0], its caret, and those replacements among the other items that fall on
 * the same line; these are marked in shown, when they are among its bits. */
static void put_excerpt(Writer *w, const TppcDiagItem *items, int n, uint64_t *shown) {
  View v = view_of(w->dx, items[0].span);
  put_source_line(w, &v);
  put_caret(w, &v, items[0].label);
  for (int i = 0; i < n && i < 64; i++) {
    if (!fits_below(w, &v, &items[i]))
      continue;
    put_fixit(w, &v, &items[i]);
    *shown |= UINT64_C(1) << i;
  }
}

void tppc_render_text(TppcBuf *out, const TppcDiags *dx, const TppcDiagItem *items, int n,
                      bool use_color) {
  Writer w = {out, dx, use_color};
  uint64_t shown = 0; /* fix-its already drawn below the message's own line */
  for (int i = 0; i < n; i++) {
    if (i < 64 && shown >> i & 1)
      continue;
    put_headline(&w, &items[i], i == 0);
    if (items[i].span.source)
      put_excerpt(&w, &items[i], i == 0 ? n : 1, i == 0 ? &shown : &(uint64_t){0});
  }
}
