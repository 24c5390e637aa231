/* Calls: sizes are deduced from the shapes of the arguments, then everything must fit.
 *
 * Named sizes bind first, then each dimension of a parameter that is a bare size, then defaults and
 * derived sizes. Whatever else a dimension says is compared afterwards: known to differ is an
 * error, not known becomes a promise of the caller.
 */
#include "dsl/sema.h"

#include <string.h>

typedef struct Call {
  SemaKernel *k, *callee;
  Sema *s;
  TppcContext *cx;
  const TppcAstItem *item;
  TppcFacts bound; /* callee's size -> expression of the caller */
  TppcVec(Sym *) args;
  TppcVec(Sym *) params;
  TppcVec(TppcSpan) spans;
  bool ok;
} Call;

SemaKernel *sema_find_kernel(Sema *s, const char *name) {
  for (int i = 0; i < s->kernels.n; i++)
    if (s->kernels.data[i]->ast->name.text == name)
      return s->kernels.data[i];
  return NULL;
}

/* ---- cycles ---- */

static void visit(Sema *s, SemaKernel *k);

static void visit_items(Sema *s, SemaKernel *k, const TppcAstItems *items) {
  for (int i = 0; i < items->n; i++) {
    const TppcAstItem *it = items->data[i];
    if (it->kind == TPPC_ITEM_SEQ)
      visit_items(s, k, &it->items);
    SemaKernel *callee = it->kind == TPPC_ITEM_CALL ? sema_find_kernel(s, it->name.text) : NULL;
    if (!callee)
      continue;
    if (callee->visit == 1) {
      SEMA_ERROR(s, call_cycle, it->name.span, callee->ast->name.text);
      tppc_diag_note(s->cx->diags, callee->ast->name.span, "'%s' is declared here",
                     callee->ast->name.text);
    } else {
      visit(s, callee);
    }
  }
}

static void visit(Sema *s, SemaKernel *k) {
  if (k->visit)
    return;
  k->visit = 1;
  visit_items(s, k, &k->ast->body);
  k->visit = 2;
}

void sema_check_cycles(Sema *s) {
  for (int i = 0; i < s->kernels.n; i++)
    visit(s, s->kernels.data[i]);
}

/* ---- arguments ---- */

static bool fail(Call *c) {
  return c->ok = false;
}

static bool add_arg(Call *c, Sym *param, TppcAstName name, bool written) {
  Sema *s = c->s;
  Sym *arg = sema_find(s, c->k, NULL, name.text);
  if (!arg) {
    sema_unknown(s, c->k, NULL, name);
    return fail(c);
  }
  bool tensor = param->kind == SYM_TENSOR;
  if (arg->kind != (tensor ? SYM_TENSOR : SYM_SCALAR)) {
    SEMA_ERROR(s, argument_kind, name.span, sema_describe(s, arg), sema_describe(s, param));
    return fail(c);
  }
  if (written && arg->mode == MODE_IN) {
    SEMA_ERROR(s, not_writable, name.span, sema_describe(s, arg));
    tppc_diag_note(c->cx->diags, arg->name.span, "declared here");
    return fail(c);
  }
  bool reads = param->mode != MODE_OUT;
  if (written)
    sema_partial_call(c->k, arg);
  else
    sema_partial_end(c->k, NULL, arg);
  if (reads && tensor && !arg->written && arg->mode != MODE_IN && arg->mode != MODE_INOUT) {
    SEMA_ERROR(s, unwritten, name.span, name.text);
    return fail(c);
  }
  TPPC_PUSH(c->cx->arena, &c->args, arg);
  TPPC_PUSH(c->cx->arena, &c->params, param);
  TPPC_PUSH(c->cx->arena, &c->spans, name.span);
  return true;
}

/* Anything but a scalar of the parameter's type is evaluated before the call, into a local of one
 * element that is passed in its place:
 *
 *   Y = scale(X, 1 / s);   -->   $s: f32;  for { $s = 1 / s; }  Y = scale(X, $s);
 */
static bool evaluate_arg(Call *c, Sym *param, const TppcAstExpr *e) {
  Sema *s = c->s;
  SemaKernel *k = c->k;
  TppcContext *cx = c->cx;
  TppcAstName no_label = {0}, name = {sema_fresh(k, param->name.text), e->span};
  TppcAstExpr target = {.kind = TPPC_EXPR_NAME, .depth = 1, .span = e->span, .name = name};
  Sym *sym = TPPC_NEW(cx->arena, Sym); /* in no scope: nothing else can name it */
  *sym = (Sym){.kind = SYM_TENSOR, .mode = MODE_LOCAL, .name = name, .write_nest = -1};
  sema_add_tensor(k, TPPC_OP_LOCAL, sym, tppc_t_tensor(cx, param->value->type->elem, 0, NULL),
                  e->span);
  SemaNest n = {.k = k, .s = s, .number = -2 - k->n_args++};
  n.op = tppc_op_new(cx, TPPC_OP_NEST, e->span);
  n.op->name = sema_label(k, no_label, tppc_sprintf(cx->arena, "arg_%s", param->name.text), 0);
  tppc_op_append(k->body, n.op);
  bool ok = s->ok;
  s->ok = true;
  TppcAstExpr *value = TPPC_NEW(cx->arena, TppcAstExpr);
  *value = *e;
  TppcAstStmt stmt = {.op = TPPC_ASSIGN_SET, .span = e->span, .op_span = e->span};
  stmt.target = &target;
  stmt.value = value;
  if (sema_is_brgemm(e))
    SEMA_ERROR(s, brgemm_position, e->span);
  else
    sema_elementwise(&n, sym, &stmt);
  if (!s->ok)
    c->ok = false;
  s->ok = s->ok && ok;
  TPPC_PUSH(cx->arena, &c->args, sym);
  TPPC_PUSH(cx->arena, &c->params, param);
  TPPC_PUSH(cx->arena, &c->spans, e->span);
  return c->ok;
}

/* It goes as it is: a scalar of the parameter's type, or what only a message can be said of. */
static bool is_passed(Call *c, const TppcAstExpr *e, const Sym *param) {
  const Sym *arg = e->kind == TPPC_EXPR_NAME ? sema_find(c->s, c->k, NULL, e->name.text) : NULL;
  if (arg && arg->kind == SYM_TENSOR)
    return arg->value->type->rank > 0;
  return arg && arg->kind == SYM_SCALAR && arg->value->type == param->value->type;
}

static bool collect_args(Call *c) {
  Sema *s = c->s;
  const TppcAstItem *it = c->item;
  SemaKernel *callee = c->callee;
  if (it->args.n != callee->inputs.n || it->results.n != callee->outputs.n) {
    SEMA_ERROR(s, argument_count, it->name.span, it->name.text, callee->inputs.n, callee->outputs.n,
               it->args.n, it->results.n);
    tppc_diag_note(c->cx->diags, callee->ast->head, "declared here");
    return fail(c);
  }
  for (int i = 0; i < it->args.n; i++) {
    const TppcAstExpr *e = it->args.data[i];
    Sym *param = callee->inputs.data[i];
    if (param->kind == SYM_SCALAR && !is_passed(c, e, param)) {
      evaluate_arg(c, param, e);
      continue;
    }
    if (e->kind != TPPC_EXPR_NAME) {
      SEMA_ERROR(s, argument_kind, e->span, "an expression", sema_describe(s, param));
      fail(c);
      continue;
    }
    TppcAstName name = {e->name.text, e->span};
    add_arg(c, param, name, param->mode == MODE_INOUT);
  }
  for (int i = 0; i < it->results.n; i++)
    add_arg(c, callee->outputs.data[i], it->results.data[i], true);
  return c->ok;
}

/* What is written overlaps nothing. */
static void check_overlap(Call *c) {
  for (int i = 0; i < c->args.n; i++)
    for (int j = 0; j < i; j++) {
      bool writes = c->params.data[i]->mode != MODE_IN || c->params.data[j]->mode != MODE_IN;
      if (writes && c->args.data[i] == c->args.data[j] && c->args.data[i]->kind == SYM_TENSOR) {
        SEMA_ERROR(c->s, call_overlap, c->spans.data[i], c->args.data[i]->name.text);
        tppc_diag_note(c->cx->diags, c->spans.data[j], "also passed here");
        fail(c);
      }
    }
}

/* ---- sizes ---- */

static const SemaSize *find_size(const SemaKernel *k, const char *name) {
  for (int i = 0; i < k->sizes.n; i++)
    if (k->sizes.data[i].name.text == name)
      return &k->sizes.data[i];
  return NULL;
}

static const TppcExpr *binding(const Call *c, const char *name) {
  for (int i = 0; i < c->bound.v.n; i++)
    if (c->bound.v.data[i].sym == name)
      return c->bound.v.data[i].with;
  return NULL;
}

static void bind(Call *c, const char *name, const TppcExpr *e) {
  TppcSymFact *fact = tppc_facts_add(&c->bound, name);
  fact->with = e;
}

static void bind_named(Call *c) {
  const TppcAstDims *sizes = &c->item->sizes;
  for (int i = 0; i < sizes->n; i++) {
    const TppcAstDim *d = &sizes->data[i];
    const SemaSize *size = find_size(c->callee, d->name.text);
    if (!size || size->state == SIZE_DERIVED) {
      if (size)
        SEMA_ERROR(c->s, derived_override, d->name.span, d->name.text);
      else
        SEMA_ERROR(c->s, unknown_size, d->name.span, d->name.text, c->callee->ast->name.text);
      fail(c);
      continue;
    }
    if (binding(c, d->name.text)) {
      SEMA_ERROR(c->s, declared_twice, d->name.span, d->name.text);
      fail(c);
      continue;
    }
    const TppcExpr *e = sema_int(c->s, c->k, NULL, d->value);
    if (!e) {
      fail(c);
      continue;
    }
    const char *text = tppc_sprintf(c->cx->arena, "%s >= 0", sema_expr_text(c->s, e));
    if (sema_require(c->k, tppc_e_bin(c->cx, TPPC_E_LE, tppc_e_int(c->cx, 0), e), "size", text,
                     d->span) == TRUTH_NO) {
      SEMA_ERROR(c->s, negative_size, d->span, d->name.text,
                 sema_expr_text(c->s, sema_known(c->k, e)));
      fail(c);
    }
    bind(c, d->name.text, e);
  }
}

/* Sizes that are a whole dimension of a parameter. */
static void bind_shapes(Call *c, bool outputs) {
  for (int i = 0; i < c->params.n; i++) {
    const TppcType *p = c->params.data[i]->value->type, *a = c->args.data[i]->value->type;
    if (p->kind != TPPC_T_TENSOR || p->rank != a->rank ||
        (c->params.data[i]->mode == MODE_OUT) != outputs)
      continue;
    for (int d = 0; d < p->rank; d++) {
      const SemaSize *size =
          p->dims[d]->kind == TPPC_E_SYM ? find_size(c->callee, p->dims[d]->sym) : NULL;
      if (size && size->state != SIZE_DERIVED && !binding(c, size->name.text))
        bind(c, size->name.text, a->dims[d]);
    }
    if (p->ld && p->ld->kind == TPPC_E_SYM && !binding(c, p->ld->sym) && p->rank)
      bind(c, p->ld->sym, a->ld ? a->ld : a->dims[a->rank - 1]);
  }
}

static void bind_rest(Call *c) {
  for (int i = 0; i < c->callee->sizes.n; i++) {
    const SemaSize *size = &c->callee->sizes.data[i];
    if (binding(c, size->name.text))
      continue;
    if (size->value) {
      bind(c, size->name.text, tppc_e_subst(c->cx, size->value, &c->bound));
      continue;
    }
    SEMA_ERROR(c->s, size_not_deduced, c->item->name.span, size->name.text,
               c->callee->ast->name.text);
    tppc_diag_help(c->cx->diags, "give it by name: %s[%s = ...](...)", c->callee->ast->name.text,
                   size->name.text);
    fail(c);
  }
}

/* ---- types ---- */

static bool same_digits(const TppcType *a, const TppcType *b) {
  if (a->n_digits != b->n_digits)
    return false;
  for (int i = 0; i < a->n_digits; i++)
    if (a->digits[i].dim != b->digits[i].dim || a->digits[i].mod != b->digits[i].mod ||
        a->digits[i].div != b->digits[i].div)
      return false;
  return true;
}

static bool same_storage(const TppcType *param, const TppcType *arg) {
  bool range = !param->has_range || (arg->has_range && arg->range_lo >= param->range_lo &&
                                     arg->range_hi <= param->range_hi);
  return param->elem == arg->elem && param->storage == arg->storage && same_digits(param, arg) &&
         range && param->block_r == arg->block_r && param->block_c == arg->block_c &&
         param->group == arg->group && param->planes == arg->planes &&
         param->levels == arg->levels && (param->ld || !arg->ld);
}

static void type_mismatch(Call *c, int i, const TppcType *param) {
  Sema *s = c->s;
  const Sym *arg = c->args.data[i];
  SEMA_ERROR(s, type_mismatch, c->spans.data[i], arg->name.text,
             sema_type_text(s, arg->value->type), c->params.data[i]->name.text,
             c->callee->ast->name.text, sema_type_text(s, param));
  tppc_diag_note(c->cx->diags, c->params.data[i]->name.span, "the parameter is declared here");
  fail(c);
}

static bool equal(Call *c, int i, const TppcExpr *a, const TppcExpr *b) {
  const char *text =
      tppc_sprintf(c->cx->arena, "%s == %s", sema_expr_text(c->s, a), sema_expr_text(c->s, b));
  return sema_check_equal(c->k, a, b, "promise", text, c->spans.data[i]);
}

static void check_types(Call *c) {
  for (int i = 0; i < c->params.n; i++) {
    const TppcType *p = tppc_t_subst(c->cx, c->params.data[i]->value->type, &c->bound);
    const TppcType *a = c->args.data[i]->value->type;
    if (p->kind == TPPC_T_SCALAR)
      continue;
    if (p->kind != a->kind || p->rank != a->rank || !same_storage(p, a)) {
      type_mismatch(c, i, p);
      continue;
    }
    bool fits = true;
    for (int d = 0; d < p->rank && fits; d++)
      fits = equal(c, i, p->dims[d], a->dims[d]);
    if (fits && p->ld)
      fits = equal(c, i, p->ld, a->ld ? a->ld : a->dims[a->rank - 1]);
    if (!fits)
      type_mismatch(c, i, p);
  }
}

/* ---- all ---- */

static void emit(Call *c, int number) {
  TppcContext *cx = c->cx;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_CALL, c->item->span);
  op->name = sema_label(c->k, c->item->label, "call", number);
  for (int i = 0; i < c->callee->sizes.n; i++) {
    const char *name = c->callee->sizes.data[i].name.text;
    tppc_op_add_dim(cx, op, name, tppc_e_int(cx, 0), binding(c, name), tppc_e_int(cx, 1),
                    c->item->name.span);
  }
  for (int i = 0; i < c->args.n; i++)
    tppc_op_add_use(cx, op, c->args.data[i]->value, 0, NULL, c->spans.data[i]);
  tppc_set_string(cx, op, "callee", c->callee->ast->name.text, c->item->name.span);
  tppc_set_int(cx, op, "n_outputs", c->callee->outputs.n);
  tppc_op_append(c->k->body, op);
}

static void note_accesses(Call *c) {
  for (int i = 0; i < c->args.n; i++) {
    Sym *arg = c->args.data[i];
    arg->read |= c->params.data[i]->mode != MODE_OUT;
    if (c->params.data[i]->mode == MODE_IN)
      continue;
    const SemaSeq *seq = sema_seq_around(c->k, arg);
    if (!arg->written && arg->mode != MODE_INOUT && seq && !sema_seqs_run(c->k, arg))
      sema_fill(c->k, arg, TPPC_SET, seq->op);
    sema_seq_writes(c->k, arg);
    arg->written = true;
    arg->write_nest = -1;
    arg->update = TPPC_SET;
    arg->read_since = false;
  }
}

static void unknown_kernel(Call *c) {
  Sema *s = c->s;
  const char *name = c->item->name.text, *best = NULL;
  int best_distance = 3;
  for (int i = 0; i < s->kernels.n; i++) {
    int distance = tppc_edit_distance(name, s->kernels.data[i]->ast->name.text);
    if (distance < best_distance) {
      best = s->kernels.data[i]->ast->name.text;
      best_distance = distance;
    }
  }
  SEMA_ERROR(s, unknown_kernel, c->item->name.span, name);
  if (best) {
    tppc_diag_help(c->cx->diags, "did you mean '%s'?", best);
    tppc_diag_fixit(c->cx->diags, c->item->name.span, best);
  }
}

void sema_call(SemaKernel *k, const TppcAstItem *item) {
  Sema *s = k->s;
  Call c = {.k = k, .s = s, .cx = s->cx, .item = item, .ok = true};
  c.bound.arena = s->cx->arena;
  c.callee = sema_find_kernel(s, item->name.text);
  if (!c.callee) {
    unknown_kernel(&c);
  } else if (!c.callee->broken && collect_args(&c)) {
    check_overlap(&c);
    bind_named(&c);
    bind_shapes(&c, false);
    bind_shapes(&c, true);
    bind_rest(&c);
    if (c.ok)
      check_types(&c);
    if (c.ok) {
      emit(&c, 0);
      note_accesses(&c);
      return;
    }
  }
  /* Results of a call that failed are not missed afterwards. */
  for (int i = 0; i < item->results.n; i++) {
    Sym *sym = sema_find(s, k, NULL, item->results.data[i].text);
    if (sym)
      sym->written = true;
  }
}
