// What is proposed instead of a race keeps no curve over a loop that becomes serial.
// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: help: write 'k': "Mkn" and leave out 'curve', or add 'reduce k = private;'
// RUN: %tppc check %s --schedule 'g=Mkn'
kernel g[M, N, K](A: f32[M, K], B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
schedule g "MKn" { curve m, k; }
