// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:1: error: this comment is never closed [L0001]
/* and so on
