/* Calls two kernels on integers, whose sums are exact, and compares with plain loops. */
#include "dense.h"
#include "scale.h"
#include <stdio.h>
#include <string.h>

enum { M = 7, K = 9, N = 5 };

int main(void) {
  float x[M * K], w[K * N], b[N], y[M * N];
  for (int i = 0; i < M * K; i++)
    x[i] = (float)(i % 7 - 3);
  for (int i = 0; i < K * N; i++)
    w[i] = (float)(i % 5 - 2);
  for (int i = 0; i < N; i++)
    b[i] = (float)i;

  int status = dense(M, K, x, w, b, y);
  if (status == TPP_OK)
    status = scale(M * N, y, 2.0f);
  if (status != TPP_OK) {
    printf("status %d: %s\n", status, tpp_strerror(status));
    return 1;
  }

  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) {
      float sum = b[j];
      for (int k = 0; k < K; k++)
        sum += x[i * K + k] * w[k * N + j];
      float want = sum > 0.0f ? 2.0f * sum : 0.0f;
      if (y[i * N + j] != want) {
        printf("y[%d, %d] is %g, not %g\n", i, j, (double)y[i * N + j], (double)want);
        return 1;
      }
    }

  if (dense(M, K, NULL, w, b, y) != TPP_ERR_NULL || strlen(tpp_strerror(TPP_ERR_NULL)) == 0) {
    printf("a null pointer is not refused\n");
    return 1;
  }
  printf("ok\n");
  return 0;
}
