// One tensor for two inputs of a call, of which one has a margin: it is read as each parameter says.
// RUN: %tppc run %s -k k -D K=24 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k k -D K=1 --in X=int:1 --verify | FileCheck %s
// CHECK: all bitwise equal
kernel h[T, M](A: f32[a: T, b: M] pad(b: 1), B: f32[T, M], C: f32[a: T, b: M] pad(a: 2)) -> Y: f32[M]
{
  for s in M, l in T { Y[s] += A[l, s + 1] + B[l, s] + C[l - 2, s]; }
}
kernel k[K](X: f32[K, 5]) -> Y: f32[5]
{
  Y = h(X, X, X);
}
