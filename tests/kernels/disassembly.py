"""The code of kernels that nothing here emulates: dot and tile instructions against their contract.

usage: disassembly.py llvm-objdump libtpprt.a kernels.def ROWS_FILE

AVX512_BF16: a tile of n vectors by m rows has n * m VDPBF16PS a step of its loop, and the loop touches no stack.
AMX: a kernel configures and releases tiles once; a step of the loop of a block of m by n tiles has m * n dot
instructions, all of the kind that its row's types ask for, and m + n tile loads.
"""
import re
import subprocess
import sys

DOTS = {("BF16", "BF16"): ("DOT_BF16", "tdpbf16ps"), ("U8", "I8"): ("DOT_UNSIGNED_BY", "tdpbusd"),
        ("I8", "I8"): ("DOT_SIGNED", "tdpbssd"), ("U8", "U8"): ("DOT_UNSIGNED", "tdpbuud")}


def rows_of(path):
    """(name, instruction set, A type, B type, function) of the rows to check."""
    text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
    for kind, args in re.findall(r"^(BRGEMM|SGEMM)\((.*?)\)$", text, flags=re.M | re.S):
        cells = [c.strip().strip('"') for c in args.split(",")]
        types = cells[3:5] if kind == "BRGEMM" else cells[4:6]
        if cells[1] in ("AVX512_BF16", "AMX"):
            yield cells[0], cells[1], *types, cells[-1]


def disassemble(objdump, library):
    """Member -> function -> [(address, mnemonic, operands)]."""
    members, functions, body = {}, None, None
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", library], capture_output=True, check=True, text=True)
    for line in text.stdout.splitlines():
        if line.endswith("file format elf64-x86-64"):
            functions = members.setdefault(line.split(":")[0], {})
        elif line.endswith(">:"):
            body = functions.setdefault(line[line.index("<") + 1:-2], [])
        elif ":" in line and body is not None:
            address, rest = line.split(":", 1)
            words = rest.split(None, 1)
            if words:
                body.append((int(address, 16), words[0], words[1] if len(words) > 1 else ""))
    return members


def loops(body):
    """What stands between a backward jump and its target."""
    at = {address: i for i, (address, _, _) in enumerate(body)}
    for i, (address, name, operands) in enumerate(body):
        target = re.match(r"0x([0-9a-f]+)", operands)
        if name.startswith("j") and target and int(target.group(1), 16) <= address:
            first = at.get(int(target.group(1), 16))
            if first is not None:
                yield body[first:i + 1]


def check_tiles(functions):
    """Of VDPBF16PS. Returns what is wrong."""
    bad, seen = [], 0
    for name, body in functions.items():
        tile = re.match(r"tile_\w+_(\d+)x(\d+)$", name)
        if not tile:
            continue
        seen += 1
        wanted = int(tile.group(1)) * int(tile.group(2))
        inner = [loop for loop in loops(body) if any(x[1] == "vdpbf16ps" for x in loop)]
        inner = [loop for loop in inner if sum(1 for _ in loops(loop)) == 1]
        if not inner:
            bad.append(f"{name}: no loop of VDPBF16PS")
        for loop in inner:
            n = sum(x[1] == "vdpbf16ps" for x in loop)
            if n == 0 or n % wanted:
                bad.append(f"{name}: {n} VDPBF16PS in a loop, not a multiple of {wanted}")
            if any("vfmadd" in x[1] for x in loop):
                bad.append(f"{name}: a loop has FMAs")
            if any("%rsp" in x[2] or "%rbp)" in x[2] for x in loop if "mm" in x[2]):
                bad.append(f"{name}: a loop keeps sums on the stack")
    return bad if seen else ["no tile functions"]


def check_amx(functions, function, kind, dot):
    names = [name for _, name, _ in functions[function]]
    bad = [f"{names.count(k)} {k}, not 1" for k in ("ldtilecfg", "tilerelease") if names.count(k) != 1]
    for m, n in ((1, 1), (1, 2), (2, 1), (2, 2)):
        block = f"block_{kind}_{m}x{n}"
        body = functions.get(block, [])
        others = {name for _, name, _ in body if name.startswith("tdp")} - {dot}
        inner = [[x[1] for x in loop] for loop in loops(body) if sum(1 for _ in loops(loop)) == 1]
        counts = {(loop.count(dot), loop.count("tileloadd")) for loop in inner if dot in loop}
        if counts != {(m * n, m + n)} or others:
            bad.append(f"{block}: dots and loads of a step {counts or 'none'}, not {m * n} and {m + n}; {others}")
    return bad


def main(objdump, library, def_file, rows_file):
    members, failed, done = disassemble(objdump, library), [], []
    for name, isa, a, b, function in rows_of(def_file):
        functions = next((f for f in members.values() if function in f), None)
        if functions is None:
            bad = ["its function is not in the library"]
        elif isa == "AMX":
            bad = check_amx(functions, function, *DOTS[a, b])
        else:
            bad = check_tiles(functions)
        failed += [f"{name}: {why}" for why in bad]
        if not bad:
            done.append(name)
            print(f"{name:36} has its instructions")
    print(*failed, sep="\n")
    with open(rows_file, "w") as f:
        f.writelines(f"{name} disassembled\n" for name in done)
    return 1 if failed or not done else 0


sys.exit(main(*sys.argv[1:]))
