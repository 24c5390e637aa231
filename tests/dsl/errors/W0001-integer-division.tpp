// RUN: %tppc check %s 2>&1 | FileCheck %s
// RUN: %tppc check -Wno-integer-division %s 2>&1 | FileCheck --allow-empty --check-prefix=QUIET %s
kernel f[M, N](X: f32[M, N]) -> (Y: f32[M], Z: f32[M])
{
  for m in M, n in N {
    // CHECK: [[#@LINE+2]]:11: warning: '1 / N' divides integers and rounds down, so that 'inv' is an integer [W0001]
    // CHECK: help: write a float, as in 1.0 / N
    inv = 1 / N;
    Y[m] += X[m, n] * inv;
    // CHECK-NOT: [W0001]
    half = 1.0 / N;
    Z[m] += X[m, n] * half + X[m, n] * (1 / N);
  }
}
// QUIET-NOT: [W0001]
