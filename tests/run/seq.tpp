// Recurrences between nests: values carried from one iteration to the next, locals inside and outside, nested seqs,
// calls, no iteration at all.
// RUN: %python %S/Inputs/sweep.py %tppc %s sums T=0,1,5 N=0,1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s later T=0,2,5 N=1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s rec T=0,1,5 N=0,1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s grid T=0,4 U=0,3 N=1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s two T=0,3 U=2 N=1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s again T=0,3 N=0,33
// RUN: %python %S/Inputs/sweep.py %tppc %s powers T=0,3 N=1,33
// RUN: %python %S/Inputs/sweep.py %tppc %s least T=0,3 U=0,2 N=1,9
// RUN: %tppc run %s -k least -D T=3 -D U=0 -D N=2 | FileCheck %s --check-prefix=LEAST
// LEAST: Y: f32[2] = 0 0
// LEAST: m: f32 = 0
// LEAST: q: f32[2] = 0 0
// RUN: %tppc run %s -k rec -D T=9 -D N=70 --verify -O0
// RUN: %tppc run %s -k rec -D T=9 -D N=70 --verify -march=x86-64-v3
// RUN: %tppc %s -k again --emit=rt -o - | tppc-opt - -o /dev/null
// RUN: %tppc %s -k again -g --emit=obj -o %t.o
// RUN: %tppc %s -k sums --emit=manifest -o - | FileCheck %s --check-prefix=MANIFEST
// MANIFEST-DAG: "name": "sums.step"
// MANIFEST-DAG: "nest": "step"

// s is summed over t, Y[t] are its partial sums; t is a value; where T is 0 all are zero.
kernel sums[T, N](X: f32[T, N]) -> (Y: f32[T, N], S: f32[N], M: f32[N], L: i64[T], one: f32)
{
  s: f32[N];
  seq t in T {
    step: for n in N { s[n] += X[t, n]; Y[t, n] = s[n]; S[n] += X[t, n] * t; M[n] max= X[t, n]; one += X[t, n]; }
    for n in N { L[t] += n + t; }
  }
}
schedule sums.step "n" { n: 16; }

// What no iteration writes is zero: m and Y where one of T and U is 0, Z where T is.
kernel least[T, U, N](X: f32[N]) -> (Y: f32[N], Z: f32[N], m: f32, q: f32[2])
{
  seq t in T {
    seq u in U { for n in N { Y[n] min= X[n]; Z[n] min= X[n] + u; m *= X[n] - 2; q[1] max= X[n] - 1; } }
    for n in N { Z[n] min= X[n] - 1; }
  }
}

// What only later iterations write is zero until then.
kernel later[T, N](X: f32[T, N]) -> (Y: f32[T, N], Z: f32[T, N])
{
  seq t in T {
    for n in N { Y[t, n] = X[t, n]; Z[t, n] = Y[T - 1 - t, n]; }
  }
}

// A statement reads another element of its tensor than it writes: one of the iteration before.
kernel rec[T, N](X: f32[T, N], U: f32[N, N]) -> (H: f32[T + 1, N], G: bf16[T + 1, N], I: f32[T, N])
{
  for n in N { H[0, n] = n; G[0, n] = n; }
  seq t in T {
    for n in N, k in N {
      H[t + 1, n] = H[t, n] * 0.5 + X[t, n];
      G[t + 1, n] = X[t, n];
      G[t + 1, n] += brgemm(G[t, k], U[k, n]);
      I[t, n] += brgemm(H[t, k], U[k, n]);
    }
  }
}

kernel grid[T, U, N](X: f32[T, U, N]) -> (Y: f32[T + 1, U + 1, N], Z: f32[T, N])
{
  for v in U + 1, n in N { Y[0, v, n] = v; }
  seq t in T {
    s: f32[N];
    r: f32[N];
    for n in N { r[n] = t; }
    inner: seq u in U {
      for n in N {
        Y[t + 1, u + 1, n] = Y[t, u + 1, n] + Y[t + 1, u, n] + X[t, u, n];
        s[n] += X[t, u, n] * r[n] + u;
      }
    }
    for n in N { Z[t, n] = s[n]; }
  }
}

// Two seqs of one letter, with a local of one name.
kernel two[T, U, N](X: f32[N]) -> Y: f32[N]
{
  for n in N { Y[n] = X[n]; }
  seq t in T { q: f32[N]; for n in N { q[n] = Y[n] + 1; } for n in N { Y[n] = q[n] * 0.5; } }
  seq t in U { q: f32[N]; for n in N { q[n] = Y[n] - t; } for n in N { Y[n] = q[n]; } }
}

// The letter of the seqs is a letter of the nests that they call.
kernel once[N](X: f32[N], a: f32) -> Y: f32[N]
{
  H: f32[N];
  for t in N { H[t] = X[t] * a; }
  for t in N { Y[t] = H[t] + 1; }
}
kernel thrice[N, K = 3](inout X: f32[N], a: f32) -> W: f32[N]
{
  Z: f32[N];
  seq t in K {
    Z = once(X, a);
    for n in N { X[n] = Z[n] * 0.5; W[n] += X[n] * t; }
  }
}
kernel again[N, T](inout X: f32[N], a: f32) -> (W: f32[N], V: f32[N])
{
  seq t in T { V = thrice(X, a); seq u in 2 { for n in N { W[n] += V[n] * u; } } }
}

// Schedules of calls and of nests inside.
kernel mul[M, N, K](X: f32[M, K], W: f32[K, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel powers[T, N](W: f32[N, N], inout X: f32[N, N]) -> Y: f32[N, N]
{
  seq t in T {
    prod: Y = mul(X, W);
    back: for m in N, n in N { X[m, n] = Y[m, n] - t; }
  }
}
schedule powers.prod "Mnk" { m: 8; n: 16; k: 4; }
schedule powers.back "nM" { m: 8; n: 16; }
