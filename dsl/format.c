/* tppc fmt: the text of a program, indented, spaced, and aligned.
 *
 * The parser hands over its tokens, so nothing can be formatted that is not read; the comments are
 * what stands between them. format_layout.c decides about every piece, and this file prints them
 * line by line. A line that holds a whole block and is too long is laid out again with the block
 * opened. Formatting is idempotent, and the sequence
 * of tokens is that of the source.
 */
#include "dsl/format.h"

#include "dsl/dsl.h"
#include "tpp.tab.h"

#include <string.h>

/* ---- pieces ---- */

typedef struct Reader {
  TppcArena *arena;
  const char *text;
  uint32_t at; /* the column and the indentation of the line belong to it */
  int column, indent, newlines;
  bool blank; /* nothing but spaces on the line so far */
  TppcPieces *out;
} Reader;

static void skip(Reader *r, uint32_t end) {
  for (; r->at < end; r->at++) {
    char c = r->text[r->at];
    if (c == '\n') {
      r->newlines++;
      r->column = 0;
      r->blank = true;
    } else if (c == '\t') {
      r->column += 8 - r->column % 8;
    } else {
      r->column++;
    }
  }
}

static void add(Reader *r, TppcPieceKind kind, int token, uint32_t end) {
  if (r->blank)
    r->indent = r->column;
  r->blank = false;
  int n = (int)(end - r->at);
  while (kind == TPPC_PIECE_LINE_COMMENT && n > 2 &&
         strchr(" \t\r\f\v", r->text[r->at + (uint32_t)n - 1]))
    n--;
  TppcPiece p = {.kind = kind,
                 .token = token,
                 .text = r->text + r->at,
                 .n = n,
                 .newlines = r->newlines,
                 .column = r->column,
                 .indent = r->indent,
                 .match = -1};
  TPPC_PUSH(r->arena, r->out, p);
  skip(r, end);
  r->newlines = 0;
  r->blank = false;
}

/* The comments between two tokens. */
static void add_comments(Reader *r, uint32_t end) {
  while (r->at < end) {
    const char *t = r->text + r->at;
    if (t[0] == '/' && t[1] == '/') {
      const char *stop = memchr(t, '\n', end - r->at);
      add(r, TPPC_PIECE_LINE_COMMENT, 0, stop ? (uint32_t)(stop - r->text) : end);
    } else if (t[0] == '/' && t[1] == '*') {
      const char *stop = strstr(t + 2, "*/");
      add(r, TPPC_PIECE_BLOCK_COMMENT, 0, stop ? (uint32_t)(stop - r->text) + 2 : end);
    } else {
      skip(r, r->at + 1);
    }
  }
}

/* Pairs braces; a block is written on one line if it was and holds no comment to the line's end. */
static void match_braces(TppcArena *arena, TppcPieces *v) {
  TppcVec(int) open = {0};
  for (int i = 0; i < v->n; i++) {
    TppcPiece *p = &v->data[i];
    if (p->kind != TPPC_PIECE_TOKEN)
      continue;
    if (p->token == '{')
      TPPC_PUSH(arena, &open, i);
    else if (p->token == '}' && open.n)
      v->data[open.data[--open.n]].match = i;
  }
  for (int i = 0; i < v->n; i++)
    for (int k = i + 1; k <= v->data[i].match && !v->data[i].exploded; k++)
      v->data[i].exploded = v->data[k].newlines > 0 || v->data[k].kind == TPPC_PIECE_LINE_COMMENT;
}

/* ---- printing ---- */

typedef struct Line {
  int first, last; /* pieces */
  size_t begin;    /* in the text of all lines */
  int width;       /* of the code */
  int comment;     /* the piece of a comment at the end, or -1 */
  int at;          /* its column */
} Line;

typedef struct Printer {
  TppcArena *arena;
  TppcPieces *v;
  TppcBuf text;
  TppcVec(Line) lines;
  TppcVec(int) brackets; /* columns where what they hold is aligned */
  int column, base;      /* base: indentation of the construct */
  int assigned;          /* column behind the '=' of the construct, 0 before it */
} Printer;

static void put(Printer *w, const char *text, int n) {
  tppc_buf_write(&w->text, text, (size_t)n);
  for (int i = 0; i < n; i++)
    w->column = text[i] == '\n' ? 0 : w->column + ((text[i] & 0xc0) != 0x80);
}

static void put_spaces(Printer *w, int n) {
  for (int i = 0; i < n; i++)
    put(w, " ", 1);
}

/* Where a construct goes on: under what its bracket opened with, unless the author indents all
 * such lines alike; behind the '=' of a statement. */
static int continuation(const Printer *w, const TppcPiece *p) {
  int aligned = w->brackets.n ? w->brackets.data[w->brackets.n - 1] : w->assigned;
  int plain = w->base + TPPC_FORMAT_CONTINUE;
  if (aligned <= 0 || (w->brackets.n && p->column == plain))
    return plain;
  return aligned;
}

static void track(Printer *w, int i) {
  const TppcPiece *p = &w->v->data[i];
  if (p->kind != TPPC_PIECE_TOKEN)
    return;
  if (p->token == '(' || p->token == '[') {
    bool last = i + 1 < w->v->n && w->v->data[i + 1].brk == TPPC_BREAK_CONTINUE;
    TPPC_PUSH(w->arena, &w->brackets, last ? 0 : w->column);
  } else if ((p->token == ')' || p->token == ']') && w->brackets.n) {
    w->brackets.n--;
  } else if (p->token == ';' || p->token == '{' || p->token == '}') {
    w->brackets.n = 0;
    w->assigned = 0;
  } else if (!w->brackets.n && (p->token == '=' || p->token == TOK_ADDEQ || p->token == TOK_MULEQ ||
                                p->token == TOK_MAXEQ || p->token == TOK_MINEQ)) {
    w->assigned = w->column + 1;
  }
}

static bool ends_line(const TppcPieces *v, int i) {
  return i + 1 == v->n || v->data[i + 1].brk != TPPC_BREAK_NONE;
}

static void start_line(Printer *w, int i) {
  const TppcPiece *p = &w->v->data[i];
  if (p->blank) {
    Line empty = {.first = i, .last = i - 1, .begin = w->text.n, .comment = -1};
    TPPC_PUSH(w->arena, &w->lines, empty);
  }
  Line line = {.first = i, .begin = w->text.n, .comment = -1};
  TPPC_PUSH(w->arena, &w->lines, line);
  w->column = 0;
  if (p->brk == TPPC_BREAK_LINE)
    w->base = p->depth * TPPC_FORMAT_INDENT;
  put_spaces(w, p->brk == TPPC_BREAK_LINE ? w->base : continuation(w, p));
}

static void print_pieces(Printer *w) {
  for (int i = 0; i < w->v->n; i++) {
    const TppcPiece *p = &w->v->data[i];
    bool starts = p->brk != TPPC_BREAK_NONE;
    if (starts)
      start_line(w, i);
    Line *line = &w->lines.data[w->lines.n - 1];
    line->last = i;
    if (!starts && p->kind != TPPC_PIECE_TOKEN && ends_line(w->v, i)) {
      line->comment = i;
      line->at = p->column;
      continue;
    }
    if (!starts)
      put_spaces(w, p->space);
    put_spaces(w, p->pad);
    put(w, p->text, p->n);
    line->width = w->column;
    track(w, i);
  }
}

/* Comments of neighbouring lines that stood in one column stay in one column. */
static void align_comments(Printer *w) {
  for (int i = 0; i < w->lines.n;) {
    int end = i + 1, at = w->lines.data[i].at, least = w->lines.data[i].width + 1;
    if (w->lines.data[i].comment < 0) {
      i++;
      continue;
    }
    for (; end < w->lines.n && w->lines.data[end].comment >= 0 && w->lines.data[end].at == at;
         end++)
      least = w->lines.data[end].width + 1 > least ? w->lines.data[end].width + 1 : least;
    for (; i < end; i++)
      w->lines.data[i].at = at > least ? at : least;
  }
}

static void join(Printer *w, TppcBuf *out) {
  for (int i = 0; i < w->lines.n; i++) {
    const Line *line = &w->lines.data[i];
    size_t end = i + 1 < w->lines.n ? w->lines.data[i + 1].begin : w->text.n;
    tppc_buf_write(out, w->text.data + line->begin, end - line->begin);
    if (line->comment >= 0) {
      const TppcPiece *p = &w->v->data[line->comment];
      for (int c = line->width; c < line->at; c++)
        tppc_buf_putc(out, ' ');
      tppc_buf_write(out, p->text, (size_t)p->n);
    }
    tppc_buf_putc(out, '\n');
  }
}

/* Opens the outermost block of each line that is too long. */
static bool open_blocks(Printer *w) {
  bool any = false;
  for (int i = 0; i < w->lines.n; i++) {
    const Line *line = &w->lines.data[i];
    for (int k = line->first; line->width > TPPC_FORMAT_WIDTH && k <= line->last; k++) {
      TppcPiece *p = &w->v->data[k];
      if (p->match > k && !p->exploded) {
        p->exploded = any = true;
        k = p->match;
      }
    }
  }
  return any;
}

static void print(TppcArena *arena, TppcPieces *v, TppcBuf *out) {
  for (;;) {
    Printer w = {.arena = arena, .v = v};
    tppc_format_layout(arena, v);
    tppc_format_align(arena, v);
    print_pieces(&w);
    bool again = open_blocks(&w);
    if (!again) {
      align_comments(&w);
      join(&w, out);
    }
    tppc_buf_free(&w.text);
    if (!again)
      return;
  }
}

bool tppc_format_source(TppcContext *cx, uint32_t source, TppcBuf *out) {
  TppcTokens tokens = {0};
  if (!tppc_parse_tokens(cx->arena, cx->names, cx->diags, source, &tokens))
    return false;
  size_t size;
  TppcPieces pieces = {0};
  Reader r = {.arena = cx->arena,
              .text = tppc_source_text(cx->diags, source, &size),
              .blank = true,
              .out = &pieces};
  for (int i = 0; i < tokens.n; i++) {
    add_comments(&r, tokens.data[i].begin);
    add(&r, TPPC_PIECE_TOKEN, tokens.data[i].kind, tokens.data[i].end);
  }
  add_comments(&r, (uint32_t)size);
  match_braces(cx->arena, &pieces);
  print(cx->arena, &pieces, out);
  return true;
}
