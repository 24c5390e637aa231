// A 784-512-512-10 classifier: every tensor operation of its training.

// Pixels 0..255 to 0..1.
kernel scale_pixels[B](P: u8[B, 784]) -> X: f32[B, 784]
{
  for m in B, n in 784 { X[m, n] = P[m, n] * 0.00392156862745098; }
}

// Weights uniform in -r..r, velocities zero.
kernel init_layer[P, Q](seed: i64, r: f32) -> (W: f32[P, Q], V: f32[P, Q], b: f32[Q], u: f32[Q])
{
  for p in P, q in Q {
    W[p, q] = (2.0 * uniform(seed, p * Q + q) - 1.0) * r;
    V[p, q] = 0.0;
    b[q]    = 0.0;
    u[q]    = 0.0;
  }
}

// ---- forward
kernel dense_relu[B, P, Q](X: f32[B, P], W: f32[P, Q], b: f32[Q]) -> Y: f32[B, Q]
{
  for m in B, n in Q, k in P {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]);
  }
}

kernel dense[B, P, Q](X: f32[B, P], W: f32[P, Q], b: f32[Q]) -> Y: f32[B, Q]
{
  for m in B, n in Q, k in P {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = acc[m, n] + b[n];
  }
}

// ---- loss: softmax cross-entropy of the labels y, its gradient G, and how many are right
kernel loss[B](Z: f32[B, 10], y: u8[B]) -> (G: f32[B, 10], L: f32, hits: i32)
{
  for m in B, n in 10 {
    top[m] max= Z[m, n];
    e[m, n]   = exp(Z[m, n] - top[m]);
    s[m]     += e[m, n];
    t[m, n]   = select(n == y[m], 1.0, 0.0);
    G[m, n]   = (e[m, n] / s[m] - t[m, n]) / B;
    L        += (log(s[m]) - (Z[m, n] - top[m])) * t[m, n];
    first[m] min= select(Z[m, n] == top[m], n, 10);
    hits       += select(first[m] == y[m], 1, 0);
  }
}

// ---- backward
kernel dense_grad[B, P, Q](X: f32[B, P], G: f32[B, Q]) -> (dW: f32[P, Q], db: f32[Q])
{
  weight: for p in P, q in Q, m in B { dW[p, q] += brgemm(X[m, p], G[m, q]); }  // X read transposed
  bias:   for q in Q, m in B { db[q] += G[m, q]; }
}

// Gradient before the relu that made H, from the gradient G behind the next layer's weights.
kernel dense_back[B, P, Q](G: f32[B, Q], W: f32[P, Q], H: f32[B, P]) -> D: f32[B, P]
{
  for m in B, p in P, q in Q {
    d[m, p] += brgemm(G[m, q], W[p, q]);                                        // W read transposed
    D[m, p]  = d[m, p] * relu_grad(H[m, p]);
  }
}

// ---- update: momentum SGD on weights and bias
kernel sgd[P, Q](dW: f32[P, Q], db: f32[Q], rate: f32, momentum: f32,
                 inout W: f32[P, Q], inout V: f32[P, Q], inout b: f32[Q], inout u: f32[Q])
{
  weights: for p in P, q in Q {
    V[p, q] = momentum * V[p, q] + dW[p, q];
    W[p, q] = W[p, q] - rate * V[p, q];
  }
  biases: for q in Q {
    u[q] = momentum * u[q] + db[q];
    b[q] = b[q] - rate * u[q];
  }
}

schedule dense_relu "MNk" { m: 32; n: 64; k: 256; }
schedule dense "Mnk" { m: 32; n: 10; k: 256; }
schedule loss "Mn" { m: 64; n: 10; reduce m = private; }
schedule dense_grad.weight "PQm" { p: 32; q: 64; m: 128; }
schedule dense_back "MPq" { m: 32; p: 64; q: 256; }
