// RUN: not %tppc check %s 2>&1 | FileCheck %s
// RUN: not %tppc check -D M=99999999999999999999 %S/../programs/fc.tpp 2>&1 | FileCheck --check-prefix=OPTION %s
// CHECK: [[#@LINE+1]]:11: error: 9223372036854775808 does not fit a 64-bit integer [L0006]
const H = 9223372036854775808;
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:30: error: 1e999 does not fit a 64-bit float [L0006]
  for m in M { Y[m] = X[m] * 1e999; }
}
// OPTION: {{.*}}1:3: error: 99999999999999999999 does not fit a 64-bit integer [L0006]
