"""The programs of a page of rules: each runs as its first comment says, or is refused as it says."""
import re
import shlex
import subprocess
import sys
from pathlib import Path

tppc, page = sys.argv[1], Path(sys.argv[2])
programs = re.findall(r"^```tpp\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
failed = 0


def run(*args):
    done = subprocess.run([tppc, *args], capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


for number, program in enumerate(programs, 1):
    path = Path(f"rule{number}.tpp")
    path.write_text(program, encoding="utf-8")
    error = re.search(r"^// error: (\w\d{4})$", program, re.M)
    command = re.search(r"^// tppc (run|check)(.*)$", program, re.M)
    prints = re.findall(r"^// prints (.*)$", program, re.M)
    name, options = (command[1], shlex.split(command[2])) if command else ("check", [])
    code, text = run(name, str(path), *options)
    wrong = None
    if error:
        if code != 1 or f"[{error[1]}]" not in text:
            wrong = f"exit code {code}, expected [{error[1]}]"
    elif not command:
        wrong = "says neither how it runs nor how it is refused"
    elif code:
        wrong = f"exit code {code}"
    elif lacking := [p for p in prints if p not in text]:
        wrong = f"does not print {lacking[0]}"
    elif name == "run":
        code, text = run(name, str(path), *options, "--verify")
        wrong = f"--verify: exit code {code}" if code else None
    if not wrong and not (error and error[1] == "L0003") and run("fmt", "--check", str(path))[0]:
        wrong = "is not formatted: tppc fmt"
    if wrong:
        failed += 1
        print(f"program {number}: {wrong}\n{program}{text}")
print(f"{len(programs)} programs, {failed} failed")
sys.exit(failed > 0 or not programs)
