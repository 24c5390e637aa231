// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M, 512], Z: f32[n: 512] pad(n: 1)) -> Y: f32[M]
{
  for m in M, k in 768 {
    // CHECK: [[#@LINE+3]]:18: error: index 'k' of 'X' reaches 767, but dimension 2 has 512 elements [L0035]
    // CHECK: note: 'k' runs to 768 here
    // CHECK: note: 'X' is f32[M, 512]
    Y[m] += X[m, k];
    // CHECK: [[#@LINE+1]]:18: error: index '0 - 1' of 'X' reaches -1, but dimension 2 has 512 elements [L0035]
    Y[m] += X[m, 0 - 1];
  }
  // One outside is within the margin, two are not.
  for m in M, k in 512 {
    // CHECK: [[#@LINE+1]]:26: error: index 'k - 2' of 'Z' reaches -2, but dimension 1 has 512 elements [L0035]
    Y[m] += Z[k - 1] + Z[k - 2];
  }
}
