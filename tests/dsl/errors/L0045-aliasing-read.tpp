// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](inout X: f32[M, M], inout c: f32[M]) -> Y: f32[M]
{
  for m in M, n in M {
    // CHECK: [[#@LINE+1]]:15: error: the statement reads 'X' at another element than it writes [L0045]
    X[m, n] = X[n, m];
    // CHECK: [[#@LINE+1]]:29: error: the statement reads 'c' at another element than it writes [L0045]
    c[m] += brgemm(X[m, n], c[n]);
  }
}
