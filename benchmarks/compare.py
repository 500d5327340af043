"""Tools side by side: each prepares a call, is checked, and then all are timed in turns."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from benchmarks.harness import (
    NO_COMPILER,
    NOT_INSTALLED,
    OURS,
    OURS_FROM_C,
    Cell,
    Row,
    agree,
    loop_length,
    on_all_threads,
)
from benchmarks.peers import peer

ROUNDS, REPEATS, BUDGET, LONG = 4, 3, 0.03, 0.1


class Call(Protocol):
    """Something that can be run for its results and timed."""

    def run(self) -> Any:
        """Run once and return the results, NumPy arrays in nested tuples."""

    def seconds(self, number: int) -> float:
        """Return the seconds that `number` runs take."""


class PythonCall:
    """A call `f(*args, **keywords)` from Python."""

    def __init__(self, f: Callable, *args: Any, **keywords: Any) -> None:
        names = {f"a{i}": a for i, a in enumerate(args)}
        words = [*names, *(f"{name}=k_{name}" for name in keywords)]
        values = {f"k_{name}": value for name, value in keywords.items()}
        self.run = lambda: f(*args, **keywords)
        self.seconds = timeit.Timer(f"f({', '.join(words)})", globals={"f": f, **names, **values}).timeit


class FreshCall:
    """A call of a function that may write its arguments: each run gets fresh copies, which are not timed."""

    def __init__(self, f: Callable, arguments: tuple) -> None:
        self.f, self.arguments = f, arguments

    def fresh(self) -> tuple:
        return tuple(a.copy() if isinstance(a, np.ndarray) else a for a in self.arguments)

    def run(self) -> Any:
        return self.f(*self.fresh())

    def seconds(self, number: int) -> float:
        f, clock, total = self.f, timeit.default_timer, 0.0
        for _ in range(number):
            arguments = self.fresh()
            start = clock()
            f(*arguments)
            total += clock() - start
        return total


@dataclass(frozen=True)
class Tool:
    """One column of a table.

    make      returns the call to time; takes the peer's module when `module` names one
    threads   measured again with the threads that the tool starts by itself
    leading   how many of the results are compared with those expected; None: all, and none is missing
    from_c    native code called by native code: compared with ours called alike
    compared  whether it is one of the peers; a variant that need not keep to IEEE arithmetic is not
    """

    title: str
    make: Callable[..., Call]
    module: str = ""
    threads: bool = False
    leading: int | None = None
    from_c: bool = False
    compared: bool = True


class NoCompiler(Exception):
    """There is no C++ compiler on this machine."""


class Refused(Exception):
    """A tool does not take the program; the text is the remark in its column."""


def leaves(results: Any) -> tuple[np.ndarray, ...]:
    """Return the arrays in nested tuples and lists, in order."""
    if isinstance(results, tuple | list):
        return tuple(leaf for part in results for leaf in leaves(part))
    return (np.asarray(results),)


def prepare(tool: Tool, expected: tuple, rtol: float) -> Call | str:
    """Return the checked call of a tool, or the remark why there is none."""
    module = peer(tool.module) if tool.module else None
    if tool.module and module is None:
        return NOT_INSTALLED
    try:
        call = tool.make(module) if tool.module else tool.make()
    except NoCompiler:
        return NO_COMPILER
    except Refused as refused:
        return str(refused)
    agree(tool.title, leaves(call.run())[: tool.leading], expected[: tool.leading], rtol)
    return call


def best_of(calls: dict[str, Call], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the shortest time of each call; they take turns, so that all see the machine alike.

    A turn is REPEATS loops of about BUDGET seconds, or one run of a call that takes longer than LONG.
    """
    numbers = {name: loop_length(call.seconds, BUDGET) for name, call in calls.items()}
    times = {name: call.seconds(numbers[name]) / numbers[name] for name, call in calls.items()}
    for _ in range(rounds):
        for name, call in calls.items():
            for _ in range(1 if times[name] > LONG else REPEATS):
                times[name] = min(times[name], call.seconds(numbers[name]) / numbers[name])
    return times


def measure(
    work: str, tools: list[Tool], expected: tuple, rtol: float = 1e-10, rounds: int = ROUNDS, **options: Any
) -> Row:
    """Check each tool's results against `expected`, then time all; `options` are fields of the row."""
    tools = [tool for tool in tools if tool.threads or not on_all_threads()]
    prepared = {tool.title: prepare(tool, expected, rtol) for tool in tools}
    rounds = (rounds + 1) // 2 if on_all_threads() else rounds
    times = best_of({name: c for name, c in prepared.items() if not isinstance(c, str)}, rounds)
    cells: dict[str, Cell] = {name: c if isinstance(c, str) else times[name] for name, c in prepared.items()}
    peers = [tool for tool in tools if tool.compared and not tool.title.startswith(OURS)]
    versus = {tool.title: OURS_FROM_C if tool.from_c else OURS for tool in peers}
    return Row(work, cells, versus, **options)
