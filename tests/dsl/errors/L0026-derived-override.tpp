// RUN: not %tppc check -D P=3 %s 2>&1 | FileCheck %s
// RUN: not %tppc check -D H=3 %s 2>&1 | FileCheck --check-prefix=CONST %s
// CHECK: error: 'P' cannot be set: it is computed [L0026]
// CHECK: [[#@LINE+1]]:13: note: 'P' follows from other sizes here
kernel f[M, P = M + 1](X: f32[M]) -> Y: f32[P] { for m in M { Y[m] = X[m]; } }
// CONST: error: 'H' cannot be set: it is computed [L0026]
// CONST: [[#@LINE+1]]:7: note: 'H' is a constant of the file
const H = 16;
