"""Array files written by NumPy are read as NumPy reads them, and files written here are read by NumPy.

npy_numpy.py TEST_NPY: the program converts a file through a tensor of a type.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np

program = sys.argv[1]
failures = 0
checks = 0


def convert(folder, ty, path):
    out = os.path.join(folder, "out.npy")
    if os.path.exists(out):
        os.remove(out)
    run = subprocess.run([program, "convert", ty, path, out], capture_output=True, text=True)
    return (np.load(out), "") if run.returncode == 0 else (None, run.stdout.strip())


def check(ok, what):
    global checks, failures
    checks += 1
    if not ok:
        failures += 1
        print("not ok", what)


def same(a, b):
    return a is not None and a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def bf16(x):
    u = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return (((u + 0x7FFF + (u >> 16 & 1)) >> 16) << 16).astype(np.uint32).view(np.float32)


def numbers(folder, rng):
    path = os.path.join(folder, "in.npy")
    for ty, dtype in [("f64", "<f8"), ("f32", "<f4"), ("f16", "<f2"), ("i64", "<i8"), ("i32", "<i4"), ("u16", "<u2"),
                      ("i8", "i1"), ("u8", "u1")]:
        for order in "CF":
            if dtype[-2] == "f":
                a = (rng.standard_normal((3, 4, 2)) * 10).astype(dtype)
                a[0, 0, 0], a[1, 1, 1], a[2, 3, 0] = np.inf, -0.0, np.finfo(dtype).tiny / 4
            else:
                info = np.iinfo(dtype)
                a = rng.integers(info.min, info.max, (3, 4, 2), dtype=dtype, endpoint=True)
            for version in [(1, 0), (2, 0), (3, 0)]:
                with open(path, "wb") as f:
                    np.lib.format.write_array(f, np.asarray(a, order=order), version=version)
                got, why = convert(folder, f"{ty}[3, 4, 2]", path)
                check(same(got, a), f"{ty} {order} {version} {why}")
    for shape, ty in [((), "f32[]"), ((5,), "f32[5]"), ((0, 3), "f32[0, 3]")]:
        a = np.asarray(rng.standard_normal(shape), np.float32)
        np.save(path, a)
        got, why = convert(folder, ty, path)
        check(same(got, a), f"{ty} {why}")


def narrow(folder, rng):
    path = os.path.join(folder, "in.npy")
    a = rng.standard_normal(1000).astype(np.float32)
    a[:4] = [1.00390625, 1.01171875, np.inf, 1e-40]
    np.save(path, a)
    got, why = convert(folder, "bf16[1000]", path)
    check(same(got, bf16(a)), f"bf16 from f4 {why}")
    np.save(path, (bf16(a).view(np.uint32) >> 16).astype(np.uint16))
    got, why = convert(folder, "bf16[1000]", path)
    check(same(got, bf16(a)), f"bf16 from u2 {why}")
    d = np.concatenate([rng.standard_normal(1000) * 10.0 ** rng.integers(-9, 6, 1000), [65519.99, 65520, 2.0**-25]])
    np.save(path, d)
    for ty, dtype in [("f16", np.float16), ("f32", np.float32)]:
        with np.errstate(over="ignore"):
            want = d.astype(dtype)
        got, why = convert(folder, f"{ty}[1003]", path)
        check(same(got, want), f"{ty} from f8 {why}")
    b = rng.integers(0, 2, (3, 11)).astype(bool)
    np.save(path, b)
    got, why = convert(folder, "bit[3, 11]", path)
    check(same(got, b), f"bit {why}")
    q = rng.integers(-8, 8, (3, 7)).astype(np.int8)
    np.save(path, q)
    got, why = convert(folder, "i4[3, 7]", path)
    check(same(got, q), f"i4 {why}")


def refusals(folder):
    path = os.path.join(folder, "in.npy")
    for a, ty, want in [
        (np.zeros((2, 3), np.float32), "f32[3, 2]", "its shape is not that of the parameter"),
        (np.zeros(2, np.float32), "i32[2]", "it holds floats, and the parameter is i32"),
        (np.array([1, 300]), "u8[2]", "element 1 does not fit u8"),
        (np.array([2**64 - 1], np.uint64), "i64[1]", "element 0 does not fit i64"),
        (np.zeros(2, ">f4"), "f32[2]", "its elements are big-endian"),
        (np.zeros(2, np.complex64), "f32[2]", "its elements are '<c8', which is not supported"),
    ]:
        np.save(path, a)
        got, why = convert(folder, ty, path)
        check(got is None and why == want, f"{ty}: {why}")


def structured(folder, rng):
    path = os.path.join(folder, "in.npy")
    a = rng.integers(-2, 3, (7, 9)).astype(np.float32) * (rng.random((7, 9)) < 0.3)
    np.save(path, a + 0.0)
    mtx = os.path.join(folder, "in.mtx")
    with open(mtx, "w") as f:
        rows, cols = np.nonzero(a)
        f.write(f"%%MatrixMarket matrix coordinate real general\n7 9 {len(rows)}\n")
        for r, c in reversed(list(zip(rows, cols))):
            f.write(f"{r + 1} {c + 1} {a[r, c]}\n")
    for ty in ["f32[7, 9] csr", "f32[7, 9] bcsr(2, 4)", "f32[7, 9] bcsc(3, 2)"]:
        for source in [path, mtx]:
            got, why = convert(folder, ty, source)
            check(got is not None and np.array_equal(got, a), f"{ty} {source[-3:]} {why}")
    s = rng.integers(-3, 4, (5, 5)).astype(np.float32)
    with open(mtx, "w") as f:
        f.write("%%MatrixMarket matrix array integer symmetric\n5 5\n")
        for c in range(5):
            for r in range(c, 5):
                f.write(f"{int(s[r, c])}\n")
    got, why = convert(folder, "f32[5, 5] csr", mtx)
    check(got is not None and np.array_equal(got, np.tril(s) + np.tril(s, -1).T), f"symmetric {why}")
    codes = rng.integers(-1, 2, (10, 3))
    scale = 2.0 ** rng.integers(-2, 3, (3, 3))
    w = (codes * np.repeat(scale, 4, axis=0)[:10]).astype(np.float32)
    np.save(path, w)
    got, why = convert(folder, "ternary[10, 3] group(4)", path)
    check(got is not None and np.array_equal(got, w), f"ternary {why}")


with tempfile.TemporaryDirectory() as folder:
    rng = np.random.default_rng(1)
    numbers(folder, rng)
    narrow(folder, rng)
    refusals(folder)
    structured(folder, rng)
print(f"{checks} checks, {failures} failures")
sys.exit(failures > 0)
