/* What the files of the interpreter share; private to them. */
#ifndef TPPC_INTERP_INTERP_INTERNAL_H
#define TPPC_INTERP_INTERP_INTERNAL_H

#include "interp/interp.h"

/* ---- stores: tensors while they are computed with ---- */

/* Contents as double (floats) or int64_t (integers), with a bound for each element where one is not
 * 0. A tensor that is being accumulated has the accumulator's type until its last update (`elem` is
 * then not that of `value`). */
typedef struct Store {
  const TppcType *type;
  int elem;
  bool is_int;
  bool is_arg; /* not a temporary or local */
  int rank;
  int64_t dim[TPPC_MAX_RANK], stride[TPPC_MAX_RANK];
  int64_t pad[TPPC_MAX_RANK];
  bool padded;
  int64_t ld;
  int64_t n;                /* values */
  double *f;                /* !is_int */
  int64_t *i;               /* is_int */
  double *e;                /* NULL: all exact */
  double *ternary_mag;      /* sums of absolute terms of dequantised weights, or NULL */
  const TppcTensor *sparse; /* the pattern; values are in the order of its data */
  /* Derived contents for contractions, dropped by store_written. */
  double *as_double, *mag;
  int low_bit;    /* least over all values; valid with mag */
  double most;    /* largest absolute value; likewise */
  bool has_error; /* likewise */
  int64_t
      *element_at; /* of each position of the storage, -1 in filling; made when one is asked for */
  int64_t n_positions;
  struct Store **copies; /* one a thread, of a buffer that each has; then no contents here */
  struct Shadow *shadow; /* who touched each value; NULL where races are not looked for */
  const char *name;      /* of what threads may share; NULL for their own buffers */
  struct Store *next;    /* all stores of the run, for freeing */
} Store;

/* Who read and wrote a value last, and in which stretch between barriers. */
typedef struct Shadow {
  int32_t writer, reader; /* reader -1: several */
  int32_t written, read;
} Shadow;

typedef struct Interp {
  TppcModule *m;
  TppcContext *cx;
  TppcArena *arena; /* plans; the context's */
  Store *stores;
  int status;  /* tpp_status: an index out of range, formats */
  bool failed; /* a diagnostic was issued */
  /* Virtual threads, one after the other. */
  int threads;
  uint64_t active; /* those that run what comes: one bit each */
  int thread;      /* the one that runs now */
  int owner; /* it, or a number of its own for every chunk that is shared out on demand; -1: all
                threads */
  int next_owner;
  int32_t stretch;     /* counts barriers, from 1 */
  TppcRace *race;      /* NULL: not looked for */
  TppcNanTrace *trace; /* NULL: not looked for, or found */
} Interp;

/* The element at an offset into the storage, -1 in filling; outside sets in->status. */
int64_t store_element_at(Interp *in, Store *s, int64_t position);
/* A sparse one has the entries of `pattern`, else NULL. */
Store *store_new(Interp *in, const TppcType *type, const TppcEnv *env, const Store *pattern);
Store *store_of_tensor(Interp *in, const TppcTensor *t);
/* Padding as a kernel declares it: a callee's parameter may have other padding than the argument.
 */
void store_set_padding(Interp *in, Store *s, const TppcType *t, const TppcEnv *env);
void store_free(Interp *in, Store *s);
/* Ternary in planes: products with it may multiply plane by plane, so that infinity times an
 * element has several right results. */
bool store_has_planes(const Store *s);
double *store_errors(Store *s); /* allocates them */
void store_written(Store *s);
/* Converts the contents to another element type as a store does. */
void store_convert(Store *s, int elem);
/* as_double, mag, low_bit, most, has_error. */
void store_summarise(Store *s);
void store_to_tensor(const Store *s, TppcTensor *t, double *bound);

/* ---- index expressions ---- */

struct Slot;
enum { MAX_LETTERS = 48, MAX_BOUND = 16, CHUNK = 256 };

/* Letters of a statement with their ranges, and its data indices with the values that they have at
 * the points of the chunk at hand. */
typedef struct Letters {
  int n, n_bound;
  const char *sym[MAX_LETTERS];
  int64_t lo[MAX_LETTERS], hi[MAX_LETTERS];
  const char *bound_sym[MAX_BOUND];
  const struct Slot *bound[MAX_BOUND];
} Letters;
bool letters_of(Interp *in, const TppcOp *op, const TppcEnv *env, Letters *l);

/* c0 + sum of coef * letter, or an expression to be evaluated point by point. */
typedef struct Affine {
  bool ok;
  int64_t c0;
  int64_t coef[MAX_LETTERS];
  const TppcExpr *expr;
  int bound; /* the expression is this data index alone; -1 when not */
} Affine;
Affine affine_of(const TppcExpr *e, const Letters *l, const TppcEnv *env);

typedef struct Access {
  Store *s;
  bool flat; /* the index is one offset into the storage */
  int rank;
  Affine *idx;
  const Affine *valid;           /* where it is false nothing is accessed; NULL: everywhere */
  bool affine;                   /* all of them */
  int64_t c0, coef[MAX_LETTERS]; /* of the offset, when affine */
} Access;
void access_make(Interp *in, Access *a, Store *s, const TppcUse *u, const Letters *l,
                 const TppcEnv *env);
/* Offset range of an affine access over all letters. */
void access_extremes(const Access *a, const Letters *l, int64_t *least, int64_t *most);

/* A run of points: letter `inner` takes n values from at[inner] on, or the letters row and col take
 * those of the arrays (entries of a sparse pattern, with their positions). */
typedef struct Chunk {
  int n;
  int64_t at[MAX_LETTERS];
  int inner;
  int row, col; /* letters, or -1 */
  const int64_t *rows, *cols, *entry;
} Chunk;
/* Offsets of the points; -1 for what is outside a padded tensor. Outside of any other it sets
 * in->status. */
void access_offsets(Interp *in, const Access *a, const Chunk *c, const Letters *l,
                    const TppcEnv *env, int64_t *off);
void affine_values(Interp *in, const Affine *a, const Chunk *c, const Letters *l,
                   const TppcEnv *env, int64_t *out);

/* ---- values of a chunk ---- */

typedef struct Slot {
  int elem; /* f64, f32, i64, i32, bit */
  bool is_int;
  bool inexact; /* some e is not 0 */
  double *f, *e;
  int64_t *i;
  double *x; /* of a product: how far it is from the unrounded one, which a contracted sum would
                take; or NULL */
} Slot;
/* An elementwise op on n points; in[] are its operands. */
void elt_run(TppcElt elt, const Slot *const in[3], Slot *out, int n);
void convert_run(const Slot *in, Slot *out, int to, int n);

/* One value with its bound, converted to elem as a store does. */
typedef struct Number {
  double f, e;
  int64_t i;
} Number;
Number number_convert(Number v, bool from_int, int elem);

/* ---- sums ---- */

/* What is known of the terms that were added to one element. */
typedef struct Sum {
  double value; /* exact but for double's rounding */
  double mag;   /* sum of absolute terms; of a product, the largest that any part may reach */
  double small; /* of a product: the smallest */
  double error; /* sum of the terms' own bounds */
  int64_t terms;
  int low_bit; /* least of the terms */
} Sum;
/* The sum rounded once to elem, and how far any order of additions in that type may be from it. */
Number sum_finish(int elem, const Sum *s);

/* Reductions of stmt stores into a range of offsets of a store. */
typedef struct Reduction {
  Store *s;
  TppcUpdate update;
  int64_t least, n;
  bool init;
  Interp *in;
  const TppcOp *op; /* the store, where its results are traced */
  bool spoiled;     /* some term was not finite */
  bool *touched;
  Sum *sums; /* floats */
  int64_t *ints;
} Reduction;
void reduction_begin(Interp *in, Reduction *r, const Access *a, const Letters *l,
                     const TppcEnv *env, TppcUpdate update, bool init);
void reduction_add(Reduction *r, const int64_t *off, const Slot *v, int n);
void reduction_end(Reduction *r);

/* ---- values that stop being finite (interp_trace.c) ---- */

void trace_found(Interp *in, TppcSpan span, const char *tensor, double value);
/* "element [3, 7]" of value `at` of a store. */
void trace_element(Interp *in, const Store *s, int64_t at);
/* After a sum or product of finite terms gave value `at` of s. */
void trace_result(Interp *in, const Store *s, int64_t at, const TppcOp *op, const TppcUse *to);
/* Before s is rounded to elem. */
void trace_rounding(Interp *in, const Store *s, int elem, const TppcOp *statement,
                    const char *name);

/* ---- execution ---- */

/* Stores of values, and symbols. */
typedef struct Frame {
  Interp *in;
  TppcMap stores; /* TppcValue -> Store */
  TppcEnv env;
} Frame;
/* The copy of the running thread, of a buffer that has copies. */
Store *frame_store(Frame *f, const TppcValue *v);
/* Creates the store of a local, temporary, or buffer. */
Store *frame_own_store(Frame *f, const TppcOp *op);
bool frame_going(const Frame *f);
void frame_refuse(Frame *f, const TppcOp *op);

/* Ops of the loop dialect (interp_loop.c). */
void run_loop_op(Frame *f, TppcOp *op);

/* rt.brgemm and rt.sgemm. */
void run_call_of_kernel(Frame *f, TppcOp *op);

/* The same storage and the same entries. */
bool same_pattern(const TppcTensor *a, const TppcTensor *b);

/* ---- races (interp_race.c) ---- */

/* Offsets step apart from first on, n of them. */
void race_read(Interp *in, Store *s, int64_t first, int64_t step, int64_t n);
void race_write(Interp *in, Store *s, int64_t first, int64_t step, int64_t n);

/* tpp.stmt and loop.tile. */
void run_stmt(Frame *f, TppcOp *op);
/* tpp.contract and loop.contract. */
void run_contract(Frame *f, TppcOp *op);

/* What a write within a nest does to the type of its tensor (accumulate.c). */
typedef struct ChainEnd {
  const TppcUse *use;
  TppcValue *tensor;
  int elem; /* the accumulator, from the first write on */
  bool first, last;
} ChainEnd;
typedef struct Chains {
  TppcVec(ChainEnd) v;
} Chains;
void chains_find(Interp *in, TppcOp *nest, Chains *out);
void chains_before(Frame *f, const Chains *c, const TppcOp *statement);
void chains_after(Frame *f, const Chains *c, const TppcOp *statement);
int product_elem(int a, int b);

#endif
