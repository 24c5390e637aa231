// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[T](X: f32[T, T]) -> Y: f32[T]
{
  seq t in T {
    // CHECK: [[#@LINE+1]]:9: error: the letter 't' already means the letter of the seq 't' [L0017]
    for t in T { Y[t] = X[t, 0]; }
    // CHECK: [[#@LINE+1]]:9: error: the letter 't' already means the letter of the seq 't' [L0017]
    seq t in T { }
  }
}
kernel g[T](X: f32[T]) -> Y: f32[T]
{
  seq t in T { q: f32[T]; for n in T { q[n] = X[t]; } }
  // CHECK: [[#@LINE+1]]:23: error: unknown name 'q' [L0010]
  for n in T { Y[n] = q[n]; }
}
kernel h(X: f32[4, 2]) -> Y: f32[4, 2]
{
  seq t in 4 {
    // CHECK: [[#@LINE+1]]:30: error: index 't + 1' of 'X' reaches 4
    for n in 2 { Y[t, n] = X[t + 1, n]; }
  }
}
kernel i[T](X: f32[T]) -> Y: f32[T]
{
  q: f32[T];
  // CHECK: [[#@LINE+1]]:36: error: 'q' is read before anything is written to it [L0041]
  seq t in T { for n in T { Y[n] = q[n]; } for n in T { q[n] = X[n]; } }
}
