/* What the files of diag/ share. Nobody else includes this. */
#ifndef TPPC_DIAG_INTERNAL_H
#define TPPC_DIAG_INTERNAL_H

#include "diag/diag.h"

#include "support/map.h"
#include "support/vec.h"

/* One registered text. starts is made at the first question for a line. */
typedef struct TppcSource {
  const char *name, *text; /* text is the caller's */
  uint32_t size;
  TppcVec(uint32_t) starts; /* offset of each line's first byte */
} TppcSource;

struct TppcDiags {
  TppcArena *arena;
  TppcInterner *names;
  TppcVec(TppcSource *) sources; /* number s is sources.data[s - 1] */

  TppcDiagHandler handler;
  void *user;

  TppcVec(TppcDiagItem) items; /* the message being built; items.n == 0: none */
  bool dropping;               /* the last message is not shown, nor is what follows it */
  TppcMap shown;               /* interned row and place of every message so far */
  int n_errors, n_warnings;

  bool warnings_are_errors;
  bool off[TPPC_D_COUNT];      /* warnings switched off */
  bool no_error[TPPC_D_COUNT]; /* -Wno-error=<name> */
};

/* One line of a source without its line break; number is 1-based. */
typedef struct TppcLine {
  int number;
  uint32_t begin, end;
} TppcLine;

/* Offsets beyond the text count as its end. */
TppcLine tppc_source_line(const TppcDiags *dx, uint32_t source, uint32_t offset);

/* The printf format of a row, and the -W group it belongs to ("perf") or NULL. */
const char *tppc_diag_format(TppcDiagId id);
const char *tppc_diag_group(TppcDiagId id);

/* "error", "warning", ... */
const char *tppc_severity_name(TppcSeverity severity);

#endif
