/* An LSTM in plain C with the exact tanh and sigmoid, to check against. */
#ifndef LSTM_REFERENCE_H
#define LSTM_REFERENCE_H

#include "tpp/rt.h"

typedef struct Sizes {
  int64_t steps, batch, in, cells;
} Sizes;

/* X[steps][batch][in], W[in][4][cells], U[cells][4][cells], bias[4][cells]; from a state of zeros
 * to H[steps + 1][batch][cells], whose step 0 is that state. */
void reference(Sizes s, const tpp_bf16 *X, const tpp_bf16 *W, const tpp_bf16 *U, const float *bias,
               float *H);

#endif
