/* What the files of semantic analysis share; private to them.
 *
 * The work goes kernel by kernel: signatures of all kernels first (sizes, parameters), because a
 * call may name a kernel further down, then bodies. Sizes stay symbols in the module even where a
 * default gives them a value, since a call may bind them to another one; `fixed` has the values for
 * checks of the kernel as it is compiled alone. What cannot be proved for all sizes becomes a
 * `require` of the kernel, and an error when it is false for the values known.
 */
#ifndef TPPC_DSL_SEMA_H
#define TPPC_DSL_SEMA_H

#include "dsl/dsl.h"

#include <limits.h>

enum { SEMA_MAX_COLONS = 8, SEMA_MAX_LOOPS = 26, SEMA_MAX_RANK = 16 };

/* Type codes of expressions: an element that values are computed in, or one of these. */
enum {
  CODE_ERROR = 0,
  CODE_LITERAL = -1, /* integer constants only: takes the type of its surroundings */
  CODE_INDEX = -2,   /* of integer constants, sizes, and letters: a 64-bit integer */
  CODE_NUMBER = -3   /* of constants, sizes, and letters, a float constant among them */
};

/* SEQ: the letter of a seq, which is one value for a whole nest. */
typedef enum SymKind {
  SYM_CONST,
  SYM_SIZE,
  SYM_SCALAR,
  SYM_TENSOR,
  SYM_TEMP,
  SYM_LETTER,
  SYM_SEQ
} SymKind;
typedef enum SymMode { MODE_IN, MODE_INOUT, MODE_OUT, MODE_LOCAL, MODE_TEMP } SymMode;

/* A name of a kernel. */
typedef struct Sym {
  SymKind kind;
  SymMode mode;
  TppcAstName name;
  TppcValue *value;       /* SCALAR, TENSOR, TEMP */
  const TppcExpr *expr;   /* CONST: its value; SIZE, LETTER, SEQ: the symbol */
  const TppcExpr *extent; /* LETTER, SEQ */
  int depth;              /* TENSOR: how many seqs stand around its declaration */
  int letter;             /* LETTER: position among the loops */
  int code;               /* TEMP: joined type of what is written, from the typing pass */
  /* Writes so far. */
  bool written, read, touched; /* touched: named as a target in this nest */
  int write_nest;              /* nest of the last write */
  TppcUpdate update;           /* operator since the last '=' in that nest, TPPC_SET when none */
  bool read_since;             /* read in that nest since its last write */
  TppcSpan write_span, read_span;
  TppcValue *met; /* which elements its updates have met, while that is to be known; or NULL */
  const TppcOp *filled;       /* TENSOR: the open seq before which it became an identity */
  const TppcExpr *iterations; /* positive if that seq has written it */
  bool reported;              /* an error about this name was reported */
} Sym;
typedef TppcVec(Sym *) Syms;

typedef enum SizeState { SIZE_FREE, SIZE_DEFAULT, SIZE_FIXED, SIZE_DERIVED } SizeState;
typedef struct SemaSize {
  TppcAstName name;
  SizeState state;
  const TppcExpr *value; /* over earlier sizes; NULL when free */
  const TppcAstSize *ast;
} SemaSize;

/* A seq whose items are being analysed. */
typedef struct SemaSeq {
  TppcOp *op;
  const Sym *letter;
} SemaSeq;

typedef struct Sema Sema;

typedef struct SemaKernel {
  Sema *s;
  const TppcAstKernel *ast;
  bool imported, broken;
  int visit; /* call graph: 0 new, 1 open, 2 done */
  TppcOp *op;
  TppcOp *head;          /* the last size or require, after which more stand */
  TppcRegion *body;      /* where items go: of the kernel, or of the innermost open seq */
  TppcVec(SemaSeq) seqs; /* open ones, outermost first */
  TppcVec(SemaSize) sizes;
  Syms syms; /* sizes, parameters, locals */
  TppcVec(Sym *) inputs;
  TppcVec(Sym *) outputs;
  TppcFacts fixed;   /* sizes with a value -> that value */
  TppcFacts derived; /* derived sizes -> their definition over the others */
  TppcFacts facts;   /* of sizes: not negative, multiples, at most */
  int n_nests, n_values, n_temps, n_bound;
  int n_args;                       /* nests that compute arguments are numbered -2, -3, ... */
  TppcVec(const char *) labels;     /* of nests and calls, which schedules may name */
  TppcVec(const char *) seq_labels; /* of seqs */
} SemaKernel;

typedef struct SemaConst {
  TppcAstName name;
  int64_t value;
} SemaConst;

typedef struct SemaSchedule {
  const TppcAstSchedule *ast;
  TppcSpan span;
  const char *origin;
  bool used;
} SemaSchedule;

struct Sema {
  TppcContext *cx;
  const TppcSemaOptions *opt;
  TppcModule *module;
  bool ok;
  TppcVec(SemaConst) consts;
  TppcVec(SemaKernel *) kernels;
  TppcVec(SemaSchedule *) schedules; /* strongest first */
  TppcVec(const char *) files;       /* resolved paths read so far */
};

/* A nest being analysed. */
typedef struct SemaNest {
  SemaKernel *k;
  Sema *s;
  TppcOp *op;
  TppcOp *last_temp; /* temporaries stand before statements */
  int number;
  bool broken; /* a loop is wrong: statements would only add to it */
  int n_loops;
  Sym loops[SEMA_MAX_LOOPS];
  Syms temps;
} SemaNest;

/* Extents of the colons of one statement, or of one sum(...), counted from the last. */
typedef struct SemaColons {
  int n;
  const TppcExpr *extent[SEMA_MAX_COLONS];
  TppcSpan span[SEMA_MAX_COLONS];
  const char *whose[SEMA_MAX_COLONS];
} SemaColons;

/* A statement being built: the op whose region receives values, and the letters that it ranges
 * over. */
typedef struct SemaStmt {
  SemaNest *nest;
  SemaKernel *k;
  Sema *s;
  TppcOp *op;
  TppcRegion *region; /* NULL while no values may be made (contractions) */
  bool used[SEMA_MAX_LOOPS];
  TppcSpan used_span[SEMA_MAX_LOOPS];
  bool occurs[SEMA_MAX_LOOPS]; /* letters in its text: when one of these loops is empty, nothing
                                  runs */
  SemaColons colons;
  Sym *target; /* NULL inside sum(...) */
  int n_idx;
  const TppcExpr **idx; /* of the target */
  Sym *pattern;         /* the sparse tensor over whose entries it ranges, or NULL */
  const TppcExpr *pattern_idx[2];
  TppcSpan pattern_span;
} SemaStmt;

/* ---- sema_names.c ---- */
Sym *sema_add_sym(SemaKernel *k, SymKind kind, SymMode mode, TppcAstName name);
/* In the nest (may be NULL), the kernel (may be NULL), then the constants of the file; NULL when
 * unknown. */
Sym *sema_find(Sema *s, SemaKernel *k, SemaNest *n, const char *name);
void sema_unknown(Sema *s, SemaKernel *k, SemaNest *n, TppcAstName name);
/* "the size 'M'": for messages. */
const char *sema_describe(Sema *s, const Sym *sym);
/* False, with a message, when the name is taken or a keyword of C. */
bool sema_declare(SemaKernel *k, TppcAstName name, const char *what);
bool sema_is_reserved(const char *name);
/* Text in the arena. */
const char *sema_text(Sema *s, const TppcAstExpr *e);
const char *sema_expr_text(Sema *s, const TppcExpr *e);
const char *sema_type_text(Sema *s, const TppcType *t);
/* Reports with the row and marks the analysis as failed. */
#define SEMA_ERROR(s, row, ...)                                                                    \
  ((s)->ok = false, tppc_diag((s)->cx->diags, TPPC_D_##row, __VA_ARGS__))

/* ---- sema_sizes.c ---- */
/* An integer expression of constants, sizes, and, with st, letters (which are marked as used). NULL
 * after an error. */
const TppcExpr *sema_int(Sema *s, SemaKernel *k, SemaStmt *st, const TppcAstExpr *e);
/* The same for an expression that must have a value now. */
bool sema_int_const(Sema *s, SemaKernel *k, const TppcAstExpr *e, int64_t *value);
void sema_sizes(SemaKernel *k);
void sema_const(Sema *s, const TppcAstDecl *d);
/* Every -D names a size that some kernel lets it set. */
void sema_check_defines(Sema *s);
typedef enum Truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN } Truth;
/* Adds cond to what the entry point checks, unless it is proved. NO when it is false for all sizes,
 * or for those that are known. */
Truth sema_require(SemaKernel *k, const TppcExpr *cond, const char *status, const char *text,
                   TppcSpan span);
/* lo <= e, proved. */
bool sema_at_least(SemaKernel *k, const TppcExpr *e, int64_t lo);
const TppcExpr *sema_known(SemaKernel *k, const TppcExpr *e); /* with the sizes that have values */

/* ---- sema_types.c ---- */
/* A scalar where there are no dims and `scalar`, else a tensor (of rank 0 without dims). NULL after
 * an error. */
const TppcType *sema_type(SemaKernel *k, const TppcAstType *t, bool scalar);

/* ---- sema_kernel.c ---- */
/* The param or local of sym, which gets its value. */
void sema_add_tensor(SemaKernel *k, TppcOpKind kind, Sym *sym, const TppcType *type, TppcSpan span);
void sema_signature(SemaKernel *k);
void sema_body(SemaKernel *k);
/* A label that is free: the one given, or stem and a number. */
const char *sema_label(SemaKernel *k, TppcAstName given, const char *stem, int number);
const char *sema_seq_label(SemaKernel *k, TppcAstName given);
/* Nests, calls, locals, and seqs, in order. */
void sema_items(SemaKernel *k, const TppcAstItems *items);
/* A nest that sets all of sym to the identity of the operator (of SET: zero), before op, or at the
 * end of the kernel when op is NULL. */
void sema_fill(SemaKernel *k, Sym *sym, TppcUpdate update, TppcOp *before);
/* The same for a tensor of its shape. */
void sema_fill_tensor(SemaKernel *k, const Sym *sym, TppcValue *tensor, TppcUpdate update,
                      TppcOp *before);
/* A nest without statements over all elements of sym. NULL after an error. */
TppcOp *sema_whole_nest(SemaKernel *k, const Sym *sym, TppcOp *before);
const char *sema_fresh(SemaKernel *k, const char *stem);

/* ---- sema_seq.c ---- */
void sema_seq(SemaKernel *k, const TppcAstItem *item);
/* The seq around the current item that stands where sym is declared; NULL when there is none. */
const SemaSeq *sema_seq_around(const SemaKernel *k, const Sym *sym);
/* Whether all seqs between sym's declaration and the current item run at least once. */
bool sema_seqs_run(SemaKernel *k, const Sym *sym);
/* A write of `sym`, which a seq around it may have filled with an identity. */
void sema_seq_writes(SemaKernel *k, Sym *sym);

/* ---- sema_nest.c ---- */
void sema_nest(SemaKernel *k, const TppcAstItem *item);
/* A lower-case letter that means nothing yet, and an extent that is not negative: checks them and
 * describes them in *sym. False after an error. */
bool sema_loop(SemaKernel *k, SemaNest *n, const TppcAstLoop *loop, Sym *sym);
/* A temporary tensor of the nest. */
TppcValue *sema_new_temp(SemaNest *n, const char *stem, const TppcType *type, TppcSpan span);
/* Gives the op its dims: letters used in order of declaration, then the colons. */
void sema_set_dims(SemaStmt *st, TppcOp *op);
/* Marks the letters in e as occurring in the statement. */
void sema_mark_letters(SemaStmt *st, const TppcAstExpr *e);

/* ---- sema_write.c ---- */
/* The left side, declaring a temporary at its first write; after the right side, which knows the
 * colons. */
bool sema_left_side(SemaStmt *st, Sym *sym, const TppcAstStmt *stmt, int elem);
/* The same before the right side is built, for its check that it reads the target at this element
 * only; does nothing for a new temporary. */
bool sema_left_side_first(SemaStmt *st, Sym *sym, const TppcAstStmt *stmt);
bool sema_left_has_letter(const SemaStmt *st, int letter);
bool sema_left_has_colon(const SemaStmt *st, int c);
/* '=' defines: every letter of the right is on the left, and each element is written once. */
bool sema_check_definition(SemaStmt *st, const TppcAstStmt *stmt);
/* A tensor, or temporary, is read here. False after an error. */
bool sema_note_read(SemaStmt *st, Sym *sym, TppcSpan span);
/* Orders of writes that have no meaning, or one that reads badly. */
bool sema_check_write(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span);
void sema_note_write(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span);
/* 1 when an update starts from the operator's identity, 0 when it continues. */
int sema_initial(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span);

/* ---- sema_stmt.c ---- */
void sema_elementwise(SemaNest *n, Sym *sym, const TppcAstStmt *stmt);
void sema_contraction(SemaNest *n, Sym *sym, const TppcAstStmt *stmt);

/* ---- sema_sparse.c ---- */
bool sema_is_sparse(const TppcType *t);
/* An access by the statement; a sparse tensor becomes its pattern, or must share the one that it
 * has. False after an error. */
bool sema_sparse_access(SemaStmt *st, Sym *sym, const TppcExpr *const *idx, TppcSpan span);
/* Takes the pattern from the text of a statement, before its parts are built. */
void sema_find_pattern(SemaStmt *st, const TppcAstExpr *e);
/* Makes the pattern the operand of a statement whose dims have both of its letters. */
void sema_mark_pattern(SemaStmt *st, TppcOp *op);
bool sema_leaves_out(const SemaStmt *st, const Sym *target);
/* A statement that sets the target, a temporary, to zero, for elements outside the pattern. */
void sema_zero_temp(SemaStmt *st, const Sym *sym, TppcSpan span);

/* ---- sema_index.c ---- */
/* The index of a reference to dims, checked against its extents. NULL after an error. */
const TppcExpr **sema_index(SemaStmt *st, Sym *sym, const TppcAstExpr *e, bool write);
/* Proven: two indices into a tensor of that rank never mean one element, whatever the letters of
 * the nest are: H[t + 1, n] and H[t, k] in a seq over t. */
bool sema_apart(const SemaStmt *st, const TppcExpr *const *a, const TppcExpr *const *b, int rank);
/* Whether the index meets every element, and each at most once; with `seqs`, in all iterations of
 * the open seqs together. */
bool sema_covers(SemaNest *n, const TppcType *t, const TppcExpr *const *idx, bool seqs);
bool sema_injective(SemaStmt *st, const TppcType *t, const TppcExpr *const *idx);
bool sema_check_equal(SemaKernel *k, const TppcExpr *a, const TppcExpr *b, const char *status,
                      const char *text, TppcSpan span);

/* ---- sema_patterns.c ---- */
/* Gives each local sparse tensor the parameter whose pattern it has, when all kernels are read. */
void sema_patterns(Sema *s);

/* ---- sema_partial.c ---- */
/* The first update of sym, with max=, min=, or *=, meets some of its elements; it starts at
 * `before`. */
void sema_partial_begin(SemaStmt *st, Sym *sym, TppcUpdate update, TppcOp *before);
/* Notes the element that st updates. */
void sema_partial_mark(SemaStmt *st, const Sym *sym, TppcSpan span);
/* Before a call that writes sym. */
void sema_partial_call(SemaKernel *k, Sym *sym);
/* What no update has met becomes zero: in nest n, or behind all nests. Does nothing for others, and
 * nothing before the seq around the first update has ended. */
void sema_partial_end(SemaKernel *k, SemaNest *n, Sym *sym);
/* What a seq that has ended did not write becomes zero. */
void sema_seq_ends(SemaKernel *k, const TppcOp *seq);

/* ---- sema_data.c ---- */
/* Whether the index expression reads data, and whether an index of the reference does. */
bool sema_is_data(SemaStmt *st, const TppcAstExpr *e);
bool sema_has_data(SemaStmt *st, const TppcAstExpr *ref);
/* Whether one of the indices is a data index. */
bool sema_has_bound(int n_idx, const TppcExpr *const *idx);
/* The symbol of a data index of dimension dim, bound in the region of st. NULL after an error. */
const TppcExpr *sema_data_index(SemaStmt *st, const Sym *sym, int dim, const TppcAstExpr *e,
                                bool write);
/* What a contraction reads: a tensor, or a temporary that its elements were gathered into. */
typedef struct SemaOperand {
  Sym *sym;
  TppcValue *value;
  int rank;
  const TppcExpr **idx;
} SemaOperand;
bool sema_gather_operand(SemaStmt *st, Sym *sym, const TppcAstExpr *e, SemaOperand *out);
/* A product that is scattered: `side` is the statement that adds the temporary to the target. */
bool sema_scatter_begin(SemaStmt *st, Sym *sym, const TppcAstStmt *stmt, SemaStmt *side);
TppcValue *sema_scatter_temp(SemaStmt *st, const SemaStmt *side, int elem, TppcSpan span, int *rank,
                             const TppcExpr **idx);
void sema_scatter_end(SemaStmt *side, TppcValue *temp, int rank, const TppcExpr *const *idx,
                      TppcSpan span);

/* ---- sema_typing.c ---- */
int sema_join(int a, int b);
/* The element that a value of this code is computed in. */
int sema_settle(int code);
/* Type code of an expression; silent. */
int sema_code(SemaNest *n, const TppcAstExpr *e);
/* Of the product of two elements. */
int sema_product_elem(int a, int b);
/* Of the accumulator of a reduction of values of this compute type. */
int sema_sum_elem(int elem);

/* ---- sema_expr.c ---- */
typedef struct SemaVal {
  int code;
  TppcValue *value;       /* when code is an element */
  const TppcAstExpr *ast; /* otherwise: made when its type is known */
} SemaVal;
SemaVal sema_value(SemaStmt *st, const TppcAstExpr *e);
/* The value as that element; NULL after an error. */
TppcValue *sema_as(SemaStmt *st, SemaVal v, int elem, TppcSpan span);
/* A value of its own type; an error for NULL. */
SemaVal sema_typed(TppcValue *v);
/* sum(e) and its like: a statement before this one. */
SemaVal sema_reduce(SemaStmt *st, const TppcAstExpr *e, TppcUpdate update);
TppcValue *sema_emit(SemaStmt *st, TppcOpKind kind, int elem, TppcSpan span);
/* NULL when an argument is. */
TppcValue *sema_emit_elt(SemaStmt *st, TppcElt elt, int elem, int n, TppcValue *const *args,
                         TppcSpan span);
TppcValue *sema_const_value(SemaStmt *st, int elem, int64_t i, double f, TppcSpan span);
void sema_emit_store(SemaStmt *st, TppcValue *v, TppcValue *tensor, int n_idx,
                     const TppcExpr *const *idx, TppcUpdate update, int init, TppcSpan span);
bool sema_is_brgemm(const TppcAstExpr *e);

/* ---- sema_tpp.c ---- */
/* The row of the TPP that a call names, with what stands in angle brackets; NULL when there is
 * none, as for convert. */
const TppcEltInfo *sema_elt(const TppcAstExpr *e);
/* The element type of sround<i8>(x, u) and its like; 0 for anything else. */
int sema_sround_integer(const TppcAstExpr *e);
/* The op of that row on values v, which come from the expressions `at`. */
SemaVal sema_apply(SemaStmt *st, const TppcEltInfo *info, const SemaVal *v,
                   const TppcAstExpr *const *at, TppcSpan span);
/* A call within an expression. */
SemaVal sema_tpp(SemaStmt *st, const TppcAstExpr *e);

/* ---- sema_call.c ---- */
void sema_call(SemaKernel *k, const TppcAstItem *item);
SemaKernel *sema_find_kernel(Sema *s, const char *name);
/* Reports kernels that call themselves. */
void sema_check_cycles(Sema *s);

/* ---- sema_schedule.c ---- */
void sema_collect_schedules(Sema *s, const TppcAst *ast, const char *origin);
/* Adds the schedules of the nest, if there are any. */
void sema_schedule_nest(SemaKernel *k, TppcOp *nest);
/* Adds those of labelled calls, and knobs of the whole kernel, behind its body. */
void sema_schedule_kernel(SemaKernel *k);
/* The knobs but for the long form, which sema_long_form makes a string of; false after an error. */
void sema_knobs(SemaKernel *k, TppcOp *op, const TppcAstSchedule *ast);
bool sema_long_form(SemaKernel *k, TppcOp *op, const TppcAstSchedule *ast);
/* Help with the labels of the kernel. */
void sema_list_labels(Sema *s, const SemaKernel *k);
/* Schedules that name nothing. */
void sema_check_schedules(Sema *s);

#endif
