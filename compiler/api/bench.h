/* Results of measuring kernels, as text and as JSON; also for the benchmarks of the repository. */
#ifndef TPPC_API_BENCH_H
#define TPPC_API_BENCH_H

#include "support/str.h"
#include "tppc/measure.h"
#include <stdbool.h>

/* Another contestant of the same rounds. */
typedef struct TppcBenchPeer {
  const char *name;
  const char *not_run;  /* why there is no figure, or NULL */
  int threads;          /* that it may use */
  TppcEstimate seconds; /* of one run */
  TppcEstimate ratio;   /* its time by the kernel's: how many times as fast the kernel is */
} TppcBenchPeer;

enum { TPPC_BENCH_PEERS = 8 };

typedef struct TppcBenchResult {
  const char *name; /* kernel and sizes; what benchcmp goes by */
  const char *file, *kernel, *target;
  int threads;
  bool converged;
  TppcEstimate seconds, again;  /* again: the A/A contestant's time by the kernel's */
  double flops, bytes;          /* of one run */
  double fma_peak, copy_peak;   /* GFLOPS, GB/s of all threads in the same rounds; 0: none */
  TppcEstimate of_fma, of_copy; /* parts of these, 0..1 */
  TppcBenchPeer peers[TPPC_BENCH_PEERS];
  int n_peers;
} TppcBenchResult;

void tppc_bench_text(TppcBuf *out, const TppcBenchResult *r);
/* The document of n results (README.md has the schema). */
void tppc_bench_json(TppcBuf *out, const TppcBenchResult *r, int n);

#endif
