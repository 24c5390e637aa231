#include "diag/diag.h"

#include "test.h"

/* A collector with one source, and everything it reported as text. */
typedef struct Fixture {
  TppcDiags *dx;
  TppcBuf out;
  int calls;
  bool color;
} Fixture;

static void as_text(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  Fixture *f = user;
  f->calls++;
  tppc_render_text(&f->out, dx, items, n, f->color);
}

static Fixture start(const char *text) {
  Fixture f = {.dx = tppc_diags_new()};
  if (text)
    tppc_source_add(f.dx, "fc.tpp", text, strlen(text));
  return f;
}

static void report_to(Fixture *f) {
  tppc_diags_set_handler(f->dx, as_text, f);
}

static void finish(Fixture *f) {
  tppc_diags_free(f->dx);
  tppc_buf_free(&f->out);
}

static TppcSpan span(uint32_t begin, uint32_t end) {
  return (TppcSpan){1, begin, end};
}

/* One error over begin..end of text, as it is shown. */
static void check_shown(Test *t, const char *text, uint32_t begin, uint32_t end, const char *want) {
  Fixture f = start(text);
  report_to(&f);
  tppc_diag(f.dx, TPPC_D_syntax, span(begin, end), "m");
  tppc_diag_flush(f.dx);
  CHECK_STR(t, f.out.data, want);
  finish(&f);
}

/* ---- sources ---- */

static void check_pos(Test *t, const TppcDiags *dx, uint32_t offset, int line, int column) {
  int l, c;
  tppc_source_pos(dx, 1, offset, &l, &c);
  CHECK_INT(t, l, line);
  CHECK_INT(t, c, column);
}

static void source_positions(Test *t) {
  Fixture f = start("ab\n\nc\r\nd");
  check_pos(t, f.dx, 0, 1, 1);
  check_pos(t, f.dx, 2, 1, 3);
  check_pos(t, f.dx, 3, 2, 1);
  check_pos(t, f.dx, 4, 3, 1);
  check_pos(t, f.dx, 7, 4, 1);
  check_pos(t, f.dx, 8, 4, 2);
  check_pos(t, f.dx, 4000, 4, 2);
  size_t size;
  CHECK_STR(t, tppc_source_text(f.dx, 1, &size), "ab\n\nc\r\nd");
  CHECK_INT(t, size, 8);
  CHECK_STR(t, tppc_source_name(f.dx, 1), "fc.tpp");
  CHECK_STR(t, tppc_source_name(f.dx, 0), "tppc");
  CHECK_STR(t, tppc_source_name(f.dx, 9), "tppc");
  finish(&f);
}

static void span_joins(Test *t) {
  TppcSpan j = tppc_span_join(span(4, 6), span(1, 5));
  CHECK(t, j.source == 1 && j.begin == 1 && j.end == 6);
  j = tppc_span_join(TPPC_NO_SPAN, span(1, 5));
  CHECK(t, j.source == 1 && j.begin == 1 && j.end == 5);
  j = tppc_span_join(span(1, 5), (TppcSpan){2, 7, 8});
  CHECK(t, j.source == 1 && j.end == 5);
}

/* ---- text ---- */

/* The example of the reference of the commands. */
static void text_whole_message(Test *t) {
  static const char text[] = "\n\n\n\n    acc[m, n] += x\n\n\n\n\n"
                             "schedule fc \"nKMN\" { m: 32; n: 256, 64; k: 256; }\n";
  Fixture f = start(text);
  report_to(&f);
  uint32_t line = (uint32_t)(strstr(text, "schedule") - text);
  tppc_diag(f.dx, TPPC_D_parallel_reduction, span(line + 14, line + 15), "k", "acc");
  tppc_diag_label(f.dx, "%s here", "parallel");
  tppc_diag_note(f.dx, span(8, 17), "'acc[m, n]' is summed over '%s' here", "k");
  tppc_diag_note(f.dx, TPPC_NO_SPAN, "with %d threads both update acc[0, 0]", 2);
  tppc_diag_help(f.dx, "write 'k', or add 'reduce k = private;'");
  CHECK_INT(t, f.calls, 0);
  tppc_diag_flush(f.dx);
  CHECK_INT(t, f.calls, 1);
  tppc_diag_flush(f.dx);
  CHECK_INT(t, f.calls, 1);
  CHECK_STR(t, f.out.data,
            "fc.tpp:10:15: error: loop 'k' is a reduction; running it in parallel races on 'acc' "
            "[X0001]\n"
            "   10 | schedule fc \"nKMN\" { m: 32; n: 256, 64; k: 256; }\n"
            "      |               ^ parallel here\n"
            "fc.tpp:5:5: note: 'acc[m, n]' is summed over 'k' here\n"
            "    5 |     acc[m, n] += x\n"
            "      |     ^~~~~~~~~\n"
            "note: with 2 threads both update acc[0, 0]\n"
            "help: write 'k', or add 'reduce k = private;'\n");
  finish(&f);
}

static void text_carets(Test *t) {
  check_shown(t, "abc def", 4, 7,
              "fc.tpp:1:5: error: m [X0002]\n    1 | abc def\n      |     ^~~\n");
  check_shown(t, "\tx\ty", 3, 4, "fc.tpp:1:4: error: m [X0002]\n    1 | \tx\ty\n      | \t \t^\n");
  /* Bytes are counted, characters are drawn: 'ä' has two bytes and one cell. */
  check_shown(t, "\xC3\xA4\xC3\xA4 = b\xC3\xA4z", 7, 11,
              "fc.tpp:1:8: error: m [X0002]\n    1 | \xC3\xA4\xC3\xA4 = b\xC3\xA4z\n"
              "      |      ^~~\n");
  check_shown(t, "\xE2\x82\xAC x", 0, 3,
              "fc.tpp:1:1: error: m [X0002]\n    1 | \xE2\x82\xAC x\n      | ^\n");
  check_shown(t, "a\r\nb c\r\n", 5, 6, "fc.tpp:2:3: error: m [X0002]\n    2 | b c\n      |   ^\n");
}

static void text_ends(Test *t) {
  check_shown(t, "", 0, 0, "fc.tpp:1:1: error: m [X0002]\n    1 |\n      | ^\n");
  check_shown(t, "ab", 2, 2, "fc.tpp:1:3: error: m [X0002]\n    1 | ab\n      |   ^\n");
  check_shown(t, "ab\n", 3, 3, "fc.tpp:2:1: error: m [X0002]\n    2 |\n      | ^\n");
  check_shown(t, "ab\n", 90, 99, "fc.tpp:2:1: error: m [X0002]\n    2 |\n      | ^\n");
  check_shown(t, "ab\r\nc", 2, 4, "fc.tpp:1:3: error: m [X0002]\n    1 | ab\n      |   ^\n");
  /* Several lines: the first. */
  check_shown(t, "nest m {\n  y\n}\n", 5, 14,
              "fc.tpp:1:6: error: m [X0002]\n    1 | nest m {\n      |      ^~~\n");
}

/* A terminal must not obey a source. */
static void text_control_bytes(Test *t) {
  check_shown(t, "a\033[31mb \xFFz", 8, 9,
              "fc.tpp:1:9: error: m [X0002]\n    1 | a?[31mb ?z\n      |         ^\n");
  check_shown(t, "\xC2\x9B x", 3, 4, "fc.tpp:1:4: error: m [X0002]\n    1 | ? x\n      |   ^\n");
}

static void text_long_lines(Test *t) {
  char text[1001], want[2000];
  for (int i = 0; i < 1000; i++)
    text[i] = (char)('a' + i % 26);
  text[1000] = '\0';
  snprintf(want, sizeof want,
           "fc.tpp:1:501: error: m [X0002]\n    1 | ...%.160s...\n      |    %40s^~~~~\n",
           text + 460, "");
  check_shown(t, text, 500, 505, want);
  snprintf(want, sizeof want, "fc.tpp:1:6: error: m [X0002]\n    1 | %.160s...\n      |      ^~\n",
           text);
  check_shown(t, text, 5, 7, want);
  snprintf(want, sizeof want, "fc.tpp:1:999: error: m [X0002]\n    1 | ...%s\n      |    %158s^~\n",
           text + 840, "");
  check_shown(t, text, 998, 1000, want);
  text[200] = '\0'; /* just short enough */
  snprintf(want, sizeof want, "fc.tpp:1:200: error: m [X0002]\n    1 | %s\n      | %199s^\n", text,
           "");
  check_shown(t, text, 199, 200, want);
}

/* A cut never splits a character. */
static void text_long_utf8(Test *t) {
  char text[1501];
  for (int i = 0; i < 1500; i += 3)
    memcpy(text + i, "\xE2\x82\xAC", 3);
  text[1500] = '\0';
  Fixture f = start(text);
  report_to(&f);
  for (uint32_t at = 0; at < 1500; at += 3)
    tppc_diag(f.dx, TPPC_D_syntax, span(at, at + 3), "m");
  tppc_diag_flush(f.dx);
  CHECK(t, strchr(f.out.data, '?') == NULL);
  finish(&f);
}

/* Any bytes, any spans: nothing is read out of bounds, and every line that is shown has its caret.
 */
static void text_any_bytes(Test *t) {
  unsigned state = 12345;
  for (int round = 0; round < 300; round++) {
    char text[700];
    unsigned n = (unsigned)round * 7 / 3;
    for (unsigned i = 0; i < n; i++) {
      state = state * 1664525 + 1013904223;
      text[i] = "a\t\n\r \xC3\xA4\xF0\x9F\x98\xFFz\033\"\\\x7F"[state >> 28];
    }
    Fixture f = {.dx = tppc_diags_new()};
    tppc_source_add(f.dx, "any", text, n);
    report_to(&f);
    for (unsigned i = 0; i < 20; i++) {
      state = state * 1664525 + 1013904223;
      uint32_t begin = (state >> 16) % (n + 3), length = (state >> 8) % 50;
      tppc_diag(f.dx, TPPC_D_syntax, span(begin, begin + length), "m");
    }
    tppc_diag_flush(f.dx);
    int carets = 0;
    for (const char *c = f.out.data; *c; c++)
      carets += *c == '^';
    CHECK_INT(t, carets, f.calls);
    CHECK(t, !strchr(f.out.data, '\033') && !strchr(f.out.data, '\r'));
    finish(&f);
  }
}

static void text_fixits(Test *t) {
  Fixture f = start("brgmem C, A, B\nrelu C");
  report_to(&f);
  tppc_diag(f.dx, TPPC_D_syntax, span(0, 6), "unknown 'brgmem'");
  tppc_diag_label(f.dx, "here");
  tppc_diag_fixit(f.dx, span(0, 6), "brgemm");
  tppc_diag_fixit(f.dx, span(21, 21), ";");
  tppc_diag_fixit(f.dx, span(15, 20), "");
  tppc_diag_flush(f.dx);
  CHECK_STR(t, f.out.data,
            "fc.tpp:1:1: error: unknown 'brgmem' [X0002]\n"
            "    1 | brgmem C, A, B\n"
            "      | ^~~~~~ here\n"
            "      | brgemm\n"
            "help: insert ';'\n"
            "    2 | relu C\n"
            "      |       ^\n"
            "      |       ;\n"
            "help: remove this\n"
            "    2 | relu C\n"
            "      | ^~~~~\n");
  finish(&f);
}

static void text_no_place(Test *t) {
  Fixture f = start(NULL);
  report_to(&f);
  tppc_diag(f.dx, TPPC_D_no_such_file, TPPC_NO_SPAN, "a.tpp");
  tppc_diag_help(f.dx, "look at\nthe name");
  tppc_diag(f.dx, TPPC_D_no_such_file, TPPC_NO_SPAN, "b.tpp");
  tppc_diag(f.dx, TPPC_D_no_such_file, TPPC_NO_SPAN, "a.tpp");
  tppc_diag_flush(f.dx);
  CHECK_STR(t, f.out.data,
            "tppc: fatal error: cannot read 'a.tpp' [X0003]\n"
            "help: look at\nthe name\n"
            "tppc: fatal error: cannot read 'b.tpp' [X0003]\n");
  CHECK_INT(t, tppc_diags_errors(f.dx), 2);
  finish(&f);
}

static void text_color(Test *t) {
  Fixture f = start("x");
  f.color = true;
  report_to(&f);
  tppc_diag(f.dx, TPPC_D_unused_schedule, span(0, 1), "s");
  tppc_diag_label(f.dx, "l");
  tppc_diag_note(f.dx, TPPC_NO_SPAN, "n");
  tppc_diag_flush(f.dx);
  CHECK_STR(t, f.out.data,
            "\033[1mfc.tpp:1:1: \033[0;1;35mwarning: \033[0m\033[1mschedule 's' is not used "
            "[X0004]\033[0m\n"
            "    1 | x\n"
            "      | \033[0;1;32m^\033[0m l\n"
            "\033[1m\033[0;1;36mnote: \033[0mn\n");
  finish(&f);
}

/* ---- collecting ---- */

static void collect_once_a_place(Test *t) {
  Fixture f = start("abc");
  report_to(&f);
  tppc_diag(f.dx, TPPC_D_syntax, span(0, 1), "one");
  tppc_diag(f.dx, TPPC_D_syntax, span(0, 1), "two");
  tppc_diag_note(f.dx, span(0, 1), "of the second");
  tppc_diag_label(f.dx, "of the second");
  tppc_diag_fixit(f.dx, span(0, 1), "z");
  tppc_diag(f.dx, TPPC_D_syntax, span(0, 2), "three");
  tppc_diag(f.dx, TPPC_D_unused_schedule, span(0, 1), "s");
  tppc_diag_flush(f.dx);
  CHECK_INT(t, f.calls, 3);
  CHECK_INT(t, tppc_diags_errors(f.dx), 2);
  CHECK_INT(t, tppc_diags_warnings(f.dx), 1);
  CHECK(t, strstr(f.out.data, "second") == NULL);
  finish(&f);
}

static void collect_limit(Test *t) {
  Fixture f = start("0123456789012345678901234567890123456789");
  report_to(&f);
  for (uint32_t i = 0; i < 30; i++) {
    tppc_diag(f.dx, TPPC_D_syntax, span(i, i + 1), "m");
    tppc_diag_note(f.dx, TPPC_NO_SPAN, "note %u.", i);
  }
  tppc_diag(f.dx, TPPC_D_unused_schedule, span(0, 1), "s");
  tppc_diag_flush(f.dx);
  CHECK_INT(t, f.calls, 22); /* 20 errors, that there are more, the warning */
  CHECK_INT(t, tppc_diags_errors(f.dx), 30);
  CHECK(t, strstr(f.out.data, "note 19.\n"
                              "tppc: note: more than 20 errors; the rest are not shown\n"
                              "fc.tpp:1:1: warning: ") != NULL);
  CHECK(t, strstr(f.out.data, "note 20.") == NULL);
  finish(&f);
}

static void collect_without_handler(Test *t) {
  Fixture f = start("abc");
  tppc_diag_note(f.dx, TPPC_NO_SPAN, "to nothing");
  tppc_diag_label(f.dx, "to nothing");
  tppc_diag_flush(f.dx);
  tppc_diag(f.dx, TPPC_D_syntax, span(0, 1), "m");
  tppc_diag_flush(f.dx);
  CHECK_INT(t, tppc_diags_errors(f.dx), 1);
  tppc_diags_free(NULL);
  finish(&f);
}

/* ---- -W ---- */

/* What the three warnings do under the options, as "w" warned, "e" error, "-" silent. */
static void check_warnings(Test *t, const char *const *options, int n, const char *want) {
  char got[4] = "";
  for (int i = 0; i < 3; i++) {
    Fixture f = start("abc");
    for (int o = 0; o < n; o++)
      CHECK(t, tppc_diags_set_warning(f.dx, options[o]));
    if (i == 0)
      tppc_diag(f.dx, TPPC_D_unused_schedule, span(0, 1), "s");
    else if (i == 1)
      tppc_diag(f.dx, TPPC_D_slow_path, span(0, 1), 3, 5);
    else
      tppc_diag(f.dx, TPPC_D_stale_row, span(0, 1), 7LL);
    tppc_diag_flush(f.dx);
    got[i] = tppc_diags_errors(f.dx) ? 'e' : tppc_diags_warnings(f.dx) ? 'w' : '-';
    finish(&f);
  }
  CHECK_STR(t, got, want);
}

#define WITH(...)                                                                                  \
  (const char *const[]){__VA_ARGS__}, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static void warning_options(Test *t) {
  check_warnings(t, WITH("all"), "www");
  check_warnings(t, WITH("no-perf"), "w-w");
  check_warnings(t, WITH("no-unused-schedule"), "-ww");
  check_warnings(t, WITH("no-tuned-rows"), "ww-");
  check_warnings(t, WITH("no-all", "perf"), "-w-");
  check_warnings(t, WITH("no-all", "stale-row"), "--w");
  check_warnings(t, WITH("error"), "eee");
  check_warnings(t, WITH("error", "no-perf"), "e-e");
  check_warnings(t, WITH("error", "no-error=perf"), "ewe");
  check_warnings(t, WITH("error", "no-error"), "www");
  Fixture f = start("abc");
  CHECK(t, !tppc_diags_set_warning(f.dx, "no-such"));
  CHECK(t, !tppc_diags_set_warning(f.dx, "syntax"));
  CHECK(t, !tppc_diags_set_warning(f.dx, "none"));
  CHECK(t, !tppc_diags_set_warning(f.dx, "no-error=syntax"));
  CHECK(t, !tppc_diags_set_warning(f.dx, ""));
  CHECK(t, tppc_diags_set_warning(f.dx, "error"));
  report_to(&f);
  tppc_diag(f.dx, TPPC_D_slow_path, span(0, 1), 3, 5);
  tppc_diag_flush(f.dx);
  CHECK_STR(t, f.out.data,
            "fc.tpp:1:1: error: no kernel for 3 x 5 [X0005, -Werror]\n"
            "    1 | abc\n      | ^\n");
  finish(&f);
}

/* ---- rows ---- */

static void rows_by_code(Test *t) {
  CHECK_INT(t, tppc_diag_by_code("X0001"), TPPC_D_parallel_reduction);
  CHECK_INT(t, tppc_diag_by_code("X0099"), TPPC_D_COUNT);
  CHECK_STR(t, tppc_diag_code(TPPC_D_slow_path), "X0005");
  CHECK_STR(t, tppc_diag_name(TPPC_D_parallel_reduction), "parallel-reduction");
  CHECK_STR(t, tppc_diag_cause(TPPC_D_no_such_file), "Name a file that exists.");
  CHECK_INT(t, tppc_diag_severity(TPPC_D_stale_row), TPPC_WARNING);
}

/* ---- for diag_json.py: a program's worth of awkward messages as JSON lines or as SARIF ---- */

typedef struct Machine {
  TppcBuf out;
  bool sarif;
  int n;
} Machine;

static void as_data(void *user, TppcDiags *dx, const TppcDiagItem *items, int n) {
  Machine *m = user;
  if (m->sarif) {
    tppc_render_sarif_result(&m->out, dx, items, n, m->n == 0);
  } else {
    tppc_render_json(&m->out, dx, items, n);
    tppc_buf_putc(&m->out, '\n');
  }
  m->n++;
}

static int dump(bool sarif) {
  Fixture f = start("\xC3\xA4 = \"b\\c\";\n\xFFz\n");
  Machine m = {.sarif = sarif};
  tppc_diags_set_handler(f.dx, as_data, &m);
  if (sarif)
    tppc_render_sarif_begin(&m.out);
  uint32_t option = tppc_source_add(f.dx, "<--schedule>", "fc=nK", 5);
  tppc_diag(f.dx, TPPC_D_syntax, span(5, 11), "quote \" and \\ and \xFF");
  tppc_diag_label(f.dx, "here");
  tppc_diag_note(f.dx, (TppcSpan){option, 3, 5}, "given here");
  tppc_diag_note(f.dx, TPPC_NO_SPAN, "no place");
  tppc_diag_help(f.dx, "two\nlines");
  tppc_diag_fixit(f.dx, span(5, 6), "'");
  tppc_diag_fixit(f.dx, (TppcSpan){option, 5, 5}, "N");
  tppc_diag(f.dx, TPPC_D_no_such_file, TPPC_NO_SPAN, "a.tpp");
  tppc_diag(f.dx, TPPC_D_slow_path, span(13, 900), 3, 5);
  tppc_diag_flush(f.dx);
  if (sarif)
    tppc_render_sarif_end(&m.out);
  fputs(m.out.data, stdout);
  tppc_buf_free(&m.out);
  finish(&f);
  return 0;
}

int main(int argc, char **argv) {
  static const TestCase cases[] = {
      {"source.positions", source_positions},
      {"span.joins", span_joins},
      {"text.whole-message", text_whole_message},
      {"text.carets", text_carets},
      {"text.ends", text_ends},
      {"text.control-bytes", text_control_bytes},
      {"text.long-lines", text_long_lines},
      {"text.long-utf8", text_long_utf8},
      {"text.any-bytes", text_any_bytes},
      {"text.fixits", text_fixits},
      {"text.no-place", text_no_place},
      {"text.color", text_color},
      {"collect.once-a-place", collect_once_a_place},
      {"collect.limit", collect_limit},
      {"collect.without-handler", collect_without_handler},
      {"warning.options", warning_options},
      {"rows.by-code", rows_by_code},
  };
  if (argc == 2 && strcmp(argv[1], "--json") == 0)
    return dump(false);
  if (argc == 2 && strcmp(argv[1], "--sarif") == 0)
    return dump(true);
  return test_main(cases, (int)(sizeof cases / sizeof cases[0]), argc, argv);
}
