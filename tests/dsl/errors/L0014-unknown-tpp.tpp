// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+2]]:12: error: 'sigmiod' is not a TPP [L0014]
    // CHECK: help: did you mean 'sigmoid'?
    Y[m] = sigmiod(X[m]);
    // CHECK: [[#@LINE+2]]:12: error: 'if' is not a TPP [L0014]
    // CHECK: help: write select(condition, a, b)
    Y[m] = if(X[m] > 0, 1, 2);
  }
}
