// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel g[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
kernel f[M](X: f32[M]) -> (Y: f32[M], Z: f32[M])
{
  L: f32[M];
  // CHECK: [[#@LINE+1]]:9: error: 'L' is read before anything is written to it [L0041]
  Z = g(L);
  for m in M {
    // CHECK: [[#@LINE+1]]:12: error: 't' is read before anything is written to it [L0041]
    Y[m] = t[m];
    t[m] = X[m];
    // CHECK: [[#@LINE+1]]:12: error: 'L' is read before anything is written to it [L0041]
    Z[m] = L[m] + t[m];
  }
}
