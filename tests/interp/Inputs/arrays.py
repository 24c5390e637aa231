"""arrays.py FOLDER: writes arrays; arrays.py FOLDER product|scaled: checks what was made of them."""
import os
import sys

import numpy as np

folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


a = np.arange(12, dtype=np.float32).reshape(3, 4) - 5
b = np.asfortranarray(np.arange(20, dtype=np.float32).reshape(4, 5) / 4)
if len(sys.argv) == 2:
    np.save(path("a_3x4.npy"), a)
    np.save(path("b_4x5.npy"), b)
    np.save(path("v_6.npy"), np.array([1, 2, 3, 9, 5, 0], np.uint8))
    with open(path("a_3x4.npy"), "rb") as f:
        data = f.read()
    with open(path("broken.npy"), "wb") as f:
        f.write(data[:-1])
    with open(path("m.mtx"), "w") as f:
        f.write("%%MatrixMarket matrix coordinate real general\n32 32 3\n1 1 0.5\n20 3 -2\n32 32 1e1\n")
elif sys.argv[2] == "product":
    assert np.array_equal(np.load(path("c.npy")), a @ b)
elif sys.argv[2] == "scaled":
    assert np.array_equal(np.load(path("y.npy")), a * np.float32(0.5))
