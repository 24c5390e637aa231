/* The IR: ops with operands, results, attributes, iteration dimensions, and structured regions. No
 * CFG, no phis.
 *
 * One set of structs serves three dialects (README.md): tpp (what), loop (how), rt (calls on
 * pointers). Everything lives in the module's arena; an op that is unlinked is simply no longer
 * reached.
 */
#ifndef TPPC_IR_IR_H
#define TPPC_IR_IR_H

#include "diag/diag.h"
#include "ir/type.h"
#include "support/map.h"

typedef struct TppcOp TppcOp;
typedef struct TppcModule TppcModule;

/* One compilation: arena, names, diagnostics. One thread at a time. */
struct TppcContext {
  TppcArena *arena;
  TppcInterner *names;
  TppcDiags *diags;
  struct TppcExprTable *exprs; /* interning tables, owned by ir */
  struct TppcTypeTable *types;
};
TppcContext *tppc_context_create(void);
void tppc_context_destroy(TppcContext *cx);

/* Kinds of ops: rows of irops.def, and one kind for every elementwise TPP of ops.def. */
typedef enum TppcOpKind {
#define IROP(id, text, dialects, operands, results, regions, dims, doc) TPPC_OP_##id,
#include "ir/irops.def"
#undef IROP
  TPPC_OP_COUNT
} TppcOpKind;

/* Elementwise TPPs: numbers of ops.def. */
typedef enum TppcElt {
  TPPC_ELT_NONE = 0,
#define ELTWISE(num, id, mnemonic, arity, types, traits, ulp, def) TPPC_ELT_##id = num,
#define CONTRACT(num, id, mnemonic, def)
#define REDUCE(num, id, mnemonic, update, identity, def)
#include "tpp/ops.def"
#undef ELTWISE
#undef CONTRACT
#undef REDUCE
  TPPC_ELT_END
} TppcElt;
typedef enum TppcEltTypes {
  TPPC_TYPES_FLT,
  TPPC_TYPES_NUM,
  TPPC_TYPES_CMP,
  TPPC_TYPES_SEL,
  TPPC_TYPES_RNG,
  TPPC_TYPES_INT,
  TPPC_TYPES_ZIP,
  TPPC_TYPES_LOW
} TppcEltTypes;
enum { TPPC_TRAIT_EXACT = 1, TPPC_TRAIT_COMMUTES = 2 };
typedef struct TppcEltInfo {
  TppcElt elt;
  const char *mnemonic;
  int arity;
  TppcEltTypes types;
  int traits;
  int ulp;
  const char *definition;
} TppcEltInfo;
/* NULL when there is none. */
const TppcEltInfo *tppc_elt_by_name(const char *mnemonic);
const TppcEltInfo *tppc_elt_info(TppcElt elt);
/* i = 0, 1, ...; NULL at the end. */
const TppcEltInfo *tppc_elt_at(int i);

/* How a store combines with what is there. */
typedef enum TppcUpdate { TPPC_SET, TPPC_ADD, TPPC_MAX, TPPC_MIN, TPPC_MUL } TppcUpdate;

typedef struct TppcValue {
  const TppcType *type;
  const char *name; /* printed as %name; unique within its kernel */
  TppcOp *def;
} TppcValue;

/* An operand: a value, and for tensors the index of the element (or of the tile's corner) that is
 * meant. */
typedef struct TppcUse {
  TppcValue *value;
  int n_idx;
  const TppcExpr **idx; /* one a dimension; in the rt dialect one offset in elements */
  TppcSpan span;
} TppcUse;

/* lo <= sym < hi in steps of step (1 where the op has no step). */
typedef struct TppcDim {
  const char *sym;
  const TppcExpr *lo, *hi, *step;
  TppcSpan span;
} TppcDim;

typedef enum TppcAttrKind {
  TPPC_A_INT,
  TPPC_A_FLOAT,
  TPPC_A_WORD,
  TPPC_A_STRING,
  TPPC_A_EXPR,
  TPPC_A_LIST
} TppcAttrKind;
typedef struct TppcAttr TppcAttr;
struct TppcAttr {
  const char *key; /* interned; NULL inside lists */
  TppcAttrKind kind;
  int64_t i;
  double f;
  const char *s; /* WORD, STRING */
  const TppcExpr *e;
  TppcAttr *list;
  int n;
  TppcSpan span;
};

typedef struct TppcRegion {
  TppcOp *first, *last;
  TppcOp *parent;
} TppcRegion;

struct TppcOp {
  TppcOpKind kind;
  TppcElt elt; /* TPPC_OP_ELT: which */
  TppcSpan span;
  const char *name; /* @name, or NULL */
  int n_uses, n_results, n_dims, n_attrs, n_regions;
  TppcUse *uses;
  TppcValue **results;
  TppcDim *dims;
  TppcAttr *attrs; /* sorted by key */
  TppcRegion *regions;
  TppcRegion *in; /* the region that it stands in */
  TppcOp *prev, *next;
};

typedef enum TppcLevel { TPPC_LEVEL_TPP, TPPC_LEVEL_LOOP, TPPC_LEVEL_RT } TppcLevel;
struct TppcModule {
  TppcContext *cx;
  TppcLevel level;
  TppcRegion body; /* kernels */
};

/* ---- building ---- */
TppcModule *tppc_module_new(TppcContext *cx);
/* A deep copy, for the interpreter that must see the module as it was. */
TppcModule *tppc_module_clone(TppcModule *m);
TppcOp *tppc_op_new(TppcContext *cx, TppcOpKind kind, TppcSpan span);
void tppc_op_append(TppcRegion *r, TppcOp *op);
void tppc_op_insert_before(TppcOp *at, TppcOp *op);
void tppc_op_insert_after(TppcOp *at, TppcOp *op);
void tppc_op_unlink(TppcOp *op);
/* Copies op with its regions; values defined inside are copied too, values from outside are kept or
 * replaced by `values` (old -> new), expressions are substituted by `facts`; both may be NULL. */
TppcOp *tppc_op_clone(TppcContext *cx, const TppcOp *op, TppcMap *values, const TppcFacts *facts);
/* name NULL: numbered when printed. */
TppcValue *tppc_op_add_result(TppcContext *cx, TppcOp *op, const TppcType *type, const char *name);
void tppc_op_add_use(TppcContext *cx, TppcOp *op, TppcValue *v, int n_idx,
                     const TppcExpr *const *idx, TppcSpan span);
void tppc_op_add_dim(TppcContext *cx, TppcOp *op, const char *sym, const TppcExpr *lo,
                     const TppcExpr *hi, const TppcExpr *step, TppcSpan span);
/* The dim of op itself with this symbol, NULL when there is none. */
TppcDim *tppc_op_dim(const TppcOp *op, const char *sym);
TppcRegion *tppc_op_add_region(TppcContext *cx, TppcOp *op);

void tppc_set_int(TppcContext *cx, TppcOp *op, const char *key, int64_t v);
void tppc_set_word(TppcContext *cx, TppcOp *op, const char *key, const char *word);
void tppc_set_string(TppcContext *cx, TppcOp *op, const char *key, const char *text, TppcSpan span);
void tppc_set_expr(TppcContext *cx, TppcOp *op, const char *key, const TppcExpr *e);
/* Adds (or finds) a list attribute; tppc_list_add appends an empty element to fill in. */
TppcAttr *tppc_set_list(TppcContext *cx, TppcOp *op, const char *key);
TppcAttr *tppc_list_add(TppcContext *cx, TppcAttr *list);
const TppcAttr *tppc_attr(const TppcOp *op, const char *key); /* NULL when absent */
int64_t tppc_attr_int(const TppcOp *op, const char *key, int64_t otherwise);
const char *tppc_attr_word(const TppcOp *op,
                           const char *key); /* WORD or STRING; NULL when absent */
const TppcExpr *tppc_attr_expr(const TppcOp *op, const char *key); /* NULL when absent */
TppcUpdate tppc_op_update(const TppcOp *store);
void tppc_attr_remove(TppcOp *op, const char *key);
/* Sets the attribute on another op; elements of a list are shared. */
void tppc_attr_copy(TppcContext *cx, TppcOp *to, const TppcAttr *a);

/* ---- walking ---- */
/* Every op below r in order, parents before children; stops when fn returns false. fn may unlink
 * the op. */
bool tppc_walk(TppcRegion *r, bool (*fn)(void *user, TppcOp *op), void *user);
/* The ops of a kernel in order, each seq before what stands in it: sizes, parameters, locals,
 * nests, calls. The first one after `op`, or of all when op is NULL; NULL at the end. */
TppcOp *tppc_next_item(const TppcOp *kernel, const TppcOp *op);
/* True when an index of u uses the symbol. */
bool tppc_use_has(const TppcUse *u, const char *sym);
TppcOp *tppc_op_parent(const TppcOp *op);
TppcOp *tppc_op_ancestor(const TppcOp *op,
                         TppcOpKind kind); /* nearest, op itself included; or NULL */
TppcOp *tppc_module_kernel(TppcModule *m, const char *name);
/* A name not yet used in the kernel, from a stem; interned. */
const char *tppc_fresh_name(TppcContext *cx, TppcOp *kernel, const char *stem);
/* What is known of symbols at op: ranges and divisors of enclosing dims, of sizes (>= 0, promises).
 */
TppcFacts tppc_facts_at(TppcContext *cx, const TppcOp *op);

/* Up to this distance between the elements of its lanes a load is vectors of neighbours. */
enum { TPPC_NEAR_STEP = 4 };
/* Rows and columns, at most, of a product whose microkernel is generated. */
enum { TPPC_PRODUCT_SIDE = 64 };
/* Lines of the cache that one rt.prefetch fetches, at most. */
enum { TPPC_PREFETCH_LINES = 512 };

/* ---- data indices: symbols that tpp.bind gives a value, `$g` and a number ---- */
bool tppc_sym_is_bound(const char *sym);
bool tppc_e_has_bound(const TppcExpr *e);
/* Whether e, in a statement with region r, changes with the letter: it has it, or has a data index
 * whose value does. */
bool tppc_e_varies(const TppcExpr *e, const TppcRegion *r, const char *letter);

/* ---- text ---- */
void tppc_print_module(TppcBuf *b, const TppcModule *m);
void tppc_print_op(TppcBuf *b, const TppcOp *op); /* one op, for messages and debuggers */
/* Parses .tir text, registered as a source; NULL after errors. */
TppcModule *tppc_parse_tir(TppcContext *cx, uint32_t source);

/* ---- verifier ---- */
/* Checks arity, types, dims, visibility, and that the ops belong to the module's level. Errors are
 * diagnostics (rows V*). */
bool tppc_verify(TppcModule *m);
/* The same; every message says that it was seen after `pass`, unless that is NULL. */
bool tppc_verify_after(TppcModule *m, const char *pass);

#endif
