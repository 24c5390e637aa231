// A factor that may be contracted moves its product to where another rounding error waits: bounds hold for sums of
// products of sums of products.
// RUN: %tppc run %s -k twice -D M=67 -D N=129 --in X=rand:1 --verify | FileCheck %s
// RUN: %tppc run %s -k twice -D M=67 -D N=129 --in X=rand:2 --verify | FileCheck %s
// CHECK: verify: 8643 elements, largest error
kernel twice[M, N](X: f32[M + 1, N + 1], v: f32[M], u: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N {
    Y[m, n] = (1 - v[m]) * ((1 - u[n]) * X[m, n] + u[n] * X[m, n + 1])
            + v[m] * ((1 - u[n]) * X[m + 1, n] + u[n] * X[m + 1, n + 1]);
  }
}
