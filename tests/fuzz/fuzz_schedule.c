/* Schedules as --schedule takes them, for kernels whose nests have all that legality and placement
 * ask about: reductions, epilogues, several statements and nests, storage by blocks, weights by
 * blocks. The schedule's parser, its notation, its proofs, and the passes behind them. The first
 * byte of the input chooses the kernel, called f. */
#include "dsl/dsl.h"
#include "libfuzzer.h"

#include <string.h>

static const char *const programs[] = {
    "kernel f[M, K = 96, N % 8](X: bf16[M, K], W: bf16[K, N], b: f32[N]) -> Y: bf16[M, N] {\n"
    "  for m in M, n in N, k in K {\n"
    "    acc[m, n] += brgemm(X[m, k], W[k, n]);\n"
    "    Y[m, n] = gelu(acc[m, n] + b[n]);\n"
    "  }\n"
    "}\n",
    "kernel f[M, N](X: f32[M, N]) -> (Y: f32[M, N], s: f32[N]) {\n"
    "  up: for m in M, n in N {\n"
    "    g[m] max= X[m, n];\n"
    "    e[m, n] = exp(X[m, n] - g[m]);\n"
    "    z[m] += e[m, n];\n"
    "    Y[m, n] = e[m, n] / z[m];\n"
    "  }\n"
    "  down: for m in M, n in N { s[n] += Y[m, n]; }\n"
    "}\n",
    "kernel f[B, C = 8, K = 8, H = 9, P = (H - 1) / 2 + 1]\n"
    "    (X: f32[n: B, c: C, h: H, w: H] as [n][c/4][h][w][c%4] pad(h: 1, w: 1), F: f32[K, C, 3, "
    "3])\n"
    "    -> Y: f32[n: B, k: K, p: P, q: P] as [n][k/4][p][q][k%4] {\n"
    "  for n in B, k in K, p in P, q in P, c in C, r in 3, s in 3 {\n"
    "    Y[n, k, p, q] += brgemm(X[n, c, p*2 + r - 1, q*2 + s - 1], F[k, c, r, s]);\n"
    "  }\n"
    "}\n",
    "kernel f[M, K, N](X: f32[M, K], W: f32[K, N] bcsc(4, 8), V: ternary[N, 16] group(8)) -> Y: "
    "f32[M, 16] {\n"
    "  H: f32[M, N];\n"
    "  up: for m in M, n in N, k in K { H[m, n] += brgemm(X[m, k], W[k, n]); }\n"
    "  for m in M, n in N, o in 16 { a[m, o] += brgemm(H[m, n], V[n, o]); Y[m, o] = relu(a[m, o]); "
    "}\n"
    "}\n"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size)
    return 0;
  const char *program = programs[data[0] % (sizeof programs / sizeof *programs)];
  TppcContext *cx = fuzz_context();
  TppcSchedules given = {.origin = "option"};
  given.ast = tppc_parse_schedule_arg(cx->arena, cx->names, cx->diags,
                                      fuzz_source(cx, "<--schedule>", data + 1, size - 1));
  if (given.ast) {
    TppcAst *ast = tppc_parse_source(cx->arena, cx->names, cx->diags,
                                     fuzz_source(cx, "fixed.tpp", program, strlen(program)));
    TppcSemaOptions opt = {.schedules = &given, .n_schedules = 1, .isas = 6};
    TppcModule *m = tppc_analyse(cx, ast, &opt);
    if (m)
      fuzz_lower(m, "apply-schedule");
  }
  tppc_diag_flush(cx->diags);
  tppc_context_destroy(cx);
  return 0;
}
