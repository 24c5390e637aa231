/* Teams of threads: a parallel region, its barrier, and work shared out on demand.
 *
 * A region runs on OpenMP, or on the application's own parallel-for. Both give tasks that run at
 * the same time; everything else is our own, on C11 atomics, so that it is the same under either
 * and is understood by thread sanitizers:
 *
 * - The barrier is central with a generation in place of a sense bit: the last to arrive resets the
 * count and publishes the next generation; the others spin on it, then yield. A thread reads the
 * generation before it arrives, so none can be left behind by the next round.
 * - Work on demand is one counter of chunks. The thread that completes tpp_dynamic_end's barrier
 * resets it before it releases the others, hence the next instance starts from zero without another
 * barrier.
 */
#include <tpp/rt.h>

#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Spins before a waiting thread gives its core away: a few microseconds. */
enum { SPIN_LIMIT = 4096 };

/* Fields written by different events lie in cache lines of their own. */
struct tpp_team {
  _Alignas(64) atomic_int nthreads;
  _Atomic int64_t total, chunk;
  _Alignas(64) atomic_int arrived;
  _Alignas(64) atomic_uint generation;
  _Alignas(64) _Atomic int64_t next_chunk;
};

static struct {
  pthread_mutex_t lock;
  tpp_parallel_for_fn fn;
  void *user;
} hook = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Regions that this thread is inside of. */
static _Thread_local int depth;

/* TPP_NUM_THREADS, read once: -1 before, 0 when it is absent or not a positive number. */
static atomic_int env_threads = -1;

void tpp_set_parallel_for(tpp_parallel_for_fn fn, void *user) {
  pthread_mutex_lock(&hook.lock);
  hook.fn = fn;
  hook.user = user;
  pthread_mutex_unlock(&hook.lock);
}

static int threads_from_env(void) {
  int n = atomic_load_explicit(&env_threads, memory_order_relaxed);
  if (n >= 0)
    return n;
  const char *text = getenv("TPP_NUM_THREADS");
  char *end = NULL;
  long value = text ? strtol(text, &end, 10) : 0;
  n = text && end != text && *end == '\0' && value > 0 && value <= INT_MAX ? (int)value : 0;
  atomic_store_explicit(&env_threads, n, memory_order_relaxed);
  return n;
}

int tpp_max_threads(void) {
  if (depth > 0 || omp_in_parallel())
    return 1;
  int n = threads_from_env();
  return n > 0 ? n : omp_get_max_threads();
}

/* ---- regions ---- */

struct region {
  tpp_body body;
  void *ctx;
  tpp_team team;
};

static void run_task(void *p, int tid, int nthreads) {
  struct region *r = p;
  /* Every thread stores the same number, hence reads it from then on. */
  atomic_store_explicit(&r->team.nthreads, nthreads, memory_order_relaxed);
  depth++;
  r->body(r->ctx, tid, nthreads, &r->team);
  depth--;
}

void tpp_parallel(tpp_body body, void *ctx, int64_t max_threads) {
  struct region r = {.body = body, .ctx = ctx};
  int n = tpp_max_threads();
  if (max_threads > 0 && max_threads < n)
    n = (int)max_threads;
  if (n <= 1) {
    run_task(&r, 0, 1);
    return;
  }

  pthread_mutex_lock(&hook.lock);
  tpp_parallel_for_fn fn = hook.fn;
  void *user = hook.user;
  pthread_mutex_unlock(&hook.lock);
  if (fn) {
    fn(user, n, run_task, &r);
    return;
  }
#pragma omp parallel num_threads(n)
  run_task(&r, omp_get_thread_num(), omp_get_num_threads());
}

/* ---- barrier ---- */

static void cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int team_size(tpp_team *team) {
  return atomic_load_explicit(&team->nthreads, memory_order_relaxed);
}

/* Waits for the others; when restart is set, the counter of chunks is zero on return. */
static void barrier(tpp_team *team, int restart) {
  unsigned generation = atomic_load_explicit(&team->generation, memory_order_relaxed);
  int arrived = atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) + 1;
  if (arrived == team_size(team)) {
    atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
    if (restart)
      atomic_store_explicit(&team->next_chunk, 0, memory_order_relaxed);
    atomic_store_explicit(&team->generation, generation + 1, memory_order_release);
    return;
  }
  for (int spins = 0;
       atomic_load_explicit(&team->generation, memory_order_acquire) == generation;) {
    if (spins < SPIN_LIMIT) {
      spins++;
      cpu_relax();
    } else {
      sched_yield();
    }
  }
}

void tpp_team_barrier(tpp_team *team) {
  barrier(team, 0);
}

/* ---- work on demand ---- */

void tpp_dynamic_begin(tpp_team *team, int64_t total, int64_t chunk) {
  /* All threads store the same values; a barrier lies between two instances. */
  atomic_store_explicit(&team->total, total > 0 ? total : 0, memory_order_relaxed);
  atomic_store_explicit(&team->chunk, chunk > 0 ? chunk : 1, memory_order_relaxed);
}

int tpp_dynamic_next(tpp_team *team, int64_t *first, int64_t *last) {
  int64_t total = atomic_load_explicit(&team->total, memory_order_relaxed);
  int64_t chunk = atomic_load_explicit(&team->chunk, memory_order_relaxed);
  int64_t chunks = total / chunk + (total % chunk != 0);
  int64_t i = atomic_fetch_add_explicit(&team->next_chunk, 1, memory_order_relaxed);
  if (i >= chunks)
    return 0;
  *first = i * chunk;
  *last = total - *first < chunk ? total : *first + chunk;
  return 1;
}

void tpp_dynamic_end(tpp_team *team) {
  barrier(team, 1);
}
