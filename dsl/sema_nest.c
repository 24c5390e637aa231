/* Nests: their loops and temporaries; statements go on in sema_write.c and sema_stmt.c. */
#include "dsl/sema.h"

/* ---- loops ---- */

static bool is_letter(const char *name) {
  return name[0] >= 'a' && name[0] <= 'z' && !name[1];
}

bool sema_loop(SemaKernel *k, SemaNest *n, const TppcAstLoop *loop, Sym *sym) {
  Sema *s = k->s;
  TppcAstName name = loop->letter;
  if (!is_letter(name.text)) {
    SEMA_ERROR(s, bad_letter, name.span, name.text);
    return false;
  }
  const Sym *other = sema_find(s, k, n, name.text);
  if (other) {
    SEMA_ERROR(s, letter_clash, name.span, name.text, sema_describe(s, other));
    tppc_diag_note(s->cx->diags, other->name.span, "declared here");
    return false;
  }
  const TppcExpr *extent = sema_int(s, k, NULL, loop->extent);
  if (!extent)
    return false;
  const TppcExpr *zero = tppc_e_int(s->cx, 0);
  const char *text = tppc_sprintf(s->cx->arena, "%s >= 0", sema_expr_text(s, extent));
  if (sema_require(k, tppc_e_bin(s->cx, TPPC_E_LE, zero, extent), "size", text, loop->span) ==
      TRUTH_NO)
    SEMA_ERROR(s, negative_size, loop->extent->span, sema_text(s, loop->extent),
               sema_expr_text(s, sema_known(k, extent)));
  sym->name = name;
  sym->expr = tppc_e_sym(s->cx, name.text);
  sym->extent = extent;
  return true;
}

static void add_loop(SemaNest *n, const TppcAstLoop *loop) {
  Sym *sym = &n->loops[n->n_loops]; /* there is room: letters are lower case, and each is new */
  if (!sema_loop(n->k, n, loop, sym)) {
    n->broken = true;
    return;
  }
  sym->kind = SYM_LETTER;
  sym->letter = n->n_loops++;
  tppc_op_add_dim(n->s->cx, n->op, sym->name.text, tppc_e_int(n->s->cx, 0), sym->extent,
                  tppc_e_int(n->s->cx, 1), loop->span);
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
  sema_mark_pattern(st, op);
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

/* ---- nests ---- */

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
    sema_contraction(n, sym, stmt);
  else
    sema_elementwise(n, sym, stmt);
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
  tppc_op_append(k->body, n.op);
  if (!n.broken) {
    type_temporaries(&n, &item->stmts);
    for (int i = 0; i < item->stmts.n; i++)
      statement(&n, &item->stmts.data[i]);
    check_read(&n);
  } else {
    excuse_nest(&n, &item->stmts);
  }
}
