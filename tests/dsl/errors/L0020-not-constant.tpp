// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:31: error: 'M' must be known when the program is compiled [L0020]
kernel f[M](X: i8[M] range(0, M)) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
kernel g[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:21: error: 'M' must be known when the program is compiled [L0020]
schedule g "M" { m: M; }
