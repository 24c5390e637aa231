// A chain of updates that starts with `=` at some elements of a narrow tensor leaves the others as they were; an
// integer stays whole until its last update, also in a bit.
// RUN: %tppc run %s -k narrow --in X=const:2 --in B=const:2 --verify | FileCheck --check-prefix=NARROW %s
// NARROW: B: u8[3] = 2 2 5
// NARROW: Z: bf16[4] = 14 0 0 0
// NARROW: all bitwise equal
kernel narrow(X: f32[2], inout B: u8[3]) -> Z: bf16[4]
{
  for m in 4 {
    Z[0] = X[1];
    Z[0] += X[0] * m;
    B[2] = 1;
    B[2] += X[0] * X[1];
  }
}
// RUN: %tppc run %s -k whole --in X=const:-1 --verify | FileCheck --check-prefix=WHOLE %s
// WHOLE: C: bit[2] = 1 0
// WHOLE: D: i8[2] = 127 -2
// WHOLE: all bitwise equal
kernel whole(X: f32[3]) -> (C: bit[2], D: i8[2])
{
  for m in 2, k in 3 {
    C[m] = 5 - 2 * m;
    C[m] += X[k];
    D[m] = 200 - 200 * m;
    D[m] += X[k] * m;
    D[m] += 1 * m;
  }
}
