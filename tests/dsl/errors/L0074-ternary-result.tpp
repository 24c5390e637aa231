// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:33: error: 'W' is ternary, so it is an input [L0074]
kernel f[M, N](A: f32[M, N]) -> W: ternary[M, N] { for m in M, n in N { W[m, n] = A[m, n]; } }
// CHECK: [[#@LINE+1]]:16: error: 'W' is ternary, so it is an input [L0074]
kernel g[M, N](inout W: ternary[M, N]) { for m in M, n in N { W[m, n] = W[m, n]; } }
kernel i[M, N](A: f32[M, N]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:6: error: 'L' is ternary, so it is an input [L0074]
  L: ternary[M, N] group(4);
}
