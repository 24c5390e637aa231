// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel sums[M, N](X: f32[M, N]) -> Y: f32[N]
{
  for m in M, n in N { Y[n] += X[m, n]; }
}
// CHECK: :[[#@LINE+1]]:{{[0-9]+}}: error: 'reduce m = ordered' is not supported yet [R0102]
schedule sums "M{R:2}N{C:2}" { n: 4; m: 4; reduce m = ordered; }
