// Rows and columns of a product that meet in one element of the result are not one call of a kernel, which would lose
// what the other row adds.
// RUN: %tppc run %s -k both -D M=40 -D N=24 -D K=9 --in A=int:1 --in B=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k backward -D P=9 -D C=8 -D K=5 --in A=int:1 --in F=int:2 --verify | FileCheck %s
// CHECK: all bitwise equal
kernel both[M, N, K](A: f32[M, K], B: f32[K, N]) -> Y: f32[3 * M + N]
{
  for m in M, n in N, k in K { Y[3 * m + n] += brgemm(A[m, k], B[k, n]); }
}
kernel backward[P, C, K](A: f32[P, K], F: f32[3, C, K]) -> Y: f32[2 * P + 3, C]
{
  for p in P, r in 3, c in C, k in K { Y[2 * p + r, c] += brgemm(A[p, k], F[r, c, k]); }
}
