// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M], gamma: f32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+2]]:19: error: unknown name 'gama' [L0010]
    // CHECK: help: did you mean 'gamma'?
    Y[m] = X[m] * gama[m];
  }
  // CHECK: [[#@LINE+1]]:12: error: unknown name 'Q' [L0010]
  for n in Q { Y[n] = 1; }
}
