// Scalars of a call are expressions: constants, sizes, letters of seqs, scalars of any type, elements of tensors, sums.
// RUN: %python %S/Inputs/sweep.py %tppc %s halves N=0,1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s narrow N=1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s elements N=0,1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s outputs N=1,33 T=0,1,3
// RUN: %tppc run %s -k chain -D N=3 --in X=const:4 --verify | FileCheck %s --check-prefix=CHAIN
// CHAIN: Y: f32[3] = 5.5 5.5 5.5
// RUN: %tppc run %s -k narrow -D N=1 --in X=const:2 --in a=2.6 --verify | FileCheck %s --check-prefix=NARROW
// NARROW: Y: f32[1] = 254
// NARROW: Z: f32[1] = 6
// An expression that reads no tensor leaves nothing between the calls.
// RUN: %tppc %s -k chain --emit=loops -o - | FileCheck %s --check-prefix=LOOPS
// LOOPS: kernel @chain
// LOOPS-NOT: local
// LOOPS-NOT: arg_
// LOOPS: tpp.const value=5.5
// LOOPS: }

kernel scale[N](X: f32[N], s: f32) -> Y: f32[N] { for n in N { Y[n] = X[n] * s; } }
kernel axpy[N](a: f32, X: f32[N], inout Y: f32[N]) { for n in N { Y[n] += a * X[n]; } }
kernel halves[N](X: f32[N], k: i32) -> (Y: f32[N], Z: f32[N])
{
  Y = scale(X, 0.5);
  Z = scale(Y, k + 2 * N);
}

// A scalar is rounded, or saturates, as in a call from C.
kernel bytes[N](X: f32[N], k: i8, b: u8) -> Y: f32[N] { for n in N { Y[n] = X[n] * k + b; } }
kernel narrow[N](X: f32[N], a: f64) -> (Y: f32[N], Z: f32[N])
{
  Y = bytes(X, 1000 * N, -N);
  Z = bytes(X, a, 0);
}

kernel elements[N](X: f32[N], b: f64) -> (Y: f32[N], Z: f32[N])
{
  m: f32;
  for n in N { m max= X[n]; Y[n] = 0; Z[n] = 0; }
  axpy(select(m > 2, m, 0.0), X, Y);
  axpy(b, X, Y);
  axpy(sum(X[:]) * 2 + N, X, Z);
}

// Arguments are evaluated before the call, which may write what they read.
kernel norm[N](X: f32[N], o: f32) -> (s: f32, m: f32) { for n in N { s += abs(X[n]) - o; m max= X[n] / 64; } }
kernel outputs[N, T](X: f32[N]) -> (Y: f32[N], g: f32)
{
  s: f32;
  for n in N { Y[n] = X[n]; g max= X[n]; }
  seq t in T {
    axpy(t - 1, X, Y);
    axpy(Y[0] / 4, X, Y);
    seq u in 2 { axpy(g + u * t, X, Y); }
    (s, g) = norm(X, g);
    axpy(s / 16, X, Y);
  }
}

kernel add2[N](X: f32[N], q: f32, r: f32) -> Y: f32[N] { for n in N { Y[n] = X[n] + q; Y[n] += r; } }
kernel middle[N](X: f32[N], q: f32) -> Y: f32[N] { Y = add2(X, q + 2.0, -q - 0.5); }
kernel chain[N](X: f32[N]) -> Y: f32[N] { Y = middle(X, 3.5); }
