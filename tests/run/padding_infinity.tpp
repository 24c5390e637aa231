// What a product of the zeros around a padded operand and infinity gives is left open: NaN, or nothing.
// RUN: %tppc run %s -D M=16 --verify | FileCheck %s
// RUN: %tppc run %s -D M=33 --verify -O0 | FileCheck %s
// CHECK: 1 without a finite bound
kernel edge[M](X: f32[m: M, k: 4] pad(m: 1)) -> Y: f32[M]
{
  for m in M, k in 4 {
    t[k] = select(k == 2, inf, 1);
    y[m] += brgemm(X[m + 1, k], t[k]);
    Y[m] = y[m];
  }
}
