// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// What is proved of an index needs no check; the rest is required of the sizes when the loops run.
kernel conv[H, S = 1, P = (H - 1) / S + 1](I: f32[h: H] pad(h: 1), F: f32[3], W: f32[2*H + 1], V: f32[H]) -> (O: f32[P], U: f32[H])
{
  for p in P, r in 3 {
    O[p] += I[p*S + r - 1] * F[r];
  }
  for h in H {
    U[h] = W[2*h + 2] - W[2*H - 2*h] + V[H - 1 - h];
  }
}

// CHECK:   size @H origin=free
// CHECK:   require status=size text="H >= 0" when=(H >= 0)
// CHECK:   size @S origin=default value=(1)
// CHECK:   require status=size text="S >= 1" when=(S > 0)
// CHECK:   size @P origin=derived value=((H - 1)/S + 1)
// CHECK:   require status=size text="P >= 0" when=((H - 1)/S >= -1)
// CHECK:   require status=index text="index p*S + r - 1 of I" when=(H + S > P*S || P <= 0)
// CHECK:       %0 = tpp.load %I[S*p + r - 1] : f32
// CHECK:       %1 = tpp.load %F[r] : f32
// CHECK:       %3 = tpp.load %W[2*h + 2] : f32
// CHECK:       %4 = tpp.load %W[2*H - 2*h] : f32
// CHECK:       %6 = tpp.load %V[H - h - 1] : f32
