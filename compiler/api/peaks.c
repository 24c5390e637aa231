/* Ceilings of the machine: measured on request, stored for the user, and used to predict times.
 *
 * The file is $XDG_CACHE_HOME/tppc/peaks.json (~/.cache without that variable):
 *   {"schema": "tppc-peaks-1", "cpu": "znver4", "isas": 31, "threads": 2,
 *    "peaks": {"fma_f32": {"unit": "GFLOPS", "one": 117.6, "all": 235.1}, ...}}
 * It counts only on the CPU, and with the instruction sets (TPP_ISA), that it was measured with.
 */
#define _GNU_SOURCE /* sysconf of cache sizes */
#include "api/peaks.h"

#include "support/file.h"
#include "api/json_read.h"
#include "support/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL when the user has no such folder. */
static const char *cache_folder(TppcSession *s) {
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  if (cache && *cache)
    return cache;
  return home && *home ? tppc_sprintf(s->cx->arena, "%s/.cache", home) : NULL;
}

static const char *peaks_path(TppcSession *s) {
  const char *folder = cache_folder(s);
  return folder ? tppc_sprintf(s->cx->arena, "%s/tppc/peaks.json", folder) : NULL;
}

static const char *host_cpu(TppcSession *s) {
  TppcEmitOptions native = {.cpu = "native"};
  TppcTargetInfo info;
  return tppc_target_info(s->cx, &native, &info) ? tppc_strdup(s->cx->arena, info.cpu) : "";
}

/* ---- the file ---- */

/* No ceiling, mask, or count is larger; 0 for anything else. */
static double number(const TppcJson *v, const char *key) {
  const TppcJson *n = tppc_json_get(v, key);
  bool ok = n && n->kind == TPPC_JSON_NUMBER && n->number >= 0 && n->number <= 1e9;
  return ok ? n->number : 0;
}

static bool is_text(const TppcJson *v, const char *key, const char *text) {
  const TppcJson *t = tppc_json_get(v, key);
  return t && t->kind == TPPC_JSON_STRING && !strcmp(t->text, text);
}

bool tppc_peaks_load(TppcSession *s, TppcPeakTable *out) {
  size_t size;
  int line;
  const char *why, *path = peaks_path(s);
  char *text = path ? tppc_file_read(s->cx->arena, path, &size) : NULL;
  const TppcJson *v = text ? tppc_json_parse(s->cx->arena, text, size, &why, &line) : NULL;
  if (!is_text(v, "schema", "tppc-peaks-1") || !is_text(v, "cpu", host_cpu(s)) ||
      number(v, "isas") != (double)tpp_cpu_isas())
    return false;
  const TppcJson *peaks = tppc_json_get(v, "peaks");
  *out = (TppcPeakTable){.threads = (int)number(v, "threads")};
  for (int id = 0; id < TPPC_PEAKS; id++) {
    const TppcJson *row = tppc_json_get(peaks, tppc_peak_name((TppcPeakId)id));
    out->one[id] = number(row, "one");
    out->all[id] = number(row, "all");
  }
  return true;
}

static void put_json(TppcSession *s, TppcBuf *b, const TppcPeakTable *t) {
  tppc_buf_puts(b, "{\"schema\": \"tppc-peaks-1\", \"cpu\": ");
  tppc_json_string(b, host_cpu(s));
  tppc_buf_printf(b, ", \"isas\": %u, \"threads\": %d,\n \"peaks\": {", (unsigned)tpp_cpu_isas(),
                  t->threads);
  for (int id = 0; id < TPPC_PEAKS; id++)
    tppc_buf_printf(b, "%s\n  \"%s\": {\"unit\": \"%s\", \"one\": %.6g, \"all\": %.6g}",
                    id ? "," : "", tppc_peak_name((TppcPeakId)id), tppc_peak_unit((TppcPeakId)id),
                    t->one[id], t->all[id]);
  tppc_buf_puts(b, "}}\n");
}

static TppcResult store(TppcSession *s, const TppcPeakTable *t) {
  const char *folder = cache_folder(s), *path = peaks_path(s);
  if (!path)
    return TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_cannot_write, TPPC_NO_SPAN,
                     "~/.cache/tppc/peaks.json", "neither XDG_CACHE_HOME nor HOME is set");
  /* Where they cannot be made, writing says why. */
  mkdir(folder, 0700);
  mkdir(tppc_sprintf(s->cx->arena, "%s/tppc", folder), 0700);
  TppcBuf b = {0};
  put_json(s, &b, t);
  bool ok = tppc_file_write(path, b.data, b.n);
  int error = errno;
  tppc_buf_free(&b);
  return ok ? TPPC_DONE
            : TPPC_FAIL(s, TPPC_BAD_FILE, TPPC_D_cannot_write, TPPC_NO_SPAN, path, strerror(error));
}

/* ---- measured and printed ---- */

void tppc_peaks_print(TppcBuf *b, const TppcPeakTable *t) {
  tppc_buf_printf(b, "\nmeasured ceilings    one thread %6s%d thread%s\n", "", t->threads,
                  t->threads == 1 ? "" : "s");
  for (int id = 0; id < TPPC_PEAKS; id++)
    if (t->one[id] > 0)
      tppc_buf_printf(b, "  %-16s %10.1f     %10.1f   %s\n", tppc_peak_name((TppcPeakId)id),
                      t->one[id], t->all[id], tppc_peak_unit((TppcPeakId)id));
}

TppcResult tppc_session_calibrate(TppcSession *s, char **text) {
  TppcPeakTable t = {.threads = tpp_max_threads()};
  *text = NULL;
  for (int id = 0; id < TPPC_PEAKS; id++) {
    t.one[id] = tppc_peak((TppcPeakId)id, 1);
    t.all[id] =
        t.threads == 1 || id == TPPC_PEAK_CLOCK ? t.one[id] : tppc_peak((TppcPeakId)id, t.threads);
  }
  TppcBuf b = {0};
  tppc_peaks_print(&b, &t);
  *text = b.data;
  return store(s, &t);
}

/* ---- predictions ---- */

static double larger(double a, double b) {
  return a > b ? a : b;
}

/* The best that microkernels for operands of these types could do. */
static double arithmetic_peak(const TppcPeakTable *t, int a, int b) {
  uint32_t isas = tpp_cpu_isas();
  double fma = larger(t->one[TPPC_PEAK_FMA_F32_256], t->one[TPPC_PEAK_FMA_F32_512]);
  bool bytes = (a == TPP_I8 || a == TPP_U8) && (b == TPP_I8 || b == TPP_U8 || b == TPP_TERNARY);
  if (bytes && (isas & TPP_ISA_AVX512_VNNI))
    return larger(fma, t->one[TPPC_PEAK_DOT_I8_VNNI]);
  if (bytes)
    return larger(fma, t->one[TPPC_PEAK_DOT_I8_AVX2]);
  if (a == TPP_BF16 && (b == TPP_BF16 || b == TPP_TERNARY) && (isas & TPP_ISA_AVX512_BF16))
    return larger(fma, t->one[TPPC_PEAK_DOT_BF16]);
  return a == TPP_F64 ? fma / 2 : fma;
}

/* Bytes stay in the cache that holds them from call to call. */
static double bandwidth(const TppcPeakTable *t, double bytes, const char **level) {
  static const struct {
    int size;
    TppcPeakId copy;
    const char *name;
  } caches[] = {{_SC_LEVEL1_DCACHE_SIZE, TPPC_PEAK_COPY_L1, "in L1"},
                {_SC_LEVEL2_CACHE_SIZE, TPPC_PEAK_COPY_L2, "in L2"},
                {_SC_LEVEL3_CACHE_SIZE, TPPC_PEAK_COPY_L3, "in L3"}};
  for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
    if (bytes <= (double)sysconf(caches[i].size)) {
      *level = caches[i].name;
      return t->one[caches[i].copy];
    }
  *level = "from memory";
  return t->one[TPPC_PEAK_COPY_MEMORY];
}

static void put_time(TppcBuf *b, double seconds) {
  if (seconds >= 1e-3)
    tppc_buf_printf(b, "%.3g ms", seconds * 1e3);
  else
    tppc_buf_printf(b, "%.3g us", seconds * 1e6);
}

void tppc_predict(TppcBuf *b, const TppcPeakTable *t, double flops, double bytes, int a_type,
                  int b_type) {
  const char *level;
  double peak = arithmetic_peak(t, a_type, b_type), speed = bandwidth(t, bytes, &level);
  double compute = flops > 0 && peak > 0 ? flops / peak * 1e-9 : 0;
  double move = speed > 0 ? bytes / speed * 1e-9 : 0;
  tppc_buf_puts(b, "predicted for one thread: no less than ");
  put_time(b, larger(compute, move));
  if (compute > 0) {
    tppc_buf_puts(b, "; products ");
    put_time(b, compute);
    tppc_buf_printf(b, " at %.1f GFLOPS", peak);
  }
  tppc_buf_puts(b, "; arguments ");
  put_time(b, move);
  tppc_buf_printf(b, " at %.1f GB/s, %s", speed, level);
}
