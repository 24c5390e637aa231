#!/usr/bin/env python3
"""A dictionary for libFuzzer from the tables of the project: dictionary.py OUT FILES...

Takes the quoted strings of tables (.def) and scanners (.l), and the mnemonics of ops.def.
"""
import re
import sys

words = set()
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    for line in text.splitlines():
        # The first string of a row is its name; those behind it are prose and formulas.
        strings = re.findall(r'"((?:[^"\\]|\\.)+)"', line)
        words.update(strings if path.endswith(".l") else strings[:1])
with open(sys.argv[1], "w", encoding="utf-8") as f:
    for i, word in enumerate(sorted(w for w in words if w.isprintable() and len(w) <= 20)):
        f.write(f'w{i}="{word}"\n')
