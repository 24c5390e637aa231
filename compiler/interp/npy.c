/* The .npy format (NumPy enhancement proposal 1): a magic string, a version, the length of a
 * header, and the header, a Python dictionary literal with exactly the keys descr, fortran_order,
 * and shape. */
#include "interp/npy.h"
#include "interp/number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct Header {
  const char *at, *end;
  char descr[16];
  bool fortran, has_descr, has_order, has_shape;
  TppcNpy *out;
} Header;

static void skip_space(Header *h) {
  while (h->at < h->end && strchr(" \t\r\n", *h->at))
    h->at++;
}

static bool take_char(Header *h, char c) {
  skip_space(h);
  if (h->at >= h->end || *h->at != c)
    return false;
  h->at++;
  return true;
}

static bool take_word(Header *h, const char *word) {
  size_t n = strlen(word);
  skip_space(h);
  if ((size_t)(h->end - h->at) < n || memcmp(h->at, word, n) != 0)
    return false;
  h->at += n;
  return true;
}

static bool take_string(Header *h, char *text, size_t room) {
  skip_space(h);
  if (h->at >= h->end || (*h->at != '\'' && *h->at != '"'))
    return false;
  char quote = *h->at++;
  size_t n = 0;
  for (; h->at < h->end && *h->at != quote; h->at++) {
    if (n + 1 >= room)
      return false;
    text[n++] = *h->at;
  }
  text[n] = 0;
  return take_char(h, quote);
}

static const char *read_shape(Header *h) {
  TppcNpy *a = h->out;
  if (!take_char(h, '('))
    return "its header has no shape";
  a->rank = 0;
  while (!take_char(h, ')')) {
    int64_t v = 0;
    skip_space(h);
    const char *start = h->at;
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++)
      if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *h->at - '0', &v))
        return "its shape is too large";
    if (h->at == start)
      return "its header is malformed";
    if (h->at < h->end && *h->at == 'L')
      h->at++;
    if (a->rank == TPPC_MAX_RANK)
      return "it has too many dimensions";
    a->dim[a->rank++] = v;
    bool more = take_char(h, ',');
    skip_space(h);
    if (!more && (h->at >= h->end || *h->at != ')'))
      return "its header is malformed";
  }
  return NULL;
}

static const char *read_entry(Header *h) {
  char key[16];
  if (!take_string(h, key, sizeof key) || !take_char(h, ':'))
    return "its header is malformed";
  if (!strcmp(key, "descr")) {
    h->has_descr = true;
    skip_space(h);
    if (h->at < h->end && *h->at == '[')
      return "it has records, not numbers";
    return take_string(h, h->descr, sizeof h->descr) ? NULL : "its header is malformed";
  }
  if (!strcmp(key, "fortran_order")) {
    h->has_order = true;
    h->fortran = take_word(h, "True");
    return h->fortran || take_word(h, "False") ? NULL : "its header is malformed";
  }
  if (strcmp(key, "shape") != 0)
    return "its header is malformed";
  h->has_shape = true;
  return read_shape(h);
}

static const char *read_header(Header *h) {
  if (!take_char(h, '{'))
    return "its header is malformed";
  while (!take_char(h, '}')) {
    const char *why = read_entry(h);
    if (why)
      return why;
    bool more = take_char(h, ',');
    skip_space(h);
    if (!more && (h->at >= h->end || *h->at != '}'))
      return "its header is malformed";
  }
  skip_space(h);
  if (h->at != h->end || !h->has_descr || !h->has_order || !h->has_shape)
    return "its header is malformed";
  return NULL;
}

static const char *read_descr(TppcArena *arena, const char *d, TppcNpy *out) {
  static const struct {
    const char *name;
    TppcNpyKind kind;
    int bytes;
  } known[] = {{"f2", TPPC_NPY_FLOAT, 2}, {"f4", TPPC_NPY_FLOAT, 4}, {"f8", TPPC_NPY_FLOAT, 8},
               {"i1", TPPC_NPY_INT, 1},   {"i2", TPPC_NPY_INT, 2},   {"i4", TPPC_NPY_INT, 4},
               {"i8", TPPC_NPY_INT, 8},   {"u1", TPPC_NPY_UINT, 1},  {"u2", TPPC_NPY_UINT, 2},
               {"u4", TPPC_NPY_UINT, 4},  {"u8", TPPC_NPY_UINT, 8},  {"b1", TPPC_NPY_BOOL, 1}};
  bool ordered = *d && strchr("<>|=", *d);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp(d + ordered, known[i].name)) {
      out->kind = known[i].kind;
      out->bytes = known[i].bytes;
      return *d == '>' && out->bytes > 1 ? "its elements are big-endian" : NULL;
    }
  return tppc_sprintf(arena, "its elements are '%s', which is not supported", d);
}

static const char *count_elements(TppcNpy *out, size_t left) {
  int64_t n = 1, bytes;
  bool empty = false, large = false;
  for (int d = 0; d < out->rank; d++) {
    empty = empty || out->dim[d] == 0;
    large = large || __builtin_mul_overflow(n, out->dim[d] ? out->dim[d] : 1, &n);
  }
  if (empty)
    n = 0;
  else if (large || __builtin_mul_overflow(n, out->bytes, &bytes))
    return "its shape is too large";
  out->count = n;
  if ((uint64_t)n * (uint64_t)out->bytes > left)
    return "it is truncated: it holds less data than its shape needs";
  return (uint64_t)n * (uint64_t)out->bytes < left ? "it holds more data than its shape needs"
                                                   : NULL;
}

/* The first index runs fastest in the file. */
static void to_c_order(TppcArena *arena, TppcNpy *a) {
  if (a->rank < 2 || a->count == 0)
    return;
  size_t size = (size_t)a->bytes;
  unsigned char *copy = tppc_alloc_n(arena, (size_t)a->count, size);
  for (int64_t i = 0; i < a->count; i++) {
    int64_t rest = i, to = 0, stride = 1;
    int64_t idx[TPPC_MAX_RANK];
    for (int d = 0; d < a->rank; d++) {
      idx[d] = rest % a->dim[d];
      rest /= a->dim[d];
    }
    for (int d = a->rank - 1; d >= 0; d--) {
      to += idx[d] * stride;
      stride *= a->dim[d];
    }
    memcpy(copy + (size_t)to * size, a->data + (size_t)i * size, size);
  }
  a->data = copy;
}

const char *tppc_npy_parse(TppcArena *arena, const char *text, size_t size, TppcNpy *out) {
  const unsigned char *b = (const unsigned char *)text;
  memset(out, 0, sizeof *out);
  if (size < 10 || memcmp(text, "\x93NUMPY", 6) != 0)
    return "it is not a .npy file";
  if (b[6] < 1 || b[6] > 3)
    return "its .npy version is unknown";
  size_t start = b[6] == 1 ? 10 : 12;
  if (size < start)
    return "it is truncated";
  size_t length = b[8] | (size_t)b[9] << 8;
  if (b[6] > 1)
    length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
  if (length > size - start)
    return "it is truncated";
  Header h = {.at = text + start, .end = text + start + length, .out = out};
  const char *why = read_header(&h);
  if (!why)
    why = read_descr(arena, h.descr, out);
  if (!why)
    why = count_elements(out, size - start - length);
  if (why)
    return why;
  out->data = b + start + length;
  if (h.fortran)
    to_c_order(arena, out);
  return NULL;
}

static uint64_t raw(const TppcNpy *a, int64_t i) {
  uint64_t v = 0;
  for (int k = a->bytes - 1; k >= 0; k--)
    v = v << 8 | a->data[i * a->bytes + k];
  return v;
}

/* Unsigned 64-bit values wrap. Floats are not converted: kind must be INT, UINT, or BOOL. */
static int64_t get_int(const TppcNpy *a, int64_t i) {
  uint64_t v = raw(a, i);
  if (a->kind == TPPC_NPY_BOOL)
    return v != 0;
  if (a->kind == TPPC_NPY_INT && a->bytes < 8 && v >> (8 * a->bytes - 1) & 1)
    v |= ~UINT64_C(0) << 8 * a->bytes;
  int64_t r;
  memcpy(&r, &v, sizeof r);
  return r;
}

static double get(const TppcNpy *a, int64_t i) {
  uint64_t v = raw(a, i);
  if (a->kind == TPPC_NPY_UINT)
    return (double)v;
  if (a->kind != TPPC_NPY_FLOAT)
    return (double)get_int(a, i);
  if (a->bytes == 2)
    return tppc_f16_value((uint16_t)v);
  if (a->bytes == 4) {
    uint32_t u = (uint32_t)v;
    float f;
    memcpy(&f, &u, sizeof f);
    return (double)f;
  }
  double d;
  memcpy(&d, &v, sizeof d);
  return d;
}

/* ---- into tensors ---- */

static const char *const kind_names[] = {"floats", "integers", "unsigned integers", "booleans"};

static const char *fill_ints(TppcArena *arena, const TppcNpy *a, TppcTensor *t) {
  if (a->kind == TPPC_NPY_FLOAT)
    return tppc_sprintf(arena, "it holds %s, and the parameter is %s", kind_names[a->kind],
                        tppc_elem_name(t->elem));
  for (int64_t i = 0; i < a->count; i++) {
    int64_t v = get_int(a, i);
    bool huge = a->kind == TPPC_NPY_UINT && a->bytes == 8 && v < 0;
    if (huge || v < tppc_int_least(t->elem) || v > tppc_int_most(t->elem))
      return tppc_sprintf(arena, "element %" PRId64 " does not fit %s", i, tppc_elem_name(t->elem));
    tppc_tensor_set_int(t, i, v);
  }
  return NULL;
}

static void fill_floats(const TppcNpy *a, TppcTensor *t) {
  bool bits = t->elem == TPP_BF16 && a->kind == TPPC_NPY_UINT && a->bytes == 2;
  for (int64_t i = 0; i < a->count; i++)
    tppc_tensor_set(t, i, bits ? tppc_bf16_value((uint16_t)raw(a, i)) : get(a, i));
}

const char *tppc_npy_to_tensor(TppcArena *arena, const TppcNpy *a, TppcTensor *t) {
  bool same = a->rank == t->rank;
  for (int d = 0; same && d < a->rank; d++)
    same = a->dim[d] == t->dim[d];
  if (!same)
    return "its shape is not that of the parameter";
  if (!t->ptr && !t->scales) {
    if (!tppc_elem_is_float(t->elem))
      return fill_ints(arena, a, t);
    fill_floats(a, t);
    return NULL;
  }
  double *values = calloc((size_t)a->count + 1, sizeof *values);
  if (!values)
    return "memory is out";
  for (int64_t i = 0; i < a->count; i++)
    values[i] = get(a, i);
  bool ok = true;
  if (t->scales)
    tppc_ternary_from_dense(t, values);
  else
    ok = tppc_sparse_from_dense(t, values);
  free(values);
  return ok ? NULL : "memory is out";
}

/* ---- writing ---- */

static const char *descr_of(int elem) {
  switch (elem) {
  case TPP_F64:
    return "<f8";
  case TPP_F16:
    return "<f2";
  case TPP_I64:
    return "<i8";
  case TPP_I32:
    return "<i4";
  case TPP_U16:
    return "<u2";
  case TPP_I8:
  case TPP_I4:
    return "|i1";
  case TPP_U8:
    return "|u1";
  case TPP_BIT:
    return "|b1";
  default:
    return "<f4";
  }
}

static void write_header(TppcBuf *out, const TppcTensor *t) {
  TppcBuf h = {0};
  tppc_buf_printf(&h, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr_of(t->elem));
  for (int d = 0; d < t->rank; d++)
    tppc_buf_printf(&h, "%s%" PRId64 "%s", d ? ", " : "", t->dim[d], t->rank == 1 ? "," : "");
  tppc_buf_puts(&h, "), }");
  /* The data starts at a multiple of 64 bytes. */
  while ((10 + h.n + 1) % 64)
    tppc_buf_putc(&h, ' ');
  tppc_buf_putc(&h, '\n');
  tppc_buf_write(out, "\x93NUMPY\x01\x00", 8);
  tppc_buf_putc(out, (char)(h.n & 255));
  tppc_buf_putc(out, (char)(h.n >> 8));
  tppc_buf_write(out, h.data, h.n);
  tppc_buf_free(&h);
}

static void write_bytes(TppcBuf *out, uint64_t v, int n) {
  for (int k = 0; k < n; k++)
    tppc_buf_putc(out, (char)(v >> 8 * k & 255));
}

static void write_float(TppcBuf *out, int elem, double v) {
  if (elem == TPP_F64) {
    uint64_t u;
    memcpy(&u, &v, sizeof u);
    write_bytes(out, u, 8);
  } else if (elem == TPP_F16) {
    write_bytes(out, tppc_f16_bits(v), 2);
  } else {
    float f = (float)v;
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    write_bytes(out, u, 4);
  }
}

void tppc_npy_write(TppcBuf *out, const TppcTensor *t) {
  static const int int_bytes[TPP_DTYPE_END] = {
      [TPP_I64] = 8, [TPP_I32] = 4, [TPP_U16] = 2, [TPP_I8] = 1,
      [TPP_U8] = 1,  [TPP_I4] = 1,  [TPP_BIT] = 1};
  write_header(out, t);
  double *values = t->ptr || t->scales ? calloc((size_t)t->count + 1, sizeof *values) : NULL;
  if (values && t->scales)
    tppc_ternary_to_dense(t, values, NULL);
  else if (values)
    tppc_sparse_to_dense(t, values);
  int bytes = int_bytes[t->elem];
  for (int64_t i = 0; i < t->count; i++) {
    if (bytes)
      write_bytes(out, values ? (uint64_t)(int64_t)values[i] : (uint64_t)tppc_tensor_get_int(t, i),
                  bytes);
    else
      write_float(out, t->elem, values ? values[i] : tppc_tensor_get(t, i));
  }
  free(values);
}
