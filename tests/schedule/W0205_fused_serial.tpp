// Letters inside the loop that fused nests share are serial; where the program wanted one parallel, it is told.
// RUN: %tppc check %s -Wperf 2>&1 | FileCheck %s --strict-whitespace

kernel rows[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  H: f32[M, N];
  up:   for m in M, n in N { H[m, n] = X[m, n] + 1; }
  down: for m in M, n in N { Y[m, n] = H[m, n] * 2; }
}
schedule rows.up "MN" { m: 4; n: 64; }
schedule rows { fuse up down over m; }

// CHECK:      W0205_fused_serial.tpp:10:20: warning: 'N' is not parallel in nests that are fused over 'm' [W0205]
// CHECK-NEXT:   10 | schedule rows.up "MN" { m: 4; n: 64; }
// CHECK-NEXT:      |                    ^
