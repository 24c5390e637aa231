"""late_indices.py TPPC SOURCE STEM: a call that returns TPP_ERR_INDEX has written nothing, also in the middle of a seq."""
import ctypes
import subprocess
import sys

import numpy as np

tppc, source, stem = sys.argv[1:]
subprocess.run([tppc, source, "-shared", "-k", "moves", "-k", "decode", "-o", stem + ".so"], check=True)
lib = ctypes.CDLL(stem + ".so")

def pointer(a):
    return a.ctypes.data_as(ctypes.c_void_p)


def call(name, *args):
    return getattr(lib, name)(*[pointer(a) if isinstance(a, np.ndarray) else a for a in args])


m, v = 5, 8
e = np.arange(v, dtype=np.float32)
for first, status in ((3, True), (4, False)):
    ix = np.full(m, first, np.int32)
    y, z = np.full(m, 7, np.uint16), np.full(m, 7, np.float32)
    result = call("moves", ctypes.c_int64(m), ctypes.c_int64(v), pointer(e), pointer(ix), pointer(y), pointer(z))
    assert (result == 0) == status, result
    if status:
        assert (ix == first + np.arange(m)).all() and (z == ix).all() and (y != 7).all()
    else:
        assert (ix == first).all() and (y == 7).all() and (z == 7).all(), (ix, y, z)

# All that is NaN is no maximum: the third step finds no index and returns.
t, d = 4, 2
table = np.zeros((v, d), np.float32)
table[5] = np.nan
w = np.zeros((d, v), np.float32)
w[0, 5] = 1
table[:5, 0] = 1
out, p = np.full(t + 1, -9, np.int32), np.full((t, v), -9, np.float32)
size = ctypes.c_int64
assert call("decode", size(t), size(v), size(d), table, w, ctypes.c_int32(2), out, p) != 0
assert (out == -9).all() and (p == -9).all(), (out, p)
