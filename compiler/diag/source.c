/* Texts that messages point into. Everything else in the compiler carries byte offsets; lines exist
 * only here, and only once somebody asks. */
#include "diag/diag_internal.h"

#include <string.h>

uint32_t tppc_source_add(TppcDiags *dx, const char *name, const char *text, size_t size) {
  TppcSource *s = TPPC_NEW(dx->arena, TppcSource);
  s->name = tppc_strdup(dx->arena, name);
  s->text = text;
  s->size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
  TPPC_PUSH(dx->arena, &dx->sources, s);
  return (uint32_t)dx->sources.n;
}

static TppcSource *source_at(const TppcDiags *dx, uint32_t source) {
  if (source == 0 || source > (uint32_t)dx->sources.n)
    return NULL;
  return dx->sources.data[source - 1];
}

const char *tppc_source_name(const TppcDiags *dx, uint32_t source) {
  const TppcSource *s = source_at(dx, source);
  return s ? s->name : "tppc";
}

const char *tppc_source_text(const TppcDiags *dx, uint32_t source, size_t *size) {
  const TppcSource *s = source_at(dx, source);
  *size = s ? s->size : 0;
  return s ? s->text : "";
}

static void find_lines(TppcArena *a, TppcSource *s) {
  TPPC_PUSH(a, &s->starts, 0);
  for (uint32_t i = 0; i < s->size;) {
    const char *nl = memchr(s->text + i, '\n', s->size - i);
    if (!nl)
      break;
    i = (uint32_t)(nl - s->text) + 1;
    TPPC_PUSH(a, &s->starts, i);
  }
}

TppcLine tppc_source_line(const TppcDiags *dx, uint32_t source, uint32_t offset) {
  TppcSource *s = source_at(dx, source);
  if (!s)
    return (TppcLine){1, 0, 0};
  if (!s->starts.n)
    find_lines(dx->arena, s);
  if (offset > s->size)
    offset = s->size;
  int low = 0, high = s->starts.n - 1;
  while (low < high) {
    int mid = low + (high - low + 1) / 2;
    if (s->starts.data[mid] <= offset)
      low = mid;
    else
      high = mid - 1;
  }
  TppcLine line = {low + 1, s->starts.data[low], s->size};
  if (low + 1 < s->starts.n)
    line.end = s->starts.data[low + 1] - 1;
  if (line.end > line.begin && s->text[line.end - 1] == '\r')
    line.end--;
  return line;
}

void tppc_source_pos(const TppcDiags *dx, uint32_t source, uint32_t offset, int *line,
                     int *column) {
  const TppcSource *s = source_at(dx, source);
  TppcLine l = tppc_source_line(dx, source, offset);
  uint32_t at = s && offset > s->size ? s->size : offset;
  *line = l.number;
  *column = s ? (int)(at - l.begin) + 1 : 1;
}
