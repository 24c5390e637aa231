// A schedule of a labelled call is for the nest that has its letters; two of them are refused.
// RUN: not %tppc check %s 2>&1 | FileCheck %s --strict-whitespace
// RUN: %tppc %s --schedule 'two.up=MNk' --emit=loops -o - | FileCheck %s --check-prefix=ONE

kernel pair[M, N, K](X: f32[M, K], W: f32[K, N]) -> (Y: f32[M, N], Z: f32[M, K])
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
  for m in M, k in K { Z[m, k] = X[m, k]; }
  for m in M, k in K { Z[m, k] = X[m, k] + Z[m, k]; }
}
kernel two[M, N, K](X: f32[M, K], W: f32[K, N]) -> (Y: f32[M, N], Z: f32[M, K])
{
  up: (Y, Z) = pair(X, W);
}
schedule two.up "Mk" { m: 4; }

// CHECK:      S0121_call.tpp:15:14: error: 'up' calls a kernel of 3 nests, and not one of them has the loops of this string [S0121]
// CHECK-NEXT:   15 | schedule two.up "Mk" { m: 4; }
// CHECK-NEXT:      |              ^~
// ONE: loop.nest @two.up.nest0 origin=option schedule="MNk"
