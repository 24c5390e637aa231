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
 * Large results go past the caches, which takes blocks side by side that make whole lines of the
 * rows that are read and of those that are written.
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

/* The accesses that go across, of the block at a point. */
static TppcMap load_blocks(Cg *g, CgTile *t, Val u, Val v) {
  TppcMap blocks = {.arena = g->arena};
  for (TppcOp *op = t->op->regions[0].first; op; op = op->next)
    if (is_crosswise(g, t, op)) {
      Block *block = TPPC_NEW(g->arena, Block);
      tppc_map_set(&blocks, op, block);
      if (op->kind == TPPC_OP_LOAD)
        load_block(g, t, op, block, u, v);
    }
  return blocks;
}

static Val plus(Cg *g, Val v, int n) {
  return n ? LLVMBuildNSWAdd(g->b, v, cg_i64(g, n), "") : v;
}

/* `count` blocks side by side along v, row by row. */
enum { MOST_BLOCKS = 4 };
static void blocks_at(Cg *g, CgTile *t, Val u, Val v, int count) {
  TppcMap blocks[MOST_BLOCKS];
  g->lanes = t->lanes;
  for (int i = 0; i < count; i++)
    blocks[i] = load_blocks(g, t, u, plus(g, v, i * t->lanes));
  for (t->row = 0; t->row < t->lanes; t->row++) {
    cg_sym_push(g, t->across, plus(g, u, t->row));
    for (int i = 0; i < count; i++) {
      t->blocks = &blocks[i];
      cg_tile_body(g, t, plus(g, v, i * t->lanes), t->lanes, NULL, 0);
    }
    cg_sym_pop(g, 1);
  }
  g->lanes = t->lanes;
  for (TppcOp *op = t->op->regions[0].first; op; op = op->next)
    for (int i = 0; i < count && op->kind == TPPC_OP_STORE && is_crosswise(g, t, op); i++)
      store_block(g, t, op, tppc_map_get(&blocks[i], op), u, plus(g, v, i * t->lanes));
  g->lanes = 1;
  t->blocks = NULL;
}

/* Starts of blocks of `points` along a dim; the last one ends where the dim does. */
static CgLoop begin(Cg *g, const TppcDim *d, int points, Val *at) {
  Val lo = cg_expr(g, d->lo), hi = cg_expr(g, d->hi), n = cg_i64(g, points);
  CgLoop l = cg_loop_begin(g, lo, hi, n, d->sym);
  *at = cg_min(g, l.iv, LLVMBuildNSWSub(g->b, hi, n, ""));
  return l;
}

static Val is_long(Cg *g, const TppcDim *d, int points) {
  Val length = LLVMBuildNSWSub(g->b, cg_expr(g, d->hi), cg_expr(g, d->lo), "");
  return LLVMBuildICmp(g->b, LLVMIntSGE, length, cg_i64(g, points), "");
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

/* Whole lines along both dims, of which those that are stored are so at once. */
static void lines(Cg *g, CgTile *t, const TppcDim *du, const TppcDim *dv, int points) {
  Val at_u, at_v;
  CgLoop u = begin(g, du, points, &at_u), v = begin(g, dv, points, &at_v);
  t->later = true;
  for (int i = 0; i < points; i += t->lanes) {
    blocks_at(g, t, plus(g, at_u, i), at_v, points / t->lanes);
    cg_stream_past(g, t);
  }
  t->later = false;
  cg_loop_end(g, &v);
  cg_loop_end(g, &u);
}

/* The way past the caches, where it is possible; what follows is the other one. */
static void past(Cg *g, CgTile *t, const TppcDim *du, const TppcDim *dv, LLVMBasicBlockRef done) {
  int points;
  Val fits = cg_stream_lines(g, t, &points);
  if (!fits || points > MOST_BLOCKS * t->lanes)
    return;
  LLVMBasicBlockRef past = cg_block(g, "past"), usual = cg_block(g, "usual");
  fits = LLVMBuildAnd(g->b, fits, is_long(g, du, points), "");
  fits = LLVMBuildAnd(g->b, fits, is_long(g, dv, points), "");
  LLVMBuildCondBr(g->b, fits, past, usual);
  cg_enter(g, past);
  lines(g, t, du, dv, points);
  LLVMBuildBr(g->b, done);
  cg_enter(g, usual);
}

void cg_across(Cg *g, CgTile *t) {
  const TppcDim *dv = &t->op->dims[t->op->n_dims - 1], *du = dv - 1;
  LLVMBasicBlockRef blocks = cg_block(g, "blocks"), points = cg_block(g, "few");
  LLVMBasicBlockRef done = cg_block(g, "across");
  past(g, t, du, dv, done);
  Val whole = LLVMBuildAnd(g->b, is_long(g, du, t->lanes), is_long(g, dv, t->lanes), "");
  LLVMBuildCondBr(g->b, whole, blocks, points);
  cg_enter(g, blocks);
  Val at_u, at_v;
  CgLoop v = begin(g, dv, t->lanes, &at_v), u = begin(g, du, t->lanes, &at_u);
  blocks_at(g, t, at_u, at_v, 1);
  cg_loop_end(g, &u);
  cg_loop_end(g, &v);
  LLVMBuildBr(g->b, done);
  cg_enter(g, points);
  few(g, t, du, dv);
  LLVMBuildBr(g->b, done);
  cg_enter(g, done);
}
