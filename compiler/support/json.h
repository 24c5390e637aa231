/* JSON text: the escaping that every writer of JSON needs, and a reader. */
#ifndef TPPC_SUPPORT_JSON_H
#define TPPC_SUPPORT_JSON_H

#include "support/str.h"

/* Appends n bytes of s as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD, so
 * the output is valid JSON whatever the input was. */
void tppc_json_string_n(TppcBuf *out, const char *s, size_t n);
void tppc_json_string(TppcBuf *out, const char *s);

typedef enum TppcJsonKind {
  TPPC_JSON_NULL,
  TPPC_JSON_BOOL,
  TPPC_JSON_NUMBER,
  TPPC_JSON_STRING,
  TPPC_JSON_ARRAY,
  TPPC_JSON_OBJECT
} TppcJsonKind;

typedef struct TppcJson TppcJson;
struct TppcJson {
  TppcJsonKind kind;
  double number;          /* NUMBER; BOOL: 0 or 1 */
  const char *text;       /* STRING, terminated; \u0000 ends it */
  const char *key;        /* of a member of an object */
  TppcJson *first, *next; /* of ARRAY and OBJECT; the next element or member */
};

/* The value that n bytes of text are (RFC 8259), in the arena. NULL with *why, a static text, and
 * *at, where it stands. */
TppcJson *tppc_json_parse(TppcArena *a, const char *text, size_t n, const char **why, size_t *at);
/* Member `key` of an object; NULL when there is none, or v is NULL or no object. */
const TppcJson *tppc_json_get(const TppcJson *v, const char *key);

#endif
