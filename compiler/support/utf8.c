#include "support/utf8.h"

/* Table 3-7 of the Unicode standard: the lead byte sets the length and the range of the second
 * byte. */
size_t tppc_utf8_length(const char *s, size_t n) {
  if (n == 0)
    return 0;
  unsigned char lead = (unsigned char)s[0];
  unsigned char low = 0x80, high = 0xBF;
  size_t len;
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF) {
    len = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    len = 3;
    low = lead == 0xE0 ? 0xA0 : 0x80;
    high = lead == 0xED ? 0x9F : 0xBF;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    len = 4;
    low = lead == 0xF0 ? 0x90 : 0x80;
    high = lead == 0xF4 ? 0x8F : 0xBF;
  } else {
    return 0;
  }
  if (n < len)
    return 0;
  for (size_t i = 1; i < len; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c < low || c > high)
      return 0;
    low = 0x80;
    high = 0xBF;
  }
  return len;
}
