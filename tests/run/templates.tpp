// TPPs with an argument in angle brackets: sround to every type, the fine tables of K-TanH.
// RUN: %tppc run %s -k rounds -D N=999 --in seed=5 --verify | FileCheck %s
// RUN: %tppc run %s -k rounds -D N=13 --in seed=5 --in X=const:300 --verify | FileCheck %s
// RUN: %tppc run %s -k rounds -D N=1 --in seed=5 --in X=const:-inf --verify -O0 | FileCheck %s
// RUN: %tppc run %s -k fine -D M=33 -D N=47 --verify | FileCheck %s
// RUN: %tppc run %s -k fine -D M=33 -D N=47 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k fine -D M=1 -D N=3 --verify -O0 --threads 2 | FileCheck %s
// RUN: %tppc run %s -k wide -D N=77 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k wide -D N=77 --verify | FileCheck %s
// CHECK: all bitwise equal

kernel rounds[N](X: f32[N], seed: i64) -> (H: f16[N], B: i8[N], U: u16[N], I: i32[N], Q: i4[N], F: f32[N])
{
  for n in N {
    H[n] = sround<f16>(X[n], uniform(seed, n));
    B[n] = sround<i8>(X[n] * 10, uniform(seed, n));
    U[n] = sround<u16>(X[n], uniform(seed, n));
    I[n] = sround<i32>(X[n] * 1000, uniform(seed, n)) + 1;
    Q[n] = sround<i4>(X[n], uniform(seed, n));
    F[n] = sround<f16>(X[n], 0.5) / 3;
  }
}

kernel fine[M, N](X: bf16[M, N], Z: f32[N]) -> (A: bf16[M, N], B: f32[M, N], C: bf16[M, N], D: f32[N])
{
  for m in M, n in N {
    A[m, n] = ktanh<fine>(4 * X[m, n]);
    B[m, n] = ksigmoid<fine>(X[m, n]) + kgelu<fine>(X[m, n]) - kgelu(X[m, n]);
    C[m, n] = kswish<fine>(X[m, n]) - kswish(X[m, n]);
    D[n] = ktanh<fine>(Z[n]) * ktanh(Z[n]);
  }
}

kernel wide[N](X: f64[N]) -> Y: f64[N] { for n in N { Y[n] = ktanh<fine>(X[n]) + ktanh(X[n]); } }
