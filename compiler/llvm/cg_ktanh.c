/* K-TanH (arXiv 1909.07729): tanh on the bits of a BF16, integers only, with the published table or
 * the fine one; sigmoid, swish, and GELU from it, in f32.
 *
 * tppd_ktanh_bits in tpp/opsdef.h is the definition; this is the same function on vectors of i32. A
 * row (E, r, b) is one word, (E << 7) + b below r. Tables lie in registers: a permute looks up as
 * many rows as its index has bits for (8 on AVX2, 32 on AVX-512), and selects by the higher bits of
 * the index choose between permutes. An argument that was loaded as a BF16 is taken as it was
 * stored, and so is a result that is stored as one.
 */
#include "llvm/cg.h"
#include "tpp/opsdef.h"

enum { ONE = 0x3f80, INF = 0x7f80, ROWS = 128 };

static const int published[] = {
#define KTANH(e, r, b) (((e) << 7) + (b)) | (r) << 16,
#define KTANH_FINE(e, r, b)
#include "tpp/ktanh.def"
#undef KTANH
#undef KTANH_FINE
};
static const int halves[] = {
#define KTANH(e, r, b)
#define KTANH_FINE(e, r, b) (((e) << 7) + (b)) | (r) << 16,
#include "tpp/ktanh.def"
#undef KTANH
#undef KTANH_FINE
};

typedef struct K {
  Cg *g;
  LLVMTypeRef t; /* lanes of i32 */
  int lanes;
  bool fine;
} K;

static Val c(K *k, int64_t v) {
  return cg_const_i(k->g, k->t, v);
}
static Val and_(K *k, Val a, int64_t m) {
  return LLVMBuildAnd(k->g->b, a, c(k, m), "");
}
static Val above(K *k, Val a, int64_t m) {
  return LLVMBuildICmp(k->g->b, LLVMIntSGT, a, c(k, m), "");
}
static Val choose(K *k, Val cond, Val a, Val b) {
  return LLVMBuildSelect(k->g->b, cond, a, b, "");
}

/* The index is the word shifted right, of which `size` values matter: row i of the table is where
 * the word that it begins with puts it. Other entries are never looked up and are -1. */
typedef struct Table {
  int entry[ROWS], size, shift;
} Table;

static Table table_of(const K *k) {
  Table t = {.size = k->fine ? 128 : 32, .shift = k->fine ? 3 : 4};
  const int *rows = k->fine ? halves : published;
  size_t n = k->fine ? sizeof halves / sizeof *halves : sizeof published / sizeof *published;
  int first = (k->fine ? TPPD_KTANH_FINE_FIRST : TPPD_KTANH_FIRST) >> t.shift;
  for (int i = 0; i < ROWS; i++)
    t.entry[i] = -1;
  for (size_t i = 0; i < n; i++)
    t.entry[(first + (int)i) & (t.size - 1)] = rows[i];
  return t;
}

static Val entries(K *k, const Table *t, int first, int n) {
  Val v[32];
  for (int i = 0; i < n; i++)
    v[i] = cg_i32(k->g, t->entry[first + i]);
  return LLVMConstVector(v, (unsigned)n);
}

/* One permute: rows first .. first + step - 1 by the low bits of the index. */
static Val permute(K *k, const Table *t, Val index, int first) {
  Cg *g = k->g;
  if (k->lanes == 8)
    return cg_intrinsic(g, "llvm.x86.avx2.permd", NULL, (Val[]){entries(k, t, first, 8), index}, 2);
  Val args[3] = {entries(k, t, first, 16), index, entries(k, t, first + 16, 16)};
  return cg_intrinsic(g, "llvm.x86.avx512.vpermi2var.d.512", NULL, args, 3);
}

/* The rows of `n` entries from `first` on, NULL when none is ever used. */
static Val look_up_part(K *k, const Table *t, Val index, int first, int n) {
  bool used = false;
  for (int i = 0; i < n; i++)
    used = used || t->entry[first + i] >= 0;
  if (!used)
    return NULL;
  if (n == (k->lanes == 8 ? 8 : 32))
    return permute(k, t, index, first);
  Val low = look_up_part(k, t, index, first, n / 2);
  Val high = look_up_part(k, t, index, first + n / 2, n / 2);
  if (!low || !high)
    return low ? low : high;
  /* The bit of the index that decides becomes the sign, which is what a blend looks at. */
  int bit = 0;
  while (1 << (bit + 1) < n)
    bit++;
  Val sign = LLVMBuildShl(k->g->b, index, c(k, 31 - bit), "");
  return choose(k, LLVMBuildICmp(k->g->b, LLVMIntSLT, sign, c(k, 0), ""), high, low);
}

static Val slice(K *k, Val v, int first, int n) {
  Val lanes[64];
  for (int i = 0; i < n; i++)
    lanes[i] = cg_i32(k->g, first + i);
  return LLVMBuildShuffleVector(k->g->b, v, LLVMGetPoison(LLVMTypeOf(v)),
                                LLVMConstVector(lanes, (unsigned)n), "");
}

static Val load_row(K *k, const Table *t, Val index) {
  Cg *g = k->g;
  const char *name = k->fine ? "tpp.ktanh.fine" : "tpp.ktanh";
  Val global = LLVMGetNamedGlobal(g->mod, name);
  LLVMTypeRef type = LLVMArrayType2(g->t_i32, (uint64_t)t->size);
  if (!global) {
    Val rows[ROWS];
    for (int i = 0; i < t->size; i++)
      rows[i] = cg_i32(g, t->entry[i]);
    global = LLVMAddGlobal(g->mod, type, name);
    LLVMSetInitializer(global, LLVMConstArray2(g->t_i32, rows, (uint64_t)t->size));
    LLVMSetLinkage(global, LLVMInternalLinkage);
    LLVMSetGlobalConstant(global, true);
  }
  index = LLVMBuildAnd(g->b, index, cg_i32(g, t->size - 1), "");
  Val at[2] = {cg_i64(g, 0), LLVMBuildZExt(g->b, index, g->t_i64, "")};
  return LLVMBuildLoad2(g->b, g->t_i32, LLVMBuildInBoundsGEP2(g->b, type, global, at, 2, ""), "");
}

/* The row of each lane: by permutes where the target has them, else a load a lane. */
static Val look_up(K *k, Val index) {
  Cg *g = k->g;
  Table t = table_of(k);
  bool avx2 = g->target.vector_bytes >= 32 && (g->target.isas & TPP_ISA_AVX2);
  bool avx512 = avx2 && g->target.vector_bytes == 64;
  if (k->lanes == 1)
    return load_row(k, &t, index);
  if ((avx2 && k->lanes == 8) || (avx512 && k->lanes == 16))
    return look_up_part(k, &t, index, 0, t.size);
  if (avx2 && k->lanes == 4) {
    K wide = {g, LLVMVectorType(g->t_i32, 8), 8, k->fine};
    Val lanes[8];
    for (int i = 0; i < 8; i++)
      lanes[i] = cg_i32(g, i % 4);
    index = LLVMBuildShuffleVector(g->b, index, index, LLVMConstVector(lanes, 8), "");
    return slice(k, look_up_part(&wide, &t, index, 0, t.size), 0, 4);
  }
  Val v = LLVMGetPoison(k->t);
  for (int i = 0; i < k->lanes; i++) {
    Val one = load_row(k, &t, LLVMBuildExtractElement(g->b, index, cg_i64(g, i), ""));
    v = LLVMBuildInsertElement(g->b, v, one, cg_i64(g, i), "");
  }
  return v;
}

/* Bits of a BF16 in the low half of each lane, to the same of its tanh. */
static Val ktanh_bits(K *k, Val x) {
  LLVMBuilderRef b = k->g->b;
  int first = k->fine ? TPPD_KTANH_FINE_FIRST : TPPD_KTANH_FIRST;
  int last = k->fine ? TPPD_KTANH_FINE_LAST : TPPD_KTANH_LAST;
  Val a = and_(k, x, 0x7fff), sign = and_(k, x, 0x8000);
  Val rows = look_up(k, LLVMBuildLShr(b, a, c(k, k->fine ? 3 : 4), ""));
  Val shift = LLVMBuildLShr(b, rows, c(k, 16), "");
  Val y = LLVMBuildAdd(b, and_(k, rows, 0xffff), LLVMBuildLShr(b, and_(k, a, 127), shift, ""), "");
  y = choose(k, above(k, a, last), c(k, ONE), y);
  y = choose(k, above(k, a, first - 1), y, a);
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

static Val ktanh(K *k, Val v) {
  return to_float(k, ktanh_bits(k, to_bits(k, v)));
}

/* v is a BF16; the result is still to be rounded to one. */
static Val ksigmoid(K *k, Val v) {
  LLVMTypeRef f = LLVMTypeOf(v);
  Val half = cg_const_f(k->g, f, 0.5);
  Val sum = plus(k, ktanh(k, times(k, v, half)), cg_const_f(k->g, f, 1));
  return times(k, sum, half);
}

/* Likewise. The constants are floats, and nothing may fuse. */
static Val kgelu(K *k, Val v) {
  LLVMTypeRef f = LLVMTypeOf(v);
  Val small = times(k, cg_const_f(k->g, f, (double)0.044715f), times(k, times(k, v, v), v));
  Val u = times(k, cg_const_f(k->g, f, (double)0.79788456f), plus(k, v, small));
  Val top = plus(k, ktanh(k, u), cg_const_f(k->g, f, 1));
  return times(k, times(k, v, cg_const_f(k->g, f, 0.5)), top);
}

static TppcElt coarse(TppcElt elt) {
  return elt < TPPC_ELT_KTANH_FINE ? elt : elt - TPPC_ELT_KTANH_FINE + TPPC_ELT_KTANH;
}
_Static_assert(TPPC_ELT_KGELU_FINE - TPPC_ELT_KTANH_FINE == TPPC_ELT_KGELU - TPPC_ELT_KTANH,
               "the fine rows of ops.def are in the order of the others");

CgScalar cg_ktanh(Cg *g, TppcElt elt, CgScalar in, int lanes) {
  K k = {g, cg_lanes(g, g->t_i32, lanes), lanes, elt >= TPPC_ELT_KTANH_FINE};
  bool stored = in.raw && in.raw_elem == TPP_BF16;
  Val bits = stored ? LLVMBuildZExt(g->b, in.raw, k.t, "")
                    : to_bits(&k, cg_convert(g, in.v, in.elem, TPP_F32, lanes));
  elt = coarse(elt);
  if (elt == TPPC_ELT_KTANH) {
    bits = ktanh_bits(&k, bits);
  } else {
    Val v = to_float(&k, bits), y;
    if (elt == TPPC_ELT_KSIGMOID)
      y = ksigmoid(&k, v);
    else if (elt == TPPC_ELT_KSWISH)
      y = times(&k, v, to_float(&k, to_bits(&k, ksigmoid(&k, v))));
    else
      y = kgelu(&k, v);
    bits = to_bits(&k, y);
  }
  CgScalar r = {.elem = in.elem, .raw_elem = TPP_BF16};
  r.raw = LLVMBuildTrunc(g->b, bits, cg_lanes(g, g->t_i16, lanes), "");
  r.v = cg_convert(g, to_float(&k, bits), TPP_F32, in.elem, lanes);
  return r;
}
