// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:12: error: 'sum' of one operand reduces its ':', and there is none [L0050]
    Y[m] = sum(X[m]);
  }
}
