// Schedules by size, of calls, in the long form, and of knobs alone change nothing that is computed.
// DEFINE: %{fc} = %tppc run %s -k fc --in X=int:1 --in W=int:2 --in b=int:3 --verify
// DEFINE: %{two} = %tppc run %s -k two --in X=int:1 --in W=int:2 --in b=int:3 --in V=int:4 --in c=int:5 --verify
// DEFINE: %{ok} = FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal
// RUN: %{fc} -D M=5 -D K=7 -D N=33 | %{ok}
// RUN: %{fc} -D M=8 -D K=70 -D N=300 --threads 5 | %{ok}
// RUN: %{fc} -D M=17 -D K=7 -D N=1 | %{ok}
// RUN: %{fc} -D M=64 -D K=0 -D N=65 | %{ok}
// RUN: %{fc} -D M=64 -D K=3 -D N=65 -O0 | %{ok}
// RUN: %{two} -D M=5 -D K=7 -D N=33 | %{ok}
// RUN: %{two} -D M=40 -D K=8 -D N=65 --threads 1 | %{ok}
// RUN: %{two} -D M=41 -D K=65 -D N=65 --threads 2 | %{ok}
// RUN: %{two} -D M=0 -D K=65 -D N=65 | FileCheck %s --check-prefix=EMPTY
// EMPTY: verify: 0 elements

kernel fc[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]);
  }
}
kernel two[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N], V: f32[N, K], c: f32[K]) -> Y: f32[M, K]
{
  H: f32[M, N];
  up: H = fc(X, W, b);
  down: Y = fc(H, V, c);
}
schedule fc when M <= 8 { order n0 k0 m0 n1; parallel m0 n1; n: 256, 64; }
schedule fc when M <= 40 "Mnk" { threads 2; m: 16; }
schedule fc { kernel brgemm = runtime; k: 32; }
schedule two.down when K <= 7 "MNk" { m: 4; }
schedule two { threads 3; }
