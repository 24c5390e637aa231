#!/usr/bin/env python3
"""No innermost loop of multiply-adds in the runtime's kernels may keep a vector on the stack.

An accumulator there costs such a loop up to two thirds of its speed, and nothing else shows it:
results stay right. So the objects are disassembled. A loop is what can reach a branch backward
without passing the branch's target; an innermost one has no other inside. A stride on the stack is
no matter: its load is ready long before it is used.

Rows of kernels.def say what has to be there: the function of each row that --isa selects must be in
one of the objects, and that object must have such a loop. A new row is checked by itself.

usage: spills.py --objdump llvm-objdump --isa x86|aarch64 kernels.def object|folder...
       spills.py --function name object...     that one instead of those of a table
       spills.py --self-test
"""
import argparse
import os
import re
import subprocess
import sys

MULTIPLY_ADD = {
    'x86': re.compile(r'^v(fmadd|fnmadd|dpbf16ps|pdpbusd|pdpwssd|pmaddwd|pmaddubsw)|^tdp'),
    'aarch64': re.compile(r'^(fmla|fmlal|bfdot|bfmmla|bfmlal|[su]dot|usdot|[su]mmla|usmmla|[su]mlal|[su]mull|[su]adalp)'),
}
BRANCH = {
    'x86': re.compile(r'^j[a-z]+$|^loop'),
    'aarch64': re.compile(r'^(b|b\..*|cbn?z|tbn?z)$'),
}
# What no next instruction follows.
ENDS = {
    'x86': re.compile(r'^(jmp|ret)'),
    'aarch64': re.compile(r'^(b|br|ret)$'),
}
VECTOR = {
    'x86': re.compile(r'%[xyz]mm[0-9]|%tmm[0-9]'),
    'aarch64': re.compile(r'\b[bhsdqvz][0-9]+\b'),
}
# With an index it is an array, a panel on the stack.
STACK = {
    'x86': re.compile(r'\(%rsp\)'),
    'aarch64': re.compile(r'\[sp(, #\S+)?\]'),
}
# The frame pointer is one only where a function makes it one; else it is a register like others.
FRAME = {
    'x86': (re.compile(r'^movq?\s+%rsp, %rbp'), re.compile(r'\(%rbp\)')),
    'aarch64': (re.compile(r'^(mov\s+x29, sp|add\s+x29, sp)'), re.compile(r'\[x29(, #\S+)?\]')),
}
# An operand that is an address, with the name of where it is behind.
TARGET = re.compile(r'0x([0-9a-f]+) <')


def functions(text):
    """Yields (name, [(address, instruction)]) of a disassembly."""
    name, body = None, []
    for line in text.splitlines():
        head = re.match(r'^[0-9a-f]+ <(.+)>:$', line)
        if head:
            if name:
                yield name, body
            name, body = head.group(1), []
            continue
        code = re.match(r'^\s*([0-9a-f]+):\s+(\S.*)$', line)
        if code and name:
            body.append((int(code.group(1), 16), re.split(r'\s# |//', code.group(2))[0].strip()))
    if name:
        yield name, body


def natural_loop(before, head, tail):
    """The instructions from which tail is reached without passing head, both included; None when one
    of them is the entry of the function, so that the jump back to head makes no loop."""
    inside, todo = {head}, [tail]
    while todo:
        at = todo.pop()
        if at in inside:
            continue
        if not before[at]:
            return None
        inside.add(at)
        todo += before[at]
    return frozenset(inside)


def innermost_loops(body, isa):
    """Loops without another inside, as sets of indices into body."""
    index = {address: i for i, (address, _) in enumerate(body)}
    before, jumps_back = [[] for _ in body], []
    for i, (_, code) in enumerate(body):
        name = code.split()[0]
        target = TARGET.search(code) if BRANCH[isa].match(name) else None
        to = index.get(int(target.group(1), 16)) if target else None
        if to is not None:
            before[to].append(i)
            if to <= i:
                jumps_back.append((to, i))
        if i + 1 < len(body) and not ENDS[isa].match(name):
            before[i + 1].append(i)
    loops = {natural_loop(before, head, tail) for head, tail in jumps_back} - {None}
    return [l for l in loops if not any(o < l for o in loops)]


def check(text, isa):
    """Returns the number of multiply-add loops and what touches the stack in them."""
    found, bad = 0, []
    for name, body in functions(text):
        makes, uses = FRAME[isa]
        has_frame = any(makes.match(code) for _, code in body)
        for loop in innermost_loops(body, isa):
            inside = [body[i][1] for i in sorted(loop)]
            first = body[min(loop)][0]
            if not any(MULTIPLY_ADD[isa].match(code) for code in inside):
                continue
            found += 1
            bad += [(name, first, code) for code in inside if VECTOR[isa].search(code) and
                    (STACK[isa].search(code) or (has_frame and uses.search(code)))]
    return found, bad


def rows(path, isa):
    """(name, function) of the rows with a function of their own for the instruction set."""
    with open(path, encoding='utf-8') as f:
        text = f.read()
    text = text[text.index('*/') + 2:]
    for kind, arguments in re.findall(r'\b(BRGEMM|SGEMM)\(([^)]*)\)', text):
        fields = [field.strip() for field in arguments.split(',')]
        if fields[1] != 'REF' and fields[1].startswith('NEON') == (isa == 'aarch64'):
            yield fields[0].strip('"'), fields[-1]


def disassemble(objdump, path):
    return subprocess.run([objdump, '-d', '--no-show-raw-insn', path], check=True,
                          stdout=subprocess.PIPE, universal_newlines=True).stdout


SPILLED = {
    'x86': '''
0000000000000000 <tile>:
       0:      	xorl	%eax, %eax
       8:      	vmovups	(%rbp), %ymm1
       c:      	vmovups	0x40(%rsp,%rcx,4), %ymm3
      10:      	vmovups	{0}, %ymm2
      18:      	vfmadd231ps	%ymm1, %ymm2, %ymm0 # ymm0 = (ymm2 * ymm1) + ymm0
      20:      	jne	0x8 <tile+0x8>
      28:      	vmovups	%ymm0, 0x40(%rsp)
      30:      	retq
''',
    'aarch64': '''
0000000000000000 <tile>:
       0:      	mov	x0, xzr
       4:      	ldr	q1, [x29]
       8:      	ldr	q2, {0}
       c:      	fmla	v0.4s, v1.4s, v2.s[0]
      10:      	b.ne	0x4 <tile+0x4>
      14:      	str	q0, [sp, #16]
      18:      	ret
''',
}


def self_test():
    """A loop with a spill is found, the same loop without it passes."""
    spill = {'x86': '0x40(%rsp)', 'aarch64': '[sp, #16]'}
    clean = {'x86': '0x40(%rsi)', 'aarch64': '[x1, #16]'}
    for isa, text in SPILLED.items():
        found, bad = check(text.format(spill[isa]), isa)
        assert (found, len(bad)) == (1, 1), (isa, found, bad)
        assert check(text.format(clean[isa]), isa) == (1, []), isa
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--self-test', action='store_true')
    parser.add_argument('--objdump', default='llvm-objdump-19')
    parser.add_argument('--isa', choices=sorted(STACK), default='x86')
    parser.add_argument('--function')
    parser.add_argument('paths', nargs='*')
    args = parser.parse_args()
    if args.self_test:
        return self_test()
    failed, defined = 0, {}
    objects = args.paths if args.function else args.paths[1:]
    wanted = [(args.function,) * 2] if args.function else rows(args.paths[0], args.isa)
    folders = [path for path in objects if os.path.isdir(path)]
    inside = [os.path.join(folder, file) for folder in folders
              for file in sorted(os.listdir(folder)) if file.endswith('.o')]
    for path in [path for path in objects if path not in folders] + inside:
        text = disassemble(args.objdump, path)
        found, bad = check(text, args.isa)
        print(f'{path}: {found} loops')
        for name, _ in functions(text):
            defined[name] = found
        for name, first, code in bad:
            print(f'{path}: {name}: the loop at {first:#x} touches the stack: {code}')
            failed = 1
    checked = 0
    for name, function in wanted:
        checked += 1
        if not defined.get(function):
            print(f'{name}: {function} is in no object that has a loop of multiply-adds')
            failed = 1
    print(f'{checked} rows')
    return failed or checked == 0


sys.exit(main())
