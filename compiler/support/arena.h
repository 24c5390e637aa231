/* Arena allocation: everything of one lifetime is freed at once, nothing is freed alone. */
#ifndef TPPC_SUPPORT_ARENA_H
#define TPPC_SUPPORT_ARENA_H

#include <stdarg.h>
#include <stddef.h>

typedef struct TppcArena TppcArena;

TppcArena *tppc_arena_new(void);
void tppc_arena_free(TppcArena *a);

/* Zeroed memory aligned to max_align_t, valid until the arena is freed. Aborts when memory is out,
 * as LLVM does; never returns NULL. */
void *tppc_alloc(TppcArena *a, size_t bytes);
/* n elements of size bytes; aborts on overflow. */
void *tppc_alloc_n(TppcArena *a, size_t n, size_t size);
char *tppc_strdup(TppcArena *a, const char *s);
char *tppc_strndup(TppcArena *a, const char *s, size_t n);
char *tppc_sprintf(TppcArena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *tppc_vsprintf(TppcArena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

#define TPPC_NEW(arena, T)      ((T *)tppc_alloc((arena), sizeof(T)))
#define TPPC_NEW_N(arena, T, n) ((T *)tppc_alloc_n((arena), (size_t)(n), sizeof(T)))

#endif
