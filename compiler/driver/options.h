/* The command line, parsed by the table options.def. */
#ifndef TPPC_DRIVER_OPTIONS_H
#define TPPC_DRIVER_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

typedef enum TppcOptionId {
#define OPTION(id, spelling, kind, metavar, commands, group, help) TPPC_OPT_##id,
#include "driver/options.def"
#undef OPTION
  TPPC_OPT_COUNT
} TppcOptionId;

typedef enum TppcCommand {
  TPPC_CMD_COMPILE = 1,
  TPPC_CMD_CHECK = 2,
  TPPC_CMD_RUN = 4,
  TPPC_CMD_INTERP = 8,
  TPPC_CMD_EXPLAIN = 16,
  TPPC_CMD_FMT = 32,
  TPPC_CMD_INFO = 64,
  TPPC_CMD_TARGETS = 128,
  TPPC_CMD_BENCH = 256,
  TPPC_CMD_BENCHCMP = 512
} TppcCommand;

typedef struct TppcGiven {
  TppcOptionId id;
  const char *value; /* "" for flags */
} TppcGiven;

/* given and files point into argv; file is the first that is no option, or NULL. Only fmt and
 * benchcmp take several. */
typedef struct TppcArgs {
  TppcCommand command;
  const char *file;
  const char **files;
  int n_files;
  TppcGiven *given;
  int n;
} TppcArgs;

/* args of a command, its own name excluded. False after a message on stderr. */
bool tppc_args_parse(TppcArgs *out, TppcCommand command, int argc, char **argv);
void tppc_args_free(TppcArgs *a);
/* The last value, or NULL when the option was not given. */
const char *tppc_args_get(const TppcArgs *a, TppcOptionId id);
/* What the option is called in tppc_session_set. */
const char *tppc_option_key(TppcOptionId id);
void tppc_args_help(FILE *out);
/* The page tppc(1), for man. */
void tppc_args_manual(FILE *out, const char *version);
/* What bash reads to complete command lines of tppc. */
void tppc_args_completion(FILE *out);

#endif
