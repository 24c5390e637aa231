// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, K](X: f32[M, K]) -> Y: f32[M]
{
  for m in M, k in K {
    Y[m] += X[m, k];
    // CHECK: [[#@LINE+2]]:5: error: 'Y' is updated with two operators [L0043]
    // CHECK: [[#@LINE-2]]:5: note: the other operator is here
    Y[m] max= X[m, k];
  }
}
