/* Race detection with shadow memory.
 *
 * Threads of a team are ordered by barriers and nothing else. So two accesses race when different
 * threads make them in the same stretch between barriers and one of them writes, and it is enough
 * to keep the last writer and the readers (one, or several) of each element with the stretch they
 * did it in; what happened before the last barrier can no longer collide. The order in which the
 * threads were run does not matter (compare vector clocks: Lamport 1978; Flanagan and Freund,
 * "FastTrack", 2009, which this is the special case of for barriers).
 */
#include "interp/interp_internal.h"
#include "support/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SEVERAL = -1 };

static void place(const Store *s, int64_t at, char *text, size_t room) {
  int64_t idx[TPPC_MAX_RANK] = {0};
  for (int d = s->rank - 1; d >= 0; d--) {
    idx[d] = s->dim[d] ? at % s->dim[d] : 0;
    at = s->dim[d] ? at / s->dim[d] : 0;
  }
  size_t n = (size_t)snprintf(text, room, "%s", s->name ? s->name : "?");
  for (int d = 0; d < s->rank && n < room; d++)
    n += (size_t)snprintf(text + n, room - n, "%s%" PRId64 "%s", d ? ", " : "[", idx[d],
                          d + 1 == s->rank ? "]" : "");
}

static void who(const Interp *in, int owner, char *text, size_t room) {
  if (owner == SEVERAL)
    snprintf(text, room, "another thread");
  else if (owner >= in->threads)
    snprintf(text, room, "chunk %d", owner - in->threads);
  else
    snprintf(text, room, "thread %d", owner);
}

static void report(const Interp *in, const Store *s, int64_t at, int other, const char *does) {
  char where[96], a[32], b[32];
  if (in->race->found)
    return;
  in->race->found = true;
  place(s, at, where, sizeof where);
  who(in, other, a, sizeof a);
  who(in, in->owner, b, sizeof b);
  snprintf(in->race->text, sizeof in->race->text,
           "%s and %s both reach %s without a barrier in between; %s %s", a, b, where, b, does);
}

static Shadow *shadow_of(const Interp *in, Store *s) {
  if (!in->race || in->owner < 0 || !s->name)
    return NULL;
  if (!s->shadow)
    s->shadow = tppc_zeroed((size_t)s->n + 1, sizeof *s->shadow);
  return s->shadow;
}

/* A copy per thread is reached by that thread whatever chunk it works on. */
static int toucher(const Interp *in, const Store *s) {
  const TppcExpr *first = s->rank ? s->type->dims[0] : NULL;
  bool copies = first && first->kind == TPPC_E_SYM && strcmp(first->sym, "nthreads") == 0;
  return copies ? in->thread : in->owner;
}

void race_read(Interp *in, Store *s, int64_t first, int64_t step, int64_t n) {
  Shadow *shadow = shadow_of(in, s);
  int owner = toucher(in, s);
  for (int64_t k = 0; shadow && k < n; k++) {
    Shadow *x = &shadow[first + k * step];
    if (x->written == in->stretch && x->writer != owner)
      report(in, s, first + k * step, x->writer, "reads");
    if (x->read != in->stretch) {
      x->read = in->stretch;
      x->reader = owner;
    } else if (x->reader != owner) {
      x->reader = SEVERAL;
    }
  }
}

void race_write(Interp *in, Store *s, int64_t first, int64_t step, int64_t n) {
  Shadow *shadow = shadow_of(in, s);
  int owner = toucher(in, s);
  for (int64_t k = 0; shadow && k < n; k++) {
    Shadow *x = &shadow[first + k * step];
    if (x->written == in->stretch && x->writer != owner)
      report(in, s, first + k * step, x->writer, "writes");
    if (x->read == in->stretch && x->reader != owner)
      report(in, s, first + k * step, x->reader, "writes");
    x->written = in->stretch;
    x->writer = owner;
  }
}
