"""`check`: the gradient against central differences, with the entries that differ most."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..api.jit import jit
from ..api.reverse import grad
from ..capture.trees import flatten, paths, unflatten
from . import target

#: Entries of an argument that are compared, spread over it, and rows of the table.
MOST, ROWS = 200, 10


class Entry(NamedTuple):
    """One entry of a gradient, by reverse mode and by differences; `error` is a multiple of the tolerance."""

    name: str
    gradient: float
    difference: float
    error: float

    @property
    def bad(self) -> bool:
        return not self.error <= 1.0


def add(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("check", help="compare the gradient with central differences")
    target.add_arguments(parser)
    parser.add_argument("--wrt", metavar="x,y", help="arguments of which derivatives are taken (the first)")
    parser.add_argument("--rtol", type=float, default=None, help="relative tolerance (1e-6; float32: 2e-2)")
    parser.add_argument("--atol", type=float, default=None, help="absolute tolerance (1e-6; float32: 2e-2)")
    parser.add_argument(
        "--eps", type=float, default=None, help="step of the differences (1e-5; float32: 1e-2)"
    )
    target.add_json(parser)
    parser.set_defaults(run=run, mode="value")


def run(options: argparse.Namespace) -> int:
    for name in ("rtol", "atol", "eps"):
        value = getattr(options, name)
        if value is not None and not (value > 0 and np.isfinite(value)):
            raise target.Refused(f"--{name} is a positive number, not {value}")
    wrt, options.wrt = options.wrt, None
    found = target.load(options)
    if found.kwargs:
        raise target.Refused(f"check takes positional arguments; {', '.join(found.kwargs)} is by name only")
    positions = (0,) if wrt is None else target.positions(found.f, wrt)
    entries = compared(found.f, found.args, positions, options.rtol, options.atol, options.eps)
    worst = sorted(entries, key=lambda e: -np.inf if np.isnan(e.error) else -e.error)[:ROWS]
    bad = sum(e.bad for e in entries)
    if options.json:
        rows = [
            {"entry": e.name, "gradient": e.gradient, "difference": e.difference, "error": e.error}
            for e in worst
        ]
        print(json.dumps({"compared": len(entries), "failed": bad, "worst": rows}))
    else:
        _print(worst, len(entries), bad)
    return 1 if bad else 0


def compared(
    f: Callable,
    args: tuple,
    positions: tuple[int, ...],
    rtol: float | None,
    atol: float | None,
    eps: float | None,
) -> list[Entry]:
    """Entries of the gradient of `f` by these arguments, at most MOST of each array, beside differences.

    The error is |gradient − difference| / (atol + rtol · |difference|), infinite if that is NaN.
    """
    value = jit(f)
    entries = []
    for i, gradient in zip(positions, grad(f, argnums=positions)(*args)):
        leaves, spec = flatten(args[i])
        names = list(paths(args[i], parameter(f, i)))
        for k, (leaf, slope) in enumerate(zip(leaves, spec.flatten_up_to(gradient))):
            if slope is None:
                continue
            slopes, single = np.asarray(slope), np.asarray(slope).dtype == np.float32
            small = 2e-2 if single else 1e-6
            step = (1e-2 if single else 1e-5) if eps is None else eps
            for at in _places(slopes):

                def at_distance(d: float) -> float:
                    moved = np.array(leaf, dtype=slopes.dtype)  # noqa: B023  called in the loop
                    moved[at] += d  # noqa: B023
                    tree = unflatten(spec, [*leaves[:k], moved[()], *leaves[k + 1 :]])  # noqa: B023
                    return float(value(*args[:i], tree, *args[i + 1 :]))  # noqa: B023

                h = step * max(1.0, abs(float(np.asarray(leaf)[at])))
                difference = (at_distance(h) - at_distance(-h)) / (2 * h)
                entries.append(
                    _entry(names[k], at, float(slopes[at]), difference, rtol or small, atol or small)
                )
    return entries


def parameter(f: Callable, i: int) -> str:
    """What a positional argument is called."""
    code = getattr(f, "__code__", None)
    return code.co_varnames[i] if code is not None and i < code.co_argcount else f"args[{i}]"


def _places(a: np.ndarray) -> list[tuple[int, ...]]:
    flat = np.unique(np.linspace(0, a.size - 1, min(a.size, MOST)).astype(int)) if a.size else ()
    return [tuple(int(n) for n in np.unravel_index(k, a.shape)) for k in flat]


def _entry(name: str, at: Any, gradient: float, difference: float, rtol: float, atol: float) -> Entry:
    error = abs(gradient - difference) / (atol + rtol * abs(difference))
    place = f"[{', '.join(map(str, at))}]" if at else ""
    return Entry(name + place, gradient, difference, np.inf if np.isnan(error) else error)


def _print(worst: list[Entry], count: int, bad: int) -> None:
    rows = [("entry", "gradient", "difference", "error / tolerance")]
    rows += [(e.name, f"{e.gradient:.9g}", f"{e.difference:.9g}", f"{e.error:.2g}") for e in worst]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), *(x.rjust(w) for x, w in zip(row[1:], widths[1:]))]))
    print(f"{count} entries compared, {bad} differ" if bad else f"{count} entries compared, all agree")
