#!/usr/bin/env python3
"""What users hand over beside programs, damaged: .npy, .mtx, and .sched files, and strings of the command line.

  inputs.py --tppc build/bin/tppc --runs 400 --seed 1 --keep DIR

Right is an answer within the time: exit code 0, 1 (a name, a size, or a schedule is wrong), 3 (the file is malformed or of
another shape), for the command line also 2 (usage), and a message with any of them but 0. The same seed gives the same
inputs. What fails is kept in the --keep folder.
"""
import argparse
import collections
import concurrent.futures
import io
import os
import random
import shlex
import sys
import tempfile

import numpy as np

import mutate

PROGRAM = """kernel dense[M, N](X: f32[M, N], ix: i32[M], b: bit[N], h: bf16[N], a: f32) -> Y: f32[M, N]
{
  for m in M, n in N { Y[m, n] = X[ix[m], n] * a + b[n] + h[n]; }
}
kernel sparse[M, N](A: f32[M, N] csr, B: bf16[M, N] bcsr(2, 3), x: f32[N]) -> (y: f32[M], z: f32[M])
{
  for m in M, n in N { y[m] += A[m, n] * x[n]; z[m] += B[m, n] * x[n]; }
}
kernel fc[M, K = 8, N % 4, S <= 9](X: f32[M, K], W: f32[K, N]) -> Y: f32[M, N]
{
  up: for m in M, n in N, k in K { acc[m, n] += brgemm(X[m, k], W[k, n]); Y[m, n] = relu(acc[m, n]); }
}
"""
MTX = ["%%MatrixMarket matrix coordinate real general\n% a comment\n4 6 3\n1 1 0.5\n3 2 -1e3\n4 6 7\n",
       "%%MatrixMarket matrix coordinate integer symmetric\n4 4 2\n2 1 5\n4 4 -6\n",
       "%%MatrixMarket matrix coordinate pattern skew-symmetric\n6 6 2\n2 1\n6 3\n",
       "%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4.5\n5\n6\n",
       "%%MatrixMarket matrix coordinate real general\n0 0 0\n"]
SCHED = ['schedule fc.up "nkMN" { m: 32, 4; n: 64; k: 16; pack W; threads 2; }\n',
         'schedule fc "mnK" { reduce k = private; }\nschedule fc for "avx2" when M <= 64 * N "M{R:2}nk" { kernel brgemm = xsmm; }\n',
         'schedule fc { order n0 k0 m0 n1; parallel n0; curve m, n; }\nschedule fc.up "MN|k@schedule(dynamic,2)" { }\n',
         "schedule fc { fuse up down over m; prefetch; m: 8; }\n"]
# Options of `check`, and of `interp`, which reads what --in says.
CHECKED = [["-D", "M=16"], ["-DK=32"], ["-D", "N=4"], ["--schedule", "fc=nkMN; m: 32; n: 256,64; k: 256"],
           ["--schedule", "fc.up=bcaBCb@schedule(dynamic,1)"], ["-k", "fc"], ["-O2"], ["-march=x86-64-v3"], ["--threads", "3"],
           ["--provider", "brgemm=runtime"], ["-Wno-perf"], ["--color=never"], ["--diagnostics-format=json"], ["-I", "include"],
           ["--stop-after=flatten"], ["-fcheck-ranges"], ["--print-ir-after=all"]]
GIVEN = [["--in", "X=rand:7"], ["--in", "X=int:3"], ["--in", "X=const:-1.5"], ["--in", "a=0.5"], ["--in", "ix=int:2"],
         ["--in", "b=const:1"], ["--in", "h=rand:12"], ["--in", "X=missing.npy"], ["-D", "M=3"], ["-DN=5"]]


def arrays(rng):
    """A .npy file of some type, order, and version."""
    a = np.arange(12).reshape(3, 4).astype(rng.choice(["<f4", "<f8", "<f2", "<i4", "<u1", "?", ">f4", "<i8", "<u2", "<c8"]))
    a = rng.choice([a, a, np.asfortranarray(a), a[:0], a[0], a[0, 0]])
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asanyarray(a), version=rng.choice([(1, 0), (1, 0), (2, 0), (3, 0)]))
    return out.getvalue()


def damaged(data, rng):
    """A few bytes or digits changed, a piece cut or doubled."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        if not data:
            break
        i, kind = rng.randrange(min(len(data), 160)), rng.randrange(6)
        if kind == 0:
            data[i] = rng.randrange(256)
        elif kind == 1:
            del data[i:i + rng.randint(1, 9)]
        elif kind == 2:
            data[i:i] = data[i:i + rng.randint(1, 20)]
        elif kind == 3:
            del data[rng.randrange(len(data)):]
        elif kind == 4:
            digits = [j for j, c in enumerate(data) if 48 <= c < 58]
            if digits:
                j = rng.choice(digits)
                data[j:j + 1] = rng.choice([b"0", b"9", b"-1", b"99999999999", b"18446744073709551615", b"1e9", b"."])
        else:
            data[i:i] = rng.choice(mutate.ODD)
    return bytes(data)


def word(text, rng):
    """A damaged word of the command line, which has no zero bytes."""
    return mutate.mutate(text.encode(), b"fc=nkMN; m: 32, 8; X=int:3 M=7", rng).replace(b"\0", b"").decode("latin-1")


def draw(tppc, program, folder, i, rng):
    """Kind, command, and what is to be kept of input i."""
    kind = rng.choice(["npy", "npy", "mtx", "sched", "check", "run"])
    path = os.path.join(folder, f"in{i}.{kind}")
    base = [tppc, "interp", program]
    if kind == "npy":
        data, name = damaged(arrays(rng), rng), rng.choice(["X", "X", "X", "ix", "b", "h"])
        command = base + ["-k", "dense", "--in", f"{name}={path}"] + ([] if name == "X" else ["-DM=3", "-DN=4"])
    elif kind == "mtx":
        data = rng.choice(MTX).encode()
        data = damaged(data, rng) if rng.random() < 0.5 else mutate.mutate(data, rng.choice(MTX).encode(), rng)
        name = rng.choice("AB")
        command = base + ["-k", "sparse", "--in", f"{name}={path}"]
    elif kind == "sched":
        data = mutate.mutate(rng.choice(SCHED).encode(), rng.choice(SCHED).encode(), rng)
        command = [tppc, "check", program, "--schedule-file", path]
    else:
        options = rng.sample(CHECKED if kind == "check" else GIVEN, 2)
        at = rng.randrange(len(options[0]))
        options[0] = options[0][:at] + [word(options[0][at], rng)] + options[0][at + 1:]
        data = None
        command = [tppc, "check", program] if kind == "check" else base + ["-k", "dense", "-DM=3", "-DN=4"]
        # A file that the damaged word names as the one to write would be written.
        command += [x for o in options for x in o if not x.startswith(("-o", "--emit", "--out"))]
    if data is not None:
        with open(path, "wb") as f:
            f.write(data)
    return kind, command, path if data is not None else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tppc", required=True)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--keep", required=True, help="folder for inputs that fail")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    os.makedirs(args.keep, exist_ok=True)
    refused, failures = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "inputs.tpp")
        with open(program, "w", encoding="utf-8") as f:
            f.write(PROGRAM)
        inputs = [draw(os.path.abspath(args.tppc), program, folder, i, rng) for i in range(args.runs)]

        def one(given):
            kind, command, _ = given
            return mutate.run(command, args.seconds, (0, 1, 2, 3) if kind in ("check", "run") else (0, 1, 3))

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for (kind, command, path), (why, err) in zip(inputs, pool.map(one, inputs)):
                refused[kind] += "error:" in err
                if not why:
                    continue
                failures += 1
                if path:
                    kept = os.path.join(args.keep, f"seed{args.seed}-{os.path.basename(path)}")
                    with open(path, "rb") as f, open(kept, "wb") as g:
                        g.write(f.read())
                    command = [x.replace(path, kept) for x in command]
                print(f"{shlex.join(command)}: {why}\n{err[-2000:]}")
    print(f"{args.runs} inputs, {dict(refused)} refused, {failures} failed")
    # Inputs that are all accepted would mean that nothing was checked.
    return 1 if failures or (args.runs >= 100 and len(refused) < 5) else 0


if __name__ == "__main__":
    sys.exit(main())
