/* llama.cpp's ternary product, from a tree outside of the project: -DTPPC_PEER_GGML=folder. */
#include "peers.h"

void peer_ggml(const BenchCase *c, BenchPeer *out) {
  (void)c;
  *out = (BenchPeer){.name = "ggml", .not_run = "TPPC_PEER_GGML"};
}
