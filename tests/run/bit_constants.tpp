// A constant that becomes a bit saturates like any other integer.
// RUN: %tppc run %s --verify | FileCheck %s
// CHECK: B: bit[4] = 1 1 0 1
// CHECK: Y: f32[4] = 2 2 2 2
// CHECK: all bitwise equal
const FOUR = 4;
kernel f(X: f32[4]) -> (B: bit[4], Y: f32[4])
{
  for m in 4 {
    B[0] = FOUR;
    B[1] = 7;
    B[2] = -3;
    B[3] = 1;
    Y[m] = convert<bit>(4) + convert<bit>(FOUR + 1) + 0 * X[m];
  }
}
