// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel g[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
kernel f[M](inout X: f32[M])
{
  // CHECK: [[#@LINE+2]]:3: error: 'X' is passed twice, and the call writes it [L0057]
  // CHECK: [[#@LINE+1]]:9: note: also passed here
  X = g(X);
}
