// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, N](X: f32[M, N]) -> (Y: f32[M + N], Z: f32[M * N], D: f32[64])
{
  for m in M, n in N {
    // CHECK: [[#@LINE+1]]:5: error: cannot prove that '=' writes each element of 'Y[m + n]' once [L0039]
    Y[m + n] = X[m, n];
    // CHECK-NOT: Z[m*N
    Z[m*N + n] = X[m, n];
  }
  // CHECK: [[#@LINE+1]]:30: error: cannot prove that '=' writes each element of 'D[p*2 + r]' once [L0039]
  for p in 8, r in 3       { D[p*2 + r] = 1; }
  // CHECK-NOT: D[p*3
  for p in 8, r in 3       { D[p*3 + r] = 1; }
}
