// RUN: %tppc --emit=ast -D M=128 -o - %s | FileCheck %s
// Constructs of the grammar, and what the parser makes of them.
import "Inputs/other.tpp";
const D = 64;
const E = (D + 2) * 3 - 4 / 2;
/* A comment, /* not nested. */
kernel all[M, K = 768, N % 32, T <= Tmax, LX, P = (M - 1) / 2 + 1](
    A: bf16[m: M, k: K] as [k/32][m][k%32/2][k%2], B: f32[K, N] ld(LX), s: f32,
    C: f32[n: N, h: M] pad(n: 1, h: P), U: bf16[K, N] bcsc(8, 16), V: u8[M] range(-1, 127),
    W: ternary[K, N] group(64), inout Z: i8[M], F: f32[M, D])
    -> (Y: f32[M], t: f64)
{
  H: f32[M, D];
  x: f32;
  call: (H, x) = twice[S = 2, T = M](F, s);
  up: for m in M, n in N, k in K {
    acc[m, n] += brgemm(A[m, k], B[k, n]);
    g max= -C[n, :] * 2.5e-1 + .5;
    h[m] min= select(m < n, m <= n, inf) - (1 - 2) - 3;
    p *= tanh(x) + convert<bf16>(s);
    order[m] = (m > g * p) == 1 - h[m];
    Y[m] = -order[m] + sum(F[m, :]);
    t = s;
    t += acc[m, n];
  }
  Y = sums(H);
}
schedule all.up for "avx2" when M <= 64 "nkMN|{R:4}@schedule(dynamic,1)" {
  m: 32; n: 256, D; pack A, B; kernel brgemm = xsmm; threads 8; curve m, n; fuse up down over m;
  reduce n, h = private; prefetch; order n0 k0 m0 n1; parallel m0 n1;
}
schedule all { }

// CHECK: import "Inputs/other.tpp"
// CHECK-NEXT: const D = 64
// CHECK-NEXT: const E = (((D + 2) * 3) - (4 / 2))
// CHECK-NEXT: kernel all
// CHECK-NEXT:   size M
// CHECK-NEXT:   size K = 768
// CHECK-NEXT:   size N % 32
// CHECK-NEXT:   size T <= Tmax
// CHECK-NEXT:   size LX
// CHECK-NEXT:   size P = (((M - 1) / 2) + 1)
// CHECK-NEXT:   input A: bf16[m: M, k: K] as [(k / 32)][m][((k % 32) / 2)][(k % 2)]
// CHECK-NEXT:   input B: f32[K, N] ld(LX)
// CHECK-NEXT:   input s: f32
// CHECK-NEXT:   input C: f32[n: N, h: M] pad(n: 1, h: P)
// CHECK-NEXT:   input U: bf16[K, N] bcsc(8, 16)
// CHECK-NEXT:   input V: u8[M] range(-1, 127)
// CHECK-NEXT:   input W: ternary[K, N] group(64)
// CHECK-NEXT:   inout Z: i8[M]
// CHECK-NEXT:   input F: f32[M, D]
// CHECK-NEXT:   output Y: f32[M]
// CHECK-NEXT:   output t: f64
// CHECK-NEXT:   local H: f32[M, D]
// CHECK-NEXT:   local x: f32
// CHECK-NEXT:   call: call twice[S = 2, T = M] -> H, x
// CHECK-NEXT:     name F
// CHECK-NEXT:     name s
// CHECK-NEXT:   up: nest
// CHECK-NEXT:     loop m in M
// CHECK-NEXT:     loop n in N
// CHECK-NEXT:     loop k in K
// CHECK-NEXT:     statement +=
// CHECK-NEXT:       ref acc
// CHECK-NEXT:         name m
// CHECK-NEXT:         name n
// CHECK-NEXT:       call brgemm
// CHECK-NEXT:         ref A
// CHECK-NEXT:           name m
// CHECK-NEXT:           name k
// CHECK-NEXT:         ref B
// CHECK-NEXT:           name k
// CHECK-NEXT:           name n
// CHECK-NEXT:     statement max=
// CHECK-NEXT:       name g
// CHECK-NEXT:       binary +
// CHECK-NEXT:         binary *
// CHECK-NEXT:           neg
// CHECK-NEXT:             ref C
// CHECK-NEXT:               name n
// CHECK-NEXT:               :
// CHECK-NEXT:           float 0.25
// CHECK-NEXT:         float 0.5
// CHECK-NEXT:     statement min=
// CHECK-NEXT:       ref h
// CHECK-NEXT:         name m
// CHECK-NEXT:       binary -
// CHECK-NEXT:         binary -
// CHECK-NEXT:           call select
// CHECK-NEXT:             binary <
// CHECK-NEXT:               name m
// CHECK-NEXT:               name n
// CHECK-NEXT:             binary <=
// CHECK-NEXT:               name m
// CHECK-NEXT:               name n
// CHECK-NEXT:             inf
// CHECK-NEXT:           binary -
// CHECK-NEXT:             int 1
// CHECK-NEXT:             int 2
// CHECK-NEXT:         int 3
// CHECK-NEXT:     statement *=
// CHECK-NEXT:       name p
// CHECK-NEXT:       binary +
// CHECK-NEXT:         call tanh
// CHECK-NEXT:           name x
// CHECK-NEXT:         call convert<bf16>
// CHECK-NEXT:           name s
// CHECK-NEXT:     statement =
// CHECK-NEXT:       ref order
// CHECK-NEXT:         name m
// CHECK-NEXT:       binary ==
// CHECK-NEXT:         binary >
// CHECK-NEXT:           name m
// CHECK-NEXT:           binary *
// CHECK-NEXT:             name g
// CHECK-NEXT:             name p
// CHECK-NEXT:         binary -
// CHECK-NEXT:           int 1
// CHECK-NEXT:           ref h
// CHECK-NEXT:             name m
// CHECK-NEXT:     statement =
// CHECK-NEXT:       ref Y
// CHECK-NEXT:         name m
// CHECK-NEXT:       binary +
// CHECK-NEXT:         neg
// CHECK-NEXT:           ref order
// CHECK-NEXT:             name m
// CHECK-NEXT:         call sum
// CHECK-NEXT:           ref F
// CHECK-NEXT:             name m
// CHECK-NEXT:             :
// CHECK-NEXT:     statement =
// CHECK-NEXT:       name t
// CHECK-NEXT:       name s
// CHECK-NEXT:     statement +=
// CHECK-NEXT:       name t
// CHECK-NEXT:       ref acc
// CHECK-NEXT:         name m
// CHECK-NEXT:         name n
// CHECK-NEXT:   call sums -> Y
// CHECK-NEXT:     name H
// CHECK-NEXT: schedule all.up for "avx2" when (M <= 64)
// CHECK-NEXT:   string "nkMN|{R:4}@schedule(dynamic,1)"
// CHECK-NEXT:   sizes m: 32
// CHECK-NEXT:   sizes n: 256, D
// CHECK-NEXT:   pack A, B
// CHECK-NEXT:   kernel brgemm = xsmm
// CHECK-NEXT:   threads 8
// CHECK-NEXT:   curve m, n
// CHECK-NEXT:   fuse up, down over m
// CHECK-NEXT:   reduce n, h = private
// CHECK-NEXT:   prefetch
// CHECK-NEXT:   order n0, k0, m0, n1
// CHECK-NEXT:   parallel m0, n1
// CHECK-NEXT: schedule all
