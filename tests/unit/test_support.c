#include "support/arena.h"
#include "support/file.h"
#include "support/json.h"
#include "support/keywords.h"
#include "support/map.h"
#include "support/memory.h"
#include "support/str.h"
#include "support/utf8.h"
#include "support/vec.h"

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define TEST_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ASAN
#endif
#endif
#ifdef TEST_ASAN
#include <sanitizer/asan_interface.h>
#endif

/* ---- arena ---- */

static void arena_blocks(Test *t) {
  TppcArena *a = tppc_arena_new();
  bool zeroed = true, aligned = true, kept = true;
  unsigned char *blocks[500];
  for (size_t i = 0; i < 500; i++) {
    size_t n = i * 37 % 5000;
    blocks[i] = tppc_alloc(a, n);
    aligned &= (uintptr_t)blocks[i] % _Alignof(max_align_t) == 0;
    for (size_t j = 0; j < n; j++)
      zeroed &= blocks[i][j] == 0;
    memset(blocks[i], (int)(i & 0xFF), n);
  }
  for (size_t i = 0; i < 500; i++)
    for (size_t j = 0; j < i * 37 % 5000; j++)
      kept &= blocks[i][j] == (i & 0xFF);
  CHECK(t, zeroed);
  CHECK(t, aligned);
  CHECK(t, kept);
  tppc_arena_free(a);
  tppc_arena_free(NULL);
}

/* A large block must not make the room left in the current chunk unusable. */
static void arena_large(Test *t) {
  TppcArena *a = tppc_arena_new();
  char *small = tppc_alloc(a, 16);
  char *large = tppc_alloc(a, 10u << 20);
  char *next = tppc_alloc(a, 16);
  large[(10u << 20) - 1] = 1;
  CHECK(t, next > small && next - small < 256);
  CHECK(t, tppc_alloc(a, 0) != tppc_alloc(a, 0));
  tppc_arena_free(a);
}

static void arena_strings(Test *t) {
  TppcArena *a = tppc_arena_new();
  CHECK_STR(t, tppc_strdup(a, ""), "");
  CHECK_STR(t, tppc_strndup(a, "brgemm", 2), "br");
  CHECK_STR(t, tppc_strndup(a, NULL, 0), "");
  CHECK_STR(t, tppc_sprintf(a, "%s[%d]", "acc", 7), "acc[7]");
  char *wide = tppc_sprintf(a, "%10000d", 1);
  CHECK_INT(t, strlen(wide), 10000);
  tppc_arena_free(a);
}

/* Only what was asked for may be touched: the byte behind a block, and the block after arena_free,
 * are not. */
static void arena_poison(Test *t) {
#ifdef TEST_ASAN
  TppcArena *a = tppc_arena_new();
  char *p = tppc_alloc(a, 13);
  CHECK(t, !__asan_region_is_poisoned(p, 13));
  CHECK(t, __asan_address_is_poisoned(p + 13));
  tppc_alloc(a, 100);
  CHECK(t, __asan_address_is_poisoned(p + 13));
  CHECK(t, __asan_address_is_poisoned(p + 16));
  CHECK(t, !__asan_region_is_poisoned(p, 13));
  tppc_arena_free(a);
  CHECK(t, __asan_address_is_poisoned(p));
#else
  CHECK(t, true);
#endif
}

/* ---- vec, map ---- */

static void vec_grows(Test *t) {
  TppcArena *a = tppc_arena_new();
  TppcVec(int) v = {0};
  for (int i = 0; i < 1000; i++)
    TPPC_PUSH(a, &v, i * i);
  bool same = true;
  for (int i = 0; i < 1000; i++)
    same &= v.data[i] == i * i;
  CHECK_INT(t, v.n, 1000);
  CHECK(t, same && v.cap >= v.n);
  tppc_arena_free(a);
}

static void map_holds(Test *t) {
  TppcArena *a = tppc_arena_new();
  TppcMap m = {.arena = a};
  static int keys[3000];
  CHECK(t, tppc_map_get(&m, &keys[0]) == NULL);
  for (int i = 0; i < 3000; i += 2)
    tppc_map_set(&m, &keys[i], &keys[i / 2]);
  bool same = true;
  for (int i = 0; i < 3000; i++)
    same &= tppc_map_get(&m, &keys[i]) == (i % 2 ? NULL : (void *)&keys[i / 2]);
  CHECK(t, same);
  CHECK_INT(t, m.n, 1500);
  tppc_map_set(&m, &keys[4], &keys[9]);
  CHECK(t, tppc_map_get(&m, &keys[4]) == &keys[9]);
  CHECK_INT(t, m.n, 1500);
  CHECK(t, tppc_map_get(&m, NULL) == NULL);
  tppc_arena_free(a);
}

/* ---- interner, text ---- */

static void intern_is_unique(Test *t) {
  TppcArena *a = tppc_arena_new();
  TppcInterner *in = tppc_interner_new(a);
  char text[] = "brgemm";
  const char *first = tppc_intern(in, text);
  text[0] = 'x';
  CHECK_STR(t, first, "brgemm");
  CHECK(t, first == tppc_intern_n(in, "brgemm_x", 6));
  CHECK(t, first != tppc_intern(in, text));
  CHECK(t, tppc_intern(in, "") == tppc_intern_n(in, "zz", 0));
  CHECK(t, tppc_intern_n(in, "a\0b", 3) != tppc_intern_n(in, "a\0c", 3));
  const char *names[2000];
  for (int i = 0; i < 2000; i++)
    names[i] = tppc_internf(in, "v%d", i);
  bool same = true;
  for (int i = 0; i < 2000; i++)
    same &= names[i] == tppc_internf(in, "%c%d", 'v', i);
  CHECK(t, same);
  const char *wide = tppc_internf(in, "%300d", 5);
  CHECK_INT(t, strlen(wide), 300);
  CHECK(t, wide == tppc_internf(in, "%300d", 5));
  tppc_arena_free(a);
}

static void buf_builds(Test *t) {
  TppcBuf b = {0};
  tppc_buf_write(&b, "", 0);
  CHECK_STR(t, b.data, "");
  tppc_buf_putc(&b, 'm');
  tppc_buf_puts(&b, "=");
  tppc_buf_printf(&b, "%d;%s", 32, "n");
  tppc_buf_write(&b, "=64..", 3);
  CHECK_STR(t, b.data, "m=32;n=64");
  for (int i = 0; i < 10000; i++)
    tppc_buf_printf(&b, "%04d", i);
  CHECK_INT(t, b.n, 9 + 40000);
  CHECK_INT(t, strlen(b.data), b.n);
  CHECK_STR(t, b.data + b.n - 4, "9999");
  tppc_buf_free(&b);
  CHECK(t, b.data == NULL && b.n == 0);
}

static void edit_distances(Test *t) {
  CHECK_INT(t, tppc_edit_distance("", ""), 0);
  CHECK_INT(t, tppc_edit_distance("", "abc"), 3);
  CHECK_INT(t, tppc_edit_distance("abc", ""), 3);
  CHECK_INT(t, tppc_edit_distance("brgemm", "brgemm"), 0);
  CHECK_INT(t, tppc_edit_distance("brgmem", "brgemm"), 1);
  CHECK_INT(t, tppc_edit_distance("kitten", "sitting"), 3);
  CHECK_INT(t, tppc_edit_distance("ca", "abc"), 3);
  CHECK_INT(t, tppc_edit_distance("relu", "gelu"), 1);
}

static void c_keywords(Test *t) {
  CHECK(t, tppc_is_c_keyword("int"));
  CHECK(t, tppc_is_c_keyword("decltype"));
  CHECK(t, tppc_is_c_keyword("xor_eq"));
  CHECK(t, !tppc_is_c_keyword("integer"));
  CHECK(t, !tppc_is_c_keyword(""));
}

/* ---- UTF-8, JSON ---- */

static void utf8_lengths(Test *t) {
  CHECK_INT(t, tppc_utf8_length("", 0), 0);
  CHECK_INT(t, tppc_utf8_length("a", 1), 1);
  CHECK_INT(t, tppc_utf8_length("\xC3\xA4", 2), 2);
  CHECK_INT(t, tppc_utf8_length("\xE2\x82\xAC", 3), 3);
  CHECK_INT(t, tppc_utf8_length("\xF0\x9F\x98\x80", 4), 4);
  CHECK_INT(t, tppc_utf8_length("\xE2\x82\xAC", 2), 0);     /* cut off */
  CHECK_INT(t, tppc_utf8_length("\xA4", 1), 0);             /* continuation alone */
  CHECK_INT(t, tppc_utf8_length("\xC0\x80", 2), 0);         /* overlong */
  CHECK_INT(t, tppc_utf8_length("\xE0\x80\x80", 3), 0);     /* overlong */
  CHECK_INT(t, tppc_utf8_length("\xED\xA0\x80", 3), 0);     /* surrogate */
  CHECK_INT(t, tppc_utf8_length("\xF4\x90\x80\x80", 4), 0); /* above U+10FFFF */
}

static void json_escapes(Test *t) {
  TppcBuf b = {0};
  tppc_json_string(&b, "a\"b\\c\n\t\r\x01\x7F/\xC3\xA4\xFFz");
  CHECK_STR(t, b.data, "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u007f/\xC3\xA4\\ufffdz\"");
  tppc_buf_free(&b);
  tppc_json_string_n(&b, "a\0b", 3);
  CHECK_STR(t, b.data, "\"a\\u0000b\"");
  tppc_buf_free(&b);
}

/* ---- files ---- */

typedef struct Scratch {
  char dir[64], path[128];
} Scratch;

/* A fresh folder in the working directory, and a path in it. */
static bool scratch_new(Test *t, Scratch *s) {
  strcpy(s->dir, "scratch.XXXXXX");
  if (!CHECK(t, mkdtemp(s->dir) != NULL))
    return false;
  snprintf(s->path, sizeof s->path, "%s/a.o", s->dir);
  return true;
}

/* The folder must hold nothing but the file, or rmdir fails: no temporary is left. */
static void scratch_end(Test *t, const Scratch *s) {
  unlink(s->path);
  CHECK_INT(t, rmdir(s->dir), 0);
}

static bool holds(const char *path, const char *text) {
  TppcArena *a = tppc_arena_new();
  size_t n = 0;
  char *got = tppc_file_read(a, path, &n);
  bool same = got && n == strlen(text) && memcmp(got, text, n + 1) == 0;
  tppc_arena_free(a);
  return same;
}

static mode_t mode_of(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static void file_round_trip(Test *t) {
  Scratch s;
  if (!scratch_new(t, &s))
    return;
  mode_t old = umask(027);
  CHECK(t, tppc_file_write(s.path, "one", 3));
  umask(old);
  CHECK(t, holds(s.path, "one"));
  CHECK_INT(t, mode_of(s.path), 0640);
  chmod(s.path, 0600);
  CHECK(t, tppc_file_write(s.path, "", 0));
  CHECK(t, holds(s.path, ""));
  CHECK_INT(t, mode_of(s.path), 0600);
  scratch_end(t, &s);
}

static void file_large(Test *t) {
  Scratch s;
  if (!scratch_new(t, &s))
    return;
  size_t size = 3u << 20, n = 0;
  char *data = malloc(size);
  if (!CHECK(t, data != NULL))
    return;
  for (size_t i = 0; i < size; i++)
    data[i] = (char)(i * 7 + (i >> 12));
  CHECK(t, tppc_file_write(s.path, data, size));
  TppcArena *a = tppc_arena_new();
  char *got = tppc_file_read(a, s.path, &n);
  CHECK(t, got && n == size && memcmp(got, data, size) == 0 && got[size] == 0);
  tppc_arena_free(a);
  free(data);
  scratch_end(t, &s);
}

static void file_failures(Test *t) {
  Scratch s;
  if (!scratch_new(t, &s))
    return;
  TppcArena *a = tppc_arena_new();
  size_t n = 0;
  errno = 0;
  CHECK(t, tppc_file_read(a, s.path, &n) == NULL && errno == ENOENT);
  CHECK(t, tppc_file_read(a, s.dir, &n) == NULL && errno == EISDIR);
  CHECK(t, !tppc_file_write(s.dir, "x", 1) && errno == EISDIR);
  char deep[160];
  snprintf(deep, sizeof deep, "%s/none/a.o", s.dir);
  CHECK(t, !tppc_file_write(deep, "x", 1) && errno == ENOENT);
  snprintf(deep, sizeof deep, "%s/", s.path);
  CHECK(t, !tppc_file_write(deep, "x", 1));
  tppc_arena_free(a);
  scratch_end(t, &s);
}

/* A link stays a link; what it points to is replaced. */
static void file_symlink(Test *t) {
  Scratch s;
  if (!scratch_new(t, &s))
    return;
  char link[160];
  snprintf(link, sizeof link, "%s/link.o", s.dir);
  CHECK(t, tppc_file_write(s.path, "old", 3));
  CHECK_INT(t, symlink("a.o", link), 0);
  CHECK(t, tppc_file_write(link, "new", 3));
  struct stat st;
  CHECK(t, lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
  CHECK(t, holds(s.path, "new"));
  unlink(s.path);
  CHECK(t, tppc_file_write(link, "made", 4)); /* the target does not exist */
  CHECK(t, lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
  CHECK(t, holds(s.path, "made"));
  unlink(link);
  scratch_end(t, &s);
}

static void *read_fifo(void *path) {
  static const char want[] = "through the pipe";
  return holds(path, want) ? path : NULL;
}

static void file_devices(Test *t) {
  CHECK(t, tppc_file_write("/dev/null", "x", 1));
  struct stat st;
  CHECK(t, stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
  CHECK(t, !tppc_file_write("/dev/full", "x", 1) && errno == ENOSPC);
  Scratch s;
  if (!scratch_new(t, &s))
    return;
  pthread_t reader;
  if (CHECK_INT(t, mkfifo(s.path, 0600), 0) &&
      CHECK_INT(t, pthread_create(&reader, NULL, read_fifo, s.path), 0)) {
    void *same = NULL;
    CHECK(t, tppc_file_write(s.path, "through the pipe", 16));
    pthread_join(reader, &same);
    CHECK(t, same != NULL);
    CHECK(t, stat(s.path, &st) == 0 && S_ISFIFO(st.st_mode));
  }
  scratch_end(t, &s);
}

/* Memory that cannot be ends the process with a message, not with a signal. */
static void memory_ends(Test *t) {
  int text[2], status = 0;
  char message[64] = {0};
  if (!CHECK_INT(t, pipe(text), 0))
    return;
  pid_t child = fork();
  if (child == 0) {
    dup2(text[1], STDERR_FILENO);
    tppc_zeroed(SIZE_MAX / 2, 16);
    _exit(0);
  }
  close(text[1]);
  CHECK(t, child > 0 && waitpid(child, &status, 0) == child);
  CHECK(t, read(text[0], message, sizeof message - 1) > 0);
  close(text[0]);
  CHECK_STR(t, message, "tppc: error: out of memory\n");
  CHECK(t, WIFEXITED(status) && WEXITSTATUS(status) == TPPC_OUT_OF_MEMORY);
}

TEST_MAIN({"arena.blocks", arena_blocks}, {"arena.large", arena_large},
          {"arena.strings", arena_strings}, {"arena.poison", arena_poison},
          {"memory.ends", memory_ends}, {"vec.grows", vec_grows}, {"map.holds", map_holds},
          {"intern.is-unique", intern_is_unique}, {"buf.builds", buf_builds},
          {"edit.distances", edit_distances}, {"c.keywords", c_keywords},
          {"utf8.lengths", utf8_lengths}, {"json.escapes", json_escapes},
          {"file.round-trip", file_round_trip}, {"file.large", file_large},
          {"file.failures", file_failures}, {"file.symlink", file_symlink},
          {"file.devices", file_devices})
