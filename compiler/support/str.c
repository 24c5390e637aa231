#include "support/str.h"
#include "support/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- interner: a hash set of texts ---- */

typedef struct Entry {
  const char *text; /* NULL in a free slot */
  size_t n;
  uint64_t hash;
} Entry;

struct TppcInterner {
  TppcArena *arena;
  Entry *slots;
  size_t n, cap; /* cap is a power of two */
};

/* FNV-1a. */
static uint64_t hash_bytes(const char *s, size_t n) {
  uint64_t h = UINT64_C(0xCBF29CE484222325);
  for (size_t i = 0; i < n; i++)
    h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001B3);
  return h;
}

static Entry *entry_of(Entry *slots, size_t cap, uint64_t hash, const char *s, size_t n) {
  size_t i = (size_t)(hash ^ hash >> 32) & (cap - 1);
  for (;; i = (i + 1) & (cap - 1)) {
    Entry *e = &slots[i];
    if (!e->text || (e->hash == hash && e->n == n && (n == 0 || memcmp(e->text, s, n) == 0)))
      return e;
  }
}

TppcInterner *tppc_interner_new(TppcArena *a) {
  TppcInterner *in = TPPC_NEW(a, TppcInterner);
  in->arena = a;
  in->cap = 64;
  in->slots = TPPC_NEW_N(a, Entry, in->cap);
  return in;
}

static void interner_grow(TppcInterner *in) {
  size_t cap = in->cap * 2;
  Entry *slots = TPPC_NEW_N(in->arena, Entry, cap);
  for (size_t i = 0; i < in->cap; i++) {
    const Entry *e = &in->slots[i];
    if (e->text)
      *entry_of(slots, cap, e->hash, e->text, e->n) = *e;
  }
  in->slots = slots;
  in->cap = cap;
}

const char *tppc_intern_n(TppcInterner *in, const char *s, size_t n) {
  uint64_t hash = hash_bytes(s, n);
  Entry *e = entry_of(in->slots, in->cap, hash, s, n);
  if (e->text)
    return e->text;
  const char *text = tppc_strndup(in->arena, s, n);
  *e = (Entry){text, n, hash};
  if (++in->n > in->cap / 4 * 3)
    interner_grow(in);
  return text;
}

const char *tppc_intern(TppcInterner *in, const char *s) {
  return tppc_intern_n(in, s, strlen(s));
}

const char *tppc_internf(TppcInterner *in, const char *fmt, ...) {
  char small[128];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(small, sizeof small, fmt, ap);
  va_end(ap);
  if (n < 0)
    return tppc_intern(in, fmt);
  if ((size_t)n < sizeof small)
    return tppc_intern_n(in, small, (size_t)n);
  va_start(ap, fmt);
  const char *text = tppc_vsprintf(in->arena, fmt, ap);
  va_end(ap);
  return tppc_intern_n(in, text, (size_t)n);
}

/* ---- text builder ---- */

/* Room for extra bytes and the terminator. */
static void reserve(TppcBuf *b, size_t extra) {
  if (extra >= SIZE_MAX / 2 - b->n)
    tppc_out_of_memory();
  size_t want = b->n + extra + 1;
  if (want <= b->cap)
    return;
  size_t cap = b->cap ? b->cap * 2 : 128;
  if (cap < want)
    cap = want;
  char *data = realloc(b->data, cap);
  if (!data)
    tppc_out_of_memory();
  b->data = data;
  b->cap = cap;
}

void tppc_buf_write(TppcBuf *b, const char *s, size_t n) {
  reserve(b, n);
  if (n)
    memcpy(b->data + b->n, s, n);
  b->n += n;
  b->data[b->n] = '\0';
}

void tppc_buf_putc(TppcBuf *b, char c) {
  tppc_buf_write(b, &c, 1);
}

void tppc_buf_puts(TppcBuf *b, const char *s) {
  tppc_buf_write(b, s, strlen(s));
}

void tppc_buf_printf(TppcBuf *b, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(NULL, 0, fmt, ap);
  va_end(ap);
  if (n < 0)
    return;
  reserve(b, (size_t)n);
  va_start(ap, fmt);
  vsnprintf(b->data + b->n, (size_t)n + 1, fmt, ap);
  va_end(ap);
  b->n += (size_t)n;
}

void tppc_buf_free(TppcBuf *b) {
  free(b->data);
  *b = (TppcBuf){0};
}

/* ---- edit distance ---- */

static int min2(int a, int b) {
  return a < b ? a : b;
}

/* The distance with adjacent transpositions where no substring is edited twice (optimal string
 * alignment): three rows of the usual table. */
int tppc_edit_distance(const char *a, const char *b) {
  size_t na = strlen(a), nb = strlen(b), width = nb + 1;
  int *rows = calloc(3 * width, sizeof *rows);
  if (!rows)
    tppc_out_of_memory();
  int *older = rows, *old = rows + width, *cur = rows + 2 * width;
  for (size_t j = 0; j <= nb; j++)
    cur[j] = (int)j;
  for (size_t i = 1; i <= na; i++) {
    int *spare = older;
    older = old;
    old = cur;
    cur = spare;
    cur[0] = (int)i;
    for (size_t j = 1; j <= nb; j++) {
      int best = old[j - 1] + (a[i - 1] != b[j - 1]);
      best = min2(best, min2(old[j], cur[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = min2(best, older[j - 2] + 1);
      cur[j] = best;
    }
  }
  int distance = cur[nb];
  free(rows);
  return distance;
}
