"""Random NumPy programs as source text, each statement run by NumPy as it is added."""

from __future__ import annotations

import linecache
import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.special as special
from hypothesis import strategies as st

import jitad as jad

from . import numpy_forms as forms
from .draws import Draw

NAMES = {"np": np, "special": special, "jsp": jad.scipy.special}
LARGEST = 2000
NUMBERS = ("2.0", "0.5", "-1.5", "3", "1", "0.0", "-2")
GENERAL = (
    forms.SMOOTH, forms.SMOOTH, forms.RANGES, forms.RANGES, forms.REDUCTIONS, forms.INDEXING, forms.KINKS,
    forms.WHERE, forms.OTHER, [form for every in forms.FORMS.values() for form in every],
)  # fmt: skip


@dataclass
class Script:
    """A function as text, arguments for it, and the arrays that it reads from outside."""

    source: str
    arguments: list[Any]
    outside: dict[str, np.ndarray] = field(default_factory=dict)

    def function(self) -> Callable[..., Any]:
        """The function, defined anew: with code, globals and lines of its own."""
        name = f"<fuzz {id(self)}>"
        linecache.cache[name] = (len(self.source), None, self.source.splitlines(True), name)
        scope: dict[str, Any] = {**NAMES, **self.outside}
        exec(compile(self.source, name, "exec"), scope)
        return scope["f"]

    def run(self, *arguments: Any) -> list[np.ndarray]:
        """What plain NumPy gives, as a list of arrays."""
        return [np.asarray(x) for x in as_list(quiet(self.function(), *arguments))]

    def __repr__(self) -> str:
        with np.printoptions(threshold=60):
            given = [f"x{k} = {a!r}" for k, a in enumerate(self.arguments)]
            outside = [f"{name} = {a!r}" for name, a in self.outside.items()]
        return "\n" + "\n".join([*given, *outside, self.source])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


def as_list(out: Any) -> list[Any]:
    return list(out) if isinstance(out, (tuple, list)) else [out]


def quiet(f: Callable[..., Any], *args: Any) -> Any:
    """`f(*args)` without warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return f(*args)


def meets(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether `other` broadcasts to `shape`."""
    return len(other) <= len(shape) and all(
        m in (1, n) for n, m in zip(shape[len(shape) - len(other) :], other)
    )


class Missing(Exception):
    """No value in a program is what a template asks for."""


class Growth:
    """A program being written: its names with the values they have."""

    def __init__(self, draw: Draw, *, few: bool, smooth: bool) -> None:
        self.draw, self.few, self.smooth = draw, few, smooth
        self.values: dict[str, Any] = {}
        self.lines: list[str] = []
        self.arguments: list[Any] = []
        self.outside: dict[str, np.ndarray] = {}
        lengths = [draw.pick((2, 3, 4, 5, 1, 7, 20, 40)) for _ in range(2)]
        for k in range(draw.int(1, 3)):
            dtype = np.float32 if not smooth and draw.chance(10) else np.float64
            if k and draw.chance(20):
                self.argument(draw.pick((1.5, 2.0, 0.0, np.float64(-0.5))))
            else:
                self.argument(self.array(draw.shape(lengths, draw.pick((1, 2, 1, 2, 0, 3)))).astype(dtype))
        if draw.chance(25):
            self.argument(np.random.default_rng(draw.int(0, 9)).integers(0, 5, lengths[0]))

    def array(self, shape: tuple[int, ...]) -> np.ndarray:
        """Spread values, or few ones that meet ties and zeros."""
        rng = np.random.default_rng(self.draw.int(0, 999))
        if self.few and self.draw.chance(75):
            return rng.choice((0.0, 1.0, -1.0, 2.0), shape)
        return rng.uniform(-2.5, 2.5, shape)

    def argument(self, value: Any) -> None:
        self.values[f"x{len(self.arguments)}"] = value
        self.arguments.append(value)

    # filling templates

    def names(self, keep: Callable[[np.ndarray], bool]) -> list[str]:
        return [name for name, v in reversed(self.values.items()) if keep(np.asarray(v))]

    def some(self, keep: Callable[[np.ndarray], bool], rank: int | None = None) -> str:
        found = self.names(lambda x: keep(x) and rank in (None, x.ndim))
        if not found:
            raise Missing
        return self.draw.pick(found)

    def fill(self, template: str, chosen: dict[str, str] | None = None) -> str:
        """The template with names of values put in, those `chosen` before again; Missing if there is none."""
        arrays = "axis=0" in template  # NumPy lets axis 0 of a scalar pass in some functions
        floats = lambda x: x.dtype.kind == "f" and (x.ndim > 0 or not arrays)
        chosen = {} if chosen is None else chosen
        growth = self

        class Names(dict):
            def __missing__(self, key: str) -> str:
                if key not in ("s", "ax", "i", "j", "mask", "k") and key in chosen:
                    return chosen[key]
                chosen[key] = growth.name(key, chosen, floats)
                return chosen[key]

        return template.format_map(Names())

    def name(self, key: str, chosen: dict[str, str], floats: Callable[[np.ndarray], bool]) -> str:
        draw = self.draw
        if key == "v":
            return self.some(floats, 1)
        if key == "m":
            return self.some(floats, 2)
        if key == "n":
            return self.some(lambda x: x.dtype.kind == "i")
        if key == "s":
            return draw.pick(NUMBERS)
        first = next((chosen[c] for c in ("a", "v", "m") if c in chosen), None)
        if first is None:
            first = self.some(lambda x: floats(x) and x.ndim > 0 if draw.chance(80) else floats(x))
            if key == "a":
                return first
        shape = np.shape(self.values.get(first, self.values["x0"]))
        if key in ("b", "d"):
            return self.some(lambda x: floats(x) and (meets(shape, x.shape) or meets(x.shape, shape)))
        if key == "c":
            known = self.names(lambda x: x.dtype == bool and meets(shape, x.shape))
            return draw.pick(known) if known and draw.chance(60) else f"({first} > {draw.pick(NUMBERS)})"
        if key == "k":
            return self.constant(shape)
        return self.index(key, shape)

    def constant(self, shape: tuple[int, ...]) -> str:
        """An array from outside the function, or one written down in it."""
        array = self.array(shape[self.draw.int(0, len(shape)) :])
        if array.size <= 4 and self.draw.chance(50):
            return f"np.array({array.tolist()})"
        name = f"k{len(self.outside)}"
        self.outside[name] = array
        return name

    def index(self, key: str, shape: tuple[int, ...]) -> str:
        if key == "ax":
            return str(self.draw.int(-len(shape), len(shape) - 1)) if shape else "None"
        n = shape[key == "j" and len(shape) > 1] if shape else 1
        rng = np.random.default_rng(self.draw.int(0, 99))
        if key == "mask":
            return str((rng.uniform(size=n) < 0.6).tolist())
        return str(rng.integers(-n, n, self.draw.pick((3, 3, n, 1))).tolist() if n else [])

    # statements

    def value(self, expression: str) -> Any:
        """What NumPy gives; None if it refuses, or if that is no array of moderate size and numbers."""
        try:
            value = quiet(eval, expression, {**NAMES, **self.values, **self.outside})
        except (TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError):
            return None
        x = np.asarray(value)
        if x.dtype.kind not in "fiub" or x.dtype == np.float16 or x.size > LARGEST:
            return None
        if isinstance(value, (list, tuple)):
            return None
        if x.dtype.kind == "f" and x.size and not (np.isfinite(x).all() and np.max(np.abs(x)) < 1e4):
            return None
        return value

    def add(self, expression: str) -> None:
        """Append a statement, if its value will do."""
        value = self.value(expression)
        if value is not None:
            name = f"v{len(self.lines)}"
            self.lines.append(f"{name} = {expression}")
            self.values[name] = value

    def grow(self, count: int, groups: Sequence[Sequence[str]]) -> None:
        for _ in range(count):
            with suppress(Missing):
                self.add(self.fill(self.draw.pick(self.draw.pick(groups))))

    def script(self, results: Sequence[str]) -> Script:
        source = self.source([*self.lines, f"return {', '.join(results)}{',' if len(results) > 1 else ''}"])
        return Script(source, self.arguments, {k: v for k, v in self.outside.items() if k in source})

    def source(self, lines: list[str]) -> str:
        names = ", ".join(f"x{k}" for k in range(len(self.arguments)))
        return f"def f({names}):\n" + "".join(f"    {line}\n" for line in lines)

    def results(self) -> list[str]:
        """Floats that no statement reads, and some others."""
        floats = self.names(lambda x: x.dtype.kind == "f")
        read = {name for line in self.lines for name in re.findall(r"\b[vx]\d+\b", line.partition("=")[2])}
        last = [name for name in floats if name not in read]
        out = (last or floats)[: self.draw.pick((1, 2, 4))]
        if not self.smooth and self.draw.chance(20):
            out.append(self.draw.pick(list(self.values)[::-1]))
        return out


@st.composite
def scripts(
    draw: Callable[[Any], Any],
    groups: Sequence[Sequence[str]] = GENERAL,
    size: int = 10,
    smooth: bool = False,
    few: int = 35,
) -> Script:
    """Programs of statements from these groups.

    smooth  only f64 arguments and floating results
    few     percentage of programs whose arguments are 0, ±1 and 2
    """
    d = Draw(draw)
    g = Growth(d, few=d.chance(few), smooth=smooth)
    g.grow(d.int(1, size), groups)
    return g.script(g.results())
