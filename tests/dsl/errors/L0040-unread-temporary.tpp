// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:5: error: 'y' is never read [L0040]
    y[m] = X[m];
    Y[m] = X[m];
  }
}
