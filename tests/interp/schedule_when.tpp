// A schedule for some sizes says nothing about the others: the nest runs.
// RUN: %tppc interp %s -k caller 2>/dev/null | FileCheck %s
// RUN: %tppc run %s -k caller --verify 2>/dev/null | FileCheck %s --check-prefix=SAME
// CHECK: Z: f64[2] = 1 0
// SAME: Z: f64[2] = 1 0
// SAME: verify: 2 elements, all bitwise equal
kernel h[Q, U](X: f32[U, U]) -> Z: f64[U]
{
  for i in U {
    t += 1;
    Z[0] += t;
  }
}
schedule h when Q == 7 "i" { }
kernel caller(X: f32[2, 2]) -> Z: f64[2]
{
  Z = h[Q = 6](X);
}
