#include "driver/options.h"

#include "support/str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef enum Kind { FLAG, JOINED, EITHER, EQUALS, MAYBE } Kind;
typedef enum Group {
  OUTPUT,
  PROGRAM,
  CODE,
  RUNNING,
  MEASURING,
  FORMATTING,
  MESSAGES,
  INSIDE,
  GROUPS
} Group;
enum {
  COMPILE = TPPC_CMD_COMPILE,
  CHECK = TPPC_CMD_CHECK,
  RUN = TPPC_CMD_RUN,
  INTERP = TPPC_CMD_INTERP,
  EXPLAIN = TPPC_CMD_EXPLAIN,
  FMT = TPPC_CMD_FMT,
  INFO = TPPC_CMD_INFO,
  TARGETS = TPPC_CMD_TARGETS,
  BENCH = TPPC_CMD_BENCH,
  BENCHCMP = TPPC_CMD_BENCHCMP
};
#define ALL (COMPILE | CHECK | RUN | INTERP | EXPLAIN | BENCH)
#define ANY (ALL | FMT | INFO | TARGETS | BENCHCMP)

typedef struct Row {
  const char *spelling;
  Kind kind;
  const char *metavar;
  int commands;
  Group group;
  const char *help;
} Row;

static const Row rows[] = {
#define OPTION(id, spelling, kind, metavar, commands, group, help)                                 \
  {spelling, kind, metavar, commands, group, help},
#include "driver/options.def"
#undef OPTION
};

static const char *command_name(TppcCommand c) {
  switch (c) {
  case TPPC_CMD_COMPILE:
    return "tppc";
  case TPPC_CMD_CHECK:
    return "tppc check";
  case TPPC_CMD_RUN:
    return "tppc run";
  case TPPC_CMD_INTERP:
    return "tppc interp";
  case TPPC_CMD_EXPLAIN:
    return "tppc explain";
  case TPPC_CMD_FMT:
    return "tppc fmt";
  case TPPC_CMD_INFO:
    return "tppc info";
  case TPPC_CMD_TARGETS:
    return "tppc targets";
  case TPPC_CMD_BENCH:
    return "tppc bench";
  case TPPC_CMD_BENCHCMP:
    return "tppc benchcmp";
  }
  return "tppc";
}

/* Does arg spell the row? *value becomes the attached value, or NULL when the next argument is it.
 */
static bool spells(const Row *row, const char *arg, const char **value) {
  size_t n = strlen(row->spelling);
  if (strncmp(arg, row->spelling, n))
    return false;
  const char *rest = arg + n;
  *value = NULL;
  switch (row->kind) {
  case FLAG:
    *value = "";
    return *rest == 0;
  case JOINED:
    *value = rest;
    return *rest != 0;
  case EQUALS:
    *value = rest + 1;
    return *rest == '=';
  case MAYBE:
    *value = *rest ? rest + 1 : "";
    return *rest == 0 || *rest == '=';
  case EITHER:
    if (*rest == 0)
      return true;
    if (*rest == '=') {
      *value = rest + 1;
      return true;
    }
    *value = rest;
    return row->spelling[1] != '-'; /* -DN=4, but not --schedulex */
  }
  return false;
}

/* The longest spelling that fits, so that -MD is not -M with D. */
static int find(const char *arg, const char **value) {
  int best = -1;
  for (int i = 0; i < TPPC_OPT_COUNT; i++) {
    const char *v;
    if (spells(&rows[i], arg, &v) &&
        (best < 0 || strlen(rows[i].spelling) > strlen(rows[best].spelling))) {
      best = i;
      *value = v;
    }
  }
  return best;
}

static void unknown(const char *command, const char *arg) {
  int best = 3;
  const char *near = NULL;
  for (int i = 0; i < TPPC_OPT_COUNT; i++) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(arg, "="), arg);
    int d = tppc_edit_distance(name, rows[i].spelling);
    if (d < best) {
      best = d;
      near = rows[i].spelling;
    }
  }
  fprintf(stderr, "%s: error: there is no option '%s'", command, arg);
  if (near)
    fprintf(stderr, "; did you mean '%s'?", near);
  fprintf(stderr, "\nsee tppc --help\n");
}

static bool __attribute__((format(printf, 2, 3)))
usage_error(const char *command, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  fprintf(stderr, "%s: error: ", command);
  vfprintf(stderr, format, ap);
  fprintf(stderr, "\nsee tppc --help\n");
  va_end(ap);
  return false;
}

bool tppc_args_parse(TppcArgs *out, TppcCommand command, int argc, char **argv) {
  const char *name = command_name(command);
  *out = (TppcArgs){.command = command,
                    .files = calloc((size_t)argc + 1, sizeof *out->files),
                    .given = calloc((size_t)argc + 1, sizeof *out->given)};
  if (!out->given || !out->files)
    return false;
  bool options = true;
  for (int i = 0; i < argc; i++) {
    const char *arg = argv[i], *value = NULL;
    if (options && !strcmp(arg, "--")) {
      options = false;
      continue;
    }
    if (!options || arg[0] != '-' || arg[1] == 0) {
      if (out->file && command != TPPC_CMD_FMT && command != TPPC_CMD_BENCHCMP)
        return usage_error(name, "one file at a time: '%s' is a second one", arg);
      out->file = out->file ? out->file : arg;
      out->files[out->n_files++] = arg;
      continue;
    }
    int id = find(arg, &value);
    if (id < 0) {
      unknown(name, arg);
      return false;
    }
    if (!(rows[id].commands & (int)command))
      return usage_error(name, "option '%s' does not belong to this command", rows[id].spelling);
    if (!value) {
      if (i + 1 == argc)
        return usage_error(name, "option '%s' needs a value", rows[id].spelling);
      value = argv[++i];
    }
    out->given[out->n++] = (TppcGiven){(TppcOptionId)id, value};
  }
  return true;
}

void tppc_args_free(TppcArgs *a) {
  free(a->given);
  free(a->files);
}

const char *tppc_args_get(const TppcArgs *a, TppcOptionId id) {
  for (int i = a->n - 1; i >= 0; i--)
    if (a->given[i].id == id)
      return a->given[i].value;
  return NULL;
}

const char *tppc_option_key(TppcOptionId id) {
  const char *s = rows[id].spelling;
  return s + strspn(s, "-");
}

static const char *const titles[GROUPS] = {
    [OUTPUT] = "Output",     [PROGRAM] = "Program",      [CODE] = "Code",
    [RUNNING] = "Running",   [MEASURING] = "Measuring",  [FORMATTING] = "Formatting",
    [MESSAGES] = "Messages", [INSIDE] = "Looking inside"};

static const char *const usages[][2] = {
    {"tppc f.tpp -o f.o [-H f.h]", "compile to an object and a C header"},
    {"tppc check f.tpp", "syntax, types, legality of schedules"},
    {"tppc run f.tpp -k fc -D M=256", "compile in process and call"},
    {"tppc interp f.tpp ...", "the same with the reference interpreter"},
    {"tppc bench f.tpp -k fc -D M=256", "measure beside the peaks of this machine"},
    {"tppc benchcmp a.json b.json", "compare two measurements"},
    {"tppc fmt [f.tpp ...]", "format sources"},
    {"tppc explain f.tpp -k fc", "what becomes of a kernel, and why"},
    {"tppc info f.o", "how an object was made"},
    {"tppc targets", "CPUs for -march, and what this machine has"},
    {"tppc explain S0103", "what a diagnostic means"}};

static const char exit_codes[] =
    "0 done; 1 the program is wrong; 2 usage; 3 a file, or memory; 4 --verify found a "
    "difference; 5 benchcmp's gate; 70 internal error";

static void print_spelling(FILE *out, const Row *r) {
  const char *join = r->kind == EQUALS ? "=" : r->kind == EITHER ? " " : "";
  if (r->kind == MAYBE)
    fprintf(out, "%s[=%s]", r->spelling, r->metavar);
  else
    fprintf(out, "%s%s%s", r->spelling, *r->metavar ? join : "", r->metavar);
}

/* For troff: '-' is a hyphen there, and a period or an apostrophe first in a line a request. */
static void print_roff(FILE *out, const char *text) {
  if (*text == '.' || *text == '\'')
    fputs("\\&", out);
  for (; *text; text++) {
    if (*text == '\\')
      fputs("\\e", out);
    else
      fprintf(out, *text == '-' ? "\\%c" : "%c", *text);
  }
}

static void roff_option(FILE *out, const Row *r) {
  const char *join = r->kind == EQUALS ? "=" : r->kind == EITHER ? " " : "";
  fputs(".TP\n\\fB", out);
  print_roff(out, r->spelling);
  fputs("\\fR", out);
  if (*r->metavar) {
    fputs(r->kind == MAYBE ? "[=" : join, out);
    fputs("\\fI", out);
    print_roff(out, r->metavar);
    fputs(r->kind == MAYBE ? "\\fR]" : "\\fR", out);
  }
  fputc('\n', out);
  print_roff(out, r->help);
  fputc('\n', out);
}

void tppc_args_manual(FILE *out, const char *version) {
  fprintf(out,
          ".TH TPPC 1 \"\" \"tppc %s\"\n.SH NAME\n"
          "tppc \\- compiler for Tensor Processing Primitives\n.SH SYNOPSIS\n.nf\n",
          version);
  for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
    print_roff(out, usages[i][0]);
    fputc('\n', out);
  }
  fputs(".fi\n.SH COMMANDS\n", out);
  for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
    fputs(".TP\n.B ", out);
    print_roff(out, usages[i][0]);
    fputc('\n', out);
    print_roff(out, usages[i][1]);
    fputc('\n', out);
  }
  fputs(".SH OPTIONS\n", out);
  for (int g = 0; g < GROUPS; g++) {
    fprintf(out, ".SS %s\n", titles[g]);
    for (int i = 0; i < TPPC_OPT_COUNT; i++)
      if ((int)rows[i].group == g)
        roff_option(out, &rows[i]);
  }
  fputs(".SH EXIT STATUS\n", out);
  print_roff(out, exit_codes);
  fputc('\n', out);
}

static void bash_options(FILE *out, int command) {
  const char *gap = "";
  for (int i = 0; i < TPPC_OPT_COUNT; i++) {
    const Row *r = &rows[i];
    if (!(r->commands & command))
      continue;
    fprintf(out, "%s%s%s", gap, r->spelling, r->kind == EQUALS ? "=" : "");
    gap = " ";
  }
}

void tppc_args_completion(FILE *out) {
  fputs("# bash completion of tppc, written by tppc --print-completion\n_tppc() {\n"
        "  local cur=${COMP_WORDS[COMP_CWORD]} words=\n  COMPREPLY=()\n"
        "  case ${COMP_WORDS[1]} in\n",
        out);
  for (int c = TPPC_CMD_CHECK; c <= TPPC_CMD_BENCHCMP; c *= 2) {
    fprintf(out, "  %s) words='", command_name((TppcCommand)c) + strlen("tppc "));
    bash_options(out, c);
    fputs("' ;;\n", out);
  }
  fputs("  *) words='", out);
  bash_options(out, COMPILE);
  fputs("' ;;\n  esac\n  if [[ $COMP_CWORD == 1 && $cur != -* ]]; then\n    words='", out);
  for (int c = TPPC_CMD_CHECK; c <= TPPC_CMD_BENCHCMP; c *= 2)
    fprintf(out, "%s%s", c == TPPC_CMD_CHECK ? "" : " ",
            command_name((TppcCommand)c) + strlen("tppc "));
  fputs("'\n  elif [[ $cur != -* ]]; then\n    return\n  fi\n"
        "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
        "  [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null\n  return 0\n}\n"
        "complete -o default -F _tppc tppc\n",
        out);
}

void tppc_args_help(FILE *out) {
  for (size_t i = 0; i < sizeof usages / sizeof *usages; i++)
    fprintf(out, "%s %-30s  %s\n", i ? "      " : "usage:", usages[i][0], usages[i][1]);
  for (int g = 0; g < GROUPS; g++) {
    fprintf(out, "\n%s\n", titles[g]);
    for (int i = 0; i < TPPC_OPT_COUNT; i++) {
      const Row *r = &rows[i];
      if ((int)r->group != g)
        continue;
      char left[64] = "";
      FILE *text = fmemopen(left, sizeof left, "w");
      if (text) {
        print_spelling(text, r);
        fclose(text);
      }
      fprintf(out, "  %-26s %s\n", left, r->help);
    }
  }
  fprintf(out, "\nExit codes: %s\n", exit_codes);
}
