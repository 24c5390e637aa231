// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:17: error: 'when' takes a comparison of sizes [L0065]
schedule f when M + 1 "M" { m: 4; }
