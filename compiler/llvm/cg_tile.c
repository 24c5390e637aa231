/* Tiles: elementwise statements over all points of a box, as loops of vectors.
 *
 * The last dimension is the inner loop. When the op names it in `vector`, it runs in steps of W
 * lanes, W such that the widest float of the region fills a vector register; a main loop does
 * several vectors at once, a second loop one, and what is left goes through masks where the target
 * has them for the elements at hand, else one element at a time.
 *
 *   for outer dims
 *     accumulators = identity
 *     for (n = lo; n < main end; n += slots * W)  body * slots, several slots a body
 *     for (; n < vector end; n += W)              body
 *     tail
 *     destinations of updates = update(destination, accumulators)
 *
 * Tiles with an `across` are blocks of two dimensions, see cg_across.c.
 *
 * Updates that move with the vectors and are summed over outer dimensions have those inside of the
 * vectors instead, see cg_columns.c.
 *
 * An update whose destination stays the same along the inner dimension is summed in registers, one
 * accumulator a slot, so that the sum is not one serial chain; sums may be reassociated, and the
 * others are associative. A region that reads what it accumulates, or overwrites one place from
 * every point, is run in order, one point at a time.
 */
#include "llvm/cg.h"
#include <string.h>

enum { COST_HEAVY = 12 };

static int op_cost(const TppcOp *op) {
  switch (op->elt) {
  case TPPC_ELT_EXP:
  case TPPC_ELT_LOG:
  case TPPC_ELT_ERF:
  case TPPC_ELT_TANH:
  case TPPC_ELT_SIGMOID:
  case TPPC_ELT_GELU:
  case TPPC_ELT_GELU_TANH:
  case TPPC_ELT_SILU:
  case TPPC_ELT_GELU_GRAD:
  case TPPC_ELT_GELU_TANH_GRAD:
  case TPPC_ELT_SILU_GRAD:
  case TPPC_ELT_SIGMOID_GRAD:
  case TPPC_ELT_TANH_GRAD:
  case TPPC_ELT_KTANH:
  case TPPC_ELT_KSIGMOID:
  case TPPC_ELT_KSWISH:
  case TPPC_ELT_KGELU:
  case TPPC_ELT_KTANH_FINE:
  case TPPC_ELT_KSIGMOID_FINE:
  case TPPC_ELT_KSWISH_FINE:
  case TPPC_ELT_KGELU_FINE:
  case TPPC_ELT_ERF_GRAD:
  case TPPC_ELT_ELU:
  case TPPC_ELT_ELU_GRAD:
  case TPPC_ELT_EXP_GRAD:
  case TPPC_ELT_SROUND_F16:
  case TPPC_ELT_SROUND_INT:
    return 30;
  case TPPC_ELT_DIV:
  case TPPC_ELT_SQRT:
  case TPPC_ELT_RSQRT:
    return 3;
  default: /* all others are an instruction or two */
    return 1;
  }
}

/* What the ops of the region say together. */
typedef struct Facts {
  int cost;
  bool wide;      /* computes in f64, or loads i64 */
  bool small;     /* vectors of elements narrower than 32 bits */
  bool words;     /* K-TanH, which works on vectors of CG_WORDS 16-bit words */
  bool lane_wise; /* some access goes lane by lane */
  bool bits;      /* vectors of bits */
  bool nibbles;   /* vectors of nibbles */
  bool no_masks;  /* some access cannot be masked */
  bool in_order;  /* points may not be reordered */
  bool bf16;      /* vectors of BF16 */
  bool places;    /* something but these depends on which place a lane has */
} Facts;

/* True when another op of the region touches the tensor of `store` in a way that fixes the order of
 * points. */
static bool conflicts(Cg *g, const TppcOp *store, const char *vsym) {
  const TppcUse *to = &store->uses[1];
  CgStride stride = cg_stride(g, to, vsym);
  if (stride == CG_INVARIANT && tppc_op_update(store) == TPPC_SET)
    return true;
  for (TppcOp *op = store->in->first; op; op = op->next) {
    if (op == store || (op->kind != TPPC_OP_LOAD && op->kind != TPPC_OP_STORE))
      continue;
    const TppcUse *use = &op->uses[op->kind == TPPC_OP_STORE];
    if (use->value != to->value)
      continue;
    bool same = use->n_idx == to->n_idx && (!use->n_idx || use->idx[0] == to->idx[0]);
    if (!same || stride == CG_INVARIANT)
      return true;
  }
  return false;
}

static void look_at(Cg *g, Facts *f, const TppcOp *op, const TppcUse *use, const char *vsym) {
  int bits = tppc_elem_bits(use->value->type->elem);
  CgStride stride = cg_stride(g, use, vsym);
  bool sets = op->kind == TPPC_OP_LOAD || tppc_op_update(op) == TPPC_SET;
  if (bits < 8 && stride == CG_UNIT) {
    f->bits |= bits == 1;
    f->nibbles |= bits == 4;
    f->lane_wise |= !sets || tppc_attr(op, "valid");
  }
  f->wide |= use->value->type->elem == TPP_F64 || use->value->type->elem == TPP_I64;
  f->small |= stride == CG_UNIT && bits >= 8 && bits < 32;
  bool bf16 = stride == CG_UNIT && use->value->type->elem == TPP_BF16;
  f->bf16 |= bf16;
  f->places |= tppc_attr(op, "valid") || !(bf16 || stride == CG_INVARIANT);
  bool near = stride == CG_NEAR && op->kind == TPPC_OP_LOAD && !tppc_attr(op, "valid");
  f->lane_wise |= stride == CG_UNIT && !sets && cg_is_atomic(g, op);
  f->lane_wise |= stride == CG_OTHER || (stride == CG_NEAR && !near);
  f->no_masks |= near && cg_lacks_masks(g, use->value->type->elem);
}

/* Ops that know the place of a lane, or take the bits of a float apart by themselves. */
static bool is_placed(Cg *g, const TppcOp *op, const char *vsym) {
  if (op->kind == TPPC_OP_INDEX) {
    const TppcExpr *e = tppc_attr_expr(op, "value");
    return (vsym && tppc_e_uses(e, vsym)) || cg_has_bound(g, e);
  }
  return op->kind == TPPC_OP_BIND ||
         (op->kind == TPPC_OP_ELT && op->elt >= TPPC_ELT_SROUND && op->elt <= TPPC_ELT_SROUND_INT);
}

static Facts examine(Cg *g, const TppcOp *tile, const char *vsym) {
  Facts f = {0};
  for (TppcOp *op = tile->regions[0].first; op; op = op->next) {
    f.cost += op->kind == TPPC_OP_ELT ? op_cost(op) : 1;
    f.words |= op->kind == TPPC_OP_ELT && cg_is_ktanh(op->elt);
    f.places |= is_placed(g, op, vsym);
    if (op->kind == TPPC_OP_LOAD)
      look_at(g, &f, op, &op->uses[0], vsym);
    else if (op->n_results && op->results[0]->type->kind == TPPC_T_SCALAR)
      f.wide |= op->results[0]->type->elem == TPP_F64;
    if (op->kind == TPPC_OP_STORE) {
      look_at(g, &f, op, &op->uses[1], vsym);
      f.in_order |= conflicts(g, op, vsym);
      f.lane_wise |= cg_stride(g, &op->uses[1], vsym) == CG_INVARIANT && !cg_reduces(g, op, vsym);
    }
  }
  return f;
}

/* ---- the region at one point, or at `lanes` neighbouring ones ---- */

/* base + {0, 1, ...} * coefficient, or each lane by itself where the expression is not affine. */
static Val index_lanes(Cg *g, CgTile *t, const TppcExpr *e, CgScalar *r) {
  const TppcExpr *c = cg_has_bound(g, e) ? NULL : tppc_e_coeff(g->cx, e, t->vsym, NULL);
  Val lane[64], v;
  if (c) {
    for (int i = 0; i < g->lanes; i++)
      lane[i] = cg_i64(g, i);
    Val count = LLVMConstVector(lane, (unsigned)g->lanes);
    r->start = cg_expr(g, e);
    r->step = cg_expr(g, c);
    v = LLVMBuildMul(g->b, cg_splat(g, r->step, g->lanes), count, "");
    return LLVMBuildAdd(g->b, cg_splat(g, r->start, g->lanes), v, "");
  }
  v = LLVMGetPoison(cg_lanes(g, g->t_i64, g->lanes));
  for (int i = 0; i < g->lanes; i++) {
    int n = cg_lane_begin(g, t->vsym, i);
    v = LLVMBuildInsertElement(g->b, v, cg_expr(g, e), cg_i64(g, i), "");
    cg_sym_pop(g, n);
  }
  return v;
}

static void lower_index(Cg *g, CgTile *t, TppcOp *op, CgScalar *r) {
  const TppcExpr *e = tppc_attr_expr(op, "value");
  int elem = op->results[0]->type->elem;
  if (g->lanes == 1 || !(tppc_e_uses(e, t->vsym) || cg_has_bound(g, e))) {
    *r = cg_same(g, cg_convert(g, cg_expr(g, e), TPP_I64, elem, 1), elem);
    return;
  }
  *r = (CgScalar){.elem = elem};
  r->v = cg_convert(g, index_lanes(g, t, e, r), TPP_I64, elem, g->lanes);
  if (elem != TPP_I64)
    r->start = NULL;
}

static void lower_const(Cg *g, TppcOp *op, CgScalar *r) {
  const TppcAttr *a = tppc_attr(op, "value");
  int elem = op->results[0]->type->elem;
  LLVMTypeRef t = cg_compute_type(g, elem);
  Val v = tppc_elem_is_float(elem)
              ? cg_const_f(g, t, a->kind == TPPC_A_FLOAT ? a->f : (double)a->i)
              : cg_const_i(g, t, a->kind == TPPC_A_FLOAT ? (int64_t)a->f : a->i);
  *r = cg_same(g, v, elem);
}

static void lower_cast(Cg *g, TppcOp *op, CgScalar *r) {
  CgScalar in = cg_operand(g, &op->uses[0]);
  r->elem = op->results[0]->type->elem;
  if (op->kind == TPPC_OP_CONVERT) {
    if (in.one)
      *r = cg_same(g, cg_convert(g, in.one, in.elem, r->elem, 1), r->elem);
    else
      r->v = cg_convert(g, in.v, in.elem, r->elem, g->lanes);
    return;
  }
  const char *name = tppc_attr_word(op, "to");
  int to = name ? tppc_elem_by_name(name) : 0;
  Val bits = cg_narrow(g, in.v, in.elem, to, g->lanes);
  Val wide = cg_widen(g, bits, to, g->lanes);
  if (to == TPP_I4)
    wide = LLVMBuildSExt(g->b, wide, cg_lanes(g, g->t_i32, g->lanes), "");
  r->v = cg_convert(g, wide, tppc_elem_compute(to), r->elem, g->lanes);
  if (tppc_elem_bits(to) >= 8) {
    r->raw = bits;
    r->raw_elem = to;
  }
}

/* The symbol of a data index gets its value: one for all lanes, or one a lane. */
static int lower_bind(Cg *g, const TppcOp *op) {
  CgScalar in = cg_operand(g, &op->uses[0]);
  const char *name = op->dims[0].sym;
  for (int i = 0; g->lanes > 1 && i < g->bound.n; i++)
    if (g->bound.data[i].name == name) {
      g->bound.data[i].v = in.v;
      return 0;
    }
  Val v = in.one ? in.one : in.v;
  if (g->lanes > 1 && !in.one)
    v = LLVMBuildExtractElement(g->b, v, cg_i64(g, 0), "");
  cg_sym_push(g, name, v);
  return 1;
}

static void lower_op(Cg *g, CgTile *t, TppcOp *op, Val mask, int slot) {
  CgScalar r = {0};
  cg_debug_at(g, op->span);
  switch (op->kind) {
  case TPPC_OP_LOAD:
    cg_load(g, t, op, mask);
    return;
  case TPPC_OP_STORE:
    cg_store(g, t, op, mask, slot);
    return;
  case TPPC_OP_ELT:
    cg_elt(g, op);
    return;
  case TPPC_OP_CONST:
    lower_const(g, op, &r);
    break;
  case TPPC_OP_INDEX:
    lower_index(g, t, op, &r);
    break;
  case TPPC_OP_CONVERT:
  case TPPC_OP_ROUND:
    lower_cast(g, op, &r);
    break;
  default: /* what the verifier does not admit in a tile */
    cg_unsupported(g, op->span, "this operation inside a tile");
    return;
  }
  CgScalar *p = TPPC_NEW(g->arena, CgScalar);
  *p = r;
  tppc_map_set(&g->scalars, op->results[0], p);
}

void cg_tile_body(Cg *g, CgTile *t, Val at, int lanes, Val mask, int slot) {
  int pushed = t->vsym != NULL;
  g->lanes = lanes;
  t->slot = slot;
  g->pairs = t->pairs && !mask && lanes > t->lanes;
  if (t->vsym)
    cg_sym_push(g, t->vsym, at);
  for (TppcOp *op = t->op->regions[0].first; op && !g->fail; op = op->next) {
    if (op->kind == TPPC_OP_BIND)
      pushed += lower_bind(g, op);
    else
      lower_op(g, t, op, mask, slot);
  }
  cg_sym_pop(g, pushed);
  for (int i = 0; i < g->bound.n; i++)
    g->bound.data[i].v = NULL;
  cg_debug_at(g, t->op->span);
  g->lanes = 1;
  g->pairs = false;
}

void cg_tile_bodies(Cg *g, CgTile *t, Val at, int lanes, Val mask, int slots) {
  int group = lanes == 1 || slots % t->group ? 1 : t->group;
  for (int i = 0; i < slots; i += group)
    cg_tile_body(g, t, LLVMBuildNSWAdd(g->b, at, cg_i64(g, (int64_t)i * lanes), ""), lanes * group,
                 mask, i);
}

static void points(Cg *g, CgTile *t, Val at, int lanes, Val mask, int slots) {
  if (t->columns)
    cg_columns_points(g, t, at, lanes, mask, slots);
  else
    cg_tile_bodies(g, t, at, lanes, mask, slots);
}

CgLoop cg_dim_begin(Cg *g, const TppcDim *d, Val lo, Val hi) {
  CgLoop l = cg_loop_begin(g, lo, hi, cg_i64(g, 1), d->sym);
  cg_sym_push(g, d->sym, l.iv);
  return l;
}

void cg_dim_end(Cg *g, CgLoop *l) {
  cg_sym_pop(g, 1);
  cg_loop_end(g, l);
}

/* ---- the inner loop ---- */

static void scalar_loop(Cg *g, CgTile *t, Val lo, Val hi) {
  CgLoop l = cg_loop_begin(g, lo, hi, cg_i64(g, 1), "point");
  points(g, t, l.iv, 1, NULL, 1);
  cg_loop_end(g, &l);
}

static void vector_loop(Cg *g, CgTile *t, Val lo, Val hi, int slots) {
  CgLoop l = cg_loop_begin(g, lo, hi, cg_i64(g, (int64_t)slots * t->lanes), "vector");
  t->later = slots == t->slots;
  points(g, t, l.iv, t->lanes, NULL, slots);
  if (t->later)
    cg_stream_stores(g, t);
  t->later = false;
  cg_loop_end(g, &l);
}

/* Lanes below hi. */
static void masked_tail(Cg *g, CgTile *t, Val at, Val hi) {
  LLVMBasicBlockRef tail = cg_block(g, "tail"), done = cg_block(g, "untailed");
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSLT, at, hi, ""), tail, done);
  cg_enter(g, tail);
  Val count = LLVMBuildSub(g->b, hi, at, "");
  Val left = LLVMBuildTrunc(g->b, count, g->t_i32, "");
  Val lane[64];
  for (int i = 0; i < t->lanes; i++)
    lane[i] = cg_i32(g, i);
  Val mask = LLVMBuildICmp(g->b, LLVMIntSLT, LLVMConstVector(lane, (unsigned)t->lanes),
                           cg_splat(g, left, t->lanes), "");
  t->left = count;
  points(g, t, at, t->lanes, mask, 1);
  t->left = NULL;
  LLVMBuildBr(g->b, done);
  cg_enter(g, done);
}

/* Length rounded down to a multiple of a power of two, as an end. */
static Val end_of(Cg *g, Val lo, Val length, int64_t step) {
  return LLVMBuildNSWAdd(g->b, lo, LLVMBuildAnd(g->b, length, cg_i64(g, -step), ""), "");
}

/* Less than a vector. */
static void few(Cg *g, CgTile *t, Val lo, Val hi) {
  if (t->masked)
    masked_tail(g, t, lo, hi);
  else
    scalar_loop(g, t, lo, hi);
}

void cg_tile_vectors(Cg *g, CgTile *t) {
  const TppcDim *d = &t->op->dims[t->op->n_dims - 1];
  Val lo = cg_expr(g, d->lo), hi = cg_expr(g, d->hi);
  if (t->lanes == 1) {
    scalar_loop(g, t, lo, hi);
    return;
  }
  const TppcExpr *extent = tppc_e_simplify(g->cx, tppc_e_sub(g->cx, d->hi, d->lo), &g->facts);
  int64_t n = -1, step = (int64_t)t->slots * t->lanes;
  bool known = tppc_e_const(extent, &n) && !t->streams.n;
  if (t->streams.n) {
    Val start = cg_stream_begin(g, t, lo, hi);
    few(g, t, lo, start);
    lo = start;
  }
  Val length = cg_max(g, LLVMBuildNSWSub(g->b, hi, lo, ""), cg_i64(g, 0));
  Val at = end_of(g, lo, length, step), end = end_of(g, lo, length, t->lanes);
  if (!known || n >= step)
    vector_loop(g, t, lo, at, t->slots);
  bool aligned = tppc_e_multiple_of(extent, step, &g->facts) && !t->streams.n;
  if (t->slots > 1 && !aligned && (!known || n % step >= t->lanes))
    vector_loop(g, t, at, end, 1);
  if (t->streams.n || !tppc_e_multiple_of(extent, t->lanes, &g->facts))
    few(g, t, end, hi);
}

static void loops(Cg *g, CgTile *t, int d) {
  TppcOp *op = t->op;
  while (d + 1 < op->n_dims && t->summed[d])
    d++;
  if (t->across && d + 2 == op->n_dims) {
    cg_across(g, t);
  } else if (d + 1 < op->n_dims) {
    const TppcDim *dim = &op->dims[d];
    CgLoop l = cg_dim_begin(g, dim, cg_expr(g, dim->lo), cg_expr(g, dim->hi));
    loops(g, t, d + 1);
    cg_dim_end(g, &l);
  } else if (t->columns) {
    cg_columns_loops(g, t);
  } else {
    cg_reductions_start(g, t);
    if (op->n_dims)
      cg_tile_vectors(g, t);
    else
      cg_tile_body(g, t, NULL, 1, NULL, 0);
    cg_reductions_finish(g, t);
  }
}

/* Lanes by the widest type, slots by how much work a point is and how long the loop. */
static void choose(Cg *g, CgTile *t, const Facts *f) {
  int bytes = g->target.vector_bytes;
  t->lanes = bytes / (f->wide ? 8 : 4);
  if (f->bits && t->lanes < 8)
    t->lanes = 8;
  /* Copies in and out of a whole vector pay only when the point itself costs more. */
  bool copies = bytes == 16 || (bytes == 32 && f->small);
  t->masked = !f->lane_wise && !f->nibbles && !f->no_masks && (!copies || f->cost > COST_HEAVY);
  bool heavy = f->cost > COST_HEAVY;
  t->slots = f->lane_wise ? 1 : heavy ? 2 : t->walk ? 8 : 4;
  /* Two registers at once keep the instructions of two chains side by side, and fill a register
   * with 16 bits each; tables of bytes are looked up for 32 lanes. */
  t->group = f->lane_wise ? 1 : heavy || f->small ? 2 : 1;
  t->pairs = f->bf16 && !f->places;
  if (f->words && !f->lane_wise && t->lanes < CG_WORDS)
    t->slots = t->group = CG_WORDS / t->lanes;
  const TppcDim *d = &t->op->dims[t->op->n_dims - 1];
  int64_t n;
  const TppcExpr *extent = tppc_e_simplify(g->cx, tppc_e_sub(g->cx, d->hi, d->lo), &g->facts);
  while (tppc_e_const(extent, &n) && t->slots > 1 && (int64_t)t->slots * t->lanes > n)
    t->slots /= 2;
  t->group = t->group < t->slots ? t->group : t->slots;
}

/* Everything about the tile but its accumulators and its code. */
static CgTile prepare(Cg *g, TppcOp *op, const TppcOp *walk, bool *in_order) {
  CgTile t = {.op = op, .walk = walk, .lanes = 1, .slots = 1, .group = 1};
  cg_facts(g, op->regions[0].first ? op->regions[0].first : op);
  t.vsym = op->n_dims ? op->dims[op->n_dims - 1].sym : NULL;
  g->vector_lo = op->n_dims ? op->dims[op->n_dims - 1].lo : NULL;
  g->bound.n = 0;
  for (TppcOp *o = op->regions[0].first; t.vsym && o; o = o->next)
    if (o->kind == TPPC_OP_BIND &&
        tppc_e_varies(tppc_e_sym(g->cx, o->dims[0].sym), o->in, t.vsym)) {
      CgBound bound = {o->dims[0].sym, NULL};
      TPPC_PUSH(g->arena, &g->bound, bound);
    }
  Facts f = examine(g, op, t.vsym);
  *in_order = f.in_order;
  /* ThreadSanitizer overlooks masked accesses and those of more than 16 bytes. */
  bool vectors = !(g->opt->sanitize && !strcmp(g->opt->sanitize, "thread"));
  if (tppc_attr(op, "vector") && !f.in_order && op->n_dims && vectors)
    choose(g, &t, &f);
  if (t.lanes > 1)
    t.across = tppc_attr_word(op, "across");
  return t;
}

static void done(Cg *g) {
  g->bound.n = 0;
  g->has_facts = false;
}

void cg_tile(Cg *g, TppcOp *op) {
  if (op->n_dims > CG_MAX_DIMS) {
    cg_unsupported(g, op->span, "a tile of more than 16 dimensions");
    return;
  }
  bool in_order;
  CgTile t = prepare(g, op, NULL, &in_order);
  if (!in_order && !t.across && !cg_columns_add(g, &t))
    cg_reductions_add(g, &t);
  if (!t.columns)
    cg_stream_add(g, &t);
  loops(g, &t, 0);
  done(g);
}

bool cg_tile_walked(Cg *g, TppcOp *op, const TppcOp *walk) {
  if (op->n_dims > CG_MAX_DIMS)
    return false;
  bool in_order;
  CgTile t = prepare(g, op, walk, &in_order);
  bool fits = !in_order && !t.across && cg_columns_add(g, &t);
  if (fits)
    loops(g, &t, 0);
  done(g);
  return fits;
}
