/* K-TanH (arXiv 1909.07729): tanh on the bits of a BF16, integers only, with the published table or
 * the fine one; sigmoid, swish, and GELU from it, in f32.
 *
 * tppd_ktanh_bits in tpp/opsdef.h is the definition; this is the same function on vectors of i16,
 * which are never widened. A row (E, r, b) is two numbers, (E << 7) + b and the shift r, looked up
 * in registers, 32 lanes at a time: with AVX-512 by permutes of words; with AVX2 by shuffles of
 * bytes, where the shift is a factor whose product with the mantissa has the result in its upper
 * half. A shuffle gives 0 where the upper bit of its index is set, so that of 16 rows each the
 * results of all shuffles are or-ed. Rows outside of the table may come out as anything. An
 * argument that was loaded as a BF16 is taken as it was stored, and so is a result that is stored
 * as one.
 */
#include "llvm/cg.h"
#include "tpp/opsdef.h"

enum { ONE = 0x3f80, INF = 0x7f80, ROWS = 128, CHUNK = CG_WORDS };

typedef struct Row {
  int base, shift;
} Row;
static const Row published[] = {
#define KTANH(e, r, b) {((e) << 7) + (b), r},
#define KTANH_FINE(e, r, b)
#include "tpp/ktanh.def"
#undef KTANH
#undef KTANH_FINE
};
static const Row halves[] = {
#define KTANH(e, r, b)
#define KTANH_FINE(e, r, b) {((e) << 7) + (b), r},
#include "tpp/ktanh.def"
#undef KTANH
#undef KTANH_FINE
};
enum { PUBLISHED = sizeof published / sizeof *published, HALVES = sizeof halves / sizeof *halves };
_Static_assert((int)HALVES <= (int)ROWS, "two permutes of 64 rows");

typedef struct K {
  Cg *g;
  LLVMTypeRef t; /* lanes of i16 */
  int lanes;
  bool fine;
} K;

static Val c(K *k, int64_t v) {
  return cg_const_i(k->g, k->t, v);
}
static Val and_(K *k, Val a, int64_t m) {
  return LLVMBuildAnd(k->g->b, a, c(k, m), "");
}
/* As signed numbers. */
static Val above(K *k, Val a, int64_t m) {
  return LLVMBuildICmp(k->g->b, LLVMIntSGT, a, c(k, m), "");
}
static Val choose(K *k, Val cond, Val a, Val b) {
  return LLVMBuildSelect(k->g->b, cond, a, b, "");
}

static int rows_of(const K *k) {
  return k->fine ? HALVES : PUBLISHED;
}
static Row row_of(const K *k, int i) {
  if (i >= rows_of(k))
    return (Row){0};
  return k->fine ? halves[i] : published[i];
}

/* ---- 32 rows at a time: the row's base plus the mantissa shifted ---- */

static Val words(K *k, int first, int n, bool shift) {
  Val v[64];
  for (int i = 0; i < n; i++) {
    Row row = row_of(k, first + i);
    v[i] = cg_const_i(k->g, k->g->t_i16, shift ? row.shift : row.base);
  }
  return LLVMConstVector(v, (unsigned)n);
}

static Val permute_512(K *k, Val index, int first, bool shift) {
  Cg *g = k->g;
  if (rows_of(k) - first <= CHUNK)
    return cg_intrinsic(g, "llvm.x86.avx512.permvar.hi.512", NULL,
                        (Val[]){words(k, first, CHUNK, shift), index}, 2);
  Val args[3] = {words(k, first, CHUNK, shift), index, words(k, first + CHUNK, CHUNK, shift)};
  return cg_intrinsic(g, "llvm.x86.avx512.vpermi2var.hi.512", NULL, args, 3);
}

static Val look_up_512(K *k, Val index, bool shift) {
  Val low = permute_512(k, index, 0, shift);
  if (rows_of(k) <= 2 * CHUNK)
    return low;
  Val high = permute_512(k, index, 2 * CHUNK, shift);
  return choose(k, above(k, index, 2 * CHUNK - 1), high, low);
}

static Val rows_512(K *k, Val index, Val mantissa) {
  Val shift = look_up_512(k, index, true), base = look_up_512(k, index, false);
  return LLVMBuildAdd(k->g->b, base, LLVMBuildLShr(k->g->b, mantissa, shift, ""), "");
}

typedef enum Part { LOW, HIGH, FACTOR } Part;

/* 16 rows from `first` on, in both halves of the register. */
static Val bytes(K *k, int first, Part part) {
  Val v[CHUNK];
  for (int i = 0; i < CHUNK; i++) {
    Row row = row_of(k, first + i % 16);
    int byte = part == LOW ? row.base & 255 : part == HIGH ? row.base >> 8 : 128 >> row.shift;
    v[i] = LLVMConstInt(k->g->t_i8, (unsigned)byte, false);
  }
  return LLVMConstVector(v, CHUNK);
}

static Val of_bytes(K *k, int v) {
  return cg_const_i(k->g, LLVMVectorType(k->g->t_i8, CHUNK), v);
}

/* Less the rows before `first`, and with the upper bit set unless that is below 16. */
static Val index_of(K *k, Val index, int first) {
  Cg *g = k->g;
  if (first)
    index = LLVMBuildSub(g->b, index, of_bytes(k, first), "");
  if (first && first + 16 >= rows_of(k))
    return index;
  return cg_intrinsic(g, "llvm.uadd.sat", LLVMTypeOf(index), (Val[]){index, of_bytes(k, 112)}, 2);
}

static Val look_up_256(K *k, const Val *index, Part part) {
  Val v = NULL;
  for (int first = 0; first < rows_of(k); first += 16) {
    Val args[2] = {bytes(k, first, part), index[first / 16]};
    Val one = cg_intrinsic(k->g, "llvm.x86.avx2.pshuf.b", NULL, args, 2);
    v = v ? LLVMBuildOr(k->g->b, v, one, "") : one;
  }
  return v;
}

/* Bytes of low and high joined to words, as far as a half of packuswb's result goes. */
static Val unpack(K *k, Val low, Val high, int half) {
  Cg *g = k->g;
  Val lane[CHUNK];
  for (int i = 0; i < CHUNK; i++)
    lane[i] = cg_i32(g, i / 16 * 16 + half * 8 + i % 16 / 2 + i % 2 * CHUNK);
  Val v = LLVMBuildShuffleVector(g->b, low, high, LLVMConstVector(lane, CHUNK), "");
  return LLVMBuildBitCast(g->b, v, LLVMVectorType(g->t_i16, 16), "");
}

static Val rows_256(K *k, Val index, Val mantissa) {
  Cg *g = k->g;
  Val narrow[2] = {cg_slice(g, index, 0, 16), cg_slice(g, index, 16, 16)}, y[2];
  Val packed = cg_intrinsic(g, "llvm.x86.avx2.packuswb", NULL, narrow, 2);
  Val at[ROWS / 16];
  for (int first = 0; first < rows_of(k); first += 16)
    at[first / 16] = index_of(k, packed, first);
  Val low = look_up_256(k, at, LOW), high = look_up_256(k, at, HIGH);
  Val factor = look_up_256(k, at, FACTOR);
  for (int i = 0; i < 2; i++) {
    Val m = cg_slice(g, mantissa, 16 * i, 16);
    m = LLVMBuildShl(g->b, m, cg_const_i(g, LLVMTypeOf(m), 9), "");
    Val args[2] = {m, unpack(k, factor, of_bytes(k, 0), i)};
    m = cg_intrinsic(g, "llvm.x86.avx2.pmulhu.w", NULL, args, 2);
    y[i] = LLVMBuildAdd(g->b, m, unpack(k, low, high, i), "");
  }
  return cg_concat(g, y[0], y[1]);
}

/* ---- one lane at a time ---- */

static Val load_row(K *k, Val index, bool shift) {
  Cg *g = k->g;
  const char *name =
      tppc_sprintf(g->arena, "tpp.ktanh%s%s", k->fine ? ".fine" : "", shift ? ".shift" : "");
  Val global = LLVMGetNamedGlobal(g->mod, name);
  LLVMTypeRef type = LLVMArrayType2(g->t_i16, ROWS);
  if (!global) {
    Val rows[ROWS];
    for (int i = 0; i < ROWS; i++)
      rows[i] = LLVMConstExtractElement(words(k, i, 1, shift), cg_i32(g, 0));
    global = LLVMAddGlobal(g->mod, type, name);
    LLVMSetInitializer(global, LLVMConstArray2(g->t_i16, rows, ROWS));
    LLVMSetLinkage(global, LLVMInternalLinkage);
    LLVMSetGlobalConstant(global, true);
  }
  index = LLVMBuildAnd(g->b, index, cg_const_i(g, g->t_i16, ROWS - 1), "");
  Val at[2] = {cg_i64(g, 0), LLVMBuildZExt(g->b, index, g->t_i64, "")};
  return LLVMBuildLoad2(g->b, g->t_i16, LLVMBuildInBoundsGEP2(g->b, type, global, at, 2, ""), "");
}

static Val rows_1(K *k, Val index, Val mantissa) {
  Val shift = load_row(k, index, true);
  return LLVMBuildAdd(k->g->b, load_row(k, index, false),
                      LLVMBuildLShr(k->g->b, mantissa, shift, ""), "");
}

static Val rows_by_lane(K *k, Val index, Val mantissa) {
  Cg *g = k->g;
  if (k->lanes == 1)
    return rows_1(k, index, mantissa);
  Val v = LLVMGetPoison(k->t);
  for (int i = 0; i < k->lanes; i++) {
    Val one = rows_1(k, LLVMBuildExtractElement(g->b, index, cg_i64(g, i), ""),
                     LLVMBuildExtractElement(g->b, mantissa, cg_i64(g, i), ""));
    v = LLVMBuildInsertElement(g->b, v, one, cg_i64(g, i), "");
  }
  return v;
}

/* ---- tanh ---- */

/* Base and shifted mantissa of the row of each lane. */
static Val rows(K *k, Val index, Val mantissa) {
  Cg *g = k->g;
  bool avx2 = g->target.vector_bytes >= 32 && (g->target.isas & TPP_ISA_AVX2);
  if (k->lanes == 1 || !avx2)
    return rows_by_lane(k, index, mantissa);
  K chunk = {g, LLVMVectorType(g->t_i16, CHUNK), CHUNK, k->fine};
  Val all = NULL;
  for (int i = 0; i < k->lanes; i += CHUNK) {
    Val at = cg_slice(g, index, i, CHUNK), m = cg_slice(g, mantissa, i, CHUNK);
    Val y = g->target.vector_bytes == 64 ? rows_512(&chunk, at, m) : rows_256(&chunk, at, m);
    all = all ? cg_concat(g, all, y) : y;
  }
  return k->lanes < CHUNK ? cg_slice(g, all, 0, k->lanes) : all;
}

/* Bits of a BF16 to those of its tanh. */
static Val ktanh_bits(K *k, Val x) {
  LLVMBuilderRef b = k->g->b;
  int first = k->fine ? TPPD_KTANH_FINE_FIRST : TPPD_KTANH_FIRST;
  int last = k->fine ? TPPD_KTANH_FINE_LAST : TPPD_KTANH_LAST;
  Val a = and_(k, x, 0x7fff), sign = and_(k, x, 0x8000);
  Val index = LLVMBuildSub(b, a, c(k, first), "");
  index = LLVMBuildLShr(b, index, c(k, k->fine ? 3 : 4), "");
  Val y = rows(k, index, and_(k, a, 127));
  y = choose(k, above(k, a, last), c(k, ONE), y);
  y = choose(k, above(k, a, first - 1), y, a);
  y = choose(k, above(k, a, INF), LLVMBuildOr(b, a, c(k, 0x40), ""), y);
  return LLVMBuildOr(b, y, sign, "");
}

static Val to_float(K *k, Val bits) {
  return cg_widen(k->g, bits, TPP_BF16, k->lanes);
}

static Val to_bits(K *k, Val v) {
  return cg_narrow(k->g, v, TPP_F32, TPP_BF16, k->lanes);
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

bool cg_is_ktanh(TppcElt elt) {
  return elt >= TPPC_ELT_KTANH && elt <= TPPC_ELT_KGELU_FINE;
}

CgScalar cg_ktanh(Cg *g, TppcElt elt, CgScalar in, int lanes) {
  K k = {g, cg_lanes(g, g->t_i16, lanes), lanes, elt >= TPPC_ELT_KTANH_FINE};
  bool stored = in.raw && in.raw_elem == TPP_BF16;
  Val bits = stored ? in.raw : to_bits(&k, cg_convert(g, in.v, in.elem, TPP_F32, lanes));
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
  CgScalar r = {.elem = in.elem, .raw = bits, .raw_elem = TPP_BF16};
  r.v = cg_convert(g, to_float(&k, bits), TPP_F32, in.elem, lanes);
  return r;
}
