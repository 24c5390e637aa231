// Nests in which every loop is a reduction of some statement are shared out by default when the sums are products, in
// order, or exact, by copies. Sums of floats that are no products stay together with the other statements.
// RUN: sh -c 'for t in 1 2 5; do for s in "M=0 -D N=3" "M=3 -D N=0" "M=1 -D N=1" "M=37 -D N=131" "M=2 -D N=331"; do \
// RUN:   for o in -O2 -O0 -march=x86-64-v3; do \
// RUN:     for k in "extremes --in X=int:1" "counts --in X=int:1" "largest --in X=int:1" \
// RUN:       "products -D K=67 --in X=int:1 --in W=int:2 --in E=int:3"; do \
// RUN:     %tppc run %s -k $k -D $s --threads $t $o --verify 2>/dev/null || exit 1; done; done; done; done' | FileCheck %s
// CHECK-NOT: differ
// CHECK-NOT: largest
// CHECK: all bitwise equal

// RUN: %tppc explain %s 2>&1 | FileCheck --check-prefix=PLAN %s
// PLAN-DAG: warning: 'total' runs on one thread: no loop of it can be parallel [W0204]
// PLAN-DAG: warning: 'tiny' runs on one thread: no loop of it can be parallel [W0204]
// PLAN-DAG: warning: 'rows' runs on one thread: no loop of it can be parallel [W0204]
// PLAN-LABEL: kernel products
// PLAN: reduce {{[mnk]}}, ordered{{ +}}chosen by the compiler
// PLAN-LABEL: kernel extremes
// PLAN: reduce m, private{{ +}}chosen by the compiler
// PLAN-LABEL: kernel largest
// PLAN: reduce m, private{{ +}}chosen by the compiler
// PLAN-LABEL: kernel counts
// PLAN: reduce m, private{{ +}}chosen by the compiler
// PLAN-LABEL: kernel rows
// PLAN-NOT: reduce

kernel products[M, N, K](X: f32[M, K], W: f32[K, N], E: f32[M, N]) -> (Y: f32[M, N], D: f32[M, K], G: f32[K, N])
{
  for m in M, n in N, k in K {
    Y[m, n] += brgemm(X[m, k], W[k, n]);
    D[m, k] += brgemm(E[m, n], W[k, n]);
    G[k, n] += brgemm(X[m, k], E[m, n]);
  }
}

kernel extremes[M, N](X: f32[M, N]) -> (r: f32[M], top: f32)
{
  for m in M, n in N {
    r[m] += X[m, n];
    top max= X[m, n];
  }
}

kernel largest[M, N](X: f32[M, N]) -> top: f32
{
  for m in M, n in N { top max= X[m, n]; }
}

kernel counts[M, N](X: i32[M, N]) -> c: i32
{
  for m in M, n in N { c += X[m, n]; }
}

kernel rows[M, N](X: f32[M, N], Y: f32[M, N], G: f32[N]) -> (D: f32[M, N], W: f32[N])
{
  for m in M, n in N {
    s[m] += X[m, n] * Y[m, n] * G[n];
    D[m, n] = Y[m, n] * G[n] - X[m, n] * s[m];
    W[n] += Y[m, n] * X[m, n];
  }
}

kernel total[M, N](X: f32[M, N]) -> loss: f32
{
  for m in M, n in N { loss += X[m, n]; }
}

kernel tiny(X: i32[16, 16]) -> c: i32
{
  for m in 16, n in 16 { c += X[m, n]; }
}
