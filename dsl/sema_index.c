/* Indices: what an access may reach, and whether a write meets elements once or all of them.
 *
 * An index is affine in the letters; its coefficients are expressions of sizes whose sign is known.
 * Its extremes are found by putting each letter to an end of its range. What cannot be proved of
 * the extremes is asked of the sizes at the entry, provided that the loops run at all.
 */
#include "dsl/sema.h"

typedef struct Access {
  SemaStmt *st;
  SemaKernel *k;
  Sema *s;
  TppcContext *cx;
  Sym *sym;
  int dim;
  const TppcAstExpr *ast;
  const TppcExpr *idx, *lo, *hi;
} Access;

/* ---- letters: of the nest, then of the seqs around it ---- */

static int n_letters(const Access *a) {
  return a->st->nest->n_loops + a->k->seqs.n;
}

static const Sym *letter_at(const Access *a, int i) {
  const SemaNest *n = a->st->nest;
  return i < n->n_loops ? &n->loops[i] : a->k->seqs.data[i - n->n_loops].letter;
}

/* ---- extremes ---- */

static bool not_affine(const Access *a, const char *letter) {
  SEMA_ERROR(a->s, index_not_affine, a->ast->span, sema_text(a->s, a->ast), letter);
  return false;
}

static bool coefficient_ok(const Access *a, const TppcExpr *c) {
  for (int i = 0; i < n_letters(a); i++)
    if (tppc_e_uses(c, letter_at(a, i)->name.text))
      return false;
  return true;
}

static bool extremes(Access *a) {
  const TppcExpr *zero = tppc_e_int(a->cx, 0);
  a->lo = a->hi = a->idx;
  for (int i = 0; i < n_letters(a); i++) {
    const Sym *letter = letter_at(a, i);
    const TppcExpr *rest;
    if (!tppc_e_uses(a->idx, letter->name.text))
      continue;
    const TppcExpr *c = tppc_e_coeff(a->cx, a->idx, letter->name.text, &rest);
    if (!c || !coefficient_ok(a, c))
      return not_affine(a, letter->name.text);
    bool rises = sema_at_least(a->k, c, 0);
    if (!rises && !sema_at_least(a->k, tppc_e_sub(a->cx, zero, c), 0))
      return not_affine(a, letter->name.text);
    const TppcExpr *last = tppc_e_sub(a->cx, letter->extent, tppc_e_int(a->cx, 1));
    a->lo = tppc_e_subst1(a->cx, a->lo, letter->name.text, rises ? zero : last);
    a->hi = tppc_e_subst1(a->cx, a->hi, letter->name.text, rises ? last : zero);
  }
  return true;
}

/* ---- bounds ---- */

static const TppcExpr *or_none(const Access *a, const TppcExpr *cond, const TppcExpr *extent) {
  if (sema_at_least(a->k, extent, 1))
    return cond;
  const TppcExpr *none = tppc_e_bin(a->cx, TPPC_E_LE, extent, tppc_e_int(a->cx, 0));
  return tppc_e_bin(a->cx, TPPC_E_OR, none, cond);
}

/* cond, or a loop does not run: a colon, a letter of the index, or with all a letter of the
 * statement. */
static const TppcExpr *unless_empty(const Access *a, const TppcExpr *cond, bool all) {
  for (int i = 0; i < n_letters(a); i++) {
    bool occurs = i >= a->st->nest->n_loops || a->st->occurs[i];
    if (all ? occurs : tppc_e_uses(a->idx, letter_at(a, i)->name.text))
      cond = or_none(a, cond, letter_at(a, i)->extent);
  }
  for (int c = 0; c < a->st->colons.n; c++)
    if (a->st->colons.extent[c])
      cond = or_none(a, cond, a->st->colons.extent[c]);
  return cond;
}

static void out_of_range(const Access *a, const TppcExpr *extreme, const TppcExpr *extent) {
  Sema *s = a->s;
  SEMA_ERROR(s, index_range, a->ast->span, sema_text(s, a->ast), a->sym->name.text,
             sema_expr_text(s, sema_known(a->k, extreme)), a->dim + 1,
             sema_expr_text(s, sema_known(a->k, extent)));
  for (int i = 0; i < n_letters(a); i++) {
    const Sym *letter = letter_at(a, i);
    if (tppc_e_uses(a->idx, letter->name.text))
      tppc_diag_note(a->cx->diags, letter->name.span, "'%s' runs to %s here", letter->name.text,
                     sema_expr_text(s, sema_known(a->k, letter->extent)));
  }
  tppc_diag_note(a->cx->diags, a->sym->name.span, "'%s' is %s", a->sym->name.text,
                 sema_type_text(s, a->sym->value->type));
}

/* cond: the extreme is inside. An index that is outside whenever its own loops run is an error,
 * also where other loops of the statement might be empty. */
static bool inside(const Access *a, const TppcExpr *cond, const TppcExpr *extreme,
                   const TppcExpr *extent) {
  const char *text =
      tppc_sprintf(a->cx->arena, "index %s of %s", sema_text(a->s, a->ast), a->sym->name.text);
  const TppcExpr *always = unless_empty(a, cond, true);
  bool never = tppc_e_is(sema_known(a->k, unless_empty(a, cond, false)), 0) &&
               !tppc_e_is(sema_known(a->k, always), 1);
  if (!never && sema_require(a->k, always, "index", text, a->ast->span) != TRUTH_NO)
    return true;
  out_of_range(a, extreme, extent);
  return false;
}

static bool check_bounds(Access *a) {
  TppcContext *cx = a->cx;
  const TppcType *t = a->sym->value->type;
  const TppcExpr *extent = t->dims[a->dim], *zero = tppc_e_int(cx, 0);
  const TppcExpr *pad = t->pad ? t->pad[a->dim] : zero;
  if (!extremes(a))
    return false;
  const TppcExpr *below = tppc_e_add(cx, a->lo, pad);
  const TppcExpr *above =
      tppc_e_sub(cx, tppc_e_add(cx, extent, pad), tppc_e_add(cx, a->hi, tppc_e_int(cx, 1)));
  bool low = sema_at_least(a->k, below, 0), high = sema_at_least(a->k, above, 0);
  const TppcExpr *last = tppc_e_sub(cx, tppc_e_add(cx, extent, pad), tppc_e_int(cx, 1));
  return (low || inside(a, tppc_e_bin(cx, TPPC_E_LE, zero, below), a->lo, extent)) &&
         (high || inside(a, tppc_e_bin(cx, TPPC_E_LE, a->hi, last), a->hi, extent));
}

/* ---- colons ---- */

bool sema_check_equal(SemaKernel *k, const TppcExpr *a, const TppcExpr *b, const char *status,
                      const char *text, TppcSpan span) {
  TppcContext *cx = k->s->cx;
  int64_t difference;
  if (a == b)
    return true;
  if (tppc_e_const(tppc_e_sub(cx, a, b), &difference))
    return difference == 0;
  return sema_require(k, tppc_e_bin(cx, TPPC_E_EQ, a, b), status, text, span) != TRUTH_NO;
}

static bool colon(const Access *a, int c) {
  SemaColons *colons = &a->st->colons;
  Sema *s = a->s;
  const TppcExpr *extent = a->sym->value->type->dims[a->dim];
  if (c > SEMA_MAX_COLONS) {
    SEMA_ERROR(s, colon_extent, a->ast->span, "there are too many of them");
    return false;
  }
  if (colons->n < c)
    colons->n = c;
  if (!colons->extent[c - 1]) {
    colons->extent[c - 1] = extent;
    colons->span[c - 1] = a->ast->span;
    colons->whose[c - 1] = a->sym->name.text;
    return true;
  }
  const char *text =
      tppc_sprintf(a->cx->arena, "%s == %s", sema_expr_text(s, colons->extent[c - 1]),
                   sema_expr_text(s, extent));
  if (sema_check_equal(a->k, colons->extent[c - 1], extent, "promise", text, a->ast->span))
    return true;
  SEMA_ERROR(s, shape_mismatch, a->ast->span, a->sym->name.text,
             sema_expr_text(s, sema_known(a->k, extent)), colons->whose[c - 1],
             sema_expr_text(s, sema_known(a->k, colons->extent[c - 1])));
  tppc_diag_note(a->cx->diags, colons->span[c - 1], "this ':' of '%s' has %s elements",
                 colons->whose[c - 1], sema_expr_text(s, sema_known(a->k, colons->extent[c - 1])));
  return false;
}

/* ---- references ---- */

const TppcExpr **sema_index(SemaStmt *st, Sym *sym, const TppcAstExpr *e, bool write) {
  Sema *s = st->s;
  TppcContext *cx = s->cx;
  const TppcType *t = sym->value->type;
  int n = e->kind == TPPC_EXPR_REF ? e->args.n : 0, colons = 0;
  if (n != t->rank) {
    SEMA_ERROR(s, rank_mismatch, e->span, sym->name.text, t->rank, n);
    tppc_diag_note(cx->diags, sym->name.span, "'%s' is %s", sym->name.text, sema_type_text(s, t));
    return NULL;
  }
  const TppcExpr **idx = TPPC_NEW_N(cx->arena, const TppcExpr *, n + 1);
  for (int i = 0; i < n; i++)
    colons += e->args.data[i]->kind == TPPC_EXPR_COLON;
  /* Colons first: where one is empty, the other indices reach nothing. */
  for (int i = 0; i < n; i++) {
    Access a = {
        .st = st, .k = st->k, .s = s, .cx = cx, .sym = sym, .dim = i, .ast = e->args.data[i]};
    if (a.ast->kind != TPPC_EXPR_COLON)
      continue;
    idx[i] = tppc_e_sym(cx, tppc_internf(cx->names, "$%d", colons));
    if (!colon(&a, colons--))
      return NULL;
  }
  for (int i = 0; i < n; i++) {
    Access a = {
        .st = st, .k = st->k, .s = s, .cx = cx, .sym = sym, .dim = i, .ast = e->args.data[i]};
    if (a.ast->kind == TPPC_EXPR_COLON)
      continue;
    if (sema_is_data(st, a.ast)) {
      if (!(idx[i] = sema_data_index(st, sym, i, a.ast, write)))
        return NULL;
      continue;
    }
    idx[i] = a.idx = sema_int(s, st->k, st, a.ast);
    if (!a.idx || !check_bounds(&a))
      return NULL;
  }
  return idx;
}

static bool uses_letters(const SemaStmt *st, const TppcExpr *e) {
  for (int i = 0; i < st->nest->n_loops; i++)
    if (tppc_e_uses(e, st->nest->loops[i].name.text))
      return true;
  return e->kind == TPPC_E_SYM && e->sym[0] == '$';
}

bool sema_apart(const SemaStmt *st, const TppcExpr *const *a, const TppcExpr *const *b, int rank) {
  int64_t distance;
  for (int i = 0; i < rank; i++)
    if (!uses_letters(st, a[i]) && !uses_letters(st, b[i]) &&
        tppc_e_const(tppc_e_sub(st->s->cx, a[i], b[i]), &distance) && distance != 0)
      return true;
  return false;
}

/* ---- coverage ---- */

static const Sym *plain_letter(const SemaNest *n, const TppcExpr *e, bool seqs) {
  for (int i = 0; seqs && i < n->k->seqs.n; i++)
    if (e == n->k->seqs.data[i].letter->expr)
      return n->k->seqs.data[i].letter;
  for (int i = 0; i < n->n_loops; i++)
    if (e == n->loops[i].expr)
      return &n->loops[i];
  return NULL;
}

bool sema_covers(SemaNest *n, const TppcType *t, const TppcExpr *const *idx, bool seqs) {
  for (int i = 0; i < t->rank; i++) {
    if (tppc_e_has_bound(idx[i]))
      return false;
    if (idx[i]->kind == TPPC_E_SYM && idx[i]->sym[0] == '$')
      continue;
    if (tppc_e_is(idx[i], 0) && tppc_e_is(t->dims[i], 1))
      continue;
    const Sym *letter = plain_letter(n, idx[i], seqs);
    if (!letter || letter->extent != t->dims[i])
      return false;
    for (int j = 0; j < i; j++)
      if (idx[j] == idx[i])
        return false;
  }
  return true;
}

/* ---- each element once ---- */

typedef struct Chain {
  SemaStmt *st;
  int n;
  const Sym *letter[SEMA_MAX_LOOPS];
  const TppcExpr *c[SEMA_MAX_LOOPS];
  bool taken[SEMA_MAX_LOOPS];
} Chain;

/* The letters can be ordered so that each step is at least the whole range of those before: c[0] >=
 * 1, c[j + 1] >= c[j] * extent[j]. Then the sum determines them all, as digits do a number. */
static bool chains(Chain *chain, const TppcExpr *at_least, int left) {
  TppcContext *cx = chain->st->s->cx;
  if (!left)
    return true;
  for (int i = 0; i < chain->n; i++) {
    if (chain->taken[i] || !sema_at_least(chain->st->k, tppc_e_sub(cx, chain->c[i], at_least), 0))
      continue;
    chain->taken[i] = true;
    if (chains(chain, tppc_e_mul(cx, chain->c[i], chain->letter[i]->extent), left - 1))
      return true;
    chain->taken[i] = false;
  }
  return false;
}

static bool determines(SemaStmt *st, const TppcExpr *e, bool *known) {
  Chain chain = {.st = st};
  const SemaNest *n = st->nest;
  for (int i = 0; i < n->n_loops; i++) {
    const TppcExpr *rest;
    if (known[i] || !tppc_e_uses(e, n->loops[i].name.text))
      continue;
    const TppcExpr *c = tppc_e_coeff(st->s->cx, e, n->loops[i].name.text, &rest);
    if (!c)
      return false;
    int64_t v;
    if (tppc_e_const(c, &v) && v < 0)
      c = tppc_e_int(st->s->cx, -v);
    chain.letter[chain.n] = &n->loops[i];
    chain.c[chain.n++] = c;
  }
  if (!chain.n || chain.n > 4 || !chains(&chain, tppc_e_int(st->s->cx, 1), chain.n))
    return false;
  for (int i = 0; i < chain.n; i++)
    known[chain.letter[i]->letter] = true;
  return true;
}

bool sema_injective(SemaStmt *st, const TppcType *t, const TppcExpr *const *idx) {
  bool known[SEMA_MAX_LOOPS] = {false};
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < t->rank; i++)
      changed |= determines(st, idx[i], known);
  }
  for (int i = 0; i < st->nest->n_loops; i++)
    if (st->used[i] && !known[i])
      return false;
  return true;
}
