// The long form is the string, and its words are underlined where a message means the string.
// RUN: %tppc %s -D K=64 --emit=loops -o - | FileCheck %s
// RUN: not %tppc check %s -k fc --schedule 'schedule fc { order n0 k0 m0 n1; parallel k0 n1; }' 2>&1 | FileCheck %s --check-prefix=SPLIT --strict-whitespace
// RUN: not %tppc check %s -k fc --schedule 'schedule fc { order n0 k0; }' 2>&1 | FileCheck %s --check-prefix=LACKS --strict-whitespace

kernel fc[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]);
  }
}
schedule fc { order n0 k m0 n1; parallel m n1; n: 256, 64; k: 16; }

// CHECK: loop.nest @fc.nest0 origin=program schedule="nkMN"
// CHECK: loop.for [n0 = 0 to N step 256]
// CHECK-NEXT: loop.for [k0 = 0 to 64 step 16]
// CHECK-NEXT: loop.par [m0 = 0 to M step 32, n1 = n0 to min(n0 + 256, N) step 64]

// SPLIT:      <--schedule>:1:30: error: 'N' is parallel, but does not adjoin the parallel loops before it [S0106]
// SPLIT-NEXT:     1 | schedule fc { order n0 k0 m0 n1; parallel k0 n1; }
// SPLIT-NEXT:       |                              ^~
// SPLIT-NEXT: <--schedule>:1:24: note: 'K' is parallel here
// LACKS:      <--schedule>:1:21: error: loop 'm' does not occur in the schedule "nk" [S0102]
// LACKS-NEXT:     1 | schedule fc { order n0 k0; }
// LACKS-NEXT:       |                     ^~~~~
