// Malformed sparse arguments give a status; arrays that two arguments share are found.
// UNSUPPORTED: asan, tsan
// RUN: %tppc %s -shared -o %t.so
// RUN: %python %S/Inputs/sparse_status.py %t.so | FileCheck %s
// CHECK-NOT: wrong
// CHECK: done
kernel add[M, N](A: f32[M, N] csr, inout B: f32[M, N] csr)
{
  for m in M, n in N { B[m, n] = B[m, n] + A[m, n]; }
}
