/* From which size on results go past the caches.
 *
 * A line that is stored to is read first, which for a result beyond the last cache is a third of
 * all traffic, and what the cache held is lost. Compiled functions store such results by
 * instructions that do neither. A result that the cache holds is better off there: it is read
 * soon. */
#include <tpp/rt.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <stdatomic.h>
#include <stdlib.h>

/* -1 before the first call. */
static _Atomic int64_t least = -1;

#if defined(__x86_64__)
/* Bytes of the largest cache of this core, by the leaf of its maker: both have one form. */
static int64_t last_cache(void) {
  enum { USUAL = 32 << 20, MOST = 64 << 20, LEVELS = 8 };
  const unsigned intel = 4, amd = 0x8000001d;
  unsigned a, b, c, d;
  unsigned leaf = __get_cpuid_count(amd, 0, &a, &b, &c, &d) && (a & 31) ? amd : intel;
  int64_t last = 0;
  for (unsigned i = 0; i < LEVELS && __get_cpuid_count(leaf, i, &a, &b, &c, &d) && (a & 31); i++) {
    int64_t ways = (b >> 22) + 1, parts = ((b >> 12) & 1023) + 1, line = (b & 4095) + 1;
    int64_t bytes = ways * parts * line * ((int64_t)c + 1);
    last = bytes > last ? bytes : last;
  }
  return last == 0 ? USUAL : last < MOST ? last : MOST; /* a larger one has many cores to serve */
}
#else
static int64_t last_cache(void) {
  return INT64_MAX;
}
#endif

int64_t tpp_stream_bytes(void) {
  int64_t n = atomic_load_explicit(&least, memory_order_relaxed);
  if (n >= 0)
    return n;
  const char *text = getenv("TPP_STREAM_BYTES");
  char *end = NULL;
  long long value = text ? strtoll(text, &end, 10) : -1;
  n = text && end != text && *end == '\0' && value >= 0 ? value : last_cache();
  atomic_store_explicit(&least, n, memory_order_relaxed);
  return n;
}
