/* Modules and ops of the text form. A syntax error ends the parse; what can be understood beside an
 * error in a name is read on, so that one run reports all of those. */
#include "ir/parse_internal.h"

#include <math.h>
#include <string.h>

enum { MAX_NESTING = 100, MAX_INDICES = 64 };

static void parse_region(TppcParser *p, TppcRegion *r, int nesting);

/* ---- attributes ---- */

static void parse_number_value(TppcParser *p, TppcAttr *a) {
  bool negative = tppc_accept(p, "-");
  if (p->tok == TPPC_TOK_FLOAT || tppc_at_word(p, "inf") || tppc_at_word(p, "nan")) {
    a->kind = TPPC_A_FLOAT;
    a->f = p->tok == TPPC_TOK_FLOAT ? p->real : tppc_at_word(p, "inf") ? HUGE_VAL : (double)NAN;
    a->f = negative ? -a->f : a->f;
    tppc_lex_next(p);
    return;
  }
  a->kind = TPPC_A_INT;
  if (p->tok == TPPC_TOK_INT && p->number == (uint64_t)INT64_MAX + 1 && negative) {
    a->i = INT64_MIN;
    tppc_lex_next(p);
    return;
  }
  a->i = tppc_parse_int(p);
  a->i = negative ? -a->i : a->i;
}

static void parse_value(TppcParser *p, TppcAttr *a, int depth) {
  TppcSpan begin = tppc_lex_span(p);
  if (depth > MAX_NESTING) {
    tppc_parse_expected(p, "fewer nested lists");
    return;
  }
  if (tppc_accept(p, "(")) {
    a->kind = TPPC_A_EXPR;
    a->e = tppc_parse_expr(p);
    tppc_expect(p, ")");
  } else if (tppc_accept(p, "[")) {
    TppcVec(TppcAttr) v = {0};
    a->kind = TPPC_A_LIST;
    for (bool more = !tppc_at(p, "]"); more && !p->failed; more = tppc_accept(p, ",")) {
      TppcAttr item = {0};
      parse_value(p, &item, depth + 1);
      TPPC_PUSH(p->cx->arena, &v, item);
    }
    tppc_expect(p, "]");
    a->list = v.data;
    a->n = v.n;
  } else if (p->tok == TPPC_TOK_STRING) {
    a->kind = TPPC_A_STRING;
    a->s = tppc_lex_text(p);
    tppc_lex_next(p);
    a->span = (TppcSpan){p->source, begin.begin + 1, begin.end - 1};
    return;
  } else if (p->tok == TPPC_TOK_NAME && !tppc_at_word(p, "inf") && !tppc_at_word(p, "nan")) {
    a->kind = TPPC_A_WORD;
    a->s = tppc_lex_text(p);
    tppc_lex_next(p);
  } else {
    parse_number_value(p, a);
  }
  a->span = (TppcSpan){p->source, begin.begin, p->last_end};
}

static void parse_attr(TppcParser *p, TppcOp *op) {
  const char *key = tppc_lex_text(p);
  if (tppc_attr(op, key))
    tppc_parse_expected(p, "an attribute that the op does not have yet");
  tppc_lex_next(p);
  tppc_expect(p, "=");
  TppcAttr a = {0};
  parse_value(p, &a, 0);
  if (p->failed)
    return;
  /* Makes the attribute at its place in the order; then it gets the value. */
  TppcAttr *slot = tppc_set_list(p->cx, op, key);
  a.key = slot->key;
  *slot = a;
}

/* ---- dims and uses ---- */

static void parse_dims(TppcParser *p, TppcOp *op) {
  for (bool more = !tppc_at(p, "]"); more && !p->failed; more = tppc_accept(p, ",")) {
    TppcSpan begin = tppc_lex_span(p);
    if (p->tok != TPPC_TOK_NAME) {
      tppc_parse_expected(p, "the name of a dimension");
      return;
    }
    const char *sym = tppc_lex_text(p);
    const TppcExpr *lo = NULL, *hi = NULL, *step = NULL;
    tppc_lex_next(p);
    if (tppc_accept(p, "=")) {
      lo = tppc_parse_expr(p);
      if (!tppc_accept_word(p, "to"))
        tppc_parse_expected(p, "'to'");
      hi = tppc_parse_expr(p);
      if (tppc_accept_word(p, "step"))
        step = tppc_parse_expr(p);
    } else {
      tppc_expect(p, ":");
      hi = tppc_parse_expr(p);
    }
    TppcSpan span = {p->source, begin.begin, p->last_end};
    tppc_op_add_dim(p->cx, op, sym, lo, hi, step, span);
  }
  tppc_expect(p, "]");
}

static TppcValue *find_value(TppcParser *p, const char *name, TppcSpan span) {
  for (int i = p->scope.n - 1; i >= 0; i--)
    if (p->scope.data[i]->name == name)
      return p->scope.data[i];
  tppc_diag(p->cx->diags, TPPC_D_tir_unknown_value, span, name);
  return NULL;
}

static void parse_use(TppcParser *p, TppcOp *op) {
  uint32_t begin = p->begin;
  const char *name = tppc_lex_joined_name(p);
  if (!name)
    return;
  const TppcExpr *idx[MAX_INDICES];
  int n = 0;
  TppcValue *v = find_value(p, name, (TppcSpan){p->source, begin, p->last_end});
  if (tppc_accept(p, "[")) {
    for (bool more = !tppc_at(p, "]"); more && !p->failed; more = tppc_accept(p, ",")) {
      if (n == MAX_INDICES)
        tppc_parse_expected(p, "fewer indices");
      else
        idx[n++] = tppc_parse_expr(p);
    }
    tppc_expect(p, "]");
  }
  TppcSpan span = {p->source, begin, p->last_end};
  if (v)
    tppc_op_add_use(p->cx, op, v, n, idx, span);
}

/* ---- ops ---- */

static void unknown_op(TppcParser *p, const char *text) {
  tppc_diag(p->cx->diags, TPPC_D_tir_unknown_op, tppc_lex_span(p), text);
  p->failed = true; /* what follows has no structure that is known */
}

typedef TppcVec(const char *) Names;

static void parse_results(TppcParser *p, Names *names) {
  while (tppc_at(p, "%")) {
    const char *name = tppc_lex_joined_name(p);
    if (!name)
      return;
    TPPC_PUSH(p->cx->arena, names, name);
    if (!tppc_accept(p, ","))
      break;
  }
  if (names->n)
    tppc_expect(p, "=");
}

static void parse_result_types(TppcParser *p, TppcOp *op, const Names *names) {
  for (int i = 0; i < names->n && !p->failed; i++) {
    tppc_expect(p, i ? "," : ":");
    const TppcType *type = tppc_parse_type(p);
    if (p->failed)
      return;
    TPPC_PUSH(p->cx->arena, &p->scope, tppc_op_add_result(p->cx, op, type, names->data[i]));
  }
}

static void parse_regions(TppcParser *p, TppcOp *op, int nesting) {
  int declared = op->n_regions;
  for (int i = 0; i < declared; i++) {
    /* Names of a kernel are its own; those of an inner region end with it. */
    int visible = p->scope.n;
    if (!tppc_expect(p, "{"))
      return;
    parse_region(p, &op->regions[i], nesting + 1);
    tppc_expect(p, "}");
    p->scope.n = visible;
  }
}

/* %a, %b = ... begins the next op; %a and %a[i] are operands of this one. */
static bool at_results(const TppcParser *p) {
  TppcParser ahead = *p;
  while (tppc_at(&ahead, "%") && tppc_lex_joined_name(&ahead))
    if (!tppc_accept(&ahead, ","))
      break;
  return tppc_at(&ahead, "=");
}

static void parse_uses(TppcParser *p, TppcOp *op) {
  if (at_results(p))
    return;
  while (tppc_at(p, "%") && !p->failed) {
    parse_use(p, op);
    if (!tppc_accept(p, ","))
      break;
    if (!tppc_at(p, "%"))
      tppc_parse_expected(p, "a value");
  }
}

static void parse_op(TppcParser *p, TppcRegion *r, int nesting) {
  TppcSpan begin = tppc_lex_span(p);
  Names names = {0};
  parse_results(p, &names);
  if (p->tok != TPPC_TOK_NAME) {
    tppc_parse_expected(p, "an op");
    return;
  }
  const char *text = tppc_lex_text(p);
  TppcOpKind kind;
  TppcElt elt;
  if (!tppc_op_by_text(text, &kind, &elt)) {
    unknown_op(p, text);
    return;
  }
  TppcOp *op = tppc_op_new(p->cx, kind, tppc_lex_span(p));
  op->elt = elt;
  tppc_op_append(r, op);
  tppc_lex_next(p);
  if (tppc_at(p, "@"))
    op->name = tppc_lex_joined_name(p);
  if (tppc_accept(p, "["))
    parse_dims(p, op);
  parse_uses(p, op);
  /* The next op starts on a word too; only an attribute has = behind it. */
  for (;;) {
    TppcParser ahead = *p;
    if (p->failed || p->tok != TPPC_TOK_NAME)
      break;
    tppc_lex_next(&ahead);
    if (!tppc_at(&ahead, "="))
      break;
    parse_attr(p, op);
  }
  op->span = (TppcSpan){p->source, begin.begin, p->last_end};
  parse_result_types(p, op, &names);
  parse_regions(p, op, nesting);
}

static void parse_region(TppcParser *p, TppcRegion *r, int nesting) {
  if (nesting > MAX_NESTING) {
    tppc_parse_expected(p, "fewer nested regions");
    return;
  }
  while (!p->failed && !tppc_at(p, "}") && p->tok != TPPC_TOK_END)
    parse_op(p, r, nesting);
}

static bool parse_header(TppcParser *p, TppcModule *m) {
  if (!tppc_accept_word(p, "module") || !tppc_accept_word(p, "level")) {
    tppc_parse_expected(p, "'module level='");
    return false;
  }
  tppc_expect(p, "=");
  for (int i = TPPC_LEVEL_TPP; i <= TPPC_LEVEL_RT; i++)
    if (tppc_accept_word(p, tppc_level_name((TppcLevel)i))) {
      m->level = (TppcLevel)i;
      return true;
    }
  tppc_parse_expected(p, "'tpp', 'loop', or 'rt'");
  return false;
}

TppcModule *tppc_parse_tir(TppcContext *cx, uint32_t source) {
  int before = tppc_diags_errors(cx->diags);
  TppcModule *m = tppc_module_new(cx);
  TppcParser p;
  tppc_lex_start(&p, cx, source);
  if (parse_header(&p, m))
    parse_region(&p, &m->body, 0);
  if (p.tok != TPPC_TOK_END)
    tppc_parse_expected(&p, "an op");
  tppc_diag_flush(cx->diags);
  return tppc_diags_errors(cx->diags) > before ? NULL : m;
}
