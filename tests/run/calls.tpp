// Calls of imported kernels: sizes by name against defaults, several outputs, outputs of one element, inouts, packed
// locals, one tensor twice, calls of calls.
// RUN: %python %S/Inputs/sweep.py %tppc %s block B=1,2 H=1,6 W=5 C=0,3
// RUN: %python %S/Inputs/sweep.py %tppc %s centred_twice M=0,5 N=1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s packed M=0,1,17
// RUN: %python %S/Inputs/sweep.py %tppc %s powers N=0,1,33
import "Inputs/library.tpp";

kernel block[B, H, W, C, U = (H - 1) / 2 + 1, V = (W - 1) / 2 + 1](
    X: f32[B, H, W, C], F1: f32[3, 3, C, 8], F2: f32[1, 1, 8, C], b1: f32[8], b2: f32[C]) -> (Y: f32[B, U, V, C], m: f32)
{
  T: f32[B, U, V, 8];
  a: T = conv[S = 2](X, F1, b1);
  b: Y = conv[R = 1, Z = 0](T, F2, b2);
  for n in B, u in U, v in V, c in C { m max= Y[n, u, v, c]; }
}
schedule block.a "NPkrscq" { k: 8; }

kernel centred[M, N](X: f32[M, N], k: f32) -> (Y: f32[M, N], g: f32[M], h: f32)
{
  (g, h) = stats(X);
  for m in M, n in N { Y[m, n] = X[m, n] * h - g[m] * k; }
  bump(g, h + k);
}
kernel centred_twice[M, N](X: f32[M, N], k: f32) -> (Y: f32[M, N], h: f32)
{
  g: f32[M];
  (Y, g, h) = centred(X, k / 2);
}

kernel packed[M](A: bf16[M, 64], W: bf16[64, 32]) -> Y: f32[M, 32]
{
  V: bf16[k: 64, n: 32] as [n/16][k/32][k%32/2][n%16][k%2];
  V = to_vnni(W);
  Y = product(A, V);
}

kernel powers[N](A: f32[N, N]) -> (C: f32[N, N], D: f32[N, N])
{
  C = square(A, A);
  D = square(C, A);
}
