// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:17: error: a size is a multiple of a positive constant, not of 'M' [L0024]
kernel f[M, N % M](X: f32[N]) -> Y: f32[N] { for n in N { Y[n] = X[n]; } }
