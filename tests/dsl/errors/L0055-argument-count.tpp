// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel g[M](X: f32[M]) -> (Y: f32[M], Z: f32[M]) { for m in M { Y[m] = X[m]; } }
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+2]]:7: error: 'g' takes 1 inputs and gives 2 outputs, but the call has 2 and 1 [L0055]
  // CHECK: note: declared here
  Y = g(X, X);
}
