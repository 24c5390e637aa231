/* The rows of diags.def as tables. */
#include "diag/diag_internal.h"

#include <string.h>

/* A name is the row's identifier with '-' for '_', and a group is its word in lower case, as
 * options are spelled. They are converted here, character by character, because a table that is
 * filled at run time would be a mutable global. */
enum { NAME_SIZE = 40 };
#define AT(s, i) ((s)[(i) < sizeof(s) ? (i) : sizeof(s) - 1])
#define OPTION_CHAR(s, i)                                                                          \
  (char)(AT(s, i) == '_' ? '-' : AT(s, i) >= 'A' && AT(s, i) <= 'Z' ? AT(s, i) + 32 : AT(s, i))
#define OPTION_4(s, i)                                                                             \
  OPTION_CHAR(s, i), OPTION_CHAR(s, (i) + 1), OPTION_CHAR(s, (i) + 2), OPTION_CHAR(s, (i) + 3)
#define OPTION_20(s, i)                                                                            \
  OPTION_4(s, i), OPTION_4(s, (i) + 4), OPTION_4(s, (i) + 8), OPTION_4(s, (i) + 12),               \
      OPTION_4(s, (i) + 16)
#define OPTION_NAME(s)                                                                             \
  { OPTION_20(s, 0), OPTION_20(s, 20) }

#define DIAG(id, name, severity, group, format, help)                                              \
  _Static_assert(sizeof(#name) <= NAME_SIZE && sizeof(#group) <= NAME_SIZE, #name " is too long");
#include "diag/diags.def"
#undef DIAG

typedef struct Row {
  const char *code;
  char name[NAME_SIZE], group[NAME_SIZE]; /* group "none": in no group */
  TppcSeverity severity;
  const char *format, *cause;
} Row;

static const Row rows[] = {
#define DIAG(id, name, severity, group, format, help)                                              \
  {#id, OPTION_NAME(#name), OPTION_NAME(#group), TPPC_##severity, format, help},
#include "diag/diags.def"
#undef DIAG
};

const char *tppc_diag_code(TppcDiagId id) {
  return rows[id].code;
}
const char *tppc_diag_name(TppcDiagId id) {
  return rows[id].name;
}
const char *tppc_diag_cause(TppcDiagId id) {
  return rows[id].cause;
}
TppcSeverity tppc_diag_severity(TppcDiagId id) {
  return rows[id].severity;
}
const char *tppc_diag_format(TppcDiagId id) {
  return rows[id].format;
}

const char *tppc_diag_group(TppcDiagId id) {
  return strcmp(rows[id].group, "none") == 0 ? NULL : rows[id].group;
}

TppcDiagId tppc_diag_by_code(const char *code) {
  for (int i = 0; i < TPPC_D_COUNT; i++)
    if (strcmp(rows[i].code, code) == 0)
      return (TppcDiagId)i;
  return TPPC_D_COUNT;
}

const char *tppc_severity_name(TppcSeverity severity) {
  switch (severity) {
  case TPPC_NOTE:
    return "note";
  case TPPC_HELP:
    return "help";
  case TPPC_WARNING:
    return "warning";
  case TPPC_ERROR:
    return "error";
  case TPPC_FATAL:
    return "fatal error";
  }
  return "error";
}
