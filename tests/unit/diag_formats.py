#!/usr/bin/env python3
"""Checks the arguments of every tppc_diag() against the format of its row.

The format stands in diags.def, so a compiler does not see it at the call. Here every source that calls tppc_diag()
is compiled once more, syntax only, with diag_formats.h in front, which gives the compiler both.

  diag_formats.py --build DIR      DIR holds compile_commands.json
"""
import argparse
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# The definition itself, and the tests with rows of their own.
SKIP = re.compile(r"/(compiler/diag|tests/unit)/")


def calls(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return "tppc_diag(" in f.read()
    except OSError:  # generated, and not yet built
        return False


def command_of(entry):
    words = entry.get("arguments") or shlex.split(entry["command"])
    kept, skip = [], False
    for word in words:
        if not skip and word not in ("-c", "-o"):
            kept.append(word)
        skip = word == "-o" and not skip
    kept = [w for w in kept if not w.startswith("-W") and w != "-w"]
    errors = ["-Werror=" + w for w in ("format", "format-extra-args")]
    return kept + ["-fsyntax-only", "-D_GNU_SOURCE", "-Wno-pedantic", "-Wformat", *errors, "-include",
                   os.path.join(HERE, "diag_formats.h")]


def check(entry):
    run = subprocess.run(command_of(entry), cwd=entry["directory"], capture_output=True)
    if run.returncode == 0:
        return None
    errors = [line for line in run.stderr.decode().splitlines() if "error: " in line]
    return "\n".join(errors[:5])


def main():
    parser = argparse.ArgumentParser(description="arguments of diagnostics against their formats")
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    with open(os.path.join(args.build, "compile_commands.json"), encoding="utf-8") as f:
        entries = json.load(f)
    entries = {e["file"]: e for e in entries if e["file"].endswith(".c")}.values()
    entries = [e for e in entries if not SKIP.search(e["file"]) and calls(e["file"])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bad = [r for r in pool.map(check, entries) if r]
    for errors in bad:
        print(errors)
    print(f"{len(entries)} sources, {len(bad)} with errors")
    return 1 if bad else 0


sys.exit(main())
