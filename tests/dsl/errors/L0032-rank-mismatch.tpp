// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M, 4], s: f32) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+2]]:12: error: wrong number of indices for 'X': 2 wanted, 1 given [L0032]
    // CHECK: note: 'X' is f32[M, 4]
    Y[m] = X[m];
    // CHECK: [[#@LINE+1]]:12: error: wrong number of indices for 's': 0 wanted, 1 given [L0032]
    Y[m] = s[m];
    // CHECK: [[#@LINE+1]]:5: error: wrong number of indices for 'Y': 1 wanted, 0 given [L0032]
    Y = 1;
  }
}
