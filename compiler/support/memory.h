/* Memory from the C library that is there, or the process ends: with "tppc: error: out of memory"
 * on standard error and exit code 3, as for a file that the machine does not give. Nothing is
 * written meanwhile, since files are renamed when they are whole. */
#ifndef TPPC_SUPPORT_MEMORY_H
#define TPPC_SUPPORT_MEMORY_H

#include <stddef.h>

enum { TPPC_OUT_OF_MEMORY = 3 };

_Noreturn void tppc_out_of_memory(void);

/* n elements of zeros, and never NULL; free() releases them. */
void *tppc_zeroed(size_t n, size_t size);

#endif
