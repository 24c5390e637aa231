// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:33: error: 'Y' is sparse, so it is inout: the caller brings the pattern [L0072]
kernel f[M, N](A: f32[M, N]) -> Y: f32[M, N] csr { for m in M, n in N { Y[m, n] = A[m, n]; } }
