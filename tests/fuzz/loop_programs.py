"""Random Python functions with loops, branches, views and mutation, as source text that NumPy runs too."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

_serial = itertools.count()
SCALARS = ("s", "t", "u")
VECTOR, ROWS, COLUMNS = 4, 3, 4


class Source:
    """The lines of one function `f(x, y, A)`: a number, a vector of 4, a matrix of 3 × 4.

    All values stay bounded: what is assigned goes through sin, tanh or a small factor.
    """

    def __init__(self, rng: Random, most: int = 14) -> None:
        self.rng = rng
        self.left = most
        self.lines: list[str] = []
        self.indices: list[tuple[str, int]] = []
        self.counter = itertools.count()
        self.loops = 0

    def text(self) -> str:
        self.put(0, "def f(x, y, A):")
        self.put(1, "s, t, u = x, 0.5, 1")
        self.put(
            1,
            self.rng.choice(
                ("a = y.copy()", "a = np.zeros(4)", "a = y * 1.0", "a = np.array([x, t, 0.25, y[1]])")
            ),
        )
        self.put(1, self.rng.choice(("B = A.copy()", "B = np.ones((3, 4))", "B = np.zeros_like(A)")))
        self.block(1, self.rng.randint(2, 4))
        self.put(1, "return s + 0.5 * t - u, a, B")
        return "\n".join(self.lines) + "\n"

    def put(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def block(self, depth: int, count: int) -> None:
        before = len(self.lines)
        for _ in range(count):
            if self.left > 0:
                self.left -= 1
                self.statement(depth)
        if len(self.lines) == before:
            self.put(depth, "s = s * 0.9")

    def statement(self, depth: int) -> None:
        kinds: list[Callable[[int], None]] = [
            self.assign,
            self.assign,
            self.write,
            self.write,
            self.slices,
            self.view,
        ]
        if depth < 4:
            kinds += [self.for_, self.for_, self.if_, self.if_, self.while_]
        if self.loops and depth < 5:
            kinds += [self.jump]
        self.rng.choice(kinds)(depth)

    def assign(self, depth: int) -> None:
        v = self.rng.choice(SCALARS)
        form = self.rng.choice(
            (
                f"{v} = {self.bounded()}",
                f"{v} += 0.1 * {self.bounded()}",
                f"{v} *= {self.bounded()}",
                "s, t = t, s",
            )
        )
        self.put(depth, form)

    def write(self, depth: int) -> None:
        op = self.rng.choice(("=", "+=", "*="))
        self.put(depth, f"{self.element()} {op} {self.bounded()}")

    def slices(self, depth: int) -> None:
        c = self.bounded()
        form = self.rng.choice(
            (
                f"a[1:] = np.sin(a[:-1] + {c})",
                f"a[::2] += 0.1 * {c}",
                f"a[::-1] = a * {c}",
                f"B[1:, :2] = 0.5 * B[:-1, 2:] + {c}",
                f"B[{self.index(ROWS)}] = np.tanh(a - {c})",
                f"B[:, {self.index(COLUMNS)}] *= {c}",
                f"a -= 0.2 * B[{self.index(ROWS)}] * {c}",
                f"B += 0.1 * {c}",
                f"a = np.tanh(a + {c})",
                f"B = B * {c} + 0.01",
                "a[a > 0.3] = 0.3",
            )
        )
        self.put(depth, form)

    def view(self, depth: int) -> None:
        name = f"v{next(self.counter)}"
        self.put(
            depth,
            self.rng.choice(
                (
                    f"{name} = B[{self.index(ROWS)}]",
                    f"{name} = B.T[{self.index(COLUMNS)}][:3]",
                    f"{name} = a[1:]",
                    f"{name} = B.reshape(-1)[4:8]",
                )
            ),
        )
        self.put(
            depth,
            self.rng.choice(
                (
                    f"{name}[0] = {self.bounded()}",
                    f"{name}[:] = np.sin({name}) + 0.1",
                    f"{name} *= {self.bounded()}",
                )
            ),
        )

    def for_(self, depth: int) -> None:
        i = f"i{next(self.counter)}"
        n = self.rng.choice((ROWS, COLUMNS, 0, 1, 2))
        header, most = self.rng.choice(
            (
                (f"for {i} in range({n}):", n),
                (f"for {i} in range({max(n - 1, 0)}, -1, -1):", max(n, 1)),
                (f"for {i} in range(1, {ROWS}):", ROWS),
                (f"for {i}, e{i} in enumerate(a):", VECTOR),
                (f"for e{i} in y:", 0),
                (f"for {i} in range(0, {COLUMNS}, 2):", COLUMNS),
            )
        )
        self.put(depth, header)
        if most:
            self.indices.append((i, most))
        self.loops += 1
        if f"e{i}" in header:
            self.put(depth + 1, f"t = np.sin(t + e{i})")
        self.block(depth + 1, self.rng.randint(1, 3))
        self.loops -= 1
        if most:
            self.indices.pop()

    def while_(self, depth: int) -> None:
        k = f"k{next(self.counter)}"
        self.put(depth, f"{k} = 0")
        self.put(
            depth,
            f"while {k} < {self.rng.randint(0, 3)}" + self.rng.choice(("", f" and {self.condition()}")) + ":",
        )
        self.put(depth + 1, f"{k} += 1")
        self.loops += 1
        self.block(depth + 1, self.rng.randint(1, 3))
        self.loops -= 1

    def if_(self, depth: int) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.block(depth + 1, self.rng.randint(1, 2))
        if self.rng.random() < 0.3:
            self.put(depth, f"elif {self.condition()}:")
            self.block(depth + 1, 1)
        if self.rng.random() < 0.6:
            self.put(depth, "else:")
            self.block(depth + 1, self.rng.randint(1, 2))

    def jump(self, depth: int) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.put(depth + 1, self.rng.choice(("break", "continue", "return s, a, B")))

    # expressions

    def index(self, n: int) -> str:
        fitting = [i for i, most in self.indices if most <= n]
        if fitting and self.rng.random() < 0.8:
            return self.rng.choice((self.rng.choice(fitting), f"-1 - {self.rng.choice(fitting)}"))
        return str(self.rng.randrange(-n, n))

    def element(self) -> str:
        return self.rng.choice(
            (
                f"a[{self.index(VECTOR)}]",
                f"B[{self.index(ROWS)}, {self.index(COLUMNS)}]",
                f"B[{self.index(ROWS)}][{self.index(COLUMNS)}]",
            )
        )

    def operand(self) -> str:
        choices = [
            *SCALARS,
            "x",
            self.element(),
            f"y[{self.index(VECTOR)}]",
            "A[0, 1]",
            "0.7",
            "a.sum()",
            "B[1].max()",
        ]
        if self.indices:
            choices.append(self.rng.choice(self.indices)[0])
        return self.rng.choice(choices)

    def bounded(self) -> str:
        a, b = self.operand(), self.operand()
        form = self.rng.choice(
            (
                "np.sin({a} + {b})",
                "np.tanh({a} * {b})",
                "np.cos({a} - {b})",
                "(0.3 if {c} else np.sin({a}))",
                "0.8",
            )
        )
        return form.format(a=a, b=b, c=self.condition())

    def condition(self) -> str:
        a, b = self.operand(), self.operand()
        simple = self.rng.choice((f"{a} > {b} + 0.05", f"{a} < 0.31 * {b} + 0.11", f"0.013 < {a} < 0.9"))
        if self.rng.random() < 0.25:
            other = f"{self.operand()} > 0.21"
            return self.rng.choice((f"{simple} and {other}", f"{simple} or {other}", f"not ({simple})"))
        return simple


def function(rng: Random) -> tuple[Callable[..., Any], str]:
    """A random function, whose source Python can find, and its text."""
    text = Source(rng).text()
    filename = f"<random program {next(_serial)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"np": np, "__name__": "random_program"}
    exec(compile(text, filename, "exec"), scope)
    return scope["f"], text


def arguments(rng: Random) -> tuple[Any, ...]:
    """A number, a vector and a matrix for them."""
    draw = np.random.default_rng(rng.randrange(2**32))
    return float(draw.uniform(-1, 1)), draw.uniform(-1, 1, VECTOR), draw.uniform(-1, 1, (ROWS, COLUMNS))
