// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, G](X: f32[M, M], sw: f32[G]) -> Y: f32[M]
{
  for m in M, k in M {
    // CHECK: [[#@LINE+1]]:26: error: index 'k / 64' is not affine in 'k' [L0036]
    Y[m] += X[m, k] * sw[k / 64];
    // CHECK: [[#@LINE+1]]:15: error: index 'm * k' is not affine in 'm' [L0036]
    Y[m] += X[m * k, k];
  }
}
