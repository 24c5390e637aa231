// A kernel that calls a kernel that calls: values without names are inlined twice.
// RUN: %tppc run %s -k outer -D M=5 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc %s -k outer --emit=rt -o - | tppc-opt - -o /dev/null
// CHECK: verify: 5 elements, all bitwise equal
kernel inner[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = relu(X[m] + 1.0) * 2.0; } }
kernel middle[M](X: f32[M]) -> Y: f32[M] { Y = inner(X); }
kernel outer[M](X: f32[M]) -> Y: f32[M] { Y = middle(X); }
