/* K-TanH (arXiv 1909.07729): tanh on the bits of a BF16, integers only, with the published table;
 * sigmoid, swish, and GELU from it, in f32.
 *
 * tppd_ktanh_bits in tpp/opsdef.h is the definition; this is the same function on vectors of i32.
 * The 32 rows (E, r, b) become two tables, (E << 7) + b and r, each looked up as a constant vector:
 * by a select tree over vectors of eight lanes, which targets turn into permutes, see `look_up`.
 */
#include "llvm/cg.h"

static const struct {
  uint8_t e, r;
  int8_t b;
} table[32] = {
    {126, 2, 119}, {126, 4, 122}, {126, 4, 123}, {126, 4, 123}, {126, 6, 126}, {126, 6, 126},
    {126, 6, 126}, {126, 6, 126}, {125, 1, 1},   {125, 0, -4},  {125, 0, -6},  {125, 0, -7},
    {125, 0, -10}, {125, 0, -12}, {125, 0, -15}, {125, 0, -18}, {125, 0, 112}, {126, 1, -4},
    {126, 1, -1},  {126, 1, 2},   {126, 1, 3},   {126, 1, 4},   {126, 1, 4},   {126, 1, 4},
    {126, 0, 65},  {126, 1, 72},  {126, 1, 73},  {126, 1, 73},  {126, 2, 88},  {126, 2, 89},
    {126, 2, 89},  {126, 4, 110},
};

enum { T1 = 0x3e80, T2 = 0x4070, ONE = 0x3f80, INF = 0x7f80 };

typedef struct K {
  Cg *g;
  LLVMTypeRef t; /* lanes of i32 */
  int lanes;
} K;

static Val c(K *k, int64_t v) {
  return cg_const_i(k->g, k->t, v);
}
static Val and_(K *k, Val a, int64_t m) {
  return LLVMBuildAnd(k->g->b, a, c(k, m), "");
}
static Val above(K *k, Val a, int64_t m) {
  return LLVMBuildICmp(k->g->b, LLVMIntUGT, a, c(k, m), "");
}
static Val choose(K *k, Val cond, Val a, Val b) {
  return LLVMBuildSelect(k->g->b, cond, a, b, "");
}

static int row(int i) {
  return ((table[i].e << 7) + table[i].b) | table[i].r << 16;
}

/* The row of each lane: a permute of eight lanes on AVX2 (vpermd takes the low three bits of its
 * index), so 32 entries are four of them and selects by the two high bits. Elsewhere a load from a
 * constant table a lane. */
static Val permute(K *k, Val index, int first) {
  Cg *g = k->g;
  Val entries[8];
  for (int i = 0; i < 8; i++)
    entries[i] = cg_i32(g, row(first + i));
  Val v = LLVMConstVector(entries, 8);
  return cg_intrinsic(g, "llvm.x86.avx2.permd", NULL, (Val[]){v, index}, 2);
}

static Val look_up_avx2(K *k, Val index) {
  LLVMBuilderRef b = k->g->b;
  Val q[4];
  for (int i = 0; i < 4; i++)
    q[i] = permute(k, index, i * 8);
  Val zero = c(k, 0);
  Val bit3 = LLVMBuildICmp(b, LLVMIntNE, and_(k, index, 8), zero, "");
  Val bit4 = LLVMBuildICmp(b, LLVMIntNE, and_(k, index, 16), zero, "");
  return choose(k, bit4, choose(k, bit3, q[3], q[2]), choose(k, bit3, q[1], q[0]));
}

static Val slice(K *k, Val v, int first, int n) {
  Val lanes[64];
  for (int i = 0; i < n; i++)
    lanes[i] = cg_i32(k->g, first + i);
  return LLVMBuildShuffleVector(k->g->b, v, LLVMGetPoison(LLVMTypeOf(v)),
                                LLVMConstVector(lanes, (unsigned)n), "");
}

static Val join(K *k, Val low, Val high, int n) {
  Val lanes[64];
  for (int i = 0; i < 2 * n; i++)
    lanes[i] = cg_i32(k->g, i);
  return LLVMBuildShuffleVector(k->g->b, low, high, LLVMConstVector(lanes, 2 * (unsigned)n), "");
}

static Val load_row(K *k, Val index) {
  Cg *g = k->g;
  Val global = LLVMGetNamedGlobal(g->mod, "tpp.ktanh");
  LLVMTypeRef type = LLVMArrayType2(g->t_i32, 32);
  if (!global) {
    Val rows[32];
    for (int i = 0; i < 32; i++)
      rows[i] = cg_i32(g, row(i));
    global = LLVMAddGlobal(g->mod, type, "tpp.ktanh");
    LLVMSetInitializer(global, LLVMConstArray2(g->t_i32, rows, 32));
    LLVMSetLinkage(global, LLVMInternalLinkage);
    LLVMSetGlobalConstant(global, true);
  }
  Val at[2] = {cg_i64(g, 0), LLVMBuildZExt(g->b, index, g->t_i64, "")};
  return LLVMBuildLoad2(g->b, g->t_i32, LLVMBuildInBoundsGEP2(g->b, type, global, at, 2, ""), "");
}

static Val look_up(K *k, Val index) {
  Cg *g = k->g;
  if (k->lanes == 1)
    return load_row(k, index);
  if (g->target.vector_bytes >= 32 && k->lanes == 8)
    return look_up_avx2(k, index);
  if (g->target.vector_bytes >= 32 && k->lanes == 16) {
    K half = {g, LLVMVectorType(g->t_i32, 8), 8};
    Val low = look_up_avx2(&half, slice(k, index, 0, 8));
    return join(k, low, look_up_avx2(&half, slice(k, index, 8, 8)), 8);
  }
  Val v = LLVMGetPoison(k->t);
  for (int i = 0; i < k->lanes; i++) {
    Val one = load_row(k, LLVMBuildExtractElement(g->b, index, cg_i64(g, i), ""));
    v = LLVMBuildInsertElement(g->b, v, one, cg_i64(g, i), "");
  }
  return v;
}

/* Bits of a BF16 in the low half of each lane, to the same of its tanh. */
static Val ktanh_bits(K *k, Val x) {
  LLVMBuilderRef b = k->g->b;
  Val a = and_(k, x, 0x7fff), sign = and_(k, x, 0x8000);
  Val rows = look_up(k, and_(k, LLVMBuildLShr(b, a, c(k, 4), ""), 31));
  Val shift = LLVMBuildLShr(b, rows, c(k, 16), "");
  Val y = LLVMBuildAdd(b, and_(k, rows, 0xffff), LLVMBuildLShr(b, and_(k, a, 127), shift, ""), "");
  y = choose(k, above(k, a, T2), c(k, ONE), y);
  y = choose(k, LLVMBuildICmp(b, LLVMIntULT, a, c(k, T1), ""), a, y);
  y = choose(k, above(k, a, INF), LLVMBuildOr(b, a, c(k, 0x40), ""), y);
  return LLVMBuildOr(b, y, sign, "");
}

static Val to_float(K *k, Val bits) {
  Cg *g = k->g;
  Val high = LLVMBuildShl(g->b, bits, c(k, 16), "");
  return LLVMBuildBitCast(g->b, high, cg_lanes(g, g->t_f32, k->lanes), "");
}

static Val to_bits(K *k, Val v) {
  return LLVMBuildZExt(k->g->b, cg_narrow(k->g, v, TPP_F32, TPP_BF16, k->lanes), k->t, "");
}

static Val times(K *k, Val a, Val b) {
  return LLVMBuildFMul(k->g->b, a, b, "");
}
static Val plus(K *k, Val a, Val b) {
  return LLVMBuildFAdd(k->g->b, a, b, "");
}

static Val to_bf16(K *k, Val v) {
  return to_float(k, to_bits(k, v));
}

static Val ktanh(K *k, Val v) {
  return to_float(k, ktanh_bits(k, to_bits(k, v)));
}

/* v is a BF16. */
static Val ksigmoid(K *k, Val v) {
  LLVMTypeRef f = LLVMTypeOf(v);
  Val half = cg_const_f(k->g, f, 0.5);
  Val sum = plus(k, ktanh(k, times(k, v, half)), cg_const_f(k->g, f, 1));
  return to_bf16(k, times(k, sum, half));
}

/* v is a BF16. The constants are floats, and nothing may fuse. */
static Val kgelu(K *k, Val v) {
  LLVMTypeRef f = LLVMTypeOf(v);
  Val small = times(k, cg_const_f(k->g, f, (double)0.044715f), times(k, times(k, v, v), v));
  Val u = times(k, cg_const_f(k->g, f, (double)0.79788456f), plus(k, v, small));
  Val top = plus(k, ktanh(k, u), cg_const_f(k->g, f, 1));
  return to_bf16(k, times(k, times(k, v, cg_const_f(k->g, f, 0.5)), top));
}

Val cg_ktanh(Cg *g, TppcElt elt, Val x, int elem) {
  K k = {g, cg_lanes(g, g->t_i32, g->lanes), g->lanes};
  x = cg_convert(g, x, elem, TPP_F32, g->lanes);
  Val v = to_bf16(&k, x), y;
  if (elt == TPPC_ELT_KTANH)
    y = ktanh(&k, v);
  else if (elt == TPPC_ELT_KSIGMOID)
    y = ksigmoid(&k, v);
  else if (elt == TPPC_ELT_KSWISH)
    y = to_bf16(&k, times(&k, v, ksigmoid(&k, v)));
  else
    y = kgelu(&k, v);
  return cg_convert(g, y, TPP_F32, elem, g->lanes);
}
