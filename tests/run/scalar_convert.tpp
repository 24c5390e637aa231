// A scalar parameter that is converted to the type it is computed in is a value of that type.
// RUN: %tppc run %s --in a=-1.5 --in b=3 --verify | FileCheck %s
// CHECK: Y: f32[3] = 1.5 1.5 1.5
// CHECK: Z: i32[3] = 3 3 3
// CHECK: all bitwise equal
kernel f(a: bf16, b: i8) -> (Y: f32[3], Z: i32[3])
{
  for m in 3 {
    Y[m] = abs(convert<f32>(a));
    Z[m] = relu(convert<i32>(b));
  }
}
