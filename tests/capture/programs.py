"""Plain NumPy functions with loops, branches and mutation, and arguments for them."""

import math

import numpy as np


def power(x, n=5):
    y = 1.0
    for _ in range(n):
        y = y * x
    return y


def index_sum(x):
    s = 0
    for i in range(len(x)):
        s += x[i] * (i + 1)
    return s


def over_rows(A):
    total = 0.0
    for row in A:
        total = total + np.sin(row).sum()
    return total


def enumerated(x):
    s = 0.0
    for i, v in enumerate(x, 2):
        s = s + v**2 * i
    return s


def zipped(x, y):
    s = 0.0
    for a, b in zip(x, reversed(y)):
        s = s + a * np.exp(b)
    return s


def backwards(x):
    s = 0.0
    for i in range(len(x) - 1, -1, -2):
        s = np.sin(s + x[i])
    return s


def fill(x):
    y = np.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.sin(y[i - 1]) * x[i]
    return y


def in_place(x):
    y = x.copy()
    for k in range(3):
        y[1:-1] = 0.5 * (y[:-2] + y[2:]) * (k + 1.0)
    return y


def views(A):
    B = A.copy()
    for i in range(A.shape[0]):
        row = B[i]
        row[:] = row * 2.0 + i
        row[0] += 1.0
    return B


def newton(x):
    y = x
    while abs(y * y - x) > 1e-12:
        y = 0.5 * (y + x / y)
    return y


def counted_while(x):
    k = 0
    s = 0.0
    while k < 7:
        s += np.cos(x * k)
        k += 1
    return s


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def branch(x):
    if x > 0:
        y = np.sqrt(x)
    else:
        y = -x
    return y * 2


def chain(x):
    if x > 2:
        return x**2
    elif x > 1:
        return 3.0 * x
    return -x


def clipped(x):
    s = 0.0
    for v in x:
        if 0.0 < v < 1.0 and not v == 0.5:
            s += v
        elif v >= 1 or v < -10:
            s += 1
        else:
            continue
        s = s * 1.1
    return s


def first_above(x, level):
    found = -1.0
    for v in x:
        if v > level:
            found = v * v
            break
    return found


def search(x, level):
    for i in range(len(x)):
        if x[i] > level:
            return x[i] * i
    return 0.0


def bisect(a, b):
    for _ in range(60):
        m = 0.5 * (a + b)
        if m * m * m - 2.0 > 0:
            b = m
        else:
            a = m
    return a


def nested(A):
    n, m = A.shape
    out = np.empty((n, m))
    for i in range(n):
        acc = 0.0
        for j in range(m):
            acc += A[i, j] * A[i, (j + 1) % m]
            out[i, j] = acc
    return out


def ternary(x):
    s = 0.0
    for v in x:
        s += v if v > 0 else np.exp(v)
    return s


def tuple_state(x):
    state = (x, 1.0)
    for _ in range(6):
        p, q = state
        state = (p + 0.1 * q, q - 0.1 * math.sin(p))
    return state


def swapped(x):
    a, b = x, 2.0 * x
    for _ in range(5):
        a, b = b, a + b
    return a - b


def helper(v, k):
    if v > k:
        return v - k
    return k - v


def calls(x):
    s = 0.0
    for i in range(4):
        s += helper(x[i], 0.3 * i)
    return s


def dynamic_trips(x, n):
    for _ in range(n):
        x = np.sin(x) + 0.1
    return x


def largest(x):
    best = -np.inf
    where = -1
    for i in range(len(x)):
        if x[i] > best:
            best = x[i]
            where = i
    return best * 2, where


def lists(x):
    parts = []
    for i in range(3):
        parts.append(x[i] * i)
    return sum(parts)


def static_index(x):
    weights = [0.5, 1.5, 2.5, 3.5]
    s = 0.0
    for i in range(4):
        if i == 0:
            s = s + x[0]
        s = s + weights[i] * x[i]
    return s


def while_true(x):
    n = 0
    while True:
        x = 0.5 * x
        n += 1
        if x < 1.0:
            break
    return x, n


def halving(x):
    s, d = 0.0, 5.0
    while (d := x - s) > 0.01:
        s = s + 0.5 * d
    return s + d


def counted_walrus(xs):
    i, s = -1, 0.0
    while (i := i + 1) < 5:
        s = s + xs[i]
    return s


def falling(c):
    pos, vel = np.array([0.0, 8.0]), np.array([0.75, 0.0])
    while pos[1] > 0:
        vel -= 0.1 * (c * pos + 1)
        pos = pos + 0.1 * vel
    return pos[0]


V = np.array([0.3, -0.7, 1.1, 0.2, 0.9, -1.4])
M = np.linspace(-1, 1.3, 12).reshape(3, 4)
#: name → (function, arguments)
PROGRAMS = {
    f.__name__: (f, args)
    for f, *args in (
        (power, 1.3),
        (index_sum, V),
        (over_rows, M),
        (enumerated, V),
        (zipped, V, V[::-1].copy()),
        (backwards, V),
        (fill, V),
        (in_place, V),
        (views, M),
        (newton, 2.0),
        (counted_while, 0.7),
        (collatz, 27),
        (branch, 0.7),
        (chain, 1.5),
        (clipped, V),
        (first_above, V, 1.0),
        (search, V, 0.8),
        (bisect, 0.0, 2.0),
        (nested, M),
        (ternary, V),
        (tuple_state, 0.4),
        (swapped, 1.2),
        (calls, V),
        (dynamic_trips, 0.4, 5),
        (largest, V),
        (lists, V),
        (static_index, V),
        (while_true, 40.0),
        (halving, 2.0),
        (counted_walrus, V),
        (falling, 0.01),
    )
}
