/* Programs interpreted after every pass of the pipeline: none may change a result.
 *
 * On inputs for which all sums are exact the comparison is bitwise wherever the program's own bound
 * is 0. */
#include "dsl/dsl.h"
#include "interp/interp.h"
#include "passes/pass.h"
#include "support/file.h"
#include "test.h"

#include <stdlib.h>

typedef struct Case {
  const char *file, *kernel, *sizes; /* "M=5 N=7" */
  const char *schedule;              /* as --schedule takes it; NULL: the program's */
} Case;

static const Case cases[] = {
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", NULL},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=MNk; m: 8; n: 16; k: 10"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=kMN; m: 8; n: 16; k: 10"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=mkNMn; m: 20, 7; n: 33, 10; k: 10"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=NMk@schedule(dynamic,1); m: 8; n: 16; k: 10"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=kMN|@schedule(dynamic,2); m: 8; n: 16; k: 10"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=KMn; m: 8; n: 16; k: 10; reduce k = private"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=nKm; m: 8; n: 16; k: 10; reduce k = private"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45",
     "gemm=mnKNk@schedule(dynamic,1); m: 16; n: 32, 16; k: 20, 7; reduce k = private"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=0", "gemm=KMn; m: 8; n: 16; k: 10; reduce k = private"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=KMn; m: 8; n: 16; k: 10; reduce k = ordered"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45", "gemm=nKm; m: 8; n: 16; k: 10; reduce k = ordered"},
    {"gemm.tpp", "gemm", "M=37 N=70 K=45",
     "gemm=K{R:2}nM{C:2}; m: 8; n: 16; k: 10; reduce k = private"},
    {"fc.tpp", "fc", "M=35 K=40 N=70", "fc=N{C:3}mK{R:2}; m: 8; n: 16; k: 10; reduce k = private"},
    {"fc.tpp", "fc", "M=35 K=40 N=70", "fc=mKn; m: 8; n: 16; k: 10; reduce k = private"},
    {"gemm.tpp", "gemm", "M=5 N=3 K=45", "gemm=MNk; m: 1; n: 1; k: 45"},
    {"gemm.tpp", "gemm", "M=1 N=1 K=1", NULL},
    {"gemm.tpp", "gemm", "M=3 N=2 K=0", NULL},
    {"gemm.tpp", "gemm", "M=0 N=2 K=3", NULL},
    {"fc.tpp", "fc", "M=35 K=40 N=70", NULL},
    {"gemm_blocked.tpp", "gemm_blocked", "M=64 N=96 K=32", NULL},
    {"fc.tpp", "fc", "M=35 K=40 N=70", "fc=kMN; m: 8; n: 16; k: 10"},
    {"mlp.tpp", "dense", "B=33 P=20 Q=70", NULL},
    {"mlp.tpp", "mlp", "B=9", NULL},
    {"rows.tpp", "softmax", "M=9 N=37", NULL},
    {"rows.tpp", "layernorm", "M=6 N=33", NULL},
    {"conv.tpp", "conv", "B=2 H=5 W=6 C=8 K=9", NULL},
    {"conv.tpp", "conv", "B=2 H=5 W=6 C=8 K=9",
     "conv=rNPQksc; n: 1; p: 1; q: 3; k: 4; r: 1; s: 1; c: 8"},
    {"conv.tpp", "conv", "B=1 H=8 W=7 C=3 K=5 S=2", NULL},
    {"spmm.tpp", "spmm", "M=20 K=48 N=35", NULL},
    {"ternary_fc.tpp", "ternary_fc", "M=7 K=100 N=20", NULL},
};

enum { MAX_ARGS = 16 };

typedef struct Work {
  TppcContext *cx;
  TppcModule *m;
  const char *kernel;
  TppcEnv sizes;
  TppcInterpArg args[MAX_ARGS], found[MAX_ARGS];
  bool writes[MAX_ARGS];
  int n;
} Work;

static void print_message(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  TppcBuf b = {0};
  (void)user;
  if (items->severity == TPPC_WARNING)
    return;
  tppc_render_text(&b, dx, items, n, false);
  printf("%s", b.data);
  tppc_buf_free(&b);
}

/* Sizes are given as -D does. */
static bool load(Work *w, const char *folder, const Case *c) {
  w->cx = tppc_context_create();
  tppc_diags_set_handler(w->cx->diags, print_message, NULL);
  TppcArena *a = w->cx->arena;
  const char *path = tppc_sprintf(a, "%s/%s", folder, c->file);
  size_t size;
  char *text = tppc_file_read(a, path, &size);
  if (!text)
    return false;
  TppcDefine defines[MAX_ARGS];
  int n = 0;
  char *copy = tppc_strdup(a, c->sizes);
  for (char *save, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
    if (!tppc_parse_define(w->cx, tppc_source_add(w->cx->diags, "-D", word, strlen(word)),
                           &defines[n++]))
      return false;
  const TppcAst *ast = tppc_parse_source(a, w->cx->names, w->cx->diags,
                                         tppc_source_add(w->cx->diags, path, text, size));
  TppcSchedules schedules = {.origin = "option"};
  if (c->schedule)
    schedules.ast = tppc_parse_schedule_arg(
        a, w->cx->names, w->cx->diags,
        tppc_source_add(w->cx->diags, "--schedule", c->schedule, strlen(c->schedule)));
  TppcSemaOptions opt = {.defines = defines,
                         .n_defines = n,
                         .schedules = &schedules,
                         .n_schedules = schedules.ast != NULL};
  w->m = ast ? tppc_analyse(w->cx, ast, &opt) : NULL;
  tppc_diag_flush(w->cx->diags);
  w->kernel = c->kernel;
  w->sizes.arena = a;
  return w->m != NULL;
}

static TppcTensor *copy_of(const Work *w, const TppcTensor *t) {
  const char *why;
  TppcTensor *c = tppc_tensor_new(t->type, &w->sizes, &why);
  if (c)
    tppc_tensor_copy(c, t);
  return c;
}

static bool make_arguments(Work *w, TppcGenerator kind) {
  const TppcOp *k = tppc_module_kernel(w->m, tppc_intern(w->cx->names, w->kernel));
  const char *why;
  if (!k || tppc_env_sizes(&w->sizes, k, &why) != TPP_OK)
    return false;
  w->n = 0;
  for (const TppcOp *op = k->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_PARAM || w->n == MAX_ARGS)
      continue;
    TppcTensor *t = tppc_tensor_new(op->results[0]->type, &w->sizes, &why);
    const char *mode = tppc_attr_word(op, "mode");
    w->writes[w->n] = mode && strcmp(mode, "in") != 0;
    if (t && !(mode && !strcmp(mode, "out")))
      tppc_tensor_generate(t, kind, 3, op->name, 0, 0);
    w->args[w->n].tensor = t;
    w->args[w->n].bound = t ? calloc((size_t)t->n_values + 1, sizeof(double)) : NULL;
    w->found[w->n].tensor = t ? copy_of(w, t) : NULL;
    w->n++;
  }
  return true;
}

static void release_arguments(Work *w) {
  for (int i = 0; i < w->n; i++) {
    tppc_tensor_free(w->args[i].tensor);
    tppc_tensor_free(w->found[i].tensor);
    free(w->args[i].bound);
  }
}

/* Interprets m from the same inputs and compares what it writes with the program's results. */
static void check_module(Test *t, Work *w, TppcModule *m, int threads, const char *pass) {
  TppcInterpArg args[MAX_ARGS] = {{0}};
  TppcRace race;
  int status;
  for (int i = 0; i < w->n; i++)
    args[i].tensor = copy_of(w, w->found[i].tensor);
  bool ok = tppc_interp_run_threads(m, w->kernel, &w->sizes, args, w->n, threads, &race, &status);
  tppc_diag_flush(w->cx->diags);
  TppcComparison c = {.worst_at = -1};
  for (int i = 0; i < w->n; i++)
    if (w->writes[i])
      tppc_compare(&c, w->args[i].tensor, w->args[i].bound, args[i].tensor);
  if (!CHECK(t, ok && status == TPP_OK && c.wrong == 0))
    printf("     %s after %s on %d threads: status %d, %lld of %lld wrong, expected %g, got %g\n",
           w->kernel, pass, threads, status, (long long)c.wrong, (long long)c.compared, c.expected,
           c.got);
  if (!CHECK(t, !race.found))
    printf("     %s after %s: %s\n", w->kernel, pass, race.text);
  for (int i = 0; i < w->n; i++)
    tppc_tensor_free(args[i].tensor);
}

/* Pass by pass. */
static void run_pipeline(Test *t, Work *w) {
  static const int threads[] = {1, 2, 3, 5, 8};
  TppcModule *m = tppc_module_clone(w->m);
  TppcPipelineOptions opt = {
      .pass = {.vector_bytes = 32, .l1_bytes = 32 << 10, .l2_bytes = 512 << 10},
      .verify_each = true};
  for (int i = 0; tppc_pass_at(i); i++) {
    const char *name = tppc_pass_at(i)->name;
    bool ok = tppc_run_passes(m, name, &opt);
    tppc_diag_flush(w->cx->diags);
    if (!CHECK(t, ok)) {
      printf("     %s: pass %s failed\n", w->kernel, name);
      return;
    }
    for (int k = 0; k < 5; k++)
      if (k == 0 || m->level != TPPC_LEVEL_TPP)
        check_module(t, w, m, threads[k], name);
  }
}

static void check_case(Test *t, const char *folder, const Case *c, TppcGenerator kind) {
  Work w = {0};
  int status;
  if (CHECK(t, load(&w, folder, c)) && CHECK(t, make_arguments(&w, kind))) {
    CHECK(t, tppc_interp_run(w.m, w.kernel, &w.sizes, w.args, w.n, &status) && status == TPP_OK);
    run_pipeline(t, &w);
  } else {
    printf("     %s %s %s\n", c->file, c->sizes, c->schedule ? c->schedule : "");
  }
  release_arguments(&w);
  tppc_context_destroy(w.cx);
}

int main(int argc, char **argv) {
  Test t = {0, 0};
  for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof *cases; i++) {
    check_case(&t, argv[1], &cases[i], TPPC_GEN_INT);
    check_case(&t, argv[1], &cases[i], TPPC_GEN_RAND);
  }
  printf("%d checks, %d failures\n", t.checks, t.failures);
  return t.failures || !t.checks ? 1 : 0;
}
