"""Statements of random Python programs: templates whose fields `loop_programs` fills in.

{c} a bounded number, {s} a number, {q} a condition, {v} an index of 4, {r} one of 3; {n} a new name.
Of the variables s, t are floats, u a whole number, w a truth value, m a float that begins infinite; a, b are
vectors of 4 and B is a matrix of 3 × 4; x, y, A are arguments, and k an integer one.
"""

from __future__ import annotations

ARRAYS = [
    "a[1:] = np.sin(a[:-1] + {c})",
    "a[::2] += 0.1 * {c}",
    "a[::-1] = a * {c}",
    "B[1:, :2] = 0.5 * B[:-1, 2:] + {c}",
    "B[{r}] = np.tanh(a - {c})",
    "B[:, {v}] *= {c}",
    "a -= 0.2 * B[{r}] * {c}",
    "B += 0.1 * {c}",
    "a = np.tanh(a + {c})",
    "B = B * {c} + 0.01",
    "a[a > 0.3] = 0.3",
    "B[B > {s}] *= 0.5",
    "a = np.where(a > {s}, 0.5 * a, b)",
    "a = np.clip(a + {c}, -1, 1)",
    "a = np.tanh(B.T @ b[:3])",
    "b = np.sin(A.T @ (B @ a))",
    "a[{v}] = {c}",
    "B[{r}, {v}] = {c}",
    "a[{v}] *= {c}",
    "B[{r}, {v}] += {c}",
    "B[{r}][{v}] = {c}",
]
ALIASES = [
    "a, b = b, a",
    "b = a",
    "b = a.copy()",
    "b = a[::-1]",
    "a = B[{r}]",
    "b = a if {q} else b",
    "{n} = B[{r}]\n{n}[0] = {c}",
    "{n} = B[{r}]\n{n} *= {c}",
    "{n} = B.T[{v}][:3]\n{n}[:] = np.sin({n}) + 0.1",
    "{n} = a[1:]\n{n} += 0.1 * {c}",
    "{n} = B.reshape(-1)[4:8]\n{n} *= {c}",
    "a[{v}], b[{v}] = b[{v}], a[{v}]",
]
WRITES = [
    "np.add.at(a, [0, 2, 0], {c})",
    "a[[0, 2, 1]] += 0.1 * {c}",
    "a[np.argmax(b)] = {c}",
    "np.copyto(a, np.sin(b))",
    "a.fill({c})",
    "np.sin(a, out=b)",
    "np.multiply(a, {c}, out=a)",
    "y[{v}] = {c}",
    "A[{r}, {v}] *= {c}",
    "y *= {c}",
    "touch(a, {v}, {c})",
    "s = touch(B[{r}], {v}, {c}) * 0.1",
    "B[np.arange(3), {v}] = {c}",
]
NUMBERS = [
    "{x} = {c}",
    "{x} += 0.1 * {c}",
    "{x} *= {c}",
    "s, t = t, s",
    "u = u + 1",
    "u = 3 - u % 3",
    "u = (u * 5 + 1) % 7",
    "w = not w",
    "w = {q}",
    "w = w and ({q})",
    "s = s if w else {c}",
    "m = min(m, {s})",
    "m = max(0.1 * m, a[{v}]) if m < 5 else {c}",
    "s = abs(np.sin(t)) ** 1.5",
    "t = math.exp(-abs(s)) * math.cos(t)",
    "s = choose(s, {c})",
    "t = choose({s}, t)",
]
OBJECTS = [
    "L.append({c})",
    "L[0] = {c}",
    "L[-1] += 0.1 * {c}",
    "s = np.sin(sum(L))",
    "{n} = (s, t)\ns, t = {n}[::-1]",
    "d['k'] = {c}",
    "s = d['k'] * 0.5",
    "t = 0.1 * sum(np.sin(e) for e in a)",
    "t = max([e * 0.5 for e in b])",
    "{n}, *_ = a\ns = np.sin({n})",
]
SIZES = [
    "a[:{v}] += 0.1 * b[:{v}]",
    "a[{v}:] *= {c}",
    "s = np.sin(np.sum(a[:{v}]) - 0.5 * b[{v}:].sum())",
    "t = np.tanh(B[{r}, :{v}] @ b[:{v}])",
    "t = np.tanh(np.dot(B[:{r}, {v}], B[:{r}, {v}]))",
    "B[{r}, {v}:] = np.sin(a[{v}:])",
    "B[:{r}, {v}] -= 0.1 * {c}",
    "a[:{v}] = a[:{v}][::-1] * {c}",
    "a[{v}:][::-1] = np.sin(a[{v}:])",
    "s += 0.01 * np.max(a[{v}::-1])",
    "s = np.sin(np.mean(a[{v}:]))",
    "m = max(-1.0, np.min(a[{v}:]))",
    "{n} = a[{v}:]\n{n} *= 0.9\ns = np.sin(s + {n}.sum())",
    "{n} = np.zeros(abs({v}))\n{n}[:] = b[: abs({v})]\ns = np.sin(np.sum({n}**2))",
    "{n} = B[:, {v}:]\n{n}[{r}] = {c}\nb = np.sin(b + {n}[0, -1])",
    "{n} = B[{r}][:{v}]\n{n}[:] = {c}",
    "t = 0.1 * np.sum(np.outer(a[:{v}], b[{v}:]))",
    "B[:{r}, :{v}] = np.tanh(B[:{r}, :{v}] + a[:{v}])",
    "B[:{r}] *= 0.9",
    "a = np.concatenate([a[{v}:], a[:{v}]])",
    "t = np.cos(np.sum(a[-{v}:]) + np.linalg.norm(b[:{v}] + 1.5))",
    "s = np.sin(len(a[:{v}]) + a[{v}:].size + 0.1 * s)",
    "a[max({v} - 1, 0) : {v} + 1] = {c}",
    "s = np.sin(np.sum(a[{v} - 2 : {v} + 2]))",
    "s = np.sin(np.sum(a[: u % 5]) + np.sum(a[u % 3 : {v}]))",
    "t = np.sin(np.sum(np.where(a[{v}:] > {s}, a[{v}:], 0.5 * b[{v}:])))",
    "s = np.cos(np.sum(a[:{v}][a[:{v}] > 0]))",
    "t = np.tanh(np.sum(B[:{r}, :{v}] @ a[:{v}]) + np.sum((B[:{r}].T @ B[:{r}])[0]))",
    "{n} = b[:{v}].copy()\nb[:{v}] = a[:{v}]\na[:{v}] = {n}",
    "for {n} in a[:{v}]:\n    s = np.sin(s + {n})",
]
#: Functions called again and again: their calls may share one body.
CALLS = [
    "for _ in jad.unroll(range(9)):\n    s = blend(s, t)",
    "for _ in jad.unroll(range(9)):\n    a = blend(a, s)",
    "for _ in jad.unroll(range(3)):\n    s, t = blend(t, {c}), blend(s, {c})",
    "for _ in jad.unroll(range(3)):\n    a[{v}] = 0.2 * halved(b) + 0.3 * halved(a)",
    "for {n} in (a, b, y, a[::-1]):\n    s = np.sin(s + halved({n}))",
    "for _ in jad.unroll(range(3)):\n    touch(a, {v}, blend(s, t))\n    s = blend(s, a[{v}])",
    "for _ in jad.unroll(range(3)):\n    b = pair(a, b)[0]\n    b[{v}] = {c}",
    "for _ in jad.unroll(range(3)):\n    s = listed([s, t], d) * 0.5",
    "for _ in jad.unroll(range(3)):\n    B[{r}] = blend(B[{r}], choose(s, t))",
]
GROUPS = {
    "sizes": SIZES,
    "numbers": NUMBERS,
    "arrays": ARRAYS,
    "aliases": ALIASES,
    "writes": WRITES,
    "objects": OBJECTS,
    "calls": CALLS,
}

#: Headers of loops: the index, if any, and below how much it stays; a line for what else is bound.
LOOPS = [
    ("for {i} in range(3):", 3, ""),
    ("for {i} in range(4):", 4, ""),
    ("for {i} in range(2, -1, -1):", 3, ""),
    ("for {i} in range(1, 3):", 3, ""),
    ("for {i} in range(0, 4, 2):", 4, ""),
    ("for {i} in range(0):", 1, ""),
    ("for {i} in range(1):", 1, ""),
    ("for {i} in range(k):", 3, ""),
    ("for {i} in range(k, 3):", 3, ""),
    ("for {i} in range(u % 3):", 3, ""),
    ("for {i} in reversed(range(3)):", 3, ""),
    ("for {i} in range(len(a)):", 4, ""),
    ("for {i}, {n} in enumerate(a):", 4, "t = np.sin(t + {n})"),
    ("for {i}, {n} in enumerate(B):", 3, "s = np.sin(s + {n}[1])"),
    ("for {n} in y:", 0, "t = np.sin(t + {n})"),
    ("for {n} in B:", 0, "{n} *= 0.9"),
    ("for {n} in A:", 0, "s = np.sin(s + {n}.sum())"),
    ("for {n} in (0.1, s, t):", 0, "t = np.cos(t + {n})"),
    ("for {i}, {n} in zip(range(3), b):", 3, "s += 0.1 * {n}"),
]
HELPERS = """
def touch(z, i, q):
    z[i] = np.sin(z[i] + q)
    return z.sum()

def choose(p, q):
    if p > q + 0.05:
        return np.sin(p)
    return 0.5 * np.cos(q)

def blend(p, q):
    r = np.sin(p) * 0.7 + 0.2 * q
    return np.tanh(r * np.cos(p) + 0.1 * q) + 0.05 * np.exp(-r * r)

def halved(z):
    if len(z) == 1:
        return blend(z[0], 0.3)
    return 0.5 * halved(z[: len(z) // 2]) - 0.4 * np.sin(halved(z[len(z) // 2 :]))

def pair(p, q):
    return p, blend(q, p)

def listed(p, q):
    p[0] = blend(p[0], p[1])
    return p[0] * 0.5 + blend(p[1], q["k"])

"""
