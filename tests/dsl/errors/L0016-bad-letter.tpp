// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:7: error: a loop is called by one lower-case letter, not 'row' [L0016]
  for row in M { Y[row] = X[row]; }
}
