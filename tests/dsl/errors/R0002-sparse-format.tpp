// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:29: error: 'csr' is not supported yet [R0002]
kernel f[M, N](A: f32[M, N] csr) -> Y: f32[M, N] { for m in M, n in N { Y[m, n] = A[m, n]; } }
// CHECK: [[#@LINE+1]]:29: error: 'bcsr' is not supported yet [R0002]
kernel g[M, N](A: f32[M, N] bcsr(4, 4)) -> Y: f32[M, N] { for m in M, n in N { Y[m, n] = A[m, n]; } }
// CHECK: [[#@LINE+1]]:43: error: 'planes' is not supported yet [R0002]
kernel h[M, N](A: ternary[M, N] group(64) planes(3, 2)) -> Y: f32[M] { for m in M { Y[m] = 1; } }
kernel i[M, N](A: f32[M, N]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:6: error: 'a local tensor of structured storage' is not supported yet [R0002]
  L: f32[M, N] bcsc(4, 4);
}
