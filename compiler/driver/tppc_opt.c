/* tppc-opt: reads .tir text, runs passes, prints the module. */
#include "passes/pass.h"
#include "support/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DONE = 0, BAD_MODULE = 1, BAD_USAGE = 2, BAD_FILE = 3 };

typedef struct Options {
  const char *input, *output;
  const char *passes; /* NULL: the default pipeline, if run_default */
  bool run_default, list_passes, help;
  TppcPipelineOptions pipeline;
} Options;

static const char help_text[] =
    "usage: tppc-opt [options] file.tir\n"
    "\n"
    "Reads a module, runs passes on it, and prints it. '-' is standard input.\n"
    "\n"
    "  --pass=a,b,c          run these passes; without, the module is read, verified, and printed\n"
    "  --default-pipeline    run all passes in order\n"
    "  --stop-after=PASS     end there\n"
    "  --verify-each         verify after every pass, not only at the end\n"
    "  --print-ir-after=PASS print the module to stderr after PASS, or after all\n"
    "  --time-passes         print to stderr how long each pass took\n"
    "  --threads=N           threads that run the result; 0, the default, is not known\n"
    "  --vector-bytes=N      of the target's vectors (32)\n"
    "  --provider=NAME       restrict the choice of microkernels\n"
    "  -o FILE               write there instead of to standard output\n"
    "  --list-passes         print the passes of the default pipeline in order\n"
    "  -h, --help            print this\n"
    "\n"
    "Exit codes: 0 done, 1 the module or a pass is wrong, 2 usage, 3 a file cannot be read or "
    "written.\n";

/* ---- options ---- */

/* The value of --name=value or --name value; NULL when arg is another option or the value is
 * missing. */
static const char *value_of(int argc, char **argv, int *i, const char *name) {
  const char *arg = argv[*i];
  size_t n = strlen(name);
  if (strncmp(arg, name, n) != 0)
    return NULL;
  if (arg[n] == '=')
    return arg + n + 1;
  return arg[n] == '\0' && *i + 1 < argc ? argv[++*i] : NULL;
}

static bool parse_count(const char *text, int *n) {
  char *end;
  errno = 0;
  long v = strtol(text, &end, 10);
  *n = (int)v;
  return !errno && end != text && !*end && v >= 0 && v <= 1 << 20;
}

static bool parse_flag(Options *o, const char *arg) {
  static const struct {
    const char *name;
    size_t offset;
  } flags[] = {
      {"--default-pipeline", offsetof(Options, run_default)},
      {"--list-passes", offsetof(Options, list_passes)},
      {"--verify-each", offsetof(Options, pipeline.verify_each)},
      {"--time-passes", offsetof(Options, pipeline.time_passes)},
      {"--help", offsetof(Options, help)},
      {"-h", offsetof(Options, help)},
  };
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    if (strcmp(arg, flags[i].name) == 0) {
      *(bool *)((char *)o + flags[i].offset) = true;
      return true;
    }
  return false;
}

/* One argument, and the one behind it when that is its value. */
static bool parse_arg(Options *o, int argc, char **argv, int *i) {
  const char *arg = argv[*i], *v;
  TppcPipelineOptions *p = &o->pipeline;
  if (parse_flag(o, arg))
    return true;
  if ((v = value_of(argc, argv, i, "--pass")))
    o->passes = v;
  else if ((v = value_of(argc, argv, i, "--print-ir-after")))
    p->print_after = v;
  else if ((v = value_of(argc, argv, i, "--stop-after")))
    p->stop_after = v;
  else if ((v = value_of(argc, argv, i, "--provider")))
    p->pass.provider = v;
  else if ((v = value_of(argc, argv, i, "--threads")))
    return parse_count(v, &p->pass.threads);
  else if ((v = value_of(argc, argv, i, "--vector-bytes")))
    return parse_count(v, &p->pass.vector_bytes);
  else if ((v = value_of(argc, argv, i, "-o")))
    o->output = v;
  else if ((arg[0] != '-' || !arg[1]) && !o->input)
    o->input = arg;
  else
    return false;
  return true;
}

/* ---- output ---- */

static void show_message(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  TppcBuf b = {0};
  const bool *color = user;
  tppc_render_text(&b, dx, items, n, *color);
  fwrite(b.data, 1, b.n, stderr);
  tppc_buf_free(&b);
}

static void show_text(void *user, const char *text) {
  (void)user;
  fputs(text, stderr);
}

static void list_passes(void) {
  static const char *const levels[] = {"tpp", "loop", "rt"};
  const TppcPass *p;
  for (int i = 0; (p = tppc_pass_at(i)); i++)
    printf("%-20s %-4s -> %-4s  %s\n", p->name, levels[p->needs], levels[p->leaves], p->doc);
}

/* ---- the work ---- */

static int file_error(const char *verb, const char *path) {
  fprintf(stderr, "tppc-opt: cannot %s '%s': %s\n", verb, path, strerror(errno));
  return BAD_FILE;
}

static int process(TppcContext *cx, const Options *o) {
  size_t size;
  const char *text = tppc_file_read(cx->arena, o->input, &size);
  if (!text)
    return file_error("read", o->input);
  const char *name = strcmp(o->input, "-") == 0 ? "<stdin>" : o->input;
  TppcModule *m = tppc_parse_tir(cx, tppc_source_add(cx->diags, name, text, size));
  bool ok = m && tppc_verify(m);
  if (ok && (o->passes || o->run_default))
    ok = tppc_run_passes(m, o->passes, &o->pipeline);
  tppc_diag_flush(cx->diags);
  if (!ok)
    return BAD_MODULE;
  TppcBuf b = {0};
  tppc_print_module(&b, m);
  int result = tppc_file_write(o->output, b.data, b.n) ? DONE : file_error("write", o->output);
  tppc_buf_free(&b);
  return result;
}

int main(int argc, char **argv) {
  Options o = {.output = "-"};
  o.pipeline.print = show_text;
  o.pipeline.pass = (TppcPassOptions){
      .vector_bytes = 32, .l1_bytes = 32 << 10, .l2_bytes = 512 << 10, .stream_bytes = 1 << 20};
  for (int i = 1; i < argc; i++)
    if (!parse_arg(&o, argc, argv, &i)) {
      fprintf(stderr, "tppc-opt: unknown or incomplete option '%s'; see --help\n", argv[i]);
      return BAD_USAGE;
    }
  if (o.help) {
    fputs(help_text, stdout);
    return DONE;
  }
  if (o.list_passes) {
    list_passes();
    return DONE;
  }
  if (!o.input || (o.passes && o.run_default)) {
    fputs(o.input ? "tppc-opt: --pass and --default-pipeline exclude each other\n"
                  : "tppc-opt: no input file; see --help\n",
          stderr);
    return BAD_USAGE;
  }
  TppcContext *cx = tppc_context_create();
  bool color = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
  tppc_diags_set_handler(cx->diags, show_message, &color);
  int result = process(cx, &o);
  tppc_context_destroy(cx);
  return result;
}
