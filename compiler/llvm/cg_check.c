/* What a compiled function checks of its arguments before it does anything. */
#include "llvm/cg.h"
#include <string.h>
#include <tpp/ternary.h>

static Val never(Cg *g) {
  return LLVMConstInt(g->t_i1, 0, false);
}

/* The object's instruction sets, whatever TPP_ISA hides from the runtime's own choice. */
static void check_isa(Cg *g) {
  Val have = cg_call(g, "tpp_cpu_isas_unmasked", g->t_i32, NULL, NULL, 0);
  Val need = cg_i32(g, (int32_t)g->target.isas);
  Val both = LLVMBuildAnd(g->b, have, need, "");
  cg_fail_if(g, LLVMBuildICmp(g->b, LLVMIntNE, both, need, ""), TPP_ERR_ISA);
}

static void check_size(Cg *g, TppcOp *op) {
  const TppcExpr *value = tppc_attr_expr(op, "value");
  CgSlot *s = NULL;
  for (int i = 0; i < g->slots.n; i++)
    if (g->slots.data[i].op == op)
      s = &g->slots.data[i];
  Val bad = never(g), v;
  if (value) {
    v = cg_expr_checked(g, value, &bad);
    cg_sym_push(g, op->name, v);
    tppc_map_set(&g->slot_values, s, v);
    LLVMBuildStore(g->b, v, cg_slot_address(g, s, 0));
  } else {
    v = cg_sym(g, op->name);
  }
  Val negative = LLVMBuildICmp(g->b, LLVMIntSLT, v, cg_i64(g, 0), "");
  cg_fail_if(g, LLVMBuildOr(g->b, bad, negative, ""), TPP_ERR_SIZE);
}

static void check_require(Cg *g, TppcOp *op) {
  const TppcExpr *when = tppc_attr_expr(op, "when");
  const char *status = tppc_attr_word(op, "status");
  if (!when)
    return;
  Val bad = never(g);
  Val v = cg_expr_checked(g, when, &bad);
  cg_fail_if(g, bad, TPP_ERR_SIZE);
  int code = !status                     ? TPP_ERR_PROMISE
             : !strcmp(status, "size")   ? TPP_ERR_SIZE
             : !strcmp(status, "index")  ? TPP_ERR_INDEX
             : !strcmp(status, "format") ? TPP_ERR_FORMAT
                                         : TPP_ERR_PROMISE;
  cg_fail_if(g, LLVMBuildICmp(g->b, LLVMIntEQ, v, cg_i64(g, 0), ""), code);
}

static bool is_tensor(const CgSlot *s) {
  return s->type && s->type->kind == TPPC_T_TENSOR;
}
static bool is_dense(const CgSlot *s) {
  return s->type->storage == TPP_STORE_DENSE;
}
static bool is_param(const CgSlot *s) {
  return s->op->kind == TPPC_OP_PARAM;
}

static bool is_written(const CgSlot *s) {
  const char *mode = tppc_attr_word(s->op, "mode");
  return mode && strcmp(mode, "in") != 0;
}

/* No extent is negative and no tensor is larger than the address space. */
static void check_bytes(Cg *g, const CgSlot *s) {
  Val bad = never(g), zero = cg_i64(g, 0);
  for (int d = 0; d < s->type->rank; d++) {
    Val extent = cg_expr_checked(g, s->type->dims[d], &bad);
    bad = LLVMBuildOr(g->b, bad, LLVMBuildICmp(g->b, LLVMIntSLT, extent, zero, ""), "");
  }
  if (is_dense(s)) {
    Val bytes = cg_expr_checked(g, cg_bytes(g, s->type), &bad);
    Val limit = cg_i64(g, INT64_MAX - 64);
    bad = LLVMBuildOr(g->b, bad, LLVMBuildICmp(g->b, LLVMIntSGT, bytes, limit, ""), "");
    bad = LLVMBuildOr(g->b, bad, LLVMBuildICmp(g->b, LLVMIntSLT, bytes, zero, ""), "");
  }
  if (s->type->ld && s->type->rank > 0) {
    Val ld = cg_expr_checked(g, s->type->ld, &bad);
    Val row = cg_expr_checked(g, s->type->dims[s->type->rank - 1], &bad);
    bad = LLVMBuildOr(g->b, bad, LLVMBuildICmp(g->b, LLVMIntSLT, ld, row, ""), "");
  }
  cg_fail_if(g, bad, TPP_ERR_SIZE);
}

/* What a tensor occupies; nothing where rows are empty, however far apart they would be. */
static Val bytes_of(Cg *g, const CgSlot *s) {
  Val bytes = cg_expr(g, cg_bytes(g, s->type));
  if (!s->type->ld || s->type->rank < 1)
    return bytes;
  Val zero = cg_i64(g, 0), row = cg_expr(g, s->type->dims[s->type->rank - 1]);
  Val none = LLVMBuildICmp(g->b, LLVMIntEQ, row, zero, "");
  return LLVMBuildSelect(g->b, none, zero, bytes, "");
}

static void check_null(Cg *g, CgSlot *s) {
  Val null = LLVMBuildIsNull(g->b, cg_slot_value(g, s), "");
  if (is_dense(s)) {
    Val some = LLVMBuildICmp(g->b, LLVMIntNE, bytes_of(g, s), cg_i64(g, 0), "");
    null = LLVMBuildAnd(g->b, null, some, "");
  }
  cg_fail_if(g, null, TPP_ERR_NULL);
}

/* [a, a + na) and [b, b + nb) share a byte. */
static Val overlap(Cg *g, Val a, Val na, Val b, Val nb) {
  Val ia = LLVMBuildPtrToInt(g->b, a, g->t_i64, ""), ib = LLVMBuildPtrToInt(g->b, b, g->t_i64, "");
  Val a_first = LLVMBuildICmp(g->b, LLVMIntULT, LLVMBuildSub(g->b, ib, ia, ""), na, "");
  Val b_first = LLVMBuildICmp(g->b, LLVMIntULT, LLVMBuildSub(g->b, ia, ib, ""), nb, "");
  Val zero = cg_i64(g, 0);
  Val some = LLVMBuildAnd(g->b, LLVMBuildICmp(g->b, LLVMIntNE, na, zero, ""),
                          LLVMBuildICmp(g->b, LLVMIntNE, nb, zero, ""), "");
  return LLVMBuildAnd(g->b, some, LLVMBuildOr(g->b, a_first, b_first, ""), "");
}

/* Bytes of n elements, at least one a byte: only for tensors with a leading dimension. */
static Val element_bytes(Cg *g, const CgSlot *s, const TppcExpr *n) {
  const TppcExpr *bits = tppc_e_mul(g->cx, n, tppc_e_int(g->cx, tppc_elem_bits(s->type->elem)));
  return cg_expr(g, tppc_e_ceildiv(g->cx, bits, tppc_e_int(g->cx, 8)));
}

/* From the first element to the last: the padding of the last row belongs to somebody else. */
static Val span_of(Cg *g, CgSlot *s) {
  Val bytes = bytes_of(g, s);
  if (!s->type->ld || !s->type->rank)
    return bytes;
  Val pitch = element_bytes(g, s, s->type->ld);
  Val row = element_bytes(g, s, s->type->dims[s->type->rank - 1]);
  Val exact = LLVMBuildAdd(g->b, LLVMBuildSub(g->b, bytes, pitch, ""), row, "");
  Val none = LLVMBuildICmp(g->b, LLVMIntEQ, bytes, cg_i64(g, 0), "");
  return LLVMBuildSelect(g->b, none, bytes, exact, "");
}

/* Two tensors with a leading dimension may be column ranges of one matrix: rows of one pitch, of
 * which each uses a part that the other does not. */
static Val side_by_side(Cg *g, CgSlot *a, CgSlot *b) {
  LLVMBuilderRef x = g->b;
  Val pitch = element_bytes(g, a, a->type->ld);
  Val same = LLVMBuildICmp(x, LLVMIntEQ, pitch, element_bytes(g, b, b->type->ld), "");
  same = LLVMBuildAnd(x, same, LLVMBuildICmp(x, LLVMIntSGT, pitch, cg_i64(g, 0), ""), "");
  Val ia = LLVMBuildPtrToInt(x, cg_slot_value(g, a), g->t_i64, "");
  Val ib = LLVMBuildPtrToInt(x, cg_slot_value(g, b), g->t_i64, "");
  Val rest = LLVMBuildSRem(x, LLVMBuildSub(x, ib, ia, ""),
                           LLVMBuildSelect(x, same, pitch, cg_i64(g, 1), ""), "");
  Val negative = LLVMBuildICmp(x, LLVMIntSLT, rest, cg_i64(g, 0), "");
  Val at = LLVMBuildAdd(x, rest, LLVMBuildSelect(x, negative, pitch, cg_i64(g, 0), ""), "");
  Val na = element_bytes(g, a, a->type->dims[a->type->rank - 1]);
  Val nb = element_bytes(g, b, b->type->dims[b->type->rank - 1]);
  Val after = LLVMBuildICmp(x, LLVMIntSGE, at, na, "");
  Val before = LLVMBuildICmp(x, LLVMIntSLE, LLVMBuildAdd(x, at, nb, ""), pitch, "");
  return LLVMBuildAnd(x, same, LLVMBuildAnd(x, after, before, ""), "");
}

static Val check_overlaps(Cg *g, int i, Val bad) {
  CgSlot *w = &g->slots.data[i];
  for (int k = 0; k < g->slots.n; k++) {
    CgSlot *s = &g->slots.data[k];
    bool pair = is_tensor(s) && is_param(s) && is_dense(s) && k != i && (k > i || !is_written(s));
    if (!pair)
      continue;
    Val both = overlap(g, cg_slot_value(g, w), span_of(g, w), cg_slot_value(g, s), span_of(g, s));
    if (w->type->ld && s->type->ld && w->type->rank && s->type->rank)
      both = LLVMBuildAnd(g->b, both, LLVMBuildNot(g->b, side_by_side(g, w, s), ""), "");
    bad = LLVMBuildOr(g->b, bad, both, "");
  }
  return bad;
}

static Val check_sparse(Cg *g, CgSlot *s) {
  const TppcType *t = s->type;
  bool csr = t->storage == TPP_STORE_CSR;
  LLVMTypeRef types[6] = {g->t_ptr, g->t_i32, g->t_i64, g->t_i64, g->t_i64, g->t_i64};
  Val args[6] = {
      cg_slot_value(g, s),    cg_i32(g, t->storage),           cg_expr(g, t->dims[0]),
      cg_expr(g, t->dims[1]), cg_i64(g, csr ? 1 : t->block_r), cg_i64(g, csr ? 1 : t->block_c)};
  return cg_call(g, "tpp_check_sparse", g->t_i32, types, args, 6);
}

/* ---- arrays behind structured arguments ---- */

typedef struct Array {
  Val at, bytes;
} Array;

static Val field(Cg *g, CgSlot *s, LLVMTypeRef t, size_t offset) {
  return LLVMBuildLoad2(g->b, t, cg_ptr_add(g, cg_slot_value(g, s), cg_i64(g, (int64_t)offset)),
                        "");
}

static Val times(Cg *g, Val a, int64_t b) {
  return LLVMBuildMul(g->b, a, cg_i64(g, b), "");
}

static int sparse_arrays(Cg *g, CgSlot *s, Array *a) {
  const TppcType *t = s->type;
  bool csr = t->storage == TPP_STORE_CSR, columns = t->storage == TPP_STORE_BCSC;
  int64_t r = csr ? 1 : t->block_r, c = csr ? 1 : t->block_c;
  const TppcExpr *major = columns ? tppc_e_ceildiv(g->cx, t->dims[1], tppc_e_int(g->cx, c))
                                  : tppc_e_ceildiv(g->cx, t->dims[0], tppc_e_int(g->cx, r));
  Val nnz = field(g, s, g->t_i64, offsetof(tpp_csr, nnz));
  Val lines = LLVMBuildAdd(g->b, cg_expr(g, major), cg_i64(g, 1), "");
  int64_t block = (r * c * tppc_elem_bits(t->elem) + 7) / 8;
  a[0] = (Array){field(g, s, g->t_ptr, offsetof(tpp_csr, ptr)), times(g, lines, 8)};
  a[1] = (Array){field(g, s, g->t_ptr, offsetof(tpp_csr, idx)), times(g, nnz, 4)};
  a[2] = (Array){field(g, s, g->t_ptr, offsetof(tpp_csr, val)), times(g, nnz, block)};
  return 3;
}

static int ternary_arrays(Cg *g, CgSlot *s, Array *a) {
  const TppcType *t = s->type;
  TppcContext *cx = g->cx;
  const TppcExpr *groups =
      t->group > 0 ? tppc_e_ceildiv(cx, t->dims[0], tppc_e_int(cx, t->group)) : tppc_e_int(cx, 1);
  const TppcExpr *blocks = tppc_e_ceildiv(cx, t->dims[0], tppc_e_int(cx, TPP_TERNARY_ROWS));
  const TppcExpr *panels = tppc_e_ceildiv(cx, t->dims[1], tppc_e_int(cx, TPP_TERNARY_COLS));
  int64_t planes = t->planes ? t->planes : 1;
  Val codes = cg_expr(g, tppc_e_mul(cx, blocks, panels));
  Val scales = times(g, cg_expr(g, tppc_e_mul(cx, groups, panels)), planes * TPP_TERNARY_COLS);
  Val units = times(g, cg_expr(g, panels), planes * TPP_TERNARY_COLS * 4);
  /* Scales are bytes where there are units. */
  Val unit = field(g, s, g->t_ptr, offsetof(tpp_ternary, units));
  Val floats = LLVMBuildIsNull(g->b, unit, "");
  scales = LLVMBuildSelect(g->b, floats, times(g, scales, 4), scales, "");
  units = LLVMBuildSelect(g->b, floats, cg_i64(g, 0), units, "");
  a[0] = (Array){field(g, s, g->t_ptr, offsetof(tpp_ternary, codes)),
                 times(g, codes, planes * TPP_TERNARY_BLOCK)};
  a[1] = (Array){field(g, s, g->t_ptr, offsetof(tpp_ternary, scales)), scales};
  a[2] = (Array){unit, units};
  return 3;
}

static int arrays_of(Cg *g, CgSlot *s, Array *a) {
  return s->type->storage == TPP_STORE_TERNARY ? ternary_arrays(g, s, a) : sparse_arrays(g, s, a);
}

/* The arrays of s against another argument: nothing that is written overlaps anything. Of a sparse
 * argument the values are written, the last array. */
static Val arrays_overlap(Cg *g, CgSlot *s, CgSlot *w, Val bad) {
  Array a[3], b[3] = {{NULL, NULL}};
  int n = arrays_of(g, s, a), m = 1;
  if (is_dense(w))
    b[0] = (Array){cg_slot_value(g, w), bytes_of(g, w)};
  else
    m = arrays_of(g, w, b);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < m; k++) {
      bool written = (is_written(s) && i == n - 1) || (is_written(w) && k == m - 1);
      if (!written || (s == w && i == k))
        continue;
      Val both = overlap(g, a[i].at, a[i].bytes, b[k].at, b[k].bytes);
      bad = LLVMBuildOr(g->b, bad, both, "");
    }
  return bad;
}

/* After all structures were found well formed. */
static void check_arrays(Cg *g, int at) {
  CgSlot *s = &g->slots.data[at];
  Val bad = never(g);
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *w = &g->slots.data[i];
    if (is_tensor(w) && is_param(w) && (is_dense(w) || i <= at))
      bad = arrays_overlap(g, s, w, bad);
  }
  cg_fail_if(g, bad, TPP_ERR_OVERLAP);
}

static void return_status(Cg *g, Val status) {
  LLVMBasicBlockRef fail = cg_block(g, "malformed"), next = cg_block(g, "ok");
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntNE, status, cg_i32(g, 0), ""), fail, next);
  cg_enter(g, fail);
  LLVMBuildRet(g->b, status);
  cg_enter(g, next);
}

static void check_structured(Cg *g, CgSlot *s) {
  Val status;
  if (s->type->storage == TPP_STORE_TERNARY) {
    LLVMTypeRef types[2] = {g->t_ptr, g->t_i64};
    Val args[2] = {cg_slot_value(g, s), cg_i64(g, s->type->planes ? s->type->planes : 1)};
    status = cg_call(g, "tpp_check_ternary", g->t_i32, types, args, 2);
  } else {
    status = check_sparse(g, s);
  }
  return_status(g, status);
}

/* Tensors of one walk have one pattern. */
static bool check_pattern(void *user, TppcOp *op) {
  Cg *g = user;
  if (op->kind != TPPC_OP_WALK)
    return true;
  CgSlot *s = cg_pattern_of(g, op->uses[0].value);
  const TppcType *t = s->type;
  bool csr = t->storage == TPP_STORE_CSR, columns = t->storage == TPP_STORE_BCSC;
  int64_t side = csr ? 1 : columns ? t->block_c : t->block_r;
  const TppcExpr *lines = tppc_e_ceildiv(g->cx, t->dims[columns], tppc_e_int(g->cx, side));
  LLVMTypeRef types[3] = {g->t_ptr, g->t_ptr, g->t_i64};
  for (int i = 1; i < op->n_uses; i++) {
    CgSlot *other = cg_pattern_of(g, op->uses[i].value);
    if (other == s)
      continue;
    Val args[3] = {cg_slot_value(g, s), cg_slot_value(g, other), cg_expr(g, lines)};
    return_status(g, cg_call(g, "tpp_check_pattern", g->t_i32, types, args, 3));
  }
  return true;
}

/* -fcheck-ranges: every element, in storage order for plain tensors and by index for all others. */
static void check_range(Cg *g, CgSlot *s) {
  const TppcType *t = s->type;
  Val bad = cg_alloca(g, g->t_i1, 0, "range");
  LLVMBuildStore(g->b, never(g), bad);
  CgLoop loops[16];
  const TppcExpr *idx[16];
  if (t->rank > 16) {
    cg_unsupported(g, s->op->span, "ranges of a tensor of more than 16 dimensions");
    return;
  }
  for (int d = 0; d < t->rank; d++) {
    const char *name = tppc_internf(g->cx->names, "$range%d", d);
    loops[d] = cg_loop_begin(g, cg_i64(g, 0), cg_expr(g, t->dims[d]), cg_i64(g, 1), "range");
    cg_sym_push(g, name, loops[d].iv);
    idx[d] = tppc_e_sym(g->cx, name);
  }
  Val v = cg_load_element(g, s, cg_expr(g, tppc_t_offset(g->cx, t, idx)));
  int elem = tppc_elem_compute(t->elem);
  if (tppc_elem_is_float(elem)) {
    cg_unsupported(g, s->op->span, "ranges of floating-point tensors");
  } else {
    Val lo = cg_const_i(g, LLVMTypeOf(v), t->range_lo),
        hi = cg_const_i(g, LLVMTypeOf(v), t->range_hi);
    Val out = LLVMBuildOr(g->b, LLVMBuildICmp(g->b, LLVMIntSLT, v, lo, ""),
                          LLVMBuildICmp(g->b, LLVMIntSGT, v, hi, ""), "");
    LLVMBuildStore(g->b, LLVMBuildOr(g->b, LLVMBuildLoad2(g->b, g->t_i1, bad, ""), out, ""), bad);
  }
  for (int d = t->rank; d-- > 0;)
    cg_loop_end(g, &loops[d]);
  cg_sym_pop(g, t->rank);
  cg_fail_if(g, LLVMBuildLoad2(g->b, g->t_i1, bad, ""), TPP_ERR_RANGE);
}

void cg_check_args(Cg *g) {
  check_isa(g);
  for (TppcOp *op = g->kernel->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_SIZE)
      check_size(g, op);
    if (op->kind == TPPC_OP_REQUIRE)
      check_require(g, op);
  }
  for (int i = 0; i < g->slots.n; i++)
    if (is_tensor(&g->slots.data[i]))
      check_bytes(g, &g->slots.data[i]);
  for (int i = 0; i < g->slots.n; i++)
    if (is_tensor(&g->slots.data[i]) && is_param(&g->slots.data[i]))
      check_null(g, &g->slots.data[i]);
  Val bad = never(g);
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (is_tensor(s) && is_param(s) && is_dense(s) && is_written(s))
      bad = check_overlaps(g, i, bad);
  }
  cg_fail_if(g, bad, TPP_ERR_OVERLAP);
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (is_tensor(s) && is_param(s) && !is_dense(s))
      check_structured(g, s);
    if (is_tensor(s) && is_param(s) && is_dense(s) && s->type->has_range && g->opt->check_ranges &&
        !(tppc_attr_word(s->op, "mode") && !strcmp(tppc_attr_word(s->op, "mode"), "out")))
      check_range(g, s);
  }
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (is_tensor(s) && is_param(s) && !is_dense(s))
      check_arrays(g, i);
  }
  tppc_walk(&g->kernel->regions[0], check_pattern, g);
}
