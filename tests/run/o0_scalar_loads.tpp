// At -O0 the load of one float is not folded into a blend of four, which would read behind the end of a tensor.
// RUN: %tppc %s -O0 --target=x86_64-linux-gnu --emit=asm -o - | FileCheck %s
// CHECK-LABEL: f.nest0
// CHECK-NOT: vblendvps {{.*}}({{%r([a-d0-9]|[sd]i)}}
kernel f[M](X: f32[M], Z: f32[M]) -> Y: f32[M]
{
  for m in 13 { Y[0] += select(Z[0] < 3, X[0], 1) * m; }
}
