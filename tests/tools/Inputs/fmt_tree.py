"""tppc fmt over every program of the tree, as it is, on one line, and with its tokens torn apart: the tokens and
comments stay what they are, and formatting once is enough. Programs with syntax errors stay as they are."""
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"[^"\n]*"|\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?'
                   r"|max=(?!=)|min=(?!=)|\w+|->|\+=|\*=|<=|>=|==|!=|\S", re.S)
tppc, root = sys.argv[1], Path(sys.argv[2])


def tokens(text):
    return [t.rstrip() for t in TOKEN.findall(text)]


def torn(text, gaps):
    draw = random.Random(1)
    return "".join(t + ("\n" if t.startswith("//") else draw.choice(gaps)) for t in tokens(text))


def read(path):
    with open(path, encoding="latin-1", newline="") as f:
        return f.read()


with tempfile.TemporaryDirectory() as folder:
    sources, copies = {}, []
    for path in sorted(root.rglob("*.tpp")):
        text = read(path)
        for text in (text, torn(text, [" "]), torn(text, [" ", "\n", "  \n\n  ", "\t"])):
            copy = Path(folder) / f"{len(copies)}.tpp"
            copy.write_bytes(text.encode("latin-1"))
            copies.append(copy)
            sources[copy] = path, text
    run = [subprocess.run([tppc, "fmt", "-i", *copies], capture_output=True).returncode]
    once = {c: read(c) for c in copies}
    run += [subprocess.run([tppc, "fmt", "-i", *copies], capture_output=True).returncode]
    changed = failed = 0
    for copy in copies:
        path, text = sources[copy]
        changed += once[copy] != text
        wrong = (tokens(once[copy]) != tokens(text) and "other tokens" or read(copy) != once[copy] and "not stable" or
                 once[copy] != text and re.search(r"[ \t]$", once[copy], re.M) and "spaces at the end of a line")
        if wrong:
            failed += 1
            print(f"{path}: {wrong}")
print(f"{len(copies)} programs, {changed} changed, {failed} failed, exit codes {run}")
sys.exit(failed > 0 or changed < 100 or not set(run) <= {0, 1})
