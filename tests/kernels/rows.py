"""Every row of kernels.def was executed by some test, on some machine.

usage: rows.py kernels.def FOLDER

The tests leave a file each in FOLDER: lines "row how", where how is "executed", or "disassembled" and, for
AMX, "emulated" (its tile instructions, in C) for rows of instruction sets that no emulator here has. Kernels that a library makes at run time need the CPU itself.
"""
import pathlib
import re
import sys

UNEMULATED = {"AVX512_BF16", "AMX"}


def table(path):
    """Row -> (instruction set, whether a library makes it)."""
    text = re.sub(r"/\*.*?\*/", "", pathlib.Path(path).read_text(), flags=re.S)
    rows = re.findall(r'^(BRGEMM|BRGEMM_JIT|SGEMM)\(\s*"(\w+)",\s*(\w+)', text, flags=re.M)
    return {name: (isa, kind == "BRGEMM_JIT") for kind, name, isa in rows}


def main(def_file, folder):
    rows, how = table(def_file), {}
    for file in sorted(pathlib.Path(folder).glob("*.txt")):
        for line in file.read_text().splitlines():
            name, what = line.split()
            how.setdefault(name, {}).setdefault(what, []).append(file.stem)
    failed = [f"{name}: no such row in kernels.def" for name in how if name not in rows]
    for name, (isa, is_made) in rows.items():
        seen = how.get(name, {})
        if "executed" in seen:
            print(f"{name:36} executed by {', '.join(seen['executed'])}")
        elif "disassembled" in seen and isa in UNEMULATED:
            print(f"{name:36} not executed: {' and '.join(seen)}")
        elif is_made:
            print(f"{name:36} not executed: libxsmm makes it, and the CPU lacks {isa}")
        else:
            failed.append(f"{name}: no test executed it")
    print(*failed, sep="\n")
    return 1 if failed or not rows else 0


sys.exit(main(*sys.argv[1:]))
