/* Types: elements, extents, and how a tensor is stored. */
#include "dsl/sema.h"

#include <string.h>

typedef struct TypeCx {
  SemaKernel *k;
  Sema *s;
  const TppcAstType *ast;
  TppcType *t;
  bool ok;
} TypeCx;

static int dim_named(const TypeCx *cx, const char *name) {
  for (int i = 0; i < cx->t->rank; i++)
    if (cx->ast->dims.data[i].name.text == name)
      return i;
  return -1;
}

static int find_dim(TypeCx *cx, TppcAstName name) {
  int dim = dim_named(cx, name.text);
  if (dim < 0) {
    SEMA_ERROR(cx->s, unknown_dimension, name.span, name.text);
    tppc_diag_note(cx->s->cx->diags, cx->ast->span,
                   "dimensions get names where the type is written: f32[m: M, k: K]");
    cx->ok = false;
  }
  return dim;
}

static bool constant(TypeCx *cx, const TppcAstExpr *e, int64_t lo, int64_t *value) {
  if (!sema_int_const(cx->s, cx->k, e, value)) {
    cx->ok = false;
    return false;
  }
  if (*value < lo) {
    SEMA_ERROR(
        cx->s, storage, e->span,
        tppc_sprintf(cx->s->cx->arena, "%s must be at least %d", sema_text(cx->s, e), (int)lo));
    cx->ok = false;
    return false;
  }
  return true;
}

/* ---- as ---- */

/* A chain such as k % 32 / 2 taken apart from the inside: (k % mod) / div. */
static bool digit(TypeCx *cx, const TppcAstExpr *e, TppcDigit *d) {
  int64_t v;
  if (e->kind == TPPC_EXPR_NAME) {
    d->dim = find_dim(cx, e->name);
    d->mod = 0;
    d->div = 1;
    return d->dim >= 0;
  }
  if (!digit(cx, e->args.data[0], d) || !constant(cx, e->args.data[1], 1, &v))
    return false;
  if (v > INT32_MAX || d->div > INT32_MAX) {
    SEMA_ERROR(cx->s, size_overflow, e->span, sema_text(cx->s, e));
    return cx->ok = false;
  }
  if (e->op == TPPC_AST_DIV)
    d->div *= v;
  else if (!d->mod || d->div * v < d->mod)
    d->mod = d->div * v;
  return true;
}

/* The one digit of the dimension that starts where another ends; NULL when there are none or
 * several. */
static const TppcDigit *digit_from(const TppcType *t, int dim, int64_t mod) {
  const TppcDigit *found = NULL;
  for (int i = 0; i < t->n_digits; i++)
    if (t->digits[i].dim == dim && t->digits[i].mod == mod) {
      if (found)
        return NULL;
      found = &t->digits[i];
    }
  return found;
}

/* The digits of a dimension must meet without gap, coarse to fine: from no remainder down to
 * division by 1. */
static bool decomposes(const TppcType *t, int dim) {
  int digits = 0, chain = 0;
  for (int i = 0; i < t->n_digits; i++)
    digits += t->digits[i].dim == dim;
  for (int64_t mod = 0; mod != 1; chain++) {
    const TppcDigit *d = digit_from(t, dim, mod);
    if (!d || (mod && (d->div >= mod || mod % d->div != 0)))
      return false;
    mod = d->div;
  }
  return chain == digits;
}

static bool is_row_major(const TppcType *t) {
  for (int i = 0; i < t->n_digits; i++)
    if (t->digits[i].dim != i || t->digits[i].mod || t->digits[i].div != 1)
      return false;
  return t->n_digits == t->rank;
}

static void mod_as(TypeCx *cx, const TppcAstMod *mod) {
  TppcDigit *digits = TPPC_NEW_N(cx->s->cx->arena, TppcDigit, mod->args.n);
  for (int i = 0; i < mod->args.n; i++)
    if (!digit(cx, mod->args.data[i].value, &digits[i]))
      return;
  cx->t->digits = digits;
  cx->t->n_digits = mod->args.n;
  for (int dim = 0; dim < cx->t->rank; dim++)
    if (!decomposes(cx->t, dim)) {
      const char *name = cx->ast->dims.data[dim].name.text;
      SEMA_ERROR(cx->s, digits, mod->span,
                 name ? name : tppc_sprintf(cx->s->cx->arena, "number %d", dim + 1));
      cx->ok = false;
    }
  if (cx->ok && is_row_major(cx->t)) {
    cx->t->digits = NULL;
    cx->t->n_digits = 0;
  }
}

/* ---- the others ---- */

static void mod_pad(TypeCx *cx, const TppcAstMod *mod) {
  const TppcExpr **pad = TPPC_NEW_N(cx->s->cx->arena, const TppcExpr *, cx->t->rank);
  for (int i = 0; i < cx->t->rank; i++)
    pad[i] = tppc_e_int(cx->s->cx, 0);
  for (int i = 0; i < mod->args.n; i++) {
    const TppcAstDim *margin = &mod->args.data[i];
    int dim = find_dim(cx, margin->name);
    const TppcExpr *width = sema_int(cx->s, cx->k, NULL, margin->value);
    int64_t v;
    if (dim < 0 || !width) {
      cx->ok = false;
      return;
    }
    if (tppc_e_const(sema_known(cx->k, width), &v) && v < 0) {
      SEMA_ERROR(cx->s, storage, margin->span, "the width of a margin is not negative");
      cx->ok = false;
    }
    pad[dim] = width;
  }
  cx->t->pad = pad;
}

static void mod_ld(TypeCx *cx, const TppcAstMod *mod) {
  TppcContext *c = cx->s->cx;
  const TppcExpr *ld = sema_int(cx->s, cx->k, NULL, mod->args.data[0].value);
  if (!ld) {
    cx->ok = false;
    return;
  }
  const TppcExpr *row = cx->t->dims[cx->t->rank - 1];
  const char *text =
      tppc_sprintf(c->arena, "%s <= %s", sema_expr_text(cx->s, row), sema_expr_text(cx->s, ld));
  if (sema_require(cx->k, tppc_e_bin(c, TPPC_E_LE, row, ld), "promise", text, mod->span) ==
      TRUTH_NO) {
    SEMA_ERROR(cx->s, storage, mod->span,
               tppc_sprintf(c->arena, "rows of %s elements do not fit ld(%s)",
                            sema_expr_text(cx->s, row), sema_expr_text(cx->s, ld)));
    cx->ok = false;
  }
  cx->t->ld = ld;
}

static void mod_range(TypeCx *cx, const TppcAstMod *mod) {
  TppcType *t = cx->t;
  if (!constant(cx, mod->args.data[0].value, INT32_MIN, &t->range_lo) ||
      !constant(cx, mod->args.data[1].value, INT32_MIN, &t->range_hi))
    return;
  t->has_range = true;
  if (t->range_lo > t->range_hi) {
    SEMA_ERROR(cx->s, storage, mod->span, "the range is empty");
    cx->ok = false;
  }
}

static void mod_blocks(TypeCx *cx, const TppcAstMod *mod, int storage) {
  cx->t->storage = (uint8_t)storage;
  constant(cx, mod->args.data[0].value, 1, &cx->t->block_r);
  constant(cx, mod->args.data[1].value, 1, &cx->t->block_c);
}

/* planes(3, L): the first L of them are used. */
static void mod_planes(TypeCx *cx, const TppcAstMod *mod) {
  TppcContext *c = cx->s->cx;
  if (!constant(cx, mod->args.data[0].value, 1, &cx->t->planes))
    return;
  const TppcExpr *levels = sema_int(cx->s, cx->k, NULL, mod->args.data[1].value);
  if (!levels) {
    cx->ok = false;
    return;
  }
  const TppcExpr *stored = tppc_e_int(c, cx->t->planes);
  const TppcExpr *fits = tppc_e_and(c, tppc_e_bin(c, TPPC_E_LE, tppc_e_int(c, 0), levels),
                                    tppc_e_bin(c, TPPC_E_LE, levels, stored));
  const char *text = tppc_sprintf(c->arena, "0 <= %s <= %s", sema_expr_text(cx->s, levels),
                                  sema_expr_text(cx->s, stored));
  if (sema_require(cx->k, fits, "promise", text, mod->span) == TRUTH_NO) {
    SEMA_ERROR(cx->s, storage, mod->span,
               tppc_sprintf(c->arena, "%s planes are stored, %s are to be used",
                            sema_expr_text(cx->s, stored),
                            sema_expr_text(cx->s, sema_known(cx->k, levels))));
    cx->ok = false;
  }
  cx->t->levels = levels == stored ? NULL : levels;
}

static void apply_mod(TypeCx *cx, const TppcAstMod *mod) {
  switch (mod->kind) {
  case TPPC_MOD_AS:
    mod_as(cx, mod);
    break;
  case TPPC_MOD_LD:
    mod_ld(cx, mod);
    break;
  case TPPC_MOD_PAD:
    mod_pad(cx, mod);
    break;
  case TPPC_MOD_CSR:
    cx->t->storage = TPP_STORE_CSR;
    break;
  case TPPC_MOD_BCSR:
    mod_blocks(cx, mod, TPP_STORE_BCSR);
    break;
  case TPPC_MOD_BCSC:
    mod_blocks(cx, mod, TPP_STORE_BCSC);
    break;
  case TPPC_MOD_RANGE:
    mod_range(cx, mod);
    break;
  case TPPC_MOD_GROUP:
    constant(cx, mod->args.data[0].value, 1, &cx->t->group);
    break;
  case TPPC_MOD_PLANES:
    mod_planes(cx, mod);
    break;
  }
}

/* ---- which go together ---- */

static bool same_group(TppcAstModKind a, TppcAstModKind b) {
  /* One storage order at most. */
  static const bool storage[] = {
      [TPPC_MOD_AS] = true,     [TPPC_MOD_LD] = true,     [TPPC_MOD_PAD] = false,
      [TPPC_MOD_CSR] = true,    [TPPC_MOD_BCSR] = true,   [TPPC_MOD_BCSC] = true,
      [TPPC_MOD_RANGE] = false, [TPPC_MOD_GROUP] = false, [TPPC_MOD_PLANES] = false};
  return a == b || (storage[a] && storage[b]);
}

static const char *misfit(const TypeCx *cx, TppcAstModKind kind) {
  const TppcType *t = cx->t;
  bool ternary = t->elem == TPP_TERNARY;
  switch (kind) {
  case TPPC_MOD_CSR:
  case TPPC_MOD_BCSR:
  case TPPC_MOD_BCSC:
    return t->rank != 2                  ? "sparse storage is for matrices"
           : ternary                     ? "ternary has a storage of its own"
           : tppc_elem_bits(t->elem) < 8 ? "packed elements are stored row-major only"
                                         : NULL;
  case TPPC_MOD_GROUP:
  case TPPC_MOD_PLANES:
    return !ternary       ? "this belongs to ternary"
           : t->rank != 2 ? "ternary weights are a matrix"
                          : NULL;
  case TPPC_MOD_RANGE:
    return !tppc_elem_is_int(t->elem) ? "ranges are promises about integers" : NULL;
  case TPPC_MOD_AS:
  case TPPC_MOD_LD:
    return ternary                       ? "ternary has a storage of its own"
           : tppc_elem_bits(t->elem) < 8 ? "packed elements are stored row-major only"
                                         : NULL;
  case TPPC_MOD_PAD:
    return ternary ? "ternary weights have no margin" : NULL;
  }
  return NULL;
}

static void apply_mods(TypeCx *cx) {
  const TppcAstMods *mods = &cx->ast->mods;
  for (int i = 0; i < mods->n; i++) {
    const TppcAstMod *mod = &mods->data[i];
    for (int j = 0; j < i; j++)
      if (same_group(mods->data[j].kind, mod->kind)) {
        SEMA_ERROR(cx->s, storage, mod->span,
                   tppc_sprintf(cx->s->cx->arena, "'%s' does not go with '%s'",
                                tppc_ast_mod_text(mod->kind),
                                tppc_ast_mod_text(mods->data[j].kind)));
        cx->ok = false;
        return;
      }
    const char *why = cx->t->rank == 0 ? "this is for tensors" : misfit(cx, mod->kind);
    if (why) {
      SEMA_ERROR(cx->s, storage, mod->span, why);
      cx->ok = false;
      return;
    }
    apply_mod(cx, mod);
  }
}

/* The whole tensor must be addressable when all its extents are known. */
static void check_bytes(TypeCx *cx, const TppcType *t) {
  int64_t n = (tppc_elem_bits(t->elem) + 7) / 8;
  for (int i = 0; i < t->rank; i++) {
    int64_t v;
    if (!tppc_e_const(sema_known(cx->k, t->dims[i]), &v) || v <= 0)
      return;
    if (n > (INT64_MAX >> 1) / v) {
      SEMA_ERROR(cx->s, size_overflow, cx->ast->span, sema_type_text(cx->s, t));
      cx->ok = false;
      return;
    }
    n *= v;
  }
}

static void dims(TypeCx *cx) {
  const TppcAstDims *list = &cx->ast->dims;
  if (list->n > SEMA_MAX_RANK) {
    SEMA_ERROR(cx->s, storage, cx->ast->span, "a tensor has at most 16 dimensions");
    cx->ok = false;
    return;
  }
  TppcContext *c = cx->s->cx;
  const char **letters = TPPC_NEW_N(c->arena, const char *, list->n + 1);
  cx->t->dims = TPPC_NEW_N(c->arena, const TppcExpr *, list->n + 1);
  cx->t->rank = list->n;
  for (int i = 0; i < list->n; i++) {
    const TppcAstDim *dim = &list->data[i];
    const TppcExpr *e = sema_int(cx->s, cx->k, NULL, dim->value);
    letters[i] = dim->name.text;
    if (dim->name.text)
      cx->t->letters = letters;
    for (int j = 0; j < i; j++)
      if (dim->name.text && letters[j] == dim->name.text) {
        SEMA_ERROR(cx->s, declared_twice, dim->name.span, dim->name.text);
        cx->ok = false;
      }
    if (!e) {
      cx->ok = false;
      return;
    }
    const char *text = tppc_sprintf(c->arena, "%s >= 0", sema_expr_text(cx->s, e));
    if (sema_require(cx->k, tppc_e_bin(c, TPPC_E_LE, tppc_e_int(c, 0), e), "size", text,
                     dim->span) == TRUTH_NO) {
      SEMA_ERROR(cx->s, negative_size, dim->span, sema_text(cx->s, dim->value),
                 sema_expr_text(cx->s, sema_known(cx->k, e)));
      cx->ok = false;
    }
    cx->t->dims[i] = e;
  }
}

const TppcType *sema_type(SemaKernel *k, const TppcAstType *ast, bool scalar) {
  Sema *s = k->s;
  TppcType t = {.kind = TPPC_T_TENSOR};
  TypeCx cx = {k, s, ast, &t, true};
  t.elem = (uint8_t)tppc_elem_by_name(ast->elem.text);
  if (!ast->dims.n && scalar) {
    if (t.elem == TPP_TERNARY || tppc_elem_bits(t.elem) < 8 || ast->mods.n) {
      SEMA_ERROR(s, storage, ast->span, "a scalar is a plain number of at least a byte");
      return NULL;
    }
    return tppc_t_scalar(s->cx, t.elem);
  }
  dims(&cx);
  if (!cx.ok)
    return NULL;
  if (t.elem == TPP_TERNARY) {
    t.storage = TPP_STORE_TERNARY;
    t.group = -1;
    t.planes = 1;
    if (t.rank != 2) {
      SEMA_ERROR(s, storage, ast->span, "ternary weights are a matrix");
      return NULL;
    }
  }
  apply_mods(&cx);
  if (!cx.ok)
    return NULL;
  check_bytes(&cx, &t);
  return cx.ok ? tppc_t_intern(s->cx, &t) : NULL;
}
