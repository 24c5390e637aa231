// RUN: %tppc --emit=tpp --schedule 'f.one=nkMN; m: 32; n: 256,64; k: 256' -o - %s | FileCheck %s
// --schedule comes before the program; spans and text are those of the option.
kernel f[M, K](A: f32[M, K], B: f32[K, M], inout C: f32[M, M])
{
  one: for m in M, n in M, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
  two: for m in M, n in M { C[m, n] = relu(C[m, n]); }
}
schedule f.one "mnk" { m: 4; n: 4; k: 4; }
schedule f.two "mn" { m: 4; n: 4; }

// CHECK:     tpp.schedule origin=option sizes={{[[]}}[m, 32], [n, 256, 64], [k, 256]] string="nkMN"
// CHECK:     tpp.schedule origin=program sizes={{[[]}}[m, 4], [n, 4]] string="mn"
