/* What compiling costs: wall time and peak memory of `tppc fc.tpp -o fc.o`, a new process each
 * time. */
#include "tppc/measure.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int compile(void *arg) {
  (void)arg;
  pid_t pid = fork();
  if (pid == 0) {
    execl(TPPC, TPPC, PROGRAM, "-o", "/dev/null", (char *)NULL);
    _exit(127);
  }
  int status = 0;
  return pid < 0 || waitpid(pid, &status, 0) < 0 ? -1 : status;
}

int main(void) {
  TppcContestant c = {.name = "tppc fc.tpp", .run = compile};
  TppcTiming timing = tppc_timing_default();
  TppcRounds rounds = tppc_measure(&c, 1, &timing);
  if (rounds.status) {
    fprintf(stderr, "compile_bench: %s %s failed\n", TPPC, PROGRAM);
    return 1;
  }
  TppcEstimate e = tppc_estimate(c.seconds, rounds.rounds);
  tppc_contestants_free(&c, 1);
  struct rusage use;
  getrusage(RUSAGE_CHILDREN, &use);
  printf(
      "tppc fc.tpp -o fc.o: median %.1f ms [%.1f, %.1f] of %d, best %.1f ms, peak memory %.0f MB\n",
      e.median * 1e3, e.low * 1e3, e.high * 1e3, e.rounds, e.best * 1e3,
      (double)use.ru_maxrss / 1024);
  return 0;
}
