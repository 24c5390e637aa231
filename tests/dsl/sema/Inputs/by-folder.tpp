import "more.tpp";
kernel g[M](X: f32[M]) -> Y: f32[M] { Y = shift(X); }
