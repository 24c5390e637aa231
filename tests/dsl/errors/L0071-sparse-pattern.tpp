// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](A: f32[M, M] csr, C: f32[M, M] bcsr(2, 2), D: f32[M, M + 0] csr, inout B: f32[M, M] csr)
{
  for m in M, n in M {
    // CHECK: [[#@LINE+2]]:25: error: 'A' and 'B' do not share a pattern in this statement [L0071]
    // CHECK: note: 'B' is named here
    B[m, n] = B[m, n] + A[n, m];
    // CHECK: [[#@LINE+1]]:25: error: 'C' and 'B' do not share a pattern
    B[m, n] = B[m, n] + C[m, n];
    B[m, n] = B[m, n] + D[m, n];
  }
}
// CHECK: [[#@LINE+1]]:{{.*}} error: 'X' and 'W' do not share a pattern
kernel g[M](X: f32[M, M] csr, W: f32[M, M] csr) -> Y: f32[M, M] { for m in M, n in M, k in M { Y[m, n] += brgemm(W[m, k], X[k, n]); } }
