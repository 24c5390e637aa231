// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M] { out: for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+2]]:12: error: 'f' has no nest 'in0' [L0063]
// CHECK: help: its nests are f.out
schedule f.in0 "M" { m: 4; }
