/* Writing a schedule down as loop dialect: what the loops and the tiles inside them share. */
#ifndef TPPC_PASSES_SCHEDULE_TILES_H
#define TPPC_PASSES_SCHEDULE_TILES_H

#include "passes/walk_entries.h"
#include "schedule/schedule.h"

/* What one tile adds to an atomic update, in a buffer of the thread: stmt updates at[..] of it. */
typedef struct TppcPart {
  const TppcSchedStmt *stmt; /* NULL: none is open */
  TppcUse at;
} TppcPart;

/* Where the emission of one nest stands. Owns nothing: all is in the arena of cx. */
typedef struct TppcEmitter {
  TppcContext *cx;
  const TppcSched *s;
  TppcOp *kernel;
  TppcMap values;                             /* temporaries to buffers */
  const TppcExpr *var[TPPC_SCHED_MAX_LEVELS]; /* value of each open level */
  bool run_empty[TPPC_SCHED_MAX_LEVELS];      /* of the open loops */
  const TppcUse *pattern;                     /* of the walk that is open, or NULL */
  TppcWalk walk;
  TppcRegion *top; /* the body of the nest */
  TppcPart part;
  int n_parts;
  uint64_t at_zero; /* axes of the grid of which only the first threads come here */
} TppcEmitter;

static inline const TppcSchedLevel *tppc_level_at(const TppcEmitter *e, int level) {
  return &e->s->levels.data[level];
}
static inline const TppcSchedLoop *tppc_loop_at(const TppcEmitter *e, int level) {
  return &e->s->loops.data[tppc_level_at(e, level)->loop];
}

/* The range of a level whose outer levels are open. run_empty: over an empty extent it runs once,
 * with tiles of length 0. */
void tppc_level_bounds(const TppcEmitter *e, int level, bool run_empty, const TppcExpr **lo,
                       const TppcExpr **hi);
/* The level provably has one iteration. */
bool tppc_level_runs_once(const TppcEmitter *e, int level, bool run_empty);

/* Appends an op to r. */
TppcOp *tppc_emit_op(const TppcEmitter *e, TppcRegion *r, TppcOpKind kind, TppcSpan span);
/* The body of an op just made, which may have come with it. */
TppcRegion *tppc_emitted_body(const TppcEmitter *e, TppcOp *op);
/* Appends loop.if when= to r and returns its body. */
TppcRegion *tppc_emit_if(const TppcEmitter *e, TppcRegion *r, const TppcExpr *when);

/* The range of dim d of stmt inside the open loops. */
TppcDim tppc_tile_dim(const TppcEmitter *e, const TppcSchedStmt *stmt, const TppcDim *d);

/* ---- atomic updates (atomic_tiles.c) ---- */

/* The statement in t whose updates go to a buffer of the thread while t runs, or NULL: t is the
 * statement, or serial loops around nothing but it that all update the same elements. */
const TppcSchedStmt *tppc_atomic_part(const TppcEmitter *e, const TppcTree *t);
/* Appends the buffer's start to r; until tppc_close_part the statement updates the buffer. */
void tppc_open_part(TppcEmitter *e, const TppcSchedStmt *stmt, TppcRegion *r);
/* Appends the atomic update of the result by the buffer. */
void tppc_close_part(TppcEmitter *e, TppcRegion *r);
/* Sends the update of a tile just made to the open part. */
void tppc_use_part(const TppcEmitter *e, TppcOp *tile);

/* Opens the walk over the entries of the pattern of stmt; its body is in e->walk. */
void tppc_emit_walk(TppcEmitter *e, const TppcSchedStmt *stmt, TppcRegion *r);
void tppc_close_walk(TppcEmitter *e);
/* Appends the tile of stmt inside the open loops; with a pattern, in a walk of its own if none is
 * open. */
TppcOp *tppc_emit_tile(TppcEmitter *e, const TppcSchedStmt *stmt, TppcRegion *r);
/* Appends stmt, which the whole team shares. */
void tppc_emit_team(TppcEmitter *e, const TppcSchedStmt *stmt, TppcRegion *r);

#endif
