/* Nests: local functions (frame, tid, nthreads, team) with the control structure of the rt dialect.
 */
#include "llvm/cg.h"
#include <string.h>

/* Tiles with points, directly inside. */
static int count_tiles(const TppcOp *loop) {
  int n = 0;
  for (const TppcOp *op = loop->regions[0].first; op; op = op->next)
    n += op->kind == TPPC_OP_TILE && op->n_dims;
  return n;
}

static void lower_for(Cg *g, TppcOp *op) {
  const TppcDim *d = &op->dims[0];
  const char *outside = g->rows;
  g->rows = count_tiles(op) > 1 ? d->sym : NULL;
  CgLoop l = cg_loop_begin(g, cg_expr(g, d->lo), cg_expr(g, d->hi), cg_expr(g, d->step), d->sym);
  cg_sym_push(g, d->sym, l.iv);
  cg_region(g, &op->regions[0]);
  cg_sym_pop(g, 1);
  cg_debug_at(g, op->span);
  cg_loop_end(g, &l);
  g->rows = outside;
}

static Val load_invariant(Cg *g, CgSlot *s, LLVMTypeRef t, Val base, Val at) {
  Val v = LLVMBuildLoad2(g->b, t, LLVMBuildInBoundsGEP2(g->b, t, base, &at, 1, ""), "");
  LLVMSetMetadata(v, LLVMGetMDKindIDInContext(g->lx, "noalias", 7),
                  LLVMMetadataAsValue(g->lx, s->noalias_all));
  return v;
}

/* for e in ptr[line] .. ptr[line + 1]: the first row or column of entry e is idx[e] blocks. */
CgLoop cg_walk_begin(Cg *g, const TppcOp *op) {
  CgSlot *s = cg_slot(g, op->uses[0].value);
  Val ptr = cg_slot_array(g, s, CG_ARRAY_PTR), idx = cg_slot_array(g, s, CG_ARRAY_IDX);
  Val line = cg_expr(g, op->uses[0].idx[0]);
  Val next = LLVMBuildNSWAdd(g->b, line, cg_i64(g, 1), "");
  const char *at = tppc_attr_word(op, "at");
  CgLoop l = cg_loop_begin(g, load_invariant(g, s, g->t_i64, ptr, line),
                           load_invariant(g, s, g->t_i64, ptr, next), cg_i64(g, 1), at);
  Val minor = LLVMBuildSExt(g->b, load_invariant(g, s, g->t_i32, idx, l.iv), g->t_i64, "");
  cg_sym_push(g, at, l.iv);
  cg_sym_push(g, op->dims[0].sym,
              LLVMBuildNSWMul(g->b, minor, cg_expr(g, op->dims[0].step), op->dims[0].sym));
  return l;
}

void cg_walk_end(Cg *g, CgLoop *l) {
  cg_sym_pop(g, 2);
  cg_loop_end(g, l);
}

/* One tile may take the walk inside of its vectors. */
static void lower_walk(Cg *g, TppcOp *op) {
  TppcOp *only = op->regions[0].first;
  if (only && !only->next && only->kind == TPPC_OP_TILE && cg_tile_walked(g, only, op))
    return;
  CgLoop l = cg_walk_begin(g, op);
  cg_region(g, &op->regions[0]);
  cg_debug_at(g, op->span);
  cg_walk_end(g, &l);
}

static void lower_if(Cg *g, TppcOp *op) {
  LLVMBasicBlockRef then = cg_block(g, "then"), next = cg_block(g, "endif");
  LLVMBuildCondBr(g->b, cg_cond(g, tppc_attr_expr(op, "when")), then, next);
  cg_enter(g, then);
  cg_region(g, &op->regions[0]);
  LLVMBuildBr(g->b, next);
  cg_enter(g, next);
}

/* A nest that runs alone has no team to wait for. */
static void barrier(Cg *g) {
  cg_stream_order(g);
  LLVMBasicBlockRef wait = cg_block(g, "wait"), next = cg_block(g, "met");
  Val many = LLVMBuildICmp(g->b, LLVMIntSGT, g->nthreads, cg_i64(g, 1), "");
  LLVMBuildCondBr(g->b, many, wait, next);
  cg_enter(g, wait);
  cg_call(g, "tpp_team_barrier", g->t_void, &g->t_ptr, &g->team, 1);
  LLVMBuildBr(g->b, next);
  cg_enter(g, next);
}

/* Address of the element that a use means: its offset counts elements of the storage. */
static Val address(Cg *g, const TppcUse *use) {
  CgSlot *s = cg_slot(g, use->value);
  Val base = cg_slot_elements(g, s);
  if (use->n_idx == 0)
    return base;
  Val offset = cg_expr(g, use->idx[0]);
  int bits = tppc_elem_bits(s->type->elem);
  Val bytes = bits >= 8 ? LLVMBuildNSWMul(g->b, offset, cg_i64(g, bits / 8), "")
                        : LLVMBuildAShr(g->b, offset,
                                        cg_i64(g, bits == 4   ? 1
                                                  : bits == 2 ? 2
                                                              : 3),
                                        "");
  return cg_ptr_add(g, base, bytes);
}

static void int_args(Cg *g, TppcOp *op, const char *const *keys, int n, Val *args) {
  for (int i = 0; i < n; i++)
    args[i] =
        cg_expr(g, cg_attr(g, op, keys[i], !strcmp(keys[i], "br") || !strcmp(keys[i], "beta")));
}

static void call_kernel(Cg *g, TppcOp *op, Val b_operand, const char *const *keys) {
  LLVMTypeRef types[9] = {g->t_ptr, g->t_ptr, g->t_ptr, g->t_ptr, g->t_i64,
                          g->t_i64, g->t_i64, g->t_i64, g->t_i64};
  LLVMTypeRef more[10];
  bool sgemm = op->kind == TPPC_OP_SGEMM;
  unsigned n = sgemm ? 10 : 9;
  memcpy(more, types, sizeof types);
  more[9] = g->t_i64;
  LLVMTypeRef fn_type = LLVMFunctionType(g->t_void, more, n, false);
  Val args[10];
  args[0] = cg_slot_value(g, cg_slot(g, op->uses[0].value));
  args[1] = address(g, &op->uses[2]);
  args[2] = b_operand;
  args[3] = address(g, &op->uses[1]);
  int_args(g, op, keys, (int)n - 4, args + 4);
  /* fn is the first field; loaded once a nest, in the prologue. */
  LLVMBasicBlockRef at = LLVMGetInsertBlock(g->b);
  LLVMPositionBuilderAtEnd(g->b, g->prologue);
  Val fn = LLVMBuildLoad2(g->b, g->t_ptr, args[0], "kernel");
  LLVMPositionBuilderAtEnd(g->b, at);
  LLVMBuildCall2(g->b, fn_type, fn, args, n, "");
}

static void lower_brgemm(Cg *g, TppcOp *op) {
  static const char *const keys[] = {"m", "n", "k", "br", "beta"};
  if (cg_is_generated(op->uses[0].value->def)) {
    Val a = address(g, &op->uses[2]), b = address(g, &op->uses[3]);
    cg_product_call(g, op, a, b, address(g, &op->uses[1]));
    return;
  }
  call_kernel(g, op, address(g, &op->uses[3]), keys);
}

static void lower_sgemm(Cg *g, TppcOp *op) {
  static const char *const keys[] = {"m", "n", "k", "n0", "k0", "beta"};
  call_kernel(g, op, cg_slot_value(g, cg_slot(g, op->uses[3].value)), keys);
}

static void lower(Cg *g, TppcOp *op) {
  cg_debug_at(g, op->span);
  switch (op->kind) {
  case TPPC_OP_FOR:
    lower_for(g, op);
    break;
  case TPPC_OP_WALK:
    lower_walk(g, op);
    break;
  case TPPC_OP_PAR:
    cg_par(g, op);
    break;
  case TPPC_OP_IF:
    lower_if(g, op);
    break;
  case TPPC_OP_BARRIER:
    barrier(g);
    break;
  case TPPC_OP_TILE:
    cg_tile(g, op);
    break;
  case TPPC_OP_BRGEMM:
    lower_brgemm(g, op);
    break;
  case TPPC_OP_SGEMM:
    lower_sgemm(g, op);
    break;
  case TPPC_OP_PREFETCH:
    cg_prefetch(g, op);
    break;
  case TPPC_OP_BUFFER:
    break;
  default: /* what the verifier does not admit in a nest of level rt */
    cg_unsupported(g, op->span, "this operation inside a scheduled nest");
    break;
  }
}

void cg_region(Cg *g, TppcRegion *r) {
  for (TppcOp *op = r->first; op && !g->fail; op = op->next)
    lower(g, op);
}

void cg_nest(Cg *g, TppcOp *nest, Val fn) {
  cg_function_begin(g, fn);
  cg_debug_function(g, fn, LLVMGetValueName2(fn, &(size_t){0}), nest->span);
  g->frame = LLVMGetParam(fn, 0);
  g->tid = LLVMGetParam(fn, 1);
  g->nthreads = LLVMGetParam(fn, 2);
  g->team = LLVMGetParam(fn, 3);
  g->parallel = tppc_attr_int(nest, "parallel", 1) != 0;
  cg_sym_push(g, tppc_intern(g->cx->names, "tid"), g->tid);
  cg_sym_push(g, tppc_intern(g->cx->names, "nthreads"), g->nthreads);
  cg_stream_nest(g, nest);
  cg_region(g, &nest->regions[0]);
  cg_stream_order(g);
  LLVMBuildRetVoid(g->b);
  cg_function_end(g);
  g->parallel = false;
}
