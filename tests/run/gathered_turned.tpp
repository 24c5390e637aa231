// What a product gathers first is stored across the loop that is shared out: the letters of the string stay one each.
// RUN: %tppc run %s -D M=5 -D N=7 -D K=19 --in X=int:1 --in Z=int:2 --verify --threads 2 | FileCheck %s
// CHECK: verify: {{.*}} all bitwise equal
kernel turned[M, N, K](ix: i32[N], X: f32[K, N, N], Z: f32[M, K]) -> C: f32[M, N]
{
  for d in K, p in M, v in N {
    C[p, v] += brgemm(X[d, v, ix[v]], Z[p, d]);
  }
}
