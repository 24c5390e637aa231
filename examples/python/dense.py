"""Calls a compiled kernel on numpy arrays:

    tppc examples/python/dense.tpp -shared -o dense.so && python3 examples/python/dense.py ./dense.so
"""
import ctypes
import sys

import numpy as np

library = ctypes.CDLL(sys.argv[1])

# int dense(int64_t M, int64_t K, int64_t N, const float *X, const float *W, const float *b, float *Y);
array = np.ctypeslib.ndpointer(np.float32, flags="C_CONTIGUOUS")
library.dense.argtypes = [ctypes.c_int64] * 3 + [array] * 4


def dense(x, w, b):
    y = np.empty((x.shape[0], w.shape[1]), np.float32)
    status = library.dense(x.shape[0], x.shape[1], w.shape[1], x, w, b, y)
    if status:
        raise RuntimeError(f"dense: status {status}")
    return y


random = np.random.default_rng(1)
x, w, b = (random.integers(-4, 5, shape).astype(np.float32) for shape in ((100, 300), (300, 70), (70,)))
y = dense(x, w, b)
print(f"dense of {x.shape} and {w.shape}: equal to numpy: {np.array_equal(y, np.maximum(x @ w + b, 0))}")
