// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:40: error: 'ld' does not go with 'as' [L0030]
kernel a[M](X: f32[m: M] as [m/8][m%8] ld(M)) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:23: error: this belongs to ternary [L0030]
kernel b[M](X: f32[M] group(64)) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:16: error: ternary weights are a matrix [L0030]
kernel c[M](X: ternary[M]) -> Y: f32[M] { for m in M { Y[m] = 1; } }
// CHECK: [[#@LINE+1]]:23: error: ranges are promises about integers [L0030]
kernel d[M](X: f32[M] range(0, 7)) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:22: error: the range is empty [L0030]
kernel e[M](X: i8[M] range(7, 0)) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:16: error: a scalar is a plain number of at least a byte [L0030]
kernel g[M](s: bit) -> Y: f32[M] { for m in M { Y[m] = 1; } }
// CHECK: [[#@LINE+1]]:28: error: rows of 768 elements do not fit ld(700) [L0030]
kernel h[M](X: f32[M, 768] ld(700)) -> Y: f32[M] { for m in M { Y[m] = X[m, 0]; } }
// CHECK: [[#@LINE+1]]:23: error: sparse storage is for matrices [L0030]
kernel i[M](X: f32[M] bcsc(4, 4)) -> Y: f32[M] { for m in M { Y[m] = 1; } }
// CHECK: [[#@LINE+1]]:32: error: 0 must be at least 1 [L0030]
kernel j[M](X: f32[m: M] as [m/0]) -> Y: f32[M] { for m in M { Y[m] = 1; } }
// CHECK: [[#@LINE+1]]:26: error: packed elements are stored row-major only [L0030]
kernel k[M](X: bit[m: M] as [m/8][m%8]) -> Y: f32[M] { for m in M { Y[m] = 1; } }
