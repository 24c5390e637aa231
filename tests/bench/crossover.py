#!/usr/bin/env python3
"""Measures at which part of stored entries a product with a sparse factor takes as long as with a dense one, and prints
the rows of compiler/api/crossover.def.

Each row is a product of 256 rows with a factor of 1024 x 1024 on one thread. The sparse product is timed with a tenth
and with four tenths of the blocks stored; where the line through these meets the time of the dense product it is timed
once more, since its time is not quite linear, and a step along a line as steep from there gives the crossover. The best
times count, and the median of several rounds: a shared machine only adds to them.

    python3 tests/bench/crossover.py --tppc build/bin/tppc > compiler/api/crossover.def
    python3 tests/bench/crossover.py --tppc build/bin/tppc --under "taskset -c 1" --only bf16
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile

WAYS = (("gathers", "bcsc"), ("scatters", "bcsr"))  # along which the blocks of a line lie: the sum, or the result
SIDES = (1, 4, 8, 16, 32)
TARGETS = ((32, "avx2", "x86-64-v3"), (64, "", "native"))
FEW, MANY = 0.1, 0.4


def program(elem, storage):
    return (f"kernel f(X: {elem}[256, 1024], W: {elem}[1024, 1024]{storage}) -> Y: f32[256, 1024]\n"
            "{ for m in 256, n in 1024, k in 1024 { Y[m, n] += brgemm(X[m, k], W[k, n]); } }\n")


def best_time(options, folder, elem, storage, isa, march, share):
    path, out = os.path.join(folder, "f.tpp"), os.path.join(folder, "f.json")
    with open(path, "w") as file:
        file.write(program(elem, storage))
    environment = dict(os.environ, **({"TPP_ISA": isa} if isa else {}))
    command = [*shlex.split(options.under), options.tppc, "bench", path, "-k", "f", "-march=" + march, "--threads", "1",
               "--budget", options.budget, "--json", out]
    if storage:
        command += ["--in", f"W=rand:7:{share}"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(out) as file:
        return json.load(file)["results"][0]["seconds"]["best"]


def clamped(part):
    return min(max(round(part, 3), 0.01), 1)


def crossover(measure, form):
    """The part of stored entries at which the product takes as long as with a dense factor."""
    dense, few, many = measure("", 1), measure(form, FEW), measure(form, MANY)
    slope = (many - few) / (MANY - FEW)
    if slope <= 0:
        return 1
    guess = clamped(FEW + (dense - few) / slope)
    return clamped(guess + (dense - measure(form, guess)) / slope)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tppc", required=True)
    parser.add_argument("--under", default="", help="a command that runs another one, such as taskset -c 1")
    parser.add_argument("--budget", default="0.3s")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("/* Parts of stored elements, in thousandths, from which a product is faster with a dense factor.\n"
          " * ROW(way, elements of a block, type, bytes of a vector, thousandths); written by\n"
          " * tests/bench/crossover.py, which says how they are measured. */")
    with tempfile.TemporaryDirectory() as folder:
        for width, isa, march in TARGETS:
            for elem in ("f32", "bf16"):
                if options.only not in elem:
                    continue

                def measure(storage, share):
                    return best_time(options, folder, elem, storage, isa, march, share)

                for way, storage in WAYS:
                    for side in SIDES:
                        form = " csr" if side == 1 and storage == "bcsr" else f" {storage}({side}, {side})"
                        part = statistics.median(crossover(measure, form) for _ in range(options.rounds))
                        print(f"ROW({way}, {side * side}, {elem}, {width}, {round(part * 1000)})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
