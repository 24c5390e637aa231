// Fused nests of which an iteration needs others, and a reduction over the letter that they share.
// RUN: not %tppc check %s 2>&1 | FileCheck %s

kernel other_rows[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  H: f32[M, N];
  up:   for m in M, n in N { H[m, n] = X[m, n] + 1; }
  down: for m in M, n in N { Y[m, n] = H[0, n] * 2; }
}
// CHECK: [[#@LINE+4]]:23: error: these nests cannot be fused over 'm': an iteration needs 'H' of other iterations [S0125]
// CHECK: S0125_fuse_dependence.tpp:7:30: note: 'H[m, n]' is written here
// CHECK: S0125_fuse_dependence.tpp:8:40: note: 'H[0, {{.*}}]' is read here

schedule other_rows { fuse up down over m; }

kernel sums[M, N](X: f32[M, N]) -> (Y: f32[M, N], V: f32[N])
{
  up:   for m in M, n in N { Y[m, n] = X[m, n] + 1; }
  down: for m in M, n in N { V[n] += Y[m, n]; }
}
// CHECK: [[#@LINE+1]]:35: error: loop 'm' is a reduction; running it in parallel races on 'V' [S0103]
schedule sums { fuse up down over m; }
