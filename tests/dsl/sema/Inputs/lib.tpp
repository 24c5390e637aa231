// Imports itself and its importer again: every file is read once.
import "lib.tpp";
import "sub/more.tpp";
const WIDTH = 64;
kernel scale[M](X: f32[M], s: f32) -> Y: f32[M] { for m in M { Y[m] = X[m] * s; } }
schedule scale "M" { m: WIDTH; }
