// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+1]]:17: error: a schedule chosen when 'M <= 64', which depends on a size of the call, is not supported yet [R0006]
schedule f when M <= 64 "M" { m: 4; }
schedule f "M" { m: 8; }
