// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:43: error: 'f' calls itself [L0054]
kernel f[M](X: f32[M]) -> Y: f32[M] { Y = f(X); }
kernel g[M](X: f32[M]) -> Y: f32[M] { Y = h(X); }
// CHECK: [[#@LINE+1]]:43: error: 'g' calls itself [L0054]
kernel h[M](X: f32[M]) -> Y: f32[M] { Y = g(X); }
