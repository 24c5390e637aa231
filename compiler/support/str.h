/* Interned names and a string builder. */
#ifndef TPPC_SUPPORT_STR_H
#define TPPC_SUPPORT_STR_H

#include "support/arena.h"

/* Interned strings: equal text gives the same pointer, so names compare by ==. */
typedef struct TppcInterner TppcInterner;
TppcInterner *tppc_interner_new(TppcArena *a);
const char *tppc_intern(TppcInterner *in, const char *s);
const char *tppc_intern_n(TppcInterner *in, const char *s, size_t n);
const char *tppc_internf(TppcInterner *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A growing text; data is always terminated. Free with tppc_buf_free (it owns malloc memory,
 * because texts grow by a lot). */
typedef struct TppcBuf {
  char *data;
  size_t n, cap;
} TppcBuf;
void tppc_buf_putc(TppcBuf *b, char c);
void tppc_buf_puts(TppcBuf *b, const char *s);
void tppc_buf_write(TppcBuf *b, const char *s, size_t n);
void tppc_buf_printf(TppcBuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tppc_buf_free(TppcBuf *b);

/* Levenshtein distance with transpositions, for "did you mean". */
int tppc_edit_distance(const char *a, const char *b);

#endif
