/* Threads, memory, status codes, and instruction sets. With the argument "hook" every region runs
 * on a team of plain threads through tpp_set_parallel_for, which thread sanitizers understand; else
 * on OpenMP. */
#include "check.h"
#include <tpp/rt.h>

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 8, ROUNDS = 200, ITEMS = 1000 };

/* ---- an application's own team ---- */

typedef struct seat {
  tpp_task task;
  void *ctx;
  int tid, nthreads;
} seat;

static void *sit(void *p) {
  seat *s = p;
  s->task(s->ctx, s->tid, s->nthreads);
  return NULL;
}

typedef struct own_team {
  atomic_int calls;
  int limit;
} own_team;

static void own_parallel_for(void *user, int max_threads, tpp_task task, void *ctx) {
  own_team *team = user;
  team->calls++;
  int n = max_threads < team->limit ? max_threads : team->limit;
  pthread_t threads[MAX_THREADS];
  seat seats[MAX_THREADS];
  for (int t = 0; t < n; t++) {
    seats[t] = (seat){task, ctx, t, n};
    if (t > 0)
      pthread_create(&threads[t], NULL, sit, &seats[t]);
  }
  sit(&seats[0]);
  for (int t = 1; t < n; t++)
    pthread_join(threads[t], NULL);
}

/* ---- barrier and dynamic work ---- */

typedef struct shared {
  int64_t slot[MAX_THREADS]; /* plain: barriers alone order the accesses */
  int hits[ROUNDS][ITEMS];
  int64_t nthreads, errors[MAX_THREADS];
  int64_t nested[MAX_THREADS];
} shared;

/* Every thread writes its slot, and after a barrier sees everybody's; a second one keeps rounds
 * apart. */
static void barrier_body(void *ctx, int64_t tid, int64_t nthreads, tpp_team *team) {
  shared *s = ctx;
  if (tid == 0)
    s->nthreads = nthreads;
  for (int64_t round = 1; round <= ROUNDS; round++) {
    s->slot[tid] = round * (tid + 1);
    tpp_team_barrier(team);
    for (int64_t t = 0; t < nthreads; t++)
      s->errors[tid] += s->slot[t] != round * (t + 1);
    tpp_team_barrier(team);
  }
}

/* Instances in a row with other totals and chunks: every item once, in ascending order within a
 * thread. */
static void dynamic_body(void *ctx, int64_t tid, int64_t nthreads, tpp_team *team) {
  shared *s = ctx;
  (void)nthreads;
  for (int64_t round = 0; round < ROUNDS; round++) {
    int64_t total = round * 7 % ITEMS, chunk = round % 5 == 0 ? INT64_MAX : round % 9 + 1;
    int64_t first, last, before = -1;
    tpp_dynamic_begin(team, total, chunk);
    while (tpp_dynamic_next(team, &first, &last)) {
      s->errors[tid] += first <= before || last <= first || last > total || last - first > chunk;
      before = first;
      for (int64_t i = first; i < last; i++)
        s->hits[round][i]++;
    }
    tpp_dynamic_end(team);
    /* What others did in this instance is visible now. */
    for (int64_t i = tid; i < total; i += nthreads)
      s->errors[tid] += s->hits[round][i] != 1;
  }
}

static void count_body(void *ctx, int64_t tid, int64_t nthreads, tpp_team *team) {
  (void)team;
  ((int64_t *)ctx)[0] = nthreads;
  ((int64_t *)ctx)[1] = tid;
}

static void nested_body(void *ctx, int64_t tid, int64_t nthreads, tpp_team *team) {
  shared *s = ctx;
  int64_t seen[2] = {0, -1};
  (void)nthreads;
  s->errors[tid] += tpp_max_threads() != 1;
  tpp_parallel(count_body, seen, 4);
  s->nested[tid] = seen[0] == 1 && seen[1] == 0;
  tpp_team_barrier(team);
}

static int64_t sum_errors(const shared *s) {
  int64_t n = 0;
  for (int t = 0; t < MAX_THREADS; t++)
    n += s->errors[t];
  return n;
}

static void test_team(int threads) {
  shared *s = calloc(1, sizeof *s);
  tpp_parallel(barrier_body, s, threads);
  CHECK(sum_errors(s) == 0);
  CHECK(s->nthreads >= 1 && s->nthreads <= threads);
  tpp_parallel(dynamic_body, s, threads);
  CHECK(sum_errors(s) == 0);
  tpp_parallel(nested_body, s, threads);
  CHECK(sum_errors(s) == 0);
  for (int64_t t = 0; t < s->nthreads; t++)
    CHECK(s->nested[t]);
  CHECK(tpp_max_threads() >= 1);
  free(s);
}

/* Callers on threads of their own do not disturb each other. */
static void *call_alone(void *p) {
  for (int i = 0; i < 20; i++) {
    shared *s = p;
    memset(s->hits, 0, sizeof s->hits);
    tpp_parallel(dynamic_body, s, 2);
  }
  return NULL;
}

static void test_concurrent_callers(void) {
  pthread_t threads[2];
  shared *s[2];
  for (int i = 0; i < 2; i++) {
    s[i] = calloc(1, sizeof **s);
    pthread_create(&threads[i], NULL, call_alone, s[i]);
  }
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
    CHECK(sum_errors(s[i]) == 0);
    free(s[i]);
  }
}

static void test_inside_openmp(void) {
  atomic_int wrong = 0;
#pragma omp parallel num_threads(2)
  {
    int64_t seen[2] = {0, -1};
    tpp_parallel(count_body, seen, 2);
    if (omp_in_parallel() && (seen[0] != 1 || tpp_max_threads() != 1))
      wrong++;
  }
  CHECK(wrong == 0);
}

static void test_hook_is_used(void) {
  own_team own = {0, 3};
  int64_t seen[2] = {0, -1};
  tpp_set_parallel_for(own_parallel_for, &own);
  tpp_parallel(count_body, seen, 1);
  CHECK(own.calls == 0 && seen[0] == 1); /* one thread needs no team */
  if (tpp_max_threads() > 1) {
    tpp_parallel(count_body, seen, MAX_THREADS);
    CHECK(own.calls == 1 && seen[0] <= 3);
  }
  tpp_set_parallel_for(NULL, NULL);
  tpp_parallel(count_body, seen, 0);
  CHECK(own.calls <= 1 && seen[0] >= 1);
}

/* ---- memory ---- */

typedef struct ledger {
  int allocs, frees, fail;
  size_t align;
} ledger;

static void *count_alloc(void *user, size_t bytes, size_t align) {
  ledger *l = user;
  l->allocs++;
  l->align = align;
  return l->fail ? NULL : aligned_alloc(align, (bytes + align - 1) / align * align);
}

static void count_free(void *user, void *p) {
  ((ledger *)user)->frees++;
  free(p);
}

static void test_memory(void) {
  CHECK(tpp_scratch_alloc(0) == NULL);
  CHECK(tpp_scratch_alloc(SIZE_MAX) == NULL);
  CHECK(tpp_scratch_alloc(SIZE_MAX - 70) == NULL);
  tpp_scratch_free(NULL);
  ledger l = {0};
  char *before = tpp_scratch_alloc(100);
  tpp_set_allocator(count_alloc, count_free, &l);
  char *during = tpp_scratch_alloc(1);
  CHECK(before && during && (uintptr_t)before % 64 == 0 && (uintptr_t)during % 64 == 0);
  CHECK(l.allocs == 1 && l.align >= 64);
  memset(before, 1, 100);
  *during = 1;
  tpp_scratch_free(before); /* the C library's, although another allocator is installed */
  CHECK(l.frees == 0);
  l.fail = 1;
  CHECK(tpp_scratch_alloc(1000) == NULL && l.allocs == 2);
  tpp_set_allocator(NULL, NULL, NULL);
  tpp_scratch_free(during); /* the application's, although it is not installed any more */
  CHECK(l.frees == 1);
  tpp_scratch_free(tpp_scratch_alloc(5000));
  CHECK(l.allocs == 2 && l.frees == 1);
}

/* ---- status and instruction sets ---- */

static void test_status(void) {
  for (int s = TPP_OK; s <= TPP_ERR_FILE; s++) {
    CHECK(strlen(tpp_strerror(s)) > 5);
    CHECK(strcmp(tpp_strerror(s), tpp_strerror(-1)) != 0);
    for (int t = TPP_OK; t < s; t++)
      CHECK(strcmp(tpp_strerror(s), tpp_strerror(t)) != 0);
  }
  CHECK(strcmp(tpp_strerror(12345), tpp_strerror(-1)) == 0);
  CHECK(tpp_rt_abi_1 >= 0);
}

static void test_isas(void) {
  uint32_t all = tpp_cpu_isas_unmasked(), seen = tpp_cpu_isas();
  const char *mask = getenv("TPP_ISA");
  CHECK(all & TPP_ISA_REF);
  CHECK((seen & ~all) == 0 && (seen & TPP_ISA_REF));
  CHECK(tpp_cpu_isas() == seen && tpp_cpu_isas_unmasked() == all);
  if (mask && strcmp(mask, "ref") == 0)
    CHECK(seen == TPP_ISA_REF);
  else if (mask && strcmp(mask, "avx2") == 0)
    CHECK((seen & ~(uint32_t)(TPP_ISA_REF | TPP_ISA_AVX2)) == 0);
  else if (mask && strcmp(mask, "neon") == 0)
    CHECK((seen & (TPP_ISA_NEON_DOT | TPP_ISA_NEON_BF16 | TPP_ISA_NEON_I8MM)) == 0);
  else
    CHECK(mask || seen == all);
}

int main(int argc, char **argv) {
  own_team own = {0, MAX_THREADS};
  int hook = argc > 1 && strcmp(argv[1], "hook") == 0;
  test_status();
  test_isas();
  test_memory();
  if (hook)
    tpp_set_parallel_for(own_parallel_for, &own);
  for (int threads = 1; threads <= 4; threads++)
    test_team(threads);
  test_concurrent_callers();
  if (hook) {
    CHECK(own.calls > 0 || tpp_max_threads() == 1);
  } else {
    test_inside_openmp();
    test_hook_is_used();
  }
  return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
