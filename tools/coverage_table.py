"""The table of `docs/coverage.md`, made from what is registered: `python -m tools.coverage_table`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

import jitad.math
import jitad.scipy.special
from jitad.numpy.core import COVERAGE, Entry
from jitad.numpy.ufunc_methods import COVERED
from jitad.numpy.unsupported import UNSUPPORTED

_HEADER = """\
# NumPy and SciPy functions on traced values

Made by `python -m tools.coverage_table > docs/coverage.md`; a test compares.

Each function takes NumPy's arguments and follows its promotion, broadcasting and errors. *value*: traced,
interpreted and compiled; *jvp*, *vjp*: derivatives of any order in both modes. `0`: the result is an
integer, a bool or piecewise constant, so it carries none. Arguments that are not supported (`out=`,
`order="F"` …) raise `NotImplementedError` naming them, and so does every NumPy function that is not in
these tables.
"""
_OPERATORS = (
    "`+ - * / // % ** @ divmod()`, `== != < <= > >=`, `& | ^ ~ << >>`, `-x +x abs(x) round(x)`, indexing"
)


def table() -> str:
    """The whole page."""
    parts = [_HEADER]
    for title, entries in _sections().items():
        parts += [f"\n## {title}\n", "| function | also | value | jvp | vjp |", "|---|---|---|---|---|"]
        parts += [_row(entry) for entry in entries]
    parts += ["\n## Operators\n", f"{_OPERATORS}; reflected, and with numbers, NumPy scalars and arrays.\n"]
    parts += ["## Methods of ufuncs\n"]
    parts += [f"- `{method}`: {', '.join(names)}" for method, names in COVERED.items()]
    parts += ["\n## jitad.math\n", ", ".join(f"`{n}`" for n in _math_names()) + "\n"]
    parts += [
        "## Not there\n",
        "Each raises `NotImplementedError` and says what to use instead; applied to arrays that",
    ]
    parts += ["depend on no argument, those that write nothing work.\n"]
    parts += [", ".join(f"`{n}`" for n in UNSUPPORTED)]
    return "\n".join(parts) + "\n"


def _math_names() -> list[str]:
    return [n for n in jitad.math.__all__ if callable(getattr(jitad.math, n))]


def _sections() -> dict[str, list[Entry]]:
    titles = ("Ufuncs", "Functions", "numpy.linalg", "scipy.special", "Methods")
    found: dict[str, list[Entry]] = {title: [] for title in titles}
    for entry in sorted(COVERAGE.values(), key=lambda e: e.name):
        found[_section(entry)].append(entry)
    return found


def _section(entry: Entry) -> str:
    prefix, _, _ = entry.name.rpartition(".")
    if prefix:
        return {"linalg": "numpy.linalg", "special": "scipy.special", "ndarray": "Methods"}[prefix]
    return "Ufuncs" if _is_ufunc(entry) else "Functions"


def _is_ufunc(entry: Entry) -> bool:
    return bool(entry.functions) and isinstance(entry.functions[0], np.ufunc)


def _row(entry: Entry) -> str:
    derivative = "yes" if entry.differentiable else "0"
    name = entry.name.rpartition(".")[2]
    return f"| `{name}` | {', '.join(_others(entry))} | yes | {derivative} | {derivative} |"


def _others(entry: Entry) -> Iterator[str]:
    """Other names of a function: aliases in NumPy, and the method."""
    name = entry.name.rpartition(".")[2]
    for f in entry.functions[1:]:
        yield f"`{f.__name__}`"
    if not entry.name.startswith("ndarray."):
        yield from (f"`.{method}()`" for method in entry.methods)
    if _is_ufunc(entry):
        same = [n for n in _UFUNC_NAMES if getattr(np, n) is entry.functions[0] and n != name]
        yield from (f"`{n}`" for n in same)


_UFUNC_NAMES = sorted(n for n in dir(np) if isinstance(getattr(np, n), np.ufunc))


if __name__ == "__main__":
    sys.stdout.write(table())
