// The knob fetches what the next product reads and changes no result: packed and blocked operands, edges, generated
// kernels, products without a kernel, sparse operands, fused nests; from every source of a schedule.
// DEFINE: %{r} = %tppc run %s --verify --in A=int:1
// DEFINE: %{p} = %{r} -k plain --in B=int:2 --in C=int:3
// DEFINE: %{ok} = FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal
// RUN: %{p} -D M=67 -D N=61 -D K=59 | %{ok}
// RUN: %{p} -D M=1 -D N=1 -D K=1 | %{ok}
// RUN: %{p} -D M=67 -D N=61 -D K=0 | %{ok}
// RUN: %{p} -D M=128 -D N=64 -D K=32 --threads 2 | %{ok}
// RUN: %{p} -D M=101 -D N=37 -D K=300 --threads 5 -O0 | %{ok}
// RUN: %{p} -D M=67 -D N=61 -D K=59 --provider brgemm=generated | %{ok}
// RUN: %{p} -D M=67 -D N=61 -D K=59 --schedule 'plain=MNk; m: 16; n: 32; k: 16; pack A, B; prefetch' | %{ok}
// RUN: %{p} -D M=67 -D N=61 -D K=59 --threads 4 --schedule 'plain=M{R:2}N{C:2}k; m: 16; n: 32; k: 16; prefetch' | %{ok}
// RUN: %{p} -D M=67 -D N=61 -D K=59 --threads 3 --schedule 'plain=KMn; m: 16; n: 32; k: 16; reduce k = private; prefetch' | %{ok}
// RUN: echo 'schedule plain { order m0 n0 k0 m1; parallel m0 n0; m: 32, 16; n: 16; k: 16; prefetch; }' > %t.sched
// RUN: %{p} -D M=67 -D N=61 -D K=59 --threads 2 --schedule-file %t.sched | %{ok}
// RUN: %tppc %s -k plain --schedule-file %t.sched --emit=llvm -o - | FileCheck %s --check-prefix=LLVM
// LLVM: call void @llvm.prefetch
// RUN: %{r} -k blocked --in B=int:2 -D M=96 -D N=64 -D K=160 | %{ok}
// RUN: %{r} -k blocked --in B=int:2 -D M=32 -D N=32 -D K=0 --threads 2 | %{ok}
// RUN: %{r} -k gemv --in x=int:2 -D M=131 -D K=77 | %{ok}
// RUN: %{r} -k sparse --in S=int:2:0.3 -D M=67 | %{ok}
// RUN: %{r} -k two --in B=int:2 -D M=67 --threads 3 | %{ok}

kernel plain[M, N, K](A: f32[M, K], B: f32[K, N], inout C: f32[M, N])
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
schedule plain "MNk" { m: 16; n: 16; k: 16; prefetch; }

kernel blocked[M % 32, N % 32, K % 32](A: bf16[m: M, k: K] as [m/32][k/32][m%32][k%32],
    B: bf16[k: K, n: N] as [n/32][k/32][k%32/2][n%32][k%2]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
schedule blocked "MNk" { m: 32; n: 32; k: 64; prefetch; }

kernel gemv[M, K](A: f32[M, K], x: f32[K]) -> y: f32[M]
{
  for m in M, k in K { y[m] += brgemm(A[m, k], x[k]); }
}
schedule gemv "Mk" { m: 16; k: 32; prefetch; }

kernel sparse[M](A: f32[M, 64], S: f32[64, 96] bcsc(8, 8)) -> C: f32[M, 96]
{
  for m in M, n in 96, k in 64 { C[m, n] += brgemm(A[m, k], S[k, n]); }
}
schedule sparse "Mnk" { m: 16; n: 32; k: 8; prefetch; }

kernel two[M](A: f32[M, 64], B: f32[64, 96]) -> D: f32[M, 64]
{
  H: f32[M, 96];
  up:   for m in M, n in 96, k in 64 { H[m, n] += brgemm(A[m, k], B[k, n]); }
  down: for m in M, n in 64, k in 96 { D[m, n] += brgemm(H[m, k], B[n, k]); }
}
schedule two.up "Mnk" { m: 16; n: 32; k: 32; prefetch; }
schedule two.down "Mnk" { m: 16; n: 32; k: 32; }
schedule two { fuse up down over m; }
