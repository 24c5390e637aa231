/* The command tppc: a thin user of tppc/tppc.h. */
#include "driver/commands.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int explain_diagnostic(const char *code) {
  char *text = tppc_explain_diagnostic(code);
  if (!text) {
    fprintf(stderr, "tppc explain: error: there is no diagnostic '%s'\n", code);
    return TPPC_BAD_PROGRAM;
  }
  fputs(text, stdout);
  free(text);
  return TPPC_DONE;
}

/* S0103 and the like, as opposed to the name of a file. */
static bool is_diagnostic(const char *arg) {
  return isalpha((unsigned char)arg[0]) && arg[1] &&
         strspn(arg + 1, "0123456789") == strlen(arg + 1);
}

static const struct {
  const char *name;
  TppcCommand command;
} commands[] = {
    {"check", TPPC_CMD_CHECK},     {"run", TPPC_CMD_RUN},     {"interp", TPPC_CMD_INTERP},
    {"explain", TPPC_CMD_EXPLAIN}, {"fmt", TPPC_CMD_FMT},     {"info", TPPC_CMD_INFO},
    {"targets", TPPC_CMD_TARGETS}, {"bench", TPPC_CMD_BENCH}, {"benchcmp", TPPC_CMD_BENCHCMP}};

/* What was printed may not have arrived, as on a full disk: only flushing tells. */
static int finish(int result) {
  if ((fflush(stdout) || ferror(stdout)) && result == TPPC_DONE) {
    fprintf(stderr, "tppc: error: cannot write standard output: %s\n", strerror(errno));
    return TPPC_BAD_FILE;
  }
  return result;
}

int main(int argc, char **argv) {
  TppcCommand command = TPPC_CMD_COMPILE;
  int first = 1;
  if (argc == 3 && !strcmp(argv[1], "explain") && is_diagnostic(argv[2]))
    return finish(explain_diagnostic(argv[2]));
  for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
    if (!strcmp(argv[1], commands[i].name)) {
      command = commands[i].command;
      first = 2;
    }
  TppcArgs args;
  int r = tppc_args_parse(&args, command, argc - first, argv + first) ? tppc_command(&args)
                                                                      : TPPC_BAD_USAGE;
  tppc_args_free(&args);
  return finish(r);
}
