// RUN: not %tppc check %s 2>&1 | FileCheck %s
// The letter of a seq is no size.
kernel f[T](X: f32[T, T]) -> Y: f32[T]
{
  seq t in T {
    // CHECK: [[#@LINE+1]]:14: error: the letter of the seq 't' is not an integer expression [L0018]
    for n in t { Y[n] = X[t, n]; }
    // CHECK: [[#@LINE+1]]:12: error: the letter of the seq 't' is not an integer expression [L0018]
    H: f32[t];
  }
}
