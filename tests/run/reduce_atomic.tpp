// Sums over capitals by atomic updates of the one result: what a tile adds is summed first. Several passes, hidden
// letters, continuing updates, scalars, every operator, overlapping, blocked and scattered results, stored entries,
// narrow results rounded once.
// RUN: sh -c 'for t in 1 3; do for s in "M=0 -D N=3" "M=7 -D N=0" "M=37 -D N=131"; do \
// RUN:   for k in columns extremes norms whole narrow fixed; do for i in rand:3 int:1; do \
// RUN:     %tppc run %s -k $k -D $s --threads $t --in X=$i --verify 2>/dev/null || exit 1; done; done; done; done' \
// RUN:   | FileCheck %s
// RUN: sh -c 'for t in 1 3; do for s in "M=37 -D N=53 -D K=300" "M=5 -D N=7 -D K=0"; do \
// RUN:   for c in KMN mKn KMnk nmK "K{R:2}mN{C:2}" "MKn@schedule(dynamic,1)" "kMKn@schedule(dynamic,2)"; do \
// RUN:     %tppc run %s -k product -D $s --threads $t --in X=int:1 --in W=int:2 --in b=int:3 \
// RUN:       --schedule "product=$c; reduce k = atomic" --verify 2>/dev/null || exit 1; done; done; done' \
// RUN:   | FileCheck --check-prefix=EXACT %s
// RUN: sh -c 'for o in "" -O0; do for t in 1 3; do for m in 0 41; do \
// RUN:   %tppc run %s -k blocked -D M=$m -D N=50 --threads $t $o --in X=int:1 --verify 2>/dev/null || exit 1; \
// RUN:   %tppc run %s -k overlap -D M=$m --threads $t $o --in X=int:1 --in Y=int:2 --verify 2>/dev/null || exit 1; \
// RUN:   %tppc run %s -k both -D M=$m -D N=13 --threads $t $o --in X=int:1 --verify 2>/dev/null || exit 1; \
// RUN:   %tppc run %s -k versions -D M=$m -D N=5 --threads $t $o --in X=int:1 --verify 2>/dev/null || exit 1; \
// RUN:   %tppc run %s -k scatter -D M=$m -D V=7 -D D=33 --threads $t $o --in X=int:1 --verify 2>/dev/null || exit 1; \
// RUN:   %tppc run %s -k entries -D M=$m -D N=29 --threads $t $o --in A=int:1 --in x=int:2 --verify 2>/dev/null || exit 1; \
// RUN:   done; done; done' | FileCheck --check-prefix=EXACT %s

// Grids of threads: sums along some of the axes, fewer and more threads than the grid has, axes that statements lack.
// RUN: sh -c 'for t in 1 3 5; do \
// RUN:   for s in "grid=K{R:2}mN{C:2}" "grid=mN{C:3}K{R:2}" "grid=K{L:3}M{R:2}N{C:2}" "grid=mnK{C:4}"; do \
// RUN:     %tppc run %s -k grid -D M=37 -D N=53 -D K=150 --threads $t --in X=int:1 --in W=int:2 --in b=int:3 \
// RUN:       --schedule "$s; m: 8; n: 16; k: 32; reduce k = atomic" --verify 2>/dev/null || exit 1; done; done' \
// RUN:   | FileCheck --check-prefix=EXACT %s

// With -fdeterministic the sums are made in order.
// RUN: %tppc %s -fdeterministic --emit=loops -o - 2>/dev/null | FileCheck --check-prefix=ORDER %s
// ORDER-LABEL: kernel @columns
// ORDER-NOT: atomic=1
// ORDER-LABEL: kernel @extremes
// CHECK-NOT: differ
// CHECK: verify: {{[0-9]+}} elements
// EXACT-NOT: differ
// EXACT-NOT: largest
// EXACT: all bitwise equal

kernel columns[M, N](X: f32[M, N]) -> (G: f32[M, N], db: f32[N])
{
  for m in M, n in N { G[m, n] = X[m, n] * 2; db[n] += G[m, n]; }
}
schedule columns "Mn" { m: 4; n: 16; reduce m = atomic; }

kernel extremes[M, N](X: f32[M, N], inout lo: f32[N]) -> (hi: bf16[N], p: f64[N], count: i64)
{
  for m in M, n in N {
    hi[n] max= X[m, n];
    lo[n] min= X[m, n];
    p[n]  *= 1 + X[m, n] * 0.0001;
    count += X[m, n] > 0;
  }
}
schedule extremes "nM" { m: 3; n: 32; reduce m = atomic; }

kernel norms[M, N](X: bf16[M, N], g: f32[N], inout run: f32[N]) -> (Y: f32[M, N], mu: f32[N])
{
  for m in M, n in N {
    mu[n]  += X[m, n] / M;
    v[n]   += (X[m, n] - mu[n]) * (X[m, n] - mu[n]);
    run[n]  = run[n] + v[n];
    Y[m, n] = (X[m, n] - mu[n]) * v[n] + g[n];
  }
}
schedule norms "Mn" { m: 5; n: 64; reduce m = atomic; }

kernel whole[M, N](X: f32[M, N]) -> (s: f32, d: f32[N])
{
  for m in M { d[:] += X[m, :]; s += sum(X[m, :]); }
}
schedule whole "M@schedule(dynamic,1)" { m: 2; reduce m = atomic; }

kernel narrow[M, N](X: f32[M, N], inout r: bf16[N]) -> q: i8[N]
{
  for m in M, n in N { r[n] += X[m, n]; r[n] += 2 * X[m, n]; q[n] += select(X[m, n] > 0, 1, -1); }
}
schedule narrow "nMn" { m: 4; n: 256, 64; reduce m = atomic; }

kernel fixed[M, N](X: f32[M, N]) -> c: i32[24]
{
  for m in M, n in N, i in 24 { c[i] += X[m, n] > i; }
}
schedule fixed "NMi" { m: 8; n: 8; i: 24; reduce m, n = atomic; }

kernel product[M, N, K](X: bf16[M, K], W: bf16[K, N], b: f32[N]) -> Y: bf16[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n]  = b[n];
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n]);
  }
}
schedule product "mKN" { m: 32; n: 32; k: 64; reduce k = atomic; }

kernel blocked[M, N](X: f32[M, N]) -> C: f32[i: N, j: N] as [i/16][j/16][i%16][j%16]
{
  for i in N, j in N, m in M { C[i, j] += brgemm(X[m, i], X[m, j]); }
}
schedule blocked "Mij" { m: 32; i: 16; j: 16; reduce m = atomic; }

kernel overlap[M](X: f32[M, 3], inout Y: f32[2 * M + 1])
{
  for m in M, r in 3 { Y[2 * m + r] += X[m, r]; }
}
schedule overlap "Mr" { m: 4; r: 3; reduce m = atomic; }

// Versions of one nest: only the first reduces in parallel.
kernel versions[M, N](X: f32[M, N]) -> S: f32[N]
{
  for m in M, n in N { S[n] += X[m, n]; }
}
schedule versions when N <= 8 "Mn" { m: 4; n: 8; reduce m = atomic; }
schedule versions when N <= 16 "Mn" { m: 4; n: 8; reduce m = ordered; }
schedule versions "Nm" { m: 4; n: 8; }

kernel grid[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N]) -> (Y: f32[M, N], s: f32[N])
{
  for m in M, n in N, k in K {
    s[n]      += W[k, n];
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]) + s[n];
  }
}
schedule grid "K{R:4}mN{C:2}" { m: 8; n: 16; k: 32; reduce k = atomic; }

kernel both[M, N](X: f32[M, N]) -> (rows: f32[M], columns: f32[N], all: f32, most: f32)
{
  for m in M, n in N {
    rows[m]    += X[m, n];
    columns[n] += X[m, n];
    all        += X[m, n];
    most      max= X[m, n] * columns[n];
  }
}
schedule both "M{R:2}N{C:2}" { m: 4; n: 3; reduce m, n = atomic; }

kernel scatter[M, V, D](X: f32[M, D], ix: i32[M] range(0, 0), inout G: f32[V, D]) -> H: bf16[V]
{
  for m in M, d in D { G[ix[m], d] += X[m, d]; H[ix[m]] += X[m, d]; }
}
schedule scatter "Md" { m: 2; d: 16; reduce m = atomic; }

kernel entries[M, N](A: f32[M, N] csr, x: f32[M]) -> y: f32[N]
{
  for m in M, n in N { y[n] += A[m, n] * x[m]; }
}
schedule entries "Mn" { m: 4; reduce m = atomic; }
