/* JSON text: the escaping that every writer of JSON needs. */
#ifndef TPPC_SUPPORT_JSON_H
#define TPPC_SUPPORT_JSON_H

#include "support/str.h"

/* Appends n bytes of s as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD, so
 * the output is valid JSON whatever the input was. */
void tppc_json_string_n(TppcBuf *out, const char *s, size_t n);
void tppc_json_string(TppcBuf *out, const char *s);

#endif
