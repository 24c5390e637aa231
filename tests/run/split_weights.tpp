// Weights in two halves: the upper one is the BF16 that the layers read. Exact numbers compare bitwise.
// RUN: %tppc run %s -k split_sgd -D N=100 --in g=int:1 --in hi=int:2 --in lo=const:0 --in lr=0.5 --verify | FileCheck --check-prefix=EXACT %s
// RUN: %tppc run %s -k split_sgd -D N=1003 --in g=rand:1 --in hi=rand:2 --in lo=rand:3 --in lr=0.01 --verify | FileCheck %s
// RUN: %tppc run %s -k halves -D N=1003 --in hi=rand:2 --in lo=rand:3 --verify | FileCheck --check-prefix=EXACT %s
// RUN: %tppc run %s -k quant_sr -D N=1003 --in X=rand:1 --in seed=7 --verify | FileCheck --check-prefix=EXACT %s
// CHECK: verify: {{[0-9]+}} elements,
// EXACT: verify: {{[0-9]+}} elements, all bitwise equal
kernel split_sgd[N](g: bf16[N], lr: f32, inout hi: bf16[N], inout lo: u16[N])
{
  for n in N {
    w[n]  = zip(hi[n], lo[n]) - lr * g[n];
    hi[n] = unzip_hi(w[n]);
    lo[n] = unzip_lo(w[n]);
  }
}
kernel halves[N](hi: bf16[N], lo: u16[N]) -> (H: bf16[N], L: u16[N])
{
  for n in N {
    w[n] = zip(hi[n], lo[n]);
    H[n] = unzip_hi(w[n]);
    L[n] = unzip_lo(w[n]);
  }
}
kernel quant_sr[N](X: f32[N], seed: i64) -> Y: bf16[N]
{
  for n in N { Y[n] = sround<bf16>(X[n], uniform(seed, n)); }
}
