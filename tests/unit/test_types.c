/* Offsets, extents, and bytes of tensor types: the expressions, and that every element has a place
 * of its own. */
#include "ir/parse_internal.h"
#include "test.h"

#include <string.h>

static const TppcType *parse(TppcContext *cx, const char *text) {
  TppcParser p;
  tppc_lex_start(&p, cx, tppc_source_add(cx->diags, "type", text, strlen(text)));
  return tppc_parse_type(&p);
}

static const char *text_of(TppcContext *cx, const TppcExpr *e) {
  TppcBuf b = {0};
  tppc_e_print(&b, e);
  const char *text = tppc_strdup(cx->arena, b.data);
  tppc_buf_free(&b);
  return text;
}

static void check_type(Test *t, const char *type, const char *offset, const char *elements,
                       const char *bytes) {
  TppcContext *cx = tppc_context_create();
  const TppcType *ty = parse(cx, type);
  static const char *const names[] = {"i", "j", "k", "l"};
  const TppcExpr *idx[4];
  for (int i = 0; i < 4; i++)
    idx[i] = tppc_e_sym(cx, names[i]);
  CHECK_STR(t, text_of(cx, tppc_t_offset(cx, ty, idx)), offset);
  CHECK_STR(t, text_of(cx, tppc_t_elements(cx, ty)), elements);
  CHECK_STR(t, text_of(cx, tppc_t_bytes(cx, ty)), bytes);
  tppc_context_destroy(cx);
}

static void expressions(Test *t) {
  check_type(t, "f32[]", "0", "1", "4");
  check_type(t, "f32[M]", "i", "M", "4*M");
  check_type(t, "bf16[M, 768]", "768*i + j", "768*M", "1536*M");
  check_type(t, "f32[M, N]", "N*i + j", "M*N", "4*M*N");
  check_type(t, "f32[M, N] ld(LX)", "LX*i + j", "LX*M", "4*LX*M");
  check_type(t, "f32[m: M, k: K] as [k][m]", "M*j + i", "K*M", "4*K*M");
  check_type(t, "bf16[m: 64, k: 64] as [m/32][k/32][m%32][k%32]",
             "2048*(i/32) + 1024*(j/32) + 32*(i % 32) + j%32", "4096", "8192");
  check_type(t, "bf16[k: 60, n: 100] as [n/64][k/32][k%32/2][n%64][k%2]",
             "4096*(j/64) + 2048*(i/32) + 128*(i/2 % 16) + 2*(j % 64) + i%2", "8192", "16384");
  check_type(t, "f64[n: 2, c: 20, h: H, w: 7] as [n][c/16][h][w][c%16]",
             "224*H*i + 112*H*(j/16) + 112*k + 16*l + j%16", "448*H", "3584*H");
  check_type(t, "i4[M, 5]", "6*i + j", "6*M", "3*M");
  check_type(t, "bit[M, 9]", "16*i + j", "16*M", "2*M");
  check_type(t, "bit[M, N]", "8*i*((N + 7)/8) + j", "8*M*((N + 7)/8)", "M*((N + 7)/8)");
  check_type(t, "i4[]", "0", "1", "1");
}

static bool no_symbols(void *user, const char *sym, int64_t *v) {
  (void)user;
  (void)sym;
  (void)v;
  return false;
}

/* All elements of a two-dimensional type of known extents: within the storage, and no two at one
 * place. */
static void check_places(Test *t, const char *type) {
  TppcContext *cx = tppc_context_create();
  const TppcType *ty = parse(cx, type);
  int64_t elements, rows = ty->dims[0]->value, cols = ty->dims[1]->value, at;
  CHECK(t, tppc_e_eval(tppc_t_elements(cx, ty), no_symbols, NULL, &elements));
  char *taken = tppc_alloc_n(cx->arena, (size_t)elements, 1);
  bool ok = true;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < cols; j++) {
      const TppcExpr *idx[2] = {tppc_e_int(cx, i), tppc_e_int(cx, j)};
      ok = ok && tppc_e_eval(tppc_t_offset(cx, ty, idx), no_symbols, NULL, &at) && at >= 0 &&
           at < elements && !taken[at]++;
    }
  if (!CHECK(t, ok))
    printf("     %s\n", type);
  tppc_context_destroy(cx);
}

static void places(Test *t) {
  check_places(t, "f32[5, 7]");
  check_places(t, "f32[5, 7] ld(9)");
  check_places(t, "f32[m: 5, k: 7] as [k][m]");
  check_places(t, "bf16[m: 33, k: 40] as [m/32][k/32][m%32][k%32]");
  check_places(t, "bf16[k: 33, n: 70] as [n/64][k/32][k%32/2][n%64][k%2]");
  check_places(t, "i8[k: 13, n: 20] as [k/8][n/4][k%8/4][n%4][k%4]");
  check_places(t, "i4[3, 5]");
}

/* Equal types are one pointer; substitution gives the type that would have been written. */
static void identity(Test *t) {
  TppcContext *cx = tppc_context_create();
  const TppcType *a = parse(cx, "bf16[m: M, k: K] as [m/32][k][m%32] pad(m: 1)");
  CHECK(t, a == parse(cx, "bf16[m: M, k: K] as [m/32][k][m%32] pad(m: 1, k: 0)"));
  CHECK(t, a != parse(cx, "bf16[m: M, k: K] as [m/32][k][m%32]"));
  CHECK(t, parse(cx, "f32[M]") != parse(cx, "f32[N]"));
  CHECK(t, parse(cx, "f32[M]") != parse(cx, "f32[m: M]"));
  CHECK(t, parse(cx, "f32") != parse(cx, "f32[]"));
  TppcFacts f = {.arena = cx->arena};
  tppc_facts_add(&f, "M")->with = tppc_e_int(cx, 64);
  CHECK(t, tppc_t_subst(cx, a, &f) == parse(cx, "bf16[m: 64, k: K] as [m/32][k][m%32] pad(m: 1)"));
  CHECK(t, tppc_t_is_plain(parse(cx, "f32[M] range(0, 1)")));
  CHECK(t, !tppc_t_is_plain(a) && !tppc_t_is_plain(parse(cx, "f32[M, N] ld(K)")));
  CHECK(t, !tppc_t_is_plain(parse(cx, "f32[M, N] csr")));
  tppc_context_destroy(cx);
}

static void elements(Test *t) {
  CHECK_INT(t, tppc_elem_compute(TPP_BF16), TPP_F32);
  CHECK_INT(t, tppc_elem_compute(TPP_U16), TPP_I32);
  CHECK_INT(t, tppc_elem_compute(TPP_I64), TPP_I64);
  CHECK_INT(t, tppc_elem_compute(TPP_BIT), TPP_BIT);
  CHECK_INT(t, tppc_elem_compute(TPP_TERNARY), TPP_F32);
  CHECK_INT(t, tppc_elem_accumulator(TPP_I8), TPP_I32);
  CHECK_INT(t, tppc_elem_by_name("bf16"), TPP_BF16);
  CHECK_INT(t, tppc_elem_by_name("bf17"), 0);
  CHECK(t, tppc_elem_is_int(TPP_I4) && !tppc_elem_is_int(TPP_BIT) && !tppc_elem_is_int(TPP_F32));
  CHECK(t, tppc_elem_is_float(TPP_F16) && !tppc_elem_is_float(TPP_TERNARY));
}

TEST_MAIN({"types.expressions", expressions}, {"types.places", places},
          {"types.identity", identity}, {"types.elements", elements})
