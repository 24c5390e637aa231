/* What the commands do, once their arguments are parsed. */
#ifndef TPPC_DRIVER_COMMANDS_H
#define TPPC_DRIVER_COMMANDS_H

#include "driver/options.h"
#include "tppc/tppc.h"

/* Runs the command; the result is the exit code. */
int tppc_command(const TppcArgs *args);

/* A message on stderr about the command line; gives TPPC_BAD_USAGE. */
TppcResult tppc_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Sends the session's messages to stderr in the form that the options ask for. */
TppcResult tppc_command_messages(TppcSession *s, const TppcArgs *args);

TppcResult tppc_fmt(const TppcArgs *args);
TppcResult tppc_run(TppcSession *s, const TppcArgs *args);
/* A run of the kernel that the options name, its inputs made; NULL after a message. */
TppcRun *tppc_run_from(TppcSession *s, const TppcArgs *args, TppcResult *result);
/* The interpreter's verdict, printed. */
TppcResult tppc_print_verdict(TppcRun *r);
TppcResult tppc_bench(TppcSession *s, const TppcArgs *args);
TppcResult tppc_benchcmp(TppcSession *s, const TppcArgs *args);

#endif
