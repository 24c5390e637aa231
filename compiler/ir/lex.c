/* Tokens of the text form. */
#include "ir/parse_internal.h"

#include <stdlib.h>
#include <string.h>

/* The C locale's classes, whatever the process has set. */
static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
static bool is_word(char c) {
  return is_letter(c) || is_digit(c);
}

static char at(const TppcParser *p, uint32_t i) {
  return i < p->size ? p->text[i] : '\0';
}

/* End of the name that starts at i: words joined by single points. */
static uint32_t name_end(const TppcParser *p, uint32_t i) {
  while (is_word(at(p, i)) || (at(p, i) == '.' && is_word(at(p, i + 1))))
    i++;
  return i;
}

TppcSpan tppc_lex_span(const TppcParser *p) {
  return (TppcSpan){p->source, p->begin, p->end};
}

static void stop(TppcParser *p) {
  p->failed = true;
  p->tok = TPPC_TOK_END;
  p->begin = p->end = p->size;
}

static void fail(TppcParser *p, const char *message) {
  if (!p->failed)
    tppc_diag(p->cx->diags, TPPC_D_tir_syntax, tppc_lex_span(p), message);
  stop(p);
}

static void skip_blanks(TppcParser *p, uint32_t *i) {
  for (;;) {
    char c = at(p, *i);
    if (*i < p->size && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
      (*i)++;
    else if (c == '/' && at(p, *i + 1) == '/')
      while (*i < p->size && p->text[*i] != '\n')
        (*i)++;
    else
      return;
  }
}

static void lex_number(TppcParser *p) {
  uint32_t i = p->begin;
  bool hex = at(p, i) == '0' && (at(p, i + 1) == 'x' || at(p, i + 1) == 'X'), real = hex;
  if (hex)
    i += 2;
  for (;; i++) {
    char c = at(p, i), low = (char)(c | 0x20);
    bool exponent = hex ? low == 'p' : low == 'e';
    if (exponent && (at(p, i + 1) == '-' || at(p, i + 1) == '+'))
      i++;
    else if (!is_digit(c) && c != '.' && !exponent && !(hex && low >= 'a' && low <= 'f'))
      break;
    real = real || c == '.' || exponent;
  }
  p->end = i;
  p->tok = real ? TPPC_TOK_FLOAT : TPPC_TOK_INT;
  char *text = tppc_strndup(p->cx->arena, p->text + p->begin, i - p->begin), *rest;
  if (real) {
    p->real = strtod(text, &rest);
    if (*rest)
      fail(p, "malformed number");
    return;
  }
  p->number = 0;
  for (const char *c = text; *c; c++)
    if (__builtin_mul_overflow(p->number, 10, &p->number) ||
        __builtin_add_overflow(p->number, (uint64_t)(*c - '0'), &p->number)) {
      fail(p, "this integer does not fit 64 bits");
      return;
    }
}

static void lex_string(TppcParser *p) {
  uint32_t i = p->begin + 1;
  while (i < p->size && p->text[i] != '"' && p->text[i] != '\n')
    i += p->text[i] == '\\' && i + 1 < p->size ? 2 : 1;
  if (i >= p->size || p->text[i] != '"') {
    p->end = p->begin + 1;
    fail(p, "this string is never closed");
    return;
  }
  p->end = i + 1;
  p->tok = TPPC_TOK_STRING;
}

static void lex_punct(TppcParser *p) {
  static const char pairs[][3] = {"==", "!=", "<=", ">=", "&&", "||"};
  p->tok = TPPC_TOK_PUNCT;
  char c = at(p, p->begin);
  for (int i = 0; i < (int)(sizeof pairs / sizeof *pairs); i++)
    if (c == pairs[i][0] && at(p, p->begin + 1) == pairs[i][1]) {
      p->end = p->begin + 2;
      memcpy(p->punct, pairs[i], sizeof p->punct);
      return;
    }
  p->end = p->begin + 1;
  p->punct[0] = c;
  p->punct[1] = '\0';
  if (!c || !strchr("()[]{}:,=@%+-*/<>!", c))
    fail(p, "unexpected character");
}

static void lex_from(TppcParser *p, uint32_t i) {
  p->last_end = i;
  skip_blanks(p, &i);
  p->begin = p->end = i;
  char c = at(p, i);
  if (i >= p->size) {
    p->tok = TPPC_TOK_END;
  } else if (is_digit(c)) {
    lex_number(p);
  } else if (is_letter(c)) {
    p->tok = TPPC_TOK_NAME;
    p->end = name_end(p, i);
  } else if (c == '"') {
    lex_string(p);
  } else {
    lex_punct(p);
  }
}

void tppc_lex_next(TppcParser *p) {
  if (!p->failed)
    lex_from(p, p->end);
}

void tppc_lex_start(TppcParser *p, TppcContext *cx, uint32_t source) {
  size_t size;
  *p = (TppcParser){.cx = cx, .source = source};
  p->text = tppc_source_text(cx->diags, source, &size);
  p->size = (uint32_t)size;
  lex_from(p, 0);
}

const char *tppc_lex_joined_name(TppcParser *p) {
  uint32_t begin = p->end, end = name_end(p, begin);
  if (p->failed)
    return NULL;
  if (begin == end) {
    tppc_lex_next(p);
    tppc_parse_expected(p, "a name");
    return NULL;
  }
  const char *name = tppc_intern_n(p->cx->names, p->text + begin, end - begin);
  lex_from(p, end);
  return name;
}

static int hex_digit(char c) {
  return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *tppc_lex_text(TppcParser *p) {
  if (p->tok != TPPC_TOK_STRING)
    return tppc_intern_n(p->cx->names, p->text + p->begin, p->end - p->begin);
  char *r = tppc_alloc_n(p->cx->arena, p->end - p->begin, 1), *out = r;
  for (uint32_t i = p->begin + 1; i + 1 < p->end; i++) {
    char c = p->text[i];
    if (c == '\\' && i + 2 < p->end) {
      c = p->text[++i];
      int high = hex_digit(at(p, i + 1)), low = hex_digit(at(p, i + 2));
      if (c == 'n') {
        c = '\n';
      } else if (c == 'x' && i + 3 < p->end && high >= 0 && low >= 0) {
        c = (char)(high * 16 + low);
        i += 2;
      }
    }
    *out++ = c;
  }
  return r;
}

/* ---- for the parsers ---- */

void tppc_parse_expected(TppcParser *p, const char *what) {
  const char *found = "the end";
  if (p->failed)
    return;
  if (p->tok != TPPC_TOK_END)
    found =
        tppc_sprintf(p->cx->arena, "'%.*s'", (int)(p->end - p->begin < 40 ? p->end - p->begin : 40),
                     p->text + p->begin);
  fail(p, tppc_sprintf(p->cx->arena, "expected %s, found %s", what, found));
}

bool tppc_at(const TppcParser *p, const char *punct) {
  return p->tok == TPPC_TOK_PUNCT && strcmp(p->punct, punct) == 0;
}

bool tppc_at_word(const TppcParser *p, const char *word) {
  size_t n = strlen(word);
  return p->tok == TPPC_TOK_NAME && p->end - p->begin == n &&
         memcmp(p->text + p->begin, word, n) == 0;
}

bool tppc_accept(TppcParser *p, const char *punct) {
  if (!tppc_at(p, punct))
    return false;
  tppc_lex_next(p);
  return true;
}

bool tppc_accept_word(TppcParser *p, const char *word) {
  if (!tppc_at_word(p, word))
    return false;
  tppc_lex_next(p);
  return true;
}

bool tppc_expect(TppcParser *p, const char *punct) {
  if (tppc_accept(p, punct))
    return true;
  tppc_parse_expected(p, tppc_sprintf(p->cx->arena, "'%s'", punct));
  return false;
}
