/* tppc run and tppc interp: inputs, one kernel in process, outputs, the verdict of the interpreter.
 */
#include "driver/commands.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print_times(TppcRun *r, double *t, int n) {
  qsort(t, (size_t)n, sizeof *t, by_value);
  double flops = tppc_run_flops(r), best = t[0], median = t[n / 2];
  printf("time: best %.3f ms, median %.3f ms of %d", best * 1e3, median * 1e3, n);
  if (flops > 0)
    printf("; %.1f GFLOPS (best)", flops / best * 1e-9);
  printf("; %.2f GB/s of arguments (best)\n", tppc_run_bytes(r) / best * 1e-9);
}

TppcResult tppc_print_verdict(TppcRun *r) {
  TppcVerdict v;
  TppcResult result = tppc_run_verify(r, &v);
  if (result == TPPC_DONE && v.unbounded)
    printf("verify: %lld elements, %lld without a finite bound, largest error %.3g of its bound\n",
           (long long)v.compared, (long long)v.unbounded, v.worst);
  else if (result == TPPC_DONE && v.worst == 0)
    printf("verify: %lld elements, all bitwise equal\n", (long long)v.compared);
  else if (result == TPPC_DONE)
    printf("verify: %lld elements, largest error %.3g of its bound at %s\n", (long long)v.compared,
           v.worst, v.where);
  else if (result == TPPC_MISMATCH)
    printf("verify: %lld of %lld elements are wrong; largest error %.3g times its bound at %s: "
           "expected %.9g, got %.9g\n",
           (long long)v.wrong, (long long)v.compared, v.worst, v.where, v.expected, v.got);
  return result;
}

static TppcResult trace_nan(TppcRun *r) {
  int found = 0;
  TppcResult result = tppc_run_trace_nan(r, &found);
  if (result == TPPC_DONE && !found)
    printf("trace-nan: no statement makes a NaN or Inf of finite values\n");
  return result;
}

static TppcResult run_native(TppcRun *r, const TppcArgs *args) {
  const char *text = tppc_args_get(args, TPPC_OPT_repeat);
  char *end = NULL;
  long repeat = text ? strtol(text, &end, 10) : 1;
  if (text && (end == text || *end || repeat < 1 || repeat > 1000000)) {
    fprintf(stderr, "tppc run: error: --repeat takes a number from 1 to 1000000, not '%s'\n", text);
    return TPPC_BAD_USAGE;
  }
  double *seconds = calloc((size_t)repeat, sizeof *seconds);
  if (!seconds)
    return TPPC_INTERNAL;
  TppcResult result = tppc_run_native(r, (int)repeat, seconds);
  if (result == TPPC_DONE && text)
    print_times(r, seconds, (int)repeat);
  free(seconds);
  return result;
}

TppcRun *tppc_run_from(TppcSession *s, const TppcArgs *args, TppcResult *result) {
  *result = tppc_session_load(s, args->file);
  if (*result != TPPC_DONE)
    return NULL;
  TppcRun *r = tppc_run_new(s, tppc_args_get(args, TPPC_OPT_kernel));
  if (!r)
    *result = TPPC_BAD_PROGRAM;
  for (int i = 0; i < args->n && *result == TPPC_DONE; i++)
    if (args->given[i].id == TPPC_OPT_in)
      *result = tppc_run_input(r, args->given[i].value);
  if (*result == TPPC_DONE)
    *result = tppc_run_prepare(r);
  if (*result == TPPC_DONE)
    return r;
  tppc_run_free(r);
  return NULL;
}

TppcResult tppc_run(TppcSession *s, const TppcArgs *args) {
  TppcResult result;
  TppcRun *r = tppc_run_from(s, args, &result);
  if (result == TPPC_DONE)
    result = args->command == TPPC_CMD_RUN ? run_native(r, args) : tppc_run_interp(r);
  int outputs = 0;
  for (int i = 0; i < args->n && result == TPPC_DONE; i++)
    if (args->given[i].id == TPPC_OPT_out) {
      result = tppc_run_output(r, args->given[i].value);
      outputs++;
    }
  if (result == TPPC_DONE && outputs == 0) {
    char *text = tppc_run_summary(r);
    fputs(text, stdout);
    free(text);
  }
  if (result == TPPC_DONE && tppc_args_get(args, TPPC_OPT_trace_nan))
    result = trace_nan(r);
  if (result == TPPC_DONE && tppc_args_get(args, TPPC_OPT_verify))
    result = tppc_print_verdict(r);
  tppc_run_free(r);
  return result;
}
