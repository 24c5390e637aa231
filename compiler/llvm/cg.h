/* Code generation, what its files share. The only headers of LLVM in the project are included from
 * here.
 *
 * A kernel becomes an entry function of the C interface, which checks its arguments and fills a
 * frame: a structure on its stack with sizes, scalars, pointers, and selected microkernels. Each
 * nest is a local function that takes the frame and loads at its own entry what it uses of it.
 */
#ifndef TPPC_LLVM_CG_H
#define TPPC_LLVM_CG_H

#include "llvm/llvm.h"
#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

typedef LLVMValueRef Val;

/* A field of the frame. */
typedef enum CgSlotKind {
  CG_SIZE,    /* i64 */
  CG_SEQ,     /* i64: the letter of a seq, of its iteration at hand */
  CG_SCALAR,  /* the parameter as it came */
  CG_POINTER, /* a tensor parameter, dense or structured */
  CG_SHARED,  /* a local or shared buffer: address in scratch */
  CG_THREAD,  /* a buffer a thread: address of thread 0's, stride in the next field */
  CG_STACK,   /* a buffer a thread on the nest's stack: no field */
  CG_BRGEMM,  /* struct tpp_brgemm */
  CG_SGEMM    /* struct tpp_sgemm */
} CgSlotKind;
typedef struct CgSlot {
  CgSlotKind kind;
  const char *sym;  /* SIZE, SEQ */
  TppcOp *op;       /* what declares it */
  TppcValue *value; /* all but SIZE and SEQ */
  const TppcType *type;
  unsigned field;
  LLVMTypeRef llvm;
  LLVMMetadataRef scope, noalias; /* of loads and stores through the pointer, or NULL */
  LLVMMetadataRef noalias_all;    /* of loads that no store of the kernel may change */
  char arrays[3];                 /* keys of the arrays of a sparse one in slot_values */
  char large;                     /* key of its test in slot_values, cg_stream.c */
  unsigned arg;                   /* number of the argument, for what has one */
} CgSlot;

typedef struct CgSym {
  const char *name;
  Val v;
} CgSym;

/* A scalar of a tile's region: lanes of its compute type; of loads also the bits as stored. `one`
 * is the value that all lanes have, where they are known to agree: what depends on such values only
 * is computed once. */
typedef struct CgScalar {
  Val v, raw, one;
  Val start, step; /* of an i64 that is start + step * lane; NULL when that is not known */
  int elem, raw_elem;
  bool plain_nan; /* cg_nan_of() says so */
} CgScalar;

/* A data index in the lanes of a vector; NULL before its tpp.bind has been reached. */
typedef struct CgBound {
  const char *name;
  Val v;
} CgBound;

typedef struct Cg {
  TppcContext *cx;
  TppcArena *arena;
  const TppcEmitOptions *opt;
  TppcTargetInfo target;
  bool fail;
  LLVMContextRef lx;
  LLVMModuleRef mod;
  LLVMBuilderRef b;
  LLVMTypeRef t_void, t_i1, t_i8, t_i16, t_i32, t_i64, t_f16, t_f32, t_f64, t_ptr;
  /* kernel */
  TppcOp *kernel;
  const char *kernel_name;
  TppcVec(CgSlot) slots;
  LLVMTypeRef frame_type;
  TppcMap slot_of;  /* value -> CgSlot of the kernel */
  TppcMap products; /* value -> function, of kernels that are generated */
  /* function */
  Val fn, frame, tid, nthreads, team;
  LLVMBasicBlockRef
      prologue; /* entry block: allocas and loads of the frame; its branch is emitted last */
  TppcVec(CgSym) syms;
  TppcMap slot_values; /* CgSlot -> value loaded in this function */
  TppcMap scalars;     /* value -> CgScalar, of the region being emitted */
  TppcFacts facts;
  bool has_facts;
  int lanes;
  bool pairs; /* lanes of the body at hand: those of even places first; bits as stored in order */
  TppcVec(CgBound) bound; /* data indices of the region being emitted that differ between lanes */
  bool streams;           /* in a nest that has streamed stores */
  bool parallel;          /* in a nest that several threads may run */
  const char
      *rows; /* the letter of the loop at hand when several tiles of it go over a row, or NULL */
  const TppcExpr *vector_lo; /* where the vector dimension of the tile at hand starts, or NULL */
  bool atomic;               /* neighbouring packed elements may belong to another thread */
  /* debug information, NULL without */
  LLVMDIBuilderRef di;
  LLVMMetadataRef di_scope;
} Cg;

/* ---- cg_target.c ---- */
LLVMTargetMachineRef cg_target_machine(Cg *g);
/* Marks every function for tuning to the CPU that was named. */
void cg_tune(Cg *g);

/* ---- cg_module.c: builders that every file uses ---- */
Cg *cg_new(TppcModule *m, const TppcEmitOptions *opt, LLVMTargetMachineRef *tm);
void cg_free(Cg *g);
bool cg_module(Cg *g, TppcModule *m);
/* Located "not supported yet"; marks the module as failed. */
void cg_unsupported(Cg *g, TppcSpan span, const char *what);
/* The parameter whose pattern a sparse tensor has: itself, or for a local another one. */
CgSlot *cg_pattern_of(Cg *g, const TppcValue *v);
bool cg_is_sparse(const TppcType *t);
Val cg_i64(Cg *g, int64_t v);
Val cg_i32(Cg *g, int32_t v);
/* T or <lanes x T>. */
LLVMTypeRef cg_lanes(Cg *g, LLVMTypeRef t, int lanes);
LLVMTypeRef cg_storage_type(Cg *g, int elem);
/* Of the compute type of elem. */
LLVMTypeRef cg_compute_type(Cg *g, int elem);
Val cg_splat(Cg *g, Val scalar, int lanes);
/* n lanes of v from `first` on; those behind its last are poison. */
Val cg_slice(Cg *g, Val v, int first, int n);
/* The lanes of a, then those of b, of which there are no more. */
Val cg_concat(Cg *g, Val a, Val b);
Val cg_const_f(Cg *g, LLVMTypeRef t, double v); /* t may be a vector */
Val cg_const_i(Cg *g, LLVMTypeRef t, int64_t v);
/* Calls the intrinsic `name`, overloaded on `over` (NULL: not overloaded). */
Val cg_intrinsic(Cg *g, const char *name, LLVMTypeRef over, Val *args, unsigned n);
/* Calls an external function of the runtime or libm. */
Val cg_call(Cg *g, const char *name, LLVMTypeRef ret, LLVMTypeRef *types, Val *args, unsigned n);
LLVMBasicBlockRef cg_block(Cg *g, const char *name);
/* The first way of a branch is taken nearly always. */
void cg_likely(Cg *g, Val branch);
void cg_enter(Cg *g, LLVMBasicBlockRef block);
Val cg_alloca(Cg *g, LLVMTypeRef t, unsigned align, const char *name);
Val cg_ptr_add(Cg *g, Val ptr, Val bytes);
Val cg_min(Cg *g, Val a, Val b);
Val cg_max(Cg *g, Val a, Val b);
/* Starts a function: creates its prologue and body blocks. cg_function_end joins them. */
void cg_function_begin(Cg *g, Val fn);
void cg_function_end(Cg *g);

/* for (iv = lo; iv < hi; iv += step), rotated, with a preheader. */
typedef struct CgLoop {
  LLVMBasicBlockRef body, exit;
  Val iv, hi, step;
} CgLoop;
CgLoop cg_loop_begin(Cg *g, Val lo, Val hi, Val step, const char *name);
void cg_loop_end(Cg *g, CgLoop *loop);

/* ---- cg_expr.c ---- */
Val cg_expr(Cg *g, const TppcExpr *e);
/* As i1. */
Val cg_cond(Cg *g, const TppcExpr *e);
/* Ors into *overflow (i1) whether the value leaves int64_t or divides by less than 1. */
Val cg_expr_checked(Cg *g, const TppcExpr *e, Val *overflow);
void cg_sym_push(Cg *g, const char *name, Val v);
void cg_sym_pop(Cg *g, int n);
Val cg_sym(Cg *g, const char *name);
void cg_facts(Cg *g, const TppcOp *op);
/* An attribute that may be an integer or an expression. */
const TppcExpr *cg_attr(Cg *g, const TppcOp *op, const char *key, int64_t otherwise);

/* ---- cg_frame.c ---- */
bool cg_frame_layout(Cg *g);
/* Where a buffer or local goes; *stack counts what the nest has on its stack already. */
CgSlotKind cg_buffer_kind(TppcContext *cx, const TppcOp *op, int64_t *stack);
CgSlot *cg_slot(Cg *g, const TppcValue *v);
/* Address of a field from the entry function or a nest. */
Val cg_slot_address(Cg *g, const CgSlot *s, unsigned field);
/* Value of a field: loaded once a function. Thread buffers give this thread's part. */
Val cg_slot_value(Cg *g, CgSlot *s);
/* The arrays behind a sparse parameter, loaded once a function. ORDER: fields of tpp_csr */
typedef enum CgArray { CG_ARRAY_PTR, CG_ARRAY_IDX, CG_ARRAY_VAL } CgArray;
Val cg_slot_array(Cg *g, CgSlot *s, CgArray array);
/* Where the elements of a tensor start. */
Val cg_slot_elements(Cg *g, CgSlot *s);
const TppcExpr *cg_bytes(Cg *g, const TppcType *t);
/* Largest constant size of a thread's buffer on the stack; otherwise it is in scratch. */
enum { CG_STACK_BYTES = 64 * 1024 };

/* ---- provenance.c ---- */
Val cg_provenance(Cg *g, const TppcModule *m);

/* ---- cg_entry.c, cg_check.c ---- */
void cg_entry(Cg *g);
void cg_check_args(Cg *g);
/* Returns `status` when cond holds. */
void cg_fail_if(Cg *g, Val cond, int status);

/* ---- cg_nest.c, cg_par.c ---- */
void cg_nest(Cg *g, TppcOp *nest, Val fn);
void cg_region(Cg *g, TppcRegion *r);
/* The loop over the entries of a line, whose symbols have their values inside of it. */
CgLoop cg_walk_begin(Cg *g, const TppcOp *walk);
void cg_walk_end(Cg *g, CgLoop *l);
void cg_par(Cg *g, TppcOp *par);
/* Iterations of all parallel loops of the nest, at most; in terms of sizes only. */
Val cg_par_total(Cg *g, TppcOp *nest);
/* Point d of the curve over w x h cells, into the allocas x and y (cg_curve.c). */
void cg_curve(Cg *g, Val d, Val w, Val h, Val x, Val y);

/* ---- cg_prefetch.c ---- */
void cg_prefetch(Cg *g, const TppcOp *op);

/* ---- cg_product.c ---- */
/* Whether a selected kernel is code of this module; it has no slot then. */
bool cg_is_generated(const TppcOp *select);
/* Its function. Not while another one is being emitted. */
void cg_product(Cg *g, TppcOp *select);
/* The call that op, an rt.brgemm, makes, at the addresses of its operands. */
void cg_product_call(Cg *g, TppcOp *op, Val a, Val b, Val c);

/* ---- cg_tile.c, cg_access.c ---- */
void cg_tile(Cg *g, TppcOp *tile);
/* The tile with the walk that it alone stands in, where the entries may run inside of the vectors;
 * false, and nothing emitted, where they may not. */
bool cg_tile_walked(Cg *g, TppcOp *tile, const TppcOp *walk);
enum { CG_MAX_DIMS = 16 };
typedef struct CgReduction {
  TppcOp *store;
  int elem;        /* compute type */
  Val *acc;        /* allocas, one a slot: <lanes x T>; the last one is scalar, for tails */
  Val *nan, *sign; /* beside a maximum or minimum of floats, see cg_reduce.c; else NULL */
} CgReduction;
/* A store past the caches, cg_stream.c. */
typedef struct CgStored {
  Val ptr, bits;
} CgStored;
typedef struct CgStream {
  const TppcOp *store;
  CgSlot *slot;
  Val past;                 /* i1: the row at hand goes past the caches */
  TppcVec(CgStored) stored; /* by the iteration at hand */
} CgStream;
typedef struct CgTile {
  TppcOp *op;
  const char *vsym; /* last dim, NULL when there is none */
  int lanes, slots;
  bool pairs;   /* whole bodies may take their lanes in pairs (cg_convert.c) */
  int group;    /* slots that a body takes together, as one vector of several registers */
  bool masked;  /* tail by masks, else lane by lane */
  bool columns; /* cg_columns.c: the dims that are `summed` are inside of the vectors */
  bool summed[CG_MAX_DIMS];
  const TppcOp *walk;   /* summed over too, around the dims that are; or NULL */
  Val part_lo, part_hi; /* of the first summed dim, or NULL for all of it */
  int slot;             /* that the body begins with */
  Val left;             /* in a masked tail, how many lanes there are, as i64; else NULL */
  TppcVec(CgReduction) reductions;
  TppcVec(CgStream) streams;
  bool later;         /* streamed stores wait for the end of the body */
  const char *across; /* cg_across.c: the dim before the last, or NULL */
  int row;            /* of the block along it that is computed */
  TppcMap *blocks;    /* of the accesses that are contiguous along it */
} CgTile;
/* The region at `at`, or at `lanes` points from there on. */
void cg_tile_body(Cg *g, CgTile *t, Val at, int lanes, Val mask, int slot);
/* The bodies of so many slots. */
void cg_tile_bodies(Cg *g, CgTile *t, Val at, int lanes, Val mask, int slots);
/* The loop over the last dim, in vectors. */
void cg_tile_vectors(Cg *g, CgTile *t);
/* A loop over a dim, whose symbol has the value of the iteration inside of it. */
CgLoop cg_dim_begin(Cg *g, const TppcDim *d, Val lo, Val hi);
void cg_dim_end(Cg *g, CgLoop *l);
/* ---- cg_stream.c ---- */
/* Of the nest that begins: whether anything is streamed. */
void cg_stream_nest(Cg *g, TppcOp *nest);
/* Before other threads may read what was streamed. */
void cg_stream_order(Cg *g);
void cg_stream_add(Cg *g, CgTile *t);
/* Where vectors of a row from lo to hi begin that may go past the caches; points before do not. */
Val cg_stream_begin(Cg *g, CgTile *t, Val lo, Val hi);
/* Keeps what a streamed store would store until cg_stream_stores; false for any other op. */
bool cg_stream_later(Cg *g, CgTile *t, const TppcOp *store, Val ptr, Val bits);
void cg_stream_stores(Cg *g, CgTile *t);
/* Of a tile in blocks: i1, all streamed stores may go past the caches in whole lines, of which each
 * is `points` along the vectors; NULL when there are none. */
Val cg_stream_lines(Cg *g, CgTile *t, int *points);
/* The stores that were kept, all of them past the caches. */
void cg_stream_past(Cg *g, CgTile *t);
/* ---- cg_across.c: the last two dims of the tile, in blocks ---- */
void cg_across(Cg *g, CgTile *t);
/* Of four vectors, number i gets from each of them lane i of every four, one behind the other. */
void cg_transpose_four(Cg *g, Val *x, int lanes);
/* Where the row of a block has the bits of an access that goes across, or shall leave them. NULL
 * for any other. */
Val *cg_across_row(Cg *g, CgTile *t, const TppcOp *op);
/* Bits as stored, at the alignment of an element. */
Val cg_load_bits(Cg *g, CgSlot *s, Val ptr, LLVMTypeRef t);
void cg_store_bits(Cg *g, CgSlot *s, Val ptr, Val bits);

/* ---- cg_packed.c: at an offset in elements; vectors of g->lanes start on a byte, and `left`, when
 * not NULL, says how many of the lanes there are (bits only) ---- */
Val cg_load_packed(Cg *g, CgSlot *s, Val offset);
void cg_store_packed(Cg *g, CgSlot *s, Val offset, Val v, int elem);
Val cg_load_packed_vector(Cg *g, CgSlot *s, Val offset, Val left);
void cg_store_packed_vector(Cg *g, CgSlot *s, Val offset, Val v, Val left);

/* ---- cg_reduce.c: updates of places that stay along the vector dimension ---- */
/* Whether an update is made in registers along `vsym` and meets memory once a row. Not one by a
 * data index, which has its value inside the loop only: that goes to memory at every point. */
bool cg_reduces(Cg *g, const TppcOp *store, const char *vsym);
void cg_reductions_add(Cg *g, CgTile *t);
void cg_reductions_start(Cg *g, CgTile *t);
void cg_reductions_finish(Cg *g, CgTile *t);
/* With accumulators that have no value yet. */
CgReduction *cg_reduction_new(Cg *g, CgTile *t, TppcOp *store);
CgReduction *cg_reduction_of(CgTile *t, const TppcOp *store);
/* Takes g->lanes values into the accumulators from the slot on; mask, when not NULL, says which. */
void cg_accumulate(Cg *g, CgTile *t, CgReduction *r, CgScalar in, Val mask, int slot);
/* ---- cg_columns.c: updates summed over outer dims, of places that move with the vectors ---- */
/* True when all stores of the tile are such: then they have accumulators. */
bool cg_columns_add(Cg *g, CgTile *t);
/* At `slots` times `lanes` points from `at` on, over all summed dims. */
void cg_columns_points(Cg *g, CgTile *t, Val at, int lanes, Val mask, int slots);
/* The vectors over all of the first summed dim, or part by part. */
void cg_columns_loops(Cg *g, CgTile *t);

/* NEAR: every second to TPPC_NEAR_STEP-th element of whole bytes. */
typedef enum CgStride { CG_INVARIANT, CG_UNIT, CG_NEAR, CG_OTHER } CgStride;
CgStride cg_stride(Cg *g, const TppcUse *use, const char *vsym);
/* The target has no masked moves of these elements, or none at all. */
bool cg_lacks_masks(Cg *g, int elem);
/* True when e has a data index that differs between lanes. */
bool cg_has_bound(Cg *g, const TppcExpr *e);
/* Symbols take their value in lane i of the vector dimension; returns how many were pushed. */
int cg_lane_begin(Cg *g, const char *vsym, int i);
void cg_load(Cg *g, CgTile *t, TppcOp *load, Val mask);
void cg_store(Cg *g, CgTile *t, TppcOp *store, Val mask, int slot);
/* g->lanes elements as stored, from an offset on; `left`, when not NULL, says how many lanes mask
 * has, which are the first ones. */
Val cg_load_vector(Cg *g, CgSlot *s, Val offset, Val mask, Val left);
void cg_store_vector(Cg *g, CgSlot *s, Val offset, Val bits, Val mask, Val left);
/* One element as its compute type, at an offset in elements. */
Val cg_load_element(Cg *g, CgSlot *s, Val offset);
void cg_store_element(Cg *g, CgSlot *s, Val offset, Val v, int elem);
Val cg_update(Cg *g, TppcUpdate u, int elem, Val a, Val b);
Val cg_identity(Cg *g, TppcUpdate u, int elem, int lanes);

/* ---- cg_atomic.c ---- */
/* Threads may make the update at the same time. */
bool cg_is_atomic(const Cg *g, const TppcOp *store);
/* Updates element `at` by v, which has its type: f32, f64, i32, or i64. */
void cg_atomic_update(Cg *g, CgSlot *s, Val at, TppcUpdate u, Val v);
CgScalar cg_operand(Cg *g, const TppcUse *use);
/* The scalar whose lanes all are `one`. */
CgScalar cg_same(Cg *g, Val one, int elem);

/* ---- cg_convert.c ---- */
/* From the bits of a stored element to its compute type (no i4, bit). */
Val cg_widen(Cg *g, Val bits, int elem, int lanes);
/* What is known of an f32 that is NaN: that it has no bits in the lower half, and is quiet besides.
 * `depth` is that of the recursion, 0 to begin with. */
typedef enum CgNan { CG_NAN_ANY, CG_NAN_SHORT, CG_NAN_PLAIN } CgNan;
CgNan cg_nan_of(const TppcValue *v, int depth);
/* As cg_narrow() from f32 to BF16 of values that are CG_NAN_PLAIN. */
Val cg_narrow_plain(Cg *g, Val v, int lanes);
/* From a compute type to the bits of elem as a store rounds. */
Val cg_narrow(Cg *g, Val v, int from, int elem, int lanes);
/* Between compute types, as a store rounds. */
Val cg_convert(Cg *g, Val v, int from, int to, int lanes);

/* ---- cg_elt.c, cg_math*.c ---- */
void cg_elt(Cg *g, TppcOp *op);
/* x and the result are lanes of f32 or f64; `bf16` says that x was loaded as BF16. */
Val cg_math(Cg *g, TppcElt elt, Val x, int elem, bool bf16);
/* K-TanH and its kin, which are looked up for so many lanes at once. */
enum { CG_WORDS = 32 };
bool cg_is_ktanh(TppcElt elt);
/* The result has the bits of the BF16 that it is. */
CgScalar cg_ktanh(Cg *g, TppcElt elt, CgScalar in, int lanes);
/* ---- cg_bits.c: operands as the row of ops.def says, the first of type elem ---- */
Val cg_bits(Cg *g, TppcElt elt, const Val *v, int elem);
/* ---- cg_random.c: seed and counter are lanes of i64 ---- */
Val cg_uniform(Cg *g, const CgScalar *seed, const CgScalar *counter);

/* ---- cg_debug.c ---- */
void cg_debug_begin(Cg *g, TppcModule *m);
void cg_debug_end(Cg *g);
void cg_debug_function(Cg *g, Val fn, const char *name, TppcSpan span);
void cg_debug_at(Cg *g, TppcSpan span);

/* ---- cg_pack.c ---- */
void cg_pack_functions(Cg *g);
/* True for a dense parameter that gets size, pack, and unpack functions. */
bool cg_has_pack(const TppcOp *param);

/* ---- cg_argv.c ---- */
/* int f.argv(void *const *argv): calls the kernel just emitted with the values that argv points at.
 */
void cg_argv(Cg *g);

/* Attributes of an rt.select as the runtime's descriptors have them: enum tpp_dtype, tpp_provider,
 * tpp_storage. */
int cg_select_type(const TppcOp *op, const char *key);
int cg_select_provider(const TppcOp *op);
int cg_select_storage(const TppcOp *op);

#endif
