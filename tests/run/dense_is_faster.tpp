// A product whose factor has more stored elements than pay is warned of when the inputs are there; explain says the part.
// RUN: %tppc run %s -k right -march=x86-64-v3 --in X=int:1 --in W=int:2:1.0 --verify 2>&1 | FileCheck %s
// RUN: %tppc run %s -k right -march=x86-64-v3 --in X=int:1 --in W=int:2:0.01 --verify 2>&1 | FileCheck %s --check-prefix=FEW
// RUN: %tppc run %s -k small -march=x86-64-v3 --in X=int:1 --in W=int:2:1.0 --verify 2>&1 | FileCheck %s --check-prefix=FEW
// RUN: %tppc explain %s -k right -march=x86-64-v3 | FileCheck %s --check-prefix=EXPLAIN
// CHECK: [[#@LINE+7]]:{{[0-9]+}}: warning: 100 % of 'W' is stored, and from {{[0-9]+}} % on the product is faster with a dense one [W0209]
// CHECK: all bitwise equal
// FEW-NOT: W0209
// FEW: all bitwise equal
// EXPLAIN: measured: a dense factor is faster from {{[0-9]+}} % stored on
kernel right(X: f32[64, 128], W: f32[128, 128] csr) -> Y: f32[64, 128]
{
  for m in 64, n in 128, k in 128 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel small(X: f32[64, 32], W: f32[32, 32] csr) -> Y: f32[64, 32]
{
  for m in 64, n in 32, k in 32 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
