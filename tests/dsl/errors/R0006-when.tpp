// Sizes of the call choose between the schedules of a nest, not between knobs of a whole kernel.
// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
kernel g[M](X: f32[M]) -> Y: f32[M]
{
  H: f32[M];
  H = f(X);
  Y = f(H);
}
// CHECK: [[#@LINE+1]]:17: error: knobs of a whole kernel chosen when 'M <= 64', which depends on a size of the call, are not supported yet [R0006]
schedule g when M <= 64 { threads 2; }
schedule f when M <= 64 "M" { m: 4; }
schedule f "M" { m: 8; }
