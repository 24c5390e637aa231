// The place inside the string of a program is underlined, and inside that of --schedule.
// RUN: not %tppc check %s 2>&1 | FileCheck %s --strict-whitespace --check-prefix=FILE
// RUN: not %tppc check %s --schedule "fc=nkMq; m: 32; n: 64" 2>&1 | FileCheck %s --strict-whitespace --check-prefix=LINE

kernel fc[M, K = 768, N = 3072](X: f32[M, K], W: f32[K, N], b: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]);
  }
}

schedule fc "nKMN" { m: 32; n: 256, 64; k: 256; }

// FILE:      in_program.tpp:13:15: error: loop 'k' is a reduction; running it in parallel races on 'acc' [S0103]
// FILE-NEXT:   13 | schedule fc "nKMN" { m: 32; n: 256, 64; k: 256; }
// FILE-NEXT:      |               ^ parallel here
// FILE-NEXT:{{.*}}in_program.tpp:8:5: note: 'acc[m, n]' is summed over 'k' here
// FILE:      note: with 2 threads, thread 0 at k=0 and thread 1 at k=512 both update acc[0, 0]
// FILE-NEXT: help: write 'k': "nkMN"

// LINE:      <--schedule>:1:7: error: 'q' names no loop of 'fc' [S0101]
// LINE-NEXT:     1 | fc=nkMq; m: 32; n: 64
// LINE-NEXT:       |       ^
// LINE-NEXT:{{.*}}in_program.tpp:7:3: note: its loops are 'm', 'n', 'k'
