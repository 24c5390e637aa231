/* The command tppc: a thin user of tppc/tppc.h. */
#include "driver/commands.h"

#include <stdlib.h>
#include <string.h>

static int explain(int argc, char **argv) {
  if (argc != 1) {
    fprintf(stderr, "usage: tppc explain S0103\n");
    return TPPC_BAD_USAGE;
  }
  char *text = tppc_explain_diagnostic(argv[0]);
  if (!text) {
    fprintf(stderr, "tppc explain: error: there is no diagnostic '%s'\n", argv[0]);
    return TPPC_BAD_PROGRAM;
  }
  fputs(text, stdout);
  free(text);
  return TPPC_DONE;
}

static const struct {
  const char *name;
  TppcCommand command;
} commands[] = {{"check", TPPC_CMD_CHECK},
                {"run", TPPC_CMD_RUN},
                {"interp", TPPC_CMD_INTERP},
                {"fmt", TPPC_CMD_FMT}};

int main(int argc, char **argv) {
  TppcCommand command = TPPC_CMD_COMPILE;
  int first = 1;
  if (argc > 1 && !strcmp(argv[1], "explain"))
    return explain(argc - 2, argv + 2);
  for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
    if (!strcmp(argv[1], commands[i].name)) {
      command = commands[i].command;
      first = 2;
    }
  TppcArgs args;
  int r = tppc_args_parse(&args, command, argc - first, argv + first) ? tppc_command(&args)
                                                                      : TPPC_BAD_USAGE;
  tppc_args_free(&args);
  return r;
}
