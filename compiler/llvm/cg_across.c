/* Tiles that are contiguous along one letter in some accesses and along another in the rest: copies
 * that transpose, alone or with arithmetic on the way.
 *
 *   Y[n, m] = f(X[m, n], b[n])
 *
 * The tile has `vector` v, its last dim, and `across` u, the one before. It is taken in blocks of L
 * points along u by L along v, L the lanes of a vector. Accesses that are contiguous along u are
 * vectors along u, one for each of the L points of v, and are transposed in registers: loads before
 * the rows of the block are computed, stores after. Within 128 bits that is a perfect shuffle of
 * the rows, log2 times; between them quarters or halves of registers change places.
 *
 * A block at the end is moved back so that it is whole, and computes some points again. That is why
 * no tensor may be both read and written, and what has fewer than L points goes one by one.
 */
#include "llvm/cg.h"

enum { MAX_LANES = 64 };

/* A block as stored: of a load its rows, of a store what the rows have left so far. */
typedef struct Block {
  Val row[MAX_LANES];
} Block;

static bool is_crosswise(Cg *g, const CgTile *t, const TppcOp *op) {
  if (op->kind != TPPC_OP_LOAD && op->kind != TPPC_OP_STORE)
    return false;
  CgStride stride = cg_stride(g, &op->uses[op->kind == TPPC_OP_STORE], t->vsym);
  return stride != CG_INVARIANT && stride != CG_UNIT;
}

/* ---- in registers ---- */

/* Lanes of a and b in turn, of the lower or upper half of each part of `part` lanes. */
static Val interleave(Cg *g, Val a, Val b, int lanes, int part, bool upper) {
  Val lane[MAX_LANES];
  for (int i = 0; i < lanes; i++) {
    int at = i / part * part + (upper ? part / 2 : 0) + i % part / 2;
    lane[i] = cg_i32(g, at + (i % 2 ? lanes : 0));
  }
  return LLVMBuildShuffleVector(g->b, a, b, LLVMConstVector(lane, (unsigned)lanes), "");
}

/* Every second run of `run` lanes, the first or the other ones, of a and b in turn. */
static Val exchange(Cg *g, Val a, Val b, int lanes, int run, bool upper) {
  Val lane[MAX_LANES];
  for (int i = 0; i < lanes; i++)
    lane[i] = cg_i32(g, i & run ? lanes + i - (upper ? 0 : run) : i + (upper ? run : 0));
  return LLVMBuildShuffleVector(g->b, a, b, LLVMConstVector(lane, (unsigned)lanes), "");
}

void cg_transpose_four(Cg *g, Val *x, int lanes) {
  Val a = interleave(g, x[0], x[1], lanes, 4, false),
      b = interleave(g, x[2], x[3], lanes, 4, false);
  Val c = interleave(g, x[0], x[1], lanes, 4, true), d = interleave(g, x[2], x[3], lanes, 4, true);
  x[0] = exchange(g, a, b, lanes, 2, false);
  x[1] = exchange(g, a, b, lanes, 2, true);
  x[2] = exchange(g, c, d, lanes, 2, false);
  x[3] = exchange(g, c, d, lanes, 2, true);
}

static void transpose(Cg *g, Block *v, int lanes, int bits) {
  int part = 128 / bits < lanes ? 128 / bits : lanes;
  Block next;
  for (int done = 1; done < part; done *= 2) {
    for (int i = 0; i < lanes; i++) {
      int first = i / part * part, k = i % part / 2;
      next.row[i] =
          interleave(g, v->row[first + k], v->row[first + k + part / 2], lanes, part, i % 2);
    }
    *v = next;
  }
  for (int run = part; run < lanes; run *= 2) {
    for (int i = 0; i < lanes; i++)
      next.row[i] = exchange(g, v->row[i & ~run], v->row[i | run], lanes, run, (i & run) != 0);
    *v = next;
  }
}

/* ---- between registers and memory ---- */

/* Where the vectors along u of a block are: the first, and how far apart. */
typedef struct Rows {
  Val at, step;
} Rows;

static Rows rows_of(Cg *g, CgTile *t, const TppcUse *use, Val u, Val v) {
  const TppcExpr *step = tppc_e_coeff(g->cx, use->idx[0], t->vsym, NULL);
  cg_sym_push(g, t->across, u);
  cg_sym_push(g, t->vsym, v);
  Rows r = {cg_expr(g, use->idx[0]), cg_expr(g, step)};
  cg_sym_pop(g, 2);
  return r;
}

static void load_block(Cg *g, CgTile *t, TppcOp *op, Block *block, Val u, Val v) {
  CgSlot *s = cg_slot(g, op->uses[0].value);
  Rows r = rows_of(g, t, &op->uses[0], u, v);
  for (int i = 0; i < t->lanes; i++) {
    block->row[i] = cg_load_vector(g, s, r.at, NULL, NULL);
    r.at = LLVMBuildNSWAdd(g->b, r.at, r.step, "");
  }
  transpose(g, block, t->lanes, tppc_elem_bits(s->type->elem));
}

static void store_block(Cg *g, CgTile *t, TppcOp *op, Block *block, Val u, Val v) {
  CgSlot *s = cg_slot(g, op->uses[1].value);
  Rows r = rows_of(g, t, &op->uses[1], u, v);
  transpose(g, block, t->lanes, tppc_elem_bits(s->type->elem));
  for (int i = 0; i < t->lanes; i++) {
    cg_store_vector(g, s, r.at, block->row[i], NULL, NULL);
    r.at = LLVMBuildNSWAdd(g->b, r.at, r.step, "");
  }
}

Val *cg_across_row(Cg *g, CgTile *t, const TppcOp *op) {
  Block *block = t->blocks ? tppc_map_get(t->blocks, op) : NULL;
  return block && g->lanes > 1 ? &block->row[t->row] : NULL;
}

static void block_at(Cg *g, CgTile *t, Val u, Val v) {
  TppcMap blocks = {.arena = g->arena};
  TppcRegion *r = &t->op->regions[0];
  g->lanes = t->lanes;
  for (TppcOp *op = r->first; op; op = op->next)
    if (is_crosswise(g, t, op)) {
      Block *block = TPPC_NEW(g->arena, Block);
      tppc_map_set(&blocks, op, block);
      if (op->kind == TPPC_OP_LOAD)
        load_block(g, t, op, block, u, v);
    }
  t->blocks = &blocks;
  for (t->row = 0; t->row < t->lanes; t->row++) {
    cg_sym_push(g, t->across, LLVMBuildNSWAdd(g->b, u, cg_i64(g, t->row), ""));
    cg_tile_body(g, t, v, t->lanes, NULL, 0);
    cg_sym_pop(g, 1);
  }
  g->lanes = t->lanes;
  for (TppcOp *op = r->first; op; op = op->next)
    if (op->kind == TPPC_OP_STORE && is_crosswise(g, t, op))
      store_block(g, t, op, tppc_map_get(&blocks, op), u, v);
  g->lanes = 1;
  t->blocks = NULL;
}

/* Starts of blocks along a dim; the last one ends where the dim does. */
static CgLoop begin(Cg *g, CgTile *t, const TppcDim *d, Val *at) {
  Val lo = cg_expr(g, d->lo), hi = cg_expr(g, d->hi), n = cg_i64(g, t->lanes);
  CgLoop l = cg_loop_begin(g, lo, hi, n, d->sym);
  *at = cg_min(g, l.iv, LLVMBuildNSWSub(g->b, hi, n, ""));
  return l;
}

static Val is_long(Cg *g, CgTile *t, const TppcDim *d) {
  Val length = LLVMBuildNSWSub(g->b, cg_expr(g, d->hi), cg_expr(g, d->lo), "");
  return LLVMBuildICmp(g->b, LLVMIntSGE, length, cg_i64(g, t->lanes), "");
}

/* By rows along v, point by point. */
static void few(Cg *g, CgTile *t, const TppcDim *du, const TppcDim *dv) {
  CgLoop u = cg_loop_begin(g, cg_expr(g, du->lo), cg_expr(g, du->hi), cg_i64(g, 1), du->sym);
  cg_sym_push(g, t->across, u.iv);
  CgLoop v = cg_loop_begin(g, cg_expr(g, dv->lo), cg_expr(g, dv->hi), cg_i64(g, 1), dv->sym);
  cg_tile_body(g, t, v.iv, 1, NULL, 0);
  cg_loop_end(g, &v);
  cg_sym_pop(g, 1);
  cg_loop_end(g, &u);
}

void cg_across(Cg *g, CgTile *t) {
  const TppcDim *dv = &t->op->dims[t->op->n_dims - 1], *du = dv - 1;
  LLVMBasicBlockRef blocks = cg_block(g, "blocks"), points = cg_block(g, "few");
  LLVMBasicBlockRef done = cg_block(g, "across");
  Val whole = LLVMBuildAnd(g->b, is_long(g, t, du), is_long(g, t, dv), "");
  LLVMBuildCondBr(g->b, whole, blocks, points);
  cg_enter(g, blocks);
  Val at_u, at_v;
  CgLoop v = begin(g, t, dv, &at_v), u = begin(g, t, du, &at_u);
  block_at(g, t, at_u, at_v);
  cg_loop_end(g, &u);
  cg_loop_end(g, &v);
  LLVMBuildBr(g->b, done);
  cg_enter(g, points);
  few(g, t, du, dv);
  LLVMBuildBr(g->b, done);
  cg_enter(g, done);
}
