/* Vectors of 512 bits; see peers_math_body.h. */
#define LANES      16
#define NAME(stem) stem##_512
#include "peers_math_body.h"
