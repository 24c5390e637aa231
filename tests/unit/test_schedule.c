/* Schedule strings as read, and the trees that LANGUAGE.md's examples give. */
#include "schedule/schedule.h"

#include "test.h"

#include <stdlib.h>

/* ---- strings ---- */

/* What was read, written back: letters with their grids and barriers, then the policy. */
static const char *read_back(TppcArena *a, const char *text, size_t size) {
  TppcSchedString str;
  TppcSchedError error;
  if (!tppc_schedule_parse(a, text, size, &str, &error))
    return tppc_sprintf(a, "%u-%u %s", error.begin, error.end, error.what);
  TppcBuf b = {0};
  for (int i = 0; i < str.levels.n; i++) {
    const TppcSchedLevel *l = &str.levels.data[i];
    tppc_buf_printf(&b, "%c%d", l->capital ? l->letter - 'a' + 'A' : l->letter, l->nth);
    if (l->grid)
      tppc_buf_printf(&b, "{%c %u-%u}", l->grid, l->grid_at, l->grid_end);
    if (l->barrier)
      tppc_buf_putc(&b, '|');
  }
  if (str.dynamic)
    tppc_buf_printf(&b, " dynamic %lld", (long long)str.chunk);
  const char *r = tppc_strdup(a, b.data ? b.data : "");
  tppc_buf_free(&b);
  return r;
}

static void check_string(Test *t, const char *text, const char *want) {
  TppcArena *a = tppc_arena_new();
  CHECK_STR(t, read_back(a, text, strlen(text)), want);
  tppc_arena_free(a);
}

static void string_reads(Test *t) {
  check_string(t, "", "");
  check_string(t, "nkMN", "n0k0M0N1");
  check_string(t, "bcaBCb", "b0c0a0B1C1b2");
  check_string(t, "bcaBCb@schedule(dynamic,1)", "b0c0a0B1C1b2 dynamic 1");
  check_string(t, "aBC@schedule(static)", "a0B0C0");
  check_string(t, " a B C @ schedule ( dynamic , 12 ) ", "a0B0C0 dynamic 12");
  check_string(t, "aB@schedule(dynamic)", "a0B0 dynamic 1");
  check_string(t, "bcaBC|b", "b0c0a0B1C1|b2");
  check_string(t, "C{R:16}aB{ C : 4 }", "C0{R 1-7}a0B0{C 9-18}");
}

static void string_refuses(Test *t) {
  check_string(t, "a b+c", "3-4 '+', where a letter, '|', or '@' is expected,");
  check_string(t, "a\x01", "1-2 the byte 0x01, where a letter, '|', or '@' is expected,");
  check_string(t, "a\xff", "1-2 the byte 0xff, where a letter, '|', or '@' is expected,");
  check_string(t, "a\xc3\xb6", "1-3 '\xc3\xb6', where a letter, '|', or '@' is expected,");
  check_string(t, "|a", "0-1 a barrier before any loop");
  check_string(t, "a||", "2-3 a second barrier after one loop");
  check_string(t, "a{R:2}", "1-2 a grid after a loop that is not parallel");
  check_string(t, "bC{R:2aB", "6-7 'a', where '}' is expected,");
  check_string(t, "A{R:0}", "4-5 a number that is not from 1 to 2147483647");
  check_string(t, "A{R:99999999999999999999}", "4-24 a number that is not from 1 to 2147483647");
  check_string(t, "A{R:", "4-4 the end, where a number of threads is expected,");
  check_string(t, "a[0,8,1(4)", "1-2 '[', where a letter, '|', or '@' is expected,");
  check_string(t, "a@", "2-2 the end, where schedule(...) is expected,");
  check_string(t, "a@schedule(guided)", "11-12 'g', where static or dynamic is expected,");
  check_string(t, "a@schedule(dynamic,1)b", "21-22 'b', where the end is expected,");
  check_string(t, "a@schedule(static,4)", "17-18 ',', where ')' is expected,");
}

static void string_too_long(Test *t) {
  char text[TPPC_SCHED_MAX_LEVELS + 2];
  memset(text, 'a', sizeof text);
  TppcArena *a = tppc_arena_new();
  CHECK_STR(t, read_back(a, text, TPPC_SCHED_MAX_LEVELS + 1), "64-65 more than 64 letters");
  CHECK(t, strchr(read_back(a, text, TPPC_SCHED_MAX_LEVELS), ' ') == NULL);
  tppc_arena_free(a);
}

/* Whatever the bytes are: an error lies inside the text, and what is read stays within it. */
static void string_any_bytes(Test *t) {
  static const char likely[] = "abcABC|@{}:(),R0123456789 schedule(dynamic,1)";
  uint64_t state = 7;
  for (int run = 0; run < 20000; run++) {
    char text[40];
    uint32_t size = 0;
    state = state * UINT64_C(6364136223846793005) + 1;
    for (uint32_t n = (uint32_t)(state >> 33) % sizeof text; size < n; size++) {
      state = state * UINT64_C(6364136223846793005) + 1;
      uint32_t r = (uint32_t)(state >> 33);
      text[size] = r % 16 ? likely[r / 16 % (sizeof likely - 1)] : (char)(r >> 8);
    }
    TppcArena *a = tppc_arena_new();
    TppcSchedString str;
    TppcSchedError e;
    bool ok = tppc_schedule_parse(a, text, size, &str, &e);
    bool inside = ok || (e.begin <= e.end && e.end <= size && e.what[0]);
    for (int i = 0; ok && i < str.levels.n; i++)
      inside = inside && str.levels.data[i].at < size;
    if (!inside)
      CHECK(t, inside);
    tppc_arena_free(a);
  }
  CHECK(t, true);
}

/* ---- trees ---- */

static const char fc_head[] = "module level=tpp\n"
                              "kernel @fc {\n"
                              "  size @M\n"
                              "  size @N\n"
                              "  size @K\n"
                              "  %X = param @X mode=in : f32[M, K]\n"
                              "  %W = param @W mode=in : f32[K, N]\n"
                              "  %Y = param @Y mode=out : f32[M, N]\n"
                              "  tpp.nest @nest0 [m: M, n: N, k: K] {\n";
static const char fc_tail[] =
    "    %acc = tpp.temp @acc : f32[M, N]\n"
    "    tpp.contract [m: M, n: N, k: K] %acc[m, n], %X[m, k], %W[k, n] init=1\n"
    "    tpp.stmt [m: M, n: N] {\n"
    "      %0 = tpp.load %acc[m, n] : f32\n"
    "      tpp.store %0, %Y[m, n] update=set\n"
    "    }\n"
    "  }\n"
    "}\n";

static TppcOp *find_nest(TppcModule *m) {
  for (TppcOp *op = m->body.first->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_NEST)
      return op;
  return NULL;
}

static void check_tree_of(Test *t, const char *text, const char *want) {
  TppcContext *cx = tppc_context_create();
  uint32_t source = tppc_source_add(cx->diags, "t.tir", text, strlen(text));
  TppcModule *m = tppc_parse_tir(cx, source);
  if (CHECK(t, m != NULL)) {
    TppcSched *s = tppc_schedule_model(cx, find_nest(m));
    if (CHECK(t, s && tppc_schedule_legal(s))) {
      TppcTree *root = tppc_schedule_place(s);
      tppc_schedule_barriers(s, root);
      TppcBuf b = {0};
      tppc_tree_print(&b, s, root);
      CHECK_STR(t, b.data, want);
      tppc_buf_free(&b);
    }
  }
  tppc_context_destroy(cx);
}

static void check_fc(Test *t, const char *string, const char *want) {
  TppcBuf b = {0};
  tppc_buf_printf(&b, "%s    tpp.schedule string=\"%s\"\n%s", fc_head, string, fc_tail);
  check_tree_of(t, b.data, want);
  tppc_buf_free(&b);
}

static void tree_fc(Test *t) {
  check_fc(t, "Mnk", "M{n{k{acc} Y}}");
  check_fc(t, "nkM", "n{k{M{acc Y}}}");
  check_fc(t, "nkMN", "n{k{M{N{acc Y}}}}");
  check_fc(t, "kMn", "k{M{n{acc Y}}}");
  check_fc(t, "mnk", "m{n{k{acc} Y}}");
  check_fc(t, "mknk", "m{k{n{k{acc} Y}}}");
  check_fc(t, "MNk", "M{N{k{acc} Y}}");
  check_fc(t, "nM|k", "n{M{k{acc} Y} |}");
  check_fc(t, "n|Mk", "n{M{k{acc} Y}} |");
}

static const char attention[] = "module level=tpp\n"
                                "kernel @mha {\n"
                                "  size @B\n"
                                "  size @T\n"
                                "  %Q = param @Q mode=in : bf16[3, B, 12, T, 64]\n"
                                "  %mask = param @mask mode=in : f32[B, T]\n"
                                "  %scale = param @scale mode=in : f32\n"
                                "  %O = param @O mode=out : bf16[B, T, 12, 64]\n"
                                "  %P = local @P : bf16[B, 12, T, T]\n"
                                "  tpp.nest @nest0 [b: B, h: 12, i: T, j: T, d: 64, e: 64] {\n"
                                "    tpp.schedule string=\"BHijde\" sizes=[[b, 1], [h, 1], [i, "
                                "32], [j, 64], [d, 64], [e, 32]]\n"
                                "    %s = tpp.temp @s : f32[B, 12, T, T]\n"
                                "    %z = tpp.temp @z : f32[B, 12, T, T]\n"
                                "    %g = tpp.temp @g : f32[B, 12, T]\n"
                                "    %p = tpp.temp @p : f32[B, 12, T, T]\n"
                                "    %l = tpp.temp @l : f32[B, 12, T]\n"
                                "    %o = tpp.temp @o : f32[B, 12, T, 64]\n"
                                "    tpp.contract [b: B, h: 12, i: T, j: T, d: 64] %s[b, h, i, j], "
                                "%Q[0, b, h, i, d], %Q[1, b, h, j, d] init=1\n"
                                "    tpp.stmt [b: B, h: 12, i: T, j: T] {\n"
                                "      %0 = tpp.load %s[b, h, i, j] : f32\n"
                                "      %1 = tpp.mul %0, %scale : f32\n"
                                "      %2 = tpp.load %mask[b, j] : f32\n"
                                "      %3 = tpp.add %1, %2 : f32\n"
                                "      tpp.store %3, %z[b, h, i, j] update=set\n"
                                "    }\n"
                                "    tpp.stmt [b: B, h: 12, i: T] {\n"
                                "      %4 = tpp.const value=-inf : f32\n"
                                "      tpp.store %4, %g[b, h, i] update=set\n"
                                "    }\n"
                                "    tpp.stmt [b: B, h: 12, i: T, j: T] {\n"
                                "      %5 = tpp.load %z[b, h, i, j] : f32\n"
                                "      tpp.store %5, %g[b, h, i] update=max init=0\n"
                                "    }\n"
                                "    tpp.stmt [b: B, h: 12, i: T, j: T] {\n"
                                "      %6 = tpp.load %z[b, h, i, j] : f32\n"
                                "      %7 = tpp.load %g[b, h, i] : f32\n"
                                "      %8 = tpp.sub %6, %7 : f32\n"
                                "      %9 = tpp.exp %8 : f32\n"
                                "      tpp.store %9, %p[b, h, i, j] update=set\n"
                                "    }\n"
                                "    tpp.stmt [b: B, h: 12, i: T] {\n"
                                "      %10 = tpp.const value=0.0 : f32\n"
                                "      tpp.store %10, %l[b, h, i] update=set\n"
                                "    }\n"
                                "    tpp.stmt [b: B, h: 12, i: T, j: T] {\n"
                                "      %11 = tpp.load %p[b, h, i, j] : f32\n"
                                "      tpp.store %11, %l[b, h, i] update=add init=0\n"
                                "    }\n"
                                "    tpp.stmt [b: B, h: 12, i: T, j: T] {\n"
                                "      %12 = tpp.load %p[b, h, i, j] : f32\n"
                                "      tpp.store %12, %P[b, h, i, j] update=set\n"
                                "    }\n"
                                "    tpp.contract [b: B, h: 12, i: T, j: T, e: 64] %o[b, h, i, e], "
                                "%P[b, h, i, j], %Q[2, b, h, j, e] init=1\n"
                                "    tpp.stmt [b: B, h: 12, i: T, e: 64] {\n"
                                "      %13 = tpp.load %o[b, h, i, e] : f32\n"
                                "      %14 = tpp.load %l[b, h, i] : f32\n"
                                "      %15 = tpp.div %13, %14 : f32\n"
                                "      tpp.store %15, %O[b, i, h, e] update=set\n"
                                "    }\n"
                                "  }\n"
                                "}\n";

/* The tree that the language reference shows. */
static void tree_attention(Test *t) {
  check_tree_of(t, attention, "B{H{i{j{d{s} z g} j{p l P e{o}} e{O}}}}");
}

TEST_MAIN({"string.reads", string_reads}, {"string.refuses", string_refuses},
          {"string.too_long", string_too_long}, {"string.any_bytes", string_any_bytes},
          {"tree.fc", tree_fc}, {"tree.attention", tree_attention})
