// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:33: error: writing ternary 'W' is not supported yet [R0003]
kernel f[M, N](A: f32[M, N]) -> W: ternary[M, N] { for m in M, n in N { W[m, n] = A[m, n]; } }
