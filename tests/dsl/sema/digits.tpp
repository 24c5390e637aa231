// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// A left index that works like digits meets each element once.
kernel f[M % 32, G = M / 32, S = 2](X: f32[M], Y: f32[G, 32]) -> (A: f32[M], B: f32[M], C: f32[G, 32])
{
  for g in G, i in 32 {
    A[32*g + i] = Y[g, i];
    B[g + i*G] = Y[g, i];
    C[G - 1 - g, 31 - i] = X[32*g + i];
  }
}

// CHECK:   require status=size text="M >= 0" when=(M >= 0)
// CHECK:   require status=promise text="M % 32" when=(M % 32 == 0)
// CHECK:       tpp.store %1, %A[a] update=set
// CHECK:       tpp.store %3, %B[a] update=set
// CHECK:       tpp.store %5, %C[a, b] update=set
// CHECK:       tpp.store %0, %A[32*g + i] update=set
// CHECK:       tpp.store %2, %B[G*i + g] update=set
// CHECK:       tpp.store %4, %C[G - g - 1, 31 - i] update=set
