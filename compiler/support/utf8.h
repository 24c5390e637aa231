/* UTF-8, as far as a compiler needs it: how long a character is, and whether it is one. */
#ifndef TPPC_SUPPORT_UTF8_H
#define TPPC_SUPPORT_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed character at s (1 to 4) within n bytes; 0 when s does not start one.
 * Overlong forms, surrogates and values above U+10FFFF are not well formed. */
size_t tppc_utf8_length(const char *s, size_t n);

#endif
