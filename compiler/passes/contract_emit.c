/* Calls of microkernels for a contraction whose shape is known (contract_shape.c).
 *
 *   loops over further letters, row letters before summed ones
 *     loops over blocks of storage that the tile crosses
 *       if (whole tile) rt.brgemm %main ... else rt.brgemm %edge ...
 *
 * A kernel for exactly one shape is faster than one for any (a JIT needs constants), so a tile that
 * may be ragged has two: `main` is asked for the whole tile's shape, `edge` takes what is left.
 * Both are selected once, at the entry of the compiled function: nothing inside a nest dispatches.
 * Equal descriptors share their kernel.
 */
#include "passes/contract_emit.h"

#include "schedule/schedule.h"

#include <string.h>

/* ---- selection ---- */

static bool same_attrs(const TppcOp *a, const TppcOp *b) {
  if (a->n_attrs != b->n_attrs)
    return false;
  for (int i = 0; i < a->n_attrs; i++) {
    const TppcAttr *x = &a->attrs[i], *y = &b->attrs[i];
    if (x->key != y->key || x->kind != y->kind || x->i != y->i || x->e != y->e ||
        (x->s != y->s && (!x->s || !y->s || strcmp(x->s, y->s) != 0)))
      return false;
  }
  return true;
}

/* The kernel's op with the attributes of `select`: an earlier one, or itself put before the nest.
 */
static TppcValue *select_kernel(TppcShape *s, TppcOp *select, const char *stem) {
  for (TppcOp *op = s->kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_SELECT && same_attrs(op, select))
      return op->results[0];
  const char *name = tppc_fresh_name(s->cx, s->kernel, stem);
  TppcValue *v = tppc_op_add_result(s->cx, select, tppc_t_handle(s->cx), name);
  tppc_op_insert_before(tppc_op_in_region(s->nest, &s->kernel->regions[0]), select);
  return v;
}

static void set_elem(TppcShape *s, TppcOp *op, const char *key, int operand) {
  tppc_set_word(s->cx, op, key, tppc_elem_name(s->use[operand].value->type->elem));
}

static const char *provider(const TppcShape *s, const TppcPassOptions *opt) {
  const char *word = tppc_attr_word(s->nest, "kernel");
  return opt && opt->provider ? opt->provider : word ? word : "any";
}

/* The lengths of one call; NULL bounds are unknown at entry. */
typedef struct Lens {
  const TppcExpr *len[3], *bound[3]; /* m, n, k */
  const TppcExpr *br, *beta;         /* beta: where it is constant */
} Lens;

/* A length to plan with where the tile has no bound that is known at entry: the extent of its
 * dimension. */
static const TppcExpr *usual(const TppcShape *s, const TppcLetter *l) {
  for (int o = 0; o < 3; o++)
    for (int d = 0; d < s->use[o].n_idx; d++)
      if (tppc_e_uses(s->use[o].idx[d], l->dim.sym) &&
          tppc_e_only_sizes(s->use[o].value->type->dims[d], &s->kernel->regions[0]))
        return s->use[o].value->type->dims[d];
  return tppc_e_int(s->cx, 64);
}

/* The values that an operand of bytes can have, narrower where its type promises so. */
static bool byte_range(const TppcType *t, int64_t *lo, int64_t *hi) {
  if (t->elem != TPP_U8 && t->elem != TPP_I8)
    return false;
  *lo = t->has_range ? t->range_lo : t->elem == TPP_U8 ? 0 : INT8_MIN;
  *hi = t->has_range ? t->range_hi : t->elem == TPP_U8 ? UINT8_MAX : INT8_MAX;
  return true;
}

/* Whether two products of bytes always fit 16 bits together, which admits faster kernels. */
static bool fits16(const TppcShape *s) {
  int64_t a[2], b[2];
  if (!byte_range(s->use[TPPC_A].value->type, &a[0], &a[1]) ||
      !byte_range(s->use[TPPC_B].value->type, &b[0], &b[1]))
    return false;
  for (int i = 0; i < 4; i++) {
    int64_t two = 2 * a[i / 2] * b[i % 2];
    if (two < INT16_MIN || two > INT16_MAX)
      return false;
  }
  return true;
}

/* ---- generated kernels ---- */

static bool is_number(const TppcExpr *e, int64_t *v) {
  return e && tppc_e_const(e, v) && *v > 0;
}

/* The longest way between elements of a line that a step of the sum, or the next one, takes: lines
 * of a page or more fall in few sets of the cache, and a kernel of the runtime copies them. */
enum { NEAR_ELEMENTS = 256 };

/* Whether the compiler writes the kernel itself: for a small product of known shape, of F32
 * operands of which one is contiguous along the rows or the columns of C. */
static bool can_generate(const TppcShape *s, const Lens *l, int64_t *m, int64_t *n) {
  for (int o = 0; o < 3; o++)
    if (s->use[o].value->type->elem != TPP_F32 || s->pack[o] > 1)
      return false;
  return is_number(l->bound[0], m) && is_number(l->bound[1], n) && l->bound[2] &&
         *m <= TPPC_PRODUCT_SIDE && *n <= TPPC_PRODUCT_SIDE &&
         (tppc_e_is(s->row[TPPC_A], 1) || tppc_e_is(s->col[TPPC_B], 1));
}

/* The letter has one tile. */
static bool is_whole(const TppcShape *s, const TppcLetter *l, int64_t len) {
  bool has_lo, has_hi;
  int64_t lo, hi;
  tppc_e_bounds(l->dim.lo, &s->facts, &has_lo, &lo, &has_hi, &hi);
  return has_hi && hi < len;
}

/* Whether that is faster than what the runtime has. Of the tiles of a large product it is not:
 * libxsmm's are fetched ahead. */
static bool better_generated(const TppcShape *s, const TppcPassOptions *opt, int64_t m, int64_t n) {
  int64_t rows, cols, lanes = opt ? opt->vector_bytes / 4 : 0;
  bool a = tppc_e_is(s->row[TPPC_A], 1) && m >= lanes / 2,
       b = tppc_e_is(s->col[TPPC_B], 1) && n >= lanes / 2;
  const TppcExpr *along_a = a ? s->col[TPPC_A] : s->row[TPPC_A];
  return lanes >= 8 && (a || b) && is_whole(s, s->m, m) && is_whole(s, s->n, n) &&
         is_number(along_a, &rows) && rows <= NEAR_ELEMENTS && is_number(s->row[TPPC_B], &cols) &&
         cols <= NEAR_ELEMENTS;
}

static bool generates(const TppcShape *s, const TppcPassOptions *opt, const Lens *l) {
  int64_t m, n;
  const char *word = provider(s, opt);
  if (!can_generate(s, l, &m, &n))
    return false;
  return !strcmp(word, "generated") || (!strcmp(word, "any") && better_generated(s, opt, m, n));
}

static TppcValue *select_brgemm(TppcShape *s, const TppcPassOptions *opt, const Lens *l,
                                bool exact) {
  static const char *const keys[3] = {"m", "n", "k"};
  TppcContext *cx = s->cx;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_SELECT, s->op->span);
  const TppcLetter *letters[3] = {s->m, s->n, s->k};
  tppc_set_word(cx, op, "kind", "brgemm");
  set_elem(s, op, "a", TPPC_A);
  set_elem(s, op, "b", TPPC_B);
  set_elem(s, op, "c", TPPC_C);
  tppc_set_int(cx, op, "a_pack", s->pack[TPPC_A]);
  tppc_set_int(cx, op, "b_pack", s->pack[TPPC_B]);
  for (int i = 0; i < 3; i++)
    tppc_set_expr(cx, op, keys[i], l->bound[i] ? l->bound[i] : usual(s, letters[i]));
  const TppcExpr *br = tppc_len_bound(cx, l->br, s->kernel);
  tppc_set_expr(cx, op, "br", br ? br : tppc_e_int(cx, 1));
  tppc_set_expr(cx, op, "a_rs", s->row[TPPC_A]);
  tppc_set_expr(cx, op, "a_cs", s->col[TPPC_A]);
  tppc_set_expr(cx, op, "b_rs", s->row[TPPC_B]);
  tppc_set_expr(cx, op, "b_cs", s->col[TPPC_B]);
  tppc_set_expr(cx, op, "c_rs", s->row[TPPC_C]);
  tppc_set_expr(cx, op, "c_cs", s->col[TPPC_C]);
  tppc_set_expr(cx, op, "br_a", s->br_step[TPPC_A]);
  tppc_set_expr(cx, op, "br_b", s->br_step[TPPC_B]);
  bool generated = exact && generates(s, opt, l);
  const char *word = provider(s, opt);
  if (generated || !strcmp(word, "generated"))
    word = generated ? "generated" : "any";
  tppc_set_word(cx, op, "provider", word);
  if (generated && l->beta)
    tppc_set_expr(cx, op, "beta", l->beta);
  tppc_set_int(cx, op, "exact", exact);
  if (fits16(s))
    tppc_set_int(cx, op, "fits16", 1);
  return select_kernel(s, op, exact ? "kernel" : "edge");
}

static TppcValue *select_sgemm(TppcShape *s) {
  TppcContext *cx = s->cx;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_SELECT, s->op->span);
  const TppcType *b = s->use[TPPC_B].value->type;
  const char *storage = b->storage == TPP_STORE_CSR    ? "csr"
                        : b->storage == TPP_STORE_BCSR ? "bcsr"
                        : b->storage == TPP_STORE_BCSC ? "bcsc"
                                                       : "ternary";
  bool ternary = b->storage == TPP_STORE_TERNARY;
  tppc_set_word(cx, op, "kind", "sgemm");
  tppc_set_word(cx, op, "storage", storage);
  set_elem(s, op, "a", TPPC_A);
  set_elem(s, op, "b", TPPC_B);
  set_elem(s, op, "c", TPPC_C);
  tppc_set_expr(cx, op, "a_rs", s->row[TPPC_A]);
  tppc_set_expr(cx, op, "a_cs", s->col[TPPC_A]);
  tppc_set_expr(cx, op, "c_rs", s->row[TPPC_C]);
  tppc_set_expr(cx, op, "c_cs", s->col[TPPC_C]);
  const int k = s->transposed, n = !k;
  tppc_set_expr(cx, op, "rows", b->dims[k]);
  tppc_set_expr(cx, op, "cols", b->dims[n]);
  tppc_set_int(cx, op, "block_k", ternary ? 1 : tppc_block_side(b, k));
  tppc_set_int(cx, op, "block_n", ternary ? 1 : tppc_block_side(b, n));
  if (s->transposed)
    tppc_set_int(cx, op, "transposed", 1);
  const TppcExpr *group = ternary && b->group > 0 ? tppc_e_int(cx, b->group) : b->dims[0];
  tppc_set_expr(cx, op, "group", ternary ? group : tppc_e_int(cx, 0));
  const TppcExpr *planes = b->levels ? b->levels : tppc_e_int(cx, b->planes > 0 ? b->planes : 1);
  tppc_set_expr(cx, op, "planes", ternary ? planes : tppc_e_int(cx, 0));
  return select_kernel(s, op, "kernel");
}

/* ---- calls ---- */

static const TppcExpr *simplified(TppcShape *s, const TppcExpr *e) {
  return tppc_e_simplify(s->cx, e, &s->facts);
}

static const TppcExpr *base(TppcShape *s, int o, const TppcLetter *const *l, const TppcRange *r) {
  TppcFacts f = tppc_facts_new(s->cx);
  for (int i = 0; i < 3; i++) {
    tppc_facts_with(&f, l[i]->sym, r[i].start);
    if (l[i]->t && r[i].t)
      tppc_facts_with(&f, l[i]->t, r[i].t);
  }
  if (s->br)
    tppc_facts_with(&f, s->br->sym, s->br->lo);
  return simplified(s, tppc_e_subst(s->cx, s->off[o], &f));
}

static TppcOp *new_call(TppcShape *s, TppcRegion *r, TppcOpKind kind, TppcValue *kernel,
                        const TppcRange *ranges, const TppcExpr *beta) {
  static const char *const keys[3] = {"m", "n", "k"};
  TppcContext *cx = s->cx;
  const TppcLetter *letters[3] = {s->m, s->n, s->k};
  TppcOp *op = tppc_op_new(cx, kind, s->op->span);
  tppc_op_add_use(cx, op, kernel, 0, NULL, s->op->span);
  for (int o = 0; o < 3; o++) {
    const TppcUse *u = &s->use[o];
    if (!s->off[o]) {
      tppc_op_add_use(cx, op, u->value, 0, NULL, u->span);
      continue;
    }
    const TppcExpr *at = base(s, o, letters, ranges);
    tppc_op_add_use(cx, op, u->value, 1, &at, u->span);
  }
  for (int i = 0; i < 3; i++)
    tppc_set_expr(cx, op, keys[i], ranges[i].len);
  tppc_set_expr(cx, op, "beta", beta);
  tppc_op_append(r, op);
  return op;
}

/* len == bound, where len is often a minimum of which bound is one term. */
static const TppcExpr *reaches(TppcContext *cx, const TppcExpr *len, const TppcExpr *bound) {
  if (len->kind != TPPC_E_MIN)
    return tppc_e_bin(cx, TPPC_E_EQ, len, bound);
  const TppcExpr *all = tppc_e_int(cx, 1);
  for (int i = 0; i < 2; i++)
    if (len->op[i] != bound)
      all = tppc_e_and(cx, all, tppc_e_bin(cx, TPPC_E_LE, bound, len->op[i]));
  if (len->op[0] == bound || len->op[1] == bound)
    return all;
  return tppc_e_bin(cx, TPPC_E_EQ, len, bound);
}

/* One product over a block: the exact kernel where the lengths are those of a whole tile, else the
 * edge kernel. */
static void emit_brgemm(TppcShape *s, const TppcPassOptions *opt, TppcRegion *r,
                        const TppcRange *ranges, const TppcExpr *br, const TppcExpr *beta) {
  TppcContext *cx = s->cx;
  Lens l = {.br = br, .beta = beta->kind == TPPC_E_CONST ? beta : NULL};
  const TppcExpr *whole = tppc_e_int(cx, 1);
  bool bounded = true;
  for (int i = 0; i < 3; i++) {
    l.len[i] = ranges[i].len;
    l.bound[i] = ranges[i].bound;
    bounded = bounded && l.bound[i];
    if (l.bound[i] && l.bound[i] != l.len[i])
      whole = tppc_e_and(cx, whole, reaches(cx, l.len[i], l.bound[i]));
  }
  const TppcExpr *all = tppc_len_bound(cx, br, s->kernel);
  if (bounded && generates(s, opt, &l) && all && all != br)
    whole = tppc_e_and(cx, whole, reaches(cx, br, all));
  bounded = bounded && (all || !generates(s, opt, &l));
  whole = simplified(s, whole);
  if (bounded && !tppc_e_is(whole, 0)) {
    TppcRegion *body = tppc_new_if(cx, r, whole, s->op->span);
    TppcOp *op = new_call(s, body, TPPC_OP_BRGEMM, select_brgemm(s, opt, &l, true), ranges, beta);
    tppc_set_expr(cx, op, "br", br);
    if (tppc_e_is(whole, 1))
      return;
    r = tppc_new_if(cx, r, tppc_e_not(cx, whole), s->op->span);
  }
  TppcOp *op = new_call(s, r, TPPC_OP_BRGEMM, select_brgemm(s, opt, &l, false), ranges, beta);
  tppc_set_expr(cx, op, "br", br);
}

/* Where the range starts in the whole dimension; r->start counts from the block that it is in. */
static const TppcExpr *first_of(TppcShape *s, const TppcLetter *l, const TppcRange *r) {
  if (l->cut == TPPC_CUT_NONE)
    return r->start;
  const TppcExpr *block = tppc_e_mul(s->cx, r->t, tppc_e_int(s->cx, l->block));
  return simplified(s, tppc_e_add(s->cx, block, r->start));
}

static void emit_sgemm(TppcShape *s, TppcRegion *r, const TppcRange *ranges, const TppcExpr *beta) {
  TppcOp *op = new_call(s, r, TPPC_OP_SGEMM, select_sgemm(s), ranges, beta);
  tppc_set_expr(s->cx, op, "n0", first_of(s, s->n, &ranges[1]));
  tppc_set_expr(s->cx, op, "k0", first_of(s, s->k, &ranges[2]));
}

/* Whole blocks of the summed letter in one call, then what is left of the last block. */
static void emit_batch(TppcShape *s, const TppcPassOptions *opt, TppcRegion *r, TppcRange *ranges,
                       const TppcExpr *beta) {
  TppcContext *cx = s->cx;
  const TppcLetter *k = s->k;
  const TppcExpr *b = tppc_e_int(cx, k->block), *zero = tppc_e_int(cx, 0);
  const TppcExpr *first = simplified(s, tppc_e_div(cx, k->lo, b));
  const TppcExpr *blocks = simplified(s, tppc_e_div(cx, k->len, b));
  ranges[2] = (TppcRange){.t = first, .start = zero, .len = b, .bound = b};
  emit_brgemm(s, opt, r, ranges, blocks, beta);
  const TppcExpr *rest = simplified(s, tppc_e_mod(cx, k->len, b));
  if (tppc_e_multiple_of(k->len, k->block, &s->facts) || tppc_e_is(rest, 0))
    return;
  int64_t v;
  const TppcExpr *one = tppc_e_int(cx, 1);
  ranges[2].t = tppc_e_add(cx, first, blocks);
  ranges[2].len = rest;
  ranges[2].bound = tppc_e_const(rest, &v) ? rest : NULL;
  r = tppc_new_if(cx, r, tppc_e_bin(cx, TPPC_E_LT, zero, rest), s->op->span);
  emit_brgemm(s, opt, r, ranges, one, one);
}

/* ---- loops ---- */

static TppcRegion *new_loop(TppcShape *s, TppcRegion *r, const char *sym, const TppcExpr *lo,
                            const TppcExpr *hi) {
  TppcOp *op = tppc_op_new(s->cx, TPPC_OP_FOR, s->op->span);
  tppc_op_add_dim(s->cx, op, sym, lo, hi, tppc_e_int(s->cx, 1), s->op->span);
  TppcRegion *body = &op->regions[0];
  tppc_op_append(r, op);
  return body;
}

static TppcRegion *letter_loops(TppcShape *s, TppcRegion *r, bool rows) {
  for (int i = 0; i < s->n_letters; i++) {
    TppcLetter *l = &s->letters[i];
    if (l->role == TPPC_ROLE_LOOP && l->in[TPPC_C] == rows)
      r = new_loop(s, r, l->sym, l->dim.lo, l->dim.hi);
  }
  return r;
}

static TppcRegion *block_loop(TppcShape *s, TppcRegion *r, const TppcLetter *l) {
  if (l->cut != TPPC_CUT_LOOP)
    return r;
  const TppcExpr *b = tppc_e_int(s->cx, l->block);
  return new_loop(s, r, l->t, simplified(s, tppc_e_div(s->cx, l->lo, b)),
                  simplified(s, tppc_e_ceildiv(s->cx, l->hi, b)));
}

static bool never_empty(const TppcShape *s, const TppcLetter *l) {
  bool has_lo, has_hi;
  int64_t lo, hi;
  tppc_e_bounds(l->len, &s->facts, &has_lo, &lo, &has_hi, &hi);
  return has_lo && lo >= 1;
}

/* True when some element of C might get no call, or the first call cannot be told: then C is zeroed
 * before. Else *first is narrowed to the first call in the order of summation. */
static bool zero_before(TppcShape *s, const TppcExpr **first) {
  TppcContext *cx = s->cx;
  bool zero = s->valid.n > 0;
  for (int i = 0; i < s->n_letters; i++) {
    const TppcLetter *l = &s->letters[i];
    if (l->role != TPPC_ROLE_LOOP || l->in[TPPC_C])
      continue;
    zero = zero || !never_empty(s, l);
    *first = tppc_e_and(cx, *first, tppc_e_bin(cx, TPPC_E_EQ, tppc_e_sym(cx, l->sym), l->dim.lo));
  }
  if (s->k->cut == TPPC_CUT_LOOP) {
    zero = zero || !never_empty(s, s->k);
    const TppcExpr *t0 = tppc_e_div(cx, s->k->lo, tppc_e_int(cx, s->k->block));
    *first = tppc_e_and(cx, *first,
                        tppc_e_bin(cx, TPPC_E_EQ, tppc_e_sym(cx, s->k->t), simplified(s, t0)));
  }
  return zero;
}

void tppc_emit_calls(TppcShape *s, const TppcPassOptions *opt) {
  TppcContext *cx = s->cx;
  TppcRegion out = {0}, *r = &out;
  const TppcExpr *init = tppc_init_condition(cx, s->op), *first = init;
  if (!tppc_e_is(init, 0) && zero_before(s, &first)) {
    tppc_new_zero_tile(cx, tppc_new_if(cx, r, init, s->op->span), s->op);
    first = tppc_e_int(cx, 0);
  }
  r = letter_loops(s, r, true);
  r = letter_loops(s, r, false);
  for (int i = 0; i < s->valid.n; i++)
    r = tppc_new_if(cx, r, s->valid.data[i], s->op->span);
  r = block_loop(s, r, s->m);
  r = block_loop(s, r, s->n);
  r = block_loop(s, r, s->k);
  const TppcExpr *beta = tppc_e_not(cx, first);
  TppcRange ranges[3] = {tppc_letter_range(cx, &s->facts, s->m),
                         tppc_letter_range(cx, &s->facts, s->n),
                         tppc_letter_range(cx, &s->facts, s->k)};
  if (s->structured)
    emit_sgemm(s, r, ranges, beta);
  else if (s->k->cut == TPPC_CUT_BATCH)
    emit_batch(s, opt, r, ranges, beta);
  else
    emit_brgemm(s, opt, r, ranges, s->br ? s->br->len : tppc_e_int(cx, 1), beta);
  tppc_replace_op(s->op, &out);
}
