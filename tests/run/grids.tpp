// Grids of threads, with fewer threads than they ask for, and more; values that cross threads.
// DEFINE: %{fc} = %tppc run %s -k fc -D M=70 -D K=50 -D N=90 --in X=int:1 --in W=int:2 --in b=int:3 --verify
// DEFINE: %{rows} = %tppc run %s -k rows -D M=37 -D N=50 --in X=int:1 --in b=int:2 --in c=int:3 --verify
// DEFINE: %{ok} = FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal
// RUN: %{fc} --threads 1 | %{ok}
// RUN: %{fc} --threads 2 | %{ok}
// RUN: %{fc} --threads 5 | %{ok}
// RUN: %{fc} --schedule 'fc=N{R:4}kM{C:2}; m: 8; n: 16; k: 16' --threads 8 | %{ok}
// RUN: %{fc} --schedule 'fc=kN{C:3}nM{R:2}m; m: 16, 5; n: 32, 7; k: 16' --threads 5 | %{ok}
// RUN: %{fc} --schedule 'fc=M{L:2}kN{C:7}M{R:2}; m: 32, 8; n: 7; k: 50' --threads 9 | %{ok}
// RUN: %{fc} --schedule 'fc=k|N{C:3}M{R:2}; m: 16; n: 32; k: 16; threads 3' -O0 | %{ok}
// RUN: %{fc} --schedule 'fc=N{C:3}kM{R:2}; m: 16; n: 32; k: 16; pack X, W' --threads 6 | %{ok}
// RUN: %tppc run %s -k fc -D M=0 -D K=50 -D N=90 --verify --threads 4 | FileCheck %s --check-prefix=EMPTY
// RUN: %{rows} --threads 1 | %{ok}
// RUN: %{rows} --threads 4 | %{ok}
// RUN: %{rows} --schedule 'rows=N{R:3}m; m: 4; n: 5' --threads 3 | %{ok}
// EMPTY: verify: 0 elements

kernel fc[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]);
  }
}
schedule fc "M{R:2}kN{C:2}" { m: 8; n: 16; k: 16; }

kernel rows[M, N](X: f32[M, N], b: f32[M], c: f32[N]) -> (Y: f32[M, N], Z: f32[N])
{
  for m in M, n in N {
    t[m]    = b[m] * b[m];
    u[n]    = t[0] + c[n];
    Y[m, n] = X[m, n] * t[m] + u[n];
    Z[n]    = u[n] * 2 + Y[M - 1, n];
  }
}
schedule rows "M{R:2}N{C:2}" { m: 4; n: 8; }
