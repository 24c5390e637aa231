/* A list of zeroed chunks with a bump pointer in the newest. Under AddressSanitizer everything
 * outside a live allocation is poisoned and allocations are kept apart, so an overrun inside the
 * arena is caught as one of malloc would be. */
#include "support/arena.h"
#include "support/memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_GAP          alignof(max_align_t)
#define ARENA_POISON(p, n) __asan_poison_memory_region((p), (n))
#define ARENA_OPEN(p, n)   __asan_unpoison_memory_region((p), (n))
#else
#define ARENA_GAP          ((size_t)0)
#define ARENA_POISON(p, n) ((void)(p), (void)(n))
#define ARENA_OPEN(p, n)   ((void)(p), (void)(n))
#endif

enum { ARENA_CHUNK_MIN = 16 * 1024, ARENA_CHUNK_MAX = 1024 * 1024 };

typedef struct Chunk {
  struct Chunk *next;
  size_t used, size; /* bytes of data */
  alignas(max_align_t) unsigned char data[];
} Chunk;

struct TppcArena {
  Chunk *head; /* the one allocations are taken from */
  size_t next_size;
};

static Chunk *chunk_new(size_t size) {
  if (size > SIZE_MAX - sizeof(Chunk))
    tppc_out_of_memory();
  Chunk *c = calloc(1, sizeof *c + size);
  if (!c)
    tppc_out_of_memory();
  c->size = size;
  ARENA_POISON(c->data, size);
  return c;
}

TppcArena *tppc_arena_new(void) {
  TppcArena *a = calloc(1, sizeof *a);
  if (!a)
    tppc_out_of_memory();
  a->next_size = ARENA_CHUNK_MIN;
  return a;
}

void tppc_arena_free(TppcArena *a) {
  if (!a)
    return;
  for (Chunk *c = a->head, *next; c; c = next) {
    next = c->next;
    ARENA_OPEN(c->data, c->size);
    free(c);
  }
  free(a);
}

/* A chunk with room for need bytes. A block that would waste most of a fresh chunk gets one of its
 * own, put behind the head so that the room left in the head stays in use. */
static Chunk *chunk_for(TppcArena *a, size_t need) {
  if (a->head && a->head->size - a->head->used >= need)
    return a->head;
  if (need > a->next_size / 4 && a->head) {
    Chunk *own = chunk_new(need);
    own->next = a->head->next;
    a->head->next = own;
    return own;
  }
  Chunk *c = chunk_new(need > a->next_size ? need : a->next_size);
  if (a->next_size < ARENA_CHUNK_MAX)
    a->next_size *= 2;
  c->next = a->head;
  a->head = c;
  return c;
}

void *tppc_alloc(TppcArena *a, size_t bytes) {
  const size_t align = alignof(max_align_t);
  if (bytes > SIZE_MAX / 2)
    tppc_out_of_memory();
  size_t need = (bytes + align - 1) / align * align + ARENA_GAP;
  if (!need)
    need = align;
  Chunk *c = chunk_for(a, need);
  void *p = c->data + c->used;
  c->used += need;
  ARENA_OPEN(p, bytes);
  return p;
}

void *tppc_alloc_n(TppcArena *a, size_t n, size_t size) {
  if (size && n > SIZE_MAX / size)
    tppc_out_of_memory();
  return tppc_alloc(a, n * size);
}

char *tppc_strndup(TppcArena *a, const char *s, size_t n) {
  char *p = tppc_alloc(a, n + 1);
  if (n)
    memcpy(p, s, n);
  return p;
}

char *tppc_strdup(TppcArena *a, const char *s) {
  return tppc_strndup(a, s, strlen(s));
}

char *tppc_vsprintf(TppcArena *a, const char *fmt, va_list ap) {
  va_list again;
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, fmt, again);
  va_end(again);
  if (n < 0)
    return tppc_strdup(a, fmt);
  char *p = tppc_alloc(a, (size_t)n + 1);
  vsnprintf(p, (size_t)n + 1, fmt, ap);
  return p;
}

char *tppc_sprintf(TppcArena *a, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  char *p = tppc_vsprintf(a, fmt, ap);
  va_end(ap);
  return p;
}
