/* The tile instructions as amx_drive.h uses them. A test puts an emulation in their place. */
#ifndef TPP_RUNTIME_AMX_TILES_H
#define TPP_RUNTIME_AMX_TILES_H

#ifdef TPP_TILE_EMULATION
#include TPP_TILE_EMULATION
#else
#include <immintrin.h>

/* Tile numbers are constants; strides are bytes. */
#define TILE_CONFIG(config)           _tile_loadconfig(config)
#define TILE_RELEASE()                _tile_release()
#define TILE_ZERO(tile)               _tile_zero(tile)
#define TILE_LOAD(tile, p, stride)    _tile_loadd(tile, p, (size_t)(stride))
#define TILE_STORE(tile, p, stride)   _tile_stored(tile, p, (size_t)(stride))
#define TILE_DOT_BF16(c, a, b)        _tile_dpbf16ps(c, a, b)
#define TILE_DOT_UNSIGNED_BY(c, a, b) _tile_dpbusd(c, a, b)
#define TILE_DOT_SIGNED(c, a, b)      _tile_dpbssd(c, a, b)
#define TILE_DOT_UNSIGNED(c, a, b)    _tile_dpbuud(c, a, b)
#endif

#endif
