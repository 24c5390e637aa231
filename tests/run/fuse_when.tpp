// Knobs of a whole kernel that the sizes of the call decide on: the nests are compiled with and without them, fused and
// apart. Fused nests share their loop along an axis of threads, on demand, or with sums into copies.
// DEFINE: %{mlp} = %tppc run %s -k mlp -D K=33 -D N=50 --in X=int:1 --in W=int:2 --in b=int:3 --in V=int:4 --in c=int:5 --verify
// DEFINE: %{grad} = %tppc run %s -k grad -D N=21 --in X=int:1 --in G=int:2 --verify
// DEFINE: %{ok} = FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal
// RUN: %{mlp} -D M=1 | %{ok}
// RUN: %{mlp} -D M=16 --threads 2 | %{ok}
// RUN: %{mlp} -D M=17 --threads 2 | %{ok}
// RUN: %{mlp} -D M=40 --threads 2 -O0 | %{ok}
// RUN: %{mlp} -D M=41 --threads 2 | %{ok}
// RUN: %{mlp} -D M=37 --threads 3 --schedule 'mlp.up=nM{R:2}k; m: 6; n: 16; k: 16' | %{ok}
// RUN: %{mlp} -D M=37 --threads 3 --schedule 'mlp.up=nMk@schedule(dynamic,1); m: 6; n: 16; k: 16' | %{ok}
// RUN: not %{mlp} -D M=37 --schedule 'mlp.up=nM{R:2}k' --schedule 'mlp.down=nMk@schedule(dynamic,1)' 2>&1 | FileCheck %s --check-prefix=GRID
// RUN: %tppc run %s -k mlp -D M=8 -D K=5 -D N=7 --in X=int:1 --in W=int:2 --in b=int:3 --in V=int:4 --in c=int:5 --verify --schedule 'schedule mlp when (M <= 64) * (K <= 4) { fuse up down over m; }' | %{ok}
// RUN: %{grad} -D M=29 --threads 3 | %{ok}
// RUN: %{grad} -D M=29 --threads 1 | %{ok}
// RUN: %{grad} -D M=0 --threads 2 | %{ok}
// RUN: %{grad} -D M=7 --threads 2 | %{ok}
// RUN: %tppc run %s -k chain -D N=11 -D M=3 --in X=int:1 --verify --threads 2 | %{ok}
// RUN: %tppc run %s -k chain -D N=11 -D M=30 --in X=int:1 --verify --threads 2 | %{ok}
// RUN: %tppc run %s -k chain -D N=11 -D M=90 --in X=int:1 --verify --threads 2 | %{ok}
// RUN: %tppc %s -k mlp --emit=loops -o - | FileCheck %s --check-prefix=LOOPS
// GRID: S0125
// LOOPS: loop.nest @mlp.up.nest0 origin=program schedule="Mnk" when=(M >= 41)
// LOOPS: loop.nest @mlp.down.nest0 origin=program schedule="Mnk" when=(M >= 41)
// LOOPS: loop.nest @mlp.up.nest0.fused_1 {{.*}} schedule="Mnkab" threads=3 when=(M <= 40 && M >= 17)
// LOOPS-NEXT: %H_2 = loop.buffer @H_2 space=thread : f32[16, N]
// LOOPS: loop.nest @mlp.up.nest0.fused {{.*}} threads=2 when=(M <= 4)
// LOOPS: loop.nest @mlp.up.nest0.fused.version1 {{.*}} threads=2 when=(M <= 16 && M >= 5)

kernel fc[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]);
  }
}
schedule fc when M <= 4 "mNk" { m: 2; n: 24; k: 16; }
schedule fc "Mnk" { m: 16; n: 24; k: 16; }

kernel mlp[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N], V: f32[N, K], c: f32[K]) -> Y: f32[M, K]
{
  H: f32[M, N];
  up:   H = fc(X, W, b);
  down: Y = fc(H, V, c);
}
schedule mlp when M <= 16 { fuse up down over m; threads 2; }
schedule mlp when M <= 40 { fuse up down over m; threads 3; }

// The gradient of a bias is a sum over the rows that the nest before makes.
kernel grad[M, N](X: f32[M, N], G: f32[M, N]) -> (D: f32[M, N], b: f32[N])
{
  T: f32[M, N];
  one: for m in M, n in N { T[m, n] = G[m, n] * relu_grad(X[m, n]); }
  two: for m in M, n in N { b[n] += T[m, n]; D[m, n] = T[m, n] + 1; }
}
schedule grad { fuse one two over m; m: 4; }
schedule grad.two when M <= 8 "Mn" { reduce m = private; }
schedule grad.two "Mn" { m: 4; reduce m = private; }

// Other nests fused for other sizes stand between `two` and `three`, and run for none of these.
kernel chain[M, N](X: f32[M, N]) -> (A: f32[M, N], B: f32[M, N], C: f32[M, N])
{
  one:   for m in M, n in N { A[m, n] = X[m, n] + 1; }
  two:   for m in M, n in N { B[m, n] = A[m, n] * 2; }
  three: for m in M, n in N { C[m, n] = B[m, n] - A[m, n]; }
}
schedule chain when M <= 8 { fuse one two over m; m: 2; }
schedule chain when M <= 64 { fuse two three over m; m: 4; }
