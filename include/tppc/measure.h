/* Timing, and what a machine can do at most.
 *
 * Contestants take turns: a round times each of them once, so that a noisy moment of the machine
 * hits all alike, and ratios are taken round by round. The rounds end when the interval of every
 * median is narrow enough, or the time is up. The ceilings of the machine (FMA, dot products,
 * reading, copying) are loops that can be contestants themselves.
 *
 * Nothing here prints or keeps state. Times are in seconds.
 */
#ifndef TPPC_MEASURE_H
#define TPPC_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#ifndef TPPC_API
#if defined(__GNUC__)
#define TPPC_API __attribute__((visibility("default")))
#else
#define TPPC_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Monotonic, from any start. */
TPPC_API double tppc_now(void);

/* A median with its 95 % bootstrap interval, and the least sample. All 0 without samples. */
typedef struct TppcEstimate {
  double median, low, high, best;
  int rounds; /* samples it is made of */
} TppcEstimate;

TPPC_API TppcEstimate tppc_estimate(const double *samples, int n);
/* The same of a[i] / b[i]: samples of one round belong together. best is best a by best b. */
TPPC_API TppcEstimate tppc_estimate_ratio(const double *a, const double *b, int n);

/* What is timed. The caller sets the first four. */
typedef struct TppcContestant {
  const char *name;
  int (*run)(void *arg);     /* once; other than 0 ends the measurement */
  void (*before)(void *arg); /* before each sample, not timed; may be NULL */
  void *arg;
  long calls;      /* runs that one sample is the mean of */
  double *seconds; /* of one run, a sample a round; malloc's, freed by tppc_contestants_free */
} TppcContestant;

typedef struct TppcTiming {
  double budget;    /* seconds for all rounds; at least `least` rounds are made */
  double precision; /* enough when every interval is within +- this part of its median */
  double sample;    /* short runs are repeated until a sample takes this long */
  int least, most;  /* rounds */
} TppcTiming;

/* Three seconds, one percent, samples of 0.2 ms, 7 to 1000 rounds. */
TPPC_API TppcTiming tppc_timing_default(void);

/* How a measurement ended. */
typedef struct TppcRounds {
  int rounds;
  int converged; /* every interval is as narrow as asked */
  int status;    /* what a run returned when it ended the measurement, else 0; -1: no memory */
} TppcRounds;

TPPC_API TppcRounds tppc_measure(TppcContestant *c, int n, const TppcTiming *t);
TPPC_API void tppc_contestants_free(TppcContestant *c, int n);

/* ---- ceilings ---- */

typedef enum TppcPeakId {
  TPPC_PEAK_CLOCK,       /* GHz that a chain of dependent additions shows */
  TPPC_PEAK_FMA_F32,     /* GFLOPS, the best of the instruction sets below that may be used */
  TPPC_PEAK_FMA_F32_256, /* GFLOPS with vectors of 256 bits (AArch64: 128) */
  TPPC_PEAK_FMA_F32_512, /* GFLOPS with vectors of 512 bits */
  TPPC_PEAK_DOT_BF16,    /* GFLOPS of VDPBF16PS */
  TPPC_PEAK_DOT_I8_AVX2, /* GOPS of VPMADDUBSW, VPMADDWD, VPADDD */
  TPPC_PEAK_DOT_I8_VNNI, /* GOPS of VPDPBUSD */
  TPPC_PEAK_READ_L1,     /* GB/s, half the first-level cache */
  TPPC_PEAK_READ_L2,     /* GB/s, half the second-level cache */
  TPPC_PEAK_READ_L3,     /* GB/s, a quarter of the third-level cache */
  TPPC_PEAK_READ_MEMORY, /* GB/s, far more than all caches */
  TPPC_PEAK_COPY_L1,     /* GB/s read and written by memcpy */
  TPPC_PEAK_COPY_L2,
  TPPC_PEAK_COPY_L3,
  TPPC_PEAK_COPY_MEMORY,
  TPPC_PEAKS
} TppcPeakId;

TPPC_API const char *tppc_peak_name(TppcPeakId id); /* static: "fma_f32", as in JSON */
TPPC_API const char *tppc_peak_unit(TppcPeakId id); /* static: "GFLOPS" */

/* A loop that reaches a ceiling, on the runtime's threads. */
typedef struct TppcPeakLoop TppcPeakLoop;
/* bytes: for the COPY rows how much a thread reads and writes together, 0 for the row's own. NULL
 * where the machine (or TPP_ISA) lacks the instructions, or memory. */
TPPC_API TppcPeakLoop *tppc_peak_open(TppcPeakId id, int threads, size_t bytes);
TPPC_API int tppc_peak_run(void *loop);                   /* for a contestant; 0 */
TPPC_API double tppc_peak_work(const TppcPeakLoop *loop); /* units x 1e9 of one run */
TPPC_API void tppc_peak_close(TppcPeakLoop *loop);

/* The best of some runs, in the unit of the row; 0 where there is none. Takes some 50 ms. */
TPPC_API double tppc_peak(TppcPeakId id, int threads);

#ifdef __cplusplus
}
#endif
#endif
