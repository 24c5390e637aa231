// Two nests may call temporaries alike, which then are two buffers.
// RUN: %tppc check %s --verify-each
// RUN: %tppc run %s -D M=5 --in X=int:1 --verify | FileCheck %s
// CHECK: verify: 6 elements, all bitwise equal
kernel twice[M](X: f32[2]) -> (Y: f32[M], Z: f32)
{
  for m in M {
    e[m, :] = X[:] + m;
    Y[m] = e[m, 0];
    Z += sum(e[m, :]);
  }
  for m in M {
    e[m, :] = X[:] * m;
    Y[m] = Y[m] - sum(e[m, :]);
  }
}
