/* The syntax tree of a .tpp source.
 *
 * Nodes live in the arena given to the parser; names are interned, so they compare by ==. Every
 * node carries the byte span of its whole text, every name its own span. Optional names have text
 * == NULL, optional pointers are NULL. The tree says what was written and nothing more: defaults,
 * types, and hidden letters are the work of semantic analysis.
 */
#ifndef TPPC_DSL_AST_H
#define TPPC_DSL_AST_H

#include "diag/diag.h"
#include "support/vec.h"

/* The deepest expression the parser builds; walks over expressions may recurse. */
#define TPPC_AST_MAX_DEPTH 500

typedef struct TppcAstName {
  const char *text; /* interned */
  TppcSpan span;
} TppcAstName;
typedef TppcVec(TppcAstName) TppcAstNames;

/* ---- expressions ---- */

typedef enum TppcAstExprKind {
  TPPC_EXPR_INT,    /* i */
  TPPC_EXPR_FLOAT,  /* f */
  TPPC_EXPR_INF,    /* the literal inf */
  TPPC_EXPR_NAME,   /* name: a size, a constant, a letter, a scalar, a temporary without indices */
  TPPC_EXPR_REF,    /* name[args...] */
  TPPC_EXPR_COLON,  /* ':' as an index */
  TPPC_EXPR_NEG,    /* -args[0] */
  TPPC_EXPR_BINARY, /* args[0] op args[1] */
  TPPC_EXPR_CALL,   /* name<targ>(args...) */
} TppcAstExprKind;

typedef enum TppcAstOp {
  TPPC_AST_ADD,
  TPPC_AST_SUB,
  TPPC_AST_MUL,
  TPPC_AST_DIV,
  TPPC_AST_MOD, /* in the digits of 'as' only */
  TPPC_AST_LT,
  TPPC_AST_LE,
  TPPC_AST_GT,
  TPPC_AST_GE,
  TPPC_AST_EQ,
  TPPC_AST_NE,
} TppcAstOp;

typedef struct TppcAstExpr TppcAstExpr;
typedef TppcVec(TppcAstExpr *) TppcAstExprs;

struct TppcAstExpr {
  TppcAstExprKind kind;
  TppcAstOp op;
  int depth; /* 1 for a leaf; at most TPPC_AST_MAX_DEPTH */
  TppcSpan span;
  TppcSpan op_span;
  TppcAstName name;
  TppcAstName targ; /* "bf16" of convert<bf16>(x) */
  int64_t i;
  double f;
  TppcAstExprs args;
};

/* name: value (a dimension, a margin of pad) or name = value (a size of a call); name may be
 * absent. */
typedef struct TppcAstDim {
  TppcAstName name;
  TppcAstExpr *value;
  TppcSpan span;
} TppcAstDim;
typedef TppcVec(TppcAstDim) TppcAstDims;

/* ---- types ---- */

typedef enum TppcAstModKind {
  TPPC_MOD_AS,     /* as [digit][digit]...: a digit is a letter under / and % */
  TPPC_MOD_LD,     /* ld(size) */
  TPPC_MOD_PAD,    /* pad(h: 1, w: 1) */
  TPPC_MOD_CSR,    /* csr */
  TPPC_MOD_BCSR,   /* bcsr(BM, BN) */
  TPPC_MOD_BCSC,   /* bcsc(BK, BN) */
  TPPC_MOD_RANGE,  /* range(lo, hi) */
  TPPC_MOD_GROUP,  /* group(64) */
  TPPC_MOD_PLANES, /* planes(3, L) */
} TppcAstModKind;

typedef struct TppcAstMod {
  TppcAstModKind kind;
  TppcSpan span;
  TppcAstDims args;
} TppcAstMod;
typedef TppcVec(TppcAstMod) TppcAstMods;

typedef struct TppcAstType {
  TppcSpan span;
  TppcAstName elem; /* "bf16" */
  TppcAstDims dims; /* none: a scalar parameter, an output of one element */
  TppcAstMods mods; /* as written */
} TppcAstType;

/* ---- kernels ---- */

typedef enum TppcAstSizeKind {
  TPPC_SIZE_FREE,     /* M */
  TPPC_SIZE_VALUE,    /* K = 768, or derived: P = (H - 1) / S + 1 */
  TPPC_SIZE_MULTIPLE, /* M % 32 */
  TPPC_SIZE_AT_MOST,  /* T <= Tmax */
} TppcAstSizeKind;

typedef struct TppcAstSize {
  TppcAstSizeKind kind;
  TppcAstName name;
  TppcAstExpr *value; /* NULL for FREE */
  TppcSpan span;
} TppcAstSize;
typedef TppcVec(TppcAstSize) TppcAstSizes;

typedef struct TppcAstParam {
  TppcAstName name;
  TppcAstType *type;
  bool is_inout;
  TppcSpan span;
} TppcAstParam;
typedef TppcVec(TppcAstParam) TppcAstParams;

typedef struct TppcAstLoop {
  TppcAstName letter;
  TppcAstExpr *extent;
  TppcSpan span;
} TppcAstLoop;
typedef TppcVec(TppcAstLoop) TppcAstLoops;

typedef enum TppcAstAssign {
  TPPC_ASSIGN_SET, /* =    */
  TPPC_ASSIGN_ADD, /* +=   */
  TPPC_ASSIGN_MUL, /* *=   */
  TPPC_ASSIGN_MAX, /* max= */
  TPPC_ASSIGN_MIN, /* min= */
} TppcAstAssign;

typedef struct TppcAstStmt {
  TppcAstAssign op;
  TppcSpan span, op_span;
  TppcAstExpr *target; /* NAME or REF */
  TppcAstExpr *value;
} TppcAstStmt;
typedef TppcVec(TppcAstStmt) TppcAstStmts;

typedef enum TppcAstItemKind {
  TPPC_ITEM_LOCAL, /* name: type; */
  TPPC_ITEM_NEST,  /* for loops { stmts } */
  TPPC_ITEM_CALL,  /* results = name[sizes](args); */
  TPPC_ITEM_SEQ,   /* seq t in T { items } */
} TppcAstItemKind;

typedef struct TppcAstItem TppcAstItem;
typedef TppcVec(TppcAstItem *) TppcAstItems;

struct TppcAstItem {
  TppcAstItemKind kind;
  TppcSpan span;
  TppcAstName label; /* of a nest, a call, a seq */
  TppcAstName name;  /* of the local, or the callee */
  TppcAstType *type;
  TppcAstLoops loops; /* one for SEQ */
  TppcAstStmts stmts;
  TppcAstItems items; /* of SEQ */
  TppcAstNames results;
  TppcAstDims sizes;
  TppcAstExprs args;
};

typedef struct TppcAstKernel {
  TppcAstName name;
  TppcSpan head; /* from 'kernel' to the end of the signature */
  TppcAstSizes sizes;
  TppcAstParams inputs; /* inout ones too */
  TppcAstParams outputs;
  TppcAstItems body;
} TppcAstKernel;

/* ---- schedules ---- */

typedef enum TppcAstKnobKind {
  TPPC_KNOB_SIZES,    /* letters[0]: values...; */
  TPPC_KNOB_PACK,     /* pack names; */
  TPPC_KNOB_KERNEL,   /* kernel names[0] = choice; */
  TPPC_KNOB_THREADS,  /* threads values[0]; */
  TPPC_KNOB_CURVE,    /* curve names; */
  TPPC_KNOB_FUSE,     /* fuse names over choice; */
  TPPC_KNOB_REDUCE,   /* reduce names = choice; */
  TPPC_KNOB_PREFETCH, /* prefetch; */
  TPPC_KNOB_ORDER,    /* order names;    levels such as n0 */
  TPPC_KNOB_PARALLEL, /* parallel names; */
} TppcAstKnobKind;

typedef struct TppcAstKnob {
  TppcAstKnobKind kind;
  TppcSpan span;
  TppcAstNames names; /* SIZES: the one letter */
  TppcAstName choice; /* KERNEL, REDUCE: what was chosen; FUSE: the letter */
  TppcAstExprs values;
} TppcAstKnob;
typedef TppcVec(TppcAstKnob) TppcAstKnobs;

typedef struct TppcAstSchedule {
  TppcAstName kernel, label;
  TppcAstName isa;    /* content of for "avx2" */
  TppcAstExpr *when;  /* NULL: always */
  TppcAstName string; /* the span covers the content without the quotes, so offsets into the text
                         map to it */
  TppcAstKnobs knobs;
} TppcAstSchedule;

/* ---- files ---- */

typedef enum TppcAstDeclKind {
  TPPC_DECL_IMPORT,
  TPPC_DECL_CONST,
  TPPC_DECL_KERNEL,
  TPPC_DECL_SCHEDULE,
} TppcAstDeclKind;

typedef struct TppcAstDecl {
  TppcAstDeclKind kind;
  TppcSpan span;
  TppcAstName name;   /* IMPORT: the path; CONST: its name */
  TppcAstExpr *value; /* CONST */
  TppcAstKernel *kernel;
  TppcAstSchedule *schedule;
} TppcAstDecl;
typedef TppcVec(TppcAstDecl *) TppcAstDecls;

typedef struct TppcAst {
  uint32_t source;
  TppcAstDecls decls; /* in the order of the text */
} TppcAst;

/* "+", "<=", "max=", "as", ...: as written in a source. */
const char *tppc_ast_op_text(TppcAstOp op);
const char *tppc_ast_assign_text(TppcAstAssign op);
const char *tppc_ast_mod_text(TppcAstModKind kind);

/* The expression on one line, fully parenthesised, for messages and dumps. */
void tppc_ast_print_expr(TppcBuf *out, const TppcAstExpr *e);

/* The tree, one node a line, two spaces a level; dx is needed for with_spans only, which appends
 * <line:column-line:column> to each line. */
void tppc_ast_dump(TppcBuf *out, const TppcAst *ast, const TppcDiags *dx, bool with_spans);

#endif
