/* Every status that a compiled function can give a caller who breaks its contract, and that nothing
 * was written then. */
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void expect(const char *what, int got, int want) {
  if (got != want) {
    printf("%s: got %d (%s), expected %d (%s)\n", what, got, tpp_strerror(got), want,
           tpp_strerror(want));
    failures++;
  }
}

static void *no_memory(void *user, size_t bytes, size_t align) {
  (void)user, (void)bytes, (void)align;
  return NULL;
}
static void no_free(void *user, void *p) {
  (void)user, (void)p;
}

int main(void) {
  enum { M = 40, N = 16 };
  static float A[M * N], B[M * N], C[M * N], zero[M * N], s;
  for (int i = 0; i < M * N; i++)
    A[i] = 1;

  expect("right", f(M, N, A, B, C, &s), TPP_OK);
  if (s != M * N || B[5] != 2 || C[7] != 1) {
    printf("wrong values\n");
    failures++;
  }
  memset(B, 0, sizeof B);
  memset(C, 0, sizeof C);

  expect("null input", f(M, N, NULL, B, C, &s), TPP_ERR_NULL);
  expect("null inout", f(M, N, A, NULL, C, &s), TPP_ERR_NULL);
  expect("null output", f(M, N, A, B, NULL, &s), TPP_ERR_NULL);
  expect("null one-element output", f(M, N, A, B, C, NULL), TPP_ERR_NULL);
  expect("same array twice", f(M, N, A, A, C, &s), TPP_ERR_OVERLAP);
  expect("partial overlap", f(M / 2, N, A, B, B + M * N / 2 - 1, &s), TPP_ERR_OVERLAP);
  expect("broken promise", f(M, 12, A, B, C, &s), TPP_ERR_PROMISE);
  expect("negative size", f(-1, N, A, B, C, &s), TPP_ERR_SIZE);
  expect("size too large", f((int64_t)1 << 60, N, A, B, C, &s), TPP_ERR_SIZE);
  expect("product too large", f((int64_t)1 << 31, (int64_t)1 << 31, A, B, C, &s), TPP_ERR_SIZE);
  expect("derived size below zero", derived(2, A, B), TPP_ERR_SIZE);
  expect("derived size of zero", derived(3, A, NULL), TPP_OK);
  tpp_set_allocator(no_memory, no_free, NULL);
  expect("no memory", f(M, N, A, B, C, &s), TPP_ERR_NOMEM);
  tpp_set_allocator(NULL, NULL, NULL);
  if (memcmp(B, zero, sizeof B) || memcmp(C, zero, sizeof C)) {
    printf("a refused call wrote something\n");
    failures++;
  }

  expect("nothing to do", f(0, 0, NULL, NULL, NULL, &s), TPP_ERR_SIZE); /* P = M - 3 is negative */
  s = 7;
  expect("no columns", f(M, 0, NULL, NULL, NULL, &s), TPP_OK);
  if (s != 0) {
    printf("the sum over nothing is %g\n", (double)s);
    failures++;
  }
  for (int status = 0; status < 10; status++)
    if (!tpp_strerror(status) || !*tpp_strerror(status))
      failures++;
  if (!failures)
    printf("all statuses as documented\n");
  return failures != 0;
}
