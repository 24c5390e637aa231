// Scalar parameters of narrow types, stored to narrow tensors and read back in the same pass.
// RUN: %tppc run %s -k forward --in a=300 --in b=3 --in c=200 --verify | FileCheck %s
// RUN: %tppc run %s -k called --in a=300 --in b=3 --in c=200 --verify -O0 | FileCheck %s --check-prefix=CALLED
kernel forward(a: u16, b: bf16, c: u8) -> (A: u8, B: i64, C: f16, D: f32, E: i4[3])
{
  for t in 3 {
    A = a;
    A = A;
    B = a;
    B = B + 1;
    C = b;
    C = C;
    D = c;
    D = D + a;
    E[t] = a;
    E[t] = E[t] - 1;
  }
}
// CHECK: A: u8 = 255
// CHECK: B: i64 = 301
// CHECK: C: f16 = 3
// CHECK: D: f32 = 500
// CHECK: E: i4[3] = 6 6 6
// CHECK: all bitwise equal
kernel widened(x: i32, y: f16, z: u8) -> (A: f32, B: u16, C: i64)
{
  for t in 3 {
    A = x;
    B = y;
    C = z + x;
  }
}
kernel called(a: u16, b: bf16, c: u8) -> (A: f32, B: u16, C: i64, D: f32)
{
  L: u8;
  M: f32;
  for t in 1 { L = a; }
  for t in 1 { M = b; }
  (A, B, C) = widened(c, b, c);
  for t in 2 { D = L + M; }
}
// CALLED: A: f32 = 200
// CALLED: B: u16 = 3
// CALLED: C: i64 = 400
// CALLED: D: f32 = 258
// CALLED: all bitwise equal
