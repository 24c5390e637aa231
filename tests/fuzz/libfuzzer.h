/* What the libFuzzer targets share. Each reads any bytes; a crash, a report of a sanitizer, a leak,
 * or an answer that takes too long is a finding. */
#ifndef TPPC_TESTS_FUZZ_LIBFUZZER_H
#define TPPC_TESTS_FUZZ_LIBFUZZER_H

#include "passes/pass.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A context whose first messages are rendered in every format, and all dropped. */
TppcContext *fuzz_context(void);
/* Registers a copy of the bytes as a source called name. */
uint32_t fuzz_source(TppcContext *cx, const char *name, const void *data, size_t size);
/* What semantic analysis or a parser accepted must print, read back, and print the same. Aborts
 * otherwise. */
void fuzz_round_trip(const TppcModule *m);
/* The passes up to last, all if it is NULL, must answer with a module that verifies or with a
 * message. Aborts otherwise. */
void fuzz_lower(TppcModule *m, const char *last);

#endif
