/* Vectors of 256 bits; see peers_math_body.h. */
#define LANES      8
#define NAME(stem) stem##_256
#include "peers_math_body.h"
