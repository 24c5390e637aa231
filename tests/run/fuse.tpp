// Neighbouring nests and calls in one parallel region: results, and how little of the local is left, are those of one
// iteration; letters that would clash, temporaries of the same name, several fused groups, calls of fused kernels.
// DEFINE: %{mlp} = %tppc run %s -k mlp -D K=33 -D N=50 --in X=int:1 --in W=int:2 --in b=int:3 --in V=int:4 --in c=int:5 --verify
// DEFINE: %{chain} = %tppc run %s -k chain --in X=int:1 --verify
// DEFINE: %{twice} = %tppc run %s -k twice -D K=9 -D N=21 --in X=int:1 --in W=int:2 --in b=int:3 --in V=int:4 --in c=int:5 --verify
// DEFINE: %{ok} = FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal
// RUN: %{mlp} -D M=1 | %{ok}
// RUN: %{mlp} -D M=70 --threads 1 | %{ok}
// RUN: %{mlp} -D M=70 --threads 2 | %{ok}
// RUN: %{mlp} -D M=37 --threads 5 -O0 | %{ok}
// RUN: %{mlp} -D M=37 --threads 3 --schedule 'mlp.up=nkMN; m: 64; n: 16, 8; k: 16' | %{ok}
// RUN: %{mlp} -D M=37 --threads 3 --schedule 'mlp.down=mnkm; m: 16, 4; n: 5; k: 16' | %{ok}
// A barrier behind the shared loop stands there.
// RUN: %{mlp} -D M=37 --threads 3 --schedule 'mlp.down=M|nk; m: 16; n: 5; k: 16' | %{ok}
// RUN: %{mlp} -D M=37 --threads 3 --schedule 'mlp.up=M{R:2}|nk; m: 16; n: 5; k: 16' | %{ok}
// RUN: %tppc %s -k mlp --schedule 'mlp.up=M{R:2}|nk' --emit=loops -o - | FileCheck %s --check-prefix=WAITS
// WAITS: schedule="M{R:2}|nkab"
// RUN: %{chain} -D M=13 -D N=20 --threads 3 | %{ok}
// RUN: %{chain} -D M=0 -D N=20 | FileCheck %s --check-prefix=EMPTY
// RUN: %{twice} -D M=19 --threads 2 | %{ok}
// EMPTY: verify: 0 elements
// RUN: %tppc %s -k mlp --emit=loops -o - | FileCheck %s --check-prefix=LOOPS
// LOOPS: loop.nest @mlp.up.nest0.fused fuse=[up, down, m] origin=program schedule="Mnkab" threads=6
// LOOPS-NEXT: %H = loop.buffer @H space=thread : f32[16, N]
// LOOPS: loop.par [m0 = 0 to M step 16]
// LOOPS-NOT: loop.par
// LOOPS: kernel @

kernel fc[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]);
  }
}
schedule fc "Mnk" { m: 16; n: 24; k: 16; }

kernel mlp[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N], V: f32[N, K], c: f32[K]) -> Y: f32[M, K]
{
  H: f32[M, N];
  up:   H = fc(X, W, b);
  down: Y = fc(H, V, c);
}
schedule mlp { fuse up down over m; threads 6; }

kernel chain[M, N](X: i32[M, N]) -> (Y: i32[M, N], S: i32[M])
{
  A: i32[M, N];
  B: i32[M, N];
  one:   for m in M, n in N { t[m, n] = X[m, n] + 1; A[m, n] = t[m, n] * 2; s[m] += t[m, n]; S[m] = s[m]; }
  two:   for n in N, m in M { B[m, n] = A[m, n] + S[m]; }
  three: for n in N, m in M { t[m, n] = B[m, n] + A[m, 0]; Y[m, n] = max(t[m, n], 3); }
}
schedule chain { fuse one two three over m; }
schedule chain.two "nM" { m: 4; n: 7; }

kernel twice[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N], V: f32[N, K], c: f32[K]) -> Y: f32[M, K]
{
  T: f32[M, K];
  first:  T = mlp(X, W, b, V, c);
  second: Y = mlp(T, W, b, V, c);
}
