/* Microkernels for products whose shape is known when they are compiled.
 *
 * A kernel of the runtime takes any shape: it asks for rows, columns, and strides at every call and
 * has code for each register tile that may be needed. A product of a few thousand multiply-adds is
 * over before that has paid off. Here m, n, and what else is constant are in the code:
 *
 *   for parts of the batch and of the sum          which the first-level cache holds
 *     for blocks of the tile (cg_product_plan.c)
 *       sums = 0
 *       for the part: load vectors, broadcast, multiply and add, in registers
 *       C = sums, or C + sums where beta or an earlier part says so
 *
 * A batch whose elements follow each other as the steps of the sum do is one longer sum. Steps are
 * unrolled where their number is known to be a multiple. Sums run in ascending order of the batch
 * and of k.
 *
 * One function a selected kernel, local to the module: void (A, B, C, then what of m, n, k, br,
 * beta, and the strides is not constant).
 */
#include "llvm/cg_product.h"
#include <string.h>

enum { UNROLL = 4, LINE = 64, PART_BYTES = 32 * 1024, USUAL_PART = 256, MOST_PART = 1024 };

enum Number { K, BR, BETA, A_RS, A_CS, B_RS, B_CS, C_RS, C_CS, BR_A, BR_B, NUMBERS };
static const char *const keys[NUMBERS] = {"k",    "br",   "beta", "a_rs", "a_cs", "b_rs",
                                          "b_cs", "c_rs", "c_cs", "br_a", "br_b"};

typedef struct Product {
  Cg *g;
  CgProductPlan plan;
  Val number[NUMBERS];
  Val beta;     /* i1: of the part at hand */
  int64_t part; /* steps of a part, at most */
} Product;

/* Vectors along v times points of u. */
typedef struct Piece {
  bool rows;
  const CgChunk *chunk;
  int n_chunks, u, n_u;
} Piece;

typedef struct Block {
  Piece piece[2];
  int n, n_sums;
  Val a, b, c; /* where it begins in the tile: pieces count from there */
} Block;

/* ---- values that may be constant ---- */

static bool constant(Val v, int64_t *c) {
  if (!LLVMIsAConstantInt(v))
    return false;
  *c = LLVMConstIntGetSExtValue(v);
  return true;
}

static bool is(Val v, int64_t c) {
  int64_t x;
  return constant(v, &x) && x == c;
}

static Val times(Product *p, Val v, int64_t n) {
  int64_t c;
  if (constant(v, &c))
    return cg_i64(p->g, c * n);
  return n == 0 ? cg_i64(p->g, 0) : n == 1 ? v : LLVMBuildNSWMul(p->g->b, v, cg_i64(p->g, n), "");
}

/* n * stride elements behind ptr. */
static Val behind(Product *p, Val ptr, int64_t n, Val stride) {
  Val at = times(p, stride, n);
  return is(at, 0) ? ptr : LLVMBuildInBoundsGEP2(p->g->b, p->g->t_f32, ptr, &at, 1, "");
}

static Val at_iteration(Product *p, Val ptr, Val i, int64_t n, Val stride) {
  Val at = LLVMBuildNSWMul(p->g->b, i, times(p, stride, n), "");
  return LLVMBuildInBoundsGEP2(p->g->b, p->g->t_f32, ptr, &at, 1, "");
}

/* ---- vectors ---- */

static Val load(Product *p, Val ptr, int lanes) {
  Val v = LLVMBuildLoad2(p->g->b, cg_lanes(p->g, p->g->t_f32, lanes), ptr, "");
  LLVMSetAlignment(v, 4);
  return v;
}

static void store(Product *p, Val ptr, Val v) {
  LLVMSetAlignment(LLVMBuildStore(p->g->b, v, ptr), 4);
}

static Val masked_load(Product *p, Val ptr, const CgChunk *c) {
  Cg *g = p->g;
  LLVMTypeRef t = cg_lanes(g, g->t_f32, c->width), over[2] = {t, g->t_ptr};
  Val lane[64];
  for (int i = 0; i < c->width; i++)
    lane[i] = LLVMConstInt(g->t_i1, i < c->last, false);
  unsigned id = LLVMLookupIntrinsicID("llvm.masked.load", 16);
  Val fn = LLVMGetIntrinsicDeclaration(g->mod, id, over, 2);
  Val args[4] = {ptr, cg_i32(g, 4), LLVMConstVector(lane, (unsigned)c->width), LLVMConstNull(t)};
  return LLVMBuildCall2(g->b, LLVMIntrinsicGetType(g->lx, id, over, 2), fn, args, 4, "");
}

static Val load_chunk(Product *p, Val ptr, const CgChunk *c) {
  ptr = behind(p, ptr, c->at, cg_i64(p->g, 1));
  return c->last < c->width ? masked_load(p, ptr, c) : load(p, ptr, c->width);
}

static Val lanes_of(Product *p, Val v, int first, int n) {
  if (LLVMGetTypeKind(LLVMTypeOf(v)) != LLVMVectorTypeKind)
    return v;
  if (n == 1)
    return LLVMBuildExtractElement(p->g->b, v, cg_i64(p->g, first), "");
  return cg_slice(p->g, v, first, n);
}

/* ---- the sum ---- */

typedef struct Sum {
  LLVMBasicBlockRef before, body, exit;
  Val left, a, b, acc[CG_PRODUCT_SUMS], zero[CG_PRODUCT_SUMS];
  bool guarded;
} Sum;

static Val start_phi(Product *p, Val from, LLVMBasicBlockRef at) {
  Val phi = LLVMBuildPhi(p->g->b, LLVMTypeOf(from), "");
  LLVMAddIncoming(phi, &from, &at, 1);
  return phi;
}

/* n times, at a and b, with sums that start as acc. */
static void begin_sum(Product *p, Sum *s, Val n, Val a, Val b, const Val *acc, int n_acc) {
  Cg *g = p->g;
  int64_t known;
  s->guarded = !constant(n, &known) || known <= 0;
  s->body = cg_block(g, "sum");
  s->exit = cg_block(g, "summed");
  s->before = LLVMGetInsertBlock(g->b);
  if (s->guarded)
    LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSGT, n, cg_i64(g, 0), ""), s->body, s->exit);
  else
    LLVMBuildBr(g->b, s->body);
  cg_enter(g, s->body);
  s->left = start_phi(p, n, s->before);
  s->a = start_phi(p, a, s->before);
  s->b = start_phi(p, b, s->before);
  for (int i = 0; i < n_acc; i++) {
    s->zero[i] = acc[i];
    s->acc[i] = start_phi(p, acc[i], s->before);
  }
}

static void end_phi(Val phi, Val v, LLVMBasicBlockRef at) {
  LLVMAddIncoming(phi, &v, &at, 1);
}

/* Behind `step` iterations, whose sums are acc; leaves there what the sums are behind the loop. */
static void end_sum(Product *p, Sum *s, int step, Val a, Val b, Val *acc, int n_acc) {
  Cg *g = p->g;
  LLVMBasicBlockRef at = LLVMGetInsertBlock(g->b);
  Val left = LLVMBuildNSWSub(g->b, s->left, cg_i64(g, step), "");
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSGT, left, cg_i64(g, 0), ""), s->body, s->exit);
  end_phi(s->left, left, at);
  end_phi(s->a, a, at);
  end_phi(s->b, b, at);
  cg_enter(g, s->exit);
  for (int i = 0; i < n_acc; i++) {
    end_phi(s->acc[i], acc[i], at);
    if (!s->guarded)
      continue;
    Val v = start_phi(p, s->zero[i], s->before);
    end_phi(v, acc[i], at);
    acc[i] = v;
  }
}

static void multiply(Product *p, Val x, Val y, Val *sum) {
  *sum = cg_intrinsic(p->g, "llvm.fma", LLVMTypeOf(*sum), (Val[]){x, y, *sum}, 3);
}

static Val vector_of(Product *p, const Piece *w, Val a, Val b, int chunk) {
  return load_chunk(p, w->rows ? a : b, &w->chunk[chunk]);
}

static Val point_of(Product *p, const Piece *w, Val a, Val b, int u, int lanes) {
  Val at =
      w->rows ? behind(p, b, w->u + u, p->number[B_CS]) : behind(p, a, w->u + u, p->number[A_RS]);
  return cg_splat(p->g, load(p, at, 1), lanes);
}

/* One step. What there is less of, vectors or points, is held in registers. */
static void step_piece(Product *p, const Piece *w, Val a, Val b, Val *acc) {
  Val held[CG_PRODUCT_SIDE];
  int nv = w->n_chunks, mr = w->n_u;
  if (nv <= mr) {
    for (int j = 0; j < nv; j++)
      held[j] = vector_of(p, w, a, b, j);
    for (int i = 0; i < mr; i++)
      for (int j = 0; j < nv; j++)
        multiply(p, point_of(p, w, a, b, i, w->chunk[j].width), held[j], &acc[i * nv + j]);
    return;
  }
  for (int j = 0; j < nv; j++) {
    Val x = vector_of(p, w, a, b, j);
    for (int i = 0; i < mr; i++)
      multiply(p, point_of(p, w, a, b, i, w->chunk[j].width), x, &acc[i * nv + j]);
  }
}

static void sum_steps(Product *p, const Block *k, Val a, Val b, Val n, Val *acc) {
  int64_t known;
  int unroll = 1;
  while (unroll < UNROLL && constant(n, &known) && known > 0 && known % (2 * unroll) == 0)
    unroll *= 2;
  Sum s;
  begin_sum(p, &s, n, a, b, acc, k->n_sums);
  memcpy(acc, s.acc, sizeof s.acc[0] * (size_t)k->n_sums);
  a = s.a, b = s.b;
  for (int i = 0; i < unroll; i++) {
    Val *to = acc;
    for (int w = 0; w < k->n; w++) {
      step_piece(p, &k->piece[w], a, b, to);
      to += k->piece[w].n_chunks * k->piece[w].n_u;
    }
    a = behind(p, a, 1, p->number[A_CS]);
    b = behind(p, b, 1, p->number[B_RS]);
  }
  end_sum(p, &s, unroll, a, b, acc, k->n_sums);
}

/* ---- C ---- */

static Val place(Product *p, const Piece *w, Val c, int v, int u) {
  c = behind(p, c, v, p->number[w->rows ? C_RS : C_CS]);
  return behind(p, c, u, p->number[w->rows ? C_CS : C_RS]);
}

/* Some lanes that are next to each other in C. */
static void store_part(Product *p, Val ptr, Val v, bool add) {
  bool vector = LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMVectorTypeKind;
  if (add)
    v = LLVMBuildFAdd(p->g->b, load(p, ptr, vector ? (int)LLVMGetVectorSize(LLVMTypeOf(v)) : 1), v,
                      "");
  store(p, ptr, v);
}

static int whole_part(int n) {
  int part = 1;
  while (2 * part <= n)
    part *= 2;
  return part;
}

/* C is contiguous along v, or along nothing. */
static void store_straight(Product *p, const Piece *w, Val c, const Val *acc, bool add) {
  bool unit = is(p->number[w->rows ? C_RS : C_CS], 1);
  for (int u = 0; u < w->n_u; u++)
    for (int j = 0; j < w->n_chunks; j++) {
      const CgChunk *k = &w->chunk[j];
      for (int lane = k->first, n; lane < k->last; lane += n) {
        n = unit ? whole_part(k->last - lane) : 1;
        store_part(p, place(p, w, c, k->at + lane, w->u + u),
                   lanes_of(p, acc[u * w->n_chunks + j], lane, n), add);
      }
    }
}

/* C is contiguous along u: four points of it at a time, then two, then one. */
static void store_turned(Product *p, const Piece *w, Val c, const Val *acc, bool add) {
  for (int j = 0; j < w->n_chunks; j++) {
    const CgChunk *k = &w->chunk[j];
    for (int u = 0, n; u < w->n_u; u += n) {
      n = w->n_u - u >= 4 ? 4 : w->n_u - u >= 2 ? 2 : 1;
      Val x[4];
      for (int i = 0; i < 4; i++)
        x[i] = i < n ? acc[(u + i) * w->n_chunks + j] : LLVMGetPoison(LLVMTypeOf(acc[j]));
      if (n > 1)
        cg_transpose_four(p->g, x, k->width);
      for (int lane = k->first; lane < k->last; lane++)
        store_part(p, place(p, w, c, k->at + lane, w->u + u),
                   n > 1 ? lanes_of(p, x[lane % 4], lane / 4 * 4, n) : lanes_of(p, x[0], lane, 1),
                   add);
    }
  }
}

static void store_block(Product *p, const Block *k, const Val *acc, bool add) {
  for (int i = 0; i < k->n; i++) {
    const Piece *w = &k->piece[i];
    bool turned = !is(p->number[w->rows ? C_RS : C_CS], 1) &&
                  is(p->number[w->rows ? C_CS : C_RS], 1) && w->chunk[0].width >= 4;
    if (turned)
      store_turned(p, w, k->c, acc, add);
    else
      store_straight(p, w, k->c, acc, add);
    acc += w->n_chunks * w->n_u;
  }
}

static void write_block(Product *p, const Block *k, const Val *acc) {
  Cg *g = p->g;
  if (LLVMIsAConstantInt(p->beta)) {
    store_block(p, k, acc, LLVMConstIntGetZExtValue(p->beta) != 0);
    return;
  }
  LLVMBasicBlockRef add = cg_block(g, "add"), set = cg_block(g, "set"),
                    next = cg_block(g, "stored");
  LLVMBuildCondBr(g->b, p->beta, add, set);
  cg_enter(g, add);
  store_block(p, k, acc, true);
  LLVMBuildBr(g->b, next);
  cg_enter(g, set);
  store_block(p, k, acc, false);
  LLVMBuildBr(g->b, next);
  cg_enter(g, next);
}

/* ---- blocks ---- */

/* Of one part: `batch` times `steps`; batch NULL: once. */
typedef struct Part {
  Val a, b, c, batch, steps;
} Part;

static void emit_block(Product *p, Block *k, const Part *part) {
  Val acc[CG_PRODUCT_SUMS];
  k->n_sums = 0;
  for (int i = 0; i < k->n; i++)
    for (int u = 0; u < k->piece[i].n_u; u++)
      for (int j = 0; j < k->piece[i].n_chunks; j++)
        acc[k->n_sums++] = LLVMConstNull(cg_lanes(p->g, p->g->t_f32, k->piece[i].chunk[j].width));
  if (!part->batch) {
    sum_steps(p, k, k->a, k->b, part->steps, acc);
  } else {
    Sum s;
    begin_sum(p, &s, part->batch, k->a, k->b, acc, k->n_sums);
    memcpy(acc, s.acc, sizeof s.acc[0] * (size_t)k->n_sums);
    sum_steps(p, k, s.a, s.b, part->steps, acc);
    end_sum(p, &s, 1, behind(p, s.a, 1, p->number[BR_A]), behind(p, s.b, 1, p->number[BR_B]), acc,
            k->n_sums);
  }
  write_block(p, k, acc);
}

typedef struct Repeat {
  CgLoop loop;
  bool is_loop;
} Repeat;

/* Moves the block on by `by` elements of its letter an iteration. */
static Repeat begin_repeat(Product *p, Block *k, const CgRange *r, bool along_m, int by) {
  Repeat to = {.is_loop = r->count > 1};
  if (!to.is_loop)
    return to;
  Cg *g = p->g;
  to.loop = cg_loop_begin(g, cg_i64(g, 0), cg_i64(g, r->count), cg_i64(g, 1), "block");
  if (along_m)
    k->a = at_iteration(p, k->a, to.loop.iv, by, p->number[A_RS]);
  else
    k->b = at_iteration(p, k->b, to.loop.iv, by, p->number[B_CS]);
  k->c = at_iteration(p, k->c, to.loop.iv, by, p->number[along_m ? C_RS : C_CS]);
  return to;
}

static void end_repeat(Product *p, Repeat *r) {
  if (r->is_loop)
    cg_loop_end(p->g, &r->loop);
}

static void emit_blocks(Product *p, const Part *part) {
  const CgProductPlan *plan = &p->plan;
  for (int i = 0; i < plan->n_v; i++) {
    const CgRange *v = &plan->v[i];
    const CgChunk *chunk = &plan->chunks[v->first];
    Block outer = {.a = part->a, .b = part->b, .c = part->c};
    Repeat rv = begin_repeat(p, &outer, v, plan->rows, v->size * chunk->width);
    for (int q = 0; q < plan->n_u; q++) {
      const CgRange *u = &plan->u[q];
      Block k = outer;
      Repeat ru = begin_repeat(p, &k, u, !plan->rows, u->size);
      k.piece[k.n++] = (Piece){plan->rows, chunk, v->size, u->first, u->size};
      if (plan->strip && i == plan->n_v - 1 && q == plan->n_u - 1)
        k.piece[k.n++] = (Piece){!plan->rows, plan->across, plan->n_across,
                                 plan->n_chunks * plan->chunks[0].width, plan->strip};
      emit_block(p, &k, part);
      end_repeat(p, &ru);
    }
    end_repeat(p, &rv);
  }
}

/* ---- parts of the sum ---- */

/* A loop that runs once at least: a sum over nothing is zero. */
static CgLoop begin_parts(Product *p, Val n, Val step) {
  Cg *g = p->g;
  return cg_loop_begin(g, cg_i64(g, 0), cg_max(g, n, cg_i64(g, 1)), step, "part");
}

static Val or_later(Product *p, Val beta, Val at) {
  Val later = LLVMBuildICmp(p->g->b, LLVMIntSGT, at, cg_i64(p->g, 0), "");
  return LLVMBuildOr(p->g->b, beta, later, "");
}

/* n steps in parts of at most p->part; c->steps is the length of one. */
static void steps_in_parts(Product *p, Part c, Val n) {
  Cg *g = p->g;
  int64_t known, part = p->part;
  if (constant(n, &known)) {
    int64_t parts = known <= p->part ? 1 : (known + p->part - 1) / p->part;
    part = (known + parts - 1) / parts;
    if (parts == 1) {
      c.steps = n;
      emit_blocks(p, &c);
      return;
    }
  }
  CgLoop l = begin_parts(p, n, cg_i64(g, part));
  Val beta = p->beta;
  p->beta = or_later(p, beta, l.iv);
  c.a = at_iteration(p, c.a, l.iv, 1, p->number[A_CS]);
  c.b = at_iteration(p, c.b, l.iv, 1, p->number[B_RS]);
  bool even = constant(n, &known) && known % part == 0;
  c.steps = even ? cg_i64(g, part) : cg_min(g, LLVMBuildNSWSub(g->b, n, l.iv, ""), cg_i64(g, part));
  emit_blocks(p, &c);
  cg_loop_end(g, &l);
  p->beta = beta;
}

/* Whether steps behind the last one of an element of the batch are those of the next. */
static bool joins(const Product *p) {
  int64_t k, a, b, step_a, step_b;
  return constant(p->number[K], &k) && constant(p->number[A_CS], &a) &&
         constant(p->number[B_RS], &b) && constant(p->number[BR_A], &step_a) &&
         constant(p->number[BR_B], &step_b) && step_a == k * a && step_b == k * b;
}

/* Several elements of the batch in one part where k is short, else each by itself. */
static void batch_in_parts(Product *p, Part c) {
  Cg *g = p->g;
  Val k = p->number[K], br = p->number[BR];
  int64_t steps, batch, part;
  if (constant(k, &steps) && steps > 0 && steps <= p->part / 2) {
    part = p->part / steps;
    c.steps = k;
    if (constant(br, &batch) && batch <= part) {
      c.batch = br;
      emit_blocks(p, &c);
      return;
    }
  } else {
    part = 1;
  }
  CgLoop l = begin_parts(p, br, cg_i64(g, part));
  Val beta = p->beta;
  p->beta = or_later(p, beta, l.iv);
  c.a = at_iteration(p, c.a, l.iv, 1, p->number[BR_A]);
  c.b = at_iteration(p, c.b, l.iv, 1, p->number[BR_B]);
  if (part > 1) {
    c.batch = cg_min(g, LLVMBuildNSWSub(g->b, br, l.iv, ""), cg_i64(g, part));
    emit_blocks(p, &c);
  } else { /* without a batch there is no step either */
    Val some = LLVMBuildICmp(g->b, LLVMIntSGT, br, cg_i64(g, 0), "");
    steps_in_parts(p, c,
                   is(br, 0)              ? br
                   : constant(br, &batch) ? k
                                          : LLVMBuildSelect(g->b, some, k, cg_i64(g, 0), ""));
  }
  cg_loop_end(g, &l);
  p->beta = beta;
}

static void emit_sums(Product *p, Val fn) {
  Cg *g = p->g;
  Part c = {.a = LLVMGetParam(fn, 0), .b = LLVMGetParam(fn, 1), .c = LLVMGetParam(fn, 2)};
  int64_t k, br;
  bool known = constant(p->number[K], &k);
  p->beta = LLVMBuildICmp(g->b, LLVMIntNE, p->number[BETA], cg_i64(g, 0), "");
  if (is(p->number[BR], 1))
    steps_in_parts(p, c, p->number[K]);
  else if (known && joins(p))
    steps_in_parts(p, c,
                   constant(p->number[BR], &br) ? cg_i64(g, k * br) : times(p, p->number[BR], k));
  else
    batch_in_parts(p, c);
}

/* ---- functions and calls ---- */

static const TppcExpr *attr_of(Cg *g, const TppcOp *op, int number) {
  return cg_attr(g, op, keys[number], number == BR);
}

/* What of the numbers the code has. */
static bool number_known(Cg *g, const TppcOp *select, int number, int64_t *v) {
  bool has = number != BETA || tppc_attr(select, "beta");
  return has && tppc_e_const(attr_of(g, select, number), v);
}

bool cg_is_generated(const TppcOp *select) {
  const char *provider = tppc_attr_word(select, "provider");
  return provider && !strcmp(provider, "generated");
}

static CgProductShape shape_of(Cg *g, const TppcOp *op, const Product *p) {
  int64_t m = 0, n = 0, k, br;
  tppc_e_const(tppc_attr_expr(op, "m"), &m);
  tppc_e_const(tppc_attr_expr(op, "n"), &n);
  bool known = constant(p->number[K], &k) && constant(p->number[BR], &br);
  bool thread = g->opt->sanitize && !strcmp(g->opt->sanitize, "thread");
  return (CgProductShape){
      .m = (int)m,
      .n = (int)n,
      .lanes = thread ? 1 : g->target.vector_bytes / 4,
      .registers = g->target.vector_bytes == 32 ? 16 : 32,
      .a_unit = is(p->number[A_RS], 1),
      .b_unit = is(p->number[B_CS], 1),
      .c_by_rows = is(p->number[C_CS], 1),
      .c_by_columns = is(p->number[C_RS], 1),
      .steps = (double)(known && k * br > 0 && k * br < USUAL_PART ? k * br : USUAL_PART)};
}

static LLVMTypeRef function_type(Cg *g, const TppcOp *op) {
  LLVMTypeRef types[3 + NUMBERS] = {g->t_ptr, g->t_ptr, g->t_ptr};
  unsigned n = 3;
  int64_t v;
  for (int i = 0; i < NUMBERS; i++)
    if (!number_known(g, op, i, &v))
      types[n++] = g->t_i64;
  return LLVMFunctionType(g->t_void, types, n, false);
}

static bool is_one_block(const CgProductPlan *p) {
  return p->n_v == 1 && p->n_u == 1 && p->v[0].count == 1 && p->u[0].count == 1;
}

/* Bytes of lines that a step reads of so many neighbours; the next ones are `pitch` behind. */
static int64_t bytes_touched(int n, Val pitch) {
  int64_t step;
  bool aligned = constant(pitch, &step) && step * 4 % LINE == 0;
  return aligned ? (n * 4 + LINE - 1) / LINE * LINE : n * 4 + LINE - 4;
}

/* Steps whose operands the first-level cache holds for one block: the next block along u reads the
 * vectors again, and lines of points that it shares with this one. */
static int64_t steps_of_part(const Product *p) {
  const CgProductPlan *plan = &p->plan;
  if (!plan->n_v || is_one_block(plan))
    return MOST_PART;
  Val vectors = p->number[plan->rows ? A_CS : B_RS], points = p->number[plan->rows ? B_RS : A_CS];
  bool near = is(p->number[plan->rows ? B_CS : A_RS], 1);
  int mr = plan->u[0].size;
  int64_t bytes = bytes_touched(plan->v[0].size * plan->chunks[0].width, vectors) +
                  (near            ? bytes_touched(mr, points)
                   : is(points, 1) ? mr * 4
                                   : mr * LINE);
  int64_t part = PART_BYTES / bytes;
  return part < LINE ? LINE : part;
}

void cg_product(Cg *g, TppcOp *op) {
  const char *name = tppc_sprintf(g->arena, "%s.%s", g->kernel_name, op->results[0]->name);
  Val fn = LLVMAddFunction(g->mod, name, function_type(g, op));
  LLVMSetLinkage(fn, LLVMInternalLinkage);
  tppc_map_set(&g->products, op->results[0], fn);
  cg_function_begin(g, fn);
  cg_debug_function(g, fn, name, op->span);
  cg_debug_at(g, op->span);
  Product p = {.g = g};
  unsigned n = 3;
  for (int i = 0; i < NUMBERS; i++) {
    int64_t v;
    p.number[i] = number_known(g, op, i, &v) ? cg_i64(g, v) : LLVMGetParam(fn, n++);
  }
  CgProductShape shape = shape_of(g, op, &p);
  bool planned = cg_product_plan(&shape, &p.plan);
  p.part = steps_of_part(&p);
  if (planned)
    emit_sums(&p, fn);
  else
    cg_unsupported(g, op->span, "a generated product of operands that are not contiguous");
  LLVMBuildRetVoid(g->b);
  cg_function_end(g);
}

void cg_product_call(Cg *g, TppcOp *op, Val a, Val b, Val c) {
  const TppcOp *select = op->uses[0].value->def;
  Val fn = tppc_map_get(&g->products, op->uses[0].value), args[3 + NUMBERS] = {a, b, c};
  unsigned n = 3;
  for (int i = 0; i < NUMBERS; i++) {
    int64_t v;
    if (!number_known(g, select, i, &v))
      args[n++] = cg_expr(g, attr_of(g, i <= BETA ? op : select, i));
  }
  LLVMBuildCall2(g->b, function_type(g, select), fn, args, n, "");
}
