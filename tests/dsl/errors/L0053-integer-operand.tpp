// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M], seed: i64) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:26: error: 'uniform' takes integers [L0053]
    Y[m] = uniform(seed, X[m]);
  }
}
