#include "support/json.h"

#include "support/utf8.h"

#include <string.h>

static void escape_ascii(TppcBuf *out, char c) {
  switch (c) {
  case '"':
  case '\\':
    tppc_buf_putc(out, '\\');
    tppc_buf_putc(out, c);
    break;
  case '\n':
    tppc_buf_puts(out, "\\n");
    break;
  case '\t':
    tppc_buf_puts(out, "\\t");
    break;
  case '\r':
    tppc_buf_puts(out, "\\r");
    break;
  default:
    if ((unsigned char)c < 0x20 || c == 0x7F)
      tppc_buf_printf(out, "\\u%04x", (unsigned)c);
    else
      tppc_buf_putc(out, c);
  }
}

void tppc_json_string_n(TppcBuf *out, const char *s, size_t n) {
  tppc_buf_putc(out, '"');
  for (size_t i = 0; i < n;) {
    size_t len = tppc_utf8_length(s + i, n - i);
    if (len == 0) {
      tppc_buf_puts(out, "\\ufffd");
      i++;
    } else if (len == 1) {
      escape_ascii(out, s[i++]);
    } else {
      tppc_buf_write(out, s + i, len);
      i += len;
    }
  }
  tppc_buf_putc(out, '"');
}

void tppc_json_string(TppcBuf *out, const char *s) {
  tppc_json_string_n(out, s, strlen(s));
}
