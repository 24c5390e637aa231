/* What a statement reads and writes, and when two accesses mean one element.
 *
 * Everything the schedule proves rests on one question: if two iterations touch one element, do
 * they agree in the value of a letter? They do if some index has the form c*l + r where c is not
 * zero and r is the same in both: r has no loop letters, or its values are so close together (|c| >
 * spread of r), or so far apart (r is a multiple of more than the spread of c*l), that the sum
 * determines l. These are the digits of a mixed radix number, as in g*64 + k with k < 64.
 */
#include "schedule/schedule.h"

#include <string.h>

static bool is_hidden(const char *sym) {
  return sym[0] == '$';
}

/* True if e uses a loop letter: one of the nest's, or a hidden one. */
static bool uses_letters(const TppcSched *s, const TppcExpr *e) {
  if (e->kind == TPPC_E_SYM)
    return is_hidden(e->sym) || tppc_schedule_loop(s, e->sym) >= 0;
  for (int i = 0; i < e->n; i++)
    if (uses_letters(s, e->op[i]))
      return true;
  return false;
}

static bool bounds(const TppcSched *s, const TppcExpr *e, int64_t *lo, int64_t *hi) {
  bool has_lo = false, has_hi = false;
  tppc_e_bounds(e, &s->facts, &has_lo, lo, &has_hi, hi);
  return has_lo && has_hi;
}

/* hi - lo in [0, 2^62], so that sums of it cannot overflow. */
static bool spread(const TppcSched *s, const TppcExpr *e, int64_t *out) {
  int64_t lo, hi, limit = INT64_C(1) << 61;
  if (!bounds(s, e, &lo, &hi) || lo < -limit || hi > limit)
    return false;
  *out = hi - lo;
  return true;
}

static bool never_zero(const TppcSched *s, const TppcExpr *e) {
  bool has_lo = false, has_hi = false;
  int64_t lo = 0, hi = 0;
  tppc_e_bounds(e, &s->facts, &has_lo, &lo, &has_hi, &hi);
  return (has_lo && lo > 0) || (has_hi && hi < 0);
}

/* Proven: if idx is the index of one element at two iterations, they have the same value of letter
 * sym. */
static bool separates(const TppcSched *s, const TppcExpr *idx, const char *sym) {
  TppcContext *cx = s->cx;
  if (!tppc_e_uses(idx, sym))
    return false;
  const TppcExpr *rest = NULL;
  const TppcExpr *coeff = tppc_e_coeff(cx, idx, sym, &rest);
  if (!coeff || uses_letters(s, coeff) || !never_zero(s, coeff))
    return false;
  if (!uses_letters(s, rest))
    return true;
  int64_t c, width;
  if (!tppc_e_const(coeff, &c) || c == INT64_MIN)
    return false;
  c = c < 0 ? -c : c;
  if (spread(s, rest, &width) && width < c)
    return true;
  int64_t own;
  if (!spread(s, tppc_e_sym(cx, sym), &own) || own >= (INT64_C(1) << 61) / c)
    return false;
  return tppc_e_multiple_of(rest, c * (own + 1), &s->facts);
}

bool tppc_access_separates(const TppcSched *s, const TppcAccess *a, const char *sym) {
  if (a->own)
    return true;
  for (int d = 0; d < a->n_idx; d++)
    if (separates(s, a->idx[d], sym))
      return true;
  return false;
}

bool tppc_stmt_determined(const TppcSched *s, const TppcSchedStmt *stmt, const char *sym) {
  for (int i = 0; i < stmt->accesses.n; i++) {
    const TppcAccess *a = &stmt->accesses.data[i];
    if (a->write && !tppc_access_separates(s, a, sym))
      return false;
  }
  return true;
}

bool tppc_access_same_at(const TppcSched *s, const TppcAccess *a, const TppcAccess *b,
                         const char *sym) {
  for (int d = 0; d < a->n_idx && d < b->n_idx; d++)
    if (a->idx[d] == b->idx[d] && separates(s, a->idx[d], sym))
      return true;
  return false;
}

bool tppc_access_uses(const TppcAccess *a, const char *sym) {
  for (int d = 0; d < a->n_idx; d++)
    if (tppc_e_uses(a->idx[d], sym))
      return true;
  return false;
}

/* Some index never is the same: H[t + 1, n] and H[t, k], where t is the letter of a seq. */
static bool never_meet(const TppcSched *s, const TppcAccess *a, const TppcAccess *b) {
  int64_t apart;
  for (int d = 0; d < a->n_idx && d < b->n_idx; d++)
    if (!uses_letters(s, a->idx[d]) && !uses_letters(s, b->idx[d]) &&
        tppc_e_const(tppc_e_sub(s->cx, a->idx[d], b->idx[d]), &apart) && apart != 0)
      return true;
  return false;
}

bool tppc_access_conflict(const TppcSched *s, const TppcAccess *a, const TppcAccess *b) {
  return a->tensor == b->tensor && (a->write || b->write) && !never_meet(s, a, b);
}

/* What the program calls data indices, `ix[m]` for `$g0`, as symbols in their place. */
typedef struct Names {
  TppcContext *cx;
  TppcFacts with;
} Names;

static const char *element_text(TppcContext *cx, const char *tensor, int n_idx,
                                const TppcExpr *const *idx, const TppcFacts *with) {
  TppcBuf b = {0};
  tppc_buf_puts(&b, tensor);
  for (int d = 0; d < n_idx; d++) {
    tppc_buf_puts(&b, d ? ", " : "[");
    tppc_e_print(&b, with ? tppc_e_subst(cx, idx[d], with) : idx[d]);
  }
  if (n_idx)
    tppc_buf_putc(&b, ']');
  const char *text = tppc_strndup(cx->arena, b.data ? b.data : "", b.n);
  tppc_buf_free(&b);
  return text;
}

static bool add_name(void *user, TppcOp *op) {
  Names *names = user;
  if (op->kind != TPPC_OP_BIND)
    return true;
  const TppcValue *v = op->uses[0].value;
  while (v->def && v->def->kind == TPPC_OP_CONVERT)
    v = v->def->uses[0].value;
  const char *text = NULL;
  if (v->def && v->def->kind == TPPC_OP_LOAD) {
    const TppcUse *u = &v->def->uses[0];
    text = element_text(names->cx, u->value->name, u->n_idx, (const TppcExpr *const *)u->idx,
                        &names->with);
  } else if (v->def && v->def->kind == TPPC_OP_PARAM) {
    text = v->name;
  }
  if (text)
    tppc_facts_add(&names->with, op->dims[0].sym)->with =
        tppc_e_sym(names->cx, tppc_intern(names->cx->names, text));
  return true;
}

const char *tppc_access_text(TppcContext *cx, const TppcAccess *a) {
  Names names = {cx, {.arena = cx->arena}};
  bool data = false;
  for (int d = 0; d < a->n_idx; d++)
    data = data || tppc_e_has_bound(a->idx[d]);
  TppcOp *kernel = data ? tppc_op_ancestor(a->tensor->def, TPPC_OP_KERNEL) : NULL;
  if (kernel)
    tppc_walk(&kernel->regions[0], add_name, &names);
  return element_text(cx, a->tensor->name, a->n_idx, a->idx, kernel ? &names.with : NULL);
}

bool tppc_type_is_sparse(const TppcType *t) {
  return t->kind == TPPC_T_TENSOR && t->storage != TPP_STORE_DENSE &&
         t->storage != TPP_STORE_TERNARY;
}

int tppc_compressed_dim(const TppcType *t) {
  return t->storage == TPP_STORE_BCSC ? 0 : 1;
}

int64_t tppc_block_side(const TppcType *t, int dim) {
  return t->storage == TPP_STORE_CSR ? 1 : dim == 0 ? t->block_r : t->block_c;
}

bool tppc_same_walk(const TppcUse *a, const TppcUse *b) {
  if (!a || !b)
    return a == b;
  return a->value == b->value && a->idx[0] == b->idx[0] && a->idx[1] == b->idx[1];
}

static bool is_own(const TppcUse *u) {
  const TppcOp *def = u->value->def;
  return def && tppc_attr_int(def, "copies", 0) && u->n_idx && u->idx[0]->kind == TPPC_E_SYM &&
         strcmp(u->idx[0]->sym, "tid") == 0;
}

static TppcAccess access_of(const TppcUse *u, TppcSpan span) {
  return (TppcAccess){.tensor = u->value,
                      .n_idx = u->n_idx,
                      .idx = u->idx,
                      .own = is_own(u),
                      .span = u->span.source ? u->span : span};
}

static void push(TppcSched *s, TppcSchedStmt *stmt, TppcAccess a) {
  TPPC_PUSH(s->cx->arena, &stmt->accesses, a);
}

static void collect_contract(TppcSched *s, TppcSchedStmt *stmt) {
  const TppcOp *op = stmt->op;
  TppcAccess c = access_of(&op->uses[0], op->span);
  c.write = c.read = true;
  c.partial = tppc_attr_int(op, "init", 0) == 0;
  c.atomic = tppc_attr_int(op, "atomic", 0) != 0;
  push(s, stmt, c);
  for (int i = 1; i < 3; i++) {
    TppcAccess a = access_of(&op->uses[i], op->span);
    a.read = true;
    push(s, stmt, a);
  }
}

/* Uses of parameters that are scalars are values, not accesses. */
static void collect_region(TppcSched *s, TppcSchedStmt *stmt) {
  stmt->identity = true;
  for (const TppcOp *op = stmt->op->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_LOAD) {
      TppcAccess a = access_of(&op->uses[0], op->span);
      a.read = true;
      push(s, stmt, a);
    } else if (op->kind == TPPC_OP_STORE) {
      TppcAccess a = access_of(&op->uses[1], op->span);
      a.write = true;
      a.set = tppc_op_update(op) == TPPC_SET;
      a.read = !a.set;
      a.partial = !a.set && tppc_attr_int(op, "init", 0) == 0;
      a.atomic = tppc_attr_int(op, "atomic", 0) != 0;
      push(s, stmt, a);
      stmt->identity = stmt->identity && a.set && op->uses[0].value->def &&
                       op->uses[0].value->def->kind == TPPC_OP_CONST;
    }
  }
}

void tppc_schedule_collect(TppcSched *s, TppcSchedStmt *stmt) {
  if (stmt->op->kind == TPPC_OP_CONTRACT)
    collect_contract(s, stmt);
  else
    collect_region(s, stmt);
}
