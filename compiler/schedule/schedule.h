/* Schedules: from a string such as "nkMN" with sizes to a tree of loops over the statements of a
 * nest.
 *
 * The steps, one file each: string.c reads the string, model.c joins it with the loops and sizes of
 * a tpp.nest, access.c knows what statements read and write, legality.c proves the capitals,
 * placement.c builds the tree, barrier.c puts barriers where values cross threads, heuristic.c
 * chooses strings and sizes. README.md has the rules. Everything is allocated in the context's
 * arena. Refusals are diagnostics (rows S* and R*).
 */
#ifndef TPPC_SCHEDULE_SCHEDULE_H
#define TPPC_SCHEDULE_SCHEDULE_H

#include "ir/ir.h"

enum { TPPC_SCHED_MAX_LEVELS = 64, TPPC_SCHED_MAX_SIZE = 2147483647 };

/* One letter of the string. */
typedef struct TppcSchedLevel {
  char letter;                /* lower case */
  bool capital;               /* parallel */
  bool barrier;               /* '|' follows the loop */
  int nth;                    /* 0 for the outermost level of its letter */
  int loop;                   /* index into TppcSched.loops; -1 as parsed */
  uint32_t at;                /* byte in the string */
  uint32_t barrier_at;        /* byte of the '|' */
  char grid;                  /* R, C, or L; 0 without a grid */
  int64_t grid_threads;       /* asked for along it */
  uint32_t grid_at, grid_end; /* bytes of the braces */
  int64_t step;               /* in elements; 0 as parsed */
} TppcSchedLevel;

typedef TppcVec(TppcSchedLevel) TppcSchedLevels;

/* A string as read, not yet compared with any nest. */
typedef struct TppcSchedString {
  TppcSchedLevels levels;
  bool dynamic;
  int64_t chunk; /* iterations that a thread takes at once when dynamic */
} TppcSchedString;

/* What is wrong with a string: bytes [begin, end) of it, and what stands there. */
typedef struct TppcSchedError {
  uint32_t begin, end;
  const char *what; /* "unexpected character '+'" */
} TppcSchedError;

/* Reads any bytes. False with *error set when text is no schedule string. */
bool tppc_schedule_parse(TppcArena *a, const char *text, size_t size, TppcSchedString *out,
                         TppcSchedError *error);

/* What `reduce k = private;` says of a capital over which statements reduce. */
typedef enum TppcReduce {
  TPPC_REDUCE_NONE,
  TPPC_REDUCE_PRIVATE, /* a copy of the result per thread, added in the order of the threads */
  TPPC_REDUCE_ORDERED, /* the terms of an element are added by one thread, in the order of the loops
                        */
  TPPC_REDUCE_ATOMIC   /* threads update the one result, each tile by atomic operations */
} TppcReduce;

/* A loop of the nest. */
typedef struct TppcSchedLoop {
  const char *sym;        /* "m" */
  const TppcExpr *extent; /* runs from 0 */
  TppcSpan span;
  int n_levels;
  const TppcAttr *sizes; /* the list given, or NULL */
  TppcReduce reduce;
  TppcSpan reduce_span; /* of the letter in the knob */
} TppcSchedLoop;

typedef struct TppcAccess {
  const TppcValue *tensor;
  int n_idx;
  const TppcExpr *const *idx;
  bool write, read;
  bool set;     /* a write that defines, not an update */
  bool partial; /* an update that continues from what is there: init=0 */
  bool own;     /* of the running thread's copy of the tensor */
  bool atomic;  /* an update that threads may make at the same time, in any order */
  TppcSpan span;
} TppcAccess;

/* Who runs a statement that stands outside all parallel loops (passes/parallel_reductions.c). */
typedef enum TppcBy {
  TPPC_BY_ONE,  /* thread 0 */
  TPPC_BY_EACH, /* every thread, on its own copy */
  TPPC_BY_TEAM, /* shared out over the elements that it writes */
  TPPC_BY_ORDER /* shared out over levels of letters that determine its elements, all others serial
                 */
} TppcBy;

/* A tpp.stmt or tpp.contract. */
typedef struct TppcSchedStmt {
  TppcOp *op;
  uint32_t loops; /* bit i: ranges over loop i in levels of the string */
  int n_levels;
  int levels[TPPC_SCHED_MAX_LEVELS]; /* its levels in the order of the string */
  TppcVec(TppcAccess) accesses;
  bool identity;          /* only stores constants: the start of a reduction */
  const TppcUse *pattern; /* the sparse tensor whose stored entries are walked, or NULL */
  int walk;               /* the loop of its compressed letter; -1 for a hidden one */
  /* BY_EACH, BY_TEAM: its levels are those before the parallel ones. BY_ORDER: levels [shared_at,
   * shared_end) are those that are shared out. */
  TppcBy by;
  int shared_at, shared_end;
  bool copies; /* adds up the copies of a parallel reduction */
} TppcSchedStmt;

typedef struct TppcSched {
  TppcContext *cx;
  TppcOp *nest, *op;     /* op: the tpp.schedule, or NULL */
  const char *text;      /* the string */
  TppcSpan span;         /* of text in its source; byte i is at span.begin + i */
  const TppcAttr *order; /* or NULL: byte i is element i of this list, from the long form */
  TppcFacts facts;       /* of sizes, and ranges of letters with a constant extent */
  TppcVec(TppcSchedLoop) loops;
  TppcSchedLevels levels;
  int group, group_end; /* levels [group, group_end) are parallel; equal when none is */
  bool grids;           /* each capital has a grid of its own; other levels may stand between */
  bool dynamic;
  int64_t chunk;
  int curve[2]; /* levels of the group that are walked along a curve; -1 without one */
  TppcVec(TppcSchedStmt *) stmts; /* in order, identities moved to where they may stand first */
} TppcSched;

/* The model of a nest under its tpp.schedule, checked but for legality. NULL after an error. */
TppcSched *tppc_schedule_model(TppcContext *cx, TppcOp *nest);
/* The same for another string and sizes as attributes of op, which need not stand in the nest. */
TppcSched *tppc_schedule_model_of(TppcContext *cx, TppcOp *nest, TppcOp *op);
/* Its label, or the name of its kernel where it has none, for messages. */
const char *tppc_schedule_nest_name(const TppcOp *nest);
/* Bytes [begin, end) of the string in its source. */
TppcSpan tppc_schedule_span(const TppcSched *s, uint32_t begin, uint32_t end);
/* Index of the loop named sym, or -1. */
int tppc_schedule_loop(const TppcSched *s, const char *sym);

/* What `reduce` says of the capitals that do not determine the element u, which statement op
 * updates. NONE when there are none, or when it says nothing of some. *mixed: it says different
 * things. */
TppcReduce tppc_schedule_strategy(const TppcSched *s, const TppcOp *op, const TppcUse *u,
                                  bool *mixed);

/* ---- sparse operands ---- */
bool tppc_type_is_sparse(const TppcType *t);
/* Which index of a sparse tensor is compressed, and which numbers the lines of entries. */
int tppc_compressed_dim(const TppcType *t);
/* Sides of a stored block along dimension dim; 1 for csr. */
int64_t tppc_block_side(const TppcType *t, int dim);
/* The same tensor by the same letters. */
bool tppc_same_walk(const TppcUse *a, const TppcUse *b);

/* ---- accesses ---- */
void tppc_schedule_collect(TppcSched *s, TppcSchedStmt *stmt);
/* Proven: the element of a access at two iterations is the same only if the value of sym is. */
bool tppc_access_separates(const TppcSched *s, const TppcAccess *a, const char *sym);
/* The same of every element that the statement writes. */
bool tppc_stmt_determined(const TppcSched *s, const TppcSchedStmt *stmt, const char *sym);
/* Proven: when both accesses mean one element, they have the same value of sym. */
bool tppc_access_same_at(const TppcSched *s, const TppcAccess *a, const TppcAccess *b,
                         const char *sym);
bool tppc_access_uses(const TppcAccess *a, const char *sym);
/* One tensor, at least one of them writes, and they may mean one element. */
bool tppc_access_conflict(const TppcSched *s, const TppcAccess *a, const TppcAccess *b);
/* Proven, for a schedule with grids: the thread that makes one access to an element makes the
 * other.
 */
bool tppc_access_same_owner(const TppcSched *s, const TppcSchedStmt *sa, const TppcAccess *a,
                            const TppcSchedStmt *sb, const TppcAccess *b);
/* "acc[m, n]", in the arena. */
const char *tppc_access_text(TppcContext *cx, const TppcAccess *a);

/* ---- the tree ---- */
typedef enum TppcTreeKind {
  TPPC_TREE_LOOP,
  TPPC_TREE_PAR,
  TPPC_TREE_STMT,
  TPPC_TREE_BARRIER
} TppcTreeKind;
typedef struct TppcTree TppcTree;
struct TppcTree {
  TppcTreeKind kind;
  TppcTree *parent, *first, *last, *prev, *next;
  int n_levels; /* LOOP 1, PAR its group */
  int levels[TPPC_SCHED_MAX_LEVELS];
  TppcSchedStmt *stmt;
  const TppcUse *walk; /* LOOP: over the stored entries of this tensor, or NULL */
  uint64_t guard;      /* runs only in the last iteration of these levels, which enclose it */
  bool ordered;   /* PAR of a sum in order: shared out among the whole team, also under a grid */
  bool has_par;   /* all threads come by: a PAR is in it, or a statement of each or of the team */
  bool run_empty; /* LOOP: runs once for an empty extent, so that initialisations and epilogues run
                   */
};

/* Capitals against what the statements write. False after a refusal. */
bool tppc_schedule_legal(const TppcSched *s);
/* The write of some statement on which parallel iterations of the loop would race, or NULL. */
const TppcAccess *tppc_schedule_race(const TppcSched *s, int loop);
/* Never fails for a legal schedule. The root is a LOOP without levels. */
TppcTree *tppc_schedule_place(const TppcSched *s);
/* Inserts barriers: those of the string, and those that values crossing threads need. */
void tppc_schedule_barriers(const TppcSched *s, TppcTree *root);
void tppc_tree_append(TppcTree *parent, TppcTree *node);
void tppc_tree_insert_before(TppcTree *at, TppcTree *node);
/* "M{n{k{acc} Y}}"; capitals for parallel loops, statements by what they write. */
void tppc_tree_print(TppcBuf *b, const TppcSched *s, const TppcTree *root);

/* ---- grids ---- */
/* Threads of the whole grid: the product over its axes. */
int64_t tppc_grid_threads(const TppcSched *s);
/* Along the axis of a level: how many threads there are, and where the running one stands; of
 * `nthreads` and `tid`. */
const TppcExpr *tppc_grid_parts(const TppcSched *s, int level);
const TppcExpr *tppc_grid_part(const TppcSched *s, int level);

/* ---- choosing ---- */
typedef struct TppcSchedTarget {
  int threads;      /* 0: not known */
  int vector_bytes; /* 32 AVX2, 64 AVX-512 */
  int64_t l1_bytes, l2_bytes;
} TppcSchedTarget;
/* Sizes for the levels of loop i of s whose program gives none; fills step of its levels. */
void tppc_schedule_default_sizes(TppcSched *s, int loop);
/* Gives the tpp.schedule `knobs`, which has no string, a string and the sizes that it lacks; NULL
 * adds one with origin=heuristic behind those of the nest. Deterministic, and legal. False after an
 * error. */
bool tppc_schedule_choose(TppcContext *cx, TppcOp *nest, TppcOp *knobs,
                          const TppcSchedTarget *target);

#endif
