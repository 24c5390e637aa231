/* Open addressing with linear probing, at most three quarters full. Nothing iterates over a map:
 * the order of its slots depends on addresses, and no output may. */
#include "support/map.h"

#include <assert.h>
#include <stdint.h>

/* The slot that holds key, or the free one where it belongs. */
static int slot_of(const TppcMap *m, const void *key) {
  uint64_t h = (uint64_t)(uintptr_t)key * UINT64_C(0x9E3779B97F4A7C15);
  int i = (int)(h >> 33) & (m->cap - 1);
  while (m->keys[i] && m->keys[i] != key)
    i = (i + 1) & (m->cap - 1);
  return i;
}

static void grow(TppcMap *m) {
  TppcMap old = *m;
  m->cap = old.cap ? old.cap * 2 : 16;
  m->keys = TPPC_NEW_N(m->arena, const void *, m->cap);
  m->vals = TPPC_NEW_N(m->arena, void *, m->cap);
  for (int i = 0; i < old.cap; i++) {
    if (!old.keys[i])
      continue;
    int to = slot_of(m, old.keys[i]);
    m->keys[to] = old.keys[i];
    m->vals[to] = old.vals[i];
  }
}

void tppc_map_set(TppcMap *m, const void *key, void *val) {
  assert(key && "NULL marks a free slot");
  if (m->n >= m->cap / 4 * 3)
    grow(m);
  int i = slot_of(m, key);
  m->n += !m->keys[i];
  m->keys[i] = key;
  m->vals[i] = val;
}

void *tppc_map_get(const TppcMap *m, const void *key) {
  if (!m->cap || !key)
    return NULL;
  return m->vals[slot_of(m, key)];
}
