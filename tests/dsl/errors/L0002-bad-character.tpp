// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:28: error: unexpected character '@' [L0002]
  for m in M { Y[m] = X[m] @ 2; }
  // CHECK: [[#@LINE+1]]:28: error: unexpected character 'é' [L0002]
  for m in M { Y[m] = X[m] é 2; }
}
