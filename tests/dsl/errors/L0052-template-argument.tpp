// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:20: error: 'convert' takes no <fine> [L0052]
    Y[m] = convert<fine>(X[m]);
    // CHECK: [[#@LINE+1]]:16: error: 'exp' takes no <bf16> [L0052]
    Y[m] = exp<bf16>(X[m]);
  }
}
