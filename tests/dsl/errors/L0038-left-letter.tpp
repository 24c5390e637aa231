// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, K](X: f32[M, K]) -> Y: f32[M]
{
  for m in M, k in K {
    // CHECK: [[#@LINE+2]]:17: error: 'k' occurs on the right of '=' only [L0038]
    // CHECK: note: the left side lacks it
    Y[m] = X[m, k];
    // CHECK: [[#@LINE+1]]:17: error: ':' occurs on the right of '=' only [L0038]
    Y[m] = X[m, :];
  }
}
