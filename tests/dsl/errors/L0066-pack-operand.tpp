// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M], s: f32) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:29: error: the scalar 's' cannot be packed [L0066]
schedule f "M" { m: 4; pack s; }
