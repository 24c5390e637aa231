// RUN: not %tppc check -D ROW=33 %s 2>&1 | FileCheck %s
// CHECK: 1:1: error: no kernel has a size 'ROW' for -D to set [L0027]
// CHECK: help: did you mean 'ROWS'?
kernel f[ROWS](X: f32[ROWS]) -> Y: f32[ROWS] { for m in ROWS { Y[m] = X[m]; } }
