// -fdeterministic: sums that threads would make in copies are ordered, whatever the schedule says; ordered sums also stand
// under grids of threads. The same bits for any number of threads.
// RUN: sh -c 'for k in columns grid; do for o in 0 2; do for t in 1 2 5; do \
// RUN:     %tppc run %s -k $k -D M=999 -D N=37 --threads $t -O$o -fdeterministic --out b=%t$k$t.npy --verify || exit 1; done; \
// RUN:   cmp %t${k}1.npy %t${k}2.npy && cmp %t${k}1.npy %t${k}5.npy || exit 1; done; done' | FileCheck %s --check-prefix=BOUND
// RUN: %tppc run %s -k grid -D M=41 -D N=37 --threads 4 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k grid -D M=0 -D N=37 --threads 4 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k product -D M=41 -D N=37 -D K=50 --threads 3 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc %s -k columns -k counts -fdeterministic --emit=loops -o - | FileCheck %s --check-prefix=LOOPS
// RUN: %tppc %s -k columns --emit=loops -o - | FileCheck %s --check-prefix=COPIES
// CHECK: verify: {{.*}} all bitwise equal
// BOUND: verify:
// BOUND-NOT: differ
// LOOPS: kernel @columns
// LOOPS-NOT: copies
// LOOPS: kernel @counts
// LOOPS: copies
// COPIES: copies
kernel columns[M, N](X: f32[M, N]) -> b: f32[N]
{
  for m in M, n in N { b[n] += X[m, n]; }
}
schedule columns "Mn" { m: 4; n: 16; reduce m = private; }
kernel counts[M, N](X: f32[M, N]) -> b: i32[N]
{
  for m in M, n in N { b[n] += X[m, n] > 0; }
}
schedule counts "Mn" { m: 4; n: 16; reduce m = private; }
kernel grid[M, N](X: f32[M, N]) -> (b: f32[N], Y: f32[M, N])
{
  for m in M, n in N { b[n] += X[m, n]; Y[m, n] = X[m, n] - 1; }
}
schedule grid "M{R:2}N{C:2}" { m: 4; n: 16; reduce m = ordered; }
kernel product[M, N, K](X: f32[M, K], W: f32[K, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K { acc[m, n] += brgemm(X[m, k], W[k, n]); Y[m, n] = relu(acc[m, n]); }
}
schedule product "K{C:2}nM{R:2}" { m: 8; n: 16; k: 16; reduce k = ordered; }
