// RUN: not %tppc check %s 2>&1 | FileCheck %s
// RUN: not %tppc check -D M=-1 %S/../programs/fc.tpp 2>&1 | FileCheck --check-prefix=OPTION %s
// CHECK: [[#@LINE+1]]:17: error: 'P' is -2, which is negative [L0023]
kernel f[K = 3, P = K - 5](X: f32[K]) -> Y: f32[K] { for k in K { Y[k] = X[k]; } }
kernel g[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:12: error: '-3' is -3, which is negative [L0023]
  for m in -3 { Y[m] = 1; }
}
// OPTION: 1:1: error: 'M' is -1, which is negative [L0023]
