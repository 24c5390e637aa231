/* Compile and check, and what every command does first: a session with the options given. */
#include "driver/commands.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void to_stderr(void *user, const char *text, size_t n) {
  (void)user;
  fwrite(text, 1, n, stderr);
}

static bool stderr_has_colors(const char *when) {
  if (when && !strcmp(when, "always"))
    return true;
  if (when && !strcmp(when, "never"))
    return false;
  const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
  return isatty(STDERR_FILENO) && !(none && *none) && !(term && !strcmp(term, "dumb"));
}

TppcResult tppc_usage(const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  fprintf(stderr, "tppc: error: ");
  vfprintf(stderr, format, ap);
  fprintf(stderr, "\nsee tppc --help\n");
  va_end(ap);
  return TPPC_BAD_USAGE;
}

TppcResult tppc_command_messages(TppcSession *s, const TppcArgs *args) {
  const char *format = tppc_args_get(args, TPPC_OPT_format),
             *color = tppc_args_get(args, TPPC_OPT_color);
  TppcFormat f = TPPC_TEXT;
  if (format && !strcmp(format, "json"))
    f = TPPC_JSON;
  else if (format && !strcmp(format, "sarif"))
    f = TPPC_SARIF;
  else if (format && strcmp(format, "text"))
    return tppc_usage("--diagnostics-format takes text, json, or sarif, not '%s'", format);
  if (color && strcmp(color, "auto") && strcmp(color, "always") && strcmp(color, "never"))
    return tppc_usage("--color takes auto, always, or never, not '%s'", color);
  tppc_session_messages(s, f, stderr_has_colors(color), to_stderr, NULL);
  return TPPC_DONE;
}

/* Options that a session knows; the others are the commands' own. */
static bool is_session_option(TppcOptionId id) {
  switch (id) {
  case TPPC_OPT_define:
  case TPPC_OPT_include:
  case TPPC_OPT_kernel:
  case TPPC_OPT_schedule:
  case TPPC_OPT_schedule_file:
  case TPPC_OPT_optimize:
  case TPPC_OPT_march:
  case TPPC_OPT_target:
  case TPPC_OPT_debug:
  case TPPC_OPT_pic:
  case TPPC_OPT_threads:
  case TPPC_OPT_provider:
  case TPPC_OPT_check_ranges:
  case TPPC_OPT_deterministic:
  case TPPC_OPT_sanitize:
  case TPPC_OPT_warn:
  case TPPC_OPT_print_after:
  case TPPC_OPT_stop_after:
  case TPPC_OPT_time_passes:
  case TPPC_OPT_verify_each:
    return true;
  default:
    return false;
  }
}

static TppcResult set_options(TppcSession *s, const TppcArgs *args) {
  TppcResult r = tppc_command_messages(s, args);
  for (int i = 0; i < args->n && r == TPPC_DONE; i++) {
    const TppcGiven *g = &args->given[i];
    if (is_session_option(g->id))
      r = tppc_session_set(s, tppc_option_key(g->id), g->value);
  }
  bool runs = args->command == TPPC_CMD_RUN || args->command == TPPC_CMD_INTERP ||
              args->command == TPPC_CMD_EXPLAIN || args->command == TPPC_CMD_BENCH;
  if (r == TPPC_DONE && runs && !tppc_args_get(args, TPPC_OPT_march))
    r = tppc_session_set(s, "march", "native");
  return r;
}

/* ---- tppc f.tpp ---- */

static const char *ending(const char *product) {
  static const char *const endings[][2] = {
      {"ast", ".ast"},       {"tpp", ".tir"},  {"loops", ".loops.tir"}, {"rt", ".rt.tir"},
      {"llvm", ".ll"},       {"asm", ".s"},    {"obj", ".o"},           {"header", ".h"},
      {"manifest", ".json"}, {"shared", ".so"}};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (!strcmp(product, endings[i][0]))
      return endings[i][1];
  return "";
}

/* dir/f.tpp with another ending becomes f.o in the current folder, as compilers do. */
static void default_name(char *out, size_t size, const char *file, const char *product) {
  const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
  const char *dot = strrchr(name, '.');
  int n = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
  snprintf(out, size, "%.*s%s", n, name, ending(product));
}

static TppcResult emit_list(TppcSession *s, const TppcArgs *args, const char *list) {
  const char *output = tppc_args_get(args, TPPC_OPT_output);
  bool several = strchr(list, ',') != NULL;
  if (several && output && !strcmp(output, "-"))
    return tppc_usage("'-o -' takes one product, not '%s'", list);
  while (*list) {
    char product[32], path[4096];
    size_t n = strcspn(list, ",");
    if (n == 0 || n >= sizeof product)
      return tppc_usage("--emit has an empty or unknown product in '%s'", list);
    memcpy(product, list, n);
    product[n] = 0;
    if (!*ending(product))
      return tppc_usage("--emit does not know '%s'; it takes ast, tpp, loops, rt, llvm, asm, obj, "
                        "header, manifest",
                        product);
    if (output && several)
      snprintf(path, sizeof path, "%s%s", output, ending(product));
    else if (output)
      snprintf(path, sizeof path, "%s", output);
    else
      default_name(path, sizeof path, args->file, product);
    TppcResult r = tppc_session_write(s, product, path);
    if (r != TPPC_DONE)
      return r;
    list += n + (list[n] == ',');
  }
  return TPPC_DONE;
}

static TppcResult write_deps(TppcSession *s, const TppcArgs *args) {
  const char *file = tppc_args_get(args, TPPC_OPT_depfile),
             *output = tppc_args_get(args, TPPC_OPT_output);
  if (!file && !tppc_args_get(args, TPPC_OPT_deps))
    return TPPC_DONE;
  char target[4096], path[4100];
  if (output)
    snprintf(target, sizeof target, "%s", output);
  else
    default_name(target, sizeof target, args->file, "obj");
  if (!file) {
    const char *dot = strrchr(target, '.');
    int n = dot ? (int)(dot - target) : (int)strlen(target);
    snprintf(path, sizeof path, "%.*s.d", n, target);
    file = path;
  }
  return tppc_session_write_deps(s, target, file);
}

static TppcResult compile(TppcSession *s, const TppcArgs *args) {
  const char *emit = tppc_args_get(args, TPPC_OPT_emit),
             *header = tppc_args_get(args, TPPC_OPT_header);
  if (!emit)
    emit = tppc_args_get(args, TPPC_OPT_shared) ? "shared" : "obj";
  TppcResult r = tppc_session_load(s, args->file);
  if (r == TPPC_DONE)
    r = emit_list(s, args, emit);
  if (r == TPPC_DONE && header)
    r = tppc_session_write(s, "header", header);
  if (r == TPPC_DONE)
    r = write_deps(s, args);
  return r;
}

static TppcResult check(TppcSession *s, const TppcArgs *args) {
  TppcResult r = tppc_session_load(s, args->file);
  return r == TPPC_DONE ? tppc_session_lower(s) : r;
}

static TppcResult explain(TppcSession *s, const TppcArgs *args) {
  const char *html = tppc_args_get(args, TPPC_OPT_html);
  char *text = NULL;
  size_t n = 0;
  TppcResult r = tppc_session_load(s, args->file);
  if (r == TPPC_DONE)
    r = tppc_session_explain(s, html != NULL, &text, &n);
  if (r == TPPC_DONE)
    r = tppc_session_write_text(s, html ? html : "-", text, n);
  free(text);
  return r;
}

static TppcResult info(TppcSession *s, const TppcArgs *args) {
  char *text = NULL;
  size_t n = 0;
  TppcResult r = tppc_session_info(s, args->file, &text, &n);
  if (r == TPPC_DONE)
    r = tppc_session_write_text(s, "-", text, n);
  free(text);
  return r;
}

static int print_and_free(char *text) {
  fputs(text, stdout);
  free(text);
  return TPPC_DONE;
}

static int targets(const TppcArgs *args) {
  if (args->file)
    return (int)tppc_usage("tppc targets takes no file");
  if (!tppc_args_get(args, TPPC_OPT_calibrate))
    return print_and_free(tppc_print_targets());
  TppcSession *s = tppc_session_new();
  TppcResult r = tppc_command_messages(s, args);
  char *text = NULL;
  if (r == TPPC_DONE)
    r = tppc_session_calibrate(s, &text);
  if (text)
    print_and_free(text);
  tppc_session_end_messages(s);
  tppc_session_free(s);
  return (int)r;
}

int tppc_command(const TppcArgs *args) {
  if (tppc_args_get(args, TPPC_OPT_help)) {
    tppc_args_help(stdout);
    return TPPC_DONE;
  }
  if (tppc_args_get(args, TPPC_OPT_version)) {
    printf("tppc %s\n", tppc_version());
    return TPPC_DONE;
  }
  if (tppc_args_get(args, TPPC_OPT_manual)) {
    tppc_args_manual(stdout, tppc_version());
    return TPPC_DONE;
  }
  const char *shell = tppc_args_get(args, TPPC_OPT_completion);
  if (shell && strcmp(shell, "bash"))
    return (int)tppc_usage("--print-completion takes bash, not '%s'", shell);
  if (shell) {
    tppc_args_completion(stdout);
    return TPPC_DONE;
  }
  const char *ops = tppc_args_get(args, TPPC_OPT_print_ops);
  if (ops) {
    char *text = tppc_print_ops(ops);
    return text ? print_and_free(text)
                : (int)tppc_usage("--print-ops takes text, md, or json, not '%s'", ops);
  }
  if (tppc_args_get(args, TPPC_OPT_list_passes))
    return print_and_free(tppc_print_passes());
  if (args->command == TPPC_CMD_FMT)
    return (int)tppc_fmt(args);
  if (args->command == TPPC_CMD_TARGETS)
    return targets(args);
  if (!args->file)
    return (int)tppc_usage("no input file");

  TppcSession *s = tppc_session_new();
  TppcResult r = set_options(s, args);
  if (r == TPPC_DONE) {
    switch (args->command) {
    case TPPC_CMD_COMPILE:
      r = compile(s, args);
      break;
    case TPPC_CMD_CHECK:
      r = check(s, args);
      break;
    case TPPC_CMD_RUN:
    case TPPC_CMD_INTERP:
      r = tppc_run(s, args);
      break;
    case TPPC_CMD_BENCH:
      r = tppc_bench(s, args);
      break;
    case TPPC_CMD_BENCHCMP:
      r = tppc_benchcmp(s, args);
      break;
    case TPPC_CMD_EXPLAIN:
      r = explain(s, args);
      break;
    case TPPC_CMD_INFO:
      r = info(s, args);
      break;
    case TPPC_CMD_FMT:
    case TPPC_CMD_TARGETS:
      break;
    }
  }
  tppc_session_end_messages(s);
  tppc_session_free(s);
  return (int)r;
}
