// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:17: error: unknown instruction set 'sse9' [L0064]
schedule f for "sse9" "M" { m: 4; }
