/* Reading JSON with jansson, into the arena. */
#include "api/json_read.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

static TppcJson *convert(TppcArena *a, const json_t *from);

static void append(TppcJson *list, TppcJson ***end, TppcJson *v) {
  if (!*end)
    *end = &list->first;
  **end = v;
  *end = &v->next;
}

static TppcJson *convert_array(TppcArena *a, const json_t *from) {
  TppcJson *list = TPPC_NEW(a, TppcJson), **end = NULL;
  list->kind = TPPC_JSON_ARRAY;
  for (size_t i = 0; i < json_array_size(from); i++)
    append(list, &end, convert(a, json_array_get(from, i)));
  return list;
}

static TppcJson *convert_object(TppcArena *a, const json_t *from) {
  TppcJson *list = TPPC_NEW(a, TppcJson), **end = NULL;
  list->kind = TPPC_JSON_OBJECT;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)from, key, value) {
    TppcJson *v = convert(a, value);
    v->key = tppc_strndup(a, key, strlen(key));
    append(list, &end, v);
  }
  return list;
}

/* The parser bounds the depth. */
static TppcJson *convert(TppcArena *a, const json_t *from) {
  if (json_is_array(from))
    return convert_array(a, from);
  if (json_is_object(from))
    return convert_object(a, from);
  TppcJson *v = TPPC_NEW(a, TppcJson);
  if (json_is_string(from)) {
    v->kind = TPPC_JSON_STRING;
    v->text = tppc_strndup(a, json_string_value(from), json_string_length(from));
  } else if (json_is_number(from)) {
    v->kind = TPPC_JSON_NUMBER;
    v->number = json_number_value(from);
  } else if (json_is_boolean(from)) {
    v->kind = TPPC_JSON_BOOL;
    v->number = json_is_true(from);
  }
  return v;
}

TppcJson *tppc_json_parse(TppcArena *a, const char *text, size_t n, const char **why, int *line) {
  json_error_t error;
  json_t *root = json_loadb(text, n, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
  *why = NULL;
  *line = 0;
  if (!root) {
    *why = tppc_strndup(a, error.text, strlen(error.text));
    *line = error.line > 0 ? error.line : 1;
    return NULL;
  }
  TppcJson *v = convert(a, root);
  json_decref(root);
  return v;
}

const TppcJson *tppc_json_get(const TppcJson *v, const char *key) {
  if (!v || v->kind != TPPC_JSON_OBJECT)
    return NULL;
  for (v = v->first; v; v = v->next)
    if (!strcmp(v->key, key))
      return v;
  return NULL;
}
