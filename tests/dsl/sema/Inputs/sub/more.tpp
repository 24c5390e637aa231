import "../lib.tpp";
kernel shift[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m] + 1; } }
