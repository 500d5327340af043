"""Calls of one function in one trace: the first is traced, the second watched, later ones stand for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, NoReturn

from ..ir.named import named
from ..opt.inline import size
from .attempts import Recorder, recorders
from .describe import Described, Doubt
from .handles import View
from .names import OPERATORS, is_rewritten, names_of
from .objects import ModuleStandIn
from .recording import SMALL, Record, recorded
from .region import RegionTrace
from .source import at, user_line
from .trace import Trace, current_trace
from .tracer import Traced, import_value
from .views import Reshape, view_of

#: A function may call itself so deep while it is traced, and unroll into so many equations.
MOST_DEPTH, MOST_EQUATIONS = 150, 100_000
#: How often a function is watched anew after what it read from around it has changed.
_MOST_RECORDS = 4


class Entry:
    """What is known of the calls of a function with one description of what it is given.

    record   what stands for it, once it was watched
    tries    how often it was watched
    refused  it is traced each time
    """

    __slots__ = ("record", "tries", "refused")

    def __init__(self) -> None:
        self.record: Record | None = None
        self.tries = 0
        self.refused = False


class Calls:
    """The calls of one outermost trace.

    entries  by description
    running  the functions that are being traced: with what they were given, in which trace, and how many
             equations had been traced
    replaced the equations for which calls were put
    """

    def __init__(self) -> None:
        self.entries: dict[tuple, Entry] = {}
        self.running: list[tuple[FunctionType, tuple | None, Trace, int]] = []
        self.depth: dict[FunctionType, int] = {}
        self.kept: list[Any] = []
        self.replaced = 0

    def run(self, g: Callable[..., Any], f: FunctionType, /, *args: Any, **kwargs: Any) -> Any:
        """`g(*args, **kwargs)`, traced or by what was traced before; `f` is the function behind `g`."""
        for r in recorders():
            r.executed[f] = None
        trace = current_trace()
        described = Described()
        try:
            described.add((f, args, kwargs, getattr(g, "__self__", None)))
        except Doubt:
            return self._trace(g, f, None, trace, args, kwargs)
        key = described.key
        entry = self.entries.get(key)
        if entry is None:
            entry = self.entries[key] = Entry()
            self.kept.append(described.kept)
            if f not in self.depth:  # one that calls itself is likely to do so again
                return self._trace(g, f, key, trace, args, kwargs)
        if entry.record is not None:
            found = entry.record.apply(described, trace)
            if found is not None:
                for r in recorders():
                    r.executed.update(entry.record.executed)
                return found[0]
            entry.record = None
        if entry.refused or entry.tries == _MOST_RECORDS:
            return self._trace(g, f, key, trace, args, kwargs)
        return self._watch(entry, described, g, f, trace, args, kwargs)

    def _watch(
        self,
        entry: Entry,
        described: Described,
        g: Callable[..., Any],
        f: FunctionType,
        trace: Trace,
        args: tuple,
        kwargs: dict[str, Any],
    ) -> Any:
        """Trace the call, and keep what was traced if it can stand for later ones."""
        key = described.key
        entry.tries += 1
        entry.refused = True  # should it fail, or call itself
        args = tuple(_whole(x, trace) for x in args)
        kwargs = {name: _whole(x, trace) for name, x in kwargs.items()}
        described = Described()
        described.add((f, args, kwargs, getattr(g, "__self__", None)))
        try:
            for x in described.leaves:  # so that their reading is no part of what is kept
                if x.state.__class__ is View or x._value is None:
                    import_value(x, trace)
        except NotImplementedError:
            return self._trace(g, f, key, trace, args, kwargs)
        start, writes = len(trace.builder.eqns), len(trace.root.writes)
        recorder = Recorder()
        recorder.executed[f] = None
        with recorder:
            result = self._trace(g, f, key, trace, args, kwargs)
        if recorder.doubt:
            return result
        before = len(trace.builder.eqns)
        try:
            roots = [root for h in recorder.executed for root in what_it_reads(h)]
            record = recorded(f.__name__, described, roots, recorder, trace, start, writes, result)
        except (Doubt, NotImplementedError):
            return result
        self.replaced += before - len(trace.builder.eqns)
        if size(record.function) >= SMALL:
            entry.record, entry.refused = record, False
            self.kept.append(described.kept)
        return result

    def _trace(
        self,
        g: Callable[..., Any],
        f: FunctionType,
        key: tuple | None,
        trace: Trace,
        args: tuple,
        kwargs: dict[str, Any],
    ) -> Any:
        depth = self.depth.get(f, 0)
        if depth:
            self._check_recursion(f, key, trace, depth)
        self.depth[f] = depth + 1
        self.running.append((f, key, trace, len(trace.builder.eqns) + self.replaced))
        try:
            return g(*args, **kwargs)
        finally:
            self.running.pop()
            if depth:
                self.depth[f] = depth
            else:
                del self.depth[f]

    def _check_recursion(self, f: FunctionType, key: tuple | None, trace: Trace, depth: int) -> None:
        outermost = next(entry for entry in self.running if entry[0] is f)
        for g, given, where, _ in self.running if key is not None else ():
            if g is f and given == key and where is not trace and _is_inside(trace, where):
                _refuse(
                    f,
                    "under a condition that is known only when the program runs, with arguments of the same "
                    "types: tracing it would never end",
                    "write the recursion as a loop (`while`, or jad.while_loop)",
                )
        traced = len(trace.builder.eqns) + self.replaced
        equations = traced - outermost[3] if outermost[2] is trace else 0
        if depth >= MOST_DEPTH or equations > MOST_EQUATIONS:
            what = f"{depth} calls deep" if depth >= MOST_DEPTH else f"into {equations} equations"
            _refuse(
                f,
                f"and has unrolled {what} while it is traced; the bounds are {MOST_DEPTH} calls and "
                f"{MOST_EQUATIONS} equations",
                "end it earlier, or write it as a loop",
            )


def _whole(x: Any, trace: Trace) -> Any:
    """A view as a view of all of it, so that views of that read it, and not what it is a view of."""
    if x.__class__ is not Traced or x.state.__class__ is not View:
        return x
    return view_of(x, Reshape(x.shape, x.shape), trace, now=False)


def _is_inside(trace: Trace | None, outer: Trace) -> bool:
    """Whether `trace` is a region of `outer`, or a region of a region."""
    while isinstance(trace, RegionTrace):
        trace = trace.outer
        if trace is outer:
            return True
    return False


def _refuse(f: FunctionType, what: str, cure: str) -> NoReturn:
    raise RecursionError(named("recursion", f"{f.__name__} calls itself{at(user_line(4))} {what}; {cure}"))


def function_of(g: Any) -> FunctionType | None:
    """The function of a rewritten function or bound method whose calls may be shared; None for others."""
    f = g.__func__ if g.__class__ is MethodType else g
    if f.__class__ is not FunctionType or not is_rewritten(f.__code__):
        return None
    made_otherwise = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    return None if f.__code__.co_flags & made_otherwise else f


def what_it_reads(f: FunctionType) -> list[Callable[[], Any]]:
    """How to get each thing that a clone reads from around it; Doubt where it writes there."""
    names = names_of(f.__code__)
    if names.written_globals or names.written_free & set(f.__code__.co_freevars):
        raise Doubt
    found: list[Callable[[], Any]] = [lambda: (f.__defaults__, f.__kwdefaults__)]
    for name, paths in names.globals.items():
        if name in f.__globals__:
            found += _readers(f.__globals__.__getitem__, name, paths)
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or ()):
        if name != OPERATORS:
            found += _readers(_reader(cell), name, names.free.get(name, {()}))
    return found


def _readers(get: Callable[[str], Any], name: str, paths: set[tuple[str, ...]]) -> list[Callable[[], Any]]:
    """Of a module or class of the user's those attributes that are read; else the thing itself."""
    value = get(name)
    if isinstance(value, ModuleType | type) and (isinstance(value, ModuleStandIn) or isinstance(value, type)):
        first = {p[0]: {q[1:] for q in paths if q[:1] == p[:1]} for p in paths if p}
        if isinstance(value, ModuleStandIn) and () in paths:
            raise Doubt
        found: list[Callable[[], Any]] = [lambda: id(get(name))]
        for attribute, rest in first.items():
            if isinstance(value, ModuleStandIn) or attribute in vars(value):
                found += _readers(lambda a: getattr(get(name), a), attribute, rest)
        return found
    return [lambda: get(name)]


def _reader(cell: CellType) -> Callable[[str], Any]:
    def read(_: str) -> Any:
        try:
            return cell.cell_contents
        except ValueError:
            raise Doubt from None

    return read
