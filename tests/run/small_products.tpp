// Products of known shape, whose microkernels the compiler writes: vectors along either letter, with and without a
// batch, C transposed and added to, rests of every kind. Sums of small integers are exact.
// DEFINE: %{run} = %tppc run %s -Wno-perf --provider brgemm=generated --in A=int:1 --in B=int:2 --in R=int:3 --in D=int:4 --verify
// DEFINE: %{ok} = FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal

// RUN: %{run} -D M=1 -D N=1 -D K=1 | %{ok}
// RUN: %{run} -D M=1 -D N=9 -D K=5 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=9 -D N=1 -D K=5 | %{ok}
// RUN: %{run} -D M=2 -D N=3 -D K=67 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=5 -D N=7 -D K=0 | %{ok}
// RUN: %{run} -D M=4 -D N=4 -D K=3 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=7 -D N=8 -D K=31 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=8 -D N=5 -D K=13 | %{ok}
// RUN: %{run} -D M=9 -D N=17 -D K=2 -march=x86-64-v3 -O0 | %{ok}
// RUN: %{run} -D M=12 -D N=13 -D K=64 | %{ok}
// RUN: %{run} -D M=16 -D N=16 -D K=16 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=17 -D N=9 -D K=13 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=17 -D N=9 -D K=13 -O0 --threads 5 | %{ok}
// RUN: %{run} -D M=24 -D N=4 -D K=64 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=24 -D N=4 -D K=64 | %{ok}
// RUN: %{run} -D M=3 -D N=31 -D K=67 -O3 | %{ok}
// RUN: %{run} -D M=31 -D N=6 -D K=300 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=33 -D N=31 -D K=32 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=33 -D N=31 -D K=32 | %{ok}
// RUN: %{run} -D M=64 -D N=64 -D K=200 -march=x86-64-v3 | %{ok}
// RUN: %{run} -D M=64 -D N=63 -D K=64 | %{ok}
// Edges of tiles are the runtime's, of rows and of the batch.
// RUN: %{run} -D M=50 -D N=70 -D K=90 --schedule 'small.both=MNbk; m: 17; n: 33; b: 2; k: 40' | %{ok}
// A sum in parts.
// RUN: %{run} -D M=20 -D N=24 -D K=600 --schedule 'small.both=MNbk; m: 10; n: 12; b: 1; k: 300' | %{ok}
// Without being asked; what the kernel is.
// RUN: %tppc explain %s -D M=17 -D N=9 -D K=13 -march=x86-64-v3 | FileCheck --check-prefix=CHOSEN %s
// RUN: %tppc explain %s -D M=17 -D N=9 -D K=13 --provider brgemm=runtime | FileCheck --check-prefix=RUNTIME %s
// CHOSEN: f32 x f32 -> f32, 17 x 9 x 13 {{ *}}generated 17 x 9
// RUNTIME-NOT: generated
kernel small[M, N, K](A: f32[3, K, M], B: f32[3, K, N], R: f32[M, K], inout D: f32[N, M])
  -> (C: f32[M, N], E: f32[M, N], F: f32[M, N])
{
  both: for b in 3, m in M, n in N, k in K { C[m, n] += brgemm(A[b, k, m], B[b, k, n]); }
  right: for m in M, n in N, k in K { e[m, n] += brgemm(R[m, k], B[1, k, n]); E[m, n] = relu(e[m, n]); }
  left: for m in M, n in N, k in K { F[m, n] += brgemm(A[2, k, m], B[2, k, n]); }
  turned: for m in M, n in N, k in K { D[n, m] += brgemm(R[m, k], B[0, k, n]); }
}
