/* The unit tests' harness: checks that report and go on, and a main that runs functions by name.
 *
 *   static void grows(Test *t) { CHECK(t, v.n == 3); }
 *   TEST_MAIN({"vec.grows", grows}, ...)
 *
 * A program run with arguments runs only the tests whose names contain one of them. */
#ifndef TPPC_TESTS_UNIT_TEST_H
#define TPPC_TESTS_UNIT_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct Test {
  int checks, failures;
} Test;

static inline bool test_check(Test *t, bool ok, const char *file, int line, const char *what) {
  t->checks++;
  if (ok)
    return true;
  t->failures++;
  printf("not ok %s:%d: %s\n", file, line, what);
  return false;
}

static inline bool test_check_str(Test *t, const char *got, const char *want, const char *file,
                                  int line, const char *what) {
  bool ok = got && want ? strcmp(got, want) == 0 : got == want;
  if (!test_check(t, ok, file, line, what))
    printf("---- got\n%s\n---- want\n%s\n----\n", got ? got : "(null)", want ? want : "(null)");
  return ok;
}

static inline bool test_check_int(Test *t, long long got, long long want, const char *file,
                                  int line, const char *what) {
  bool ok = got == want;
  if (!test_check(t, ok, file, line, what))
    printf("     got %lld, want %lld\n", got, want);
  return ok;
}

#define CHECK(t, cond)          test_check((t), (cond), __FILE__, __LINE__, #cond)
#define CHECK_STR(t, got, want) test_check_str((t), (got), (want), __FILE__, __LINE__, #got)
#define CHECK_INT(t, got, want)                                                                    \
  test_check_int((t), (long long)(got), (long long)(want), __FILE__, __LINE__, #got)

typedef struct TestCase {
  const char *name;
  void (*run)(Test *t);
} TestCase;

static inline int test_main(const TestCase *cases, int n, int argc, char **argv) {
  Test t = {0, 0};
  for (int i = 0; i < n; i++) {
    bool wanted = argc < 2;
    for (int a = 1; a < argc; a++)
      wanted |= strstr(cases[i].name, argv[a]) != NULL;
    if (!wanted)
      continue;
    int before = t.failures;
    cases[i].run(&t);
    printf("%s %s\n", t.failures == before ? "ok" : "not ok", cases[i].name);
  }
  printf("%d checks, %d failures\n", t.checks, t.failures);
  return t.failures || !t.checks ? 1 : 0;
}

#define TEST_MAIN(...)                                                                             \
  int main(int argc, char **argv) {                                                                \
    static const TestCase cases[] = {__VA_ARGS__};                                                 \
    return test_main(cases, (int)(sizeof cases / sizeof cases[0]), argc, argv);                    \
  }

#endif
