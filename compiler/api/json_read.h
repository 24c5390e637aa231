/* Reading JSON documents. */
#ifndef TPPC_API_JSON_READ_H
#define TPPC_API_JSON_READ_H

#include "support/arena.h"

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
  const char *text;       /* STRING, terminated */
  const char *key;        /* of a member of an object */
  TppcJson *first, *next; /* of ARRAY and OBJECT; the next element or member */
};

/* The value that n bytes of text are, in the arena; numbers are doubles. NULL with *why, in the
 * arena, and *line, counted from 1. */
TppcJson *tppc_json_parse(TppcArena *a, const char *text, size_t n, const char **why, int *line);
/* Member `key` of an object; NULL when there is none, or v is NULL or no object. */
const TppcJson *tppc_json_get(const TppcJson *v, const char *key);

#endif
