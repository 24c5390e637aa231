/* Nests: loops, temporaries, and what a sequence of statements means.
 *
 * The statements of a nest run in the order written, each over all its points, on whole tensors. So
 * the rules are about sequences of writes and reads of a name: one '=' and then updates with one
 * operator, nothing reading in between; temporaries are read; a '=' writes each element once.
 */
#include "dsl/sema.h"

#include <string.h>

/* ---- loops ---- */

static bool is_letter(const char *name) {
  return name[0] >= 'a' && name[0] <= 'z' && !name[1];
}

static void add_loop(SemaNest *n, const TppcAstLoop *loop) {
  Sema *s = n->s;
  TppcAstName name = loop->letter;
  if (!is_letter(name.text)) {
    SEMA_ERROR(s, bad_letter, name.span, name.text);
    n->broken = true;
    return;
  }
  const Sym *other = sema_find(s, n->k, n, name.text);
  if (other) {
    SEMA_ERROR(s, letter_clash, name.span, name.text, sema_describe(s, other));
    tppc_diag_note(s->cx->diags, other->name.span, "declared here");
    n->broken = true;
    return;
  }
  const TppcExpr *extent = sema_int(s, n->k, NULL, loop->extent);
  if (!extent) {
    n->broken = true;
    return;
  }
  const TppcExpr *zero = tppc_e_int(s->cx, 0);
  const char *text = tppc_sprintf(s->cx->arena, "%s >= 0", sema_expr_text(s, extent));
  if (sema_require(n->k, tppc_e_bin(s->cx, TPPC_E_LE, zero, extent), "size", text, loop->span) ==
      TRUTH_NO)
    SEMA_ERROR(s, negative_size, loop->extent->span, sema_text(s, loop->extent),
               sema_expr_text(s, sema_known(n->k, extent)));
  Sym *sym = &n->loops[n->n_loops]; /* there is room: letters are lower case, and each is new */
  sym->kind = SYM_LETTER;
  sym->name = name;
  sym->expr = tppc_e_sym(s->cx, name.text);
  sym->extent = extent;
  sym->letter = n->n_loops++;
  tppc_op_add_dim(s->cx, n->op, name.text, zero, extent, tppc_e_int(s->cx, 1), loop->span);
}

void sema_mark_letters(SemaStmt *st, const TppcAstExpr *e) {
  const Sym *sym =
      e->kind == TPPC_EXPR_NAME ? sema_find(st->s, NULL, st->nest, e->name.text) : NULL;
  if (sym && sym->kind == SYM_LETTER)
    st->occurs[sym->letter] = true;
  for (int i = 0; i < e->args.n; i++)
    sema_mark_letters(st, e->args.data[i]);
}

void sema_set_dims(SemaStmt *st, TppcOp *op) {
  TppcContext *cx = st->s->cx;
  const TppcExpr *zero = tppc_e_int(cx, 0), *one = tppc_e_int(cx, 1);
  for (int i = 0; i < st->nest->n_loops; i++)
    if (st->used[i])
      tppc_op_add_dim(cx, op, st->nest->loops[i].name.text, zero, st->nest->loops[i].extent, one,
                      st->nest->loops[i].name.span);
  for (int c = st->colons.n; c > 0; c--)
    if (st->colons.extent[c - 1])
      tppc_op_add_dim(cx, op, tppc_internf(cx->names, "$%d", c), zero, st->colons.extent[c - 1],
                      one, st->colons.span[c - 1]);
}

/* ---- temporaries ---- */

TppcValue *sema_new_temp(SemaNest *n, const char *stem, const TppcType *type, TppcSpan span) {
  TppcContext *cx = n->s->cx;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_TEMP, span);
  TppcRegion *body = &n->op->regions[0];
  const char *name = sema_fresh(n->k, stem); /* before the op takes the stem as its own name */
  op->name = tppc_intern(cx->names, stem);
  if (n->last_temp)
    tppc_op_insert_after(n->last_temp, op);
  else if (body->first)
    tppc_op_insert_before(body->first, op);
  else
    tppc_op_append(body, op);
  n->last_temp = op;
  return tppc_op_add_result(cx, op, type, name);
}

/* Types of temporaries before anything is built, because a first '= 0' takes the type of later
 * updates. */
static void type_temporaries(SemaNest *n, const TppcAstStmts *stmts) {
  for (int i = 0; i < stmts->n; i++) {
    const TppcAstStmt *stmt = &stmts->data[i];
    TppcAstName name = stmt->target->name;
    Sym *sym = sema_find(n->s, n->k, n, name.text);
    if (sym && sym->kind != SYM_TEMP)
      continue;
    int code = sema_code(n, stmt->value);
    if (!sym) {
      sym = TPPC_NEW(n->s->cx->arena, Sym);
      *sym =
          (Sym){.kind = SYM_TEMP, .mode = MODE_TEMP, .name = name, .write_nest = -1, .code = code};
      TPPC_PUSH(n->s->cx->arena, &n->temps, sym);
    } else {
      sym->code = sym->code == CODE_ERROR ? code
                  : code == CODE_ERROR    ? sym->code
                                          : sema_join(sym->code, code);
    }
    if (stmt->op != TPPC_ASSIGN_SET && sym->code == TPP_BIT)
      sym->code = TPP_I32;
  }
}

/* The index of a temporary's first write: plain letters, each once, or ':' whose extents the right
 * side told. */
static const TppcExpr **temp_index(SemaStmt *st, Sym *sym, const TppcAstExpr *target) {
  Sema *s = st->s;
  TppcContext *cx = s->cx;
  int n = target->kind == TPPC_EXPR_REF ? target->args.n : 0, colons = 0;
  const TppcExpr **idx = TPPC_NEW_N(cx->arena, const TppcExpr *, n + 1);
  for (int i = 0; i < n; i++)
    colons += target->args.data[i]->kind == TPPC_EXPR_COLON;
  for (int i = 0; i < n; i++) {
    const TppcAstExpr *e = target->args.data[i];
    if (e->kind == TPPC_EXPR_COLON) {
      if (colons > SEMA_MAX_COLONS) {
        SEMA_ERROR(s, colon_extent, e->span, "there are too many of them");
        return NULL;
      }
      idx[i] = tppc_e_sym(cx, tppc_internf(cx->names, "$%d", colons--));
      continue;
    }
    Sym *letter = e->kind == TPPC_EXPR_NAME ? sema_find(s, NULL, st->nest, e->name.text) : NULL;
    bool valid = letter && letter->kind == SYM_LETTER;
    for (int j = 0; valid && j < i; j++)
      valid = idx[j] != letter->expr;
    if (!valid) {
      SEMA_ERROR(s, temporary_index, e->span, sym->name.text);
      return NULL;
    }
    idx[i] = sema_int(s, st->k, st, e);
  }
  return idx;
}

static bool declare_temp(SemaStmt *st, Sym *sym, const TppcAstExpr *target, int elem) {
  Sema *s = st->s;
  const TppcExpr **extents = TPPC_NEW_N(s->cx->arena, const TppcExpr *, st->n_idx + 1);
  int c = 0;
  for (int i = st->n_idx - 1; i >= 0; i--) {
    if (target->args.data[i]->kind == TPPC_EXPR_COLON) {
      extents[i] = st->colons.extent[c++];
      if (!extents[i]) {
        SEMA_ERROR(s, colon_extent, target->args.data[i]->span, "nothing on the right has it");
        return false;
      }
      continue;
    }
    extents[i] = sema_find(s, NULL, st->nest, target->args.data[i]->name.text)->extent;
  }
  sym->value = sema_new_temp(st->nest, sym->name.text,
                             tppc_t_tensor(s->cx, elem, st->n_idx, extents), sym->name.span);
  return true;
}

/* ---- reads and writes ---- */

static bool has_initial_value(const Sym *sym) {
  return sym->mode == MODE_IN || sym->mode == MODE_INOUT;
}

bool sema_note_read(SemaStmt *st, Sym *sym, TppcSpan span) {
  Sema *s = st->s;
  if (sym->kind == SYM_TENSOR || sym->kind == SYM_TEMP) {
    if (!sym->written && !has_initial_value(sym)) {
      if (!sym->reported)
        SEMA_ERROR(s, unwritten, span, sym->name.text);
      s->ok = false;
      sym->reported = true;
      return false;
    }
    sym->read = true;
    if (!sym->read_since)
      sym->read_span = span;
    sym->read_since = true;
  }
  return true;
}

static Sym *writable(SemaNest *n, const TppcAstExpr *target) {
  Sym *sym = sema_find(n->s, n->k, n, target->name.text);
  if (sym->kind == SYM_TEMP || (sym->kind == SYM_TENSOR && sym->mode != MODE_IN))
    return sym;
  SEMA_ERROR(n->s, not_writable, target->span, sema_describe(n->s, sym));
  tppc_diag_note(n->s->cx->diags, sym->name.span, "declared here");
  if (sym->kind == SYM_TENSOR)
    tppc_diag_help(n->s->cx->diags, "'inout %s: ...' is read and written", sym->name.text);
  return NULL;
}

/* Orders of writes that have no meaning, or one that reads badly. */
static bool check_write(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span) {
  Sema *s = st->s;
  bool here = sym->write_nest == st->nest->number;
  if (update == TPPC_SET) {
    if (sym->kind == SYM_TEMP && sym->written) {
      SEMA_ERROR(s, assigned_twice, span, sym->name.text);
      tppc_diag_note(s->cx->diags, sym->write_span, "written here before");
      return false;
    }
    return true;
  }
  if (!here)
    return true;
  if (sym->update != TPPC_SET && sym->update != update) {
    SEMA_ERROR(s, mixed_updates, span, sym->name.text);
    tppc_diag_note(s->cx->diags, sym->write_span, "the other operator is here");
    return false;
  }
  if (sym->read_since) {
    SEMA_ERROR(s, read_while_updating, sym->read_span, sym->name.text);
    tppc_diag_note(s->cx->diags, span, "it is updated again here");
    return false;
  }
  return true;
}

static void note_write(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span) {
  sym->written = true;
  sym->write_nest = st->nest->number;
  sym->update = update;
  sym->read_since = false;
  sym->write_span = span;
}

/* Whether an update starts from the operator's identity. A first write that may leave elements out
 * is preceded by zeros: elements that nothing writes are zero. */
static int initial(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span) {
  if (sym->written || has_initial_value(sym))
    return 0;
  if (sym->kind == SYM_TEMP || sema_covers(st->nest, sym->value->type, st->idx))
    return 1;
  if (update == TPPC_MAX || update == TPPC_MIN || update == TPPC_MUL) {
    SEMA_ERROR(st->s, partial_update, span, sym->name.text);
    return -1;
  }
  sema_zero(st->k, sym, st->nest->op);
  return 0;
}

/* ---- statements ---- */

static bool left_has_letter(const SemaStmt *st, int letter) {
  for (int i = 0; i < st->n_idx; i++)
    if (tppc_e_uses(st->idx[i], st->nest->loops[letter].name.text))
      return true;
  return false;
}

static bool left_has_colon(const SemaStmt *st, int c) {
  const char *name = tppc_internf(st->s->cx->names, "$%d", c);
  for (int i = 0; i < st->n_idx; i++)
    if (tppc_e_uses(st->idx[i], name))
      return true;
  return false;
}

/* '=' defines: every letter of the right is on the left, and each element is written once. */
static bool check_definition(SemaStmt *st, const TppcAstStmt *stmt) {
  Sema *s = st->s;
  for (int i = 0; i < st->nest->n_loops; i++)
    if (st->used[i] && !left_has_letter(st, i)) {
      SEMA_ERROR(s, left_letter, st->used_span[i], st->nest->loops[i].name.text);
      tppc_diag_note(s->cx->diags, stmt->target->span, "the left side lacks it");
      return false;
    }
  for (int c = 1; c <= st->colons.n; c++)
    if (st->colons.extent[c - 1] && !left_has_colon(st, c)) {
      SEMA_ERROR(s, left_letter, st->colons.span[c - 1], ":");
      tppc_diag_note(s->cx->diags, stmt->target->span, "the left side lacks it");
      return false;
    }
  if (sema_injective(st, st->target->value->type, st->idx))
    return true;
  SEMA_ERROR(s, written_twice, stmt->target->span, sema_text(s, stmt->target));
  return false;
}

static TppcUpdate update_of(TppcAstAssign op) {
  static const TppcUpdate updates[] = {TPPC_SET, TPPC_ADD, TPPC_MUL, TPPC_MAX, TPPC_MIN};
  return updates[op]; /* ORDER: TppcAstAssign */
}

/* The value as a store takes it: in the compute type of the tensor, unless that would round twice
 * on the way to a 16-bit float. */
static TppcValue *for_store(SemaStmt *st, SemaVal v, int elem, TppcSpan span) {
  int compute = tppc_elem_compute(elem);
  bool narrow_float = elem == TPP_BF16 || elem == TPP_F16;
  bool exact = v.code < 0 || v.code == compute || v.code == TPP_BIT;
  return sema_as(st, v, narrow_float && !exact ? v.code : compute, span);
}

/* A sum whose accumulator is of another kind than the tensor (integers into floats, f64 into f32)
 * is made in a temporary over the letters of the left side and enters the tensor once:
 *
 *   Y[m] += i32 e[m, k]   -->   $t[m] += e[m, k];  Y[m] = $t[m]
 */
static TppcValue *accumulator_temp(SemaStmt *st, int elem, TppcSpan span, int *rank,
                                   const TppcExpr **idx) {
  const TppcExpr *extents[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
  *rank = 0;
  for (int i = 0; i < st->nest->n_loops; i++)
    if (left_has_letter(st, i)) {
      extents[*rank] = st->nest->loops[i].extent;
      idx[(*rank)++] = st->nest->loops[i].expr;
    }
  for (int c = st->colons.n; c > 0; c--)
    if (st->colons.extent[c - 1] && left_has_colon(st, c)) {
      extents[*rank] = st->colons.extent[c - 1];
      idx[(*rank)++] = tppc_e_sym(st->s->cx, tppc_internf(st->s->cx->names, "$%d", c));
    }
  const char *stem = tppc_sprintf(st->s->cx->arena, "$t%d", st->k->n_temps++);
  return sema_new_temp(st->nest, stem, tppc_t_tensor(st->s->cx, elem, *rank, extents), span);
}

static void enter_sum(SemaStmt *st, TppcValue *temp, int rank, const TppcExpr *const *idx,
                      TppcUpdate update, int init, TppcSpan span) {
  TppcContext *cx = st->s->cx;
  SemaStmt last = *st;
  last.op = tppc_op_new(cx, TPPC_OP_STMT, span);
  last.region = &last.op->regions[0];
  for (int i = 0; i < st->nest->n_loops; i++)
    last.used[i] = left_has_letter(st, i);
  for (int c = 1; c <= st->colons.n; c++)
    if (!left_has_colon(st, c))
      last.colons.extent[c - 1] = NULL;
  TppcValue *v = sema_emit(&last, TPPC_OP_LOAD, temp->type->elem, span);
  tppc_op_add_use(cx, v->def, temp, rank, idx, span);
  SemaVal sum = {temp->type->elem, v, NULL};
  int elem = st->target->value->type->elem;
  v = init ? for_store(&last, sum, elem, span)
           : sema_as(&last, sum, tppc_elem_accumulator(elem), span);
  sema_emit_store(&last, v, st->target->value, st->n_idx, st->idx, init ? TPPC_SET : update, 0,
                  span);
  sema_set_dims(&last, last.op);
  tppc_op_append(&st->nest->op->regions[0], last.op);
}

static void finish_update(SemaStmt *st, SemaVal v, TppcUpdate update, int init,
                          const TppcAstStmt *stmt) {
  TppcSpan span = stmt->span;
  int elem = st->target->value->type->elem, value_elem = sema_sum_elem(sema_settle(v.code));
  bool sums = update == TPPC_ADD || update == TPPC_MUL;
  bool lazy = v.code < 0;
  bool differs = (tppc_elem_is_int(value_elem) != tppc_elem_is_int(elem) && elem != TPP_BIT) ||
                 (value_elem == TPP_F64 && elem != TPP_F64);
  if (sums && differs && !lazy) {
    const TppcExpr *idx[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
    int rank;
    TppcValue *temp = accumulator_temp(st, value_elem, span, &rank, idx);
    TppcValue *value = sema_as(st, v, value_elem, span);
    sema_emit_store(st, value, temp, rank, idx, update, 1, span);
    sema_set_dims(st, st->op);
    tppc_op_append(&st->nest->op->regions[0], st->op);
    enter_sum(st, temp, rank, idx, update, init, span);
    return;
  }
  int acc = sums ? tppc_elem_accumulator(elem) : tppc_elem_compute(elem);
  TppcValue *value = sema_as(st, v, acc, span);
  if (!value)
    return;
  sema_emit_store(st, value, st->target->value, st->n_idx, st->idx, update, init, span);
  sema_set_dims(st, st->op);
  tppc_op_append(&st->nest->op->regions[0], st->op);
}

/* The left side, declaring a temporary at its first write; after the right side, which knows the
 * colons. */
static bool left_side(SemaStmt *st, Sym *sym, const TppcAstStmt *stmt, int elem) {
  const TppcAstExpr *target = stmt->target;
  st->n_idx = target->kind == TPPC_EXPR_REF ? target->args.n : 0;
  if (sym->kind != SYM_TEMP || sym->value) {
    st->idx = sema_index(st, sym, target, true);
    return st->idx != NULL;
  }
  st->idx = temp_index(st, sym, target);
  return st->idx && declare_temp(st, sym, target, elem);
}

/* The same before the right side is built, for its check that it reads the target at this element
 * only. */
static bool left_side_first(SemaStmt *st, Sym *sym, const TppcAstStmt *stmt) {
  if (sym->kind == SYM_TEMP && !sym->value)
    return true;
  if (!left_side(st, sym, stmt, 0))
    return false;
  st->target = sym;
  return true;
}

static void elementwise(SemaNest *n, Sym *sym, const TppcAstStmt *stmt) {
  TppcContext *cx = n->s->cx;
  SemaStmt st = {.nest = n, .k = n->k, .s = n->s};
  TppcUpdate update = update_of(stmt->op);
  st.op = tppc_op_new(cx, TPPC_OP_STMT, stmt->span);
  st.region = &st.op->regions[0];
  sema_mark_letters(&st, stmt->target);
  sema_mark_letters(&st, stmt->value);
  if (!left_side_first(&st, sym, stmt))
    return;
  SemaVal v = sema_value(&st, stmt->value);
  if (v.code == CODE_ERROR || (!st.target && !left_side(&st, sym, stmt, sema_settle(sym->code))))
    return;
  st.target = sym;
  if (sym->value->type->storage != TPP_STORE_DENSE) {
    SEMA_ERROR(n->s, structured_operand, stmt->target->span, sym->name.text);
    return;
  }
  if (!check_write(&st, sym, update, stmt->target->span))
    return;
  int init = initial(&st, sym, update, stmt->target->span);
  if (init < 0)
    return;
  if (update == TPPC_SET) {
    TppcValue *value = for_store(&st, v, sym->value->type->elem, stmt->value->span);
    if (!value || !check_definition(&st, stmt))
      return;
    sema_emit_store(&st, value, sym->value, st.n_idx, st.idx, TPPC_SET, 0, stmt->span);
    sema_set_dims(&st, st.op);
    tppc_op_append(&n->op->regions[0], st.op);
  } else {
    finish_update(&st, v, update, init, stmt);
  }
  note_write(&st, sym, update, stmt->target->span);
}

/* ---- contractions ---- */

typedef struct Operand {
  Sym *sym;
  const TppcExpr **idx;
} Operand;

static bool operand(SemaStmt *st, const TppcAstExpr *e, bool right, Operand *out) {
  Sema *s = st->s;
  Sym *sym = e->kind == TPPC_EXPR_REF || e->kind == TPPC_EXPR_NAME
                 ? sema_find(s, st->k, st->nest, e->name.text)
                 : NULL;
  if (!sym && e->name.text && e->kind != TPPC_EXPR_CALL) {
    sema_unknown(s, st->k, st->nest, e->name);
    return false;
  }
  if (!sym || (sym->kind != SYM_TENSOR && sym->kind != SYM_TEMP)) {
    SEMA_ERROR(s, brgemm_operand, e->span);
    return false;
  }
  if (!sema_note_read(st, sym, e->span))
    return false;
  if (sym == st->target) {
    SEMA_ERROR(s, aliasing_read, e->span, sym->name.text);
    return false;
  }
  if (sym->value->type->storage != TPP_STORE_DENSE && !right) {
    SEMA_ERROR(s, structured_operand, e->span, sym->name.text);
    return false;
  }
  out->sym = sym;
  out->idx = sema_index(st, sym, e, false);
  return out->idx != NULL;
}

static TppcOp *contract_op(SemaStmt *st, TppcValue *c, int n_idx, const TppcExpr *const *idx,
                           const Operand *ab, const TppcAstStmt *stmt, int init) {
  TppcContext *cx = st->s->cx;
  TppcOp *op = st->op;
  tppc_op_add_use(cx, op, c, n_idx, idx, stmt->target->span);
  for (int i = 0; i < 2; i++)
    tppc_op_add_use(cx, op, ab[i].sym->value, ab[i].sym->value->type->rank, ab[i].idx,
                    stmt->value->args.data[i]->span);
  tppc_set_int(cx, op, "init", init);
  sema_set_dims(st, op);
  tppc_op_append(&st->nest->op->regions[0], op);
  return op;
}

/* Structured operands are read by their own kernels, which walk rows and columns themselves. */
static bool check_structured(SemaStmt *st, const Operand *b, const TppcAstExpr *e) {
  if (b->sym->value->type->storage == TPP_STORE_DENSE)
    return true;
  for (int i = 0; i < 2; i++)
    if (b->idx[i]->kind != TPPC_E_SYM || b->idx[0] == b->idx[1]) {
      SEMA_ERROR(st->s, structured_operand, e->span, b->sym->name.text);
      return false;
    }
  return true;
}

static void contraction(SemaNest *n, Sym *sym, const TppcAstStmt *stmt) {
  Sema *s = n->s;
  SemaStmt st = {.nest = n, .k = n->k, .s = s};
  const TppcAstExpr *call = stmt->value;
  Operand ab[2];
  if (stmt->op != TPPC_ASSIGN_ADD) {
    SEMA_ERROR(s, brgemm_position, call->span);
    return;
  }
  if (call->args.n != 2) {
    SEMA_ERROR(s, operand_count, call->span, "brgemm", 2, call->args.n);
    return;
  }
  st.op = tppc_op_new(s->cx, TPPC_OP_CONTRACT, stmt->span);
  sema_mark_letters(&st, stmt->target);
  sema_mark_letters(&st, stmt->value);
  if (!left_side_first(&st, sym, stmt))
    return;
  st.target = sym;
  if (!operand(&st, call->args.data[0], false, &ab[0]) ||
      !operand(&st, call->args.data[1], true, &ab[1]) ||
      !check_structured(&st, &ab[1], call->args.data[1]))
    return;
  if (!st.idx && !left_side(&st, sym, stmt, sema_settle(sym->code)))
    return;
  if (sym->value->type->storage != TPP_STORE_DENSE) {
    SEMA_ERROR(s, structured_operand, stmt->target->span, sym->name.text);
    return;
  }
  if (!check_write(&st, sym, TPPC_ADD, stmt->target->span))
    return;
  int init = initial(&st, sym, TPPC_ADD, stmt->target->span);
  if (init < 0)
    return;
  int acc = sema_product_elem(ab[0].sym->value->type->elem, ab[1].sym->value->type->elem);
  if (tppc_elem_accumulator(sym->value->type->elem) == acc) {
    contract_op(&st, sym->value, st.n_idx, st.idx, ab, stmt, init);
  } else {
    const TppcExpr *idx[SEMA_MAX_LOOPS + SEMA_MAX_COLONS];
    int rank;
    TppcValue *temp = accumulator_temp(&st, acc, stmt->span, &rank, idx);
    contract_op(&st, temp, rank, idx, ab, stmt, 1);
    enter_sum(&st, temp, rank, idx, TPPC_ADD, init, stmt->span);
  }
  note_write(&st, sym, TPPC_ADD, stmt->target->span);
}

/* ---- nests ---- */

/* What a broken statement would have read or written is not missed afterwards. */
static void excuse(SemaNest *n, const TppcAstExpr *e) {
  Sym *sym = e->name.text ? sema_find(n->s, n->k, n, e->name.text) : NULL;
  if (sym && sym->kind == SYM_TEMP)
    sym->read = true;
  for (int i = 0; i < e->args.n; i++)
    excuse(n, e->args.data[i]);
}

static void statement(SemaNest *n, const TppcAstStmt *stmt) {
  Sym *sym = writable(n, stmt->target);
  if (!sym) {
    excuse(n, stmt->value);
    return;
  }
  bool ok = n->s->ok;
  n->s->ok = true;
  if (sema_is_brgemm(stmt->value))
    contraction(n, sym, stmt);
  else
    elementwise(n, sym, stmt);
  if (!n->s->ok) {
    sym->reported = sym->read = true;
    excuse(n, stmt->value);
  }
  n->s->ok = n->s->ok && ok;
}

/* What a broken nest would have written counts as written. */
static void excuse_nest(SemaNest *n, const TppcAstStmts *stmts) {
  for (int i = 0; i < stmts->n; i++) {
    Sym *sym = sema_find(n->s, n->k, NULL, stmts->data[i].target->name.text);
    if (sym && sym->kind == SYM_TENSOR)
      sym->written = true;
  }
}

static void check_read(SemaNest *n) {
  for (int i = 0; i < n->temps.n; i++) {
    const Sym *sym = n->temps.data[i];
    if (!sym->read && !sym->reported)
      SEMA_ERROR(n->s, unread_temporary, sym->name.span, sym->name.text);
  }
}

void sema_nest(SemaKernel *k, const TppcAstItem *item) {
  Sema *s = k->s;
  SemaNest n = {.k = k, .s = s, .number = k->n_nests};
  n.op = tppc_op_new(s->cx, TPPC_OP_NEST, item->span);
  n.op->name = sema_label(k, item->label, "nest", k->n_nests++);
  for (int i = 0; i < item->loops.n; i++)
    add_loop(&n, &item->loops.data[i]);
  tppc_op_append(&k->op->regions[0], n.op);
  if (!n.broken) {
    type_temporaries(&n, &item->stmts);
    for (int i = 0; i < item->stmts.n; i++)
      statement(&n, &item->stmts.data[i]);
    check_read(&n);
  } else {
    excuse_nest(&n, &item->stmts);
  }
}
