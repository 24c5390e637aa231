// `when` about a size of the call: one version of the nest for each schedule, of which the first that matches runs.
// What sizes decide at compile time is not there.
// RUN: %tppc %s --emit=loops -o - 2>&1 | FileCheck %s
// RUN: %tppc %s -D M=50 --emit=loops -o - 2>&1 | FileCheck %s --check-prefix=FIXED

kernel rows[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  for m in M, n in N { t[m, n] = exp(X[m, n]); s[m] += t[m, n]; Y[m, n] = t[m, n] / s[m]; }
}
schedule rows when M <= 8 "mn" { m: 2; n: 128; }
schedule rows when (M <= 100) * (N == 3) "nm" { m: 4; n: 1; }
schedule rows for "neon" "Mn" { m: 3; }
// CHECK: warning: this schedule is not used: 'reduce n = online' is reserved [W0002]
schedule rows "Mn" { reduce n = online; }

// CHECK: loop.nest @rows.nest0 origin=program parallel=0 schedule="mn" when=(M <= 8)
// CHECK: loop.buffer @t
// CHECK: loop.nest @rows.nest0.version1 origin=program parallel=0 schedule="nm" when=(N == 3 && M <= 100 && M >= 9)
// CHECK: loop.buffer @t_1
// CHECK: loop.nest @rows.nest0.version2 origin=heuristic schedule="Mn" when=(
// FIXED: loop.nest @rows.nest0 origin=program parallel=0 schedule="nm" when=(N == 3)
// FIXED: loop.nest @rows.nest0.version1 origin=heuristic schedule="Mn" when=(N != 3)
// FIXED-NOT: loop.nest
