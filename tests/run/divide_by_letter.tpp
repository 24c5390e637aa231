// A loop letter is a value like any other: dividing by it is 0 where it is 0, and asks nothing of the caller.
// RUN: %tppc run %s -D M=7 --verify | FileCheck %s
// CHECK: Y: i64[7] = 0 6 3 2 1 1 ...
// CHECK: verify: 14 elements, all bitwise equal
kernel f[M](X: f32[M]) -> (Y: i64[M], Z: f32[M])
{
  for m in M {
    Y[m] = 6 / m;
    Z[m] = select(m > 0, X[m] + (m + 5) / (m * m), 1.0);
  }
}
