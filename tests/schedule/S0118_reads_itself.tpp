// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel grow[M, N](X: f32[M, N], inout Y: f32[N])
{
  // CHECK: :[[#@LINE+4]]:28: error: 'Y' cannot be reduced in parallel: its own update reads it [S0118]
  // CHECK: :[[#@LINE+1]]:24: note: it is updated here
  for m in M, n in N { Y[n] += X[m, n] * Y[n]; }
}
schedule grow "Mn" { m: 4; reduce m = private; }
