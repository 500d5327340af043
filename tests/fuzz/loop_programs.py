"""Random Python functions with loops, branches, views and mutation, as source text that NumPy runs too."""

from __future__ import annotations

import itertools
import linecache
import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np

import jitad as jad

from .loop_forms import GROUPS, HELPERS, LOOPS

_serial = itertools.count()
VECTOR, ROWS, COLUMNS = 4, 3, 4
START = """
s, t, u, w, m = x, 0.5, 1, x > 0, np.inf
L, d = [s, 0.3], {"k": t}
"""
FIRST_A = ("y.copy()", "np.zeros(4)", "y * 1.0", "np.array([x, t, 0.25, y[1]])", "y", "y[::-1]")
FIRST_B = ("A.copy()", "np.ones((3, 4))", "np.zeros_like(A)", "A", "np.empty((3, 4))\nB[...] = 0.1")


class Source:
    """The lines of one function `f(x, y, A, k)`: a number, a vector of 4, a matrix of 3 × 4, an integer.

    All values stay bounded: what is assigned goes through sin, tanh or a small factor. Loops are finite: each
    `while` counts.
    """

    def __init__(self, rng: Random, groups: Sequence[str] = tuple(GROUPS), most: int = 12) -> None:
        self.rng = rng
        self.forms = [form for group in groups for form in GROUPS[group]]
        self.left = most
        self.lines: list[str] = []
        self.indices: list[tuple[str, int]] = []
        self.counter = itertools.count()
        self.loops = 0

    def text(self) -> str:
        self.put(0, HELPERS)
        self.put(0, "def f(x, y, A, k):")
        self.put(1, START.strip())
        self.put(1, f"a = {self.rng.choice(FIRST_A)}")
        self.put(1, "b = np.cos(y)")
        self.put(1, f"B = {self.rng.choice(FIRST_B)}")
        self.block(1, self.rng.randint(2, 4))
        self.put(1, "return s + 0.5 * t - u + min(m, 1.0) + 0.1 * sum(L) + d['k'], a, b, B")
        return "\n".join(self.lines) + "\n"

    def put(self, depth: int, lines: str) -> None:
        self.lines += ["    " * depth + line for line in lines.split("\n")]

    def block(self, depth: int, count: int) -> None:
        before = len(self.lines)
        for _ in range(count):
            if self.left > 0:
                self.left -= 1
                self.statement(depth)
        if len(self.lines) == before:
            self.put(depth, "s = s * 0.9")

    def statement(self, depth: int) -> None:
        kinds: list[Callable[[int], None]] = [self.simple] * 6
        if depth < 4:
            kinds += [self.for_, self.for_, self.if_, self.if_, self.while_]
        if self.loops and depth < 5:
            kinds += [self.jump]
        self.rng.choice(kinds)(depth)

    def simple(self, depth: int) -> None:
        self.put(depth, self.filled(self.rng.choice(self.forms)))

    def for_(self, depth: int) -> None:
        header, most, then = self.rng.choice(LOOPS)
        i, n = self.name("i"), self.name("e")
        self.put(depth, header.format(i=i, n=n))
        if then:
            self.put(depth + 1, then.format(n=n))
        if most:
            self.indices.append((i, most))
        self.body(depth, bool(most))

    def while_(self, depth: int) -> None:
        k = self.name("k")
        self.put(depth, f"{k} = 0")
        most = self.rng.choice(("0", "1", "2", "3", "k", "u % 4"))
        header = self.rng.choice(
            (
                f"while {k} < {most}:",
                f"while {k} < {most} and ({self.condition()}):",
                f"while True:\n    if {k} >= {most}:\n        break",
                f"while {k} < 3 and not ({self.condition()}):",
            )
        )
        self.put(depth, f"{header}\n    {k} += 1")
        self.body(depth)

    def body(self, depth: int, indexed: bool = False) -> None:
        self.loops += 1
        self.block(depth + 1, self.rng.randint(1, 3))
        self.loops -= 1
        if indexed:
            self.indices.pop()
        if self.rng.random() < 0.1:
            self.put(depth, "else:")
            self.block(depth + 1, 1)

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
        self.put(depth + 1, self.rng.choice(("break", "continue", "return s, a, b, B")))

    # expressions

    def name(self, kind: str) -> str:
        return f"{kind}{next(self.counter)}"

    def filled(self, form: str) -> str:
        fields = {
            "n": self.name("v"),
            "x": self.rng.choice("st"),
            "c": self.bounded(),
            "s": self.operand(),
            "q": self.condition(),
            "v": self.index(VECTOR),
            "r": self.index(ROWS),
        }
        return form.format(**fields)

    def index(self, n: int) -> str:
        fitting = [i for i, most in self.indices if most <= n]
        if fitting and self.rng.random() < 0.8:
            i = self.rng.choice(fitting)
            return self.rng.choice((i, f"-1 - {i}"))
        return str(self.rng.randrange(-n, n))

    def element(self) -> str:
        v, r = self.index(VECTOR), self.index(ROWS)
        return self.rng.choice((f"a[{v}]", f"b[{v}]", f"B[{r}, {v}]", f"B[{r}][{v}]", f"y[{v}]"))

    def operand(self) -> str:
        choices = ["s", "t", "u", "x", "0.7", "a.sum()", "B[1].max()", "A[0, 1]", "k", "d['k']", "L[0]"]
        choices += [self.element(), self.element()]
        if self.indices:
            choices.append(self.rng.choice(self.indices)[0])
        return self.rng.choice(choices)

    def bounded(self) -> str:
        p, q = self.operand(), self.operand()
        forms = (
            f"np.sin({p} + {q})",
            f"np.tanh({p} * {q})",
            f"np.cos({p} - {q})",
            f"(0.3 if {self.condition()} else np.sin({p}))",
            "0.8",
        )
        return self.rng.choice(forms)

    def condition(self) -> str:
        p, q = self.operand(), self.operand()
        one = self.rng.choice((f"{p} > {q} + 0.05", f"{p} < 0.31 * {q} + 0.11", f"0.013 < {p} < 0.9", "w"))
        if self.rng.random() < 0.25:
            two = f"{self.operand()} > 0.21"
            return self.rng.choice((f"{one} and {two}", f"{one} or {two}", f"not ({one})"))
        return one


def function(rng: Random, groups: Sequence[str] = tuple(GROUPS)) -> tuple[Callable[..., Any], str]:
    """A random function, whose source Python can find, and its text."""
    text = Source(rng, groups).text()
    filename = f"<random program {next(_serial)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"np": np, "jad": jad, "math": math, "__name__": "random_program"}
    exec(compile(text, filename, "exec"), scope)
    return scope["f"], text


def arguments(rng: Random) -> tuple[Any, ...]:
    """Arguments for them."""
    draw = np.random.default_rng(rng.randrange(2**32))
    x, y, A = draw.uniform(-1, 1), draw.uniform(-1, 1, VECTOR), draw.uniform(-1, 1, (ROWS, COLUMNS))
    return float(x), y, A, rng.randrange(4)
