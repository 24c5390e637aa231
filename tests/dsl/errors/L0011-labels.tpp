// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  one: for m in M { Y[m] = X[m]; }
  // CHECK-DAG: [[#@LINE+1]]:3: error: 'one' is declared twice [L0011]
  one: for m in M { Y[m] = X[m]; }
}
// CHECK-DAG: [[#@LINE+1]]:8: error: 'f' is declared twice [L0011]
kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
