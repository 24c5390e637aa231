/* The compiler as a library: sessions through the public header alone. */
#include "test.h"

#include <stdlib.h>
#include <tppc/tppc.h>

typedef struct Log {
  char text[4096];
  size_t n;
} Log;

static void keep(void *user, const char *text, size_t n) {
  Log *log = user;
  if (log->n + n >= sizeof log->text)
    n = sizeof log->text - 1 - log->n;
  memcpy(log->text + log->n, text, n);
  log->n += n;
  log->text[log->n] = 0;
}

static TppcSession *session(Log *log) {
  *log = (Log){{0}, 0};
  TppcSession *s = tppc_session_new();
  tppc_session_messages(s, TPPC_TEXT, 0, keep, log);
  return s;
}

static const char program[] =
    "kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m] + 1.0; } }\n"
    "kernel g[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m] * 2.0; } }\n";

static bool write_program(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  if (!f)
    return false;
  fputs(text, f);
  return fclose(f) == 0;
}

static void options(Test *t) {
  Log log;
  TppcSession *s = session(&log);
  CHECK_INT(t, tppc_session_set(s, "O", "7"), TPPC_BAD_USAGE);
  CHECK(t, strstr(log.text, "option 'O' has the value '7'; it takes 0, 1, 2, or 3 [D0003]"));
  CHECK_INT(t, tppc_session_set(s, "frobnicate", ""), TPPC_BAD_USAGE);
  CHECK(t, strstr(log.text, "there is no option 'frobnicate' [D0004]"));
  CHECK_INT(t, tppc_session_set(s, "print-ir-after", "no-such-pass"), TPPC_BAD_USAGE);
  CHECK_INT(t, tppc_session_set(s, "print-ir-after", "all"), TPPC_DONE);
  tppc_session_free(s);
}

static void products(Test *t) {
  Log log;
  TppcSession *s = session(&log);
  char *text = NULL;
  size_t n = 0;
  CHECK(t, write_program("api.tpp", program));
  CHECK_INT(t, tppc_session_load(s, "api.tpp"), TPPC_DONE);
  CHECK_STR(t, tppc_session_kernel(s, 0), "f");
  CHECK_STR(t, tppc_session_kernel(s, 1), "g");
  CHECK(t, tppc_session_kernel(s, 2) == NULL);
  CHECK_INT(t, tppc_session_emit(s, "soup", &text, &n), TPPC_BAD_USAGE);
  CHECK(t, strstr(log.text, "there is no product 'soup' [D0006]"));
  CHECK_INT(t, tppc_session_emit(s, "header", &text, &n), TPPC_DONE);
  CHECK(t,
        text && strlen(text) == n && strstr(text, "int g(int64_t M, const float *X, float *Y);"));
  free(text);
  CHECK_INT(t, tppc_session_write(s, "obj", "no/such/folder/f.o"), TPPC_BAD_FILE);
  tppc_session_free(s);
}

static void kernels(Test *t) {
  Log log;
  TppcSession *s = session(&log);
  CHECK(t, write_program("api.tpp", program));
  tppc_session_set(s, "k", "h");
  CHECK_INT(t, tppc_session_load(s, "api.tpp"), TPPC_BAD_PROGRAM);
  CHECK(t, strstr(log.text, "'api.tpp' has no kernel 'h' [D0005]"));
  tppc_session_free(s);
}

/* Two sessions at once share nothing. */
static void apart(Test *t) {
  Log a_log, b_log;
  TppcSession *a = session(&a_log), *b = session(&b_log);
  CHECK(t, write_program("api.tpp", program) && write_program("api_bad.tpp", "kernel f["));
  CHECK_INT(t, tppc_session_load(a, "api_bad.tpp"), TPPC_BAD_PROGRAM);
  CHECK_INT(t, tppc_session_load(b, "api.tpp"), TPPC_DONE);
  CHECK_INT(t, tppc_session_lower(b), TPPC_DONE);
  CHECK(t, a_log.n > 0 && b_log.n == 0);
  tppc_session_free(a);
  tppc_session_free(b);
}

TEST_MAIN({"api.options", options}, {"api.products", products}, {"api.kernels", kernels},
          {"api.apart", apart})
