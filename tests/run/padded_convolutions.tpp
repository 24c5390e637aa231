// Convolutions on images with channels first: forward, strided, both gradients, and transposed. Padding leaves one letter
// of an index to the kernel, and results that are not contiguous sum in a tile that is.
// RUN: %tppc run %s -k forward -D N=2 -D C=5 -D H=9 -D W=11 -D K=7 --in I=int:1 --in F=int:2 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k forward -D N=1 -D C=1 -D H=1 -D W=1 -D K=1 --in I=int:1 --in F=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k forward -D N=1 -D C=0 -D H=3 -D W=4 -D K=2 --in F=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k strided -D N=1 -D C=17 -D H=8 -D W=70 -D K=67 --in I=int:1 --in F=int:2 --verify -O0 | FileCheck %s
// RUN: %tppc run %s -k filters -D N=2 -D C=5 -D H=9 -D W=11 -D K=7 --in I=int:1 --in E=int:2 --verify --threads 5 | FileCheck %s
// RUN: %tppc run %s -k filters -D N=3 -D C=17 -D H=8 -D W=70 -D K=67 --in I=int:1 --in E=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k filters -D N=2 -D C=5 -D H=9 -D W=11 -D K=7 --in I=int:1 --in E=int:2 --verify --schedule 'filters=KCRSnppq; k: 4; c: 4; r: 1; s: 1; n: 1; p: 4,1; q: 11' | FileCheck %s
// RUN: %tppc run %s -k filters -D N=0 -D C=2 -D H=4 -D W=4 -D K=2 --verify | FileCheck %s
// RUN: %tppc run %s -k image -D N=2 -D C=5 -D H=9 -D W=11 -D K=7 --in E=int:1 --in F=int:2 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k transposed -D N=2 -D C=5 -D H=9 -D W=11 -D K=7 --in I=int:1 --in F=int:2 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k transposed -D N=1 -D C=3 -D H=1 -D W=1 -D K=2 --in I=int:1 --in F=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k pairs -D M=13 -D N=9 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc check %s -Wperf 2>&1 | FileCheck %s --check-prefix=KERNELS --allow-empty
// RUN: %tppc explain %s -k filters -D N=1 -D C=64 -D H=30 -D W=30 -D K=64 | FileCheck %s --check-prefix=STAGED
// CHECK: verify: {{.*}} all bitwise equal
// KERNELS-NOT: W0201
// STAGED: start {{.*}}: dF_stage
// STAGED-NEXT: for p0
// STAGED: product {{.*}}: E, I -> dF_stage
// STAGED: pass {{.*}}: dF_stage -> dF
kernel forward[N, C, H, W, K, R = 3](I: f32[n: N, c: C, h: H, w: W] pad(h: 1, w: 1), F: f32[K, C, R, R]) -> O: f32[N, K, H, W]
{
  for n in N, k in K, p in H, q in W, c in C, r in R, s in R {
    O[n, k, p, q] += brgemm(F[k, c, r, s], I[n, c, p + r - 1, q + s - 1]);
  }
}
kernel strided[N, C, H, W, K, R = 3, S = 2, P = (H - 1) / S + 1, Q = (W - 1) / S + 1](I: bf16[n: N, c: C, h: H, w: W] pad(h: 1, w: 1), F: bf16[K, C, R, R]) -> O: f32[N, K, P, Q]
{
  for n in N, k in K, p in P, q in Q, c in C, r in R, s in R {
    O[n, k, p, q] += brgemm(F[k, c, r, s], I[n, c, p * S + r - 1, q * S + s - 1]);
  }
}
kernel filters[N, C, H, W, K, R = 3](I: f32[n: N, c: C, h: H, w: W] pad(h: 1, w: 1), E: f32[N, K, H, W]) -> dF: f32[K, C, R, R]
{
  for n in N, k in K, p in H, q in W, c in C, r in R, s in R {
    dF[k, c, r, s] += brgemm(E[n, k, p, q], I[n, c, p + r - 1, q + s - 1]);
  }
}
kernel image[N, C, H, W, K, R = 3](E: f32[n: N, k: K, p: H, q: W] pad(p: 1, q: 1), F: f32[K, C, R, R]) -> dI: f32[N, C, H, W]
{
  for n in N, k in K, h in H, w in W, c in C, r in R, s in R {
    dI[n, c, h, w] += brgemm(F[k, c, r, s], E[n, k, h + 1 - r, w + 1 - s]);
  }
}
kernel transposed[N, C, H, W, K, R = 3, S = 2](I: f32[N, C, H, W], F: f32[C, K, R, R]) -> O: f32[n: N, k: K, p: H * S, q: W * S] pad(p: 1, q: 1)
{
  for n in N, k in K, h in H, w in W, c in C, r in R, s in R {
    O[n, k, h * S + r - 1, w * S + s - 1] += brgemm(F[c, k, r, s], I[n, c, h, w]);
  }
}
// A sum over pairs of storage is not clipped.
kernel pairs[M, N](X: f32[a: M] as [a/8][a%8/2][a%2], W: f32[a: M, b: N] pad(a: 2)) -> Y: f32[N]
{
  for r in M, x in N { Y[x] += brgemm(X[r], W[r - 2, x]); }
}
