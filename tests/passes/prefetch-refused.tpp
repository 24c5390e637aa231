// Where nothing can be fetched the knob says why; where it is for several nests, one of them is enough.
// RUN: %tppc check %s 2>&1 | FileCheck %s --implicit-check-not=warning --implicit-check-not=error
// RUN: %tppc %s --emit=rt -o - -Wno-perf | FileCheck %s --check-prefix=NONE
// NONE: loop.nest @both
// NONE: rt.prefetch
// NONE: loop.nest @one
// NONE-NOT: rt.prefetch

kernel both[M, N](X: f32[M, N], W: f32[N, N]) -> Y: f32[M, N]
{
  H: f32[M, N];
  for m in M, n in N { H[m, n] = relu(X[m, n]); }
  for m in M, n in N, k in N { Y[m, n] += brgemm(H[m, k], W[k, n]); }
}
schedule both { prefetch; }

kernel one(X: f32[32, 32], W: f32[32, 32]) -> Y: f32[32, 32]
{
  for m in 32, n in 32, k in 32 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
// CHECK: [[@LINE+1]]:43: warning: 'prefetch' does nothing: the nest has one tile, so no product follows [W0210]
schedule one "mnk" { m: 32; n: 32; k: 32; prefetch; }

kernel none[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  for m in M, n in N { Y[m, n] = relu(X[m, n]); }
}
// CHECK: [[@LINE+1]]:22: warning: 'prefetch' does nothing: the nest has no product [W0210]
schedule none "mn" { prefetch; }

kernel walked[M, N](X: f32[M, 32], W: f32[32, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in 32 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
// CHECK: [[@LINE+1]]:58: warning: 'prefetch' does nothing: the next tile of a curve is not one step of a loop away [W0210]
schedule walked "MNk" { m: 32; n: 32; k: 32; curve m, n; prefetch; }

kernel asked[M, N](X: f32[M, 32], W: f32[32, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in 32 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
// CHECK: [[@LINE+1]]:65: warning: 'prefetch' does nothing: which iteration a thread takes next is decided when it asks for it [W0210]
schedule asked "MNk@schedule(dynamic,1)" { m: 32; n: 32; k: 32; prefetch; }
