"""Runs kernels over the product of sizes and threads, on integers, and wants every result bitwise equal to the interpreter's.

   sweep.py tppc file.tpp kernel T=0,1,5 N=0,1,33 [tppc's options]
"""
import itertools, re, subprocess, sys

tppc, path, kernel = sys.argv[1:4]
sizes = [a for a in sys.argv[4:] if re.fullmatch(r"\w+=[\d,]+", a)]
options = [a for a in sys.argv[4:] if a not in sizes]
text = open(path).read()
head = re.search(r"^kernel %s\b[^{]*" % kernel, text, re.M).group().split("->")[0]
inputs = [x for name in re.findall(r"(\w+): *[a-z]", head[head.index("("):]) for x in ("--in", name + "=int:7")]
runs = 0
for values in itertools.product(*(s.split("=")[1].split(",") for s in sizes)):
    bound = [x for s, v in zip(sizes, values) for x in ("-D", s.split("=")[0] + "=" + v)]
    for more in (["--threads", "1"], ["--threads", "3"], ["-O0", "--threads", "2"]):
        command = [tppc, "run", path, "-k", kernel, "--verify", *bound, *inputs, *more, *options]
        r = subprocess.run(command, capture_output=True, text=True)
        runs += 1
        if r.returncode or "all bitwise equal" not in r.stdout + r.stderr:
            sys.exit(" ".join(command) + "\n" + r.stdout + r.stderr)
print(kernel, runs, "runs agree")
