// An encoder layer of BERT-base, forward, in BF16 with sums in F32 (Devlin et al., arXiv 1810.04805; fused as in the
// TPP paper). Weights are blocked and paired (VNNI-2), so that products read them where they lie; the header declares
// the functions that pack them.
const C = 768;
const H = 12;
const D = 64;
const F = 3072;

// The three projections of all heads.
kernel qkv[B, T](X: bf16[B, T, C], W: bf16[c: C, o: 3, h: H, d: D] as [o][h][c/2][d][c%2], bias: f32[3, H, D])
    -> Q: bf16[3, B, H, T, D]
{
  for b in B, t in T, o in 3, h in H, d in D, c in C {
    acc[o, b, h, t, d] += brgemm(X[b, t, c], W[c, o, h, d]);
    Q[o, b, h, t, d]    = acc[o, b, h, t, d] + bias[o, h, d];
  }
}

// Attention in one nest: a block of rows of scores stays in the cache from the product to the weighted sum.
kernel mha[B, T](Q: bf16[3, B, H, T, D], mask: f32[B, T], scale: f32) -> O: bf16[B, T, H, D]
{
  P: bf16[B, H, T, T];
  for b in B, h in H, i in T, j in T, d in D, e in D {
    s[b, h, i, j] += brgemm(Q[0, b, h, i, d], Q[1, b, h, j, d]);
    z[b, h, i, j]  = s[b, h, i, j] * scale + mask[b, j];
    g[b, h, i]  max= z[b, h, i, j];
    p[b, h, i, j]  = exp(z[b, h, i, j] - g[b, h, i]);
    l[b, h, i]    += p[b, h, i, j];
    P[b, h, i, j]  = p[b, h, i, j];
    o[b, h, i, e] += brgemm(P[b, h, i, j], Q[2, b, h, j, e]);
    O[b, i, h, e]  = o[b, h, i, e] / l[b, h, i];
  }
}

// A dense layer, the residual, and layer normalisation.
kernel dense_ln[M, K, N](X: bf16[M, K], W: bf16[k: K, n: N] as [n/64][k/2][n%64][k%2], bias: f32[N], R: bf16[M, N],
                         gamma: f32[N], beta: f32[N], eps: f32) -> Y: bf16[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    r[m, n]    = acc[m, n] + bias[n] + R[m, n];
    mu[m]     += r[m, n] / N;
    v[m]      += (r[m, n] - mu[m]) * (r[m, n] - mu[m]) / N;
    Y[m, n]    = (r[m, n] - mu[m]) * rsqrt(v[m] + eps) * gamma[n] + beta[n];
  }
}

// The attention's output layer, and the second of the feed-forward network.
kernel project[M](X: bf16[M, C], W: bf16[k: C, n: C] as [n/64][k/2][n%64][k%2], bias: f32[C], R: bf16[M, C],
                  gamma: f32[C], beta: f32[C], eps: f32) -> Y: bf16[M, C]
{
  Y = dense_ln(X, W, bias, R, gamma, beta, eps);
}
kernel down[M](X: bf16[M, F], W: bf16[k: F, n: C] as [n/64][k/2][n%64][k%2], bias: f32[C], R: bf16[M, C],
               gamma: f32[C], beta: f32[C], eps: f32) -> Y: bf16[M, C]
{
  Y = dense_ln(X, W, bias, R, gamma, beta, eps);
}

kernel up[M](X: bf16[M, C], W: bf16[k: C, n: F] as [n/64][k/2][n%64][k%2], bias: f32[F]) -> Y: bf16[M, F]
{
  for m in M, n in F, k in C {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = gelu(acc[m, n] + bias[n]);
  }
}

schedule qkv "BTohcd" { b: 1; t: 32; o: 1; h: 1; c: 768; d: 64; }
schedule mha "BHijde" { b: 1; h: 1; i: 32; j: 64; d: 64; e: 64; }
schedule dense_ln "Mnk" { m: 32; n: 64; k: 768; }
schedule up "MNk" { m: 32; n: 64; k: 768; }
