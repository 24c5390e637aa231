kernel h[M](X: f32[M]) -> Y: f32[M] {
