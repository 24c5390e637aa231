/* The ceilings of the machine, each a loop that does nothing else.
 *
 * Arithmetic: ten independent accumulators hide the latency of two pipes; written in assembly, no
 * compiler can merge, fold, or spill them. All operands are zero: what is computed does not change
 * the time. Memory: a read loop of vector loads, and memcpy, over buffers of half a cache level or
 * far beyond the last one. Each thread has buffers of its own.
 */
#define _GNU_SOURCE /* sysconf of cache sizes */
#include "tppc/measure.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tpp/rt.h>
#include <unistd.h>

typedef void (*ArithmeticFn)(long rounds);

struct TppcPeakLoop {
  TppcPeakId id;
  ArithmeticFn arithmetic; /* NULL: memory */
  double per_round;        /* operations */
  long rounds;             /* of the loop, or times that the buffer is walked */
  bool copies;
  size_t bytes; /* of one thread: read, or copied from one half to the other */
  char *memory; /* threads x bytes */
  int threads;  /* asked for */
  int had;      /* that ran last */
};

enum { UNROLL = 10 };

#if defined(__x86_64__)
#define TEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define LOOP(name, TEXT)                                                                           \
  static void name(long n) {                                                                       \
    __asm__ volatile("vpxor %%xmm15, %%xmm15, %%xmm15\n\t"                                         \
                     "vpxor %%xmm14, %%xmm14, %%xmm14\n\t"                                         \
                     "1:\n\t" TEN(TEXT) "dec %0\n\tjnz 1b\n\tvzeroupper"                           \
                     : "+r"(n)                                                                     \
                     :                                                                             \
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",     \
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc");        \
  }
#define FMA256(i)   "vfmadd231ps %%ymm15, %%ymm15, %%ymm" #i "\n\t"
#define FMA512(i)   "vfmadd231ps %%zmm15, %%zmm15, %%zmm" #i "\n\t"
#define DOT_BF16(i) "vdpbf16ps %%zmm15, %%zmm15, %%zmm" #i "\n\t"
#define DOT_VNNI(i) "vpdpbusd %%zmm15, %%zmm15, %%zmm" #i "\n\t"
#define DOT_AVX2(i)                                                                                \
  "vpmaddubsw %%ymm15, %%ymm15, %%ymm13\n\t"                                                       \
  "vpmaddwd %%ymm14, %%ymm13, %%ymm13\n\t"                                                         \
  "vpaddd %%ymm13, %%ymm" #i ", %%ymm" #i "\n\t"
LOOP(fma_256, FMA256)
LOOP(fma_512, FMA512)
LOOP(dot_bf16, DOT_BF16)
LOOP(dot_vnni, DOT_VNNI)
LOOP(dot_avx2, DOT_AVX2)

static void additions(long n) {
  long x = 0;
#define ADD(i) "add %1, %1\n\t"
  __asm__ volatile("1:\n\t" TEN(ADD) "dec %0\n\tjnz 1b" : "+r"(n), "+r"(x)::"cc");
}

static void read_bytes(const char *p, size_t bytes) {
  const char *end = p + bytes;
  if (tpp_cpu_isas() & TPP_ISA_AVX512)
    __asm__ volatile("1:\n\tvmovups (%0), %%zmm0\n\tvmovups 64(%0), %%zmm1\n\t"
                     "vmovups 128(%0), %%zmm2\n\tvmovups 192(%0), %%zmm3\n\t"
                     "add $256, %0\n\tcmp %1, %0\n\tjb 1b\n\tvzeroupper"
                     : "+r"(p)
                     : "r"(end)
                     : "xmm0", "xmm1", "xmm2", "xmm3", "cc", "memory");
  else if (tpp_cpu_isas() & TPP_ISA_AVX2)
    __asm__ volatile("1:\n\tvmovups (%0), %%ymm0\n\tvmovups 32(%0), %%ymm1\n\t"
                     "vmovups 64(%0), %%ymm2\n\tvmovups 96(%0), %%ymm3\n\t"
                     "vmovups 128(%0), %%ymm0\n\tvmovups 160(%0), %%ymm1\n\t"
                     "vmovups 192(%0), %%ymm2\n\tvmovups 224(%0), %%ymm3\n\t"
                     "add $256, %0\n\tcmp %1, %0\n\tjb 1b\n\tvzeroupper"
                     : "+r"(p)
                     : "r"(end)
                     : "xmm0", "xmm1", "xmm2", "xmm3", "cc", "memory");
  else
    __asm__ volatile("1:\n\tmovups (%0), %%xmm0\n\tmovups 16(%0), %%xmm1\n\t"
                     "movups 32(%0), %%xmm2\n\tmovups 48(%0), %%xmm3\n\t"
                     "add $64, %0\n\tcmp %1, %0\n\tjb 1b"
                     : "+r"(p)
                     : "r"(end)
                     : "xmm0", "xmm1", "xmm2", "xmm3", "cc", "memory");
}
#elif defined(__aarch64__)
#define TEN(X)  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define FMLA(i) "fmla v" #i ".4s, v31.4s, v31.4s\n\t"
static void fma_256(long n) {
  __asm__ volatile("movi v31.4s, #0\n\t1:\n\t" TEN(FMLA) "subs %0, %0, #1\n\tb.ne 1b"
                   : "+r"(n)
                   :
                   : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v31", "cc");
}

static void additions(long n) {
  long x = 0;
#define ADD(i)  "add %1, %1, %1\n\t"
  __asm__ volatile("1:\n\t" TEN(ADD) "subs %0, %0, #1\n\tb.ne 1b" : "+r"(n), "+r"(x)::"cc");
}

static void read_bytes(const char *p, size_t bytes) {
  const char *end = p + bytes;
  __asm__ volatile("1:\n\tldp q0, q1, [%0], #32\n\tldp q2, q3, [%0], #32\n\tcmp %0, %1\n\tb.lo 1b"
                   : "+r"(p)
                   : "r"(end)
                   : "v0", "v1", "v2", "v3", "cc", "memory");
}
#endif

/* What an id needs and does; lanes are operations of one instruction group. */
static const struct {
  const char *name, *unit;
  uint32_t isas;
  double lanes;
  ArithmeticFn fn;
} rows[TPPC_PEAKS] = {
    [TPPC_PEAK_FMA_F32] = {"fma_f32", "GFLOPS", 0, 0, NULL},
    [TPPC_PEAK_READ_L1] = {"read_l1", "GB/s", 0, 0, NULL},
    [TPPC_PEAK_READ_L2] = {"read_l2", "GB/s", 0, 0, NULL},
    [TPPC_PEAK_READ_L3] = {"read_l3", "GB/s", 0, 0, NULL},
    [TPPC_PEAK_READ_MEMORY] = {"read_memory", "GB/s", 0, 0, NULL},
    [TPPC_PEAK_COPY_L1] = {"copy_l1", "GB/s", 0, 0, NULL},
    [TPPC_PEAK_COPY_L2] = {"copy_l2", "GB/s", 0, 0, NULL},
    [TPPC_PEAK_COPY_L3] = {"copy_l3", "GB/s", 0, 0, NULL},
    [TPPC_PEAK_COPY_MEMORY] = {"copy_memory", "GB/s", 0, 0, NULL},
#if defined(__x86_64__)
    [TPPC_PEAK_CLOCK] = {"clock", "GHz", TPP_ISA_REF, 1, additions},
    [TPPC_PEAK_FMA_F32_256] = {"fma_f32_256", "GFLOPS", TPP_ISA_AVX2, 16, fma_256},
    [TPPC_PEAK_FMA_F32_512] = {"fma_f32_512", "GFLOPS", TPP_ISA_AVX512, 32, fma_512},
    [TPPC_PEAK_DOT_BF16] = {"dot_bf16", "GFLOPS", TPP_ISA_AVX512_BF16, 64, dot_bf16},
    [TPPC_PEAK_DOT_I8_AVX2] = {"dot_i8_avx2", "GOPS", TPP_ISA_AVX2, 64, dot_avx2},
    [TPPC_PEAK_DOT_I8_VNNI] = {"dot_i8_vnni", "GOPS", TPP_ISA_AVX512_VNNI, 128, dot_vnni},
#else
    [TPPC_PEAK_CLOCK] = {"clock", "GHz", TPP_ISA_REF, 1, additions},
    [TPPC_PEAK_FMA_F32_256] = {"fma_f32_128", "GFLOPS", TPP_ISA_NEON, 8, fma_256},
    [TPPC_PEAK_FMA_F32_512] = {"fma_f32_512", "GFLOPS", 0, 0, NULL},
    [TPPC_PEAK_DOT_BF16] = {"dot_bf16", "GFLOPS", 0, 0, NULL},
    [TPPC_PEAK_DOT_I8_AVX2] = {"dot_i8_avx2", "GOPS", 0, 0, NULL},
    [TPPC_PEAK_DOT_I8_VNNI] = {"dot_i8_vnni", "GOPS", 0, 0, NULL},
#endif
};

const char *tppc_peak_name(TppcPeakId id) {
  return rows[id].name;
}

const char *tppc_peak_unit(TppcPeakId id) {
  return rows[id].unit;
}

/* ---- one run ---- */

static void thread_share(void *arg, int64_t tid, int64_t nthreads, tpp_team *team) {
  (void)team;
  TppcPeakLoop *l = arg;
  if (tid == 0)
    l->had = (int)nthreads;
  if (l->arithmetic) {
    l->arithmetic(l->rounds);
    return;
  }
  char *mine = l->memory + (size_t)tid * l->bytes;
  for (long r = 0; r < l->rounds; r++) {
    if (l->copies)
      memcpy(mine + l->bytes / 2, mine, l->bytes / 2);
    else
      read_bytes(mine, l->bytes);
    __asm__ volatile("" ::: "memory"); /* every copy is made */
  }
}

int tppc_peak_run(void *loop) {
  TppcPeakLoop *l = loop;
  if (l->threads == 1)
    thread_share(l, 0, 1, NULL);
  else
    tpp_parallel(thread_share, l, l->threads);
  return 0;
}

double tppc_peak_work(const TppcPeakLoop *l) {
  double each = l->arithmetic ? l->per_round : (double)l->bytes;
  return each * (double)l->rounds * l->had;
}

/* ---- making one ---- */

static size_t cache_bytes(int name, size_t otherwise) {
  long n = sysconf(name);
  return n > 0 ? (size_t)n : otherwise;
}

static size_t default_bytes(TppcPeakId id, int threads) {
  size_t last = cache_bytes(_SC_LEVEL3_CACHE_SIZE, (size_t)8 << 20);
  switch (id) {
  case TPPC_PEAK_READ_L1:
  case TPPC_PEAK_COPY_L1:
    return cache_bytes(_SC_LEVEL1_DCACHE_SIZE, (size_t)32 << 10) / 2;
  case TPPC_PEAK_READ_L2:
  case TPPC_PEAK_COPY_L2:
    return cache_bytes(_SC_LEVEL2_CACHE_SIZE, (size_t)256 << 10) / 2;
  case TPPC_PEAK_READ_L3:
  case TPPC_PEAK_COPY_L3:
    return last / 4 / (size_t)threads;
  default:
    return 4 * last < (size_t)256 << 20 ? 4 * last : (size_t)256 << 20;
  }
}

static bool make_memory(TppcPeakLoop *l, size_t bytes) {
  enum { STEP = 512, LEAST = 4096 };
  l->copies = l->id >= TPPC_PEAK_COPY_L1;
  bytes = bytes ? bytes : default_bytes(l->id, l->threads);
  l->bytes = (bytes < LEAST ? LEAST : bytes) / STEP * STEP;
  size_t all = l->bytes * (size_t)l->threads;
  if (all / (size_t)l->threads != l->bytes)
    return false;
  l->memory = aligned_alloc(4096, (all + 4095) / 4096 * 4096);
  if (l->memory)
    memset(l->memory, 1, all);
  return l->memory != NULL;
}

/* Runs of about a millisecond (memory: at least one walk). */
static void set_rounds(TppcPeakLoop *l) {
  const double aim = 1e-3;
  l->rounds = l->arithmetic ? 1000 : 1;
  for (;;) {
    double start = tppc_now();
    tppc_peak_run(l);
    double took = tppc_now() - start;
    if (took >= aim / 2)
      break;
    double factor = took > 0 ? aim / took : 8;
    l->rounds = (long)((double)l->rounds * (factor < 8 ? factor + 0.01 : 8)) + 1;
  }
}

static TppcPeakLoop *open_arithmetic(TppcPeakLoop *l, TppcPeakId id) {
  if (!rows[id].fn || !(tpp_cpu_isas() & rows[id].isas)) {
    free(l);
    return NULL;
  }
  l->arithmetic = rows[id].fn;
  l->per_round = rows[id].lanes * UNROLL;
  set_rounds(l);
  return l;
}

/* The wider vectors are not the faster ones where they have one pipe instead of two. */
static TppcPeakId widest(int threads) {
  double narrow = tppc_peak(TPPC_PEAK_FMA_F32_256, threads);
  return tppc_peak(TPPC_PEAK_FMA_F32_512, threads) > 1.05 * narrow ? TPPC_PEAK_FMA_F32_512
                                                                   : TPPC_PEAK_FMA_F32_256;
}

TppcPeakLoop *tppc_peak_open(TppcPeakId id, int threads, size_t bytes) {
  TppcPeakLoop *l = calloc(1, sizeof *l);
  if (!l)
    return NULL;
  l->id = id;
  l->threads = threads < 1 ? 1 : threads;
  l->had = 1;
  if (id == TPPC_PEAK_FMA_F32)
    id = widest(l->threads);
  if (id < TPPC_PEAK_READ_L1)
    return open_arithmetic(l, id);
  if (!make_memory(l, bytes)) {
    free(l);
    return NULL;
  }
  set_rounds(l);
  return l;
}

void tppc_peak_close(TppcPeakLoop *l) {
  if (l)
    free(l->memory);
  free(l);
}

double tppc_peak(TppcPeakId id, int threads) {
  enum { TRIES = 30 };
  TppcPeakLoop *l = tppc_peak_open(id, threads, 0);
  double best = 0;
  double end = tppc_now() + 0.05;
  for (int i = 0; l && i < TRIES && (i < 3 || tppc_now() < end); i++) {
    double start = tppc_now();
    tppc_peak_run(l);
    double rate = tppc_peak_work(l) / (tppc_now() - start) * 1e-9;
    best = rate > best ? rate : best;
  }
  tppc_peak_close(l);
  return best;
}
