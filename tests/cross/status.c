/* A kernel on a CPU that lacks what it was compiled for says so, and touches nothing: prints the
 * status of one call. */
#include "programs.h"

#include <stdio.h>

int main(void) {
  const float x[4] = {1, 2, 3, 4}, w[4] = {1, 0, 0, 1}, b[2] = {0};
  float y[4] = {-1, -1, -1, -1};
  int status = fc(2, 2, 2, x, w, b, y);
  int is_right = status == TPP_OK ? y[3] == 4 : status == TPP_ERR_ISA && y[0] == -1 && y[3] == -1;
  printf("status %d%s\n", status, is_right ? "" : ", and C is wrong");
  return 0;
}
