"""Whole programs through `tppc interp` and, independently, through NumPy: programs_numpy.py TPPC SOURCE_TREE FOLDER."""
import math
import os
import subprocess
import sys

import numpy as np

tppc, tree, folder = sys.argv[1:4]
programs = os.path.join(tree, "tests", "dsl", "programs")
rng = np.random.default_rng(11)
failures = 0


def bf16(x):
    u = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return (((u + 0x7FFF + (u >> 16 & 1)) >> 16) << 16).astype(np.uint32).view(np.float32)


def rand(*shape):
    return rng.uniform(-1, 1, shape).astype(np.float32)


def interp(program, kernel, sizes, inputs, outputs):
    """Inputs are arrays or numbers by name; gives the outputs as arrays."""
    command = [tppc, "interp", program, "-k", kernel]
    for name, value in sizes.items():
        command += ["-D", f"{name}={value}"]
    for name, value in inputs.items():
        if isinstance(value, np.ndarray):
            path = os.path.join(folder, name + ".npy")
            np.save(path, value)
            value = path
        command += ["--in", f"{name}={value}"]
    for name in outputs:
        command += ["--out", f"{name}={os.path.join(folder, 'out_' + name + '.npy')}"]
    subprocess.run(command, check=True)
    return [np.load(os.path.join(folder, f"out_{name}.npy")) for name in outputs]


def check(what, got, want, narrow=False):
    global failures
    want = np.asarray(want, np.float64)
    scale = max(1e-30, float(np.max(np.abs(want), initial=0)))
    limit = (2.0 ** -8 if narrow else 2.0 ** -20) * np.abs(want) + (1e-5 if narrow else 1e-6) * scale
    error = np.abs(got.astype(np.float64) - want)
    if got.shape != want.shape or not np.all(error <= limit):
        failures += 1
        print(f"not ok {what}: shape {got.shape}, worst {float(np.max(error / limit)) if got.shape == want.shape else 0:.3g}")
    else:
        print(f"ok {what}")


def gelu(x):
    return x * 0.5 * np.vectorize(math.erfc)(-x / math.sqrt(2))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def dense_programs():
    a, b, c = rand(7, 11), rand(11, 5), rand(7, 5)
    got, = interp(f"{programs}/gemm.tpp", "gemm", {}, {"A": a, "B": b, "C": c}, ["C"])
    check("gemm", got, c + a.astype(float) @ b)
    x, w, bias = bf16(rand(6, 40)), bf16(rand(40, 9)), rand(9)
    got, = interp(f"{programs}/fc.tpp", "fc", {"K": 40, "N": 9}, {"X": x, "W": w, "b": bias}, ["Y"])
    check("fc", got, gelu(x.astype(float) @ w + bias), narrow=True)
    a, b = bf16(rand(64, 32)), bf16(rand(32, 96))
    got, = interp(f"{programs}/gemm_blocked.tpp", "gemm_blocked", {}, {"A": a, "B": b}, ["C"])
    check("gemm_blocked", got, a.astype(float) @ b, narrow=True)
    shapes = {"X": (5, 784), "W1": (784, 512), "b1": (512,), "W2": (512, 512), "b2": (512,), "W3": (512, 10), "b3": (10,)}
    v = {name: rand(*shape) * np.float32(0.05) for name, shape in shapes.items()}
    got, = interp(f"{programs}/mlp.tpp", "mlp", {}, v, ["Y"])
    d = {name: value.astype(float) for name, value in v.items()}
    h = np.maximum(d["X"] @ d["W1"] + d["b1"], 0)
    h = np.maximum(h @ d["W2"] + d["b2"], 0)
    check("mlp", got, softmax(h @ d["W3"] + d["b3"]))


def row_programs():
    x = rand(4, 37) * 5
    got, = interp(f"{programs}/rows.tpp", "softmax", {}, {"X": x}, ["Y"])
    check("softmax", got, softmax(x.astype(float)))
    x, g, b = bf16(rand(4, 37)), rand(37), rand(37)
    got, = interp(f"{programs}/rows.tpp", "layernorm", {}, {"X": x, "gamma": g, "beta": b, "eps": 1e-5}, ["Y"])
    d = x - x.astype(float).mean(axis=1, keepdims=True)
    check("layernorm", got, d / np.sqrt((d * d).mean(axis=1, keepdims=True) + 1e-5) * g + b, narrow=True)


def convolution(stride):
    i, f, b = rand(2, 6, 5, 3), rand(3, 3, 3, 4), rand(4)
    got, = interp(f"{programs}/conv.tpp", "conv", {"C": 3, "K": 4, "S": stride}, {"I": i, "F": f, "b": b}, ["O"])
    padded = np.pad(i.astype(float), ((0, 0), (1, 1), (1, 1), (0, 0)))
    p, q = (6 - 1) // stride + 1, (5 - 1) // stride + 1
    want = np.zeros((2, p, q, 4))
    for r in range(3):
        for s in range(3):
            part = padded[:, r:r + p * stride:stride, s:s + q * stride:stride][:, :p, :q]
            want += part @ f[r, s].astype(float)
    check(f"conv stride {stride}", got, np.maximum(want + b, 0))


def structured_programs():
    x, b = bf16(rand(5, 48)), rand(35)
    w = bf16(rand(48, 35)) * np.kron(rng.random((3, 3)) < 0.4, np.ones((16, 16)))[:, :35].astype(np.float32)
    got, = interp(f"{programs}/spmm.tpp", "spmm", {"K": 48, "N": 35}, {"X": x, "W": w, "b": b}, ["Y"])
    check("spmm", got, np.maximum(x.astype(float) @ w + b, 0), narrow=True)
    x = rng.integers(-100, 100, (3, 100)).astype(np.int8)
    scale = np.repeat(2.0 ** rng.integers(-3, 3, (2, 7)), 64, axis=0)[:100]
    w = (rng.integers(-1, 2, (100, 7)) * scale).astype(np.float32)
    got, = interp(f"{programs}/ternary_fc.tpp", "ternary_fc", {"K": 100, "N": 7}, {"X": x, "W": w, "sx": 0.001, "b": np.zeros(7, np.float32)},
                  ["Y"])
    error = np.max(np.abs(got - np.tanh(x.astype(float) @ w * 0.001)))
    check("ternary_fc within the error of K-TanH", np.array([error < 0.015]), [1])


def layouts():
    suite = f"{programs}/suite/layout.tpp"
    a, b, c = rand(9, 4), rand(5, 9), rand(4, 5)
    got, = interp(suite, "tn", {"LA": 6}, {"A": a, "B": b, "C": c, "beta": 0.5}, ["C"])
    check("tn", got, 0.5 * c + a.T.astype(float) @ b.T)
    x, w = bf16(rand(3, 34)), bf16(rand(34, 70))
    got, = interp(suite, "vnni", {"LX": 40}, {"X": x, "W": w}, ["Y"])
    check("vnni", got, x.astype(float) @ w, narrow=True)
    x = rand(4, 3)
    got, s = interp(suite, "relu_inplace", {}, {"X": x}, ["X", "S"])
    check("relu_inplace", got, np.maximum(x, 0))
    check("relu_inplace sums", s, np.maximum(x, 0).astype(float).sum(axis=0))
    x = rand(3, 9)
    got, = interp(suite, "sub", {"N": 4, "N0": 2}, {"X": x}, ["Y"])
    check("sub", got, x[:, 2:6])


def training():
    fashion = os.path.join(tree, "examples", "fashion", "fashion.tpp")
    z, y = rand(8, 10) * 4, rng.integers(0, 10, 8).astype(np.uint8)
    g, loss, hits = interp(fashion, "loss", {}, {"Z": z, "y": y}, ["G", "L", "hits"])
    p, t = softmax(z.astype(float)), np.eye(10)[y]
    check("loss gradient", g, (p - t) / 8)
    check("loss", loss, -np.log((p * t).sum(axis=1)).sum())
    check("hits", hits, (z.argmax(axis=1) == y).sum())
    x, g = rand(6, 7), rand(6, 5)
    dw, db = interp(fashion, "dense_grad", {}, {"X": x, "G": g}, ["dW", "db"])
    check("dense_grad", dw, x.T.astype(float) @ g)
    check("dense_grad bias", db, g.astype(float).sum(axis=0))
    w, h = rand(7, 5), rand(6, 7)
    d, = interp(fashion, "dense_back", {}, {"G": g, "W": w, "H": h}, ["D"])
    check("dense_back", d, (g.astype(float) @ w.T) * (h > 0))


dense_programs()
row_programs()
convolution(1)
convolution(2)
structured_programs()
layouts()
training()
sys.exit(failures > 0)
