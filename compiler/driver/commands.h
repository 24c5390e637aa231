/* What the commands do, once their arguments are parsed. */
#ifndef TPPC_DRIVER_COMMANDS_H
#define TPPC_DRIVER_COMMANDS_H

#include "driver/options.h"
#include "tppc/tppc.h"

/* Runs the command; the result is the exit code. */
int tppc_command(const TppcArgs *args);

TppcResult tppc_compile(TppcSession *s, const TppcArgs *args);
TppcResult tppc_run(TppcSession *s, const TppcArgs *args);

#endif
