// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: error: a product of f64 with ternary weights is not supported yet [R0201]
kernel f[M, N](X: f64[M, 8], W: ternary[8, N] group(4)) -> Y: f32[M, N]
{
  for m in M, n in N, k in 8 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
