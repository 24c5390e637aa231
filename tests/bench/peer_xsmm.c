/* The newest libxsmm, from a tree outside of the project: -DTPPC_PEER_LIBXSMM=folder, in which
 * `make STATIC=0` ran. */
#include "peers.h"

void peer_xsmm(const BenchCase *c, BenchPeer *out) {
  (void)c;
  *out = (BenchPeer){.name = "libxsmm", .not_run = "TPPC_PEER_LIBXSMM"};
}
