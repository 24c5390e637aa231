// Every second, third, and fourth element: the ends of rows, all widths, and nothing read behind the
// last element that is wanted.
// RUN: %tppc run %s -k pairs -D N=1 --verify | FileCheck %s
// RUN: %tppc run %s -k pairs -D N=39 --verify | FileCheck %s
// RUN: %tppc run %s -k pairs -D N=39 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k pairs -D N=39 --verify -O0 | FileCheck %s
// RUN: %tppc run %s -k pixels -D N=0 --verify | FileCheck %s
// RUN: %tppc run %s -k pixels -D N=37 --verify | FileCheck %s
// RUN: %tppc run %s -k pixels -D N=37 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k ends -D N=37 --verify | FileCheck %s
// RUN: %tppc run %s -k ends -D N=37 --verify -march=x86-64-v3 | FileCheck %s
// CHECK: all bitwise equal

kernel pairs[N](x: f32[2 * N], d: f64[2 * N], h: bf16[2 * N]) -> (re: f32[N], im: f32[N], e: f64[N], g: bf16[N])
{
  for n in N {
    re[n] = x[2 * n];
    im[n] = x[2 * n + 1];
    e[n]  = d[2 * n + 1];
    g[n]  = h[2 * n + 1];
  }
}

kernel pixels[N](P: u8[N, 3]) -> Y: i32[N]
{
  for n in N { Y[n] = P[n, 0] + 2 * P[n, 1] + 4 * P[n, 2]; }
}

kernel ends[N](X: f32[4 * N]) -> (a: f32[N], b: f32[N])
{
  for n in N {
    a[n] = X[4 * n + 3];
    b[n] = X[4 * n];
  }
}
