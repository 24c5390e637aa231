// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel dense[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+2]]:7: error: there is no kernel 'dens' [L0013]
  // CHECK: help: did you mean 'dense'?
  Y = dens(X);
}
// CHECK: [[#@LINE+1]]:10: error: there is no kernel 'g' [L0013]
schedule g "M" { m: 4; }
