// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, N](A: f32[M, N]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:3: error: no parameter tells which entries 'L' stores [L0073]
  L: f32[M, N] csr;
  for m in M, n in N { L[m, n] = A[m, n]; Y[m] += L[m, n]; }
}
