/* The register tiles that fit 32 vector registers, those of AVX-512, of shorter vectors. */
#ifndef TPP_RUNTIME_NEON_TILES_H
#define TPP_RUNTIME_NEON_TILES_H

/* Room for one row or column of a panel: B's 256 steps of four vectors of floats are half of the
 * smallest first-level cache. */
#define PANEL_BYTES 1024

#include "../avx512/tiles.h"

#endif
