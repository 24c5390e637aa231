/* Array files: malformed ones are refused with a reason. `test_npy convert TYPE IN OUT` reads a
 * .npy or .mtx file into a tensor of the type and writes it, which npy_numpy.py compares with
 * NumPy. */
#include "interp/mtx.h"
#include "interp/npy.h"
#include "support/file.h"
#include "test.h"

#include "host.h"

#include <stdlib.h>

/* A version 1 file with the header text and n zero bytes of data. */
static size_t make(char *file, const char *header, size_t data) {
  size_t n = strlen(header);
  memcpy(file, "\x93NUMPY\x01\x00", 8);
  file[8] = (char)(n & 255);
  file[9] = (char)(n >> 8);
  memcpy(file + 10, header, n);
  memset(file + 10 + n, 0, data);
  return 10 + n + data;
}

static void check_header(Test *t, const char *header, size_t data, const char *want) {
  char file[512];
  TppcArena *a = tppc_arena_new();
  TppcNpy npy;
  size_t n = make(file, header, data);
  CHECK_STR(t, tppc_npy_parse(a, file, n, &npy), want);
  tppc_arena_free(a);
}

static void headers(Test *t) {
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24, NULL);
  check_header(t, "{ \"shape\":(6,),'fortran_order':True,'descr':'|u1'}\n", 6, NULL);
  check_header(t, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 8, NULL);
  check_header(t, "{'descr': '<i8', 'fortran_order': False, 'shape': (0, 99999999999), }", 0, NULL);
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3L), }", 24, NULL);
}

static void malformed_headers(Test *t) {
  const char *bad = "its header is malformed";
  check_header(t, "", 0, bad);
  check_header(t, "{", 0, bad);
  check_header(t, "{'descr': '<f4', 'fortran_order': False}", 0, bad);
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", 24, bad);
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", 24, bad);
  check_header(t, "{'descr': '<f4', 'fortran_order': Falsy, 'shape': (2,)}", 8, bad);
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", 8, bad);
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", 8, bad);
  check_header(t, "{'descr': '<f4<f4<f4<f4<f4<f4', 'fortran_order': False, 'shape': (2,)}", 8, bad);
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': 2}", 8,
               "its header has no shape");
  check_header(t, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", 8,
               "it has records, not numbers");
  check_header(t, "{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", 16,
               "its elements are '<c8', which is not supported");
  check_header(t, "{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", 8,
               "its elements are big-endian");
}

static void wrong_lengths(Test *t) {
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 23,
               "it is truncated: it holds less data than its shape needs");
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 25,
               "it holds more data than its shape needs");
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 2), }",
               24, "its shape is too large");
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }", 24,
               "its shape is too large");
  check_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
               24, "its shape is too large");
}

/* Every prefix and every single changed byte of a good file: no crash, and a reason or an array. */
static void mutations(Test *t) {
  char file[512], copy[512];
  size_t n = make(file, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", 24);
  TppcArena *a = tppc_arena_new();
  TppcNpy npy;
  for (size_t k = 0; k < n; k++) {
    char *exact = malloc(k + 1);
    memcpy(exact, file, k);
    CHECK(t, tppc_npy_parse(a, exact, k, &npy) != NULL);
    free(exact);
  }
  for (size_t k = 0; k < n; k++)
    for (int v = 0; v < 256; v += 5) {
      memcpy(copy, file, n);
      copy[k] = (char)v;
      const char *why = tppc_npy_parse(a, copy, n, &npy);
      CHECK(t, why || npy.count * npy.bytes <= (int64_t)n);
    }
  tppc_arena_free(a);
}

static void check_mtx(Test *t, const char *text, const char *want) {
  TppcArena *a = tppc_arena_new();
  TppcMtx m;
  CHECK_STR(t, tppc_mtx_parse(a, text, strlen(text), &m), want);
  tppc_arena_free(a);
}

static void matrix_market(Test *t) {
  check_mtx(t, "%%MatrixMarket matrix coordinate real general\n% note\n2 3 2\n1 1 0.5\n2 3 -1e3\n",
            NULL);
  check_mtx(t, "%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n3\n", NULL);
  check_mtx(t, "%%MatrixMarket matrix coordinate real general\n0 0 0\n", NULL);
  check_mtx(t, "hello", "it is not a Matrix Market file");
  check_mtx(t, "%%MatrixMarket matrix coordinate complex general\n1 1 0\n",
            "its field 'complex' is not supported; real, integer, and pattern are");
  check_mtx(t, "%%MatrixMarket matrix coordinate real hermitian\n1 1 0\n",
            "its symmetry 'hermitian' is not supported");
  check_mtx(t, "%%MatrixMarket matrix coordinate real general\n2 x 2\n",
            "its size line is malformed");
  check_mtx(t, "%%MatrixMarket matrix coordinate real symmetric\n2 3 0\n",
            "it is symmetric, but not square");
  check_mtx(t, "%%MatrixMarket matrix coordinate real general\n2 3 999999999999\n1 1 1\n",
            "it is truncated: it has fewer entries than its size line says");
  check_mtx(t, "%%MatrixMarket matrix coordinate real general\n2 3 2\n1 1 1\n",
            "entry 2 is malformed or missing");
  check_mtx(t, "%%MatrixMarket matrix coordinate real general\n2 3 1\n3 1 1\n",
            "entry 1 is outside the matrix");
  check_mtx(t, "%%MatrixMarket matrix coordinate real general\n2 3 2\n1 1 1\n1 1 2\n",
            "row 1, column 1 occurs twice");
  check_mtx(t, "%%MatrixMarket matrix coordinate real general\n2 3 1\n1 1 1\n1 2 2\n",
            "it has more entries than its size line says");
}

static int convert(const char *type, const char *in, const char *out) {
  Host h = host_new();
  size_t size;
  char *text = tppc_file_read(h.cx->arena, in, &size);
  TppcTensor *x = host_tensor(&h, type);
  if (!text || !x)
    return 2;
  const char *why;
  if (strstr(in, ".mtx")) {
    TppcMtx m;
    why = tppc_mtx_parse(h.cx->arena, text, size, &m);
    why = why ? why : tppc_mtx_to_tensor(h.cx->arena, &m, x);
  } else {
    TppcNpy a;
    why = tppc_npy_parse(h.cx->arena, text, size, &a);
    why = why ? why : tppc_npy_to_tensor(h.cx->arena, &a, x);
  }
  if (why) {
    printf("%s\n", why);
  } else {
    TppcBuf b = {0};
    tppc_npy_write(&b, x);
    tppc_file_write(out, b.data, b.n);
    tppc_buf_free(&b);
  }
  tppc_tensor_free(x);
  tppc_context_destroy(h.cx);
  return why ? 1 : 0;
}

int main(int argc, char **argv) {
  static const TestCase cases[] = {{"npy.headers", headers},
                                   {"npy.malformed", malformed_headers},
                                   {"npy.lengths", wrong_lengths},
                                   {"npy.mutations", mutations},
                                   {"mtx", matrix_market}};
  if (argc == 5 && !strcmp(argv[1], "convert"))
    return convert(argv[2], argv[3], argv[4]);
  return test_main(cases, (int)(sizeof cases / sizeof cases[0]), argc, argv);
}
