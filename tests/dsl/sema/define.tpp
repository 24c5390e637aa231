// RUN: %tppc --emit=tpp -D M=32 -D K=5 -o - %s | FileCheck %s
// -D fixes a free size and replaces a default.
kernel f[M, K = 768, P = M + K](X: f32[M, K]) -> Z: f32[P]
{
  for m in M { Z[m] = sum(X[m, :]); }
}

// CHECK:   size @M origin=fixed value=(32)
// CHECK:   size @K origin=fixed value=(5)
// CHECK:   size @P origin=derived value=(K + M)
