"""Random nests of triangular loops that read and write the same arrays, as text that NumPy runs too."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

_serial = itertools.count()
#: Loops run to at most 3, so that sums of two counters and 1 stay inside arrays of this size.
SIZE, MOST = 8, 3


class Nest:
    """The lines of `f(A, x, m)`: a matrix of 8 × 8, a vector of 8, an integer up to 3."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.counters: list[str] = []
        self.lines: list[str] = []
        self.left = 7

    def text(self) -> str:
        self.put(0, "def f(A, x, m):")
        self.put(1, self.rng.choice(("B = A.copy()", "B = A", "B = A.T", "B = A * 1.0")))
        self.put(1, self.rng.choice(("y = x.copy()", "y = x", "y = x[::-1]", "y = np.zeros(8) + x[1]")))
        self.block(1, self.rng.randint(1, 2), loop=True)
        self.put(1, "return B, y, A, x")
        return "\n".join(self.lines) + "\n"

    def put(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def block(self, depth: int, count: int, loop: bool = False) -> None:
        before = len(self.lines)
        for _ in range(count):
            if self.left > 0:
                self.left -= 1
                kind = self.rng.random()
                if loop or (depth < 4 and kind < 0.4):
                    self.loop(depth)
                elif depth < 4 and kind < 0.5:
                    self.put(depth, f"if {self.condition()}:")
                    self.block(depth + 1, 1)
                else:
                    self.put(depth, self.statement())
        if len(self.lines) == before:
            self.put(depth, self.statement())

    def loop(self, depth: int) -> None:
        i = f"i{len(self.counters)}"
        if self.rng.random() < 0.1:
            self.put(depth, f"{i} = 0")
            self.put(depth, f"while {i} < {self.bound()}:")
            self.counters.append(i)
            self.block(depth + 1, self.rng.randint(1, 2))
            self.put(depth + 1, f"{i} += 1")
        else:
            self.put(depth, f"for {i} in {self.range()}:")
            self.counters.append(i)
            self.block(depth + 1, self.rng.randint(1, 3))
        self.counters.pop()

    def bound(self) -> str:
        return self.rng.choice([*self.counters, *self.counters, "3", "2", "m"])

    def range(self) -> str:
        a, b = self.bound(), self.bound()
        forms = (
            f"range({a})",
            "range(3)",
            f"range({a}, 3)",
            f"range(1, {a})",
            f"range({a} + 1, 4)",
            f"range({a}, {b})",
        )
        return self.rng.choice((*forms, f"range({a} - 1, -1, -1)", f"range(3, {a}, -1)", "range(0, 5, 2)"))

    def condition(self) -> str:
        a, b = self.index(), self.index()
        return self.rng.choice(
            (f"{a} < {b}", f"{a} == {b}", f"{a} >= {b} and {b} > 0", f"not {a} != {b}", "x[0] > 0.1")
        )

    def index(self) -> str:
        choices = ["0", "2", "-1"]
        for i in self.counters:
            choices += [
                i,
                i,
                i,
                f"{i} + 1",
                f"{i} - 1",
                f"3 - {i}",
                f"-{i}",
                f"2 * {i} - 1",
                f"{i} % 2",
                f"{i} // 2",
            ]
            choices += [f"{i} + {j}" for j in self.counters] + [f"{i} - {j}" for j in self.counters]
        return self.rng.choice(choices)

    def place(self) -> str:
        return f"B[{self.index()}, {self.index()}]" if self.rng.random() < 0.6 else f"y[{self.index()}]"

    def region(self) -> str:
        i = self.index()
        rows = (f"B[{i}]", f"B[:, {i}]", f"B[{i}, ::-1]", "y", f"B.T[{i}]", "y[::-1]", f"A[{i}]")
        parts = (
            f"B[{i}, 2:6]",
            f"B[1:5, {i}]",
            f"B[{i}][:4]",
            "y[4:]",
            "y[:4]",
            f"B[{i}, 7:3:-1]",
            f"B[2:6][:, {i}]",
        )
        return self.rng.choice(rows if self.rng.random() < 0.5 else parts)

    def statement(self) -> str:
        if self.rng.random() < 0.25:
            to, by = self.region(), self.region()
            n = lambda r: 4 if any(t in r for t in (":6", ":5", ":4", "4:", "7:")) else 8
            by = by if n(by) == n(to) else "0.5"
            return f"{to} {self.rng.choice(('=', '+=', '*='))} np.sin({by})"
        target = self.place()
        form = self.rng.choice(
            (
                "{t} -= {a} * {b}",
                "{t} = np.sin({a}) * {b}",
                "{t} += 0.5 * {a}",
                "{t} = np.sin({t} + {a})",
                "{t} /= 1.5 + {a} * {a}",
                "{t} = {a} + {b} * {c}",
            )
        )
        parts = [self.place() for _ in range(3)] + [f"np.sum({self.region()})", "x[1]", "A[1, 2]"]
        a, b, c = (self.rng.choice(parts) for _ in range(3))
        return form.format(t=target, a=a, b=b, c=c)


def function(rng: Random) -> tuple[Callable[..., Any], str]:
    """A random function, whose source Python can find, and its text."""
    text = Nest(rng).text()
    filename = f"<random nest {next(_serial)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"np": np, "__name__": "random_nest"}
    exec(compile(text, filename, "exec"), scope)
    return scope["f"], text


def arguments(rng: Random) -> tuple[Any, ...]:
    """Arguments for them."""
    draw = np.random.default_rng(rng.randrange(2**32))
    return draw.uniform(-1, 1, (SIZE, SIZE)), draw.uniform(-1, 1, SIZE), rng.randrange(MOST + 1)
