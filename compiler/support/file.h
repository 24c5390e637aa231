/* Whole files in and out. Nothing half written is ever left behind. */
#ifndef TPPC_SUPPORT_FILE_H
#define TPPC_SUPPORT_FILE_H

#include "support/arena.h"
#include <stdbool.h>

/* Reads path ("-" is standard input) into the arena, terminated by a zero byte beyond *size. NULL
 * with errno set on failure. */
char *tppc_file_read(TppcArena *a, const char *path, size_t *size);

/* Writes a temporary file beside path and renames it over path ("-" is standard output; a device is
 * written directly). False with errno set on failure; then path is as it was. */
bool tppc_file_write(const char *path, const void *data, size_t size);

#endif
