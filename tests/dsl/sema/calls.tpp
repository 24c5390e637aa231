// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Calls deduce sizes from shapes; the rest is given by name, a default, or derived. What is not known to
// agree is required at the entry.
kernel dense[B, P, Q, S = 3, R = P * S](X: f32[B, P], W: f32[P, Q], b: f32[Q], inout c: f32[B], e: f32)
    -> Y: f32[B, Q]
{
  for m in B, n in Q, k in P {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n] = acc[m, n] + b[n] * S * e;
    c[m] = 0;
  }
}
kernel f[B, N, M](X: f32[B, 784], W: f32[784, N], b: f32[N], V: f32[N, M], e: f32)
    -> (Y: f32[B, N], c: f32[B], Z: f32[B, N])
{
  for m in B { c[m] = 1; }
  Y = dense(X, W, b, c, e);
  last: Z = dense[S = N + 1](Y, V, b, c, e);
}

// CHECK:   require status=size text="B >= 0" when=(B >= 0)
// CHECK:   require status=size text="P >= 0" when=(P >= 0)
// CHECK:   require status=size text="Q >= 0" when=(Q >= 0)
// CHECK:   require status=size text="B >= 0" when=(B >= 0)
// CHECK:   require status=size text="N >= 0" when=(N >= 0)
// CHECK:   require status=size text="M >= 0" when=(M >= 0)
// CHECK:   require status=promise text="M == N" when=(M == N)
// CHECK:   tpp.call @call0 [B: B, P: 784, Q: N, S: 3, R: 2352] %X, %W, %b, %c, %e, %Y callee="dense" n_outputs=1
// CHECK:   tpp.call @last [B: B, P: N, Q: M, S: N + 1, R: N*N + N] %Y, %V, %b, %c, %e, %Z callee="dense" n_outputs=1
