// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[T, M](X: f32[T, M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:3: error: 'seq' is not supported yet [R0004]
  seq t in T { for m in M { Y[m] = X[t, m]; } }
}
