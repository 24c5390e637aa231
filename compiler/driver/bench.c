/* tppc bench and tppc benchcmp. */
#include "driver/commands.h"

#include <stdlib.h>
#include <string.h>
#include <tpp/rt.h>

/* "30s", "0.5s", or "30". */
static TppcResult read_budget(const TppcArgs *args, double *seconds) {
  const char *text = tppc_args_get(args, TPPC_OPT_budget);
  *seconds = 0;
  if (!text)
    return TPPC_DONE;
  char *end;
  *seconds = strtod(text, &end);
  if (end == text || (*end && strcmp(end, "s")) || !(*seconds > 0 && *seconds <= 1e6))
    return tppc_usage("--budget takes seconds, such as 0.5s or 30s, not '%s'", text);
  return TPPC_DONE;
}

static TppcResult write_result(TppcSession *s, const TppcArgs *args, const char *text,
                               const char *json) {
  const char *path = tppc_args_get(args, TPPC_OPT_json);
  TppcResult result = TPPC_DONE;
  if (path)
    result = tppc_session_write_text(s, path, json, strlen(json));
  if (result == TPPC_DONE && !(path && !strcmp(path, "-")))
    result = tppc_session_write_text(s, "-", text, strlen(text));
  return result;
}

/* The variable forces a kernel upon OpenBLAS, often a slow one: the peer shall run as it likes
 * best, within the instruction sets that TPP_ISA leaves. */
static void restrict_peer(void) {
  uint32_t isas = tpp_cpu_isas();
  unsetenv("OPENBLAS_CORETYPE");
  if ((isas & TPP_ISA_AVX2) && !(isas & TPP_ISA_AVX512))
    setenv("OPENBLAS_CORETYPE", "Haswell", 1);
}

TppcResult tppc_bench(TppcSession *s, const TppcArgs *args) {
  double budget;
  TppcResult result = read_budget(args, &budget);
  if (result != TPPC_DONE)
    return result;
  restrict_peer();
  TppcRun *r = tppc_run_from(s, args, &result);
  if (!r)
    return result;
  char *text = NULL, *json = NULL;
  if (tppc_args_get(args, TPPC_OPT_verify))
    result = tppc_print_verdict(r);
  if (result == TPPC_DONE)
    result = tppc_run_bench(r, tppc_args_get(args, TPPC_OPT_vs), budget, &text, &json);
  if (result == TPPC_DONE)
    result = write_result(s, args, text, json);
  free(text);
  free(json);
  tppc_run_free(r);
  return result;
}

TppcResult tppc_benchcmp(TppcSession *s, const TppcArgs *args) {
  const char *gate = tppc_args_get(args, TPPC_OPT_fail_below);
  double fail_below = 0;
  char *end;
  if (args->n_files != 2)
    return tppc_usage("benchcmp takes two files: the earlier results, then the later ones");
  if (gate) {
    fail_below = strtod(gate, &end);
    if (end == gate || *end || !(fail_below > 0 && fail_below <= 1e3))
      return tppc_usage("--fail-below takes a positive number, such as 0.97, not '%s'", gate);
  }
  char *text;
  TppcResult result = tppc_session_benchcmp(s, args->files[0], args->files[1], fail_below, &text);
  if (text)
    fputs(text, stdout);
  free(text);
  return result;
}
