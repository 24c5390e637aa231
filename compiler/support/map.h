/* Hash map from pointers (interned names, values, ops) to pointers, in an arena. */
#ifndef TPPC_SUPPORT_MAP_H
#define TPPC_SUPPORT_MAP_H

#include "support/arena.h"

typedef struct TppcMap {
  TppcArena *arena;
  const void **keys;
  void **vals;
  int n, cap;
} TppcMap;

/* {.arena = a} is an empty map. A key is not NULL. */
void tppc_map_set(TppcMap *m, const void *key, void *val);
/* NULL when absent. */
void *tppc_map_get(const TppcMap *m, const void *key);

#endif
