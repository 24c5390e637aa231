/* tppc fmt: which pieces start lines, what stands between two on a line, and which are aligned.
 *
 * Line breaks belong to the author, as in gofmt, but for statements: each has its line in a block
 * that is not written on one line. Spacing follows from a token and its neighbours; around '*' and
 * '/' it is the author's, who groups p*2 + r in this way.
 */
#include "dsl/format.h"

#include "tpp.tab.h"

#include <string.h>

/* The operators of neighbouring statements are aligned unless the left sides differ by this much.
 */
enum { APART = 8 };

typedef struct Layout {
  bool *exploded; /* of the blocks around the piece */
  int depth;
  int open;    /* brackets around the piece */
  bool start;  /* a declaration, item, statement, or knob starts at the next token */
  int keyword; /* first token of the construct */
} Layout;

static bool is_token(const TppcPiece *p, int token) {
  return p->kind == TPPC_PIECE_TOKEN && p->token == token;
}

static bool is_word(int token) {
  switch (token) {
  case TOK_NAME:
  case TOK_TEMPLATE:
  case TOK_ELEM:
  case TOK_INT:
  case TOK_FLOAT:
  case TOK_STRING:
  case TOK_INF:
    return true;
  default:
    return token == TOK_IMPORT || token == TOK_CONST || token == TOK_KERNEL ||
           token == TOK_SCHEDULE || token == TOK_FOR || token == TOK_IN || token == TOK_SEQ ||
           token == TOK_INOUT || token == TOK_WHEN || token == TOK_OVER ||
           (token >= TOK_AS && token <= TOK_PARALLEL);
  }
}

/* Words after which a bracket belongs to what follows and not to them. */
static bool is_keyword(int token) {
  return token == TOK_FOR || token == TOK_IN || token == TOK_SEQ || token == TOK_WHEN ||
         token == TOK_CONST || token == TOK_IMPORT || token == TOK_INOUT;
}

static bool is_assignment(int token) {
  return token == '=' || token == TOK_ADDEQ || token == TOK_MULEQ || token == TOK_MAXEQ ||
         token == TOK_MINEQ;
}

static bool ends_operand(const TppcPiece *p) {
  return p->kind == TPPC_PIECE_TOKEN &&
         ((is_word(p->token) && !is_keyword(p->token)) || p->token == ')' || p->token == ']');
}

/* ---- spaces ---- */

typedef struct Spacing {
  bool digits;      /* inside the digits of 'as', which are written without spaces */
  bool is_as;       /* the piece before is the modifier 'as' */
  bool sign;        /* the piece before is a sign */
  bool in_template; /* '<' name '>' */
} Spacing;

static bool space_before_bracket(const Spacing *s, const TppcPiece *prev) {
  if (s->is_as)
    return true;
  if (s->sign || prev->token == '(' || prev->token == '[')
    return false;
  return !ends_operand(prev) && prev->token != '>' ? true : is_keyword(prev->token);
}

static bool space_between(const Spacing *s, const TppcPiece *prev, const TppcPiece *p,
                          const TppcPiece *next) {
  if (prev->kind != TPPC_PIECE_TOKEN || p->kind != TPPC_PIECE_TOKEN)
    return true;
  int a = prev->token, b = p->token;
  if (a == '{' || b == '{' || b == '}' || a == '}')
    return true;
  if (b == ',' || b == ';' || b == ')' || b == ']' || b == '.' || a == '(' || a == '[' || a == '.')
    return false;
  if (a == ',' || a == ';')
    return true;
  if (s->digits)
    return false;
  if (s->in_template && !(a == '>' && b != '('))
    return false;
  if (b == '[' && a == ']')
    return false;
  if (b == '(' || b == '[')
    return a == '>' && s->in_template ? false : space_before_bracket(s, prev);
  if (b == ':')
    return false;
  if (a == ':')
    return true;
  if (s->sign)
    return false;
  if (b == '*' || b == '/')
    return p->column > prev->column + prev->n || (next && next->column > p->column + p->n) ||
           p->newlines || (next && next->newlines);
  if (a == '*' || a == '/')
    return prev->space;
  return true;
}

static void place_spaces(TppcPieces *v) {
  Spacing s = {0};
  int bracket = 0;
  for (int i = 0; i < v->n; i++) {
    TppcPiece *p = &v->data[i], *prev = i ? p - 1 : NULL, *next = i + 1 < v->n ? p + 1 : NULL;
    p->space = prev && space_between(&s, prev, p, next);
    if (p->kind != TPPC_PIECE_TOKEN)
      continue;
    bool as = p->token == TOK_AS && prev &&
              (is_token(prev, ']') || is_token(prev, ')') || is_token(prev, TOK_ELEM));
    s.sign = p->token == '-' && prev && !ends_operand(prev);
    if (p->token == TOK_TEMPLATE)
      s.in_template = true;
    else if (s.in_template && (p->token == '(' || p->token == ')'))
      s.in_template = false;
    bracket += (p->token == '[') - (p->token == ']');
    s.digits = s.digits ? bracket > 0 || (next && is_token(next, '[')) : s.is_as && p->token == '[';
    s.is_as = as;
  }
}

/* ---- lines ---- */

static bool exploded(const Layout *l) {
  return l->depth == 0 || l->exploded[l->depth - 1];
}

static TppcBreak break_of_comment(const Layout *l, const TppcPiece *p) {
  if (p->newlines == 0)
    return TPPC_BREAK_NONE;
  return l->start ? TPPC_BREAK_LINE : TPPC_BREAK_CONTINUE;
}

static TppcBreak break_of_token(const Layout *l, const TppcPiece *p) {
  switch (p->token) {
  case '{':
    return l->depth == 0 && p->exploded && l->keyword == TOK_KERNEL ? TPPC_BREAK_LINE
                                                                    : TPPC_BREAK_NONE;
  case '}':
    return exploded(l) ? TPPC_BREAK_LINE : TPPC_BREAK_NONE;
  case ';':
  case ',':
  case ')':
  case ']':
    return TPPC_BREAK_NONE;
  default:
    if (l->start)
      return exploded(l) ? TPPC_BREAK_LINE : TPPC_BREAK_NONE;
    return p->newlines ? TPPC_BREAK_CONTINUE : TPPC_BREAK_NONE;
  }
}

static void advance(Layout *l, const TppcPiece *p) {
  if (p->kind != TPPC_PIECE_TOKEN)
    return;
  if (l->start)
    l->keyword = p->token;
  l->start = p->token == '{' || p->token == '}' || (p->token == ';' && l->open == 0);
  l->open += (p->token == '(' || p->token == '[') - (p->token == ')' || p->token == ']');
  if (p->token == '{')
    l->exploded[l->depth++] = p->exploded;
  else if (p->token == '}')
    l->depth -= l->depth > 0;
}

static void place_lines(TppcArena *arena, TppcPieces *v) {
  Layout l = {.exploded = TPPC_NEW_N(arena, bool, v->n + 1), .start = true};
  for (int i = 0; i < v->n; i++) {
    TppcPiece *p = &v->data[i], *prev = i ? p - 1 : NULL;
    bool closes = is_token(p, '}');
    p->brk = p->kind == TPPC_PIECE_TOKEN ? break_of_token(&l, p) : break_of_comment(&l, p);
    if (!prev)
      p->brk = TPPC_BREAK_LINE;
    else if (prev->kind == TPPC_PIECE_LINE_COMMENT && p->brk == TPPC_BREAK_NONE)
      p->brk = l.start || is_token(p, '{') || closes ? TPPC_BREAK_LINE : TPPC_BREAK_CONTINUE;
    p->depth = l.depth - (closes && l.depth > 0);
    p->blank = prev && p->brk == TPPC_BREAK_LINE && p->newlines > 1 && !closes &&
               !is_token(prev, '{') && !is_token(p, '{');
    p->pad = 0;
    advance(&l, p);
  }
}

/* ---- alignment ---- */

static int width(const TppcPieces *v, int from, int to) {
  int n = 0;
  for (int i = from; i < to; i++)
    n += v->data[i].n + (i > from && v->data[i].space);
  return n;
}

/* Is v[from..to) on one line, that is, no piece but the first starts one? */
static bool one_line(const TppcPieces *v, int from, int to) {
  for (int i = from + 1; i < to; i++)
    if (v->data[i].brk != TPPC_BREAK_NONE)
      return false;
  return true;
}

/* One row of a group: the piece that gets the spaces, and how wide what stands before it is. */
typedef struct Row {
  int piece, width;
} Row;

static void close_group(TppcPieces *v, Row *rows, int *n) {
  int most = 0;
  for (int i = 0; i < *n; i++)
    most = rows[i].width > most ? rows[i].width : most;
  for (int i = 0; i < *n; i++)
    v->data[rows[i].piece].pad = most - rows[i].width;
  *n = 0;
}

/* The operator of the statement v[from..to) of a nest, or -1. */
static int operator_of(const TppcPieces *v, int from, int to) {
  for (int i = from; i < to; i++)
    if (v->data[i].kind == TPPC_PIECE_TOKEN && is_assignment(v->data[i].token))
      return i;
  return -1;
}

/* What follows the label of an item: `down: Y = f(X);`, `dx: for ...`; -1 where there is no label.
 */
static int labelled(const TppcPieces *v, int from, int to) {
  if (to - from < 3 || !is_token(&v->data[from + 1], ':') || is_token(&v->data[from + 2], TOK_ELEM))
    return -1;
  return from + 2;
}

/* The end of the construct that starts at `from`: behind its ';' or '}'. */
static int end_of(const TppcPieces *v, int from) {
  int i = from;
  while (i < v->n && !is_token(&v->data[i], ';')) {
    if (is_token(&v->data[i], '{'))
      return v->data[i].match + 1;
    if (is_token(&v->data[i], '}'))
      return i;
    i++;
  }
  return i < v->n ? i + 1 : i;
}

/* Aligns the statements or items between from and to, whose block has lines. */
static void align_block(TppcPieces *v, int from, int to, bool nest, Row *rows) {
  int n = 0;
  for (int i = from; i < to;) {
    TppcPiece *p = &v->data[i];
    if (p->kind != TPPC_PIECE_TOKEN) {
      if (p->brk == TPPC_BREAK_LINE)
        close_group(v, rows, &n);
      i++;
      continue;
    }
    int end = end_of(v, i), at = nest ? operator_of(v, i, end) : labelled(v, i, end);
    if (p->blank)
      close_group(v, rows, &n);
    if (at < 0 || !one_line(v, i, end)) {
      close_group(v, rows, &n);
    } else {
      Row row = {at, width(v, i, at + nest)};
      int apart = n ? row.width - rows[n - 1].width : 0;
      if (nest && (apart >= APART || apart <= -APART))
        close_group(v, rows, &n);
      rows[n++] = row;
    }
    i = end > i ? end : i + 1;
  }
  close_group(v, rows, &n);
}

static bool opens_nest(const TppcPieces *v, int brace) {
  for (int i = brace - 1; i >= 0; i--) {
    const TppcPiece *p = &v->data[i];
    if (is_token(p, TOK_FOR))
      return true;
    if (is_token(p, ';') || is_token(p, '{') || is_token(p, '}'))
      return false;
  }
  return false;
}

void tppc_format_layout(TppcArena *arena, TppcPieces *v) {
  place_spaces(v);
  place_lines(arena, v);
}

void tppc_format_align(TppcArena *arena, TppcPieces *v) {
  Row *rows = TPPC_NEW_N(arena, Row, v->n + 1);
  for (int i = 0; i < v->n; i++) {
    const TppcPiece *p = &v->data[i];
    if (is_token(p, '{') && p->exploded)
      align_block(v, i + 1, p->match, opens_nest(v, i), rows);
  }
}
