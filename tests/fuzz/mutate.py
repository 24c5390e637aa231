#!/usr/bin/env python3
"""Damaged programs must get a diagnostic, never a crash.

Takes the given files in turn, damages each by a few random edits of tokens and bytes, and runs the command on the
result. Right is an exit code of 0 to 3; wrong is a signal, another code, a sanitizer report, or no answer within the
time. The same seed gives the same mutants on every machine. A mutant that fails is kept in the --keep folder.

  mutate.py --runs 200 --seed 1 --keep DIR --suffix .tpp FILES... -- tppc check
"""
import argparse
import concurrent.futures
import os
import random
import re
import subprocess
import sys
import tempfile

TOKEN = re.compile(rb"\s+|//[^\n]*|[A-Za-z_]\w*|\d+(?:\.\d+)?|\"[^\"\n]*\"|[-+*/<>=!|]=|->|.", re.S)
# In text, JSON, or SARIF.
ERROR = re.compile(r'error:|"(severity|level)": *"error"')
# What a confused programmer, or a broken pipe, leaves in a file.
ODD = [b"\x00", b"\xff", b"\xc3\x28", b"\"", b"/*", b"{", b"}", b"[", b"]", b"(", b":", b"@", b"%", b"\\", b"\r\n",
       b"99999999999999999999", b"-9223372036854775808", b"0", b"1e999", b"\xe2\x80\x8b", b"for", b"kernel", b"inout"]


def mutate(text, other, rng):
    """One to four edits of text; other is a second program to take tokens from."""
    tokens = TOKEN.findall(text)
    donor = TOKEN.findall(other)
    for _ in range(rng.randint(1, 4)):
        if not tokens:
            break
        i = rng.randrange(len(tokens))
        j = rng.randrange(len(tokens))
        kind = rng.randrange(9)
        if kind == 0:
            del tokens[i]
        elif kind == 1:
            tokens.insert(i, tokens[i])
        elif kind == 2:
            tokens[i], tokens[j] = tokens[j], tokens[i]
        elif kind == 3:
            tokens.insert(i, rng.choice(ODD))
        elif kind == 4:
            tokens[i] = rng.choice(donor)
        elif kind == 5:
            del tokens[i:i + rng.randint(2, 12)]
        elif kind == 6:
            tokens[j:j] = tokens[i:i + rng.randint(2, 20)]
        elif kind == 7:
            word = bytearray(tokens[i])
            word[rng.randrange(len(word))] = rng.randrange(256)
            tokens[i] = bytes(word)
        else:
            del tokens[i:]
    return b"".join(tokens)


def run(command, seconds, codes=(0, 1, 2, 3)):
    """Why the command failed, or None; and what it said."""
    env = dict(os.environ)
    # An exit code that the command itself never has.
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":exitcode=99:allocator_may_return_null=1"
    env["UBSAN_OPTIONS"] = env.get("UBSAN_OPTIONS", "") + ":exitcode=99:print_stacktrace=1"
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, env=env)
    except subprocess.TimeoutExpired:
        return f"no answer in {seconds} s", ""
    err = done.stderr.decode(errors="replace")
    if done.returncode < 0:
        return f"died by signal {-done.returncode}", err
    if "Sanitizer" in err or "runtime error:" in err:
        return "sanitizer report", err
    if done.returncode not in codes:
        return f"exit code {done.returncode}", err
    if done.returncode and not ERROR.search(err):
        return f"exit code {done.returncode} without a diagnostic", err
    return None, err


def main():
    argv = sys.argv[1:]
    if "--" not in argv:
        sys.exit("mutate.py: the command follows --")
    split = argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", required=True, help="folder for mutants that fail")
    parser.add_argument("--suffix", default=".tpp")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("files", nargs="+")
    args = parser.parse_args(argv[:split])
    command = argv[split + 1:]

    texts = []
    for path in sorted(args.files):
        with open(path, "rb") as f:
            texts.append((os.path.basename(path), f.read()))
    rng = random.Random(args.seed)
    mutants = []
    for i in range(args.runs):
        name, text = texts[i % len(texts)]
        mutants.append((i, name, mutate(text, rng.choice(texts)[1], rng)))

    failures = 0
    refused = 0
    os.makedirs(args.keep, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:

        def one(mutant):
            i, _, text = mutant
            path = os.path.join(folder, f"m{i}{args.suffix}")
            with open(path, "wb") as f:
                f.write(text)
            return run(command + [path], args.seconds)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for (i, name, text), (why, err) in zip(mutants, pool.map(one, mutants)):
                refused += "error:" in err
                if why:
                    failures += 1
                    kept = os.path.join(args.keep, f"seed{args.seed}-{i}-{name}")
                    with open(kept, "wb") as f:
                        f.write(text)
                    print(f"{kept}: {why}\n{err[-3000:]}")
    print(f"{len(mutants)} mutants of {len(texts)} files: {refused} refused, {failures} failed")
    # Mutants that are all accepted would mean that nothing was checked.
    return 1 if failures or (args.runs >= 50 and refused < args.runs // 4) else 0


if __name__ == "__main__":
    sys.exit(main())
