// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:17: error: '1.5' cannot stand in an integer expression [L0019]
kernel f[M, N = 1.5](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
kernel g[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:25: error: 'exp(m)' cannot stand in an integer expression [L0019]
  for m in M { Y[m] = X[exp(m)]; }
}
