/* The verifier: what holds for all ops. Levels, counts, names, visibility of values and symbols.
 * What is particular to an op is in verify_ops.c. It goes on after an error, so that one run shows
 * all.
 */
#include "ir/verify_internal.h"

#include "ir/parse_internal.h"

#include <stdarg.h>
#include <string.h>

/* ---- messages ---- */

/* The first line of the op's text, and the pass after which it was seen. */
static void show(TppcVerifier *v, const TppcOp *op) {
  TppcBuf b = {0};
  tppc_print_op(&b, op);
  int n = (int)strcspn(b.data, "\n");
  const char *kernel = v->kernel && v->kernel->name ? v->kernel->name : "?";
  if (v->pass)
    tppc_diag_note(v->cx->diags, TPPC_NO_SPAN, "after pass '%s', in kernel '%s': %.*s", v->pass,
                   kernel, n, b.data);
  else
    tppc_diag_note(v->cx->diags, TPPC_NO_SPAN, "in kernel '%s': %.*s", kernel, n, b.data);
  tppc_buf_free(&b);
}

static const char *text_of(TppcVerifier *v, const TppcOp *op) {
  return tppc_op_text(v->cx, op);
}

void tppc_v_structure(TppcVerifier *v, const TppcOp *op, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  const char *message = tppc_vsprintf(v->cx->arena, fmt, ap);
  va_end(ap);
  tppc_diag(v->cx->diags, TPPC_D_tir_op_structure, op->span, text_of(v, op), message);
  show(v, op);
}

void tppc_v_type(TppcVerifier *v, const TppcOp *op, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  const char *message = tppc_vsprintf(v->cx->arena, fmt, ap);
  va_end(ap);
  tppc_diag(v->cx->diags, TPPC_D_tir_op_type, op->span, text_of(v, op), message);
  show(v, op);
}

void tppc_v_attr(TppcVerifier *v, const TppcOp *op, const char *key, const char *problem) {
  const TppcAttr *a = tppc_attr(op, key);
  TppcSpan span = a && a->span.source ? a->span : op->span;
  tppc_diag(v->cx->diags, TPPC_D_tir_op_attribute, span, text_of(v, op), key, problem);
  show(v, op);
}

/* ---- levels and counts ---- */

enum { T = 1 << TPPC_LEVEL_TPP, L = 1 << TPPC_LEVEL_LOOP, R = 1 << TPPC_LEVEL_RT };
enum { N = -1 }; /* any number */

typedef struct OpShape {
  int levels, operands, results, regions, dims;
} OpShape;

static const OpShape shapes[TPPC_OP_COUNT] = {
#define IROP(id, text, dialects, operands, results, regions, dims, doc)                            \
  [TPPC_OP_##id] = {dialects, operands, results, regions, dims},
#include "ir/irops.def"
#undef IROP
};

static bool check_count(TppcVerifier *v, const TppcOp *op, const char *what, int have, int want) {
  if (want == N || have == want)
    return true;
  tppc_diag(v->cx->diags, TPPC_D_tir_op_count, op->span, text_of(v, op), have, what, want);
  show(v, op);
  return false;
}

static bool check_shape(TppcVerifier *v, const TppcOp *op) {
  const OpShape *s = &shapes[op->kind];
  if (!(s->levels & 1 << v->m->level)) {
    tppc_diag(v->cx->diags, TPPC_D_tir_op_level, op->span, text_of(v, op),
              tppc_level_name(v->m->level));
    show(v, op);
    return false;
  }
  int operands = s->operands;
  if (op->kind == TPPC_OP_ELT) {
    const TppcEltInfo *info = tppc_elt_info(op->elt);
    if (!info) {
      tppc_v_structure(v, op, "is not in ops.def");
      return false;
    }
    operands = info->arity;
  }
  bool ok = check_count(v, op, "operands", op->n_uses, operands);
  ok = check_count(v, op, "results", op->n_results, s->results) && ok;
  ok = check_count(v, op, "regions", op->n_regions, s->regions) && ok;
  return check_count(v, op, "dimensions", op->n_dims, s->dims) && ok;
}

/* ---- symbols ---- */

static bool symbol_visible(const TppcVerifier *v, const char *sym) {
  for (int i = v->symbols.n - 1; i >= 0; i--)
    if (strcmp(v->symbols.data[i], sym) == 0)
      return true;
  return false;
}

static void check_expr(TppcVerifier *v, const TppcOp *op, const TppcExpr *e, TppcSpan span) {
  if (!e)
    return;
  if (e->kind == TPPC_E_SYM && !symbol_visible(v, e->sym)) {
    tppc_diag(v->cx->diags, TPPC_D_tir_unknown_symbol, span.source ? span : op->span,
              text_of(v, op), e->sym);
    show(v, op);
  }
  for (int i = 0; i < e->n; i++)
    check_expr(v, op, e->op[i], span);
}

static void check_attr_exprs(TppcVerifier *v, const TppcOp *op, const TppcAttr *a) {
  if (a->kind == TPPC_A_EXPR)
    check_expr(v, op, a->e, a->span);
  for (int i = 0; i < a->n; i++)
    check_attr_exprs(v, op, &a->list[i]);
}

static void check_type_exprs(TppcVerifier *v, const TppcOp *op, const TppcType *t) {
  for (int i = 0; i < t->rank; i++) {
    check_expr(v, op, t->dims[i], op->span);
    if (t->pad)
      check_expr(v, op, t->pad[i], op->span);
  }
  check_expr(v, op, t->ld, op->span);
  check_expr(v, op, t->levels, op->span);
}

static void duplicate(TppcVerifier *v, const TppcOp *op, const char *name, TppcSpan span) {
  tppc_diag(v->cx->diags, TPPC_D_tir_duplicate_name, span.source ? span : op->span, name);
  show(v, op);
}

/* Statements rebind the letters of their nest; other dims are new names. */
static bool may_rebind(const TppcOp *op) {
  return op->kind == TPPC_OP_STMT || op->kind == TPPC_OP_CONTRACT || op->kind == TPPC_OP_CALL;
}

/* Bounds may use the dims before; afterwards all dims of op are visible. */
static void declare_dims(TppcVerifier *v, const TppcOp *op) {
  for (int i = 0; i < op->n_dims; i++) {
    const TppcDim *d = &op->dims[i];
    check_expr(v, op, d->lo, d->span);
    check_expr(v, op, d->hi, d->span);
    check_expr(v, op, d->step, d->span);
    int64_t step;
    if (tppc_e_const(d->step, &step) && step <= 0)
      tppc_v_structure(v, op, "has a step that is not positive");
    bool again = false;
    for (int j = 0; j < i; j++)
      again = again || strcmp(op->dims[j].sym, d->sym) == 0;
    if (again || (!may_rebind(op) && symbol_visible(v, d->sym)))
      duplicate(v, op, d->sym, d->span);
    if (op->kind != TPPC_OP_CALL)
      TPPC_PUSH(v->cx->arena, &v->symbols, d->sym);
  }
}

/* ---- values ---- */

static bool value_visible(const TppcVerifier *v, const TppcValue *value) {
  for (int i = v->values.n - 1; i >= 0; i--)
    if (v->values.data[i] == value)
      return true;
  return false;
}

static void check_uses(TppcVerifier *v, const TppcOp *op) {
  for (int i = 0; i < op->n_uses; i++) {
    const TppcUse *u = &op->uses[i];
    if (!u->value || !value_visible(v, u->value)) {
      tppc_diag(v->cx->diags, TPPC_D_tir_unknown_value, u->span.source ? u->span : op->span,
                u->value ? u->value->name : "?");
      show(v, op);
    }
    for (int j = 0; j < u->n_idx; j++)
      check_expr(v, op, u->idx[j], u->span);
  }
}

static void define_name(TppcVerifier *v, const TppcOp *op, const char *space, const char *name) {
  const char *key = tppc_internf(v->cx->names, "%s%s", space, name);
  if (tppc_map_get(&v->defined, key))
    duplicate(v, op, name, op->span);
  tppc_map_set(&v->defined, key, v);
}

static void define_results(TppcVerifier *v, const TppcOp *op) {
  for (int i = 0; i < op->n_results; i++) {
    define_name(v, op, "%", op->results[i]->name);
    check_type_exprs(v, op, op->results[i]->type);
    TPPC_PUSH(v->cx->arena, &v->values, op->results[i]);
  }
}

/* ---- walk ---- */

static void check_region(TppcVerifier *v, const TppcRegion *r);

static void check_op(TppcVerifier *v, const TppcOp *op) {
  bool regular = check_shape(v, op);
  tppc_verify_place(v, op);
  int symbols = v->symbols.n, values = v->values.n;
  if (op->kind == TPPC_OP_LNEST || op->kind == TPPC_OP_NEST) {
    TPPC_PUSH(v->cx->arena, &v->symbols, "tid");
    TPPC_PUSH(v->cx->arena, &v->symbols, "nthreads");
  }
  declare_dims(v, op);
  for (int i = 0; i < op->n_attrs; i++)
    check_attr_exprs(v, op, &op->attrs[i]);
  check_uses(v, op);
  if (regular)
    tppc_verify_one(v, op);
  if (op->kind == TPPC_OP_WALK && tppc_attr_word(op, "at"))
    TPPC_PUSH(v->cx->arena, &v->symbols, tppc_attr_word(op, "at"));
  for (int i = 0; i < op->n_regions; i++)
    check_region(v, &op->regions[i]);
  if (op->kind != TPPC_OP_BIND) /* visible to the ops behind it */
    v->symbols.n = symbols;
  v->values.n = values;
  define_results(v, op);
  if (op->kind == TPPC_OP_SIZE && op->name) {
    define_name(v, op, "size ", op->name);
    TPPC_PUSH(v->cx->arena, &v->symbols, op->name);
  }
  if (op->name && (op->kind == TPPC_OP_NEST || op->kind == TPPC_OP_LNEST ||
                   op->kind == TPPC_OP_CALL || op->kind == TPPC_OP_SEQ))
    define_name(v, op, "label ", op->name);
}

static void check_region(TppcVerifier *v, const TppcRegion *r) {
  const TppcOp *before = NULL;
  for (const TppcOp *op = r->first; op; op = op->next) {
    if (op->in != r || op->prev != before)
      tppc_v_structure(v, op, "is not linked as it should be");
    check_op(v, op);
    before = op;
  }
}

bool tppc_verify_after(TppcModule *m, const char *pass) {
  TppcVerifier v = {.cx = m->cx, .m = m, .pass = pass};
  int before = tppc_diags_errors(m->cx->diags);
  TppcMap kernels = {.arena = m->cx->arena};
  for (const TppcOp *op = m->body.first; op; op = op->next) {
    v.kernel = op;
    v.defined = (TppcMap){.arena = m->cx->arena};
    v.symbols.n = v.values.n = 0;
    if (op->name) {
      const char *name = tppc_intern(m->cx->names, op->name);
      if (tppc_map_get(&kernels, name))
        duplicate(&v, op, name, op->span);
      tppc_map_set(&kernels, name, m);
    }
    check_op(&v, op);
  }
  tppc_diag_flush(m->cx->diags);
  return tppc_diags_errors(m->cx->diags) == before;
}

bool tppc_verify(TppcModule *m) {
  return tppc_verify_after(m, NULL);
}
