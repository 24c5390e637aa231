/* Shared libraries, by the system's C compiler, or the cross compiler of another machine: it knows
 * where crt files and libraries are. */
#include "llvm/llvm.h"
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool fail(TppcContext *cx, const char *out, const char *why) {
  tppc_diag(cx->diags, TPPC_D_link_failed, TPPC_NO_SPAN, out, why);
  return false;
}

static bool write_all(int fd, const char *data, size_t size) {
  while (size) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0) {
      data += n;
      size -= (size_t)n;
    }
  }
  return true;
}

/* A literal that an argument vector, which is not const, may point at. */
static char *word(TppcArena *a, const char *s) {
  return tppc_strdup(a, s);
}

/* The command that links for the machine of an ELF object. */
static const char *linker_of(const char *object, size_t size) {
  enum { MACHINE = 18, X86_64 = 62, AARCH64 = 183 };
  int machine = size > MACHINE ? (unsigned char)object[MACHINE] : 0;
#if defined(__aarch64__)
  return machine == X86_64 ? "x86_64-linux-gnu-gcc" : "cc";
#else
  return machine == AARCH64 ? "aarch64-linux-gnu-gcc" : "cc";
#endif
}

static int run_cc(TppcArena *a, const char *cc, const char *object, const char *out,
                  const char *runtime_dir) {
  char *argv[12];
  int n = 0;
  argv[n++] = word(a, cc);
  argv[n++] = word(a, "-shared");
  argv[n++] = word(a, "-o");
  argv[n++] = word(a, out);
  argv[n++] = word(a, object);
  if (runtime_dir) {
    argv[n++] = tppc_sprintf(a, "-L%s", runtime_dir);
    argv[n++] = tppc_sprintf(a, "-Wl,-rpath,%s", runtime_dir);
    argv[n++] = word(a, "-ltpprt");
  }
  argv[n++] = word(a, "-lm");
  argv[n] = NULL;
  pid_t pid;
  int status = 0, error = posix_spawnp(&pid, cc, NULL, NULL, argv, environ);
  if (error)
    return -error;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return -errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool tppc_link_shared(TppcContext *cx, const char *object, size_t size, const char *out,
                      const char *runtime_dir) {
  TppcArena *a = cx->arena;
  char *temporary = tppc_sprintf(a, "%s.XXXXXX", out), *linked = tppc_sprintf(a, "%s.tmp.so", out);
  int fd = mkstemp(temporary);
  if (fd < 0)
    return fail(cx, out, strerror(errno));
  bool written = write_all(fd, object, size);
  int error = errno;
  if (close(fd) || !written) {
    unlink(temporary);
    return fail(cx, out, strerror(error));
  }
  char *named = tppc_sprintf(a, "%s.o", temporary);
  const char *cc = linker_of(object, size);
  /* The runtime beside the compiler is for this machine; the program brings that of another. */
  const char *runtime = strcmp(cc, "cc") == 0 ? runtime_dir : NULL;
  int status = rename(temporary, named) ? -errno : run_cc(a, cc, named, linked, runtime);
  unlink(temporary);
  unlink(named);
  if (!status && rename(linked, out))
    status = -errno;
  if (!status)
    return true;
  unlink(linked);
  return fail(cx, out,
              status < 0 ? tppc_sprintf(a, "%s: %s", cc, strerror(-status))
                         : tppc_sprintf(a, "%s failed with status %d", cc, status));
}
