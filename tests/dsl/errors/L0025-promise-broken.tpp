// RUN: not %tppc check -D M=33 %s 2>&1 | FileCheck %s
// CHECK: 1:1: error: 'M' is 33, which breaks the promise 'M % 32' [L0025]
// CHECK: [[#@LINE+1]]:10: note: promised here
kernel f[M % 32](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
