"""Checks the example against the same layer in numpy: the operations in F64, rounded to BF16 where the kernels' tensors
are of BF16.

usage: check.py BERT [--batch B] [--tokens T]
"""
import argparse
import math
import os
import subprocess
import sys
import tempfile

import numpy as np

C, H, D, F = 768, 12, 64, 3072


def bf16(x):
    """Rounded to BF16, to nearest even."""
    u = np.ascontiguousarray(x, np.float32).view(np.uint32).astype(np.uint64)
    u = (u + 0x7FFF + (u >> 16 & 1)) & 0xFFFF0000
    return u.astype(np.uint32).view(np.float32).astype(np.float64)


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def layer_norm(x, gamma, beta):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * gamma + beta


def encoder(v, batch, tokens):
    x = bf16(v["X"]).reshape(batch, tokens, C)
    q = np.einsum("btc,cohd->obhtd", x, bf16(v["qkv_w"]).reshape(C, 3, H, D))
    q = bf16(q + v["qkv_b"].reshape(3, 1, H, 1, D))
    scores = np.einsum("bhid,bhjd->bhij", q[0], q[1]) * 0.125 + v["mask"].reshape(batch, 1, 1, tokens)
    p = np.exp(scores - scores.max(-1, keepdims=True))
    heads = np.einsum("bhij,bhje->bhie", bf16(p), q[2]) / p.sum(-1, keepdims=True)
    heads = bf16(heads).transpose(0, 2, 1, 3).reshape(-1, C)
    x = x.reshape(-1, C)
    attended = bf16(layer_norm(heads @ bf16(v["out_w"]).reshape(C, C) + v["out_b"] + x, v["g1"], v["b1"]))
    hidden = bf16(gelu(attended @ bf16(v["up_w"]).reshape(C, F) + v["up_b"]))
    return bf16(layer_norm(hidden @ bf16(v["down_w"]).reshape(F, C) + v["down_b"] + attended, v["g2"], v["b2"]))


def values(batch, tokens):
    r = np.random.default_rng(1)

    def normal(n, spread, middle=0.0):
        return (r.standard_normal(n) * spread + middle).astype(np.float32)

    v = {"X": normal(batch * tokens * C, 1), "mask": np.zeros(batch * tokens, np.float32)}
    v["mask"].reshape(batch, tokens)[:, tokens - tokens // 4 :] = -np.inf  # padding at the end of each sequence
    for name, n in (("qkv_w", C * 3 * C), ("out_w", C * C), ("up_w", C * F), ("down_w", F * C)):
        v[name] = normal(n, 0.02)
    for name, n in (("qkv_b", 3 * C), ("out_b", C), ("up_b", F), ("down_b", C), ("b1", C), ("b2", C)):
        v[name] = normal(n, 0.1)
    for name in ("g1", "g2"):
        v[name] = normal(C, 0.1, 1)
    return v


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bert")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=75)
    a = parser.parse_args()
    v = values(a.batch, a.tokens)
    with tempfile.TemporaryDirectory() as folder:
        for name, x in v.items():
            x.tofile(os.path.join(folder, name + ".f32"))
        with open(os.path.join(folder, "sizes.txt"), "w", encoding="ascii") as f:
            f.write(f"{a.batch} {a.tokens}\n")
        subprocess.run([a.bert, "--files", folder], check=True)
        got = np.fromfile(os.path.join(folder, "Y.f32"), np.float32).astype(np.float64)
    want = encoder(v, a.batch, a.tokens).reshape(-1)
    # Sums in F32 may turn a rounding to BF16 at each of the five stages; a wrong index is of the size of the values.
    off = np.abs(got - want) / (1 + np.abs(want))
    print(f"{len(want)} values, mean size {np.abs(want).mean():.3f}: "
          f"mean error {off.mean():.1e}, largest {off.max():.1e}, in units of 1 + |value|")
    good = np.isfinite(got).all() and off.mean() < 2**-9 and off.max() < 2**-5
    sys.exit(0 if good else "too far from numpy")


main()
