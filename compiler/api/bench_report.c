/* Text and JSON of measured results. */
#include "api/bench.h"

#include "support/json.h"

#include <math.h>

/* ---- text ---- */

static void put_time(TppcBuf *b, double s) {
  if (s >= 1)
    tppc_buf_printf(b, "%.3f s", s);
  else if (s >= 1e-3)
    tppc_buf_printf(b, "%.3f ms", s * 1e3);
  else
    tppc_buf_printf(b, "%.3f us", s * 1e6);
}

static void put_seconds(TppcBuf *b, TppcEstimate e) {
  put_time(b, e.median);
  tppc_buf_puts(b, "  [");
  put_time(b, e.low);
  tppc_buf_puts(b, ", ");
  put_time(b, e.high);
  tppc_buf_puts(b, "]");
}

static void put_part(TppcBuf *b, TppcEstimate e, double peak, const char *unit, const char *what) {
  tppc_buf_printf(b, "; %.1f %% [%.1f, %.1f] of %.1f %s, %s", 100 * e.median, 100 * e.low,
                  100 * e.high, peak, unit, what);
}

static void put_peer(TppcBuf *b, const TppcBenchPeer *p, double flops) {
  tppc_buf_printf(b, "  %-10s", p->name);
  if (p->not_run) {
    tppc_buf_printf(b, " not run: %s\n", p->not_run);
    return;
  }
  tppc_buf_putc(b, ' ');
  put_seconds(b, p->seconds);
  if (flops > 0)
    tppc_buf_printf(b, "; %.1f GFLOPS", flops / p->seconds.median * 1e-9);
  if (p->threads > 1)
    tppc_buf_printf(b, " on %d threads", p->threads);
  tppc_buf_printf(b, "; the kernel is %.2f [%.2f, %.2f] times as fast\n", p->ratio.median,
                  p->ratio.low, p->ratio.high);
}

void tppc_bench_text(TppcBuf *b, const TppcBenchResult *r) {
  tppc_buf_printf(b, "%s for %s, %d thread%s\n", r->name, r->target, r->threads,
                  r->threads == 1 ? "" : "s");
  tppc_buf_puts(b, "  time       ");
  put_seconds(b, r->seconds);
  tppc_buf_printf(b, ", median of %d%s; best ", r->seconds.rounds,
                  r->converged ? "" : " (not converged)");
  put_time(b, r->seconds.best);
  if (r->flops > 0) {
    tppc_buf_printf(b, "\n  products   %.1f GFLOPS", r->flops / r->seconds.median * 1e-9);
    if (r->fma_peak > 0)
      put_part(b, r->of_fma, r->fma_peak, "GFLOPS", "the F32 FMA peak");
  }
  tppc_buf_printf(b, "\n  operands   %.2f GB/s", r->bytes / r->seconds.median * 1e-9);
  if (r->copy_peak > 0)
    put_part(b, r->of_copy, r->copy_peak, "GB/s", "a copy of as many bytes");
  tppc_buf_printf(b, "\n  itself     %.3f [%.3f, %.3f] times its own time when it runs again\n",
                  r->again.median, r->again.low, r->again.high);
  for (int i = 0; i < r->n_peers; i++)
    put_peer(b, &r->peers[i], r->flops);
}

/* ---- JSON ---- */

static void put_number(TppcBuf *b, double v) {
  if (isfinite(v))
    tppc_buf_printf(b, "%.9g", v);
  else
    tppc_buf_puts(b, "null");
}

static void put_field(TppcBuf *b, const char *key, double v) {
  tppc_buf_printf(b, "\"%s\": ", key);
  put_number(b, v);
}

static void put_estimate(TppcBuf *b, const char *key, TppcEstimate e, bool best) {
  tppc_buf_printf(b, "\"%s\": {", key);
  put_field(b, "median", e.median);
  tppc_buf_puts(b, ", ");
  put_field(b, "low", e.low);
  tppc_buf_puts(b, ", ");
  put_field(b, "high", e.high);
  if (best) {
    tppc_buf_puts(b, ", ");
    put_field(b, "best", e.best);
  }
  tppc_buf_puts(b, "}");
}

static void put_peak(TppcBuf *b, const char *key, const char *unit, double peak, TppcEstimate of) {
  tppc_buf_printf(b, ",\n     \"%s\": ", key);
  if (peak <= 0) {
    tppc_buf_puts(b, "null");
    return;
  }
  tppc_buf_puts(b, "{");
  put_field(b, unit, peak);
  tppc_buf_puts(b, ", ");
  put_estimate(b, "part", of, false);
  tppc_buf_puts(b, "}");
}

static void put_text(TppcBuf *b, const char *key, const char *text) {
  tppc_buf_printf(b, "\"%s\": ", key);
  tppc_json_string(b, text);
}

static void put_peer_json(TppcBuf *b, const TppcBenchPeer *p) {
  tppc_buf_puts(b, "{");
  put_text(b, "name", p->name);
  tppc_buf_puts(b, ", ");
  if (p->not_run) {
    put_text(b, "not_run", p->not_run);
  } else {
    tppc_buf_printf(b, "\"threads\": %d, ", p->threads);
    put_estimate(b, "seconds", p->seconds, true);
    tppc_buf_puts(b, ", ");
    put_estimate(b, "ratio", p->ratio, false);
  }
  tppc_buf_puts(b, "}");
}

static void put_result(TppcBuf *b, const TppcBenchResult *r) {
  tppc_buf_puts(b, "    {");
  put_text(b, "name", r->name);
  tppc_buf_puts(b, ", ");
  put_text(b, "file", r->file);
  tppc_buf_puts(b, ", ");
  put_text(b, "kernel", r->kernel);
  tppc_buf_puts(b, ",\n     ");
  put_text(b, "target", r->target);
  tppc_buf_printf(b, ", \"threads\": %d, \"rounds\": %d, \"converged\": %s,\n     ", r->threads,
                  r->seconds.rounds, r->converged ? "true" : "false");
  put_estimate(b, "seconds", r->seconds, true);
  tppc_buf_puts(b, ",\n     ");
  put_field(b, "flops", r->flops);
  tppc_buf_puts(b, ", ");
  put_field(b, "bytes", r->bytes);
  tppc_buf_puts(b, ", ");
  put_field(b, "gflops", r->flops / r->seconds.median * 1e-9);
  tppc_buf_puts(b, ", ");
  put_field(b, "gbs", r->bytes / r->seconds.median * 1e-9);
  put_peak(b, "fma_peak", "gflops", r->fma_peak, r->of_fma);
  put_peak(b, "copy_peak", "gbs", r->copy_peak, r->of_copy);
  tppc_buf_puts(b, ",\n     ");
  put_estimate(b, "again", r->again, false);
  tppc_buf_puts(b, ",\n     \"peers\": [");
  for (int i = 0; i < r->n_peers; i++) {
    tppc_buf_puts(b, i ? ", " : "");
    put_peer_json(b, &r->peers[i]);
  }
  tppc_buf_puts(b, "]}");
}

void tppc_bench_json(TppcBuf *b, const TppcBenchResult *r, int n) {
  tppc_buf_puts(b, "{\n  \"schema\": \"tppc-bench-1\",\n  \"results\": [\n");
  for (int i = 0; i < n; i++) {
    put_result(b, &r[i]);
    tppc_buf_puts(b, i + 1 < n ? ",\n" : "\n");
  }
  tppc_buf_puts(b, "  ]\n}\n");
}
