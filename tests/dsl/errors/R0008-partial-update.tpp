// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, K](X: f32[M, K]) -> Y: f32[M + 1]
{
  for m in M, k in K {
    // CHECK: [[#@LINE+1]]:5: error: a first update of 'Y' that does not meet all its elements is not supported yet with max=, min=, or *= [R0008]
    Y[m] max= X[m, k];
  }
}
