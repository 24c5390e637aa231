// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:11: error: '4 / 0' divides by zero [L0021]
const H = 4 / 0;
// CHECK: [[#@LINE+1]]:24: error: 'M / S' divides by zero [L0021]
kernel f[M, S = 0, P = M / S](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
