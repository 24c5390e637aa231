// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:19: error: the first operand of select is a condition [L0051]
    Y[m] = select(X[m], 1, 2);
  }
}
