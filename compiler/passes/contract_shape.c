/* The shape of a contraction, as a microkernel sees it.
 *
 * A loop.contract is a sum of products over letters; a kernel is a matrix product over three of
 * them with constant strides. The letters are sorted by the operands that they index:
 *
 *   C and A: rows    C and B: columns    A and B: summed    anything else: a loop around the calls
 *
 * Of several candidates the longest is the kernel's, the others become loops; a second summed
 * letter may become the batch of a batch-reduce GEMM. Storage in blocks is no different from a
 * plain one within a block: a letter x whose tensors have blocks of b (the finest, if they differ)
 * is written x = b*t + x', the storage offset is simplified under 0 <= x' < b, and it is then
 * affine in x'. VNNI pairs are recognised in the same way, by writing k = p*q + s. The method
 * follows Georganas et al., "Tensor Processing Primitives" (SC 2021), where all of a network's
 * products are BRGEMMs on tiles with strides.
 *
 * Reads in the padding contribute nothing, so they are left out: an index without a kernel letter
 * becomes a condition around the call, one with the row letter clips its range.
 */
#include "passes/contract_shape.h"

#include "passes/walk_entries.h"
#include "schedule/schedule.h"

int tppc_product_elem(int a, int b) {
  a = tppc_elem_accumulator(a);
  b = tppc_elem_accumulator(b);
  if (a == TPP_F64 || b == TPP_F64)
    return TPP_F64;
  if (a == TPP_F32 || b == TPP_F32)
    return TPP_F32;
  return a == TPP_I64 || b == TPP_I64 ? TPP_I64 : TPP_I32;
}

/* ---- letters ---- */

static TppcUse copy_use(TppcContext *cx, const TppcUse *u) {
  TppcUse c = *u;
  c.idx = TPPC_NEW_N(cx->arena, const TppcExpr *, u->n_idx + 1);
  for (int i = 0; i < u->n_idx; i++)
    c.idx[i] = u->idx[i];
  return c;
}

static void collect_letters(TppcShape *s) {
  TppcContext *cx = s->cx;
  TppcOp *op = s->op;
  for (int i = 0; i < 3; i++)
    s->use[i] = copy_use(cx, &op->uses[i]);
  s->n_letters = op->n_dims;
  s->letters = TPPC_NEW_N(cx->arena, TppcLetter, op->n_dims + 1);
  for (int i = 0; i < op->n_dims; i++) {
    TppcLetter *l = &s->letters[i];
    l->dim = op->dims[i];
    l->sym = l->dim.sym;
    l->lo = l->dim.lo;
    l->hi = l->dim.hi;
    l->len = tppc_tile_len(cx, op, &l->dim);
    l->bound = tppc_len_bound(cx, l->len, s->kernel);
    for (int j = 0; j < 3; j++)
      l->in[j] = tppc_use_has(&s->use[j], l->sym);
  }
}

/* A letter of length 1 is its value. */
static void substitute_ones(TppcShape *s) {
  TppcContext *cx = s->cx;
  TppcFacts f = tppc_facts_new(cx);
  for (int i = 0; i < s->n_letters; i++)
    if (tppc_e_is(s->letters[i].len, 1)) {
      s->letters[i].role = TPPC_ROLE_ONE;
      tppc_facts_with(&f, s->letters[i].sym, s->letters[i].lo);
    }
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < s->use[i].n_idx; j++)
      s->use[i].idx[j] = tppc_e_subst(cx, s->use[i].idx[j], &f);
}

/* ---- padding ---- */

static const TppcExpr *in_range(TppcContext *cx, const TppcExpr *e, const TppcExpr *extent,
                                const TppcFacts *facts) {
  const TppcExpr *low = tppc_e_bin(cx, TPPC_E_LE, tppc_e_int(cx, 0), e);
  const TppcExpr *high = tppc_e_bin(cx, TPPC_E_LT, e, extent);
  return tppc_e_simplify(cx, tppc_e_and(cx, low, high), facts);
}

/* An index that is a letter alone never leaves its tensor: padding is for sums such as p*S + r - 1.
 */
static bool may_leave(const TppcUse *u, int dim) {
  const TppcType *t = u->value->type;
  return t->kind == TPPC_T_TENSOR && t->pad && !tppc_e_is(t->pad[dim], 0);
}

const TppcExpr *tppc_inside(TppcContext *cx, const TppcUse *u, const TppcFacts *facts,
                            const char *skip) {
  const TppcExpr *all = NULL;
  for (int i = 0; i < u->n_idx; i++) {
    if (!may_leave(u, i) || (skip && tppc_e_uses(u->idx[i], skip)))
      continue;
    const TppcExpr *c = in_range(cx, u->idx[i], u->value->type->dims[i], facts);
    if (!tppc_e_is(c, 1))
      all = all ? tppc_e_and(cx, all, c) : c;
  }
  return all;
}

static bool provably_inside(TppcShape *s, const TppcUse *u, int dim) {
  if (!may_leave(u, dim))
    return true;
  return tppc_e_is(in_range(s->cx, u->idx[dim], u->value->type->dims[dim], &s->facts), 1);
}

/* A letter with a constant positive factor in e whose range can end where the tensor does. A sum
 * goes over whole blocks of its operands' storage. */
static bool can_clip(TppcShape *s, const TppcExpr *e, const TppcLetter *l) {
  const TppcExpr *k = tppc_e_coeff(s->cx, e, l->sym, NULL);
  int64_t c;
  for (int o = 1; o < 3 && !l->in[TPPC_C]; o++)
    if (l->in[o] && s->use[o].value->type->n_digits)
      return false;
  return k && tppc_e_const(k, &c) && c > 0 && !l->clipped;
}

/* Letters of an index that may leave its tensor are loops, but for one, which is clipped: a letter
 * of the result, or of the sum when there is none. */
static void mark_index(TppcShape *s, const TppcExpr *e) {
  TppcLetter *clipped = NULL;
  for (int i = 0; i < s->n_letters; i++) {
    TppcLetter *l = &s->letters[i];
    bool moves = l->role != TPPC_ROLE_ONE && tppc_e_uses(e, l->sym);
    if (moves && can_clip(s, e, l) && (!clipped || (l->in[TPPC_C] && !clipped->in[TPPC_C])))
      clipped = l;
  }
  for (int i = 0; i < s->n_letters; i++) {
    TppcLetter *l = &s->letters[i];
    if (l->role == TPPC_ROLE_ONE || !tppc_e_uses(e, l->sym))
      continue;
    l->loop_only = l->loop_only || l != clipped;
    l->clipped = true;
  }
}

static void mark_padding(TppcShape *s) {
  for (int o = 0; o < 3; o++)
    for (int d = 0; d < s->use[o].n_idx; d++)
      if (!provably_inside(s, &s->use[o], d))
        mark_index(s, s->use[o].idx[d]);
}

static void clip(TppcShape *s, TppcLetter *l) {
  TppcContext *cx = s->cx;
  for (int o = 0; o < 3; o++)
    for (int d = 0; d < s->use[o].n_idx; d++) {
      const TppcUse *u = &s->use[o];
      if (!tppc_e_uses(u->idx[d], l->sym) || provably_inside(s, u, d))
        continue;
      const TppcExpr *rest, *c = tppc_e_coeff(cx, u->idx[d], l->sym, &rest);
      const TppcExpr *low = tppc_e_ceildiv(cx, tppc_e_sub(cx, tppc_e_int(cx, 0), rest), c);
      const TppcExpr *last = tppc_e_sub(cx, u->value->type->dims[d], tppc_e_int(cx, 1));
      const TppcExpr *high = tppc_e_div(cx, tppc_e_sub(cx, last, rest), c);
      l->lo = tppc_e_max(cx, l->lo, low);
      l->hi = tppc_e_min(cx, l->hi, tppc_e_add(cx, high, tppc_e_int(cx, 1)));
    }
  l->lo = tppc_e_simplify(cx, l->lo, &s->facts);
  l->hi = tppc_e_simplify(cx, l->hi, &s->facts);
  l->len = tppc_e_simplify(cx, tppc_e_shift(cx, l->hi, l->lo), &s->facts);
  TPPC_PUSH(cx->arena, &s->valid, tppc_e_bin(cx, TPPC_E_LT, l->lo, l->hi));
}

static void conditions(TppcShape *s) {
  for (int o = 0; o < 3; o++)
    for (int d = 0; d < s->use[o].n_idx; d++) {
      bool clipped = false;
      for (int i = 0; i < s->n_letters; i++) {
        const TppcLetter *l = &s->letters[i];
        bool stepped = l->role != TPPC_ROLE_LOOP && l->role != TPPC_ROLE_ONE;
        clipped = clipped || (stepped && l->clipped && tppc_e_uses(s->use[o].idx[d], l->sym));
      }
      const TppcUse *u = &s->use[o];
      if (!clipped && !provably_inside(s, u, d))
        TPPC_PUSH(s->cx->arena, &s->valid,
                  in_range(s->cx, u->idx[d], u->value->type->dims[d], &s->facts));
    }
}

/* ---- blocks ---- */

static int64_t gcd(int64_t a, int64_t b) {
  while (b) {
    int64_t r = a % b;
    a = b;
    b = r;
  }
  return a;
}

/* The innermost digit, when it is pairs or quadruples of the summed dimension (VNNI). */
static int vnni(const TppcType *t, int dim) {
  if (t->n_digits < 2)
    return 1;
  const TppcDigit *d = &t->digits[t->n_digits - 1];
  return d->dim == dim && d->div == 1 && (d->mod == 2 || d->mod == 4) ? (int)d->mod : 1;
}

int64_t tppc_storage_block(int64_t block, const TppcUse *u, const char *sym, bool summed,
                           bool *shifted) {
  const TppcType *t = u->value->type;
  for (int d = 0; d < u->n_idx; d++) {
    if (!tppc_e_uses(u->idx[d], sym))
      continue;
    int pack = summed ? vnni(t, d) : 1;
    for (int i = 0; i < t->n_digits; i++) {
      int64_t b = t->digits[i].div;
      if (t->digits[i].dim != d || b <= 1 || b == pack)
        continue;
      block = gcd(block, b);
      *shifted = *shifted || u->idx[d]->kind != TPPC_E_SYM;
    }
  }
  return block;
}

static void find_blocks(TppcShape *s, TppcLetter *l) {
  for (int o = 0; o < 3; o++)
    l->block = tppc_storage_block(l->block, &s->use[o], l->sym, !l->in[TPPC_C], &l->loop_only);
}

void tppc_choose_cut(TppcContext *cx, TppcOp *kernel, const TppcFacts *facts, TppcLetter *l,
                     bool may_batch) {
  int64_t b = l->block, len = 0;
  if (b <= 1) {
    l->cut = TPPC_CUT_NONE;
    return;
  }
  l->t = tppc_fresh_name(cx, kernel, tppc_internf(cx->names, "%s_b", l->sym));
  bool known = l->bound && tppc_e_const(l->bound, &len) && len > 0;
  bool aligned = tppc_e_multiple_of(l->dim.lo, b, facts);
  if (known && aligned && len <= b)
    l->cut = TPPC_CUT_SINGLE;
  else if (known && b % len == 0 && tppc_e_multiple_of(l->dim.lo, len, facts))
    l->cut = TPPC_CUT_SINGLE;
  else
    l->cut = may_batch && aligned ? TPPC_CUT_BATCH : TPPC_CUT_LOOP;
}

TppcRange tppc_letter_range(TppcContext *cx, const TppcFacts *facts, const TppcLetter *l) {
  const TppcExpr *zero = tppc_e_int(cx, 0), *b = tppc_e_int(cx, l->block);
  TppcRange r = {.start = l->lo, .len = l->len, .bound = l->bound};
  bool from_block = l->block && tppc_e_multiple_of(l->lo, l->block, facts);
  switch (l->cut) {
  case TPPC_CUT_NONE:
    return r;
  case TPPC_CUT_SINGLE:
    r.t = tppc_e_simplify(cx, tppc_e_div(cx, l->dim.lo, b), facts);
    r.start = tppc_e_simplify(cx, tppc_e_sub(cx, l->lo, tppc_e_mul(cx, b, r.t)), facts);
    if (from_block && l->lo == l->dim.lo)
      r.start = zero;
    return r;
  case TPPC_CUT_LOOP:
  case TPPC_CUT_BATCH:
    break;
  }
  r.t = tppc_e_sym(cx, l->t);
  const TppcExpr *first = tppc_e_mul(cx, b, r.t);
  bool to_block = from_block && tppc_e_multiple_of(l->len, l->block, facts);
  r.start = from_block ? zero : tppc_e_max(cx, tppc_e_sub(cx, l->lo, first), zero);
  const TppcExpr *end = to_block ? b : tppc_e_min(cx, tppc_e_shift(cx, l->hi, first), b);
  r.len = tppc_e_shift(cx, end, r.start);
  r.bound = b;
  return r;
}

/* ---- offsets and strides ---- */

/* Blocks of a sparse tensor are dense operands inside of a walk. */
static bool has_offset(const TppcShape *s, int o) {
  const TppcUse *u = &s->op->uses[o];
  return u->value->type->storage != TPP_STORE_TERNARY &&
         tppc_use_offset(s->cx, s->op, u, u->idx) != NULL;
}

static void split_letter(TppcShape *s, TppcFacts *f, TppcFacts *ranges, const TppcLetter *l) {
  TppcContext *cx = s->cx;
  if (l->cut == TPPC_CUT_NONE)
    return;
  const TppcExpr *t = tppc_e_sym(cx, l->t);
  const TppcExpr *x = tppc_e_mul(cx, tppc_e_int(cx, l->block), t);
  tppc_facts_with(f, l->sym, tppc_e_add(cx, x, tppc_e_sym(cx, l->sym)));
  tppc_facts_range(ranges, l->sym, 0, l->block - 1);
  TppcSymFact *fact = tppc_facts_add(ranges, l->t);
  fact->has_lo = true;
  fact->lo = 0;
}

/* Storage offsets of the three operands in terms of block numbers and positions within blocks. */
static TppcFacts make_offsets(TppcShape *s) {
  TppcContext *cx = s->cx;
  TppcFacts f = tppc_facts_new(cx), ranges = tppc_facts_at(cx, s->op);
  for (int i = 0; i < s->n_letters; i++) {
    TppcLetter *l = &s->letters[i];
    if (l->role != TPPC_ROLE_LOOP && l->role != TPPC_ROLE_ONE)
      split_letter(s, &f, &ranges, l);
  }
  for (int o = 0; o < 3; o++) {
    TppcUse u = copy_use(cx, &s->use[o]);
    if (!has_offset(s, o))
      continue;
    for (int j = 0; j < u.n_idx; j++)
      u.idx[j] = tppc_e_subst(cx, u.idx[j], &f);
    s->off[o] = tppc_e_simplify(cx, tppc_use_offset(cx, s->op, &u, u.idx), &ranges);
  }
  return ranges;
}

static const TppcExpr *stride(TppcShape *s, int o, const char *sym) {
  const TppcExpr *c = tppc_e_coeff(s->cx, s->off[o], sym, NULL);
  return c && tppc_e_only_sizes(c, &s->kernel->regions[0]) ? c : NULL;
}

/* The stride of the summed letter, in groups of p when p elements stand together. */
static const TppcExpr *summed_stride(TppcShape *s, int o, const TppcFacts *ranges) {
  TppcContext *cx = s->cx;
  const char *k = s->k->sym;
  s->pack[o] = 1;
  const TppcExpr *c = stride(s, o, k);
  if (c)
    return c;
  const char *q = tppc_intern(cx->names, "q'"), *r = tppc_intern(cx->names, "r'");
  for (int p = 2; p <= 4; p *= 2) {
    TppcFacts f = *ranges;
    f.v.data = NULL;
    f.v.n = f.v.cap = 0;
    for (int i = 0; i < ranges->v.n; i++)
      if (ranges->v.data[i].sym != k)
        TPPC_PUSH(cx->arena, &f.v, ranges->v.data[i]);
    TppcSymFact *fq = tppc_facts_add(&f, q);
    fq->has_lo = true;
    if (s->k->cut != TPPC_CUT_NONE) {
      fq->has_hi = true;
      fq->hi = s->k->block / p - 1;
    }
    tppc_facts_range(&f, r, 0, p - 1);
    const TppcExpr *x =
        tppc_e_add(cx, tppc_e_mul(cx, tppc_e_int(cx, p), tppc_e_sym(cx, q)), tppc_e_sym(cx, r));
    const TppcExpr *e = tppc_e_simplify(cx, tppc_e_subst1(cx, s->off[o], k, x), &f);
    const TppcExpr *rest, *cq = tppc_e_coeff(cx, e, q, &rest);
    const TppcExpr *cr = cq ? tppc_e_coeff(cx, rest, r, NULL) : NULL;
    if (!cr || !tppc_e_is(cr, 1) || !tppc_e_only_sizes(cq, &s->kernel->regions[0]))
      continue;
    if (!tppc_e_multiple_of(s->k->lo, p, &s->facts)) {
      s->refusal = "its tiles may start within a VNNI group of the summed letter";
      return NULL;
    }
    s->pack[o] = p;
    return cq;
  }
  return NULL;
}

static bool find_strides(TppcShape *s) {
  TppcFacts ranges = make_offsets(s);
  s->row[TPPC_C] = stride(s, TPPC_C, s->m->sym);
  s->col[TPPC_C] = stride(s, TPPC_C, s->n->sym);
  s->row[TPPC_A] = stride(s, TPPC_A, s->m->sym);
  s->col[TPPC_A] = summed_stride(s, TPPC_A, &ranges);
  if (!s->row[TPPC_C] || !s->col[TPPC_C] || !s->row[TPPC_A] || !s->col[TPPC_A])
    return false;
  if (s->structured)
    return s->pack[TPPC_A] == 1;
  s->row[TPPC_B] = summed_stride(s, TPPC_B, &ranges);
  s->col[TPPC_B] = stride(s, TPPC_B, s->n->sym);
  if (!s->row[TPPC_B] || !s->col[TPPC_B])
    return false;
  const char *step = s->br ? s->br->sym : s->k->cut == TPPC_CUT_BATCH ? s->k->t : NULL;
  for (int o = TPPC_A; o <= TPPC_B; o++) {
    s->br_step[o] = step ? stride(s, o, step) : tppc_e_int(s->cx, 0);
    if (!s->br_step[o]) {
      if (s->br)
        return false;
      s->k->cut = TPPC_CUT_LOOP;
      s->br_step[TPPC_A] = s->br_step[TPPC_B] = tppc_e_int(s->cx, 0);
      return true;
    }
  }
  return true;
}

/* ---- roles ---- */

static int64_t length_score(const TppcLetter *l) {
  int64_t v;
  return l->bound && tppc_e_const(l->bound, &v) ? v : 64;
}

/* Unit stride in operand o, judged by the last digit or dimension of the storage. */
static bool is_unit(const TppcShape *s, const TppcLetter *l, int o) {
  const TppcUse *u = &s->use[o];
  const TppcType *t = u->value->type;
  int last = t->n_digits ? t->digits[t->n_digits - 1].dim : t->rank - 1;
  return last >= 0 && last < u->n_idx && tppc_e_uses(u->idx[last], l->sym);
}

static TppcLetter *longest(TppcShape *s, bool c, bool a, bool b, int unit_in) {
  TppcLetter *best = NULL;
  int64_t best_score = -1;
  for (int i = 0; i < s->n_letters; i++) {
    TppcLetter *l = &s->letters[i];
    if (l->role != TPPC_ROLE_LOOP || l->loop_only || l->in[TPPC_C] != c || l->in[TPPC_A] != a ||
        l->in[TPPC_B] != b)
      continue;
    int64_t score = length_score(l) + (is_unit(s, l, unit_in) ? 1 : 0);
    if (unit_in == TPPC_C && is_unit(s, l, TPPC_C))
      score += 1 << 20;
    if (score > best_score) {
      best = l;
      best_score = score;
    }
  }
  return best;
}

/* The row of a product that has one only: no letter of the program, so no operand moves along it.
 */
static TppcLetter *single_row(TppcContext *cx) {
  TppcLetter *l = TPPC_NEW(cx->arena, TppcLetter);
  l->sym = l->dim.sym = tppc_intern(cx->names, "row'");
  l->lo = l->dim.lo = tppc_e_int(cx, 0);
  l->hi = l->dim.hi = l->len = l->bound = tppc_e_int(cx, 1);
  return l;
}

/* Strides that are never walked are as if the row were followed by another one. */
static bool single_row_strides(TppcShape *s) {
  if (!s->one_row)
    return true;
  const TppcExpr *n = s->n->bound, *k = s->k->bound;
  s->row[TPPC_C] = n ? n : s->use[TPPC_C].value->type->dims[s->use[TPPC_C].n_idx - 1];
  s->row[TPPC_A] = k ? k : s->use[TPPC_A].value->type->dims[s->use[TPPC_A].n_idx - 1];
  bool contiguous = s->structured || s->pack[TPPC_B] > 1 || tppc_e_is(s->col[TPPC_B], 1);
  return tppc_e_is(s->col[TPPC_C], 1) && contiguous;
}

/* Rows and columns that meet in one element, as those of C[3*m + n] do, are no matrix. */
static bool share_an_index(const TppcShape *s, const TppcLetter *a, const TppcLetter *b) {
  const TppcUse *c = &s->use[TPPC_C];
  for (int i = 0; i < c->n_idx; i++)
    if (tppc_e_uses(c->idx[i], a->sym) && tppc_e_uses(c->idx[i], b->sym))
      return true;
  return false;
}

static bool choose_roles(TppcShape *s) {
  s->m = longest(s, true, true, false, TPPC_A);
  s->n = longest(s, true, false, true, TPPC_C);
  while (s->m && s->n && share_an_index(s, s->m, s->n)) {
    s->n->loop_only = true;
    s->n = longest(s, true, false, true, TPPC_C);
  }
  s->k = longest(s, false, true, true, TPPC_A);
  if (!s->n || !s->k)
    return false;
  s->one_row = !s->m;
  if (s->one_row)
    s->m = single_row(s->cx);
  s->m->role = TPPC_ROLE_M;
  s->n->role = TPPC_ROLE_N;
  s->k->role = TPPC_ROLE_K;
  TppcLetter *second = s->structured ? NULL : longest(s, false, true, true, TPPC_A);
  if (second && !second->clipped && second->block <= 1 && s->k->block <= 1) {
    s->br = second;
    second->role = TPPC_ROLE_BR;
  }
  return true;
}

/* With a column-major C the product is computed transposed, so that C's columns are contiguous. */
static void swap_sides(TppcShape *s) {
  if (s->structured || tppc_e_is(s->col[TPPC_C], 1) || !tppc_e_is(s->row[TPPC_C], 1))
    return;
  TppcLetter *m = s->m;
  s->m = s->n;
  s->n = m;
  const TppcExpr *e = s->row[TPPC_C];
  s->row[TPPC_C] = s->col[TPPC_C];
  s->col[TPPC_C] = e;
  const TppcExpr *a_row = s->row[TPPC_A], *a_col = s->col[TPPC_A];
  s->row[TPPC_A] = s->col[TPPC_B];
  s->col[TPPC_A] = s->row[TPPC_B];
  s->row[TPPC_B] = a_col;
  s->col[TPPC_B] = a_row;
  TppcUse u = s->use[TPPC_A];
  s->use[TPPC_A] = s->use[TPPC_B];
  s->use[TPPC_B] = u;
  e = s->off[TPPC_A];
  s->off[TPPC_A] = s->off[TPPC_B];
  s->off[TPPC_B] = e;
  e = s->br_step[TPPC_A];
  s->br_step[TPPC_A] = s->br_step[TPPC_B];
  s->br_step[TPPC_B] = e;
  int pack = s->pack[TPPC_A];
  s->pack[TPPC_A] = s->pack[TPPC_B];
  s->pack[TPPC_B] = pack;
  s->swapped = true;
}

/* A structured B is addressed by its own rows and columns. */
static const char *check_structured(TppcShape *s) {
  const TppcUse *b = &s->use[TPPC_B];
  const TppcExpr *k = tppc_e_sym(s->cx, s->k->sym), *n = tppc_e_sym(s->cx, s->n->sym);
  s->transposed =
      tppc_type_is_sparse(b->value->type) && b->n_idx == 2 && b->idx[0] == n && b->idx[1] == k;
  if (b->value->type->elem == TPP_TERNARY && s->use[TPPC_C].value->type->elem != TPP_F32)
    return "a product of f64 with ternary weights";
  if (!s->transposed && (b->n_idx != 2 || b->idx[0] != k || b->idx[1] != n))
    return "a product whose sparse or ternary operand is not indexed [summed letter, column "
           "letter]";
  return NULL;
}

static const char *unsuited_elements(const TppcShape *s) {
  int a = s->use[TPPC_A].value->type->elem, b = s->use[TPPC_B].value->type->elem;
  int c = s->use[TPPC_C].value->type->elem;
  if (a == TPP_TERNARY)
    return "a product whose left operand is ternary";
  if (tppc_elem_bits(a) < 8 || (!s->structured && tppc_elem_bits(b) < 8))
    return "elements narrower than a byte have no address";
  if (c != tppc_product_elem(a, b) || !(c == TPP_F32 || c == TPP_F64 || c == TPP_I32))
    return "no kernel sums in the type of the result";
  return NULL;
}

bool tppc_contract_shape(TppcShape *s, TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op) {
  *s = (TppcShape){.cx = cx, .kernel = kernel, .nest = nest, .op = op};
  s->facts = tppc_facts_at(cx, op);
  s->pack[TPPC_A] = s->pack[TPPC_B] = s->pack[TPPC_C] = 1;
  for (int o = 0; o < 3; o++)
    s->structured = s->structured || !has_offset(s, o);
  collect_letters(s);
  if (!s->structured)
    substitute_ones(s);
  if ((s->refusal = unsuited_elements(s)))
    return false;
  mark_padding(s);
  for (int i = 0; i < s->n_letters; i++)
    if (s->letters[i].role != TPPC_ROLE_ONE)
      find_blocks(s, &s->letters[i]);
  if (!choose_roles(s)) {
    if (s->structured)
      s->refusal = "a product with a sparse or ternary operand that is not a matrix product";
    return false;
  }
  if (s->structured && (s->refusal = check_structured(s)))
    return false;
  TppcLetter *chosen[3] = {s->m, s->n, s->k};
  for (int i = 0; i < 3; i++) {
    tppc_choose_cut(cx, kernel, &s->facts, chosen[i],
                    chosen[i] == s->k && !s->br && !s->structured);
    if (chosen[i]->clipped)
      clip(s, chosen[i]);
  }
  conditions(s);
  if (!find_strides(s)) {
    if (!s->refusal)
      s->refusal = "an operand has no constant stride along a letter of the product";
    return false;
  }
  if (!single_row_strides(s))
    return false;
  swap_sides(s);
  return true;
}
