// Forward convolution of an R x R filter with stride S and Z zeros on each side, bias, and relu.
kernel conv[B, H, W, C, K, R = 3, S = 1, Z = 1, P = (H + 2 * Z - R) / S + 1, Q = (W + 2 * Z - R) / S + 1](
    I: f32[n: B, h: H, w: W, c: C] pad(h: Z, w: Z), F: f32[R, R, C, K], bias: f32[K]) -> O: f32[B, P, Q, K]
{
  for n in B, p in P, q in Q, k in K, r in R, s in R, c in C {
    acc[n, p, q, k] += brgemm(I[n, p * S + r - Z, q * S + s - Z, c], F[r, s, c, k]);
    O[n, p, q, k]    = relu(acc[n, p, q, k] + bias[k]);
  }
}
// The filters of ResNet-50: each is compiled for its size, stride, and padding.
kernel conv1[B, H, C, K](I: f32[B, H, H, C], F: f32[1, 1, C, K], b: f32[K]) -> O: f32[B, H, H, K]
{
  O = conv[R = 1, Z = 0](I, F, b);
}
kernel conv1s2[B, H, C, K, P = (H - 1) / 2 + 1](I: f32[B, H, H, C], F: f32[1, 1, C, K], b: f32[K]) -> O: f32[B, P, P, K]
{
  O = conv[R = 1, S = 2, Z = 0](I, F, b);
}
kernel conv3[B, H, C, K](I: f32[B, H, H, C], F: f32[3, 3, C, K], b: f32[K]) -> O: f32[B, H, H, K]
{
  O = conv(I, F, b);
}
kernel conv3s2[B, H, C, K, P = (H - 1) / 2 + 1](I: f32[B, H, H, C], F: f32[3, 3, C, K], b: f32[K]) -> O: f32[B, P, P, K]
{
  O = conv[S = 2](I, F, b);
}
kernel conv7s2[B, H, C, K, P = (H - 1) / 2 + 1](I: f32[B, H, H, C], F: f32[7, 7, C, K], b: f32[K]) -> O: f32[B, P, P, K]
{
  O = conv[R = 7, S = 2, Z = 3](I, F, b);
}
schedule conv "NPKrscq" { k: 64; c: 512; q: 28; }

kernel fill[N](seed: i64, r: f32) -> X: f32[N] { for n in N { X[n] = (2.0 * uniform(seed, n) - 1.0) * r; } }
