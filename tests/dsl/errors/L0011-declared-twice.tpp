// RUN: not %tppc check %s 2>&1 | FileCheck %s
const A = 1;
// CHECK: [[#@LINE+1]]:7: error: 'A' is declared twice [L0011]
const A = 2;
// CHECK: [[#@LINE+2]]:24: error: 'M' is declared twice [L0011]
// CHECK: note: the size 'M' is declared here
kernel f[M](X: f32[M], M: f32) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
