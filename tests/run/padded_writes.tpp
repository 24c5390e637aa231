// Writes that fall into the padding of their tensor are dropped: updates, products at any stride, definitions, narrow
// results, locals, data indices.
// RUN: %tppc run %s -k fold -D H=13 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k fold -D H=1 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k fold -D H=0 --verify | FileCheck %s
// RUN: %tppc run %s -k bwd -D B=2 -D H=9 -D W=11 -D C=17 -D K=5 -D S=3 --in dO=int:1 --in F=int:2 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k bwd -D B=1 -D H=2 -D W=1 -D C=3 -D K=1 -D S=1 --in dO=int:1 --in F=int:2 --verify -O0 | FileCheck %s
// RUN: not %tppc check %s -k bwd -D B=2 -D H=14 -D W=14 -D C=64 -D K=32 -D S=2 \
// RUN:   --schedule 'bwd=CRnpqsk' 2>&1 | FileCheck %s --check-prefix=RACE
// RUN: %tppc %s -k bwd -D B=2 -D H=14 -D W=14 -D C=64 -D K=32 -D S=2 --emit=rt -o - | FileCheck %s --check-prefix=CALL
// RUN: %tppc run %s -k shift -D H=33 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k local -D H=21 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k data -D M=40 -D H=9 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k most -D H=21 --in X=int:1 --verify | FileCheck %s
// CHECK: verify: {{.*}} all bitwise equal
// RACE: two iterations of loop 'r' update one element of 'dI'; in parallel they race [S0111]
// CALL: rt.brgemm %kernel, %dI
kernel fold[H](X: f32[H, 3]) -> Y: bf16[h: H] pad(h: 1)
{
  for p in H, r in 3 { Y[p + r - 1] += X[p, r]; }
}
kernel bwd[B, H, W, C, K, S, P = (H - 1) / S + 1, Q = (W - 1) / S + 1](dO: f32[B, P, Q, K], F: f32[3, 3, C, K])
    -> dI: f32[n: B, h: H, w: W, c: C] pad(h: 1, w: 1)
{
  for n in B, p in P, q in Q, r in 3, s in 3, c in C, k in K {
    dI[n, p * S + r - 1, q * S + s - 1, c] += brgemm(dO[n, p, q, k], F[r, s, c, k]);
  }
}
kernel shift[H](X: f32[H]) -> (Y: i8[h: H] pad(h: 5), Z: f32[H])
{
  for h in H { Y[h + 5] = X[h]; Z[h] = X[h]; }
}
kernel local[H](X: f32[H]) -> Y: f32[H]
{
  T: bf16[h: H] pad(h: 2);
  for h in H, r in 5 { T[h + r - 2] += X[h]; }
  for h in H, r in 5 { Y[h] += T[h - r + 2]; }
}
kernel data[M, H](X: f32[M], ix: i32[M]) -> (Y: f32[h: H] pad(h: 3), Z: f32[M])
{
  for m in M { Y[ix[m]] += X[m]; }
  for m in M { Z[m] = Y[ix[m]] + Y[2 - ix[m] + ix[m]]; }
}
kernel most[H](X: f32[H, 3], inout Y: f32[h: H] pad(h: 1)) -> S: f32
{
  for p in H, r in 3 { Y[p + r - 1] max= X[p, r]; S += X[p, r]; }
}
