/* Schedule strings: letters, grids, barriers, and a policy.
 *
 *   string = { letter [ '{' ('R'|'C'|'L') ':' digits '}' ] | '|' } [ '@' policy ]
 *   policy = 'schedule' '(' 'static' ')' | 'schedule' '(' 'dynamic' [ ',' digits ] ')'
 *
 * That is PARLOOPER's notation. The reader takes any bytes, so that a string from a program, the
 * command line, or a tuning database is never trusted; each refusal names the bytes that are to
 * blame. Blanks may stand anywhere between the parts.
 */
#include "schedule/schedule.h"

#include "support/utf8.h"

#include <string.h>

typedef struct Reader {
  TppcArena *arena;
  const char *text;
  uint32_t size, at;
  TppcSchedString *out;
  TppcSchedError *error;
} Reader;

static bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
static bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static char peek(const Reader *r) {
  return r->at < r->size ? r->text[r->at] : '\0';
}

static void skip_blanks(Reader *r) {
  while (r->at < r->size && (r->text[r->at] == ' ' || r->text[r->at] == '\t'))
    r->at++;
}

static bool fail(Reader *r, uint32_t begin, uint32_t end, const char *what) {
  *r->error = (TppcSchedError){begin, end, what};
  return false;
}

/* What stands at r->at is not what may stand there. */
static bool fail_here(Reader *r, const char *expected) {
  if (r->at >= r->size)
    return fail(r, r->size, r->size,
                tppc_sprintf(r->arena, "the end, where %s is expected,", expected));
  size_t n = tppc_utf8_length(r->text + r->at, r->size - r->at);
  unsigned char c = (unsigned char)r->text[r->at];
  const char *what;
  if (n == 0 || c < 0x20 || c == 0x7f)
    what = tppc_sprintf(r->arena, "the byte 0x%02x", c);
  else
    what = tppc_sprintf(r->arena, "'%.*s'", (int)n, r->text + r->at);
  return fail(r, r->at, r->at + (n ? (uint32_t)n : 1),
              tppc_sprintf(r->arena, "%s, where %s is expected,", what, expected));
}

static bool expect(Reader *r, char c, const char *expected) {
  skip_blanks(r);
  if (peek(r) != c || r->at >= r->size)
    return fail_here(r, expected);
  r->at++;
  return true;
}

/* A number from 1 to TPPC_SCHED_MAX_SIZE. */
static bool read_number(Reader *r, const char *expected, int64_t *value) {
  skip_blanks(r);
  uint32_t begin = r->at;
  if (!is_digit(peek(r)))
    return fail_here(r, expected);
  *value = 0;
  while (is_digit(peek(r))) {
    if (*value <= TPPC_SCHED_MAX_SIZE)
      *value = *value * 10 + (peek(r) - '0');
    r->at++;
  }
  if (*value < 1 || *value > TPPC_SCHED_MAX_SIZE)
    return fail(r, begin, r->at, "a number that is not from 1 to 2147483647");
  return true;
}

static bool read_word(Reader *r, const char *word) {
  skip_blanks(r);
  size_t n = strlen(word);
  if (r->size - r->at < n || memcmp(r->text + r->at, word, n) != 0)
    return false;
  r->at += (uint32_t)n;
  return true;
}

static bool read_grid(Reader *r, TppcSchedLevel *level) {
  if (!level->capital)
    return fail(r, r->at, r->at + 1, "a grid after a loop that is not parallel");
  level->grid_at = r->at++;
  skip_blanks(r);
  char axis = peek(r);
  if (axis != 'R' && axis != 'C' && axis != 'L')
    return fail_here(r, "R, C, or L");
  r->at++;
  int64_t count;
  if (!expect(r, ':', "':'") || !read_number(r, "a number of threads", &count) ||
      !expect(r, '}', "'}'"))
    return false;
  level->grid = axis;
  level->grid_threads = count;
  level->grid_end = r->at;
  return true;
}

static bool read_letter(Reader *r) {
  char c = peek(r);
  TppcSchedLevels *levels = &r->out->levels;
  if (levels->n == TPPC_SCHED_MAX_LEVELS)
    return fail(r, r->at, r->size,
                tppc_sprintf(r->arena, "more than %d letters", TPPC_SCHED_MAX_LEVELS));
  TppcSchedLevel level = {.letter = (char)(is_upper(c) ? c - 'A' + 'a' : c),
                          .capital = is_upper(c),
                          .loop = -1,
                          .at = r->at++};
  for (int i = 0; i < levels->n; i++)
    level.nth += levels->data[i].letter == level.letter;
  skip_blanks(r);
  if (peek(r) == '{' && !read_grid(r, &level))
    return false;
  TPPC_PUSH(r->arena, levels, level);
  return true;
}

static bool read_barrier(Reader *r) {
  TppcSchedLevels *levels = &r->out->levels;
  if (levels->n == 0)
    return fail(r, r->at, r->at + 1, "a barrier before any loop");
  TppcSchedLevel *level = &levels->data[levels->n - 1];
  if (level->barrier)
    return fail(r, r->at, r->at + 1, "a second barrier after one loop");
  level->barrier = true;
  level->barrier_at = r->at++;
  return true;
}

static bool read_policy(Reader *r) {
  r->at++;
  if (!read_word(r, "schedule"))
    return fail_here(r, "schedule(...)");
  if (!expect(r, '(', "'('"))
    return false;
  if (read_word(r, "dynamic")) {
    r->out->dynamic = true;
    skip_blanks(r);
    if (peek(r) == ',') {
      r->at++;
      if (!read_number(r, "a number of iterations", &r->out->chunk))
        return false;
    }
  } else if (!read_word(r, "static")) {
    return fail_here(r, "static or dynamic");
  }
  if (!expect(r, ')', "')'"))
    return false;
  skip_blanks(r);
  return r->at == r->size || fail_here(r, "the end");
}

bool tppc_schedule_parse(TppcArena *a, const char *text, size_t size, TppcSchedString *out,
                         TppcSchedError *error) {
  *out = (TppcSchedString){.chunk = 1};
  Reader r = {.arena = a, .text = text, .size = (uint32_t)size, .out = out, .error = error};
  if (size > UINT32_MAX / 2)
    return fail(&r, 0, 0, "too long a text");
  for (skip_blanks(&r); r.at < r.size; skip_blanks(&r)) {
    char c = peek(&r);
    bool ok;
    if (is_lower(c) || is_upper(c))
      ok = read_letter(&r);
    else if (c == '|')
      ok = read_barrier(&r);
    else if (c == '@')
      ok = read_policy(&r);
    else
      ok = fail_here(&r, "a letter, '|', or '@'");
    if (!ok)
      return false;
  }
  return true;
}
