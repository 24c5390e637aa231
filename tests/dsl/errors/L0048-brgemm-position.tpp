// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M, M]) -> (Y: f32[M, M], Z: f32[M, M])
{
  for m in M, n in M, k in M {
    // CHECK: [[#@LINE+1]]:15: error: brgemm stands alone on the right of += [L0048]
    Y[m, n] = brgemm(X[m, k], X[k, n]);
    // CHECK: [[#@LINE+1]]:22: error: brgemm stands alone on the right of += [L0048]
    Z[m, n] += 2.0 * brgemm(X[m, k], X[k, n]);
  }
}
