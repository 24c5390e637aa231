// Vectors run along what lies side by side in storage, which is not always the last index.
// RUN: %tppc check -Wperf -Werror %s
// RUN: %tppc run %s -k norm -D B=3 -D H=5 -D W=7 -D C=37 --in X=int:1 --verify --threads 2 | FileCheck --check-prefix=WITHIN %s
// RUN: %tppc run %s -k columns -D M=37 -D N=19 --in X=int:1 --verify --threads 2 | FileCheck --check-prefix=WITHIN %s
// RUN: %tppc run %s -k act -D B=3 -D H=5 -D W=7 -D C=37 --in X=int:1 --in b=int:2 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k pool -D B=3 -D H=5 -D W=7 -D C=37 --in X=int:1 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k chain -D A=9 -D B=11 -D C=13 -D P=17 -D Q=7 --in X=int:1 --in U=int:2 --in V=int:3 --verify | FileCheck %s
// RUN: %tppc explain %s -k act -D B=3 -D H=28 -D W=28 -D C=64 | FileCheck --check-prefix=TILES %s
// RUN: %tppc explain %s -k chain -D A=64 -D B=64 -D C=64 -D P=32 -D Q=32 | FileCheck --check-prefix=CHAIN %s
// CHECK: all bitwise equal
// WITHIN: verify: {{.*}} of its bound

// TILES: c: 16
// TILES: pass w 8 x c 16: X, b -> Y{{ +}}vectors
kernel act[B, C, H, W](X: f32[n: B, c: C, h: H, w: W] as [n][c/16][h][w][c%16], b: f32[C])
    -> Y: f32[n: B, c: C, h: H, w: W] as [n][c/16][h][w][c%16]
{
  for n in B, c in C, h in H, w in W { Y[n, c, h, w] = relu(X[n, c, h, w] + b[c]); }
}

kernel pool[B, C, H, W](X: f32[n: B, c: C, h: 2 * H, w: 2 * W] as [n][c/8][h][w][c%8])
    -> Y: f32[n: B, c: C, h: H, w: W] as [n][c/8][h][w][c%8]
{
  for n in B, c in C, h in H, w in W, r in 2, s in 2 { Y[n, c, h, w] max= X[n, c, 2 * h + r, 2 * w + s]; }
}

// Sums over the image for each channel: 16 of them at once, not one after the other.
kernel norm[B, C, H, W](X: bf16[n: B, c: C, h: H, w: W] as [n][c/16][h][w][c%16])
    -> Y: bf16[n: B, c: C, h: H, w: W] as [n][c/16][h][w][c%16]
{
  for n in B, c in C, h in H, w in W {
    mu[n, c] += X[n, c, h, w] / (H * W);
    v[n, c]  += (X[n, c, h, w] - mu[n, c]) * (X[n, c, h, w] - mu[n, c]) / (H * W);
    Y[n, c, h, w] = (X[n, c, h, w] - mu[n, c]) * rsqrt(v[n, c] + 1e-5);
  }
}

kernel columns[M, N](X: f32[m: M, n: N] as [n][m]) -> Y: f32[m: M, n: N] as [n][m]
{
  for m in M, n in N {
    g[m] max= X[m, n];
    e[m, n] = exp(X[m, n] - g[m]);
    s[m]   += e[m, n];
    Y[m, n] = e[m, n] / s[m];
  }
}

// c, which both results run along, is tiled in both products, though p and q are declared behind it.
// CHAIN: c: 64
// CHAIN: : U, X -> t{{ +}}microkernel
// CHAIN: pass q 32 x c 64: V, t -> Y{{ +}}vectors
kernel chain[A, B, C, P, Q](X: f32[A, B, C], U: f32[A, P], V: f32[B, Q]) -> Y: f32[P, Q, C]
{
  for a in A, b in B, c in C, p in P, q in Q {
    t[p, b, c] += brgemm(U[a, p], X[a, b, c]);
    Y[p, q, c] += brgemm(V[b, q], t[p, b, c]);
  }
}
