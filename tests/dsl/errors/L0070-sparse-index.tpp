// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](A: f32[M, M] csr) -> (y: f32[M], z: f32[M], w: f32[M])
{
  for m in M {
    // CHECK: [[#@LINE+1]]:12: error: 'A' is sparse, so each of its indices is a letter of its own [L0070]
    y[m] = A[m, m];
    // CHECK: [[#@LINE+1]]:12: error: 'A' is sparse
    z[m] = A[m, M - m - 1];
    // CHECK: [[#@LINE+1]]:12: error: 'A' is sparse
    w[m] = A[m, 0];
  }
}
