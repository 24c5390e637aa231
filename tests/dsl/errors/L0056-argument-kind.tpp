// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel g[M](X: f32[M], s: f32) -> Y: f32[M] { for m in M { Y[m] = X[m] * s; } }
kernel f[M](X: f32[M], s: f32) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:9: error: the scalar 's' is passed for the tensor 'X' [L0056]
  Y = g(s, s);
  // CHECK: [[#@LINE+1]]:12: error: the tensor 'X' is passed for the scalar 's' [L0056]
  Y = g(X, X);
  // CHECK: [[#@LINE+1]]:9: error: an expression is passed for the tensor 'X' [L0056]
  Y = g(X + X, s);
}
