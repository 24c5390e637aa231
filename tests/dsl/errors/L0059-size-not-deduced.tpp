// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel g[M, S](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m] * S; } }
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+2]]:7: error: size 'S' of 'g' follows from no argument [L0059]
  // CHECK: help: give it by name: g[S = ...](...)
  Y = g(X);
}
