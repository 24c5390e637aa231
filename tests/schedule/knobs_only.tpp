// Knobs without a string: the heuristic's string and sizes with them. Knobs of a kernel reach all its nests, those of
// calls too, unless a nest has its own.
// RUN: %tppc %s --emit=loops -o - | FileCheck %s
// RUN: not %tppc check %s --schedule 'schedule two { q: 4; }' 2>&1 | FileCheck %s --check-prefix=LETTER

kernel fc[M, K, N](X: f32[M, K], W: f32[K, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel two[M, K, N](X: f32[M, K], W: f32[K, N], V: f32[N, K]) -> Y: f32[M, K]
{
  H: f32[M, N];
  up:   H = fc(X, W);
  down: Y = fc(H, V);
}
schedule fc { m: 16; threads 8; }
schedule two.down "Mnk" { n: 32; kernel brgemm = xsmm; }
schedule two { threads 3; k: 128; kernel brgemm = runtime; }

// CHECK: loop.nest @fc.nest0 origin=program schedule="NMk" threads=8
// CHECK-NEXT: loop.par [n0 = 0 to N step 64, m0 = 0 to M step 16]
// CHECK: loop.nest @two.up.nest0 kernel=runtime origin=program schedule="NMk" threads=8
// CHECK-NEXT: loop.par [n0 = 0 to N step 64, m0 = 0 to M step 16]
// CHECK-NEXT: loop.for [k0 = 0 to max({{.*}}) step 128]
// CHECK: loop.nest @two.down.nest0 kernel=xsmm origin=program schedule="Mnk" threads=3
// CHECK-NEXT: loop.par [m0 = 0 to M step 32]
// CHECK-NEXT: loop.for [n0 = 0 to K step 32]

// LETTER: <--schedule>:1:16: error: 'q' names no loop of 'two' [S0101]
