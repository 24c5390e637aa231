/* Indices out of range, at every place and of every kind, are refused and nothing is written. */
#include "gather_status.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void expect(const char *what, int got, int want) {
  if (got != want) {
    printf("%s: got %d (%s), expected %d\n", what, got, tpp_strerror(got), want);
    failures++;
  }
}

enum { M = 37, V = 11, D = 6 };
static float E[V * D], G[V * D], Y[M * D], B[M * 8], S = 3, zero[M * 8];
static int32_t ix[M];
static int8_t jx[M];

static void refused(const char *what) {
  expect(what, g(M, V, D, E, ix, jx, G, Y, &S, B), TPP_ERR_INDEX);
  if (memcmp(G, zero, sizeof G) || memcmp(Y, zero, sizeof Y) || memcmp(B, zero, sizeof B) ||
      S != 3) {
    printf("%s: something was written\n", what);
    failures++;
  }
}

int main(void) {
  static const int32_t bad[] = {V, -1, INT32_MAX, INT32_MIN};
  for (int b = 0; b < 4; b++)
    for (int m = 0; m < M; m++) {
      ix[m] = bad[b];
      refused("gather");
      ix[m] = V - 1;
    }
  for (int m = 0; m < M; m++) {
    jx[m] = m & 1 ? -128 : V;
    refused("scatter");
    jx[m] = 0;
  }
  expect("no columns, no reads", (ix[0] = 99, g(M, V, 0, NULL, ix, jx, NULL, NULL, &S, NULL)),
         TPP_OK);
  ix[0] = 0;
  expect("right", g(M, V, D, E, ix, jx, G, Y, &S, B), TPP_OK);

  int64_t at[2 * M] = {0};
  int32_t table[V] = {0};
  table[3] = 7;
  expect("right, twice", twice(M, V, D, E, at, table, Y), TPP_OK);
  at[5] = 3;
  expect("second index", twice(M, V, D, E, at, table, Y), TPP_ERR_INDEX);
  at[5] = INT64_MIN;
  expect("first index", twice(M, V, D, E, at, table, Y), TPP_ERR_INDEX);
  expect("not read", even(M, V, E, at, 1, Y), TPP_OK);
  expect("scalar", even(M, V, E, at, V, Y), TPP_ERR_INDEX);
  at[4] = -1;
  expect("read", even(M, V, E, at, 1, Y), TPP_ERR_INDEX);
  expect("no rows", even(0, 0, NULL, NULL, 1, NULL), TPP_OK);
  if (!failures)
    printf("all statuses as documented\n");
  return failures != 0;
}
