// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel sums[M, N](X: f32[M, N]) -> Y: f32[N]
{
  up:    for m in M, n in N { Y[n] += X[m, n]; }
  down:  for m in M, n in N { Y[n] += X[m, n]; }
  again: for m in M, n in N { Y[n] += X[m, n]; }
  other: for m in M, n in N { Y[n] += X[m, n]; }
}
// CHECK-DAG: :[[#@LINE+1]]:44: error: 'reduce m' says nothing: no occurrence of the letter is parallel [S0117]
schedule sums.up "Nm" { n: 4; m: 4; reduce m = private; }
// CHECK-DAG: :[[#@LINE+1]]:46: error: 'reduce n' says nothing: no statement is reduced over the letter [S0117]
schedule sums.down "Nm" { n: 4; m: 4; reduce n = private; }
// CHECK-DAG: :[[#@LINE+1]]:55: error: 'reduce m' says nothing: its strategy is given twice [S0117]
schedule sums.again "Mn" { reduce m = private; reduce m = private; }
// CHECK-DAG: :[[#@LINE+1]]:35: error: 'q' names no loop of 'other' [S0101]
schedule sums.other "Mn" { reduce q = private; }
