const G = 2 * 4;
kernel g[M <= 64](inout C: f64[M], a: f32) { for m in M { C[m] += a * uniform(7, m); } }
kernel f[M % 4, K = 20, P = (K - 1) / 3 + 1](X: bf16[m: M, k: 20] as [k/4][m][k%4], A: i4[M, K] range(-4, 3),
    T: ternary[K, G] group(8), h: f32[a: K, b: P] pad(a: 1, b: 2), inout C: f64[M]) -> (Y: f16[M, G] ld(G + 1), z: bit) {
  L: u16[M, K];
  up: for m in M, k in K, o in G {
    s[m, o] += brgemm(X[m, k], T[k, o]);
    e[m, :] = select(m <= 3, exp<1>(h[m / 1, :]), -inf);
    L[m, k] = convert<i8>(A[m, k] * 0.5) + K / 3;
    Y[m, o] = fma(s[m, o], s[m, o], max(e[m, :])) - sum(L[m, :] * 1e-3);
    z max= Y[m, o] != 0;
  }
  two: C = g[M = M](C, a);
  seq t in 3 { for m in M { C[m] += h[E[m], t - 1]; } }
}
schedule f.up for "avx512" when M <= 64 * K "oM|k@schedule(dynamic, 2)" { m: 32, 4; pack X; reduce k = private; }
