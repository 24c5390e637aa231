/* Loads and stores of elements, one or a vector of them.
 *
 * How an access moves with the vector dimension decides its code: not at all (a scalar load,
 * spread; a store with an update becomes an accumulator), by one element (a vector), by a few (of
 * loads: neighbouring vectors, from which the lanes are picked), or otherwise (lane by lane).
 * Packed types are vectors where these start on whole bytes (cg_packed.c).
 *
 * An access with `valid` happens only where the condition holds: by a branch where it is the same
 * for all lanes, by a mask or a branch a lane where it is not. A load gives 0 elsewhere.
 */
#include "llvm/cg.h"
#include <math.h>
#include <string.h>

static unsigned align_of(int elem) {
  int bits = tppc_elem_bits(elem);
  return bits > 8 ? (unsigned)bits / 8 : 1;
}

static void tag(Cg *g, const CgSlot *s, Val access) {
  if (s->scope)
    LLVMSetMetadata(access, LLVMGetMDKindIDInContext(g->lx, "alias.scope", 11),
                    LLVMMetadataAsValue(g->lx, s->scope));
  if (s->noalias)
    LLVMSetMetadata(access, LLVMGetMDKindIDInContext(g->lx, "noalias", 7),
                    LLVMMetadataAsValue(g->lx, s->noalias));
}

static Val element_ptr(Cg *g, CgSlot *s, Val offset) {
  return LLVMBuildInBoundsGEP2(g->b, cg_storage_type(g, s->type->elem), cg_slot_elements(g, s),
                               &offset, 1, "");
}

Val cg_load_bits(Cg *g, CgSlot *s, Val ptr, LLVMTypeRef t) {
  Val v = LLVMBuildLoad2(g->b, t, ptr, "");
  LLVMSetAlignment(v, align_of(s->type->elem));
  tag(g, s, v);
  return v;
}

void cg_store_bits(Cg *g, CgSlot *s, Val ptr, Val bits) {
  Val v = LLVMBuildStore(g->b, bits, ptr);
  LLVMSetAlignment(v, align_of(s->type->elem));
  tag(g, s, v);
}

static bool is_packed(const CgSlot *s) {
  return tppc_elem_bits(s->type->elem) < 8;
}

static Val load_ternary(Cg *g, CgSlot *s, Val offset) {
  const TppcType *t = s->type;
  LLVMTypeRef types[6] = {g->t_ptr, g->t_i64, g->t_i64, g->t_i64, g->t_i64, g->t_i64};
  const TppcExpr *one = tppc_e_int(g->cx, 1);
  const TppcExpr *group = t->group > 0 ? tppc_e_int(g->cx, t->group) : t->dims[0];
  const TppcExpr *planes = t->levels ? t->levels : tppc_e_int(g->cx, t->planes);
  Val args[6] = {cg_slot_value(g, s),    cg_expr(g, t->dims[0]),
                 cg_expr(g, t->dims[1]), cg_expr(g, tppc_e_max(g->cx, group, one)),
                 cg_expr(g, planes),     offset};
  return cg_call(g, "tpp_ternary_at", g->t_f32, types, args, 6);
}

Val cg_load_element(Cg *g, CgSlot *s, Val offset) {
  if (s->type->elem == TPP_TERNARY)
    return load_ternary(g, s, offset);
  if (is_packed(s))
    return cg_load_packed(g, s, offset);
  Val bits = cg_load_bits(g, s, element_ptr(g, s, offset), cg_storage_type(g, s->type->elem));
  return cg_widen(g, bits, s->type->elem, 1);
}

void cg_store_element(Cg *g, CgSlot *s, Val offset, Val v, int elem) {
  if (is_packed(s))
    cg_store_packed(g, s, offset, v, elem);
  else
    cg_store_bits(g, s, element_ptr(g, s, offset), cg_narrow(g, v, elem, s->type->elem, 1));
}

static const TppcExpr *offset_of(Cg *g, const TppcUse *use) {
  return use->n_idx ? use->idx[0] : tppc_e_int(g->cx, 0);
}

bool cg_has_bound(Cg *g, const TppcExpr *e) {
  for (int i = 0; i < g->bound.n; i++)
    if (tppc_e_uses(e, g->bound.data[i].name))
      return true;
  return false;
}

/* Elements from lane to lane, 0 when that is not known. */
static int64_t step_of(Cg *g, const TppcExpr *e, const char *vsym) {
  const TppcExpr *c = tppc_e_coeff(g->cx, e, vsym, NULL);
  int64_t step;
  return c && tppc_e_const(c, &step) ? step : 0;
}

static CgStride expr_stride(Cg *g, const TppcExpr *e, const char *vsym) {
  if (vsym && cg_has_bound(g, e))
    return CG_OTHER;
  if (!vsym || !tppc_e_uses(e, vsym))
    return CG_INVARIANT;
  int64_t step = step_of(g, e, vsym);
  return step == 1 ? CG_UNIT : step > 1 && step <= TPPC_NEAR_STEP ? CG_NEAR : CG_OTHER;
}

CgStride cg_stride(Cg *g, const TppcUse *use, const char *vsym) {
  const TppcExpr *e = offset_of(g, use);
  CgStride stride = expr_stride(g, e, vsym);
  int bits = tppc_elem_bits(use->value->type->elem);
  if (bits >= 8 || stride == CG_INVARIANT || stride == CG_OTHER)
    return stride;
  if (stride == CG_NEAR || use->value->type->elem == TPP_TERNARY)
    return CG_OTHER;
  e = g->vector_lo ? tppc_e_subst1(g->cx, e, vsym, g->vector_lo) : NULL;
  return e && tppc_e_multiple_of(e, 8 / bits, &g->facts) ? CG_UNIT : CG_OTHER;
}

/* ---- masked vectors ---- */

static Val masked_load(Cg *g, CgSlot *s, Val ptr, LLVMTypeRef t, Val mask) {
  LLVMTypeRef over[2] = {t, g->t_ptr};
  unsigned id = LLVMLookupIntrinsicID("llvm.masked.load", 16);
  Val fn = LLVMGetIntrinsicDeclaration(g->mod, id, over, 2);
  Val args[4] = {ptr, cg_i32(g, (int32_t)align_of(s->type->elem)), mask, LLVMConstNull(t)};
  Val v = LLVMBuildCall2(g->b, LLVMIntrinsicGetType(g->lx, id, over, 2), fn, args, 4, "");
  tag(g, s, v);
  return v;
}

static void masked_store(Cg *g, CgSlot *s, Val ptr, Val bits, Val mask) {
  LLVMTypeRef over[2] = {LLVMTypeOf(bits), g->t_ptr};
  unsigned id = LLVMLookupIntrinsicID("llvm.masked.store", 17);
  Val fn = LLVMGetIntrinsicDeclaration(g->mod, id, over, 2);
  Val args[4] = {bits, ptr, cg_i32(g, (int32_t)align_of(s->type->elem)), mask};
  Val v = LLVMBuildCall2(g->b, LLVMIntrinsicGetType(g->lx, id, over, 2), fn, args, 4, "");
  tag(g, s, v);
}

/* Targets without masked moves, of narrow elements or at all: the lanes that exist are copied to or
 * from a whole vector on the stack. */
bool cg_lacks_masks(Cg *g, int elem) {
  int bytes = g->target.vector_bytes;
  return bytes == 16 || (bytes == 32 && tppc_elem_bits(elem) < 32);
}

static bool needs_copy(Cg *g, const CgSlot *s, Val left) {
  return left && cg_lacks_masks(g, s->type->elem);
}

static Val copy_bytes(Cg *g, const CgSlot *s, Val left) {
  return LLVMBuildNSWMul(g->b, left, cg_i64(g, tppc_elem_bits(s->type->elem) / 8), "");
}

static Val copied_load(Cg *g, CgSlot *s, Val ptr, LLVMTypeRef t, Val left) {
  Val whole = cg_alloca(g, t, 32, "tail");
  LLVMBuildStore(g->b, LLVMConstNull(t), whole);
  LLVMBuildMemCpy(g->b, whole, 32, ptr, align_of(s->type->elem), copy_bytes(g, s, left));
  return LLVMBuildLoad2(g->b, t, whole, "");
}

static void copied_store(Cg *g, CgSlot *s, Val ptr, Val bits, Val left) {
  Val whole = cg_alloca(g, LLVMTypeOf(bits), 32, "tail");
  LLVMBuildStore(g->b, bits, whole);
  LLVMBuildMemCpy(g->b, ptr, align_of(s->type->elem), whole, 32, copy_bytes(g, s, left));
}

Val cg_load_vector(Cg *g, CgSlot *s, Val offset, Val mask, Val left) {
  Val ptr = element_ptr(g, s, offset);
  LLVMTypeRef t = cg_lanes(g, cg_storage_type(g, s->type->elem), g->lanes);
  if (needs_copy(g, s, left))
    return copied_load(g, s, ptr, t, left);
  return mask ? masked_load(g, s, ptr, t, mask) : cg_load_bits(g, s, ptr, t);
}

void cg_store_vector(Cg *g, CgSlot *s, Val offset, Val bits, Val mask, Val left) {
  Val ptr = element_ptr(g, s, offset);
  if (needs_copy(g, s, left))
    copied_store(g, s, ptr, bits, left);
  else if (mask)
    masked_store(g, s, ptr, bits, mask);
  else
    cg_store_bits(g, s, ptr, bits);
}

/* Of the elements that `left` lanes need at this step, those of a vector `from` elements on. */
static Val near_mask(Cg *g, Val left, int64_t step, int64_t from) {
  Val lane[64];
  for (int i = 0; i < g->lanes; i++)
    lane[i] = cg_i64(g, from + i);
  Val n = LLVMBuildNSWMul(g->b, left, cg_i64(g, step), "");
  n = LLVMBuildNSWSub(g->b, n, cg_i64(g, step - 1), "");
  return LLVMBuildICmp(g->b, LLVMIntSLT, LLVMConstVector(lane, (unsigned)g->lanes),
                       cg_splat(g, n, g->lanes), "");
}

/* Every step-th element: as many vectors of neighbours, the last one ending with the last element
 * that is wanted, so that nothing behind it is touched. */
static Val near_load(Cg *g, CgSlot *s, const TppcExpr *e, int64_t step, Val left) {
  LLVMTypeRef t = cg_lanes(g, cg_storage_type(g, s->type->elem), g->lanes);
  int64_t lanes = g->lanes, whole = (lanes - 1) * step + 1;
  Val offset = cg_expr(g, e), all = LLVMGetPoison(t), pick[64];
  for (int64_t k = 0, begin = 0; k < step; k++, begin += lanes) {
    int64_t from = begin + lanes < whole ? begin : whole - lanes;
    Val ptr = element_ptr(g, s, LLVMBuildNSWAdd(g->b, offset, cg_i64(g, from), ""));
    Val part = left ? masked_load(g, s, ptr, t, near_mask(g, left, step, from))
                    : cg_load_bits(g, s, ptr, t);
    for (int64_t i = 0; i < lanes; i++) {
      bool here = i * step >= begin && i * step < begin + lanes;
      pick[i] = cg_i32(g, (int32_t)(here ? lanes + i * step - from : i));
    }
    all = LLVMBuildShuffleVector(g->b, all, part, LLVMConstVector(pick, (unsigned)lanes), "");
  }
  return all;
}

/* The vector dimension's symbol stands for its value in lane 0. */
int cg_lane_begin(Cg *g, const char *vsym, int i) {
  int n = 1;
  cg_sym_push(g, vsym, LLVMBuildNSWAdd(g->b, cg_sym(g, vsym), cg_i64(g, i), ""));
  for (int k = 0; k < g->bound.n; k++) {
    const CgBound *b = &g->bound.data[k];
    if (!b->v)
      continue;
    cg_sym_push(g, b->name, LLVMBuildExtractElement(g->b, b->v, cg_i64(g, i), ""));
    n++;
  }
  return n;
}

static Val lane_offset(Cg *g, CgTile *t, const TppcExpr *e, int i) {
  int n = cg_lane_begin(g, t->vsym, i);
  Val v = cg_expr(g, e);
  cg_sym_pop(g, n);
  return v;
}

/* ---- conditions ---- */

typedef struct Guard {
  LLVMBasicBlockRef from, join;
} Guard;

static Guard guard_begin(Cg *g, Val cond) {
  LLVMBasicBlockRef then = cg_block(g, "valid");
  Guard w = {LLVMGetInsertBlock(g->b), cg_block(g, "guarded")};
  LLVMBuildCondBr(g->b, cond, then, w.join);
  cg_enter(g, then);
  return w;
}

/* v where the condition held, else 0; NULL for NULL. */
static Val guard_end(Cg *g, Guard w, Val v) {
  LLVMBasicBlockRef then = LLVMGetInsertBlock(g->b);
  LLVMBuildBr(g->b, w.join);
  cg_enter(g, w.join);
  if (!v)
    return NULL;
  Val phi = LLVMBuildPhi(g->b, LLVMTypeOf(v), "");
  Val values[2] = {LLVMConstNull(LLVMTypeOf(v)), v};
  LLVMBasicBlockRef blocks[2] = {w.from, then};
  LLVMAddIncoming(phi, values, blocks, 2);
  return phi;
}

/* The condition of lane i. */
static Val lane_cond(Cg *g, CgTile *t, const TppcExpr *valid, int i) {
  int n = cg_lane_begin(g, t->vsym, i);
  Val v = cg_cond(g, valid);
  cg_sym_pop(g, n);
  return v;
}

static Val lane_mask(Cg *g, CgTile *t, const TppcExpr *valid, Val mask) {
  if (!valid)
    return mask;
  Val m = LLVMGetPoison(cg_lanes(g, g->t_i1, g->lanes));
  for (int i = 0; i < g->lanes; i++)
    m = LLVMBuildInsertElement(g->b, m, lane_cond(g, t, valid, i), cg_i64(g, i), "");
  return mask ? LLVMBuildAnd(g->b, m, mask, "") : m;
}

/* True when the condition differs between lanes. */
static bool varies(Cg *g, CgTile *t, const TppcExpr *valid) {
  return valid && g->lanes > 1 && (tppc_e_uses(valid, t->vsym) || cg_has_bound(g, valid));
}

static Val gather(Cg *g, CgTile *t, CgSlot *s, const TppcExpr *e, const TppcExpr *valid) {
  Val v = LLVMGetPoison(cg_lanes(g, cg_compute_type(g, s->type->elem), g->lanes));
  for (int i = 0; i < g->lanes; i++) {
    Guard w = {NULL, NULL};
    if (valid)
      w = guard_begin(g, lane_cond(g, t, valid, i));
    Val x = cg_load_element(g, s, lane_offset(g, t, e, i));
    if (valid)
      x = guard_end(g, w, x);
    v = LLVMBuildInsertElement(g->b, v, x, cg_i64(g, i), "");
  }
  return v;
}

static bool check_elements(Cg *g, const TppcUse *use, CgSlot **s) {
  *s = cg_slot(g, use->value);
  if (*s && (*s)->type->kind == TPPC_T_TENSOR)
    return true;
  cg_unsupported(g, use->span, "elements of what is no tensor");
  return false;
}

CgScalar cg_same(Cg *g, Val one, int elem) {
  return (CgScalar){.v = cg_splat(g, one, g->lanes), .one = one, .elem = elem};
}

static void define(Cg *g, TppcOp *op, CgScalar v) {
  CgScalar *p = TPPC_NEW(g->arena, CgScalar);
  *p = v;
  tppc_map_set(&g->scalars, op->results[0], p);
}

/* All lanes under one condition, or none; `valid` only when it varies. */
static CgScalar load_lanes(Cg *g, CgTile *t, CgSlot *s, const TppcUse *use, const TppcExpr *valid,
                           Val mask) {
  const TppcExpr *e = offset_of(g, use);
  int elem = s->type->elem;
  CgScalar r = {.elem = tppc_elem_compute(elem)};
  CgStride stride = g->lanes == 1 ? CG_INVARIANT : cg_stride(g, use, t->vsym);
  if (stride == CG_OTHER || (valid && (stride != CG_UNIT || is_packed(s)))) {
    r.v = gather(g, t, s, e, valid);
  } else if (is_packed(s) && stride == CG_UNIT) {
    r.v = cg_load_packed_vector(g, s, cg_expr(g, e), t->left);
  } else if (is_packed(s)) {
    r = cg_same(g, cg_load_element(g, s, cg_expr(g, e)), r.elem);
  } else if (stride == CG_NEAR) {
    r.raw = near_load(g, s, e, step_of(g, e, t->vsym), t->left);
  } else if (stride == CG_UNIT) {
    r.raw =
        cg_load_vector(g, s, cg_expr(g, e), lane_mask(g, t, valid, mask), valid ? NULL : t->left);
  } else {
    Val ptr = element_ptr(g, s, cg_expr(g, e));
    Val bits = cg_load_bits(g, s, ptr, cg_storage_type(g, elem));
    r = cg_same(g, cg_widen(g, bits, elem, 1), r.elem);
    r.raw = cg_splat(g, bits, g->lanes);
  }
  return r;
}

/* Whether no later tile of the loop around reads the tensor. */
static bool reads_last(const CgTile *t, const TppcValue *tensor) {
  for (const TppcOp *op = t->op->next; op; op = op->next)
    for (const TppcOp *in = op->kind == TPPC_OP_TILE ? op->regions[0].first : NULL; in;
         in = in->next)
      if (in->kind == TPPC_OP_LOAD && in->uses[0].value == tensor)
        return false;
  return true;
}

/* A row that several tiles go over is in the cache after the first one, which waits for memory
 * while the others do not ask for any. So the last one that reads it asks for the next row. */
static void prefetch_row(Cg *g, CgTile *t, CgSlot *s, const TppcUse *use, Val mask) {
  enum { LINE = 64, READ = 0, KEEP = 3, DATA = 1 };
  int bytes = tppc_elem_bits(s->type->elem) / 8;
  if (!g->rows || !t->vsym || mask || g->lanes == 1 || bytes == 0 || s->kind != CG_POINTER ||
      cg_stride(g, use, t->vsym) != CG_UNIT || t->slot * t->lanes * bytes % LINE ||
      !tppc_e_uses(offset_of(g, use), g->rows) || !reads_last(t, use->value))
    return;
  const TppcExpr *next = tppc_e_coeff(g->cx, offset_of(g, use), g->rows, NULL);
  if (!next)
    return;
  Val at = LLVMBuildNSWAdd(g->b, cg_expr(g, offset_of(g, use)), cg_expr(g, next), "");
  LLVMTypeRef elem = cg_storage_type(g, s->type->elem);
  for (int i = 0; i < g->lanes * bytes; i += LINE) {
    Val to = LLVMBuildAdd(g->b, at, cg_i64(g, i / bytes), "");
    Val args[4] = {LLVMBuildGEP2(g->b, elem, cg_slot_elements(g, s), &to, 1, ""), cg_i32(g, READ),
                   cg_i32(g, KEEP), cg_i32(g, DATA)};
    cg_intrinsic(g, "llvm.prefetch", g->t_ptr, args, 4);
  }
}

void cg_load(Cg *g, CgTile *t, TppcOp *load, Val mask) {
  CgSlot *s;
  if (!check_elements(g, &load->uses[0], &s))
    return;
  const TppcExpr *valid = tppc_attr_expr(load, "valid");
  bool branch = valid && !varies(g, t, valid);
  Val *row = cg_across_row(g, t, load);
  if (row) {
    CgScalar across = {.raw = *row, .raw_elem = s->type->elem};
    across.elem = tppc_elem_compute(s->type->elem);
    across.v = cg_widen(g, across.raw, across.raw_elem, g->lanes);
    define(g, load, across);
    return;
  }
  Guard w = {NULL, NULL};
  if (branch)
    w = guard_begin(g, cg_cond(g, valid));
  CgScalar r = load_lanes(g, t, s, &load->uses[0], branch ? NULL : valid, mask);
  prefetch_row(g, t, s, &load->uses[0], mask);
  r.raw_elem = r.raw ? s->type->elem : 0;
  if (branch) {
    r.one = NULL;
    if (r.raw)
      r.raw = guard_end(g, w, r.raw);
    else
      r.v = guard_end(g, w, r.v);
  }
  if (r.raw && !r.one)
    r.v = cg_widen(g, r.raw, r.raw_elem, g->lanes);
  define(g, load, r);
}

CgScalar cg_operand(Cg *g, const TppcUse *use) {
  CgScalar *p = tppc_map_get(&g->scalars, use->value);
  if (p)
    return *p;
  CgScalar r = {.elem = TPP_F32};
  CgSlot *s = cg_slot(g, use->value);
  if (!s || s->kind != CG_SCALAR) {
    cg_unsupported(g, use->span, "a whole tensor as a value");
    r.v = LLVMGetPoison(cg_lanes(g, g->t_f32, g->lanes));
    return r;
  }
  int elem = s->type->elem;
  Val v = cg_slot_value(g, s);
  r.elem = tppc_elem_compute(elem);
  if (elem == TPP_BIT)
    v = LLVMBuildTrunc(g->b, v, g->t_i1, "");
  else if (elem == TPP_I4)
    v = LLVMBuildSExt(g->b, v, g->t_i32, "");
  return cg_same(g, cg_widen(g, v, elem, 1), r.elem);
}

/* ---- updates ---- */

Val cg_identity(Cg *g, TppcUpdate u, int elem, int lanes) {
  LLVMTypeRef t = cg_lanes(g, cg_compute_type(g, elem), lanes);
  bool narrow = elem == TPP_I32;
  if (tppc_elem_is_float(elem)) {
    double inf = (double)INFINITY;
    return cg_const_f(g, t, u == TPPC_ADD ? -0.0 : u == TPPC_MUL ? 1 : u == TPPC_MAX ? -inf : inf);
  }
  int64_t lo = narrow ? INT32_MIN : INT64_MIN, hi = narrow ? INT32_MAX : INT64_MAX;
  return cg_const_i(g, t, u == TPPC_ADD ? 0 : u == TPPC_MUL ? 1 : u == TPPC_MAX ? lo : hi);
}

static Val contract(Val v) {
  if (LLVMIsAInstruction(v) && LLVMCanValueUseFastMathFlags(v))
    LLVMSetFastMathFlags(v, LLVMFastMathAllowContract);
  return v;
}

static Val update_float(Cg *g, TppcUpdate u, Val a, Val b) {
  switch (u) {
  case TPPC_ADD:
    return contract(LLVMBuildFAdd(g->b, a, b, ""));
  case TPPC_MUL:
    return LLVMBuildFMul(g->b, a, b, "");
  case TPPC_MAX:
    return cg_intrinsic(g, "llvm.maximum", LLVMTypeOf(a), (Val[]){a, b}, 2);
  case TPPC_MIN:
    return cg_intrinsic(g, "llvm.minimum", LLVMTypeOf(a), (Val[]){a, b}, 2);
  case TPPC_SET:
    break;
  }
  return b;
}

Val cg_update(Cg *g, TppcUpdate u, int elem, Val a, Val b) {
  if (tppc_elem_is_float(elem))
    return update_float(g, u, a, b);
  switch (u) {
  case TPPC_ADD:
    return LLVMBuildAdd(g->b, a, b, "");
  case TPPC_MUL:
    return LLVMBuildMul(g->b, a, b, "");
  case TPPC_MAX:
    return cg_max(g, a, b);
  case TPPC_MIN:
    return cg_min(g, a, b);
  case TPPC_SET:
    break;
  }
  return b;
}

/* Threads own elements, not bytes: a packed element may share its byte with another thread's,
 * unless tiles start on whole bytes, which then are also where the tiles before them end. */
static bool shares_bytes(Cg *g, CgTile *t, const CgSlot *s, const TppcExpr *e) {
  if (!g->parallel || !is_packed(s) || s->kind == CG_STACK || s->kind == CG_THREAD)
    return false;
  if (t->vsym && expr_stride(g, e, t->vsym) == CG_UNIT)
    e = tppc_e_subst1(g->cx, e, t->vsym, t->op->dims[t->op->n_dims - 1].lo);
  return !tppc_e_multiple_of(e, 8 / tppc_elem_bits(s->type->elem), &g->facts);
}

static void store_packed_vector(Cg *g, CgTile *t, CgSlot *s, const TppcExpr *e, CgScalar in) {
  Val v = cg_narrow(g, in.v, in.elem, s->type->elem, g->lanes);
  g->atomic = t->left && shares_bytes(g, t, s, e);
  cg_store_packed_vector(g, s, cg_expr(g, e), v, t->left);
  g->atomic = false;
}

/* One element at a time, in lane order. */
static void scatter(Cg *g, CgTile *t, CgSlot *s, const TppcOp *store, CgScalar in,
                    const TppcExpr *valid) {
  const TppcExpr *e = offset_of(g, &store->uses[1]);
  TppcUpdate u = tppc_op_update(store);
  int lanes = g->lanes, elem = tppc_elem_compute(s->type->elem);
  g->atomic = shares_bytes(g, t, s, e);
  for (int i = 0; i < lanes; i++) {
    Guard w = {NULL, NULL};
    if (valid)
      w = guard_begin(g, lane_cond(g, t, valid, i));
    Val v = lanes == 1 ? in.v : LLVMBuildExtractElement(g->b, in.v, cg_i64(g, i), "");
    Val at = lanes == 1 ? cg_expr(g, e) : lane_offset(g, t, e, i);
    int from = in.elem;
    if (cg_is_atomic(g, store)) {
      cg_atomic_update(g, s, at, u, cg_convert(g, v, from, elem, 1));
    } else if (u != TPPC_SET) {
      v = cg_update(g, u, elem, cg_load_element(g, s, at), cg_convert(g, v, from, elem, 1));
      cg_store_element(g, s, at, v, elem);
    } else {
      cg_store_element(g, s, at, v, from);
    }
    if (valid)
      guard_end(g, w, NULL);
  }
  g->atomic = false;
}

static Val stored_bits(Cg *g, CgSlot *s, CgScalar in) {
  int elem = s->type->elem;
  if (in.raw && in.raw_elem == elem)
    return in.raw;
  if (in.plain_nan && elem == TPP_BF16)
    return cg_narrow_plain(g, in.v, g->lanes);
  return cg_narrow(g, in.v, in.elem, elem, g->lanes);
}

static void store_vector(Cg *g, CgTile *t, const TppcOp *store, CgScalar in, Val mask, Val left) {
  CgSlot *s = cg_slot(g, store->uses[1].value);
  TppcUpdate u = tppc_op_update(store);
  Val at = cg_expr(g, offset_of(g, &store->uses[1]));
  int elem = s->type->elem, c = tppc_elem_compute(elem);
  Val bits;
  if (u == TPPC_SET) {
    bits = stored_bits(g, s, in);
    if (cg_stream_later(g, t, store, element_ptr(g, s, at), bits))
      return;
  } else {
    Val old = cg_widen(g, cg_load_vector(g, s, at, mask, left), elem, g->lanes);
    Val v = cg_update(g, u, c, old, cg_convert(g, in.v, in.elem, c, g->lanes));
    bits = cg_narrow(g, v, c, elem, g->lanes);
  }
  cg_store_vector(g, s, at, bits, mask, left);
}

static bool goes_lane_by_lane(Cg *g, CgTile *t, const TppcOp *store, const CgSlot *s,
                              const TppcExpr *valid) {
  if (cg_stride(g, &store->uses[1], t->vsym) != CG_UNIT || cg_is_atomic(g, store))
    return true;
  return is_packed(s) && (valid || tppc_op_update(store) != TPPC_SET);
}

void cg_store(Cg *g, CgTile *t, TppcOp *store, Val mask, int slot) {
  CgScalar in = cg_operand(g, &store->uses[0]);
  in.plain_nan = in.elem == TPP_F32 && cg_nan_of(store->uses[0].value, 0) == CG_NAN_PLAIN;
  const TppcUse *to = &store->uses[1];
  CgSlot *s;
  if (!check_elements(g, to, &s))
    return;
  const TppcExpr *valid = tppc_attr_expr(store, "valid");
  bool branch = valid && !varies(g, t, valid);
  Guard w = {NULL, NULL};
  if (branch) {
    w = guard_begin(g, cg_cond(g, valid));
    valid = NULL;
  }
  CgReduction *r = cg_reduction_of(t, store);
  Val *row = cg_across_row(g, t, store);
  if (row)
    *row = stored_bits(g, s, in);
  else if (r)
    cg_accumulate(g, t, r, in, lane_mask(g, t, valid, mask), slot);
  else if (g->lanes == 1 ? is_packed(s) || cg_is_atomic(g, store)
                         : goes_lane_by_lane(g, t, store, s, valid))
    scatter(g, t, s, store, in, valid);
  else if (is_packed(s))
    store_packed_vector(g, t, s, offset_of(g, to), in);
  else
    store_vector(g, t, store, in, lane_mask(g, t, valid, mask), valid ? NULL : t->left);
  if (branch)
    guard_end(g, w, NULL);
}
