/* Storage orders by their definition. A dense tensor is a list of digits, outermost first;
 * row-major is one digit a dimension. The position of an element is its digits read as a number in
 * mixed radix; the last digit runs along a row, and rows of types narrower than a byte start on
 * one. */
#include "interp/layout.h"
#include "interp/number.h"

#include <string.h>

typedef struct Place {
  int dim;
  int64_t mod, div,
      extent; /* digit = index % mod / div (no remainder when mod is 0), less than extent */
} Place;

typedef struct Order {
  int n;
  Place place[TPPC_MAX_RANK];
  int bits;
  int64_t row; /* elements from row to row */
  int64_t row_bytes;
  int64_t rows;
} Order;

static int bits_of(int elem) {
  return elem == TPP_BIT ? 1 : elem == TPP_I4 ? 4 : tppc_elem_bits(elem);
}

static int64_t ceil_div(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

static Order order_of(const TppcTensor *t) {
  Order o = {.bits = bits_of(t->elem), .rows = 1};
  const TppcType *type = t->type;
  int digits = type->kind == TPPC_T_TENSOR ? type->n_digits : 0;
  o.n = digits > TPPC_MAX_RANK ? 0 : digits ? digits : t->rank;
  for (int i = 0; i < o.n; i++) {
    Place *p = &o.place[i];
    *p = (Place){.dim = i, .div = 1};
    if (digits)
      *p = (Place){
          .dim = type->digits[i].dim, .mod = type->digits[i].mod, .div = type->digits[i].div};
    p->div = p->div ? p->div : 1;
    p->extent = ceil_div(p->mod ? p->mod : t->dim[p->dim], p->div);
  }
  int64_t last = o.n ? o.place[o.n - 1].extent : 1;
  o.row = t->ld ? t->ld : last;
  o.row_bytes = ceil_div(o.row * o.bits, 8);
  for (int i = 0; i + 1 < o.n; i++)
    o.rows *= o.place[i].extent;
  return o;
}

static int64_t bytes_of(const TppcTensor *t, const Order *o) {
  int64_t last = o->n ? o->place[o->n - 1].extent : 1, total;
  if (o->rows == 0 || last == 0)
    return 0;
  if (__builtin_mul_overflow(t->ld ? o->rows - 1 : o->rows, o->row_bytes, &total))
    return -1;
  if (t->ld && __builtin_add_overflow(total, ceil_div(last * o->bits, 8), &total))
    return -1;
  return total;
}

int64_t tppc_layout_bytes(const TppcTensor *t) {
  Order o = order_of(t);
  return bytes_of(t, &o);
}

static int64_t position(const TppcTensor *t, const Order *o, int64_t i) {
  int64_t idx[TPPC_MAX_RANK], row = 0, col = 0;
  for (int d = t->rank - 1; d >= 0; d--) {
    idx[d] = i % t->dim[d];
    i /= t->dim[d];
  }
  for (int k = 0; k < o->n; k++) {
    const Place *p = &o->place[k];
    int64_t digit = (p->mod ? idx[p->dim] % p->mod : idx[p->dim]) / p->div;
    if (k + 1 < o->n)
      row = row * p->extent + digit;
    else
      col = digit;
  }
  return row * o->row_bytes * 8 + col * o->bits;
}

int64_t tppc_layout_position(const TppcTensor *t, int64_t i) {
  Order o = order_of(t);
  return position(t, &o, i);
}

/* Row-major without gaps, elements of whole bytes: data is the storage. */
static bool is_plain(const TppcTensor *t, const Order *o) {
  return o->bits >= 8 && !t->ld && !(t->type->kind == TPPC_T_TENSOR && t->type->n_digits);
}

static void put_bits(unsigned char *bytes, int64_t pos, int bits, unsigned v) {
  unsigned mask = ((1u << bits) - 1) << pos % 8;
  bytes[pos / 8] = (unsigned char)((bytes[pos / 8] & ~mask) | (v << pos % 8 & mask));
}

static int get_bits(const unsigned char *bytes, int64_t pos, int bits) {
  int v = bytes[pos / 8] >> pos % 8 & ((1 << bits) - 1);
  return bits == 4 && v >= 8 ? v - 16 : v;
}

void tppc_layout_pack(const TppcTensor *t, void *bytes) {
  Order o = order_of(t);
  size_t size = (size_t)o.bits / 8;
  const unsigned char *from = t->data;
  if (is_plain(t, &o)) {
    memcpy(bytes, from, (size_t)t->count * size);
    return;
  }
  for (int64_t i = 0; i < t->count; i++) {
    int64_t pos = position(t, &o, i);
    if (o.bits < 8)
      put_bits(bytes, pos, o.bits, (unsigned)tppc_tensor_get_int(t, i));
    else
      memcpy((unsigned char *)bytes + pos / 8, from + (size_t)i * size, size);
  }
}

void tppc_layout_unpack(TppcTensor *t, const void *bytes) {
  Order o = order_of(t);
  size_t size = (size_t)o.bits / 8;
  unsigned char *to = t->data;
  if (is_plain(t, &o)) {
    memcpy(to, bytes, (size_t)t->count * size);
    return;
  }
  for (int64_t i = 0; i < t->count; i++) {
    int64_t pos = position(t, &o, i);
    if (o.bits < 8)
      tppc_tensor_set_int(t, i, get_bits(bytes, pos, o.bits));
    else
      memcpy(to + (size_t)i * size, (const unsigned char *)bytes + pos / 8, size);
  }
}

void tppc_layout_clear(const TppcTensor *t, void *bytes, unsigned char gap) {
  Order o = order_of(t);
  int64_t total = bytes_of(t, &o), used = ceil_div((o.n ? o.place[o.n - 1].extent : 1) * o.bits, 8);
  if (!t->ld) {
    memset(bytes, 0, (size_t)total);
    return;
  }
  memset(bytes, gap, (size_t)total);
  for (int64_t r = 0; total && r < o.rows; r++)
    memset((unsigned char *)bytes + r * o.row_bytes, 0, (size_t)used);
}

/* Byte by byte: the row and column that it belongs to, back through the digits to indices. */
static bool holds_element(const TppcTensor *t, const Order *o, int64_t byte) {
  int64_t row = byte / o->row_bytes, col = byte % o->row_bytes * 8 / o->bits;
  int64_t idx[TPPC_MAX_RANK] = {0};
  for (int k = o->n - 1; k >= 0; k--) {
    const Place *p = &o->place[k];
    int64_t digit = k + 1 == o->n ? col : row % p->extent;
    if (digit >= p->extent)
      return false;
    row = k + 1 == o->n ? row : row / p->extent;
    idx[p->dim] += digit * p->div;
  }
  for (int d = 0; d < t->rank; d++)
    if (idx[d] >= t->dim[d])
      return false;
  return true;
}

int64_t tppc_layout_violation(const TppcTensor *t, const void *bytes, unsigned char gap) {
  Order o = order_of(t);
  if (is_plain(t, &o))
    return -1;
  int64_t total = bytes_of(t, &o);
  const unsigned char *b = bytes;
  for (int64_t i = 0; i < total; i++)
    if (b[i] != (t->ld ? gap : 0) && !holds_element(t, &o, i))
      return i;
  return -1;
}

/* Columns, and rows, of a panel of ternary weights. */
enum { PANEL = 16 };

int64_t tppc_ternary_code_bytes(const TppcTensor *t) {
  return t->planes * ceil_div(t->dim[1], PANEL) * ceil_div(t->dim[0], PANEL) * PANEL * 4;
}

int64_t tppc_ternary_scale_bytes(const TppcTensor *t) {
  int64_t n = t->planes * ceil_div(t->dim[1], PANEL) * t->groups * PANEL;
  return t->units ? n : n * (int64_t)sizeof(float);
}

int64_t tppc_ternary_unit_bytes(const TppcTensor *t) {
  return t->units ? t->planes * ceil_div(t->dim[1], PANEL) * PANEL * (int64_t)sizeof(float) : 0;
}

void tppc_ternary_pack(const TppcTensor *t, uint8_t *codes) {
  int64_t rows = t->dim[0], cols = t->dim[1], total = tppc_ternary_code_bytes(t);
  int64_t blocks = ceil_div(rows, PANEL);
  const int8_t *w = t->data;
  memset(codes, 0x55, (size_t)total);
  for (int64_t p = 0; p < t->planes; p++)
    for (int64_t k = 0; k < rows; k++)
      for (int64_t n = 0; n < cols; n++) {
        int64_t word = (n / PANEL * blocks + k / PANEL) * PANEL + n % PANEL;
        put_bits(codes + p * (total / t->planes), word * 32 + k % 4 * 8 + k % PANEL / 4 * 2, 2,
                 (unsigned)(w[p * t->count + k * cols + n] + 1));
      }
}

void tppc_ternary_pack_scales(const TppcTensor *t, void *scales, float *units) {
  int64_t cols = t->dim[1], panels = ceil_div(cols, PANEL);
  memset(scales, 0, (size_t)tppc_ternary_scale_bytes(t));
  for (int64_t p = 0; p < t->planes; p++)
    for (int64_t n = 0; n < panels * PANEL; n++) {
      float unit = t->units && n < cols ? t->units[p * cols + n] : 0;
      if (t->units)
        units[p * panels * PANEL + n] = unit;
      for (int64_t g = 0; g < t->groups && n < cols; g++) {
        int64_t at = ((p * panels + n / PANEL) * t->groups + g) * PANEL + n % PANEL;
        float scale = t->scales[(p * t->groups + g) * cols + n];
        if (t->units)
          ((uint8_t *)scales)[at] = (uint8_t)(scale / unit);
        else
          ((float *)scales)[at] = scale;
      }
    }
}
