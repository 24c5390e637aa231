"""Compiles programs, calls them with guarded memory, and compares what they wrote with the model.

Arguments lie in pages of their own next to pages that may not be touched: some end where the pages end, some start
where they start, and the rest of the pages has a pattern that must survive. Each call happens in a forked process, so
that a crash is one result among others.
"""
import ctypes
import os
import pickle
import re
import resource
import signal
import subprocess
import tempfile
import traceback

import numpy as np

import generate
import model
import ops
from elements import (BITS, INTS, STORED, from_bits, is_float, offsets, pack_rows, row_bytes, to_bits, unpack_rows)
from tree import (PACKED, Nest, flat_items, import_file, imported_lines, program_lines, refs_in, schedules_of, text,
                  walk)

PAGE = 4096
PATTERN = 0xA5
# Of processor time, so that a busy machine is no failure, and of the clock, for what waits for ever.
COMPILE_SECONDS, CALL_SECONDS, CLOCK_SECONDS = 60, 20, 900
DIAGNOSTIC = re.compile(r"^(\S+?):(\d+):(\d+): (error|fatal error): (.*?) \[([A-Z]\d+)\]", re.M)
UNPLACED = re.compile(r"^(?:tppc: )?error: (.*?) \[([A-Z]\d+)\]", re.M)
CTYPES = {"f64": ctypes.c_double, "f32": ctypes.c_float, "f16": ctypes.c_uint16, "bf16": ctypes.c_uint16,
          "i64": ctypes.c_int64, "i32": ctypes.c_int32, "u16": ctypes.c_uint16, "i8": ctypes.c_int8,
          "u8": ctypes.c_uint8}


class Settings:
    """How programs of one batch are compiled and run."""

    def __init__(self, isa=None, threads=2, march=None, level=None, provider=None, past=False):
        self.past = past  # results of any size go past the caches
        self.isa, self.threads, self.march, self.level, self.provider = isa, threads, march, level, provider

    def options(self):
        return ([f"-march={self.march}"] if self.march else []) + \
            ([f"-O{self.level}"] if self.level is not None else []) + \
            (["--provider", f"brgemm={self.provider}"] if self.provider else [])

    def variables(self):
        return {"TPP_NUM_THREADS": str(self.threads), **({"TPP_ISA": self.isa} if self.isa else {}),
                **({"TPP_STREAM_BYTES": "0"} if self.past else {})}

    def __str__(self):
        return " ".join([f"{k}={v}" for k, v in self.variables().items()] + self.options())


# ---- the model ----

def sizes_of(p):
    return {s.name: s.value for s in p.main.sizes}


def expected(p, inputs):
    """What the outputs must hold: name -> (values, bound of the error or None)."""
    stores, scalars = {}, {}
    for t in p.main.tensors:
        if t.mode == "scalar":
            scalars[t.name] = (t.elem, inputs[t.name][()])
        elif t.mode in ("in", "inout"):
            s = stores[t.name] = model.Store("f32" if t.elem == "ternary" else t.elem, inputs[t.name].shape)
            s.ternary = t.elem == "ternary"
            s.planes = s.ternary and len(t.sparse) > 2
            s.val = inputs[t.name].copy()
            if t.name + ".blocks" in inputs:
                s.stored = generate.elements_of(t, inputs)
    stores = model.run_kernel(p, p.main, sizes_of(p), stores, scalars)
    return {t.name: (stores[t.name].val, stores[t.name].err) for t in p.main.tensors if t.mode in ("out", "inout")}


def difference(want, err, got):
    """The index of the worst element that is wrong, or None."""
    with np.errstate(all="ignore"):
        w, g = want.astype(np.float64), got.astype(np.float64)
        same = (w == g) | (np.isnan(w) & np.isnan(g))
        if want.dtype == np.int64 and got.dtype == np.int64:
            same = want == got
        if err is not None:
            off = np.abs(w - g)
            same = same | (off <= err * 1.01) | np.isinf(err)
    if np.all(same):
        return None
    return tuple(int(i) for i in np.argwhere(~same)[0])


# ---- compilation ----

def write_batch(programs, path):
    """The programs in one file, and beside it those that they import. The program and the text of each line: (file,
    line) -> (program, text)."""
    places, files = {}, {os.path.basename(path): []}
    for p in programs:
        parts = [(os.path.basename(path), program_lines(p))]
        if p.imports:
            files[import_file(p)] = []
            parts.append((import_file(p), imported_lines(p)))
        for name, lines in parts:
            for line in lines:
                files[name].append(line)
                places[name, len(files[name])] = p, line
    for name, lines in files.items():
        with open(os.path.join(os.path.dirname(path), name), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
    return places


def limit_time():
    resource.setrlimit(resource.RLIMIT_CPU, (COMPILE_SECONDS, COMPILE_SECONDS + 1))


def run_compiler(tppc, path, out, settings):
    try:
        done = subprocess.run([tppc, "-shared", "-o", out, path, "-Wno-perf"] + settings.options(),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=CLOCK_SECONDS, preexec_fn=limit_time)
    except subprocess.TimeoutExpired:
        return -14, "the compiler gave no answer"
    return done.returncode, done.stderr.decode(errors="replace")


def is_schedule(code):
    """A refusal that a schedule may deserve."""
    return code[0] == "S" or code == "R0102"


def is_unsupported(code, message):
    """A refusal of what this version does not run yet, and says so."""
    return code[0] in "RB" and "not supported yet" in message


def compile_batch(tppc, programs, folder, stem, settings):
    """Compiles what can be compiled. Returns the library, its programs, and a result for each of the others.

    A program whose schedule is refused goes on without schedules."""
    path, out = os.path.join(folder, stem + ".tpp"), os.path.join(folder, stem + ".so")
    results, dropped = {}, {}
    todo = list(programs)
    while todo:
        places = write_batch(todo, path)
        code, errors = run_compiler(tppc, path, out, settings)
        if code == 0:
            return out, todo, results, dropped
        found = {}
        for m in DIAGNOSTIC.finditer(errors):
            place = places.get((os.path.basename(m.group(1)), int(m.group(2))))
            if place:
                found.setdefault(place[0].seed, []).append((m.group(6), m.group(5), place[1]))
        if code != 1 or not found:
            if len(todo) == 1:
                kind = "compiler crash" if code != 1 else "refused"
                results[todo[0].seed] = (kind, f"exit code {code}: {errors[-600:]}")
                return None, [], results, dropped
            # One of them brings the compiler down: each alone.
            good = []
            for p in todo:
                lib, rest, res, drop = compile_batch(tppc, [p], folder, stem + "x", settings)
                results.update(res)
                dropped.update(drop)
                good += rest
            if len(good) == len(todo):
                for p in todo:
                    results[p.seed] = ("compiler crash", f"only together with others: {errors[-300:]}")
                return None, [], results, dropped
            todo = good
            continue
        rest = []
        for p in todo:
            why = found.get(p.seed)
            if why is None:
                rest.append(p)
            elif all(is_schedule(w[0]) for w in why) and has_schedule(p):
                dropped.setdefault(p.seed, []).extend(w[0] for w in why)
                remove_schedules(p, {w[2] for w in why})
                rest.append(p)
            else:
                kind = "unsupported" if any(is_unsupported(*w[:2]) for w in why) else "refused"
                results[p.seed] = (kind, f"{why[0][0]}: {why[0][1]}")
        todo = rest
    return None, [], results, dropped


def has_schedule(p):
    return any(i.schedule for k in p.kernels for i in flat_items(k.items)) or any(k.knobs for k in p.kernels)


def remove_schedules(p, lines=()):
    """Those with these lines; all if there is none such, since a message may be about a statement."""
    owners = [(k, text, x) for k in p.kernels for text, x in schedules_of(k)]
    some = [o for o in owners if o[1] in lines] or owners
    for k, _, x in some:
        if x is k:
            k.knobs = []
        else:
            x.schedule = None


# ---- memory ----

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class Block:
    """n bytes between two pages that may not be touched."""

    def __init__(self, n, at_end):
        pages = max(1, -(-n // PAGE))
        self.total = (pages + 2) * PAGE
        self.base = libc.mmap(None, self.total, 0, 0x22, -1, 0)
        libc.mprotect(self.base + PAGE, pages * PAGE, 3)
        self.room = np.ctypeslib.as_array((ctypes.c_uint8 * (pages * PAGE)).from_address(self.base + PAGE))
        self.room[:] = PATTERN
        self.first = pages * PAGE - n if at_end else 0
        self.n = n
        self.address = self.base + PAGE + self.first
        self.bytes = self.room[self.first:self.first + n]

    def intact(self):
        return bool(np.all(self.room[:self.first] == PATTERN) and np.all(self.room[self.first + self.n:] == PATTERN))

    def free(self):
        del self.room, self.bytes
        libc.munmap(self.base, self.total)


class Sparse(ctypes.Structure):
    _fields_ = [("nnz", ctypes.c_int64), ("ptr", ctypes.c_void_p), ("idx", ctypes.c_void_p), ("val", ctypes.c_void_p)]


class Ternary(ctypes.Structure):
    _fields_ = [("codes", ctypes.c_void_p), ("scales", ctypes.c_void_p), ("planes", ctypes.c_int32),
                ("units", ctypes.c_void_p)]


def ternary_codes(w):
    """Panels of 16 columns, in them blocks of 16 rows, in them the columns: byte b of a column's word has rows b, 4 + b,
    8 + b, and 12 + b, as codes w + 1 of two bits. What is filled up has weight 0 (tpp/ternary.h)."""
    k, n = w.shape
    codes = np.ones((-(-k // 16) * 16, -(-n // 16) * 16), np.int64)
    codes[:k, :n] = w + 1
    parts = codes.reshape(codes.shape[0] // 16, 4, 4, codes.shape[1] // 16, 16) << (2 * np.arange(4).reshape(1, 4, 1, 1, 1))
    # Blocks of rows, bytes, panels, columns.
    return parts.sum(1).transpose(2, 0, 3, 1).astype(np.uint8).reshape(-1)


def ternary_scales(s):
    """Panels of 16 columns, in them the groups, in them the columns; the filling may be anything."""
    planes, groups, n = s.shape
    full = np.full((planes, groups, -(-n // 16) * 16), np.nan, np.float32)
    full[:, :, :n] = s
    return np.ascontiguousarray(full.reshape(planes, groups, full.shape[2] // 16, 16).transpose(0, 2, 1, 3)).reshape(-1)


def stored_blocks(value, stored, kind, rows, columns):
    """Pointers, block indices, and blocks, whole at the edges: by block rows, or by block columns for bcsc."""
    high, wide = stored.shape
    full = np.zeros((high * rows, wide * columns), value.dtype)
    full[:value.shape[0], :value.shape[1]] = value
    ptr, idx, blocks = [0], [], []
    for major in range(wide if kind == "bcsc" else high):
        for minor in range(high if kind == "bcsc" else wide):
            i, j = (minor, major) if kind == "bcsc" else (major, minor)
            if stored[i, j]:
                idx.append(minor)
                blocks.append(full[i * rows:(i + 1) * rows, j * columns:(j + 1) * columns])
        ptr.append(len(idx))
    return ptr, idx, np.array(blocks, value.dtype).reshape(-1)


class Structured:
    """A sparse or ternary argument: a structure with pointers into guarded memory."""

    def __init__(self, t, inputs, rng):
        self.t, value = t, inputs[t.name]
        if t.elem != "ternary":
            self.blocks_of = inputs[t.name + ".blocks"]
            ptr, idx, blocks = stored_blocks(value, self.blocks_of, t.sparse[0], *generate.block_of(t))
            parts = [np.array(ptr, np.int64), np.array(idx, np.int32), to_bits(t.elem, blocks)]
        else:
            parts = [np.concatenate([ternary_codes(w) for w in inputs[t.name + ".codes"]]),
                     ternary_scales(inputs[t.name + ".scales"])]
        self.blocks = []
        for a in parts:
            b = Block(a.nbytes, rng.random() < 0.7)
            b.bytes[:] = a.reshape(-1).view(np.uint8)
            self.blocks.append(b)
        at = [b.address for b in self.blocks]
        planes = 3 if len(t.sparse) > 2 else 1
        self.struct = Ternary(*at, planes, None) if t.elem == "ternary" else Sparse(len(parts[1]), *at)
        self.address = ctypes.addressof(self.struct)
        self.before = [b.bytes.copy() for b in self.blocks]
        self.shape = value.shape

    def problem(self):
        for i, (b, old) in enumerate(zip(self.blocks, self.before)):
            writable = self.t.mode == "inout" and i == 2
            if not b.intact() or (not writable and not np.array_equal(b.bytes, old)):
                return f"{self.t.name} was written outside of its values"
        if self.t.mode == "inout":
            whole = np.zeros([n * b for n, b in zip(self.blocks_of.shape, generate.block_of(self.t))])
            whole[:self.shape[0], :self.shape[1]] = 1
            filling = stored_blocks(whole, self.blocks_of, self.t.sparse[0], *generate.block_of(self.t))[2] == 0
            if np.any(self.values()[filling] != 0):
                return f"the filling of {self.t.name} is not zero"
        return None

    def values(self):
        return from_bits(self.t.elem, self.blocks[2].bytes.view(STORED[self.t.elem]))

    def get(self):
        """The matrix, with zeros where nothing is stored."""
        rows, columns = generate.block_of(self.t)
        got = self.values().reshape(-1, rows, columns)
        full = np.zeros([n * b for n, b in zip(self.blocks_of.shape, (rows, columns))], got.dtype)
        # In the order in which stored_blocks writes them.
        order = np.argwhere(self.blocks_of.T)[:, ::-1] if self.t.sparse[0] == "bcsc" else np.argwhere(self.blocks_of)
        for (i, j), block in zip(order, got):
            full[i * rows:(i + 1) * rows, j * columns:(j + 1) * columns] = block
        return full[:self.shape[0], :self.shape[1]]

    def free(self):
        for b in self.blocks:
            b.free()


class Argument:
    """A tensor as the C interface has it."""

    def __init__(self, t, sizes, value, rng):
        frame = model.Frame(None, None, sizes, {}, {})
        self.t = t
        self.shape = tuple(frame.integer(d) for d in t.dims)
        self.packed = t.elem in PACKED
        if self.packed:
            rows = int(np.prod(self.shape[:-1], dtype=np.int64)) if self.shape else 1
            n = rows * row_bytes(t.elem, self.shape[-1] if self.shape else 1)
        else:
            ld = frame.integer(t.ld) if t.ld else None
            self.at, elements = offsets(t, self.shape, ld)
            n = elements * BITS[t.elem] // 8
        self.block = Block(n, rng.random() < 0.6)
        if value is not None:
            if self.packed:
                self.block.bytes[:] = pack_rows(t.elem, value) if n else 0
            elif n:
                if t.digits:
                    self.block.bytes[:] = 0
                self.view()[self.at.reshape(-1)] = to_bits(t.elem, value.reshape(-1))
        self.before = self.block.bytes.copy()

    @property
    def address(self):
        return self.block.address

    def free(self):
        self.block.free()

    def view(self):
        return self.block.bytes.view(STORED[self.t.elem])

    def get(self):
        if self.packed:
            return unpack_rows(self.t.elem, self.block.bytes, self.shape)
        if self.at.size == 0:
            return np.zeros(self.shape, np.float64 if is_float(self.t.elem) else np.int64)
        return from_bits(self.t.elem, self.view()[self.at.reshape(-1)]).reshape(self.shape)

    def problem(self):
        """What the call did to memory that it should not have done."""
        if not self.block.intact():
            return f"bytes outside of {self.t.name} were written"
        if self.t.mode == "in" and not np.array_equal(self.before, self.block.bytes):
            return f"the input {self.t.name} was written"
        if self.packed or self.at.size == 0:
            return None
        rest = np.ones(self.view().shape, bool)
        rest[self.at.reshape(-1)] = False
        if self.t.mode in ("out", "inout") and self.t.digits and np.any(self.view()[rest] != 0):
            return f"the filling of {self.t.name} is not zero"
        if self.t.ld and np.any(self.view()[rest] != self.before.view(STORED[self.t.elem])[rest]):
            return f"the gaps between rows of {self.t.name} were written"
        return None


# ---- calls ----

ERR_NULL, ERR_OVERLAP, ERR_PROMISE, ERR_SIZE, ERR_INDEX = 1, 2, 3, 4, 5


def without_selects(e):
    """e without what a condition that is known may leave out."""
    if not isinstance(e, tuple):
        return e
    return () if e[:2] == ("call", "select") else tuple(without_selects(x) for x in e)


def used_indices(p):
    """Index tensors whose elements a statement that runs and is no dead code certainly uses."""
    frame = model.Frame(None, None, sizes_of(p), {}, {})
    found = set()
    for n in p.main.items:
        if not isinstance(n, Nest) or not all(frame.integer(e) for _, e in n.loops):
            continue
        for s in n.stmts:
            target = p.main.tensor(s.target)
            if not target or target.mode == "local":
                continue
            colons = any(i == ":" for x in refs_in((("ref", "", s.idx), s.rhs)) for i in x[2])
            for x in refs_in((("ref", "", s.idx), without_selects(s.rhs))) if not colons else ():
                found |= {i[1] for i in x[2] if i != ":" and i[0] == "ref" and not any(refs_in(j) for j in i[2])}
    return found


def bad_index(f, p, args, values, rng):
    """An index out of range must be a status before anything is written."""
    used = used_indices(p)
    some = [a for a in args if isinstance(a, Argument) and a.t.name in used and a.at.size and not a.t.digits]
    if not some or rng.random() < 0.5:
        return None
    a = some[rng.integers(len(some))]
    frame = model.Frame(None, None, sizes_of(p), {}, {})
    below = frame.integer(a.t.index_of)
    at = a.at.reshape(-1)[rng.integers(a.at.size)]
    old = a.view()[at]
    # The tensor may have a margin.
    margin = max([frame.integer(m) for t in p.main.tensors for m in (t.pad or {}).values()], default=0)
    wrong = [v for v in (-1 - margin, below + margin) if INTS[a.t.elem][0] <= v <= INTS[a.t.elem][1]]
    if not wrong:
        return None
    a.view()[at] = wrong[rng.integers(len(wrong))]
    status = f(*values)
    a.view()[at] = old
    if status != ERR_INDEX:
        return f"{status} for an index out of range in {a.t.name}, expected {ERR_INDEX}"
    for b in args:
        if isinstance(b, Argument) and not np.array_equal(b.block.bytes, b.before):
            return f"{status}, but {b.t.name} was written"
    return None


def refusals(p, f, args, values, rng):
    """Calls that must be refused before anything is written: a broken promise, a negative size, a null pointer, an
    overlap. What is wrong, or None. An empty tensor may be null."""
    sizes = [s for s in p.main.sizes if s.kind in ("free", "multiple", "most")]
    first = len(values) - sum(t.mode != "local" for t in p.main.tensors)
    where = {}
    order = [t for m in (("in", "inout", "scalar"), ("out",)) for t in p.main.tensors if t.mode in m]
    for i, t in enumerate(order):
        where[t.name] = first + i
    tries = []
    for i, s in enumerate(sizes):
        if s.kind == "multiple" and s.expr[1] > 1:
            tries.append((i, ctypes.c_int64(s.value + 1), (ERR_PROMISE, ERR_SIZE)))
        if s.kind == "most":
            tries.append((i, ctypes.c_int64(s.expr[1] + 1), (ERR_PROMISE, ERR_SIZE)))
        tries.append((i, ctypes.c_int64(-1), (ERR_SIZE,)))
    dense = [a for a in args if isinstance(a, Argument)]
    for a in dense:
        if a.block.n:
            tries.append((where[a.t.name], ctypes.c_void_p(None), (ERR_NULL,)))
        else:
            values[where[a.t.name]] = ctypes.c_void_p(None if rng.random() < 0.3 else a.address)
        if a.t.mode != "in" and a.block.n:
            other = next((b for b in dense if b is not a and b.block.n), None)
            if other:
                tries.append((where[a.t.name], ctypes.c_void_p(other.address), (ERR_OVERLAP,)))
    if not tries or rng.random() < 0.7:
        return None
    at, value, wanted = tries[rng.integers(len(tries))]
    status = f(*[value if i == at else v for i, v in enumerate(values)])
    if status not in wanted:
        return f"{status} for argument {at} = {value.value}, expected {wanted}"
    for a in dense:
        if not a.block.intact() or not np.array_equal(a.block.bytes, a.before):
            return f"{status}, but {a.t.name} was written"
    return None


def call(library, p):
    """Runs one program; a result: (kind, text)."""
    try:
        inputs = generate.data(p)
        want = expected(p, inputs)
    except ops.TooLarge as e:
        return ("skipped", str(e))
    except ops.ModelError as e:
        return ("model", str(e))
    sizes = sizes_of(p)
    rng = np.random.default_rng(p.data_seed + 1)
    args, values = [], [ctypes.c_int64(s.value) for s in p.main.sizes if s.kind in ("free", "multiple", "most")]
    for mode in (("in", "inout", "scalar"), ("out",)):
        for t in p.main.tensors:
            if t.mode not in mode:
                continue
            if t.mode == "scalar":
                values.append(CTYPES[t.elem](to_bits(t.elem, inputs[t.name].reshape(1))[0].item()))
                continue
            if t.sparse:
                a = Structured(t, inputs, rng)
            else:
                a = Argument(t, sizes, inputs.get(t.name), rng)
            args.append(a)
            values.append(ctypes.c_void_p(a.address))
    f = getattr(library, p.main.name)
    f.restype = ctypes.c_int
    why = refusals(p, f, args, values, rng) or bad_index(f, p, args, values, rng)
    if why:
        return ("status", why)
    status = f(*values)
    if status:
        return ("status", str(status))
    exact = compared = 0
    for a in args:
        why = a.problem()
        if why:
            return ("memory", why)
        if a.t.name not in want:
            continue
        val, err = want[a.t.name]
        got = a.get()
        at = difference(val, err, got)
        if at is not None:
            bound = "" if err is None else f" (within {float(err[at]):g})"
            return ("mismatch", f"{a.t.name}{list(at)} is {got[at]}, expected {val[at]}{bound}")
        compared += val.size
        exact += val.size if err is None else int(np.sum(err == 0))
    for a in args:
        a.free()
    return ("ok", (exact, compared))


def child(pipe, out, programs, runtime, settings):
    try:
        os.environ.pop("TPP_ISA", None)
        os.environ.pop("TPP_STREAM_BYTES", None)
        os.environ.update(settings.variables())
        ctypes.CDLL(runtime, mode=ctypes.RTLD_GLOBAL)
        library = ctypes.CDLL(out)
        for p in programs:
            signal.alarm(CLOCK_SECONDS)
            signal.setitimer(signal.ITIMER_PROF, CALL_SECONDS)
            try:
                result = call(library, p)
            except Exception:  # an error of this script, reported as such
                result = ("script", traceback.format_exc()[-1500:])
            pipe.write(pickle.dumps((p.seed, result)))
            pipe.flush()
    finally:
        os._exit(0)


def call_batch(out, programs, runtime, settings):
    """Results by seed. What kills the process is a result of the program that ran; the others go on in another."""
    results = {}
    todo = list(programs)
    while todo:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            child(os.fdopen(writing, "wb"), out, todo, runtime, settings)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            while True:
                try:
                    seed, result = pickle.load(pipe)
                except (EOFError, pickle.UnpicklingError):
                    break
                results[seed] = result
        _, status = os.waitpid(pid, 0)
        left = [p for p in todo if p.seed not in results]
        if left:
            number = status & 127
            kind = "hang" if number in (signal.SIGALRM, signal.SIGPROF) else "crash"
            results[left[0].seed] = (kind, f"signal {number}")
            left = left[1:]
        todo = left
    return results


NUMBERS = """kernel numbers[N](s: i64[N], i: i64[N]) -> u: f32[N]
{
  for n in N { u[n] = uniform(s[n], i[n]); }
}
"""


def compile_numbers(tppc, folder):
    """A library with the numbers of uniform(). The language leaves open which they are, but not that a call depends on
    nothing but its arguments: whatever is compiled must give those that this plain loop gives."""
    path = os.path.join(folder, "numbers.tpp")
    with open(path, "w", encoding="utf-8") as f:
        f.write(NUMBERS)
    code, errors = run_compiler(tppc, path, os.path.join(folder, "numbers.so"), Settings(level=1))
    if code:
        raise RuntimeError(errors)
    ops.numbers_library = os.path.join(folder, "numbers.so")


def replay(tppc, p, settings):
    with tempfile.TemporaryDirectory() as folder:
        out, good, results, _ = compile_batch(tppc, [p], folder, "r", settings)
        if not good:
            return results
        os.environ.update(settings.variables())
        ctypes.CDLL(runtime_of(tppc), mode=ctypes.RTLD_GLOBAL)
        return call(ctypes.CDLL(out), p)


def runtime_of(tppc):
    return os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(tppc))), "lib", "libtpprt.so")


def run_programs(tppc, programs, folder, stem, settings):
    """Compiles and calls programs, all in one library. Results by seed, and the refused schedules by seed."""
    out, good, results, dropped = compile_batch(tppc, programs, folder, stem, settings)
    if good:
        results.update(call_batch(out, good, runtime_of(tppc), settings))
    return results, dropped


# ---- the command line ----

NPY = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": np.float32, "i64": np.int64, "i32": np.int32,
       "u16": np.uint16, "i8": np.int8, "u8": np.uint8, "i4": np.int8, "bit": np.bool_}


def command(tppc, p, path, folder, settings):
    """The arguments of `tppc run` for p, with its inputs written as .npy."""
    args = [tppc, "run", path, "-k", p.main.name] + settings.options()
    args += [f"-DX={s.value}".replace("X", s.name, 1) for s in p.main.sizes if s.kind in ("free", "multiple", "most")]
    inputs = generate.data(p)
    for t in p.main.tensors:
        if t.mode == "scalar":
            args += ["--in", f"{t.name}={inputs[t.name][()]}"]
        elif t.mode in ("in", "inout"):
            file = os.path.join(folder, f"{t.name}.npy")
            np.save(file, inputs[t.name].astype(NPY.get(t.elem, np.float32)))
            args += ["--in", f"{t.name}={file}"]
        if t.mode in ("out", "inout"):
            args += ["--out", f"{t.name}={os.path.join(folder, 'got_' + t.name + '.npy')}"]
    return args


def has_files(p):
    """Whether dense files say all about the inputs: a zero that is stored, or a plane, they do not show. Random numbers
    come from a library of the process that calls."""
    if any(x[0] == "call" and x[1] == "uniform" for k in p.kernels for i in flat_items(k.items)
           for e in ([s.rhs for s in i.stmts] if isinstance(i, Nest) else i.args) for x in walk(e)):
        return False
    return not any(t.sparse and (t.elem != "ternary" or len(t.sparse) > 2) for t in p.main.tensors)


def run_command(tppc, p, folder, settings):
    """The same program through `tppc run`: another path from the text to the result."""
    path = os.path.join(folder, p.main.name + ".tpp")
    write_batch([p], path)
    try:
        want = expected(p, generate.data(p))
    except ops.TooLarge as e:
        return ("skipped", str(e))
    except ops.ModelError as e:
        return ("model", str(e))
    args = command(tppc, p, path, folder, settings) + ["--verify"]
    try:
        done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, timeout=CLOCK_SECONDS,
                              preexec_fn=limit_time, env={**os.environ, **settings.variables()})
    except subprocess.TimeoutExpired:
        return ("hang", "tppc run")
    errors = done.stderr.decode(errors="replace")
    if done.returncode == 1:
        m = DIAGNOSTIC.search(errors)
        return ("refused", f"{m.group(6)}: {m.group(5)}" if m else errors[-300:])
    if done.returncode == 4:
        return ("oracle", (done.stdout.decode(errors="replace") + errors)[-300:])
    if done.returncode:
        return ("crash", f"tppc run: exit code {done.returncode} {errors[-300:]}")
    exact = compared = 0
    for name, (val, err) in want.items():
        got = np.load(os.path.join(folder, f"got_{name}.npy"))
        got = got.astype(np.float64 if val.dtype == np.float64 else np.int64)
        at = difference(val, err, got)
        if at is not None:
            bound = "" if err is None else f" (within {float(err[at]):g})"
            return ("mismatch", f"tppc run: {name}{list(at)} is {got[at]}, expected {val[at]}{bound}")
        compared += val.size
        exact += val.size if err is None else int(np.sum(err == 0))
    return ("ok", (exact, compared))


def describe_sizes(p):
    return ", ".join(f"{s.name} = {s.value}" for s in p.main.sizes) + "".join(
        f"; {s.name}: {text(s.expr)}" for s in p.main.sizes if s.kind == "derived")
