// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, K](X: f32[M, K]) -> (Y: f32[M], Z: f32[M])
{
  for m in M, k in K {
    Y[m] += X[m, k];
    // CHECK: [[#@LINE+2]]:12: error: 'Y' is read between its updates [L0044]
    // CHECK: [[#@LINE+2]]:5: note: it is updated again here
    Z[m] = Y[m];
    Y[m] += 2 * X[m, k];
  }
}
