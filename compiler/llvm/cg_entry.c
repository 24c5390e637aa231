/* The function of the C interface: `int name(int64_t sizes..., parameters..., outputs...)`.
 *
 * In this order: the instruction sets that the object uses; sizes, derived sizes, promises; the
 * bytes of every tensor; null pointers; overlaps; structured operands; microkernels are selected;
 * scratch is allocated at once; then the nests run. Nothing has been written when a status other
 * than 0 is returned.
 */
#include "llvm/cg.h"
#include <string.h>

void cg_fail_if(Cg *g, Val cond, int status) {
  LLVMBasicBlockRef fail = cg_block(g, "fail"), next = cg_block(g, "ok");
  LLVMBuildCondBr(g->b, cond, fail, next);
  cg_enter(g, fail);
  LLVMBuildRet(g->b, cg_i32(g, status));
  cg_enter(g, next);
}

/* C integers narrower than int come in the low bits of a register; nothing is assumed of the rest.
 */
static LLVMTypeRef param_type(Cg *g, const CgSlot *s) {
  if (s->kind == CG_SIZE)
    return g->t_i64;
  return s->kind == CG_SCALAR ? cg_storage_type(g, s->type->elem) : g->t_ptr;
}

static bool is_argument(const CgSlot *s) {
  if (s->kind == CG_SIZE)
    return !tppc_attr(s->op, "value");
  return s->op->kind == TPPC_OP_PARAM;
}

static bool is_output(const CgSlot *s) {
  const char *mode = s->op->kind == TPPC_OP_PARAM ? tppc_attr_word(s->op, "mode") : NULL;
  return mode && !strcmp(mode, "out");
}

/* Sizes, then parameters, then outputs: the order in which a kernel lists them. */
static Val declare(Cg *g) {
  TppcVec(LLVMTypeRef) types = {0};
  for (int pass = 0; pass < 3; pass++)
    for (int i = 0; i < g->slots.n; i++) {
      CgSlot *s = &g->slots.data[i];
      int wanted = s->kind == CG_SIZE ? 0 : is_output(s) ? 2 : 1;
      if (!is_argument(s) || wanted != pass)
        continue;
      s->arg = (unsigned)types.n;
      TPPC_PUSH(g->arena, &types, param_type(g, s));
    }
  LLVMTypeRef t = LLVMFunctionType(g->t_i32, types.data, (unsigned)types.n, false);
  Val fn = LLVMGetNamedFunction(g->mod, g->kernel_name);
  if (fn) {
    cg_unsupported(g, g->kernel->span, "two functions of one name in a file");
    return NULL;
  }
  return LLVMAddFunction(g->mod, g->kernel_name, t);
}

static void store_field(Cg *g, CgSlot *s, unsigned field, Val v) {
  LLVMBuildStore(g->b, v, cg_slot_address(g, s, field));
}

/* Arguments go to the frame; in this function they stand for themselves. */
static void bind_arguments(Cg *g) {
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (!is_argument(s))
      continue;
    Val v = LLVMGetParam(g->fn, s->arg);
    const char *name = s->sym ? s->sym : s->value->name;
    LLVMSetValueName2(v, name, strlen(name));
    if (s->sym)
      cg_sym_push(g, s->sym, v);
    tppc_map_set(&g->slot_values, s, v);
    store_field(g, s, 0, v);
  }
}

static Val round64(Cg *g, Val bytes) {
  return LLVMBuildAnd(g->b, LLVMBuildAdd(g->b, bytes, cg_i64(g, 63), ""), cg_i64(g, -64), "");
}

/* A local sparse tensor has values of its own for the entries of a parameter. */
static Val sparse_bytes(Cg *g, const CgSlot *s) {
  const TppcType *t = s->type;
  bool csr = t->storage == TPP_STORE_CSR;
  int64_t block = csr ? 1 : t->block_r * t->block_c;
  Val pattern = cg_slot_value(g, cg_pattern_of(g, s->value));
  Val at = cg_ptr_add(g, pattern, cg_i64(g, (int64_t)offsetof(tpp_csr, nnz)));
  Val nnz = LLVMBuildLoad2(g->b, g->t_i64, at, "");
  return LLVMBuildMul(g->b, nnz, cg_i64(g, block * (tppc_elem_bits(t->elem) / 8)), "");
}

/* Its tpp_csr, with the values at `val`, which are zero where blocks reach beyond the matrix. */
static Val sparse_header(Cg *g, const CgSlot *s, Val val) {
  LLVMTypeRef bytes = LLVMArrayType2(g->t_i8, sizeof(tpp_csr));
  Val header = cg_alloca(g, bytes, 8, s->value->name);
  Val pattern = cg_slot_value(g, cg_pattern_of(g, s->value));
  LLVMBuildMemCpy(g->b, header, 8, pattern, 8, cg_i64(g, (int64_t)sizeof(tpp_csr)));
  LLVMBuildStore(g->b, val, cg_ptr_add(g, header, cg_i64(g, (int64_t)offsetof(tpp_csr, val))));
  LLVMBuildMemSet(g->b, val, LLVMConstInt(g->t_i8, 0, false), sparse_bytes(g, s), 1);
  return header;
}

/* One allocation for all of scratch. The sum was checked with the sizes (cg_check.c), except for
 * the factor of threads, which is checked here. Returns its address, or NULL when the kernel has no
 * scratch. */
static Val scratch(Cg *g, Val threads) {
  Val total = NULL, bad = LLVMConstInt(g->t_i1, 0, false);
  TppcVec(Val) offsets = {0};
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (s->kind != CG_SHARED && s->kind != CG_THREAD)
      continue;
    Val bytes = cg_is_sparse(s->type) ? sparse_bytes(g, s) : cg_expr(g, cg_bytes(g, s->type));
    bytes = round64(g, bytes);
    if (s->kind == CG_THREAD) {
      store_field(g, s, 1, bytes);
      Val pair = cg_intrinsic(g, "llvm.smul.with.overflow", g->t_i64, (Val[]){bytes, threads}, 2);
      bytes = LLVMBuildExtractValue(g->b, pair, 0, "");
      bad = LLVMBuildOr(g->b, bad, LLVMBuildExtractValue(g->b, pair, 1, ""), "");
    }
    total = total ? total : cg_i64(g, 0);
    TPPC_PUSH(g->arena, &offsets, total);
    Val pair = cg_intrinsic(g, "llvm.sadd.with.overflow", g->t_i64, (Val[]){total, bytes}, 2);
    total = LLVMBuildExtractValue(g->b, pair, 0, "");
    bad = LLVMBuildOr(g->b, bad, LLVMBuildExtractValue(g->b, pair, 1, ""), "");
  }
  if (!total)
    return NULL;
  cg_fail_if(g, bad, TPP_ERR_NOMEM);
  Val base = cg_call(g, "tpp_scratch_alloc", g->t_ptr, &g->t_i64, &total, 1);
  Val none = LLVMBuildIsNull(g->b, base, "");
  Val some = LLVMBuildICmp(g->b, LLVMIntNE, total, cg_i64(g, 0), "");
  cg_fail_if(g, LLVMBuildAnd(g->b, none, some, ""), TPP_ERR_NOMEM);
  for (int i = 0, k = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (s->kind == CG_SHARED || s->kind == CG_THREAD) {
      Val p = cg_ptr_add(g, base, offsets.data[k++]);
      if (cg_is_sparse(s->type))
        p = sparse_header(g, s, p);
      store_field(g, s, 0, p);
      tppc_map_set(&g->slot_values, s, p);
    }
  }
  return base;
}

/* Blocked outputs and locals whose extents do not fill their blocks are zeroed whole first: filling
 * is zero for whoever reads the blocks. */
static void zero_filling(Cg *g, bool outputs) {
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    bool written = outputs ? is_output(s) : s->kind == CG_SHARED;
    if (!written || s->type->kind != TPPC_T_TENSOR || !s->type->n_digits)
      continue;
    const TppcExpr *plain = tppc_e_int(g->cx, 1);
    for (int d = 0; d < s->type->rank; d++)
      plain = tppc_e_mul(g->cx, plain, s->type->dims[d]);
    Val have = cg_expr(g, tppc_t_elements(g->cx, s->type)), want = cg_expr(g, plain);
    LLVMBasicBlockRef zero = cg_block(g, "filling"), next = cg_block(g, "filled");
    LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntNE, have, want, ""), zero, next);
    cg_enter(g, zero);
    LLVMBuildMemSet(g->b, cg_slot_value(g, s), LLVMConstInt(g->t_i8, 0, false),
                    cg_expr(g, cg_bytes(g, s->type)), 1);
    LLVMBuildBr(g->b, next);
    cg_enter(g, next);
  }
}

static void put(Cg *g, Val at, size_t offset, Val v) {
  LLVMBuildStore(g->b, v, cg_ptr_add(g, at, cg_i64(g, (int64_t)offset)));
}

static void put_u8(Cg *g, Val at, size_t offset, int64_t v) {
  put(g, at, offset, LLVMConstInt(g->t_i8, (unsigned long long)v, false));
}

typedef struct Field {
  const char *key;
  size_t offset;
  int64_t otherwise;
} Field;
#define FIELD(T, key, otherwise)                                                                   \
  { #key, offsetof(T, desc.key), otherwise }

static void put_fields(Cg *g, const TppcOp *op, Val at, const Field *fields, size_t n) {
  for (size_t i = 0; i < n; i++)
    put(g, at, fields[i].offset, cg_expr(g, cg_attr(g, op, fields[i].key, fields[i].otherwise)));
}

static void select_brgemm(Cg *g, const TppcOp *op, Val at) {
  static const Field fields[] = {
      FIELD(tpp_brgemm, m, 0),    FIELD(tpp_brgemm, n, 0),    FIELD(tpp_brgemm, k, 0),
      FIELD(tpp_brgemm, br, 1),   FIELD(tpp_brgemm, a_rs, 0), FIELD(tpp_brgemm, a_cs, 0),
      FIELD(tpp_brgemm, b_rs, 0), FIELD(tpp_brgemm, b_cs, 0), FIELD(tpp_brgemm, c_rs, 0),
      FIELD(tpp_brgemm, c_cs, 0), FIELD(tpp_brgemm, br_a, 0), FIELD(tpp_brgemm, br_b, 0)};
  put(g, at, offsetof(tpp_brgemm, desc.size), cg_i32(g, (int32_t)sizeof(tpp_brgemm_desc)));
  put_u8(g, at, offsetof(tpp_brgemm, desc.a_type), cg_select_type(op, "a"));
  put_u8(g, at, offsetof(tpp_brgemm, desc.b_type), cg_select_type(op, "b"));
  put_u8(g, at, offsetof(tpp_brgemm, desc.c_type), cg_select_type(op, "c"));
  put_u8(g, at, offsetof(tpp_brgemm, desc.a_pack), tppc_attr_int(op, "a_pack", 1));
  put_u8(g, at, offsetof(tpp_brgemm, desc.b_pack), tppc_attr_int(op, "b_pack", 1));
  put_u8(g, at, offsetof(tpp_brgemm, desc.provider), cg_select_provider(op));
  put_u8(g, at, offsetof(tpp_brgemm, desc.exact_shape), tppc_attr_int(op, "exact", 0));
  put_u8(g, at, offsetof(tpp_brgemm, desc.fits16), tppc_attr_int(op, "fits16", 0));
  put_fields(g, op, at, fields, sizeof fields / sizeof fields[0]);
  cg_call(g, "tpp_brgemm_select", g->t_void, &g->t_ptr, &at, 1);
}

static void select_sgemm(Cg *g, const TppcOp *op, Val at) {
  static const Field fields[] = {FIELD(tpp_sgemm, a_rs, 0),    FIELD(tpp_sgemm, a_cs, 0),
                                 FIELD(tpp_sgemm, c_rs, 0),    FIELD(tpp_sgemm, c_cs, 0),
                                 FIELD(tpp_sgemm, rows, 0),    FIELD(tpp_sgemm, cols, 0),
                                 FIELD(tpp_sgemm, block_k, 1), FIELD(tpp_sgemm, block_n, 1),
                                 FIELD(tpp_sgemm, group, 0),   FIELD(tpp_sgemm, planes, 1)};
  put(g, at, offsetof(tpp_sgemm, desc.size), cg_i32(g, (int32_t)sizeof(tpp_sgemm_desc)));
  put_u8(g, at, offsetof(tpp_sgemm, desc.a_type), cg_select_type(op, "a"));
  put_u8(g, at, offsetof(tpp_sgemm, desc.b_type), cg_select_type(op, "b"));
  put_u8(g, at, offsetof(tpp_sgemm, desc.c_type), cg_select_type(op, "c"));
  put_u8(g, at, offsetof(tpp_sgemm, desc.storage), cg_select_storage(op));
  put_u8(g, at, offsetof(tpp_sgemm, desc.transposed), tppc_attr_int(op, "transposed", 0));
  put_fields(g, op, at, fields, sizeof fields / sizeof fields[0]);
  cg_call(g, "tpp_sgemm_select", g->t_void, &g->t_ptr, &at, 1);
}

static void select_kernel(Cg *g, TppcOp *op) {
  CgSlot *s = cg_slot(g, op->results[0]);
  Val at = cg_slot_address(g, s, 0);
  LLVMBuildMemSet(g->b, at, LLVMConstInt(g->t_i8, 0, false), LLVMSizeOf(s->llvm), 8);
  if (s->kind == CG_SGEMM)
    select_sgemm(g, op, at);
  else
    select_brgemm(g, op, at);
}

static Val declare_nest(Cg *g, TppcOp *nest, int number) {
  LLVMTypeRef args[4] = {g->t_ptr, g->t_i64, g->t_i64, g->t_ptr};
  const char *name =
      nest->name ? nest->name : tppc_sprintf(g->arena, "%s.nest%d", g->kernel_name, number);
  if (!strchr(name, '.'))
    name = tppc_sprintf(g->arena, "%s.%s", g->kernel_name, name);
  Val fn = LLVMAddFunction(g->mod, name, LLVMFunctionType(g->t_void, args, 4, false));
  LLVMSetLinkage(fn, LLVMInternalLinkage);
  return fn;
}

/* A team where there is more than one iteration to share, else a plain call. */
static void run_nest(Cg *g, TppcOp *nest, Val fn, Val threads) {
  Val null = LLVMConstNull(g->t_ptr);
  LLVMTypeRef body_args[4] = {g->t_ptr, g->t_i64, g->t_i64, g->t_ptr};
  LLVMTypeRef body = LLVMFunctionType(g->t_void, body_args, 4, false);
  Val alone[4] = {g->frame, cg_i64(g, 0), cg_i64(g, 1), null};
  if (!tppc_attr_int(nest, "parallel", 1)) {
    LLVMBuildCall2(g->b, body, fn, alone, 4, "");
    return;
  }
  Val n = cg_min(g, threads, cg_par_total(g, nest));
  int64_t limit = tppc_attr_int(nest, "threads", 0);
  if (limit > 0)
    n = cg_min(g, n, cg_i64(g, limit));
  LLVMBasicBlockRef team = cg_block(g, "team"), one = cg_block(g, "alone"),
                    done = cg_block(g, "ran");
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSGT, n, cg_i64(g, 1), ""), team, one);
  cg_enter(g, team);
  LLVMTypeRef types[3] = {g->t_ptr, g->t_ptr, g->t_i64};
  cg_call(g, "tpp_parallel", g->t_void, types, (Val[]){fn, g->frame, n}, 3);
  LLVMBuildBr(g->b, done);
  cg_enter(g, one);
  LLVMBuildCall2(g->b, body, fn, alone, 4, "");
  LLVMBuildBr(g->b, done);
  cg_enter(g, done);
}

/* Of several versions of a nest one runs. */
static void run_version(Cg *g, TppcOp *nest, Val fn, Val threads) {
  const TppcExpr *when = tppc_attr_expr(nest, "when");
  if (!when) {
    run_nest(g, nest, fn, threads);
    return;
  }
  LLVMBasicBlockRef take = cg_block(g, "version"), done = cg_block(g, "versioned");
  LLVMBuildCondBr(g->b, cg_cond(g, when), take, done);
  cg_enter(g, take);
  run_nest(g, nest, fn, threads);
  LLVMBuildBr(g->b, done);
  cg_enter(g, done);
}

static bool any_parallel(const TppcOp *kernel) {
  for (const TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op))
    if (op->kind == TPPC_OP_LNEST && tppc_attr_int(op, "parallel", 1))
      return true;
  return false;
}

static Val max_threads(Cg *g) {
  if (!any_parallel(g->kernel))
    return cg_i64(g, 1);
  Val n = cg_call(g, "tpp_max_threads", g->t_i32, NULL, NULL, 0);
  return LLVMBuildSExt(g->b, n, g->t_i64, "");
}

/* The size of some tensor depends on the number of threads. */
static bool has_copies(Cg *g) {
  const char *nthreads = tppc_intern(g->cx->names, "nthreads");
  for (int i = 0; i < g->slots.n; i++) {
    const TppcType *t = g->slots.data[i].type;
    if (t && t->kind == TPPC_T_TENSOR && t->rank && tppc_e_uses(t->dims[0], nthreads))
      return true;
  }
  return false;
}

/* Returns when the element, which a nest before has computed, is positive. */
static void run_check(Cg *g, const TppcOp *op, Val base) {
  CgSlot *s = cg_slot(g, op->uses[0].value);
  const char *status = tppc_attr_word(op, "status");
  Val v = cg_load_element(g, s, cg_i64(g, 0));
  LLVMBasicBlockRef fail = cg_block(g, "fail"), next = cg_block(g, "ok");
  Val zero = LLVMConstNull(LLVMTypeOf(v));
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSGT, v, zero, ""), fail, next);
  cg_enter(g, fail);
  if (base)
    cg_call(g, "tpp_scratch_free", g->t_void, &g->t_ptr, &base, 1);
  int code = status && !strcmp(status, "range") ? TPP_ERR_RANGE : TPP_ERR_INDEX;
  LLVMBuildRet(g->b, cg_i32(g, code));
  cg_enter(g, next);
}

static bool has_check(const TppcOp *item) {
  if (item->kind == TPPC_OP_CHECK)
    return true;
  for (const TppcOp *op = item->kind == TPPC_OP_SEQ ? item->regions[0].first : NULL; op;
       op = op->next)
    if (has_check(op))
      return true;
  return false;
}

/* The check, or the seq with checks, until whose end no output is written. */
static const TppcOp *last_check(const TppcRegion *body) {
  const TppcOp *last = NULL;
  for (const TppcOp *op = body->first; op; op = op->next)
    if (has_check(op))
      last = op;
  return last;
}

typedef struct Nest {
  TppcOp *op;
  Val fn;
} Nest;
typedef struct Nests {
  TppcVec(Nest) v;
  const TppcOp *last_check;
  Val scratch; /* freed where the function returns, or NULL */
} Nests;

static void run_items(Cg *g, TppcRegion *r, Nests *nests, Val threads);

/* Its nests read the letter from the frame. */
static void run_seq(Cg *g, TppcOp *op, Nests *nests, Val threads) {
  const TppcDim *d = &op->dims[0];
  CgLoop l = cg_loop_begin(g, cg_expr(g, d->lo), cg_expr(g, d->hi), cg_expr(g, d->step), d->sym);
  for (int i = 0; i < g->slots.n; i++)
    if (g->slots.data[i].kind == CG_SEQ && g->slots.data[i].sym == d->sym)
      store_field(g, &g->slots.data[i], 0, l.iv);
  cg_sym_push(g, d->sym, l.iv);
  run_items(g, &op->regions[0], nests, threads);
  cg_sym_pop(g, 1);
  cg_debug_at(g, op->span);
  cg_loop_end(g, &l);
}

static void run_version_of(Cg *g, TppcOp *op, Nests *nests, Val threads) {
  Nest n = {op, declare_nest(g, op, nests->v.n)};
  TPPC_PUSH(g->arena, &nests->v, n);
  run_version(g, op, n.fn, threads);
}

static void run_items(Cg *g, TppcRegion *r, Nests *nests, Val threads) {
  for (TppcOp *op = r->first; op; op = op->next) {
    if (op->kind == TPPC_OP_SEQ || op->kind == TPPC_OP_LNEST)
      cg_debug_at(g, op->span);
    if (op->kind == TPPC_OP_CHECK)
      run_check(g, op, nests->scratch);
    else if (op->kind == TPPC_OP_SEQ)
      run_seq(g, op, nests, threads);
    else if (op->kind == TPPC_OP_LNEST)
      run_version_of(g, op, nests, threads);
    if (op == nests->last_check)
      zero_filling(g, true);
  }
}

void cg_entry(Cg *g) {
  Val fn = declare(g);
  if (!fn)
    return;
  TppcRegion *body = &g->kernel->regions[0];
  for (TppcOp *op = body->first; op; op = op->next)
    if (op->kind == TPPC_OP_SELECT && cg_is_generated(op))
      cg_product(g, op);
  cg_function_begin(g, fn);
  cg_debug_function(g, fn, g->kernel_name, g->kernel->span);
  g->frame = cg_alloca(g, g->frame_type, 64, "frame");
  bind_arguments(g);
  Val threads = NULL;
  if (has_copies(g)) {
    threads = max_threads(g);
    cg_sym_push(g, tppc_intern(g->cx->names, "nthreads"), threads);
  }
  cg_check_args(g);
  for (TppcOp *op = body->first; op; op = op->next)
    if (op->kind == TPPC_OP_SELECT && !cg_is_generated(op))
      select_kernel(g, op);
  threads = threads ? threads : max_threads(g);
  Val base = scratch(g, threads);
  Nests nests = {.last_check = last_check(body), .scratch = base};
  zero_filling(g, false);
  if (!nests.last_check)
    zero_filling(g, true);
  run_items(g, body, &nests, threads);
  if (base)
    cg_call(g, "tpp_scratch_free", g->t_void, &g->t_ptr, &base, 1);
  LLVMBuildRet(g->b, cg_i32(g, TPP_OK));
  cg_function_end(g);
  for (int i = 0; i < nests.v.n; i++)
    cg_nest(g, nests.v.data[i].op, nests.v.data[i].fn);
}
