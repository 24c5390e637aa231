// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M, 512], b: f32[500]) -> Y: f32[M, 512]
{
  for m in M {
    // CHECK: [[#@LINE+2]]:27: error: ':' of 'b' has 500 elements, but that of '{{[XY]}}' has 512 [L0033]
    // CHECK: note: this ':' of '{{[XY]}}' has 512 elements
    Y[m, :] = X[m, :] + b[:];
  }
}
