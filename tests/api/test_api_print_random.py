"""Random programs with prints in them: compiled code and derivatives print what Python prints, in order."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

import jitad as jad

ARRAYS, NUMBERS = ("x", "y", "z"), ("a", "b")


class Program:
    """The source of a function of an array, made of assignments, updates, loops, branches and prints."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.lines: list[str] = []
        self.prints = 0
        self.block(1, self.draw.randint(6, 12))

    def block(self, depth: int, count: int) -> None:
        for _ in range(count):
            kinds = ("assign", "update", "number", "say", "say")
            self.draw.choice(
                [getattr(self, k) for k in (*kinds, *(("loop", "branch") if depth < 3 else ()))]
            )(depth)

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def array(self) -> str:
        u, v, a = self.draw.choice(ARRAYS), self.draw.choice(ARRAYS), self.draw.choice(NUMBERS)
        forms = (
            "np.sin({u}) + {v}",
            "{u} * 0.5 - {a}",
            "np.cumsum({u}) * 0.1",
            "{u}[::-1] + {v}",
            "{u} * np.cos({v})",
        )
        return self.draw.choice(forms).format(u=u, v=v, a=a)

    def assign(self, depth: int) -> None:
        self.put(depth, f"{self.draw.choice(ARRAYS)} = {self.array()}")

    def update(self, depth: int) -> None:
        u, v, a = self.draw.choice(ARRAYS), self.draw.choice(ARRAYS), self.draw.choice(NUMBERS)
        forms = ("{u}[1:] = {v}[:-1] * 0.5", "{u}[2] = {a}", "{u} += 0.25", "{u}[:3] = {u}[1:4] + {a}")
        self.put(depth, self.draw.choice(forms).format(u=u, v=v, a=a))

    def number(self, depth: int) -> None:
        u, a, b = self.draw.choice(ARRAYS), self.draw.choice(NUMBERS), self.draw.choice(NUMBERS)
        forms = ("{a} = np.tanh(np.sum({u}))", "{a} = {b} * 0.5 + {u}[1]", "{a} = np.max({u}) - {b}")
        self.put(depth, self.draw.choice(forms).format(u=u, a=a, b=b))

    def say(self, depth: int) -> None:
        self.prints += 1
        names = self.draw.sample((*ARRAYS, *NUMBERS), self.draw.randint(1, 2))
        fields = " ".join("{}" for _ in names)
        self.put(depth, f'jad.print("{self.prints}: {fields}", {", ".join(names)})')

    def loop(self, depth: int) -> None:
        k, u, v = f"k{len(self.lines)}", self.draw.choice(ARRAYS), self.draw.choice(ARRAYS)
        self.put(depth, f"for {k} in range({self.draw.choice((2, 5, 20))}):")
        forms = ("{a} = 0.1 * {k}", "{u}[{k} % 6] = {v}[2] * 0.5 + {a}", "{u}[3] += {v}[{k} % 5] * 0.1")
        self.put(depth + 1, self.draw.choice(forms).format(u=u, v=v, a=self.draw.choice(NUMBERS), k=k))
        self.block(depth + 1, self.draw.randint(1, 4))

    def branch(self, depth: int) -> None:
        self.put(depth, f"if {self.draw.choice(NUMBERS)} > {self.draw.choice(('-0.3', '0.2', '0.6'))}:")
        self.block(depth + 1, self.draw.randint(1, 3))
        if self.draw.random() < 0.5:
            self.put(depth, "else:")
            self.block(depth + 1, self.draw.randint(1, 3))

    @property
    def source(self) -> str:
        head = "def f(x):\n    x, y, z, a, b = x * 1.0, x + 1.0, x * 2.0, 0.3, -0.2\n"
        return head + "\n".join(self.lines) + "\n    return np.sum(x * y) + np.sum(z) * a + b\n"


def words(text: str) -> list[str]:
    """Numbers to six digits: sums may have another order."""
    found = re.findall(r"[-+.\w]+", text)
    return [f"{float(w):.6g}".replace("-0", "0") if "." in w or "e" in w else w for w in found]


@pytest.mark.parametrize("n", (6, 40))
@pytest.mark.parametrize("seed", (*range(12), 307))
def test_prints_come_in_order(seed, n, tmp_path, capsys):
    program = Program(seed)
    path = tmp_path / "program.py"
    path.write_text(program.source)
    names: dict = {"np": np, "jad": jad}
    exec(compile(program.source, str(path), "exec"), names)
    f = names["f"]
    x = np.linspace(-0.4, 0.9, n)

    def said(run):
        capsys.readouterr()
        with np.printoptions(precision=6, suppress=True, linewidth=10_000):
            run(x.copy())
        return words(capsys.readouterr().out)

    wanted = said(f)
    assert said(jad.jit(f)) == wanted, program.source
    assert said(jad.grad(f)) == wanted, program.source
    with jad.tape_budget(20_000):
        assert said(jad.grad(f)) == wanted, program.source
