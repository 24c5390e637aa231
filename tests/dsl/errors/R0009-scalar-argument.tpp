// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel g[M](X: f32[M], s: f32) -> Y: f32[M] { for m in M { Y[m] = X[m] * s; } }
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:12: error: an expression as argument for the scalar 's' is not supported yet [R0009]
  Y = g(X, 0.5);
}
