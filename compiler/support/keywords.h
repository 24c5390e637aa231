/* Words that a generated header cannot have as names. */
#ifndef TPPC_SUPPORT_KEYWORDS_H
#define TPPC_SUPPORT_KEYWORDS_H

#include <stdbool.h>

/* True for keywords of C11 and C++17, and for what C11's headers make keywords of C++ (bool, and),
 * but for those that start with an underscore, which is reserved for itself. */
bool tppc_is_c_keyword(const char *name);

#endif
