// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M], s: f32) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:12: error: the scalar 's' is not an integer expression [L0018]
  for m in s { Y[m] = X[m]; }
}
