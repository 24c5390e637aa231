// A group walked along a space-filling curve: each iteration once, whatever the extents, as the counts in C show.
// DEFINE: %{f} = %tppc run %s -k f --in C=int:1 --in X=int:2 --in W=int:3 --verify
// DEFINE: %{ok} = FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal
// RUN: %{f} -D M=1 -D N=1 -D K=3 | %{ok}
// RUN: %{f} -D M=1 -D N=37 -D K=3 | %{ok}
// RUN: %{f} -D M=37 -D N=1 -D K=3 --threads 3 | %{ok}
// RUN: %{f} -D M=64 -D N=64 -D K=3 --threads 2 | %{ok}
// RUN: %{f} -D M=61 -D N=29 -D K=3 --threads 5 | %{ok}
// RUN: %{f} -D M=13 -D N=97 -D K=0 --threads 2 -O0 | %{ok}
// RUN: %{f} -D M=0 -D N=5 -D K=1 | FileCheck %s --check-prefix=EMPTY
// RUN: %{f} -D M=61 -D N=29 -D K=3 --threads 3 --schedule 'f=NMk@schedule(dynamic,2); m: 2; n: 3; k: 1; curve n, m' | %{ok}
// RUN: %{f} -D M=61 -D N=29 -D K=3 --threads 3 --schedule 'f=nMNnk; m: 2; n: 12,5,2; k: 1; curve n, m' | %{ok}
// RUN: not %{f} -D M=61 -D N=29 -D K=3 --threads 3 --schedule 'f=MNMk; m: 8, 2; n: 5; k: 1; curve n, m' 2>&1 | FileCheck %s --check-prefix=TWICE
// EMPTY: verify: 0 elements
// TWICE: error: 'curve' cannot walk loop 'm': it walks loops that occur once in the parallel group [S0126]
// RUN: %tppc %s --emit=rt -o - | FileCheck %s --check-prefix=RT
// RT: loop.nest @f.nest0 curve=[m, n] origin=program
// RT: loop.par [m0 = 0 to M step 2, n0: N] curve=[m0, n0] policy=static

kernel f[M, N, K](inout C: i32[M, N], X: i32[M, K], W: i32[K, N])
{
  for m in M, n in N, k in K { C[m, n] += X[m, k] * W[k, n] + 1; }
}
schedule f "MNk" { m: 2; n: 1; k: 2; curve m, n; }
