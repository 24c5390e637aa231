"""Fails for each op of irops.def and ops.def that stands in none of the files after the two tables."""
import re
import sys

irops, ops, *files = [open(name).read() for name in sys.argv[1:]]
names = set(re.findall(r'^IROP\(\w+,\s*"([\w.]+)"', irops, re.M)) - {"tpp.elt"}
names |= {"tpp." + m for m in re.findall(r'^ELTWISE\([^"]*"(\w+)"', ops, re.M)}
if len(names) < 60:
    sys.exit("the tables could not be read")
text = "\n".join(line for f in files for line in f.splitlines() if not line.startswith("//"))
used = set(re.findall(r"[\w.]+", text))
missing = sorted(names - used)
for name in missing:
    print(f"no round trip of '{name}'")
sys.exit(1 if missing else 0)
