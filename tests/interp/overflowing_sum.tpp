// A sum of whole multiples of a large power of two is exact, but not where parts of it are beyond the largest float: in
// another order they are infinite, or NaN.
// RUN: %tppc run %s -k sum -D N=4 --in X=%S/Inputs/overflow.npy --verify | FileCheck %s
// CHECK: verify: 1 elements, 1 without a finite bound
kernel sum[N](X: f32[N]) -> Y: f32
{
  for n in N, m in N {
    Y += brgemm(X[n], X[m]);
  }
}
