/* What tppc_facts_at knows inside of loops, seen by what it lets tppc_e_simplify do. In the module
 * below, attribute a of the innermost op is simplified; what it becomes is printed and compared. */
#include "ir/ir.h"

#include <stdio.h>
#include <string.h>

static int failures;

/* %s is the expression. */
static const char frame[] = "module level=loop\n"
                            "kernel @k {\n"
                            "  size @M  size @N  size @K  size @T  size @Tmax  size @F value=(768) "
                            " size @P value=((N + 1)/2)\n"
                            "  require when=(M % 32 == 0)  require when=(T <= Tmax && Tmax <= 128) "
                            " require when=(F % 256 == 0)\n"
                            "  loop.nest @n {\n"
                            "    loop.par [m0 = 0 to M step 32, n0 = 0 to N step 256, n1 = n0 to "
                            "min(n0 + 256, N) step 64] {\n"
                            "      loop.for [k0 = 0 to max(K, 1) step 128] {\n"
                            "        loop.for [f0 = 0 to F step 256] {\n"
                            "          loop.for [m = m0 to min(m0 + 32, M)] {\n"
                            "            loop.for [n = n1 to min(n1 + 64, n0 + 256, N)] {\n"
                            "              loop.for [t: T] {\n"
                            "                loop.if when=(k0 + 128 <= K) { loop.barrier a=(";
static const char frame_end[] = ") } } } } } } } } }";

static bool find_barrier(void *user, TppcOp *op) {
  if (op->kind == TPPC_OP_BARRIER)
    *(TppcOp **)user = op;
  return true;
}

static void check(const char *text, const char *want) {
  TppcContext *cx = tppc_context_create();
  TppcBuf module = {0}, have = {0};
  tppc_buf_printf(&module, "%s%s%s", frame, text, frame_end);
  TppcModule *m = tppc_parse_tir(cx, tppc_source_add(cx->diags, "text", module.data, module.n));
  TppcOp *op = NULL;
  if (m)
    tppc_walk(&m->body, find_barrier, &op);
  if (op) {
    TppcFacts facts = tppc_facts_at(cx, op);
    tppc_e_print(&have, tppc_e_simplify(cx, tppc_attr_expr(op, "a"), &facts));
  }
  if (!op || strcmp(have.data, want) != 0) {
    printf("%s: have %s, want %s\n", text, op ? have.data : "no module", want);
    failures++;
  }
  tppc_buf_free(&module);
  tppc_buf_free(&have);
  tppc_context_destroy(cx);
}

int main(void) {
  /* Steps that divide an extent leave no edge. */
  check("min(m0 + 32, M)", "m0 + 32");
  check("min(m0 + 32, M) - m0", "32");
  check("min(n0 + 256, N) - n0", "min(256, N - n0)");
  check("min(f0 + 256, F)", "f0 + 256");
  check("m0 + 32 <= M", "1");
  check("m0 + 31 >= M", "0");
  check("M - m0 >= 32", "1");
  /* Quotients and remainders by constants. */
  check("m0/32", "m0/32");
  check("m0 % 32", "0");
  check("m/32", "m0/32");
  check("m % 32", "m - m0");
  check("(m - m0)/32", "0");
  check("n1 % 64", "0");
  check("n/64", "n1/64");
  check("n/256", "n0/256");
  check("(32*m + t) % 32", "t % 32");
  check("t/128", "0");
  check("(T + 127)/128", "(T + 127)/128");
  check("(M + 31)/32*32", "M");
  check("f0 % 256", "0");
  /* By expressions. */
  check("m % M", "m");
  check("m/M", "0");
  check("(m*M + t) / M", "m + t/M");
  /* Order. */
  check("m < M", "1");
  check("n < N", "1");
  check("n < n0 + 256", "1");
  check("n0 <= n", "1");
  check("n < n0", "0");
  check("t < 128", "1");
  check("T <= 128", "1");
  check("T <= Tmax", "1");
  check("Tmax < T", "0");
  check("m*N + n < M*N", "1");
  check("P <= N", "1");
  check("2*P >= N", "1");
  check("P > N", "0");
  /* A body that runs has iterations. */
  check("M > 0", "1");
  check("max(M, 1)", "M");
  check("M >= 32", "1");
  check("max(N, 1)", "N");
  check("T == 0", "0");
  /* A condition around. */
  check("min(k0 + 128, K)", "k0 + 128");
  check("max(K, 1)", "K");
  check("K >= 128", "1");
  /* Sizes that are known. */
  check("F", "768");
  check("f0 < 768", "1");
  check("f0 == 700", "0");
  check("f0 + 256 >= F", "f0 >= 512");
  /* Threads. */
  check("tid < nthreads", "1");
  check("tid >= 0", "1");
  check("nthreads >= 1", "1");
  /* Minima of more than two. */
  check("min(min(n1 + 64, n0 + 256), N)", "min(n1 + 64, N)");
  check("max(n, n1)", "n");
  check("min(t, 200)", "t");
  check("max(0, min(m, M - 1))", "m");
  if (failures)
    printf("%d failures\n", failures);
  return failures != 0;
}
