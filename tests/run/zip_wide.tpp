// The lower half is that of the integer, however wide it is: an i64 does not saturate on the way.
// RUN: %tppc run %s -D N=37 --in H=int:1 --verify | FileCheck %s
// CHECK: Y: f32[37] = 0 0 0 0 0 0
// CHECK: all bitwise equal
kernel halves[N](H: f32[N]) -> Y: f32[N]
{
  L: i64[N];
  for n in N { L[n] = 4294967296 * (n + 1); }
  for n in N { Y[n] = zip(abs(H[n]) * 0, L[n]); }
}
