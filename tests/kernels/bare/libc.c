/* The little of the C library that the kernel tests and the runtime's selection ask for, on a
 * machine without an operating system: output is a port that the emulator prints, memory lies at
 * fixed addresses, and pages that a test protects fault, which ends the run without its last line.
 */
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB ((uintptr_t)1 << 20)

enum { PAGE = 4096, PAGES_A_TABLE = 512, TABLES = 16 };
/* The program's sources are at most 15 MiB with its stack; then what malloc gives; then pages one
 * by one. */
static const uintptr_t HEAP = 16 * MIB, HEAP_END = 64 * MIB, PAGED = 64 * MIB;

int bare_main(void);
void bare_start(void);

extern char bare_bss[], bare_end[];

static void out(char c) {
  __asm__ volatile("outb %0, %1" : : "a"(c), "Nd"((uint16_t)0xe9));
}

/* ---- strings ---- */

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
  void *result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
  return result;
}

void *memset(void *to, int c, size_t n) {
  void *result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
  return result;
}

int memcmp(const void *a, const void *b, size_t n) {
  const unsigned char *x = a, *y = b;
  for (; n; n--, x++, y++)
    if (*x != *y)
      return *x - *y;
  return 0;
}

int strcmp(const char *a, const char *b) {
  for (; *a && *a == *b; a++, b++)
    ;
  return (unsigned char)*a - (unsigned char)*b;
}

size_t strlen(const char *s) {
  size_t n = 0;
  while (s[n])
    n++;
  return n;
}

char *strstr(const char *s, const char *word) {
  size_t n = strlen(word);
  for (; *s; s++)
    if (memcmp(s, word, strlen(s) < n ? strlen(s) + 1 : n) == 0)
      return (char *)(uintptr_t)s;
  return n ? NULL : (char *)(uintptr_t)s;
}

/* Of plain decimal digits. */
long strtol(const char *restrict s, char **restrict end, int base) {
  long x = 0;
  for (; *s >= '0' && *s <= '9'; s++)
    x = base * x + (*s - '0');
  if (end)
    *end = (char *)(uintptr_t)s;
  return x;
}

/* ---- output ---- */

typedef struct sink {
  char *text; /* NULL: the port */
  size_t size, n;
} sink;

static void put(sink *s, char c) {
  if (!s->text)
    out(c);
  else if (s->n + 1 < s->size)
    s->text[s->n] = c;
  s->n++;
}

static void put_padded(sink *s, const char *text, int width, int is_left) {
  int n = (int)strlen(text);
  for (int i = n; !is_left && i < width; i++)
    put(s, ' ');
  for (int i = 0; i < n; i++)
    put(s, text[i]);
  for (int i = n; is_left && i < width; i++)
    put(s, ' ');
}

static const char *digits(char buffer[32], uint64_t x, unsigned base, int is_negative) {
  char *p = buffer + 31;
  *p = '\0';
  do
    *--p = "0123456789abcdef"[x % base];
  while (x /= base);
  if (is_negative)
    *--p = '-';
  return p;
}

/* %s %d %x %g, with a width, '-', and l: %g to six decimals of a fixed point. */
static void print(sink *s, const char *format, va_list args) {
  char buffer[32];
  for (; *format; format++) {
    if (*format != '%') {
      put(s, *format);
      continue;
    }
    int is_left = 0, width = 0, is_long = 0;
    for (format++; *format == '-'; format++)
      is_left = 1;
    for (; *format >= '0' && *format <= '9'; format++)
      width = 10 * width + (*format - '0');
    for (; *format == 'l'; format++)
      is_long = 1;
    if (*format == 's') {
      put_padded(s, va_arg(args, const char *), width, is_left);
    } else if (*format == 'd') {
      int64_t x = is_long ? va_arg(args, int64_t) : va_arg(args, int);
      put_padded(s, digits(buffer, x < 0 ? -(uint64_t)x : (uint64_t)x, 10, x < 0), width, is_left);
    } else if (*format == 'x') {
      put_padded(s, digits(buffer, va_arg(args, unsigned), 16, 0), width, is_left);
    } else if (*format == 'g') {
      double x = va_arg(args, double);
      if (isnan(x) || fabs(x) > 0x1p62) {
        put_padded(s, isnan(x) ? "nan" : x < 0 ? "-huge" : "huge", width, is_left);
        continue;
      }
      double a = fabs(x);
      uint64_t whole = (uint64_t)a, parts = (uint64_t)((a - (double)whole) * 1e6) + 1000000;
      put_padded(s, digits(buffer, whole, 10, x < 0), 0, 0);
      put(s, '.');
      put_padded(s, digits(buffer, parts, 10, 0) + 1, 0, 0);
    } else {
      put(s, *format);
    }
  }
}

int printf(const char *format, ...) {
  sink s = {NULL, 0, 0};
  va_list args;
  va_start(args, format);
  print(&s, format, args);
  va_end(args);
  return (int)s.n;
}

int snprintf(char *text, size_t size, const char *format, ...) {
  sink s = {text, size, 0};
  va_list args;
  va_start(args, format);
  print(&s, format, args);
  va_end(args);
  if (size)
    text[s.n < size ? s.n : size - 1] = '\0';
  return (int)s.n;
}

FILE *stderr;

int fprintf(FILE *file, const char *format, ...) {
  sink s = {NULL, 0, 0};
  va_list args;
  (void)file;
  va_start(args, format);
  print(&s, format, args);
  va_end(args);
  return (int)s.n;
}

void perror(const char *what) {
  printf("%s failed\n", what);
}

/* ---- processes ---- */

/* There is nobody to ask for the tile registers. */
long syscall(long number, ...) {
  (void)number;
  return -1;
}

char *getenv(const char *name) {
  (void)name;
  return NULL;
}

_Noreturn void exit(int status) {
  printf("exit %d\n", status);
  for (;;)
    __asm__ volatile("hlt");
}

_Noreturn void abort(void) {
  exit(134);
}

/* ---- memory ---- */

/* Nothing is reused before all is free: a test frees what a case took. */
static uintptr_t heap_next;
static long heap_live;

void *calloc(size_t n, size_t size) {
  if (heap_live++ == 0)
    heap_next = HEAP;
  uintptr_t p = heap_next;
  heap_next += (n * size + 63) / 64 * 64;
  if (heap_next > HEAP_END)
    abort();
  return memset((void *)p, 0, n * size);
}

void free(void *p) {
  heap_live -= p != NULL;
}

/* A page of 4 KiB each, of which those not in use are absent. */
static _Alignas(4096) uint64_t tables[TABLES][PAGES_A_TABLE];
static size_t pages_next;
static long pages_live;

static void map_tables(void) {
  uint64_t *directory = (uint64_t *)0x3000;
  for (size_t i = 0; i < TABLES; i++)
    directory[PAGED / (2 * MIB) + i] = (uintptr_t)tables[i] | 3;
  __asm__ volatile("mov %%cr3, %%rax\n\tmov %%rax, %%cr3" : : : "rax", "memory");
}

static void set_pages(uintptr_t from, size_t bytes, int is_present) {
  for (uintptr_t p = from; p < from + bytes; p += PAGE) {
    tables[0][(p - PAGED) / PAGE] = is_present ? p | 3 : 0;
    __asm__ volatile("invlpg (%0)" : : "r"(p) : "memory");
  }
}

long sysconf(int name) {
  (void)name;
  return PAGE;
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) {
  (void)at, (void)protection, (void)flags, (void)fd, (void)offset;
  if (pages_live++ == 0)
    pages_next = 0;
  uintptr_t p = PAGED + pages_next * PAGE;
  pages_next += (bytes + PAGE - 1) / PAGE;
  if (pages_next > TABLES * PAGES_A_TABLE)
    abort();
  return (void *)p;
}

int mprotect(void *p, size_t bytes, int protection) {
  set_pages((uintptr_t)p, bytes, protection != PROT_NONE);
  return 0;
}

int munmap(void *p, size_t bytes) {
  set_pages((uintptr_t)p, bytes, 0);
  pages_live--;
  return 0;
}

/* ---- numbers ---- */

double fabs(double x) {
  return __builtin_fabs(x);
}

double ldexp(double x, int exponent) {
  for (; exponent > 0; exponent--)
    x *= 2;
  for (; exponent < 0; exponent++)
    x /= 2;
  return x;
}

double frexp(double x, int *exponent) {
  *exponent = 0;
  if (x == 0)
    return x;
  for (; fabs(x) >= 1; ++*exponent)
    x /= 2;
  for (; fabs(x) < 0.5; --*exponent)
    x *= 2;
  return x;
}

double nearbyint(double x) {
  const double big = 0x1p52;
  if (fabs(x) >= big)
    return x;
  volatile double y = x < 0 ? x - big : x + big;
  return x < 0 ? y + big : y - big;
}

/* ---- the program ---- */

__attribute__((section(".text.start"))) void bare_start(void) {
  memset(bare_bss, 0, (size_t)(bare_end - bare_bss));
  map_tables();
  printf("\n");
  int status = bare_main();
  printf("exit %d\n", status);
}
