/* tppc benchcmp: two files of measured results, row by row. */
#include "api/session.h"

#include "support/file.h"
#include "api/json_read.h"

#include <errno.h>
#include <math.h>
#include <string.h>

typedef struct Row {
  const char *name;
  double median, low, high; /* seconds */
} Row;

typedef struct Rows {
  const char *path;
  TppcVec(Row) v;
} Rows;

/* A time that ratios can be taken of; 0 otherwise. */
static double number(const TppcJson *v, const char *key) {
  const TppcJson *n = tppc_json_get(v, key);
  bool ok = n && n->kind == TPPC_JSON_NUMBER && n->number > 1e-30 && n->number < 1e30;
  return ok ? n->number : 0;
}

static const char *take_result(TppcSession *s, const TppcJson *v, Rows *rows) {
  const TppcJson *name = tppc_json_get(v, "name"), *seconds = tppc_json_get(v, "seconds");
  Row row = {.median = number(seconds, "median"),
             .low = number(seconds, "low"),
             .high = number(seconds, "high")};
  if (!name || name->kind != TPPC_JSON_STRING)
    return "a result has no name";
  if (row.median <= 0 || row.low <= 0 || row.high <= 0)
    return "a result has no positive seconds.median, low, and high";
  row.name = name->text;
  for (int i = 0; i < rows->v.n; i++)
    if (!strcmp(rows->v.data[i].name, row.name))
      return "two results have the same name";
  TPPC_PUSH(s->cx->arena, &rows->v, row);
  return NULL;
}

static TppcResult load(TppcSession *s, const char *path, Rows *rows) {
  size_t size;
  int line;
  const char *why;
  TppcArena *arena = s->cx->arena;
  *rows = (Rows){.path = path};
  char *text = tppc_file_read(arena, path, &size);
  if (!text)
    return TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_cannot_read, TPPC_NO_SPAN, path, strerror(errno));
  const TppcJson *document = tppc_json_parse(arena, text, size, &why, &line);
  if (!document)
    why = tppc_sprintf(arena, "line %d is no JSON: %s", line, why);
  const TppcJson *schema = tppc_json_get(document, "schema"),
                 *results = tppc_json_get(document, "results");
  if (document &&
      (!schema || schema->kind != TPPC_JSON_STRING || strcmp(schema->text, "tppc-bench-1") ||
       !results || results->kind != TPPC_JSON_ARRAY))
    why = "it is not a document of schema tppc-bench-1";
  for (const TppcJson *r = results && !why ? results->first : NULL; r && !why; r = r->next)
    why = take_result(s, r, rows);
  return why ? TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_bad_file, TPPC_NO_SPAN, path, why) : TPPC_DONE;
}

static const Row *find(const Rows *rows, const char *name) {
  for (int i = 0; i < rows->v.n; i++)
    if (!strcmp(rows->v.data[i].name, name))
      return &rows->v.data[i];
  return NULL;
}

/* Speed of b by that of a, and what the intervals of both leave possible. */
static bool put_row(TppcBuf *out, const Row *a, const Row *b, double fail_below) {
  double ratio = a->median / b->median, low = a->low / b->high, high = a->high / b->low;
  bool slow = ratio < fail_below;
  const char *what = slow ? "  BELOW THE GATE" : low > 1 ? "  faster" : high < 1 ? "  slower" : "";
  tppc_buf_printf(out, "%-48s %6.3f [%.3f, %.3f]%s\n", a->name, ratio, low, high, what);
  return slow;
}

TppcResult tppc_session_benchcmp(TppcSession *s, const char *a, const char *b, double fail_below,
                                 char **text) {
  Rows before, after;
  *text = NULL;
  TppcResult result = load(s, a, &before);
  if (result == TPPC_DONE)
    result = load(s, b, &after);
  if (result != TPPC_DONE)
    return result;
  TppcBuf out = {0};
  int common = 0, slow = 0;
  double logs = 0;
  tppc_buf_printf(&out, "%-48s speed of %s by that of %s\n", "", b, a);
  for (int i = 0; i < before.v.n; i++) {
    const Row *x = &before.v.data[i], *y = find(&after, x->name);
    if (y) {
      slow += put_row(&out, x, y, fail_below);
      logs += log(x->median / y->median);
      common++;
    } else {
      tppc_buf_printf(&out, "%-48s missing in %s%s\n", x->name, b,
                      fail_below > 0 ? "  BELOW THE GATE" : "");
      slow += fail_below > 0;
    }
  }
  for (int i = 0; i < after.v.n; i++)
    if (!find(&before, after.v.data[i].name))
      tppc_buf_printf(&out, "%-48s new in %s\n", after.v.data[i].name, b);
  if (!common) {
    tppc_buf_free(&out);
    return TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_no_common_results, TPPC_NO_SPAN, a, b);
  }
  tppc_buf_printf(&out, "%-48s %6.3f\n", "geometric mean", exp(logs / common));
  *text = out.data;
  return slow ? TPPC_SLOWER : TPPC_DONE;
}
