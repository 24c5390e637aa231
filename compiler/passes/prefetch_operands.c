/* prefetch-operands: the knob `prefetch` of a schedule. In front of each product the blocks that
 * the next one reads are fetched into the cache while this one is computed.
 *
 *   par [m0 = 0 to M step 32, n1 = 0 to N step 64] { rt.brgemm %kernel, %C[..], %A[..], %B[n1] .. }
 *   -->  par [m0 = 0 to M step 32, n1 = 0 to N step 64] {
 *          if (n1 + 64 < N) { rt.prefetch %B[n1 + 64] .. of=n1 }
 *          if (n1 + 64 >= N && m0 + 32 < M) { rt.prefetch %A[K*(m0 + 32)] .. rt.prefetch %B[0] .. }
 *          rt.brgemm %kernel, %C[..], %A[..], %B[n1] .. }
 *
 * The next product is that of the next iteration of the innermost loop around, and at the end of
 * that loop of the loop around it, out to the parallel loop whose iterations a thread walks in
 * order. The variables of these loops are replaced in the offsets and in the lengths by their next
 * values, under the condition that there are such; so a block is one that a product really reads,
 * and ends where its tensor does. What does not move is in the cache already. This is the prefetch
 * of the next A, B, and C that libxsmm's kernels take as arguments (Heinecke et al., "LIBXSMM:
 * Accelerating Small Matrix Multiplications by Runtime Code Generation", SC 2016), in front of the
 * call: the kernels of the runtime have no such arguments.
 *
 * A product that was left as a tile (contract_tile.c) is treated alike, from the strides of its
 * loads. Stored entries of sparse operands are not fetched: where they lie is data.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

#include <string.h>

enum { MAX_LEVELS = 4, MAX_BLOCKS = 4 };

/* A block in elements of its storage: batches of rows of contiguous columns. */
typedef struct Block {
  const TppcUse *use;
  const TppcExpr *at, *cols, *rows, *ld, *br, *step;
  bool write;
} Block;

typedef struct Blocks {
  int n;
  Block v[MAX_BLOCKS];
} Blocks;

/* The knob of one nest. */
typedef struct Knob {
  TppcSpan span;
  const char *why; /* nothing is fetched, or NULL */
} Knob;

typedef struct Fetcher {
  TppcContext *cx;
  TppcOp *nest, *op;                /* op: the product at hand */
  const TppcDim *loops[MAX_LEVELS]; /* around it, the innermost first */
  int n;
  const char *end; /* why no further loops are followed */
  TppcFacts facts;
  const char *why;
  bool any;
} Fetcher;

/* ---- the loops that a thread walks ---- */

static void add_loop(Fetcher *f, const TppcDim *d) {
  if (f->n < MAX_LEVELS)
    f->loops[f->n++] = d;
}

/* Shares of a thread are neighbours in the order of the loops, but on demand or along a curve. */
static void add_par(Fetcher *f, const TppcOp *par) {
  const char *policy = tppc_attr_word(par, "policy");
  if (policy && !strcmp(policy, "dynamic"))
    f->end = "which iteration a thread takes next is decided when it asks for it";
  else if (tppc_attr(par, "curve"))
    f->end = "the next tile of a curve is not one step of a loop away";
  for (int i = par->n_dims; i-- > 0 && !f->end;)
    add_loop(f, &par->dims[i]);
}

static void find_loops(Fetcher *f) {
  f->n = 0;
  f->end = NULL;
  for (const TppcOp *op = tppc_op_parent(f->op); op && op != f->nest; op = tppc_op_parent(op)) {
    if (op->kind == TPPC_OP_WALK)
      f->end = "where the next stored entry lies is data";
    else if (op->kind == TPPC_OP_PAR)
      add_par(f, op);
    else if (op->kind == TPPC_OP_FOR)
      add_loop(f, &op->dims[0]);
    if (f->end || op->kind == TPPC_OP_PAR)
      break;
  }
}

/* ---- blocks ---- */

static const TppcExpr *attr_of(Fetcher *f, const TppcOp *op, const char *key, int64_t otherwise) {
  const TppcAttr *a = tppc_attr(op, key);
  if (a && a->kind == TPPC_A_EXPR)
    return a->e;
  return tppc_e_int(f->cx, a && a->kind == TPPC_A_INT ? a->i : otherwise);
}

/* A matrix of two lengths with two strides, of which one steps over `pack` elements that lie side
 * by side; false when neither does. */
static bool matrix(Fetcher *f, Block *b, const TppcExpr *const len[2],
                   const TppcExpr *const stride[2], int64_t pack) {
  TppcContext *cx = f->cx;
  for (int i = 1; i >= 0; i--)
    if (tppc_e_is(stride[i], pack)) {
      b->cols = tppc_e_mul(cx, len[i], tppc_e_int(cx, pack));
      b->rows = len[1 - i];
      b->ld = stride[1 - i];
      return true;
    }
  return false;
}

static void add_operand(Fetcher *f, Blocks *all, int use, const char *const keys[2],
                        const char *const strides[2], int packed, const char *pack) {
  TppcContext *cx = f->cx;
  const TppcOp *select = f->op->uses[0].value->def;
  const TppcExpr *len[2], *stride[2];
  int64_t p = tppc_attr_int(select, pack, 1);
  for (int i = 0; i < 2; i++) {
    len[i] = attr_of(f, f->op, keys[i], 1);
    stride[i] = attr_of(f, select, strides[i], 1);
    if (i == packed && p > 1)
      len[i] = tppc_e_ceildiv(cx, len[i], tppc_e_int(cx, p));
  }
  const TppcUse *u = &f->op->uses[use];
  Block b = {.use = u, .at = u->n_idx ? u->idx[0] : tppc_e_int(cx, 0), .write = use == 1};
  b.br = use == 1 ? tppc_e_int(cx, 1) : attr_of(f, f->op, "br", 1);
  b.step = use == 1 ? tppc_e_int(cx, 0) : attr_of(f, select, use == 2 ? "br_a" : "br_b", 0);
  if (matrix(f, &b, len, stride, p))
    all->v[all->n++] = b;
}

/* Kernel, C, A, B. */
static Blocks call_blocks(Fetcher *f) {
  static const char *const m_n[] = {"m", "n"}, *const m_k[] = {"m", "k"}, *const k_n[] = {"k", "n"};
  static const char *const c[] = {"c_rs", "c_cs"}, *const a[] = {"a_rs", "a_cs"},
                           *const b[] = {"b_rs", "b_cs"};
  Blocks all = {0};
  add_operand(f, &all, 2, m_k, a, 1, "a_pack");
  if (f->op->kind == TPPC_OP_BRGEMM)
    add_operand(f, &all, 3, k_n, b, 0, "b_pack");
  add_operand(f, &all, 1, m_n, c, -1, "c_pack");
  return all;
}

/* The block that an access goes over while the letters of the tile do. */
static bool access_block(Fetcher *f, const TppcUse *u, Block *b) {
  TppcContext *cx = f->cx;
  const TppcExpr *one = tppc_e_int(cx, 1), *zero = tppc_e_int(cx, 0);
  *b = (Block){
      .use = u, .at = u->idx[0], .cols = one, .rows = one, .ld = zero, .br = one, .step = zero};
  for (int i = 0; i < f->op->n_dims; i++) {
    const TppcDim *d = &f->op->dims[i];
    const TppcExpr *c = tppc_e_coeff(cx, u->idx[0], d->sym, NULL);
    if (!c)
      return false;
    if (tppc_e_is(c, 0))
      continue;
    const TppcExpr *len = tppc_e_sub(cx, d->hi, d->lo);
    if (tppc_e_is(c, 1) && b->cols == one) {
      b->cols = len;
    } else if (b->rows == one) {
      b->rows = len;
      b->ld = c;
    } else if (b->br == one) {
      b->br = len;
      b->step = c;
    } else {
      return false;
    }
    b->at = tppc_e_subst1(cx, b->at, d->sym, d->lo);
  }
  return true;
}

static Blocks tile_blocks(Fetcher *f) {
  Blocks all = {0};
  for (TppcOp *op = f->op->regions[0].first; op; op = op->next) {
    bool store = op->kind == TPPC_OP_STORE;
    if (!store && op->kind != TPPC_OP_LOAD)
      continue;
    const TppcUse *u = &op->uses[store ? 1 : 0];
    if (u->value->type->kind == TPPC_T_TENSOR && u->n_idx == 1 && !tppc_e_has_bound(u->idx[0]) &&
        all.n < MAX_BLOCKS && access_block(f, u, &all.v[all.n]))
      all.v[all.n++].write = store;
  }
  return all;
}

static bool is_dense(const TppcType *t) {
  return t->storage == TPP_STORE_DENSE && tppc_elem_bits(t->elem) >= 8;
}

/* ---- the next iteration ---- */

/* The values of the loops when the one at `level` has made a step and those inside have begun
 * again, and the condition under which that is the next iteration. */
static const TppcExpr *next_of(Fetcher *f, int level, TppcFacts *next) {
  TppcContext *cx = f->cx;
  const TppcExpr *when = tppc_e_int(cx, 1);
  *next = tppc_facts_new(cx);
  for (int i = level; i >= 0; i--) {
    const TppcDim *d = f->loops[i];
    const TppcExpr *step = tppc_e_add(cx, tppc_e_sym(cx, d->sym), d->step);
    if (i == level) {
      when = tppc_e_and(cx, when, tppc_e_bin(cx, TPPC_E_LT, step, d->hi));
      tppc_facts_with(next, d->sym, step);
      continue;
    }
    const TppcExpr *lo = tppc_e_subst(cx, d->lo, next), *hi = tppc_e_subst(cx, d->hi, next);
    when = tppc_e_and(cx, when, tppc_e_bin(cx, TPPC_E_LE, d->hi, step));
    when = tppc_e_and(cx, when, tppc_e_bin(cx, TPPC_E_LT, lo, hi));
    tppc_facts_with(next, d->sym, lo);
  }
  return tppc_e_simplify(cx, when, &f->facts);
}

static const TppcExpr *at_next(Fetcher *f, const TppcExpr *e, const TppcFacts *next) {
  return tppc_e_simplify(f->cx, tppc_e_subst(f->cx, e, next), &f->facts);
}

/* Rows that lie side by side are one, and batches likewise. */
static void join(TppcContext *cx, Block *b) {
  const TppcExpr *one = tppc_e_int(cx, 1);
  if (b->rows == one || b->ld == b->cols) {
    b->cols = tppc_e_mul(cx, b->cols, b->rows);
    b->rows = one;
    b->ld = b->step;
  }
  if (b->br == one)
    return;
  if (b->rows == one) {
    b->rows = b->br;
    b->br = one;
    join(cx, b);
  } else if (b->step == tppc_e_mul(cx, b->rows, b->ld)) {
    b->rows = tppc_e_mul(cx, b->rows, b->br);
    b->br = one;
  }
}

static void emit(Fetcher *f, TppcRegion *r, const Block *b, const char *of) {
  TppcContext *cx = f->cx;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_PREFETCH, f->op->span);
  tppc_op_add_use(cx, op, b->use->value, 1, &b->at, b->use->span);
  tppc_set_expr(cx, op, "cols", b->cols);
  tppc_set_expr(cx, op, "rows", b->rows);
  tppc_set_expr(cx, op, "ld", b->ld);
  if (!tppc_e_is(b->br, 1)) {
    tppc_set_expr(cx, op, "br", b->br);
    tppc_set_expr(cx, op, "br_step", b->step);
  }
  if (b->write)
    tppc_set_int(cx, op, "write", 1);
  tppc_set_word(cx, op, "of", of);
  tppc_op_append(r, op);
}

/* What moves when the loop at `level` makes a step; false when it never makes one. */
static bool fetch_level(Fetcher *f, const Blocks *all, int level) {
  TppcContext *cx = f->cx;
  TppcFacts next;
  const TppcExpr *when = next_of(f, level, &next);
  if (tppc_e_is(when, 0))
    return false;
  TppcOp *guard = tppc_op_new(cx, TPPC_OP_IF, f->op->span);
  tppc_set_expr(cx, guard, "when", when);
  for (int i = 0; i < all->n; i++) {
    Block b = all->v[i];
    const TppcExpr *now = at_next(f, b.at, &(TppcFacts){.arena = cx->arena});
    const TppcExpr **parts[] = {&b.at, &b.cols, &b.rows, &b.ld, &b.br, &b.step};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
      *parts[k] = at_next(f, *parts[k], &next);
    join(cx, &b);
    if (b.at != now && is_dense(b.use->value->type))
      emit(f, &guard->regions[0], &b, f->loops[level]->sym);
  }
  if (!guard->regions[0].first)
    return true;
  tppc_op_insert_before(f->op, guard);
  return f->any = true;
}

static void fetch_for(Fetcher *f, TppcOp *op) {
  f->op = op;
  f->facts = tppc_facts_at(f->cx, op);
  find_loops(f);
  Blocks all = op->kind == TPPC_OP_TILE ? tile_blocks(f) : call_blocks(f);
  bool next = false;
  for (int i = 0; i < f->n; i++)
    next = fetch_level(f, &all, i) || next;
  f->why = f->end ? f->end
           : next ? "the blocks that the next iteration reads are the present ones"
                  : "the nest has one tile, so no product follows";
}

/* ---- nests ---- */

static bool is_product(const TppcOp *op) {
  return op->kind == TPPC_OP_BRGEMM || op->kind == TPPC_OP_SGEMM ||
         (op->kind == TPPC_OP_TILE && tppc_attr_int(op, "product", 0));
}

static Knob fetch_nest(TppcContext *cx, TppcOp *nest, const TppcAttr *attr) {
  TppcRegion *body = &nest->regions[0];
  Fetcher f = {.cx = cx, .nest = nest, .why = "the nest has no product"};
  for (TppcOp *op = body->first; op; op = tppc_next_op(body, op))
    if (is_product(op))
      fetch_for(&f, op);
  return (Knob){attr->span.source ? attr->span : nest->span, f.any ? NULL : f.why};
}

/* A knob may be for several nests, and does nothing when it does nothing in any. */
static bool has_effect(const Knob *knobs, int n, const Knob *knob) {
  for (int i = 0; i < n; i++)
    if (!knobs[i].why && knobs[i].span.source == knob->span.source &&
        knobs[i].span.begin == knob->span.begin)
      return true;
  return false;
}

static void fetch_kernel(TppcContext *cx, TppcOp *kernel) {
  TppcVec(Knob) knobs = {0};
  for (TppcOp *nest = tppc_next_item(kernel, NULL); nest; nest = tppc_next_item(kernel, nest)) {
    const TppcAttr *a = nest->kind == TPPC_OP_LNEST ? tppc_attr(nest, "prefetch") : NULL;
    if (a)
      TPPC_PUSH(cx->arena, &knobs, fetch_nest(cx, nest, a));
  }
  for (int i = 0; i < knobs.n; i++)
    if (!has_effect(knobs.data, knobs.n, &knobs.data[i]))
      tppc_diag(cx->diags, TPPC_D_not_prefetched, knobs.data[i].span, knobs.data[i].why);
}

bool tppc_pass_prefetch_operands(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *k = m->body.first; k; k = k->next)
    if (k->kind == TPPC_OP_KERNEL)
      fetch_kernel(m->cx, k);
  return true;
}
