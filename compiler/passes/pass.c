/* The pass manager: rows of passes.def by name, run in a list, checked in between. */
#include "passes/pass.h"

#include <string.h>
#include <time.h>

static const TppcPass passes[] = {
#define PASS(name, fn, needs, leaves, doc) {name, fn, TPPC_LEVEL_##needs, TPPC_LEVEL_##leaves, doc},
#include "passes/passes.def"
#undef PASS
};
enum { N_PASSES = sizeof passes / sizeof *passes };

const TppcPass *tppc_pass_at(int i) {
  return i >= 0 && i < N_PASSES ? &passes[i] : NULL;
}

const TppcPass *tppc_pass_by_name(const char *name) {
  for (int i = 0; i < N_PASSES; i++)
    if (strcmp(passes[i].name, name) == 0)
      return &passes[i];
  return NULL;
}

static const TppcPass *find_pass(TppcContext *cx, const char *name) {
  const TppcPass *pass = tppc_pass_by_name(name);
  if (pass)
    return pass;
  const char *best = NULL;
  int best_distance = 4;
  for (int i = 0; i < N_PASSES; i++) {
    int d = tppc_edit_distance(name, passes[i].name);
    if (d < best_distance) {
      best_distance = d;
      best = passes[i].name;
    }
  }
  tppc_diag(cx->diags, TPPC_D_tir_unknown_pass, TPPC_NO_SPAN, name);
  if (best)
    tppc_diag_help(cx->diags, "did you mean '%s'?", best);
  return NULL;
}

/* ---- the list of passes ---- */

typedef TppcVec(const TppcPass *) PassList;

static bool parse_names(TppcContext *cx, const char *names, PassList *list) {
  bool ok = true;
  while (*names) {
    size_t n = strcspn(names, ",");
    const char *name = tppc_strndup(cx->arena, names, n);
    const TppcPass *pass = n ? find_pass(cx, name) : NULL;
    if (pass)
      TPPC_PUSH(cx->arena, list, pass);
    ok = ok && (pass || !n);
    names += n + (names[n] == ',');
  }
  return ok;
}

static bool make_list(TppcContext *cx, const char *names, PassList *list) {
  if (names)
    return parse_names(cx, names, list);
  for (int i = 0; i < N_PASSES; i++)
    TPPC_PUSH(cx->arena, list, &passes[i]);
  return true;
}

static bool options_name_passes(TppcContext *cx, const TppcPipelineOptions *opt) {
  bool all = opt->print_after && strcmp(opt->print_after, "all") == 0;
  bool ok = all || !opt->print_after || find_pass(cx, opt->print_after);
  return (!opt->stop_after || find_pass(cx, opt->stop_after)) && ok;
}

/* ---- running ---- */

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static bool check_level(TppcModule *m, const TppcPass *pass) {
  static const char *const levels[] = {"tpp", "loop", "rt"};
  if (m->level == pass->needs)
    return true;
  tppc_diag(m->cx->diags, TPPC_D_tir_pass_level, TPPC_NO_SPAN, pass->name, levels[pass->needs],
            levels[m->level]);
  return false;
}

static void print_after(TppcModule *m, const TppcPass *pass, const TppcPipelineOptions *opt) {
  if (!opt->print || !opt->print_after ||
      (strcmp(opt->print_after, "all") != 0 && strcmp(opt->print_after, pass->name) != 0))
    return;
  TppcBuf b = {0};
  tppc_buf_printf(&b, "// ---- after %s ----\n", pass->name);
  tppc_print_module(&b, m);
  opt->print(opt->user, b.data);
  tppc_buf_free(&b);
}

static void report_time(const char *name, double ms, const TppcPipelineOptions *opt) {
  if (!opt->time_passes || !opt->print)
    return;
  TppcBuf b = {0};
  tppc_buf_printf(&b, "%10.3f ms  %s\n", ms, name);
  opt->print(opt->user, b.data);
  tppc_buf_free(&b);
}

static bool run_one(TppcModule *m, const TppcPass *pass, const TppcPipelineOptions *opt) {
  if (!check_level(m, pass))
    return false;
  int errors = tppc_diags_errors(m->cx->diags);
  double start = now_ms();
  bool ok = pass->run(m, &opt->pass) && tppc_diags_errors(m->cx->diags) == errors;
  report_time(pass->name, now_ms() - start, opt);
  if (!ok)
    return false;
  m->level = pass->leaves;
  print_after(m, pass, opt);
  return !opt->verify_each || tppc_verify_after(m, pass->name);
}

bool tppc_run_passes(TppcModule *m, const char *names, const TppcPipelineOptions *opt) {
  PassList list = {0};
  if (!make_list(m->cx, names, &list) || !options_name_passes(m->cx, opt))
    return false;
  const TppcPass *last = NULL;
  for (int i = 0; i < list.n; i++) {
    last = list.data[i];
    if (!run_one(m, last, opt))
      return false;
    if (opt->stop_after && strcmp(opt->stop_after, last->name) == 0)
      break;
  }
  bool verified = last && opt->verify_each;
  return verified || tppc_verify_after(m, last ? last->name : NULL);
}
