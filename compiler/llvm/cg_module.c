/* Code generation: the module, its kernels, and the builders that every other file uses. */
#include "llvm/cg.h"
#include <math.h>
#include <string.h>

void cg_unsupported(Cg *g, TppcSpan span, const char *what) {
  tppc_diag(g->cx->diags, TPPC_D_codegen_unsupported, span, what);
  g->fail = true;
}

Val cg_i64(Cg *g, int64_t v) {
  return LLVMConstInt(g->t_i64, (unsigned long long)v, true);
}
Val cg_i32(Cg *g, int32_t v) {
  return LLVMConstInt(g->t_i32, (unsigned long long)(int64_t)v, true);
}

LLVMTypeRef cg_lanes(Cg *g, LLVMTypeRef t, int lanes) {
  (void)g;
  return lanes == 1 ? t : LLVMVectorType(t, (unsigned)lanes);
}

LLVMTypeRef cg_storage_type(Cg *g, int elem) {
  switch ((enum tpp_dtype)elem) {
  case TPP_F64:
    return g->t_f64;
  case TPP_F32:
    return g->t_f32;
  case TPP_I64:
    return g->t_i64;
  case TPP_I32:
    return g->t_i32;
  case TPP_F16:
  case TPP_BF16:
  case TPP_U16:
    return g->t_i16;
  case TPP_I8:
  case TPP_U8:
  case TPP_I4:
  case TPP_BIT:
  case TPP_TERNARY:
  case TPP_DTYPE_END:
    break;
  }
  return g->t_i8;
}

LLVMTypeRef cg_compute_type(Cg *g, int elem) {
  int c = tppc_elem_compute(elem);
  return c == TPP_BIT ? g->t_i1 : cg_storage_type(g, c);
}

Val cg_splat(Cg *g, Val scalar, int lanes) {
  if (lanes == 1)
    return scalar;
  LLVMTypeRef t = LLVMVectorType(LLVMTypeOf(scalar), (unsigned)lanes);
  Val one = LLVMBuildInsertElement(g->b, LLVMGetPoison(t), scalar, cg_i64(g, 0), "");
  Val zeros = LLVMConstNull(LLVMVectorType(g->t_i32, (unsigned)lanes));
  return LLVMBuildShuffleVector(g->b, one, LLVMGetPoison(t), zeros, "");
}

static Val lanes_from(Cg *g, Val a, Val b, int first, int n, int last) {
  Val lane[64];
  for (int i = 0; i < n; i++)
    lane[i] = first + i < last ? cg_i32(g, first + i) : LLVMGetPoison(g->t_i32);
  return LLVMBuildShuffleVector(g->b, a, b, LLVMConstVector(lane, (unsigned)n), "");
}

Val cg_slice(Cg *g, Val v, int first, int n) {
  int all = (int)LLVMGetVectorSize(LLVMTypeOf(v));
  if (all == n && !first)
    return v;
  return lanes_from(g, v, LLVMGetPoison(LLVMTypeOf(v)), first, n, all);
}

Val cg_concat(Cg *g, Val a, Val b) {
  int n = (int)LLVMGetVectorSize(LLVMTypeOf(a)), all = n + (int)LLVMGetVectorSize(LLVMTypeOf(b));
  return lanes_from(g, a, cg_slice(g, b, 0, n), 0, all, all);
}

static Val const_splat(LLVMTypeRef t, Val v) {
  if (LLVMGetTypeKind(t) != LLVMVectorTypeKind)
    return v;
  Val lanes[64];
  unsigned n = LLVMGetVectorSize(t);
  for (unsigned i = 0; i < n && i < 64; i++)
    lanes[i] = v;
  return LLVMConstVector(lanes, n);
}

static LLVMTypeRef scalar_of(LLVMTypeRef t) {
  return LLVMGetTypeKind(t) == LLVMVectorTypeKind ? LLVMGetElementType(t) : t;
}

Val cg_const_f(Cg *g, LLVMTypeRef t, double v) {
  (void)g;
  return const_splat(t, LLVMConstReal(scalar_of(t), v));
}

Val cg_const_i(Cg *g, LLVMTypeRef t, int64_t v) {
  (void)g;
  return const_splat(t, LLVMConstInt(scalar_of(t), (unsigned long long)v, true));
}

Val cg_intrinsic(Cg *g, const char *name, LLVMTypeRef over, Val *args, unsigned n) {
  unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
  size_t n_over = over ? 1 : 0;
  Val fn = LLVMGetIntrinsicDeclaration(g->mod, id, &over, n_over);
  return LLVMBuildCall2(g->b, LLVMIntrinsicGetType(g->lx, id, &over, n_over), fn, args, n, "");
}

Val cg_call(Cg *g, const char *name, LLVMTypeRef ret, LLVMTypeRef *types, Val *args, unsigned n) {
  LLVMTypeRef t = LLVMFunctionType(ret, types, n, false);
  Val fn = LLVMGetNamedFunction(g->mod, name);
  if (!fn)
    fn = LLVMAddFunction(g->mod, name, t);
  return LLVMBuildCall2(g->b, t, fn, args, n, "");
}

LLVMBasicBlockRef cg_block(Cg *g, const char *name) {
  return LLVMAppendBasicBlockInContext(g->lx, g->fn, name);
}

/* Keeps blocks in the order in which code is generated. */
void cg_likely(Cg *g, Val branch) {
  LLVMMetadataRef parts[3] = {LLVMMDStringInContext2(g->lx, "branch_weights", 14),
                              LLVMValueAsMetadata(cg_i32(g, 2000)),
                              LLVMValueAsMetadata(cg_i32(g, 1))};
  Val weights = LLVMMetadataAsValue(g->lx, LLVMMDNodeInContext2(g->lx, parts, 3));
  LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(g->lx, "prof", 4), weights);
}

void cg_enter(Cg *g, LLVMBasicBlockRef block) {
  LLVMBasicBlockRef last = LLVMGetLastBasicBlock(g->fn);
  if (last != block)
    LLVMMoveBasicBlockAfter(block, last);
  LLVMPositionBuilderAtEnd(g->b, block);
}

Val cg_alloca(Cg *g, LLVMTypeRef t, unsigned align, const char *name) {
  LLVMBasicBlockRef at = LLVMGetInsertBlock(g->b);
  LLVMPositionBuilderAtEnd(g->b, g->prologue);
  Val v = LLVMBuildAlloca(g->b, t, name);
  if (align)
    LLVMSetAlignment(v, align);
  LLVMPositionBuilderAtEnd(g->b, at);
  return v;
}

Val cg_ptr_add(Cg *g, Val ptr, Val bytes) {
  return LLVMBuildInBoundsGEP2(g->b, g->t_i8, ptr, &bytes, 1, "");
}

Val cg_min(Cg *g, Val a, Val b) {
  return cg_intrinsic(g, "llvm.smin", LLVMTypeOf(a), (Val[]){a, b}, 2);
}

Val cg_max(Cg *g, Val a, Val b) {
  return cg_intrinsic(g, "llvm.smax", LLVMTypeOf(a), (Val[]){a, b}, 2);
}

void cg_function_begin(Cg *g, Val fn) {
  g->fn = fn;
  g->prologue = LLVMAppendBasicBlockInContext(g->lx, fn, "entry");
  LLVMBasicBlockRef body = LLVMAppendBasicBlockInContext(g->lx, fn, "body");
  g->syms.n = 0;
  g->slot_values = (TppcMap){.arena = g->arena};
  g->scalars = (TppcMap){.arena = g->arena};
  g->has_facts = false;
  LLVMPositionBuilderAtEnd(g->b, body);
}

void cg_function_end(Cg *g) {
  LLVMPositionBuilderAtEnd(g->b, g->prologue);
  LLVMBuildBr(g->b, LLVMGetNextBasicBlock(g->prologue));
}

CgLoop cg_loop_begin(Cg *g, Val lo, Val hi, Val step, const char *name) {
  CgLoop l = {.hi = hi, .step = step};
  LLVMBasicBlockRef pre = cg_block(g, "pre");
  l.body = cg_block(g, name);
  l.exit = cg_block(g, "exit");
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSLT, lo, hi, ""), pre, l.exit);
  cg_enter(g, pre);
  LLVMBuildBr(g->b, l.body);
  cg_enter(g, l.body);
  l.iv = LLVMBuildPhi(g->b, g->t_i64, name);
  LLVMAddIncoming(l.iv, &lo, &pre, 1);
  return l;
}

void cg_loop_end(Cg *g, CgLoop *l) {
  Val next = LLVMBuildNSWAdd(g->b, l->iv, l->step, "");
  LLVMBasicBlockRef latch = LLVMGetInsertBlock(g->b);
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSLT, next, l->hi, ""), l->body, l->exit);
  LLVMAddIncoming(l->iv, &next, &latch, 1);
  cg_enter(g, l->exit);
}

static void make_types(Cg *g) {
  g->t_void = LLVMVoidTypeInContext(g->lx);
  g->t_i1 = LLVMInt1TypeInContext(g->lx);
  g->t_i8 = LLVMInt8TypeInContext(g->lx);
  g->t_i16 = LLVMInt16TypeInContext(g->lx);
  g->t_i32 = LLVMInt32TypeInContext(g->lx);
  g->t_i64 = LLVMInt64TypeInContext(g->lx);
  g->t_f16 = LLVMHalfTypeInContext(g->lx);
  g->t_f32 = LLVMFloatTypeInContext(g->lx);
  g->t_f64 = LLVMDoubleTypeInContext(g->lx);
  g->t_ptr = LLVMPointerTypeInContext(g->lx, 0);
}

static void set_data_layout(Cg *g, LLVMTargetMachineRef tm) {
  LLVMSetTarget(g->mod, g->target.triple);
  LLVMTargetDataRef data = LLVMCreateTargetDataLayout(tm);
  char *text = LLVMCopyStringRepOfTargetData(data);
  LLVMSetDataLayout(g->mod, text);
  LLVMDisposeMessage(text);
  LLVMDisposeTargetData(data);
}

static void module_flag(Cg *g, LLVMModuleFlagBehavior behavior, const char *key, int value) {
  LLVMAddModuleFlag(g->mod, behavior, key, strlen(key), LLVMValueAsMetadata(cg_i32(g, value)));
}

Cg *cg_new(TppcModule *m, const TppcEmitOptions *opt, LLVMTargetMachineRef *tm) {
  TppcArena *arena = tppc_arena_new();
  Cg *g = TPPC_NEW(arena, Cg);
  g->arena = arena;
  g->cx = m->cx;
  g->opt = opt;
  g->lanes = 1;
  *tm = tppc_target_info(m->cx, opt, &g->target) ? cg_target_machine(g) : NULL;
  if (!*tm) {
    tppc_arena_free(arena);
    return NULL;
  }
  g->lx = LLVMContextCreate();
  const char *name = "tppc";
  if (m->body.first && m->body.first->span.source)
    name = tppc_source_name(m->cx->diags, m->body.first->span.source);
  const char *slash = strrchr(name, '/');
  g->mod = LLVMModuleCreateWithNameInContext(slash ? slash + 1 : name, g->lx);
  LLVMSetSourceFileName(g->mod, slash ? slash + 1 : name, strlen(slash ? slash + 1 : name));
  g->b = LLVMCreateBuilderInContext(g->lx);
  make_types(g);
  set_data_layout(g, *tm);
  module_flag(g, LLVMModuleFlagBehaviorOverride, "PIC Level", 2);
  if (!opt->pic)
    module_flag(g, LLVMModuleFlagBehaviorOverride, "PIE Level", 2);
  return g;
}

void cg_free(Cg *g) {
  LLVMDisposeBuilder(g->b);
  LLVMDisposeModule(g->mod);
  LLVMContextDispose(g->lx);
  tppc_arena_free(g->arena);
}

/* Every object refers to the version symbol of the runtime that it was made for, whether a linker
 * drops unused sections or not, and says how it was made. */
static void reference_abi(Cg *g, const TppcModule *m) {
  Val abi = LLVMAddGlobal(g->mod, g->t_i32, "tpp_rt_abi_1");
  LLVMSetGlobalConstant(abi, true);
  Val keep = LLVMAddGlobal(g->mod, g->t_ptr, "tpp.abi");
  LLVMSetInitializer(keep, abi);
  LLVMSetLinkage(keep, LLVMInternalLinkage);
  LLVMSetGlobalConstant(keep, true);
  Val kept[2] = {keep, g->opt->producer ? cg_provenance(g, m) : NULL};
  unsigned n = kept[1] ? 2 : 1;
  Val used = LLVMAddGlobal(g->mod, LLVMArrayType2(g->t_ptr, n), "llvm.used");
  LLVMSetInitializer(used, LLVMConstArray2(g->t_ptr, kept, n));
  LLVMSetLinkage(used, LLVMAppendingLinkage);
  LLVMSetSection(used, "llvm.metadata");
}

static void kernel(Cg *g, TppcOp *op) {
  g->kernel = op;
  g->kernel_name = op->name;
  g->products = (TppcMap){.arena = g->arena};
  if (!cg_frame_layout(g))
    return;
  cg_entry(g);
  if (g->opt->argv)
    cg_argv(g);
  cg_pack_functions(g);
}

bool cg_module(Cg *g, TppcModule *m) {
  if (g->opt->debug)
    cg_debug_begin(g, m);
  reference_abi(g, m);
  for (TppcOp *op = m->body.first; op && !g->fail; op = op->next)
    if (op->kind == TPPC_OP_KERNEL)
      kernel(g, op);
  if (g->opt->debug)
    cg_debug_end(g);
  cg_tune(g);
  return !g->fail;
}
