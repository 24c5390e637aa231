/* Whole files. A write goes to a temporary file beside its target and is renamed over it, so that a
 * reader, or make after an interrupt, sees the old file or the new one and never a part. Devices
 * and pipes cannot be replaced and are written in place. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include "support/file.h"

#include "support/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Closing or unlinking on the way out must not hide why the operation failed. */
static void close_keeping_errno(int fd) {
  int saved = errno;
  close(fd);
  errno = saved;
}

/* Reads to the end of fd: the size fstat tells is only a first guess, since pipes and /proc have
 * none. */
static char *read_all(TppcArena *a, int fd, size_t *size) {
  struct stat st;
  size_t cap = 64 * 1024, n = 0;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
    cap = (size_t)st.st_size + 1;
  char *data = malloc(cap);
  while (data) {
    ssize_t got = read(fd, data + n, cap - n);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      break;
    n += (size_t)got;
    if (got == 0) {
      char *text = tppc_strndup(a, data, n);
      free(data);
      *size = n;
      return text;
    }
    if (n == cap) {
      cap *= 2;
      char *grown = realloc(data, cap);
      if (!grown)
        break;
      data = grown;
    }
  }
  int saved = errno;
  free(data);
  errno = saved;
  return NULL;
}

char *tppc_file_read(TppcArena *a, const char *path, size_t *size) {
  if (strcmp(path, "-") == 0)
    return read_all(a, STDIN_FILENO, size);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return NULL;
  char *text = read_all(a, fd, size);
  close_keeping_errno(fd);
  return text;
}

static bool write_all(int fd, const char *data, size_t size) {
  while (size) {
    ssize_t put = write(fd, data, size);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return false;
    data += put;
    size -= (size_t)put;
  }
  return true;
}

static bool write_in_place(const char *path, const void *data, size_t size) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  bool ok = write_all(fd, data, size);
  if (!ok) {
    close_keeping_errno(fd);
    return false;
  }
  return close(fd) == 0;
}

/* Creates a file of a free name that starts with path; opened rather than made by mkstemp, so that
 * the umask decides its permissions. *name is the caller's to free. */
static int open_beside(const char *path, TppcBuf *name) {
  for (int attempt = 0; attempt < 1000; attempt++) {
    tppc_buf_free(name);
    tppc_buf_printf(name, "%s.%ld-%d.tmp", path, (long)getpid(), attempt);
    int fd = open(name->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST)
      return fd;
  }
  return -1;
}

/* target is no symbolic link. old is its status when it exists already: its permissions are kept.
 */
static bool write_replacing(const char *target, const struct stat *old, const void *data,
                            size_t size) {
  TppcBuf temp = {0};
  int fd = open_beside(target, &temp);
  if (fd < 0) {
    int saved = errno;
    tppc_buf_free(&temp);
    errno = saved;
    return false;
  }
  bool ok = write_all(fd, data, size);
  if (ok && old)
    ok = fchmod(fd, old->st_mode & 0777) == 0;
  if (ok)
    ok = close(fd) == 0;
  else
    close_keeping_errno(fd);
  if (ok)
    ok = rename(temp.data, target) == 0;
  int saved = errno;
  if (!ok)
    unlink(temp.data);
  tppc_buf_free(&temp);
  errno = saved;
  return ok;
}

/* path is a symbolic link to nothing: making what it points to tells where that is. */
static bool write_through_link(const char *path, const void *data, size_t size) {
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
    return false;
  close(fd);
  char *target = realpath(path, NULL);
  if (!target)
    return false;
  bool ok = write_replacing(target, NULL, data, size);
  int saved = errno;
  if (!ok)
    unlink(target);
  free(target);
  errno = saved;
  return ok;
}

static bool write_over(const char *path, const struct stat *old, const void *data, size_t size) {
  /* rename asks for no permission on the file it replaces; who made it read-only meant it. */
  if (access(path, W_OK) != 0)
    return false;
  char *target = realpath(path, NULL);
  if (!target)
    return false;
  bool ok = write_replacing(target, old, data, size);
  int saved = errno;
  free(target);
  errno = saved;
  return ok;
}

bool tppc_file_write(const char *path, const void *data, size_t size) {
  struct stat st;
  if (strcmp(path, "-") == 0)
    return fflush(stdout) == 0 && write_all(STDOUT_FILENO, data, size);
  if (stat(path, &st) == 0)
    return S_ISREG(st.st_mode) ? write_over(path, &st, data, size)
                               : write_in_place(path, data, size);
  if (errno != ENOENT)
    return false;
  if (lstat(path, &st) == 0)
    return write_through_link(path, data, size);
  return write_replacing(path, NULL, data, size);
}
