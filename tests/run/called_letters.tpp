// A size of the caller may be called like a loop letter of the callee; schedules of both keep their letters.
// RUN: %tppc run %s -k twice -D m=17 -D n=5 --in X=int:1 --in W=int:2 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k twice -D m=0 -D n=3 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k deep -D k=13 -D m=3 -D n=7 --in X=int:1 --in W=int:2 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k scans -D t=5 -D n=7 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k fused -D m=17 -D n=5 --in X=int:1 --in W=int:2 --verify --threads 2 | FileCheck %s
// CHECK: verify: {{.*}} all bitwise equal
kernel product[M, N, K](A: f32[M, K], B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
schedule product "Mnk" { m: 4; n: 8; k: 3; }

kernel twice[m, n](X: f32[m, n], W: f32[n, n]) -> Y: f32[m, n]
{
  T: f32[m, n];
  one: T = product(X, W);
  Y = product(T, W);
}
schedule twice.one "mNk" { n: 2; k: 7; m: 5; }

kernel deep[k, m, n](X: f32[k, m, n], W: f32[n, n]) -> Y: f32[m, n]
{
  S: f32[m, n];
  Z: f32[m, n];
  for a in k, b in m, c in n { S[b, c] += X[a, b, c]; }
  Z = twice(S, W);
  Y = twice(Z, W);
}
schedule deep { m: 6; a: 2; }

kernel scan[T, N](X: f32[T, N]) -> Y: f32[T, N]
{
  seq t in T { for n in N { Y[t, n] = X[t, n] + t; } }
}
kernel scans[t, n](X: f32[t, n]) -> Y: f32[t, n] { Y = scan(X); }

kernel fused[m, n](X: f32[m, n], W: f32[n, n]) -> Y: f32[m, n]
{
  T: f32[m, n];
  one: T = product(X, W);
  two: Y = product(T, W);
}
schedule fused { fuse one two over m; threads 2; }
