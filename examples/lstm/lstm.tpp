// An LSTM layer over a sequence: BF16 data and weights, F32 sums and cell, gates by the integer-only K-TanH.
// Gates q are input, forget, cell, output. Weights are VNNI-2 blocked: pairs of k side by side, 64 columns a panel.

// Weights uniform in -r..r, forget bias 1.
kernel weights[C, N](seed: i64, r: f32)
    -> (W: bf16[k: C, q: 4, n: N] as [q][n/64][k/2][n%64][k%2], U: bf16[k: N, q: 4, n: N] as [q][n/64][k/2][n%64][k%2],
        bias: f32[4, N])
{
  w: for c in C, q in 4, n in N { W[c, q, n] = (2.0 * uniform(seed, (c * 4 + q) * N + n) - 1.0) * r; }
  u: for k in N, q in 4, n in N { U[k, q, n] = (2.0 * uniform(seed + 1, (k * 4 + q) * N + n) - 1.0) * r; }
  b: for q in 4, n in N { bias[q, n] = select(q == 1, 1.0, 0.0); }
}

kernel sequence[T, B, C](seed: i64) -> X: bf16[T, B, C]
{
  for t in T, b in B, c in C { X[t, b, c] = 2.0 * uniform(seed, (t * B + b) * C + c) - 1.0; }
}

// The input half for all steps at once, then step by step.
kernel lstm[T, B, C, N](X: bf16[T, B, C], H0: bf16[B, N],
                        W: bf16[k: C, q: 4, n: N] as [q][n/64][k/2][n%64][k%2],
                        U: bf16[k: N, q: 4, n: N] as [q][n/64][k/2][n%64][k%2], bias: f32[4, N],
                        inout c: f32[B, N]) -> H: bf16[T + 1, B, N]
{
  G: f32[T, B, 4, N];
  init: for b in B, n in N { H[0, b, n] = H0[b, n]; }
  input: for t in T, b in B, q in 4, n in N, k in C {
    g[t, b, q, n] += brgemm(X[t, b, k], W[k, q, n]);
    G[t, b, q, n]  = g[t, b, q, n] + bias[q, n];
  }
  seq t in T {
    step: for b in B, n in N, k in N, q in 4 {
      a[b, q, n]     = G[t, b, q, n];
      a[b, q, n]    += brgemm(H[t, b, k], U[k, q, n]);
      c[b, n]        = ksigmoid(a[b, 1, n]) * c[b, n] + ksigmoid(a[b, 0, n]) * ktanh(a[b, 2, n]);
      H[t + 1, b, n] = ksigmoid(a[b, 3, n]) * ktanh(c[b, n]);
    }
  }
}
schedule lstm.input "TQNbk" { t: 1; q: 1; n: 64; b: 32; k: 1024; }
schedule lstm.step "BNqk" { b: 32; n: 64; q: 1; k: 1024; }

schedule distance "Tbn" { t: 1; b: 32; n: 256; reduce t = private; }

// How far a result is from a reference.
kernel distance[T, B, N](H: bf16[T, B, N], R: f32[T, B, N]) -> (worst: f32, mean: f32)
{
  for t in T, b in B, n in N {
    worst max= abs(H[t, b, n] - R[t, b, n]);
    mean    += abs(H[t, b, n] - R[t, b, n]) / (T * B * N);
  }
}
