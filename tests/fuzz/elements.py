"""Element types: rounding, saturation, and the bytes of the C interface, from the language page alone.

Floats are kept in float64 arrays, integers and bits in int64 arrays. A value may carry a bound of its error, an array
of float64 or None when it is exact.
"""
import numpy as np

INTS = {"i64": (-2**63, 2**63 - 1), "i32": (-2**31, 2**31 - 1), "u16": (0, 65535), "i8": (-128, 127), "u8": (0, 255),
        "i4": (-8, 7), "bit": (0, 1)}
# Significant bits, exponent of the least normal number, largest number.
FLOATS = {"f64": (53, -1022, np.finfo(np.float64).max), "f32": (24, -126, float(np.finfo(np.float32).max)),
          "f16": (11, -14, 65504.0), "bf16": (8, -126, float(2.0**128 - 2.0**120))}
STORED = {"f64": np.float64, "f32": np.float32, "f16": np.uint16, "bf16": np.uint16, "i64": np.int64,
          "i32": np.int32, "u16": np.uint16, "i8": np.int8, "u8": np.uint8, "i4": np.uint8, "bit": np.uint8}
BITS = {"f64": 64, "f32": 32, "f16": 16, "bf16": 16, "i64": 64, "i32": 32, "u16": 16, "i8": 8, "u8": 8, "i4": 4,
        "bit": 1}


def is_float(elem):
    return elem in FLOATS


def compute(elem):
    """The type that values of an element are computed in."""
    if elem in ("f64", "i64", "bit"):
        return elem
    return "f32" if is_float(elem) else "i32"


def accumulator(elem):
    return "i32" if elem == "bit" else compute(elem)


def spacing(elem, x):
    """The distance of neighbours at x."""
    digits, least, _ = FLOATS[elem]
    e = np.frexp(x)[1] - 1
    e = np.where(x == 0, least, np.maximum(e, least))
    return np.ldexp(1.0, np.where(np.isfinite(x), e, 0) - (digits - 1))


def round_float(elem, x):
    if elem == "f64":
        return x
    most = FLOATS[elem][2]
    unit = spacing(elem, x)
    with np.errstate(all="ignore"):
        r = np.rint(x / unit) * unit
    r = np.where(np.isfinite(x), r, x)
    return np.where(np.abs(r) > most, np.copysign(np.inf, r), r)


def saturate(elem, v):
    lo, hi = INTS[elem]
    return np.clip(v, lo, hi)


def wrap(elem, v):
    return v.astype(np.int32).astype(np.int64) if elem == "i32" else v


def float_to_int(elem, x):
    """Rounded to nearest even, saturated; NaN gives 0."""
    lo, hi = INTS[elem]
    with np.errstate(all="ignore"):
        r = np.rint(np.nan_to_num(x, nan=0.0, posinf=np.inf, neginf=-np.inf))
        big, small = r >= 2.0**63, r < -2.0**63
        v = np.where(big | small, 0.0, r).astype(np.int64)
    return np.where(big, hi, np.where(small, lo, np.clip(v, lo, hi)))


def low_bit(x):
    """The exponent of the lowest set bit of each number, large for zero."""
    m, e = np.frexp(x)
    n = np.abs(np.ldexp(m, 53)).astype(np.int64)
    low = n & -n
    return np.where(x == 0, 4000, e - 53 + np.frexp(low.astype(np.float64))[1] - 1)


# ---- storage ----

def digit_extents(t, dims):
    return [-(-(mod or dims[d]) // div) for d, mod, div in t.digits]


def row_bytes(elem, n):
    return -(-n * BITS[elem] // 8)


def offsets(t, dims, ld):
    """Offset in elements of each logical element, and the number of elements of the storage."""
    grid = np.indices(dims, dtype=np.int64) if dims else np.zeros((0,), np.int64)
    at = np.zeros(dims, np.int64)
    if t.digits:
        extents = digit_extents(t, dims)
        for (d, mod, div), extent in zip(t.digits, extents):
            index = grid[d] % mod if mod else grid[d]
            at = at * extent + index // div
        return at, int(np.prod(extents, dtype=np.int64))
    widths = list(dims)
    if ld is not None and dims:
        widths[-1] = ld
    for d in range(len(dims)):
        at = at * widths[d] + grid[d]
    rows = int(np.prod(dims[:-1], dtype=np.int64)) if dims else 1
    if ld is not None and dims:
        # The last row need not be followed by a gap.
        return at, (rows - 1) * ld + dims[-1] if rows and dims[-1] else 0
    return at, int(np.prod(dims, dtype=np.int64))


def to_bits(elem, v):
    """Values as stored, one element each."""
    if elem == "bf16":
        return (round_float("bf16", v).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    if elem == "f16":
        return v.astype(np.float16).view(np.uint16)
    if is_float(elem):
        return v.astype(STORED[elem])
    return v.astype(np.int64).astype(STORED[elem])


def from_bits(elem, a):
    if elem == "bf16":
        return (a.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    if elem == "f16":
        return a.view(np.float16).astype(np.float64)
    if is_float(elem):
        return a.astype(np.float64)
    return a.astype(np.int64)


def pack_rows(elem, v):
    """i4 two a byte, low half first; bits eight a byte; rows start on a byte."""
    n = BITS[elem]
    per = 8 // n
    rows = v.reshape(-1, v.shape[-1]) if v.ndim else v.reshape(1, 1)
    width = row_bytes(elem, rows.shape[1])
    padded = np.zeros((rows.shape[0], width * per), np.int64)
    padded[:, :rows.shape[1]] = rows & ((1 << n) - 1)
    parts = padded.reshape(rows.shape[0], width, per) << (np.arange(per) * n)
    return parts.sum(2).astype(np.uint8).reshape(-1)


def unpack_rows(elem, a, shape):
    n = BITS[elem]
    per = 8 // n
    columns = shape[-1] if shape else 1
    width = row_bytes(elem, columns)
    rows = int(np.prod(shape[:-1], dtype=np.int64)) if shape else 1
    v = (a.reshape(rows, width, 1).astype(np.int64) >> (np.arange(per) * n)) & ((1 << n) - 1)
    v = v.reshape(rows, width * per)[:, :columns]
    if elem == "i4":
        v = np.where(v >= 8, v - 16, v)
    return v.reshape(shape)
