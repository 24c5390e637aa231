/* Growable arrays that live in an arena: TppcVec(T) v = {0}; TPPC_PUSH(arena, &v, x); v.data[i],
 * v.n. */
#ifndef TPPC_SUPPORT_VEC_H
#define TPPC_SUPPORT_VEC_H

#include "support/arena.h"

#define TppcVec(T)                                                                                 \
  struct {                                                                                         \
    T *data;                                                                                       \
    int n, cap;                                                                                    \
  }

/* Grows *data, which holds n elements of size bytes, to at least n + 1; the old block stays in the
 * arena. */
void *tppc_vec_grow(TppcArena *a, void *data, int n, int *cap, size_t size);

#define TPPC_PUSH(arena, v, x)                                                                     \
  ((v)->n == (v)->cap ? (void)((v)->data = tppc_vec_grow((arena), (v)->data, (v)->n, &(v)->cap,    \
                                                         sizeof *(v)->data))                       \
                      : (void)0,                                                                   \
   (v)->data[(v)->n++] = (x))

#endif
