// What takes an argument in angle brackets, and which.
// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[N](X: f32[N], seed: i64) -> Y: f32[N]
{
  for n in N {
    // CHECK: [[#@LINE+2]]:12: error: {{.*}}'ktanh_fine'
    // CHECK: help: write ktanh<fine>(...)
    Y[n] = ktanh_fine(X[n]);
    // CHECK: [[#@LINE+2]]:12: error: {{.*}}'sround'
    // CHECK: help: write sround<bf16>(...)
    Y[n] = sround(X[n], 0.5);
    // CHECK: [[#@LINE+1]]:17: error: 'tanh' takes no <fine> [L0052]
    Y[n] = tanh<fine>(X[n]);
    // CHECK: [[#@LINE+1]]:19: error: 'sround' takes no <f32> [L0052]
    Y[n] = sround<f32>(X[n], 0.5);
  }
}
