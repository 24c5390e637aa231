/* Reading JSON: recursive descent over RFC 8259, bounded in depth. */
#include "support/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 200 };

typedef struct Reader {
  TppcArena *arena;
  const char *begin, *at, *end;
  const char *why;
  int depth;
} Reader;

static TppcJson *read_value(Reader *r);

static void *fail(Reader *r, const char *why) {
  if (!r->why)
    r->why = why;
  return NULL;
}

static void skip_space(Reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
    r->at++;
}

static bool take(Reader *r, char c) {
  if (r->at == r->end || *r->at != c)
    return false;
  r->at++;
  return true;
}

static bool take_word(Reader *r, const char *word) {
  size_t n = strlen(word);
  if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n))
    return false;
  r->at += n;
  return true;
}

static bool is_digit(const Reader *r) {
  return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static bool skip_digits(Reader *r) {
  if (!is_digit(r))
    return false;
  while (is_digit(r))
    r->at++;
  return true;
}

static TppcJson *node(Reader *r, TppcJsonKind kind) {
  TppcJson *v = TPPC_NEW(r->arena, TppcJson);
  v->kind = kind;
  return v;
}

static TppcJson *read_number(Reader *r) {
  const char *start = r->at;
  take(r, '-');
  bool zero = take(r, '0');
  if (!zero && !skip_digits(r))
    return fail(r, "a value is expected");
  if (take(r, '.') && !skip_digits(r))
    return fail(r, "digits are expected after the point");
  if (take(r, 'e') || take(r, 'E')) {
    if (!take(r, '+'))
      take(r, '-');
    if (!skip_digits(r))
      return fail(r, "digits are expected in the exponent");
  }
  TppcJson *v = node(r, TPPC_JSON_NUMBER);
  v->number = strtod(tppc_strndup(r->arena, start, (size_t)(r->at - start)), NULL);
  return v;
}

/* ---- strings ---- */

static bool read_hex(Reader *r, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < 4; i++, r->at++) {
    char c = r->at < r->end ? *r->at : 0;
    uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                     : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                            : 16;
    if (digit == 16)
      return false;
    *code = *code * 16 + digit;
  }
  return true;
}

static void put_utf8(TppcBuf *b, uint32_t c) {
  if (c < 0x80) {
    tppc_buf_putc(b, (char)c);
    return;
  }
  int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
  tppc_buf_putc(b, (char)(lead[more] | c >> (6 * more)));
  for (int i = more - 1; i >= 0; i--)
    tppc_buf_putc(b, (char)(0x80 | ((c >> (6 * i)) & 0x3f)));
}

/* After \u. A pair of surrogates is one character, half a pair U+FFFD. */
static bool read_unicode(Reader *r, TppcBuf *b) {
  uint32_t c, low;
  if (!read_hex(r, &c))
    return false;
  if (c >= 0xd800 && c < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
    const char *before = r->at;
    r->at += 2;
    if (!read_hex(r, &low))
      return false;
    if (low >= 0xdc00 && low < 0xe000)
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    else
      r->at = before;
  }
  put_utf8(b, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
  return true;
}

static bool read_escape(Reader *r, TppcBuf *b) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  char c = r->at < r->end ? *r->at++ : 0;
  const char *found = c ? strchr(from, c) : NULL;
  if (found)
    tppc_buf_putc(b, to[found - from]);
  return found || (c == 'u' && read_unicode(r, b));
}

static const char *read_string(Reader *r) {
  TppcBuf b = {0};
  tppc_buf_puts(&b, "");
  r->at++; /* the quote */
  while (r->at < r->end && *r->at != '"' && !r->why) {
    unsigned char c = (unsigned char)*r->at;
    if (c < 0x20) {
      fail(r, "a string has a control character");
    } else if (c == '\\') {
      r->at++;
      if (!read_escape(r, &b))
        fail(r, "a string has an unknown escape");
    } else {
      tppc_buf_putc(&b, *r->at++);
    }
  }
  if (!r->why && !take(r, '"'))
    fail(r, "a string has no closing quote");
  const char *text = r->why ? NULL : tppc_strndup(r->arena, b.data, b.n);
  tppc_buf_free(&b);
  return text;
}

/* ---- arrays and objects ---- */

static const char *read_key(Reader *r) {
  skip_space(r);
  if (r->at == r->end || *r->at != '"')
    return fail(r, "a key is expected");
  const char *key = read_string(r);
  skip_space(r);
  if (key && !take(r, ':'))
    return fail(r, "':' is expected after a key");
  return key;
}

static TppcJson *read_list(Reader *r, TppcJsonKind kind) {
  char close = kind == TPPC_JSON_ARRAY ? ']' : '}';
  TppcJson *list = node(r, kind), **last = &list->first;
  r->at++;
  skip_space(r);
  if (take(r, close))
    return list;
  if (++r->depth > DEEPEST)
    return fail(r, "it is nested too deeply");
  do {
    const char *key = kind == TPPC_JSON_OBJECT ? read_key(r) : NULL;
    TppcJson *v = r->why ? NULL : read_value(r);
    if (!v)
      return NULL;
    v->key = key;
    *last = v;
    last = &v->next;
    skip_space(r);
  } while (take(r, ','));
  r->depth--;
  return take(r, close) ? list : fail(r, "',' or a closing bracket is expected");
}

static TppcJson *read_value(Reader *r) {
  skip_space(r);
  char c = r->at < r->end ? *r->at : 0;
  TppcJson *v;
  if (c == '{')
    return read_list(r, TPPC_JSON_OBJECT);
  if (c == '[')
    return read_list(r, TPPC_JSON_ARRAY);
  if (c == '"') {
    v = node(r, TPPC_JSON_STRING);
    v->text = read_string(r);
    return v->text ? v : NULL;
  }
  if (take_word(r, "null"))
    return node(r, TPPC_JSON_NULL);
  bool yes = take_word(r, "true");
  if (yes || take_word(r, "false")) {
    v = node(r, TPPC_JSON_BOOL);
    v->number = yes;
    return v;
  }
  return read_number(r);
}

TppcJson *tppc_json_parse(TppcArena *a, const char *text, size_t n, const char **why, size_t *at) {
  Reader r = {.arena = a, .begin = text, .at = text, .end = text + n};
  TppcJson *v = read_value(&r);
  if (v)
    skip_space(&r);
  if (v && r.at != r.end)
    v = fail(&r, "something follows the value");
  *why = r.why;
  *at = (size_t)(r.at - r.begin);
  return v;
}

const TppcJson *tppc_json_get(const TppcJson *v, const char *key) {
  const TppcJson *m = v && v->kind == TPPC_JSON_OBJECT ? v->first : NULL;
  while (m && strcmp(m->key, key))
    m = m->next;
  return m;
}
