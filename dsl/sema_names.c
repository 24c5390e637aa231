/* Names: what they mean, and what was probably meant. */
#include "dsl/sema.h"
#include "support/keywords.h"

#include <string.h>

/* Parameters and kernels become names of generated headers, which are C11 and C++17. */
bool sema_is_reserved(const char *name) {
  return name[0] == '_' || tppc_is_c_keyword(name) || strcmp(name, "main") == 0 ||
         strcmp(name, "int64_t") == 0;
}

Sym *sema_add_sym(SemaKernel *k, SymKind kind, SymMode mode, TppcAstName name) {
  Sym *sym = TPPC_NEW(k->s->cx->arena, Sym);
  sym->kind = kind;
  sym->mode = mode;
  sym->name = name;
  sym->write_nest = -1;
  TPPC_PUSH(k->s->cx->arena, &k->syms, sym);
  return sym;
}

static Sym *find_in(const Syms *syms, const char *name) {
  for (int i = 0; i < syms->n; i++)
    if (syms->data[i]->name.text == name)
      return syms->data[i];
  return NULL;
}

Sym *sema_find(Sema *s, SemaKernel *k, SemaNest *n, const char *name) {
  Sym *found = NULL;
  if (n) {
    for (int i = 0; i < n->n_loops; i++)
      if (n->loops[i].name.text == name)
        return &n->loops[i];
    found = find_in(&n->temps, name);
  }
  if (!found && k)
    found = find_in(&k->syms, name);
  if (found)
    return found;
  for (int i = 0; i < s->consts.n; i++)
    if (s->consts.data[i].name.text == name) {
      Sym *sym = TPPC_NEW(s->cx->arena, Sym);
      sym->kind = SYM_CONST;
      sym->name = s->consts.data[i].name;
      sym->expr = tppc_e_int(s->cx, s->consts.data[i].value);
      return sym;
    }
  return NULL;
}

/* The nearest name so far; names of one letter are too close to everything. */
typedef struct Guess {
  const char *name, *best;
  int distance;
} Guess;

static void consider(Guess *g, const char *candidate) {
  int distance = tppc_edit_distance(g->name, candidate);
  if (strlen(candidate) > 1 && distance < g->distance) {
    g->distance = distance;
    g->best = candidate;
  }
}

void sema_unknown(Sema *s, SemaKernel *k, SemaNest *n, TppcAstName name) {
  size_t length = strlen(name.text);
  Guess g = {name.text, NULL, length <= 2 ? 2 : length <= 5 ? 3 : 4};
  for (int i = 0; n && i < n->temps.n; i++)
    if (n->temps.data[i]->name.text != name.text)
      consider(&g, n->temps.data[i]->name.text);
  for (int i = 0; k && i < k->syms.n; i++)
    consider(&g, k->syms.data[i]->name.text);
  for (int i = 0; i < s->consts.n; i++)
    consider(&g, s->consts.data[i].name.text);
  SEMA_ERROR(s, unknown_name, name.span, name.text);
  if (g.best) {
    tppc_diag_help(s->cx->diags, "did you mean '%s'?", g.best);
    tppc_diag_fixit(s->cx->diags, name.span, g.best);
  }
}

const char *sema_describe(Sema *s, const Sym *sym) {
  static const char *const kinds[] = {"the constant",         "the size",      "the scalar",
                                      "the tensor",           "the temporary", "the loop letter",
                                      "the letter of the seq"};
  return tppc_sprintf(s->cx->arena, "%s '%s'", kinds[sym->kind], sym->name.text);
}

bool sema_declare(SemaKernel *k, TppcAstName name, const char *what) {
  Sema *s = k->s;
  const Sym *other = sema_find(s, k, NULL, name.text);
  if (other && other->kind != SYM_CONST) {
    SEMA_ERROR(s, declared_twice, name.span, name.text);
    tppc_diag_note(s->cx->diags, other->name.span, "%s is declared here", sema_describe(s, other));
    return false;
  }
  if (sema_is_reserved(name.text)) {
    SEMA_ERROR(s, reserved_name, name.span, what, name.text);
    return false;
  }
  return true;
}

static const char *take(Sema *s, TppcBuf *b) {
  const char *text = tppc_strndup(s->cx->arena, b->data ? b->data : "", b->n);
  tppc_buf_free(b);
  return text;
}

/* As written where that is short and on one line. */
const char *sema_text(Sema *s, const TppcAstExpr *e) {
  enum { LONG = 60 };
  TppcBuf b = {0};
  size_t size, n = e->span.end - e->span.begin;
  const char *text = tppc_source_text(s->cx->diags, e->span.source, &size);
  if (text && e->span.end <= size && n <= LONG && !memchr(text + e->span.begin, '\n', n))
    return tppc_strndup(s->cx->arena, text + e->span.begin, n);
  tppc_ast_print_expr(&b, e);
  return take(s, &b);
}

const char *sema_expr_text(Sema *s, const TppcExpr *e) {
  TppcBuf b = {0};
  tppc_e_print(&b, e);
  return take(s, &b);
}

const char *sema_type_text(Sema *s, const TppcType *t) {
  TppcBuf b = {0};
  tppc_t_print(&b, t);
  return take(s, &b);
}
