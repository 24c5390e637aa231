// What cannot be fused is refused, with the reason: an iteration that needs others, extents that may differ, strangers
// in between, a reduction over the letter, a nest without it.
// RUN: not %tppc check %s 2>&1 | FileCheck %s

kernel extents[M, L, N](X: f32[M, N], Z: f32[L, N]) -> (Y: f32[M, N], V: f32[L, N])
{
  up:   for m in M, n in N { Y[m, n] = X[m, n] + 1; }
  down: for m in L, n in N { V[m, n] = Z[m, n] * 2; }
}
// CHECK: [[#@LINE+1]]:20: error: these nests cannot be fused over 'm': its extents are not known to be equal [S0125]
schedule extents { fuse up down over m; }

kernel between[M, N](X: f32[M, N]) -> (Y: f32[M, N], V: f32[M, N], Z: f32[M])
{
  up:   for m in M, n in N { Y[m, n] = X[m, n] + 1; }
  mid:  for m in M { Z[m] = X[m, 0]; }
  down: for m in M, n in N { V[m, n] = Y[m, n] * 2; }
}
// CHECK: [[#@LINE+1]]:20: error: these nests cannot be fused over 'm': they are not neighbours: something else runs in between [S0125]
schedule between { fuse up down over m; }

kernel lacks[M, N](X: f32[M, N]) -> (Y: f32[M, N], V: f32[N])
{
  up:   for m in M, n in N { Y[m, n] = X[m, n] + 1; }
  down: for n in N { V[n] = Y[0, n]; }
}
// CHECK: [[#@LINE+1]]:18: error: these nests cannot be fused over 'm': 'down' has no such loop [S0125]
schedule lacks { fuse up down over m; }
