/* flatten: tensors are addressed by one offset, tiles get their innermost and vector dimension.
 *
 *   loop.tile [m = m0 to .., n = n1 to ..] { %0 = tpp.load %acc[m, n - n0] ... }
 *   -->  loop.tile [m = .., n = ..] vector=n { %0 = tpp.load %acc[256*m + n - n0] ... }
 *
 * The vector dimension must have unit stride or none in every access, or a small one in a load;
 * among those that do, unit stride in the stores counts most, then in the loads. A dimension whose
 * storage is in blocks of b becomes affine within a block: the tile is put into a loop over blocks,
 * x = b*t + x'. Without such a dimension a tile whose points cost a lot is vectorised all the same,
 * with some accesses one by one. One whose accesses are contiguous along one of two dimensions
 * each, as in a transpose, has these last, `vector` and `across`. Any other stays scalar, its order
 * following the stores. Dimensions of length 1 are replaced by their value; those of at most 1
 * become loops around the tile, since a tile over nothing still reads what it updates. Accesses to
 * tensors with padding get `valid`, the condition under which the element exists.
 */
#include "passes/contract_shape.h"
#include "passes/pass.h"
#include "passes/walk_entries.h"

#include <ctype.h>
#include <string.h>

typedef struct Flattener {
  TppcContext *cx;
  TppcOp *kernel, *nest, *tile;
} Flattener;

static TppcUse *tensor_use(TppcOp *op) {
  if (op->kind != TPPC_OP_LOAD && op->kind != TPPC_OP_STORE)
    return NULL;
  TppcUse *u = &op->uses[op->kind == TPPC_OP_STORE ? 1 : 0];
  return u->value->type->kind == TPPC_T_TENSOR ? u : NULL;
}

/* ---- dimensions of length 1 ---- */

static void remove_dim(TppcOp *op, int i) {
  for (; i + 1 < op->n_dims; i++)
    op->dims[i] = op->dims[i + 1];
  op->n_dims--;
}

static void drop_ones(Flattener *f) {
  for (int i = f->tile->n_dims - 1; i >= 0; i--) {
    const TppcDim *d = &f->tile->dims[i];
    if (!tppc_e_is(tppc_tile_len(f->cx, f->tile, d), 1))
      continue;
    TppcFacts subst = tppc_facts_new(f->cx);
    tppc_facts_with(&subst, d->sym, d->lo);
    tppc_subst_region(f->cx, &f->tile->regions[0], &subst);
    remove_dim(f->tile, i);
  }
}

/* Puts the tile, and with it dim i of it, into a loop over that dim. */
static void loop_over(Flattener *f, int i) {
  const TppcDim d = f->tile->dims[i];
  TppcOp *loop = tppc_op_new(f->cx, TPPC_OP_FOR, f->tile->span);
  tppc_op_add_dim(f->cx, loop, d.sym, d.lo, d.hi, tppc_e_int(f->cx, 1), d.span);
  remove_dim(f->tile, i);
  tppc_op_insert_before(f->tile, loop);
  tppc_op_unlink(f->tile);
  tppc_op_append(&loop->regions[0], f->tile);
}

static bool is_outside(const TppcOp *tile, const TppcDim *d) {
  for (int i = 0; i < tile->n_dims; i++)
    if (tppc_e_uses(d->lo, tile->dims[i].sym) || tppc_e_uses(d->hi, tile->dims[i].sym))
      return false;
  return true;
}

/* At the one point of such a dimension its index is a constant, and an access to a tensor that may
 * be empty looks like one to an element that is there. */
static void loop_over_at_most_one(Flattener *f) {
  TppcFacts facts = tppc_facts_at(f->cx, f->tile);
  for (int i = f->tile->n_dims - 1; i >= 0; i--) {
    bool has_lo, has_hi;
    int64_t lo, hi;
    tppc_e_bounds(tppc_tile_len(f->cx, f->tile, &f->tile->dims[i]), &facts, &has_lo, &lo, &has_hi,
                  &hi);
    if (has_hi && hi <= 1 && !(has_lo && lo == hi) && is_outside(f->tile, &f->tile->dims[i]))
      loop_over(f, i);
  }
}

/* ---- choosing the vector dimension ---- */

/* What is known inside the tile, the ranges of its own dims included. */
static TppcFacts facts_inside(Flattener *f, const TppcLetter *l) {
  TppcFacts facts = tppc_facts_at(f->cx, f->tile->regions[0].first);
  if (l->cut != TPPC_CUT_NONE) {
    TppcFacts own = tppc_facts_new(f->cx);
    for (int i = 0; i < facts.v.n; i++)
      if (facts.v.data[i].sym != l->sym)
        TPPC_PUSH(f->cx->arena, &own.v, facts.v.data[i]);
    tppc_facts_range(&own, l->sym, 0, l->block - 1);
    TppcSymFact *t = tppc_facts_add(&own, l->t);
    t->has_lo = true;
    facts = own;
  }
  return facts;
}

static const TppcExpr *split(Flattener *f, const TppcLetter *l) {
  TppcContext *cx = f->cx;
  return tppc_e_add(cx, tppc_e_mul(cx, tppc_e_int(cx, l->block), tppc_e_sym(cx, l->t)),
                    tppc_e_sym(cx, l->sym));
}

/* Vectors of packed elements begin with a whole byte when the first one does. */
static bool starts_on_byte(Flattener *f, const TppcExpr *off, const TppcLetter *l, int n) {
  TppcFacts facts = tppc_facts_at(f->cx, f->tile->regions[0].first);
  return tppc_e_multiple_of(tppc_e_subst1(f->cx, off, l->sym, l->lo), n, &facts);
}

/* Elements between neighbours along l: 0, 1, of loads up to TPPC_NEAR_STEP; -1 for anything else.
 */
static int access_stride(Flattener *f, const TppcOp *op, const TppcUse *u, const TppcLetter *l,
                         TppcFacts *facts) {
  TppcContext *cx = f->cx;
  const TppcExpr *off = tppc_use_offset(cx, f->tile, u, u->idx);
  if (!off)
    return -1;
  if (!tppc_e_varies(off, &f->tile->regions[0], l->sym))
    return 0;
  for (TppcOp *o = f->tile->regions[0].first; o; o = o->next)
    if (o->kind == TPPC_OP_BIND && tppc_e_uses(off, o->dims[0].sym) &&
        tppc_e_varies(tppc_e_sym(cx, o->dims[0].sym), o->in, l->sym))
      return -1;
  int bits = tppc_elem_bits(u->value->type->elem);
  bool ternary = u->value->type->elem == TPP_TERNARY;
  if (bits < 8 && (ternary || l->cut != TPPC_CUT_NONE || !starts_on_byte(f, off, l, 8 / bits)))
    return -1; /* packed elements go one by one */
  if (l->cut != TPPC_CUT_NONE)
    off = tppc_e_subst1(cx, off, l->sym, split(f, l));
  const TppcExpr *c = tppc_e_coeff(cx, tppc_e_simplify(cx, off, facts), l->sym, NULL);
  int64_t v;
  if (!c || !tppc_e_const(c, &v) || v < 0 || v > TPPC_NEAR_STEP)
    return -1;
  if (v > 1) {
    const TppcExpr *inside = tppc_inside(cx, u, facts, NULL);
    if (op->kind == TPPC_OP_STORE || bits < 8 || (inside && tppc_e_uses(inside, l->sym)))
      return -1;
  }
  return (int)v;
}

static TppcLetter tile_letter(Flattener *f, int dim, const TppcFacts *outside) {
  TppcLetter l = {.dim = f->tile->dims[dim]};
  l.sym = l.dim.sym;
  l.lo = l.dim.lo;
  l.hi = l.dim.hi;
  l.len = tppc_tile_len(f->cx, f->tile, &l.dim);
  l.bound = tppc_len_bound(f->cx, l.len, f->kernel);
  for (TppcOp *op = f->tile->regions[0].first; op; op = op->next)
    if (tensor_use(op))
      l.block = tppc_storage_block(l.block, tensor_use(op), l.sym, false, &l.loop_only);
  if (l.loop_only)
    l.block = 0;
  tppc_choose_cut(f->cx, f->kernel, outside, &l, false);
  return l;
}

typedef enum Fit {
  FIT_NEVER,   /* each point overwrites the last one's element */
  FIT_STRIDED, /* some access goes one by one */
  FIT_FULL
} Fit;

/* How well l serves as the vector dimension. */
static int64_t score(Flattener *f, const TppcLetter *l, Fit *fit) {
  TppcFacts facts = facts_inside(f, l);
  int64_t points = 0, len;
  *fit = FIT_FULL;
  for (TppcOp *op = f->tile->regions[0].first; op; op = op->next) {
    TppcUse *u = tensor_use(op);
    if (!u)
      continue;
    int stride = access_stride(f, op, u, l, &facts);
    bool store = op->kind == TPPC_OP_STORE;
    if (store && stride == 0 && tppc_op_update(op) == TPPC_SET)
      *fit = FIT_NEVER;
    else if (stride < 0 && *fit == FIT_FULL)
      *fit = FIT_STRIDED;
    const TppcExpr *inside = tppc_inside(f->cx, u, &facts, NULL);
    if (inside && tppc_e_uses(inside, l->sym))
      points -= 5;
    points += stride == 1 ? (store ? 100 : 10) : 0;
  }
  if (l->bound && tppc_e_const(l->bound, &len) && len < 4)
    points -= 200;
  return points + (*fit == FIT_FULL ? 1000 : 0);
}

/* Enough work at a point that it pays to gather its operands: a transcendental op, or several
 * others. */
static bool is_costly(const TppcOp *tile) {
  enum { MANY = 6 };
  int n = 0;
  for (const TppcOp *op = tile->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_ELT)
      n += tppc_elt_info(op->elt)->traits & TPPC_TRAIT_EXACT ? 1 : MANY;
  return n >= MANY;
}

/* ---- rewriting ---- */

static void set_valid(Flattener *f, TppcOp *op, const TppcUse *u, const TppcFacts *facts) {
  const TppcExpr *inside = tppc_inside(f->cx, u, facts, NULL);
  if (inside)
    tppc_set_expr(f->cx, op, "valid", inside);
}

static bool flatten_accesses(Flattener *f, const TppcFacts *facts) {
  TppcContext *cx = f->cx;
  for (TppcOp *op = f->tile->regions[0].first; op; op = op->next) {
    TppcUse *u = tensor_use(op);
    if (!u)
      continue;
    const TppcExpr *off = tppc_use_offset(cx, f->tile, u, u->idx);
    if (!off) {
      tppc_diag(cx->diags, TPPC_D_tir_op_structure, op->span,
                op->kind == TPPC_OP_STORE ? "tpp.store" : "tpp.load",
                "reaches an element of a sparse tensor outside of a walk over its entries");
      return false;
    }
    set_valid(f, op, u, facts);
    off = tppc_e_simplify(cx, off, facts);
    u->idx = TPPC_NEW_N(cx->arena, const TppcExpr *, 1);
    u->idx[0] = off;
    u->n_idx = 1;
  }
  return true;
}

/* Puts the tile into a loop over the blocks of l, or fixes the one block that it lies in. */
static void cut_tile(Flattener *f, const TppcLetter *l, TppcDim *d, const TppcFacts *outside) {
  TppcContext *cx = f->cx;
  TppcRange range = tppc_letter_range(cx, outside, l);
  TppcFacts subst = tppc_facts_new(cx);
  tppc_facts_with(&subst, l->sym, split(f, l));
  tppc_subst_region(cx, &f->tile->regions[0], &subst);
  d->lo = range.start;
  d->hi = tppc_e_simplify(cx, tppc_e_add(cx, range.start, range.len), outside);
  if (l->cut == TPPC_CUT_SINGLE)
    return;
  const TppcExpr *b = tppc_e_int(cx, l->block);
  TppcOp *loop = tppc_op_new(cx, TPPC_OP_FOR, f->tile->span);
  tppc_op_add_dim(cx, loop, l->t, tppc_e_simplify(cx, tppc_e_div(cx, l->lo, b), outside),
                  tppc_e_simplify(cx, tppc_e_ceildiv(cx, l->hi, b), outside), tppc_e_int(cx, 1),
                  l->dim.span);
  TppcRegion *body = &loop->regions[0];
  tppc_op_insert_before(f->tile, loop);
  tppc_op_unlink(f->tile);
  tppc_op_append(body, f->tile);
}

static void move_last(TppcOp *op, int i) {
  TppcDim d = op->dims[i];
  for (; i + 1 < op->n_dims; i++)
    op->dims[i] = op->dims[i + 1];
  op->dims[i] = d;
}

/* What the program calls the tensor of an access: passes rename temporaries and add some. */
static const char *source_name(const Flattener *f, const TppcUse *u) {
  const char *name = u->value->name;
  size_t size = 0, n = 0;
  if (u->value->def && u->value->def->kind == TPPC_OP_PARAM)
    return tppc_sprintf(f->cx->arena, "'%s'", name);
  const char *text = u->span.source ? tppc_source_text(f->cx->diags, u->span.source, &size) : NULL;
  for (text = text ? text + u->span.begin : NULL; text && u->span.begin + n < size; n++)
    if (!isalnum((unsigned char)text[n]) && text[n] != '_')
      break;
  if (n && strncmp(name, text, n) == 0 && (!name[n] || name[n] == '_'))
    return tppc_sprintf(f->cx->arena, "'%.*s'", (int)n, text);
  return "a temporary";
}

/* Says which access keeps the tile from being vectors along l. */
static void warn_scalar(Flattener *f, const TppcLetter *l) {
  enum { FEW = 64 };
  int64_t n;
  TppcFacts facts = facts_inside(f, l);
  const TppcUse *store = NULL, *other = NULL;
  for (TppcOp *op = f->tile->regions[0].first; op; op = op->next) {
    const TppcUse *u = tensor_use(op);
    if (!u)
      continue;
    if (op->kind == TPPC_OP_STORE && !store)
      store = u;
    if (access_stride(f, op, u, l, &facts) < 0 && !other)
      other = u;
  }
  bool few = l->bound && tppc_e_const(l->bound, &n) && n <= FEW && f->tile->n_dims < 2;
  bool threads = f->tile->n_dims == 1 && l->sym == tppc_intern(f->cx->names, "$t");
  /* One value a thread, as parallel-reductions adds them; what a pass copies for a product. */
  if (!store || few || threads || tppc_attr_int(f->tile, "copy", 0))
    return;
  const char *why = other ? tppc_sprintf(f->cx->arena, "%s is not contiguous along '%s'",
                                         source_name(f, other), l->sym[0] == '$' ? ":" : l->sym)
                          : "each point overwrites the one before";
  tppc_diag(f->cx->diags, TPPC_D_scalar_tile, store->span, source_name(f, store), why);
}

/* ---- transposes ---- */

/* Elements between neighbours along sym, -1 for all but 0 and 1, -2 when that is not even fixed. */
static int fixed_stride(Flattener *f, const TppcExpr *off, const char *sym) {
  int64_t v;
  if (!tppc_e_uses(off, sym))
    return 0;
  const TppcExpr *c = tppc_e_coeff(f->cx, off, sym, NULL);
  return !c ? -2 : tppc_e_const(c, &v) && v == 1 ? 1 : -1;
}

static bool is_stored(const TppcOp *tile, const TppcValue *v) {
  for (TppcOp *op = tile->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_STORE && op->uses[1].value == v)
      return true;
  return false;
}

/* Whether an access suits blocks of u by v; *turned when it is contiguous along u. */
static bool suits_blocks(Flattener *f, TppcOp *op, const char *u, const char *v,
                         const TppcFacts *facts, bool *turned) {
  TppcUse *use = tensor_use(op);
  if (!use)
    return op->kind != TPPC_OP_BIND;
  const TppcExpr *off = tppc_use_offset(f->cx, f->tile, use, use->idx);
  if (!off || tppc_inside(f->cx, use, facts, NULL))
    return false;
  off = tppc_e_simplify(f->cx, off, facts);
  int elem = use->value->type->elem, along_u = fixed_stride(f, off, u),
      along_v = fixed_stride(f, off, v);
  bool store = op->kind == TPPC_OP_STORE;
  if (tppc_elem_bits(elem) < 8 || tppc_e_has_bound(off))
    return false;
  if (store && (tppc_op_update(op) != TPPC_SET || !along_u || !along_v))
    return false;
  if (!store && is_stored(f->tile, use->value))
    return false;
  bool plain = along_v == 0 || along_v == 1;
  *turned = *turned || !plain;
  return plain || (along_v == -1 && along_u == 1);
}

static bool is_short(const TppcLetter *l) {
  enum { LEAST = 4 };
  int64_t n;
  return l->bound && tppc_e_const(l->bound, &n) && n < LEAST;
}

/* The dim that all accesses are contiguous along which are not so along the last; -1 for none. */
static int across_dim(Flattener *f) {
  TppcOp *tile = f->tile;
  TppcFacts outside = tppc_facts_at(f->cx, tile);
  TppcLetter last = tile_letter(f, tile->n_dims - 1, &outside);
  TppcFacts facts = tppc_facts_at(f->cx, tile->regions[0].first);
  for (int i = tile->n_dims - 2; i >= 0 && !is_short(&last); i--) {
    TppcLetter l = tile_letter(f, i, &outside);
    bool fits = !is_short(&l), turned = false;
    for (TppcOp *op = tile->regions[0].first; op && fits; op = op->next)
      fits = suits_blocks(f, op, l.sym, last.sym, &facts, &turned);
    for (int k = 0; k < tile->n_dims; k++)
      fits = fits && !tppc_e_uses(tile->dims[k].lo, l.sym) && !tppc_e_uses(tile->dims[k].hi, l.sym);
    if (fits && turned)
      return i;
  }
  return -1;
}

/* Blocks of two dims where neither alone will do. */
static bool make_blocks(Flattener *f) {
  int i = across_dim(f), n = f->tile->n_dims;
  if (i < 0)
    return false;
  const char *sym = f->tile->dims[i].sym;
  TppcDim last = f->tile->dims[n - 1];
  move_last(f->tile, i);
  f->tile->dims[n - 2] = f->tile->dims[n - 1];
  f->tile->dims[n - 1] = last;
  tppc_set_word(f->cx, f->tile, "vector", last.sym);
  tppc_set_word(f->cx, f->tile, "across", sym);
  return true;
}

static bool flatten_tile(Flattener *f) {
  TppcContext *cx = f->cx;
  TppcRegion *r = &f->tile->regions[0];
  if (!r->first)
    return true;
  drop_ones(f);
  loop_over_at_most_one(f);
  TppcFacts outside = tppc_facts_at(cx, f->tile);
  TppcLetter best = {0};
  int best_dim = -1;
  int64_t best_score = 0;
  Fit best_fit = FIT_NEVER;
  for (int i = 0; i < f->tile->n_dims; i++) {
    TppcLetter l = tile_letter(f, i, &outside);
    Fit fit;
    int64_t points = score(f, &l, &fit);
    if (best_dim < 0 || points >= best_score) {
      best = l;
      best_dim = i;
      best_score = points;
      best_fit = fit;
    }
  }
  bool vector = best_fit == FIT_FULL, blocks = false;
  if (best_dim >= 0) {
    move_last(f->tile, best_dim);
    blocks = !vector && make_blocks(f);
    if (!blocks && best_fit == FIT_STRIDED && best_score > 0)
      vector = vector || is_costly(f->tile);
    if (!vector)
      best.cut = TPPC_CUT_NONE;
    if (vector)
      tppc_set_word(cx, f->tile, "vector", best.sym);
    if (best.cut != TPPC_CUT_NONE)
      cut_tile(f, &best, &f->tile->dims[f->tile->n_dims - 1], &outside);
  }
  if (best_dim >= 0 && !vector && !blocks)
    warn_scalar(f, &best);
  TppcFacts facts = facts_inside(f, &best);
  if (!flatten_accesses(f, &facts))
    return false;
  if (best.cut == TPPC_CUT_SINGLE) {
    TppcFacts subst = tppc_facts_new(cx);
    tppc_facts_with(&subst, best.t, tppc_letter_range(cx, &outside, &best).t);
    tppc_subst_region(cx, r, &subst);
  }
  return true;
}

bool tppc_pass_flatten(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  bool ok = true;
  for (TppcOp *k = m->body.first; k; k = k->next)
    for (TppcOp *nest = tppc_next_item(k, NULL); nest; nest = tppc_next_item(k, nest)) {
      if (nest->kind != TPPC_OP_LNEST)
        continue;
      TppcRegion *body = &nest->regions[0];
      for (TppcOp *op = body->first, *next; op; op = next) {
        next = op->kind == TPPC_OP_TILE ? tppc_skip_op(body, op) : tppc_next_op(body, op);
        Flattener f = {m->cx, k, nest, op};
        if (op->kind == TPPC_OP_TILE)
          ok = flatten_tile(&f) && ok;
      }
    }
  return ok;
}
