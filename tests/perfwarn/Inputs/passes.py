"""The passes of each kernel over whole rows, by the letters of what they read or write: passes.py MANIFEST."""
import json
import sys

with open(sys.argv[1]) as f:
    manifest = json.load(f)
for kernel in manifest["kernels"]:
    passes = [p for nest in kernel["nests"] for p in nest["passes"]]
    for p in passes:
        if not p["vector"]:
            sys.exit(f"{kernel['name']}: a pass without vectors: {p}")
    wide = [p for p in passes if any(x in "n$1" for x in p["over"]) and not set(p["over"]) <= {"m"}]
    print(f"{kernel['name']}:", *["m,n" for p in wide])
