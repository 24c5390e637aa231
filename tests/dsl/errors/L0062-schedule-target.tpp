// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> (Y: f32[M], Z: f32[M])
{
  for m in M { Y[m] = X[m]; }
  two: for m in M { Z[m] = X[m]; }
}
// CHECK: [[#@LINE+2]]:10: error: 'f' has not one nest, so the schedule must say which [L0062]
// CHECK: help: its nests are f.nest0, f.two
schedule f "M" { m: 4; }
// CHECK-NOT: error
schedule f.nest0 "M" { m: 4; }
schedule f.two "M" { m: 4; }
