// Sparse and ternary weights between blocked tensors: a call within a block says where in the weights it stands.
// RUN: %tppc run %s -k columns -D N=19 -D M=5 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// CHECK: all bitwise equal
kernel columns[M, N](X: f32[M, 20], W: ternary[20, N] group(8)) -> Y: f32[m: M, n: N] as [m][n/3][n%3]
{
  for m in M, n in N, k in 20 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
