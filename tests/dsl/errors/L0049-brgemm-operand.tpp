// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M, M], s: f32) -> Y: f32[M, M]
{
  for m in M, n in M, k in M {
    // CHECK: [[#@LINE+1]]:23: error: an operand of brgemm is a reference to a tensor [L0049]
    Y[m, n] += brgemm(X[m, k] + 1, X[k, n]);
    // CHECK: [[#@LINE+1]]:32: error: an operand of brgemm is a reference to a tensor [L0049]
    Y[m, n] += brgemm(X[m, k], s);
  }
}
