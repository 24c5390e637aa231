// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel g[M, S = 1](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:9: error: there is no size 'T' in 'g' [L0058]
  Y = g[T = 2](X);
}
