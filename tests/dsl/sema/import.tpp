// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// RUN: %tppc --emit=tpp -I %S/Inputs/sub -o - %S/Inputs/by-folder.tpp | FileCheck --check-prefix=FOLDER %s
// RUN: not %tppc check %S/Inputs/by-folder.tpp 2>&1 | FileCheck --check-prefix=ABSENT %s
// RUN: not %tppc check %S/Inputs/broken-import.tpp 2>&1 | FileCheck --check-prefix=BROKEN %s
// An import is relative to the importing file, then to the folders of -I. Imported kernels are there
// to be called, not to be emitted.
import "Inputs/lib.tpp";
import "Inputs/sub/more.tpp";
kernel f[M](X: f32[M, WIDTH], Z: f32[M], s: f32) -> (Y: f32[M], U: f32[M])
{
  Y = scale(Z, s);
  U = shift(Z);
}
// CHECK-NOT: kernel @s
// CHECK: kernel @f {
// CHECK: %X = param @X mode=in : f32[M, 64]
// CHECK: tpp.call @call0 [M: M] %Z, %s, %Y callee="scale" n_outputs=1
// CHECK: tpp.call @call1 [M: M] %Z, %U callee="shift" n_outputs=1
// FOLDER: kernel @g {
// ABSENT: by-folder.tpp:1:9: error: cannot read the import "more.tpp" [L0061]
// BROKEN: lacks-brace.tpp:2:1: error: unexpected end of input
