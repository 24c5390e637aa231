"""What a compiled function answers to malformed sparse arguments: a status, with nothing written.

    sparse_status.py LIBRARY
"""
import ctypes
import sys

NULL, OVERLAP, FORMAT = 1, 2, 9


class Csr(ctypes.Structure):
    _fields_ = [("nnz", ctypes.c_int64), ("ptr", ctypes.c_void_p), ("idx", ctypes.c_void_p), ("val", ctypes.c_void_p)]


def csr(ptr, idx, val):
    """The structure and the arrays that it points at."""
    arrays = ((ctypes.c_int64 * len(ptr))(*ptr), (ctypes.c_int32 * len(idx))(*idx), (ctypes.c_float * len(val))(*val))
    return Csr(len(idx), *(ctypes.cast(a, ctypes.c_void_p) for a in arrays)), arrays


def call(add, a, b, m=2, n=3):
    return add(ctypes.c_int64(m), ctypes.c_int64(n), ctypes.byref(a[0]), ctypes.byref(b[0]))


def main():
    add = ctypes.CDLL(sys.argv[1]).add
    good = ([0, 1, 3], [1, 0, 2], [1, 2, 3])
    bad = {
        "not from 0": ([1, 1, 3], [1, 0, 2]), "not to nnz": ([0, 1, 2], [1, 0, 2]), "falls": ([0, 4, 3], [1, 0, 2]),
        "negative": ([0, 1, 3], [-1, 0, 2]), "too large": ([0, 1, 3], [1, 0, 3]), "not sorted": ([0, 1, 3], [1, 2, 0]),
        "twice": ([0, 1, 3], [1, 2, 2]), "huge": ([0, 1 << 62, 3], [1, 0, 2]),
        "another pattern": ([0, 1, 3], [2, 0, 2]), "other lines": ([0, 2, 3], [0, 1, 2]),
    }
    checks = []
    for name, (ptr, idx) in bad.items():
        for side in range(2):
            pair = [csr(*good), csr(*good)]
            pair[side] = csr(ptr, idx, good[2])
            checks.append((name, call(add, *pair) == FORMAT and list(pair[1][1][2]) == good[2]))
    a, b = csr(*good), csr(*good)
    checks.append(("sum", call(add, a, b) == 0 and list(b[1][2]) == [2, 4, 6]))
    b[0].ptr, b[0].idx = a[0].ptr, a[0].idx
    checks.append(("one pattern", call(add, a, b) == 0))
    b[0].val = a[0].val
    checks.append(("values of both", call(add, a, b) == OVERLAP))
    b[0].val = b[0].idx
    checks.append(("values over indices", call(add, a, b) == OVERLAP))
    b[0].val = None
    checks.append(("null", call(add, a, b) == NULL))
    empty = csr([0, 0, 0], [], []), csr([0, 0, 0], [], [])
    checks.append(("empty", call(add, *empty) == 0))
    checks.append(("no rows", call(add, csr([0], [], []), csr([0], [], []), 0, 3) == 0))
    for name, ok in checks:
        if not ok:
            print("wrong:", name)
    print("done")


main()
