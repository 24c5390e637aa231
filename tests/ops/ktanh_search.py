"""Tables of K-TanH (arXiv 1909.07729), found by search, with a certificate of their errors.

A row (E, r, b) serves one interval of BF16 words: tanh there has exponent E and mantissa (M >> r) + b, summed over the 15
bits below the sign. Per interval every shift r and every word (E << 7) + b is tried; kept is the row with the least largest
error, among those the one with the least sum. Errors are those of all words, against tanh in double.

  ktanh_search.py          prints the certificate: the published table, the best one of its form, and the fine one
  ktanh_search.py FILE     writes the tables as include/tpp/ktanh.def
  ktanh_search.py --check FILE   fails when the file has other rows

The published table is not what this search finds: 14 of its rows could be better, but its largest error is that of
intervals where no row is better, so it is the least that 32 intervals allow. The fine table halves the intervals and
starts an octave lower, where passing the argument through costs half a per cent less.
"""
import sys

import numpy as np

PUBLISHED = """126:2:119 126:4:122 126:4:123 126:4:123 126:6:126 126:6:126 126:6:126 126:6:126
125:1:1 125:0:-4 125:0:-6 125:0:-7 125:0:-10 125:0:-12 125:0:-15 125:0:-18
125:0:112 126:1:-4 126:1:-1 126:1:2 126:1:3 126:1:4 126:1:4 126:1:4
126:0:65 126:1:72 126:1:73 126:1:73 126:2:88 126:2:89 126:2:89 126:4:110"""
WORDS = np.arange(0x7F80)


def value(words):
    return (np.asarray(words, np.uint32) << 16).view(np.float32).astype(float)


TANH = np.tanh(value(WORDS))


def rounded(x):
    u = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return ((u + 0x7FFF + (u >> 16 & 1)) >> 16).astype(int)


class Table:
    """Rows by interval: words first..last in steps of `width` words, below them x passes, above them it is 1."""

    def __init__(self, first, last, width, rows):
        self.first, self.last, self.width, self.rows = first, last, width, rows

    def apply(self):
        y = WORDS.copy()
        inside = (WORDS >= self.first) & (WORDS <= self.last)
        at = (WORDS[inside] - self.first) // self.width
        e, r, b = np.array(self.rows).T
        y[inside] = (e[at] << 7) + b[at] + ((WORDS[inside] & 127) >> r[at])
        y[WORDS > self.last] = 0x3F80
        return y

    def certificate(self, name):
        y = self.apply()
        error, ulps = np.abs(value(y) - TANH), np.abs(y - rounded(TANH))
        band = (WORDS >= 0x3E80) & (WORDS < 0x4080)
        worst = int(error.argmax())
        print(f"{name}: {len(self.rows)} rows from {value([self.first])[0]:g}, largest error {error[worst]:.5f} at {value([worst])[0]:g}, "
              f"relative {100 * (error[1:] / TANH[1:]).max():.2f} %, {ulps.max()} units of BF16, "
              f"{100 * (ulps[band] == 0).mean():.1f} % of 0.25..4 exact")


def published():
    # By the low two bits of the exponent: the rows of [2, 4) come first.
    rows = [tuple(int(v) for v in word.split(":")) for word in PUBLISHED.split()]
    return Table(0x3E80, 0x4070, 16, rows[8:] + rows[:8])


def search(first, last, width):
    rows = []
    out = np.arange(0x3D00, 0x3FC1)[:, None]
    for start in range(first, last + 1, width):
        words = np.arange(start, min(start + width, last + 1))
        best = None
        for r in range(8):
            error = np.abs(value(out + ((words & 127) >> r)) - np.tanh(value(words)))
            keys = list(zip(error.max(1), error.sum(1), out[:, 0]))
            at = min(keys)
            if best is None or at < best[0]:
                best = (at, r)
        word = int(best[0][2])
        e = min(word >> 7, 126)
        rows.append((e, best[1], word - (e << 7)))
    return Table(first, last, width, rows)


def text(tables):
    lines = ["/* Written by tests/ops/ktanh_search.py: rows of K-TanH, KTANH(E, r, b) the published ones from 0.25 to 3.75,",
             " * KTANH_FINE(E, r, b) those found by search from 0.125 to the last word whose tanh is not 1. In the order of",
             " * the words, 16 of them a row and 8. */"]
    for name, table in tables:
        lines += [f"{name}({e}, {r}, {b})" for e, r, b in table.rows]
    return "\n".join(lines) + "\n"


def main(args):
    fine = search(0x3E00, 0x405D, 8)
    tables = text([("KTANH", published()), ("KTANH_FINE", fine)])
    if args[:1] == ["--check"]:
        with open(args[1]) as f:
            sys.exit(f.read() != tables and f"{args[1]} has other rows")
    if args:
        with open(args[0], "w") as f:
            f.write(tables)
        return
    published().certificate("published")
    search(0x3E80, 0x4070, 16).certificate("best of its form")
    fine.certificate("fine")


if __name__ == "__main__":
    main(sys.argv[1:])
