"""Statements over stored entries: every format and element type at sizes of 0, 1, and edges, against the interpreter.

    sparse.py TPPC DIRECTORY
"""
import itertools
import os
import subprocess
import sys

PROGRAM = """
kernel scale[M, N](s: ELEM[M], inout A: ELEM[M, N] STORE)
{
  for LOOPS { A[m, n] = relu(A[m, n] * s[m]); }
}
kernel add[M, N](s: ELEM[N], inout A: ELEM[M, N] STORE, B: ELEM[M, N] STORE)
{
  for LOOPS { A[m, n] = A[m, n] + B[m, n] * s[n]; }
}
kernel rows[M, N](A: ELEM[M, N] STORE, s: ELEM[N]) -> y: f32[M]
{
  for LOOPS { y[m] += A[m, n] * s[n]; }
}
kernel colons[M, N](A: ELEM[M, N] STORE) -> (y: f32[M], z: f32[N])
{
  for LOOPS {
    y[m] = sum(A[m, :]);
    z[n] = max(A[:, n]);
  }
}
kernel densify[M, N](A: ELEM[M, N] STORE) -> D: ELEM[M, N]
{
  for LOOPS {
    t[m, n] = A[m, n] + 1;
    D[m, n] = t[m, n];
  }
}
kernel sampled[M, N, K](U: f32[M, K], V: f32[N, K], inout A: ELEM[M, N] STORE) -> e: f32
{
  for LOOPS, k in K {
    A[m, n] = A[m, n] - sum(U[m, :] * V[n, :]);
    e      += A[m, n];
    z[m, k] += A[m, n] * V[n, k];
    q[m]   += z[m, k];
    A[m, n] = A[m, n] + q[m];
  }
}
kernel left[M, N, K](A: ELEM[M, N] STORE, X: ELEM[N, K]) -> Y: ELEM[M, K]
{
  for LOOPS, k in K { Y[m, k] += A[m, n] * X[n, k]; }
}
kernel product[M, N, K](A: ELEM[M, N] STORE, X: ELEM[N, K], b: f32[K]) -> Y: ELEM[M, K]
{
  for LOOPS, k in K {
    acc[m, k] += brgemm(A[m, n], X[n, k]);
    Y[m, k]    = relu(acc[m, k] + b[k]);
  }
}
kernel turned[M, N, K](A: ELEM[N, M] STORE, X: ELEM[N, K], Z: ELEM[K, N]) -> (Y: f32[M, K], W: ELEM[K, M], V: f32[K, N])
{
  for n in N, m in M, k in K { Y[m, k] += brgemm(A[n, m], X[n, k]); }
  for n in N, m in M, k in K { W[k, m] += brgemm(Z[k, n], A[n, m]); }
  for n in N, m in M, k in K { V[k, n] += brgemm(W[k, m], A[n, m]); }
}
kernel into[M, N, K](X: ELEM[M, K], Z: ELEM[K, N], inout A: ELEM[M, N] STORE)
{
  for LOOPS, k in K { A[m, n] += brgemm(X[m, k], Z[k, n]); }
}
"""
FORMATS = (("csr", "m in M, n in N"), ("bcsr(4, 8)", "m in M, n in N"), ("bcsc(3, 2)", "n in N, m in M"))
SIZES = ((0, 5, 2), (1, 1, 1), (13, 21, 19))


def main():
    tppc, folder = sys.argv[1], sys.argv[2]
    os.makedirs(folder, exist_ok=True)
    failed = 0
    kernels = [line[7:line.index("[")] for line in PROGRAM.splitlines() if line.startswith("kernel ")]
    for (store, loops), elem in itertools.product(FORMATS, ("f32", "bf16", "f64")):
        path = os.path.join(folder, f"{store.split('(')[0]}-{elem}.tpp")
        with open(path, "w", encoding="utf-8") as f:
            f.write(PROGRAM.replace("STORE", store).replace("LOOPS", loops).replace("ELEM", elem))
        for kernel, (m, n, k) in itertools.product(kernels, SIZES):
            command = [tppc, "run", path, "-k", kernel, "-D", f"M={m}", "-D", f"N={n}", "--threads", "3", "--verify"]
            if "K]" in PROGRAM.split(f"kernel {kernel}[")[1].split("(")[0]:
                command += ["-D", f"K={k}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0 or "verify: " not in done.stdout:
                print(" ".join(command[1:]), done.stdout, done.stderr)
                failed += 1
    print("failed:", failed)
    return failed != 0


sys.exit(main())
