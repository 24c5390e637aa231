/* What compiling costs: wall time and peak memory of `tppc fc.tpp -o fc.o`, a new process each
 * time. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void compile(void *arg) {
  (void)arg;
  pid_t pid = fork();
  if (pid == 0) {
    execl(TPPC, TPPC, PROGRAM, "-o", "/dev/null", (char *)NULL);
    _exit(127);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
    fprintf(stderr, "compile_bench: %s %s failed\n", TPPC, PROGRAM);
    exit(1);
  }
}

int main(void) {
  Contestant c = {.name = "tppc fc.tpp", .run = compile};
  bench_interleave(&c, 1, 21);
  struct rusage use;
  getrusage(RUSAGE_CHILDREN, &use);
  printf("tppc fc.tpp -o fc.o: best %.0f ms, median %.0f ms of 21, peak memory %.0f MB\n",
         c.best * 1e3, c.median * 1e3, (double)use.ru_maxrss / 1024);
  return 0;
}
