/* tppc fmt: formats sources, or says which are not formatted. */
#include "driver/commands.h"

#include <stdlib.h>
#include <string.h>

typedef enum Mode { PRINT, IN_PLACE, CHECK } Mode;

static TppcResult deliver(TppcSession *s, const char *path, Mode mode, const char *text, size_t n,
                          int changed) {
  switch (mode) {
  case PRINT:
    return tppc_session_write_text(s, "-", text, n);
  case IN_PLACE:
    return changed ? tppc_session_write_text(s, path, text, n) : TPPC_DONE;
  case CHECK:
    if (changed)
      fprintf(stderr, "%s: not formatted\n", strcmp(path, "-") ? path : "<stdin>");
    return changed ? TPPC_BAD_PROGRAM : TPPC_DONE;
  }
  return TPPC_INTERNAL;
}

/* A session a file: errors of one do not spoil the next. */
static TppcResult format_one(const TppcArgs *args, const char *path, Mode mode) {
  TppcSession *s = tppc_session_new();
  TppcResult r = tppc_command_messages(s, args);
  char *text = NULL;
  size_t n = 0;
  int changed = 0;
  if (r == TPPC_DONE)
    r = tppc_session_format(s, path, &text, &n, &changed);
  if (r == TPPC_DONE)
    r = deliver(s, path, mode, text, n, changed);
  free(text);
  tppc_session_end_messages(s);
  tppc_session_free(s);
  return r;
}

TppcResult tppc_fmt(const TppcArgs *args) {
  bool in_place = tppc_args_get(args, TPPC_OPT_in_place) != NULL,
       check = tppc_args_get(args, TPPC_OPT_check_format) != NULL;
  if (in_place && check)
    return tppc_usage("-i writes files and --check writes none: give one of them");
  for (int i = 0; i < args->n_files || i < 1; i++)
    if (in_place && (!args->n_files || !strcmp(args->files[i], "-")))
      return tppc_usage("-i needs files; standard input is formatted to standard output");
  Mode mode = in_place ? IN_PLACE : check ? CHECK : PRINT;
  TppcResult result = TPPC_DONE;
  for (int i = 0; i < args->n_files || i < 1; i++) {
    TppcResult r = format_one(args, args->n_files ? args->files[i] : "-", mode);
    result = r > result ? r : result;
  }
  return result;
}
