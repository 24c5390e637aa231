#!/usr/bin/env python3
"""Random programs, compiled and compared with an independent model of the language.

  programs.py --tppc build/bin/tppc --runs 2000 --seed 1 --keep DIR

Draws --runs programs (generate.py), compiles them in batches with `tppc -shared`, calls each through ctypes, and compares
every element of every output with the model (model.py): exactly where the language leaves nothing open, else within a
bound. A schedule may be refused; the program then runs without. Anything else is a failure: another refusal, a crash, a
status, a wrong element, a byte written outside. One program in --sample also goes through `tppc run --verify`.

The same seed gives the same programs. A failure is made smaller (shrink.py) and kept as .tpp with the command that shows
it. --only N runs program N alone and prints it.
"""
import argparse
import collections
import copy
import multiprocessing
import os
import pickle
import random
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import coverage  # noqa: E402
import execute  # noqa: E402
import generate  # noqa: E402
import ops  # noqa: E402
import shrink  # noqa: E402
from tree import import_file, imported_lines, program_lines  # noqa: E402

BATCH = 20
KINDS = ("ok", "unsupported", "refused", "mismatch", "crash", "hang", "status", "memory", "compiler crash", "model", "script",
         "oracle", "skipped")
# Shrinking is slow, and the same error usually shows in many programs.
SHRUNK = 12


def settings_of(batch):
    rng = random.Random(batch * 7919 + 17)
    return execute.Settings(isa=rng.choice([None, None, None, "ref", "avx2", "avx512"]),
                            threads=rng.choice([1, 2, 2, 3, 4, 5]),
                            march=rng.choice([None, None, "native", "x86-64-v4"]) if has_avx512() else None,
                            level=rng.choice([None, None, None, 0, 1, 3]),
                            provider=rng.choice([None, None, None, "xsmm", "runtime", "generated"]),
                            past=rng.choice([False, True]))


def has_avx512():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            return "avx512vl" in f.read()
    except OSError:
        return False


def draw(seed, n):
    # Seeds of two runs do not overlap.
    return generate.program(seed * 10_000_000 + n, f"k{n}")


def run_batch(job):
    tppc, seed, batch, first, last, sample = job
    settings = settings_of(seed * 100_003 + batch)
    programs = [draw(seed, n) for n in range(first, last)]
    drawn = copy.deepcopy(programs)
    scheduled = sum(execute.has_schedule(p) for p in programs)
    with tempfile.TemporaryDirectory() as folder:
        results, dropped = execute.run_programs(tppc, programs, folder, "b", settings)
        for p, original in zip(programs, drawn):
            n = p.seed % 10_000_000
            if sample and n % sample == 0 and results[p.seed][0] == "ok" and execute.has_files(p):
                by_command = execute.run_command(tppc, p, folder, settings)
                # Sizes that are fixed may fold away the statement that a schedule speaks of.
                if by_command[0] != "refused" or not by_command[1].startswith("S"):
                    results[p.seed] = by_command
            if p.seed in dropped and results[p.seed][0] != "ok":
                original.refused = True
    out, covered = [], collections.Counter()
    for p in programs:
        out.append((p.seed, results[p.seed], dropped.get(p.seed)))
        if results[p.seed][0] == "ok":
            covered.update(coverage.features(p))
    return batch, out, scheduled, covered


def minimal(tppc, seed, n, kind, text, settings):
    """The smallest program that fails as program n does, and the settings under which it does."""
    p = draw(seed, n)

    def result(q, s):
        with tempfile.TemporaryDirectory() as folder:
            q = copy.deepcopy(q)
            if text.startswith("tppc run") or kind == "oracle":
                return execute.run_command(tppc, q, folder, s)
            return execute.run_programs(tppc, [q], folder, "s", s)[0][q.seed]

    def same(r):
        if r[0] != kind:
            return False
        return kind not in ("refused", "status", "memory") or r[1].split(":")[0] == text.split(":")[0]

    if not same(result(p, settings)):
        return p, settings, text + " (only in its batch)"
    p = shrink.shrink(p, lambda q: same(result(q, settings)))
    for change in ({"isa": None}, {"march": None}, {"level": None}, {"provider": None}, {"threads": 1}, {"threads": 2}):
        s = copy.copy(settings)
        vars(s).update(change)
        if str(s) != str(settings) and same(result(p, s)):
            settings = s
    return p, settings, result(p, settings)[1]


def keep(tppc, folder, seed, n, kind, p, settings, why):
    stem = os.path.join(folder, f"seed{seed}-{n}")
    os.makedirs(stem, exist_ok=True)
    path = os.path.join(stem, "program.tpp")
    try:
        args = execute.command(tppc, p, path, stem, settings)
    except ops.ModelError as e:
        args = [f"no data: {e}"]
    args = [os.path.relpath(a, stem) if a.startswith(stem) else a.replace(stem + "/", "") for a in args]
    line = " ".join(["cd", stem, "&&"] + [f"{k}={v}" for k, v in settings.variables().items()] + args)
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"// {kind}: {why.splitlines()[0] if why else ''}\n// {line}\n" + "\n".join(program_lines(p)) + "\n")
    if p.imports:
        with open(os.path.join(stem, import_file(p)), "w", encoding="utf-8") as f:
            f.write("\n".join(imported_lines(p)) + "\n")
    with open(os.path.join(stem, "program.pickle"), "wb") as f:
        pickle.dump((p, settings), f)
    print(f"---- program {n}, {kind}: {why}\n{line}")
    print("\n".join(imported_lines(p) + program_lines(p)), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tppc", required=True)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first program")
    parser.add_argument("--keep", default="fuzz-kept", help="folder for programs that fail")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--sample", type=int, default=40, help="one in so many also runs through tppc run; 0 for none")
    parser.add_argument("--only", type=int, help="run this program alone and print it")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--replay", help="a kept program.pickle, in this process and with guarded memory, for a debugger")
    parser.add_argument("--coverage", action="store_true", help="print how many programs checked each feature")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        execute.compile_numbers(args.tppc, folder)
        return run(args)


def run(args):
    if args.replay:
        with open(args.replay, "rb") as f:
            p, settings = pickle.load(f)
        print(settings, execute.replay(args.tppc, p, settings))
        return 0
    if args.only is not None:
        args.first, args.runs = args.only, 1
        p = draw(args.seed, args.only)
        print("\n".join(imported_lines(p) + program_lines(p)))
        print("//", execute.describe_sizes(p))
    jobs = []
    for first in range(args.first, args.first + args.runs, BATCH):
        last = min(first + BATCH, args.first + args.runs)
        jobs.append((args.tppc, args.seed, first // BATCH, first, last, args.sample))
    start = time.time()
    totals, refused, missing, failures = collections.Counter(), collections.Counter(), collections.Counter(), []
    covered = collections.Counter()
    exact = compared = 0
    with multiprocessing.Pool(args.jobs) as pool:
        for done, (batch, results, scheduled, features) in enumerate(pool.imap_unordered(run_batch, jobs), 1):
            totals["scheduled"] += scheduled
            covered.update(features)
            for seed, (kind, why), dropped in results:
                totals[kind] += 1
                totals["refused schedules"] += dropped is not None
                refused.update(set(dropped or ()))
                if kind == "unsupported":
                    missing[why.split(":")[0]] += 1
                if kind == "ok":
                    exact += why[0]
                    compared += why[1]
                elif kind not in ("unsupported", "skipped"):
                    failures.append((batch, seed % 10_000_000, kind, why))
                    print(f"program {seed % 10_000_000}, {kind}: {why}", flush=True)
            if done % 50 == 0:
                print(f"{sum(totals[k] for k in KINDS)} programs, {totals['ok']} right", flush=True)
    failures.sort()
    seen = collections.Counter()
    for batch, n, kind, why in failures:
        signature = (kind, why.split(":")[0] if kind in ("refused", "status", "memory", "model") else "")
        seen[signature] += 1
        if args.no_shrink or kind in ("model", "script") or sum(min(v, 4) for v in seen.values()) > SHRUNK or seen[signature] > 4:
            continue
        settings = settings_of(args.seed * 100_003 + batch)
        p, settings, text = minimal(args.tppc, args.seed, n, kind, why, settings)
        keep(args.tppc, args.keep, args.seed, n, kind, p, settings, text)
    print(f"{args.runs} programs in {time.time() - start:.0f} s: {totals['ok']} right, {len(failures)} failed; "
          f"{totals['scheduled']} with a schedule, {totals['refused schedules']} refused "
          f"({', '.join(f'{k} {v}' for k, v in sorted(refused.items()))}); {compared} elements, {exact} compared exactly")
    print({k: v for k, v in totals.items() if k not in ("ok", "scheduled", "refused schedules")} or "no failures")
    if missing:
        print("not supported yet:", ", ".join(f"{k} {v}" for k, v in sorted(missing.items())))
    if args.coverage:
        print("\n".join(f"{covered[name]:7} {name}" for name in coverage.FEATURES))
    # Programs that all fall out would mean that nothing was checked; so would a feature that none has.
    never = [name for name in coverage.FEATURES if not covered[name]]
    if args.runs >= 2000 and never:
        print("never checked:", ", ".join(never))
        return 1
    return 1 if failures or totals["ok"] < args.runs // 2 or totals["skipped"] > args.runs / 1000 + 2 else 0


if __name__ == "__main__":
    sys.exit(main())
