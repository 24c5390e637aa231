// A sum along the vectors into the padding is dropped: nothing behind the tensor is read or written.
// RUN: %tppc run %s -D N=9 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -D N=9 --in X=int:1 --verify -O0 | FileCheck %s
// RUN: %tppc run %s -D N=1 --in X=int:1 --verify --threads 2 | FileCheck %s
// CHECK: all bitwise equal
kernel tails[N, K = 40](X: f32[N, K]) -> (Y: f32[a: N] pad(a: 1), Z: f32[a: N] pad(a: 1))
{
  for t in N, k in K {
    Y[t + 1] += X[t, k];
    Z[t - 1] max= X[t, k];
  }
}
