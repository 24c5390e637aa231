// The least of min(x, y) and of fma(x, y, z), also where the latter come from tensors.
// RUN: %tppc run %s -D N=37 --in X=int:1 --in W=int:2 --in Z=int:3 --verify | FileCheck %s
// RUN: %tppc run %s -D N=1 --in X=int:1 --in W=int:2 --in Z=int:3 --verify -O0 | FileCheck %s
// CHECK: all bitwise equal
kernel least[N](X: f32[N], W: f32[N], Z: f32[N]) -> (A: f32[N], B: f32[N], C: f32[N], D: f64)
{
  for i in N {
    A[i] = fma(X[i], W[i], Z[i]);
    B[i] = min(X[i], W[i]);
    C[i] = min(A[i], B[i]);
    D max= max(fma(W[i], X[i], 1), max(X[i], W[i]));
  }
}
