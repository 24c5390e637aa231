// RUN: %tppc --emit=tpp -k g -D M=33 -o - %s | FileCheck %s
// RUN: not %tppc check -D M=33 %s 2>&1 | FileCheck --check-prefix=ALL %s
// RUN: not %tppc check -k g -D K=33 %s 2>&1 | FileCheck --check-prefix=OTHER %s
// With -k, -D is about those kernels only.
kernel f[M % 32, K](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m] + K; } }
kernel g[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: kernel @g {
// CHECK-NEXT: size @M origin=fixed value=(33)
// ALL: error: 'M' is 33, which breaks the promise 'M % 32' [L0025]
// OTHER: error: no kernel has a size 'K' for -D to set [L0027]
