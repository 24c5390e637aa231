// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:30: error: the type has no dimension 'k' [L0029]
kernel f[M](X: f32[m: M] as [k]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:27: error: the type has no dimension 'h' [L0029]
kernel g[M](X: f32[M] pad(h: 1)) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
