/* Results that go past the caches: stores that the pass stream-results has marked.
 *
 * A store that bypasses the cache must be aligned, and lines must be filled one after the other, or
 * it is slower than any other. So the first points of a row are stored as usual, up to one whose
 * address is a multiple of the vector; the vectors of an iteration of the main loop are stored at
 * its end, in one of two ways:
 *
 *   past = bytes of Y >= tpp_stream_bytes() and the row is several lines long
 *   for (n = lo; n < (past ? aligned : lo); n++)  body
 *   for (; n < main end; n += slots * W)
 *     body * slots, without stores
 *     if past  non-temporal stores of all slots  else  stores of all slots
 *
 * Blocks that are transposed (cg_across.c) are stored so in whole lines, where all lines begin as
 * those of memory do.
 *
 * The points themselves are the same code, and stores mix with the arithmetic of the next
 * iteration: copied a few KiB at a time from a buffer, kernels with much of it would first compute
 * and then wait. Such stores are in order with nothing until the fence at the end of the nest and
 * before its barriers.
 */
#include "llvm/cg.h"

enum { LEAST_ROW = 256, LEAST_VECTOR = 16, LINE = 64 };

static bool is_streamed(const TppcOp *op) {
  return op->kind == TPPC_OP_STORE && tppc_attr_int(op, "stream", 0);
}

/* Sanitizers know plain accesses only. */
static bool may_stream(Cg *g) {
  return !g->opt->sanitize && (g->target.isas & TPP_ISA_AVX2);
}

static bool find(void *user, TppcOp *op) {
  *(bool *)user |= is_streamed(op);
  return !*(bool *)user;
}

void cg_stream_nest(Cg *g, TppcOp *nest) {
  g->streams = false;
  if (may_stream(g))
    tppc_walk(&nest->regions[0], find, &g->streams);
}

void cg_stream_order(Cg *g) {
  if (g->streams)
    cg_intrinsic(g, "llvm.x86.sse.sfence", NULL, NULL, 0);
}

/* Whether the whole tensor is large, found once a nest. */
static Val is_large(Cg *g, CgSlot *s) {
  Val v = tppc_map_get(&g->slot_values, &s->large);
  if (v)
    return v;
  LLVMBasicBlockRef at = LLVMGetInsertBlock(g->b);
  LLVMPositionBuilderAtEnd(g->b, g->prologue);
  Val least = cg_call(g, "tpp_stream_bytes", g->t_i64, NULL, NULL, 0);
  v = LLVMBuildICmp(g->b, LLVMIntSGE, cg_expr(g, cg_bytes(g, s->type)), least, "large");
  LLVMPositionBuilderAtEnd(g->b, at);
  tppc_map_set(&g->slot_values, &s->large, v);
  return v;
}

static int bytes_of(const CgStream *s) {
  return tppc_elem_bits(s->slot->type->elem) / 8;
}

/* Rows known to be short are not worth the test. */
static bool is_short(Cg *g, const CgTile *t, int bytes) {
  const TppcDim *d = &t->op->dims[t->op->n_dims - 1];
  int64_t n;
  return tppc_e_const(tppc_e_simplify(g->cx, tppc_e_sub(g->cx, d->hi, d->lo), &g->facts), &n) &&
         n * bytes < LEAST_ROW;
}

/* Vectors may begin anywhere: no access needs its first point on a whole byte, as packed elements
 * do, or at the start of a block of the storage. */
static bool may_begin_anywhere(Cg *g, const CgTile *t) {
  for (const TppcOp *op = t->op->regions[0].first; op; op = op->next)
    for (int i = 0; i < op->n_uses; i++) {
      const TppcUse *u = &op->uses[i];
      if (u->value->type->kind != TPPC_T_TENSOR)
        continue;
      if (tppc_elem_bits(u->value->type->elem) < 8)
        return false;
      for (int d = 0; d < u->n_idx; d++)
        if (tppc_e_uses(u->idx[d], t->vsym) && !tppc_e_coeff(g->cx, u->idx[d], t->vsym, NULL))
          return false;
    }
  return true;
}

void cg_stream_add(Cg *g, CgTile *t) {
  if (!g->streams || t->lanes == 1 || !may_begin_anywhere(g, t))
    return;
  for (TppcOp *op = t->op->regions[0].first; op; op = op->next) {
    if (!is_streamed(op) || cg_stride(g, &op->uses[1], t->vsym) != CG_UNIT)
      continue;
    CgStream s = {.store = op, .slot = cg_slot(g, op->uses[1].value)};
    if (t->lanes * bytes_of(&s) >= LEAST_VECTOR && !is_short(g, t, bytes_of(&s)))
      TPPC_PUSH(g->arena, &t->streams, s);
  }
}

/* Points from lo on up to the first one that begins a vector, where there is one: with elements of
 * 4 bytes, (32 - address % 32) % 32 / 4. */
static Val points_before(Cg *g, Val address, int bytes, int lanes) {
  Val gap = LLVMBuildAnd(g->b, LLVMBuildNeg(g->b, address, ""), cg_i64(g, lanes * bytes - 1), "");
  return LLVMBuildUDiv(g->b, gap, cg_i64(g, bytes), "");
}

Val cg_stream_begin(Cg *g, CgTile *t, Val lo, Val hi) {
  Val start = lo, length = LLVMBuildNSWSub(g->b, hi, lo, ""), none = cg_i64(g, 0);
  cg_sym_push(g, t->vsym, lo);
  for (int i = 0; i < t->streams.n; i++) {
    CgStream *s = &t->streams.data[i];
    int bytes = bytes_of(s);
    Val offset = cg_expr(g, s->store->uses[1].idx[0]);
    Val first = LLVMBuildInBoundsGEP2(g->b, cg_storage_type(g, s->slot->type->elem),
                                      cg_slot_elements(g, s->slot), &offset, 1, "");
    Val address = LLVMBuildPtrToInt(g->b, first, g->t_i64, "");
    Val is_long = LLVMBuildICmp(g->b, LLVMIntSGE, length, cg_i64(g, LEAST_ROW / bytes), "");
    s->past = LLVMBuildAnd(g->b, is_large(g, s->slot), is_long, "");
    if (i == 0)
      start = LLVMBuildNSWAdd(
          g->b, lo,
          LLVMBuildSelect(g->b, s->past, points_before(g, address, bytes, t->lanes), none, ""), "");
    Val skipped = LLVMBuildNSWMul(g->b, LLVMBuildNSWSub(g->b, start, lo, ""), cg_i64(g, bytes), "");
    Val low = LLVMBuildAnd(g->b, LLVMBuildAdd(g->b, address, skipped, ""),
                           cg_i64(g, t->lanes * bytes - 1), "");
    Val aligned = LLVMBuildICmp(g->b, LLVMIntEQ, low, none, "");
    s->past = LLVMBuildAnd(g->b, s->past, aligned, "past");
  }
  cg_sym_pop(g, 1);
  return start;
}

bool cg_stream_later(Cg *g, CgTile *t, const TppcOp *store, Val ptr, Val bits) {
  for (int i = 0; i < t->streams.n && t->later; i++) {
    CgStream *s = &t->streams.data[i];
    if (s->store == store) {
      CgStored v = {ptr, bits};
      TPPC_PUSH(g->arena, &s->stored, v);
      return true;
    }
  }
  return false;
}

static void mark(Cg *g, Val store, int align) {
  LLVMValueRef one = cg_i32(g, 1);
  LLVMMetadataRef node = LLVMValueAsMetadata(one);
  LLVMSetMetadata(store, LLVMGetMDKindIDInContext(g->lx, "nontemporal", 11),
                  LLVMMetadataAsValue(g->lx, LLVMMDNodeInContext2(g->lx, &node, 1)));
  LLVMSetAlignment(store, (unsigned)align);
}

static void store_past(Cg *g, CgTile *t, CgStream *s) {
  for (int k = 0; k < s->stored.n; k++) {
    cg_store_bits(g, s->slot, s->stored.data[k].ptr, s->stored.data[k].bits);
    mark(g, LLVMGetLastInstruction(LLVMGetInsertBlock(g->b)), t->lanes * bytes_of(s));
  }
}

void cg_stream_past(Cg *g, CgTile *t) {
  for (int i = 0; i < t->streams.n; i++) {
    store_past(g, t, &t->streams.data[i]);
    t->streams.data[i].stored.n = 0;
  }
}

/* i1: a multiple of a line. */
static Val whole_lines(Cg *g, Val bytes) {
  Val low = LLVMBuildAnd(g->b, bytes, cg_i64(g, LINE - 1), "");
  return LLVMBuildICmp(g->b, LLVMIntEQ, low, cg_i64(g, 0), "");
}

Val cg_stream_lines(Cg *g, CgTile *t, int *points) {
  const TppcDim *dv = &t->op->dims[t->op->n_dims - 1], *du = dv - 1;
  Val lo = cg_expr(g, dv->lo), length = LLVMBuildNSWSub(g->b, cg_expr(g, dv->hi), lo, "");
  Val all = NULL;
  *points = t->lanes;
  for (int i = 0; i < t->streams.n; i++) {
    CgStream *s = &t->streams.data[i];
    const TppcExpr *at = s->store->uses[1].idx[0];
    const TppcExpr *row = tppc_e_coeff(g->cx, at, t->across, NULL);
    if (!row)
      return NULL;
    Val bytes = cg_i64(g, bytes_of(s));
    cg_sym_push(g, t->vsym, lo);
    cg_sym_push(g, t->across, cg_expr(g, du->lo));
    Val offset = LLVMBuildMul(g->b, cg_expr(g, at), bytes, "");
    cg_sym_pop(g, 2);
    Val address = LLVMBuildPtrToInt(g->b, cg_slot_elements(g, s->slot), g->t_i64, "");
    Val parts[3] = {LLVMBuildAdd(g->b, address, offset, ""),
                    LLVMBuildMul(g->b, cg_expr(g, row), bytes, ""),
                    LLVMBuildMul(g->b, length, bytes, "")};
    Val fits = is_large(g, s->slot);
    for (int k = 0; k < 3; k++)
      fits = LLVMBuildAnd(g->b, fits, whole_lines(g, parts[k]), "");
    all = all ? LLVMBuildAnd(g->b, all, fits, "") : fits;
    *points = LINE / bytes_of(s) > *points ? LINE / bytes_of(s) : *points;
  }
  return all;
}

void cg_stream_stores(Cg *g, CgTile *t) {
  for (int i = 0; i < t->streams.n; i++) {
    CgStream *s = &t->streams.data[i];
    LLVMBasicBlockRef past = cg_block(g, "past"), usual = cg_block(g, "usual");
    LLVMBasicBlockRef next = cg_block(g, "stored");
    LLVMBuildCondBr(g->b, s->past, past, usual);
    cg_enter(g, past);
    store_past(g, t, s);
    LLVMBuildBr(g->b, next);
    cg_enter(g, usual);
    for (int k = 0; k < s->stored.n; k++)
      cg_store_bits(g, s->slot, s->stored.data[k].ptr, s->stored.data[k].bits);
    LLVMBuildBr(g->b, next);
    cg_enter(g, next);
    s->stored.n = 0;
  }
}
