// Shifts by every count, and the bits of what they leave, in both widths.
// RUN: %tppc run %s -k wide -D N=203 --in X=rand:1 --verify | FileCheck %s
// RUN: %tppc run %s -k narrow -D N=203 --in X=rand:1 --in S=rand:2 --verify | FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal
kernel wide[N](X: i64[N]) -> (Y: i64[68, N], B: i64[68, N])
{
  for n in N, s in 68 {
    Y[s, n] = shr_rne(X[n] * 123456789012345678, s - 2);
    B[s, n] = bits(Y[s, n]);
  }
}
kernel narrow[N](X: i32[N], S: i32[68]) -> (Y: i32[68, N], B: i32[68, N])
{
  for n in N, s in 68 {
    Y[s, n] = shr_rne(X[n] * 123456789, S[s] / 3);
    B[s, n] = bits(Y[s, n]);
  }
}
