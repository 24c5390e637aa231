// RUN: not %tppc check -D M %s 2>&1 | FileCheck %s
// RUN: not %tppc check -D M= %s 2>&1 | FileCheck %s
// RUN: not %tppc check -D M=x %s 2>&1 | FileCheck %s
// RUN: not %tppc check -D =3 %s 2>&1 | FileCheck %s
// RUN: not %tppc check -D M=3x %s 2>&1 | FileCheck %s
// RUN: not %tppc check -D 3M=3 %s 2>&1 | FileCheck %s
// CHECK: error: -D takes NAME=integer [L0028]
kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
