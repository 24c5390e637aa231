// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:8: error: a kernel cannot be called 'int' [L0012]
kernel int[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:13: error: a parameter cannot be called 'float' [L0012]
kernel g[M](float: f32[M]) -> Y: f32[M] { for m in M { Y[m] = 1; } }
// CHECK: [[#@LINE+1]]:8: error: a kernel cannot be called 'decltype' [L0012]
kernel decltype[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
