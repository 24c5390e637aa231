/* The keywords of C11 and C++17. */
#include "support/keywords.h"

#include <stddef.h>
#include <string.h>

static const char *const keywords[] = {
    "alignas",      "alignof",  "and",           "and_eq",
    "asm",          "auto",     "bitand",        "bitor",
    "bool",         "break",    "case",          "catch",
    "char",         "char16_t", "char32_t",      "class",
    "compl",        "const",    "const_cast",    "constexpr",
    "continue",     "decltype", "default",       "delete",
    "do",           "double",   "dynamic_cast",  "else",
    "enum",         "explicit", "export",        "extern",
    "false",        "float",    "for",           "friend",
    "goto",         "if",       "inline",        "int",
    "long",         "mutable",  "namespace",     "new",
    "noexcept",     "not",      "not_eq",        "nullptr",
    "operator",     "or",       "or_eq",         "private",
    "protected",    "public",   "register",      "reinterpret_cast",
    "restrict",     "return",   "short",         "signed",
    "sizeof",       "static",   "static_assert", "static_cast",
    "struct",       "switch",   "template",      "this",
    "thread_local", "throw",    "true",          "try",
    "typedef",      "typeid",   "typename",      "union",
    "unsigned",     "using",    "virtual",       "void",
    "volatile",     "wchar_t",  "while",         "xor",
    "xor_eq"};

bool tppc_is_c_keyword(const char *name) {
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
    if (strcmp(keywords[i], name) == 0)
      return true;
  return false;
}
