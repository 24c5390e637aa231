// What is proposed instead of a capital that races does not race for another reason: with the
// capital in lower case, the sum outside of it would need a barrier under the dynamic policy.
// RUN: not %tppc check %s --schedule 'sum=kmJI@schedule(dynamic,1); i: 4' 2>&1 | FileCheck %s
// RUN: %tppc check %s --schedule 'sum=kmIj; i: 4'
kernel sum[M, I, J, K](X: f32[M, I, J, K]) -> Y: f32[M, I]
{
  for m in M, i in I, j in J, k in K { Y[m, i] += X[m, i, j, k]; }
}
// CHECK: error: loop 'j' is a reduction; running it in parallel races on 'Y' [S0103]
// CHECK: help: write 'j': "kmIj", or add 'reduce j = private;'

// Where both letters go to N, no N makes one iteration of the one and two of the other.
// RUN: not %tppc check %s --schedule 'lower=mIJ' 2>&1 | FileCheck --check-prefix=SAME %s
kernel lower[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  for m in M, i in N, j in N { Y[m, i] += select(j <= i, X[m, j], 0); }
}
// SAME: [S0103]
// SAME-NOT: N=1
// SAME: help: write 'j': "mIj"
