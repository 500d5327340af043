"""Cache: which version of a function a call takes, and which is made when none suits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from typing import Any

from .. import pipeline
from ..capture.leaves import LEAST
from ..capture.run import Program
from ..ir import verify
from ..ir.graph import Eqn, is_open
from .binding import Binder, Call
from .cacheinfo import CacheInfo, VersionInfo
from .config import budget, interpreting
from .family import Axis, Family, opened
from .reasons import compiled_in, new_family, rebound, resized, said_by
from .tied import used_as_sizes
from .version import Version

#: How a function is traced: (types of the leaves, their names, the call) → the program.
Tracer = Callable[[list[Any], list[str], Call], Program]
#: For so many values a Python number that Python needs is compiled in; beyond, the error says what needs it.
MAX_NUMBERS = 32


class Cache:
    """The versions of one function.

    specialize  sizes are compiled in, always
    eager       sizes are values from the first call on
    """

    def __init__(self, binder: Binder, trace: Tracer, specialize: bool, eager: bool = False) -> None:
        self._binder = binder
        self._trace = trace
        self._specialize = specialize
        self._eager = eager
        self._families: dict[Any, Family] = {}
        self._traces = 0
        self.lock = threading.RLock()

    def version(self, call: Call) -> Version:
        """The version for these arguments whose guards hold; made if there is none."""
        with self.lock:
            family = self._families.get((call.key, budget()))
            if family is None:
                return self._made_first(call)
            stale = None
            for version in family.suiting(call):
                if not version.valid():
                    stale = version
                elif self._usable(version, family):
                    return version
            return self._made(family, call, None if stale is None else rebound(stale))

    def _made_first(self, call: Call) -> Version:
        reason = new_family(self._binder, call, self._families)
        family = Family(call)
        if self._eager:
            family.vary_all()
        version = self._made(family, call, reason)
        self._families[call.key, budget()] = family
        return version

    def _made(self, family: Family, call: Call, why: str | None) -> Version:
        """A version with sizes that have changed as values, if that can be; else one for these sizes."""
        refused: list[str] = []
        names = self._binder.leaf_names(call)
        tries = [] if self._specialize else family.wanted(call.shapes)
        for axes in tries:
            said = why or resized(family, call, names, axes)
            try:
                version = self._new(family, call, said, axes)
            except Exception as error:  # whatever it is: the specialised version works, or says what is wrong
                refused.append(said_by(error))
                continue
            family.varying = axes
            break
        else:
            said = why or resized(family, call, names, (), self._why_fixed(family, refused))
            version = self._specialised(family, call, said, names)
        family.refused.update(zip(tries, refused))  # only now: an error of the user's says nothing of sizes
        family.add(version, call)
        return version

    def _specialised(self, family: Family, call: Call, reason: str, names: list[str]) -> Version:
        """A version for these sizes. Python numbers are compiled in where it cannot be made without."""
        if self._static(family):
            return self._new(family, call, reason)
        try:
            version = self._tied(family, call, self._traced(family, call, reason))
            self._traces += 1
            return version
        except Exception as error:
            if family.static:
                raise
            tied = frozenset() if family.tied or self._specialize else frozenset(_equal_to_sizes(call))
            for numbers in _candidates(call, tied):
                said = {i: compiled_in(names[i], error) for i in numbers if i not in tied}
                why = "; ".join([reason, *list(said.values())[:1]])
                try:
                    version = self._new(family, call, why, static=said, tied=tied or None)
                except Exception:
                    continue
                family.settle(call, tied, said)
                return version
            raise

    def _static(self, family: Family) -> Collection[int]:
        """The Python numbers to compile in; none when that was done for too many values already."""
        values = {tuple(v.numbers[i] for i in family.static) for v in family.versions()}
        return family.static if len(values) < MAX_NUMBERS else ()

    def _tied(self, family: Family, call: Call, version: Version) -> Version:
        """The version; if Python ints that equal sizes of arrays are sizes, one in which they are these."""
        tied = frozenset(used_as_sizes(version, _equal_to_sizes(call)))
        if tied and not (self._specialize or family.tied):
            try:
                version = _checked(self._traced(family, call, version.reason, tied=tied))
                family.tied = tied
            except Exception:
                return _checked(version)
        return _checked(version)

    def _why_fixed(self, family: Family, refused: list[str]) -> str:
        if self._specialize:
            return "specialize=True"
        return (refused or list(family.refused.values()) or ["sizes 0 and 1 are compiled in"])[-1]

    def _new(self, *what: Any, **options: Any) -> Version:
        """`_traced`, checked; any exception if it cannot be made."""
        version = _checked(self._traced(*what, **options))
        self._traces += 1
        return version

    def _traced(
        self,
        family: Family,
        call: Call,
        reason: str,
        axes: Collection[Axis] = (),
        static: Collection[int] | None = None,
        tied: Collection[int] | None = None,
    ) -> Version:
        """A version, the sizes of these axes values, these Python numbers compiled in or sizes."""
        seconds: dict[str, float] = {}
        types, names = self._binder.leaf_types(call)
        tied = family.tied if tied is None else tied
        static = self._static(family) if static is None else static
        leaves = opened(types, call, axes, tied, static)
        with pipeline.timed(seconds, "capture"):
            program = self._trace(leaves, names, call)
        return Version(program, leaves, names, self._traces, reason, seconds)

    def _usable(self, version: Version, family: Family) -> bool:
        """Whether a version that was traced for the interpreter can be compiled, too."""
        if not version.sizes or interpreting():
            return True
        try:
            version.binary  # noqa: B018
        except Exception as error:
            family.open.remove(version)
            family.refused[family.varying] = said_by(error)
            return False
        return True

    def versions(self) -> Iterator[Version]:
        for family in self._families.values():
            yield from family.versions()

    def info(self) -> CacheInfo:
        with self.lock:
            made = sorted(self.versions(), key=lambda v: v.number)
            return CacheInfo.of(self._traces, [VersionInfo.of(v) for v in made])


def _checked(version: Version) -> Version:
    """The version, if the sizes of its results can be told before it runs.

    One with sizes that are values is verified, and compiled now: where that fails, another is tried.
    """
    version.extents  # noqa: B018
    if version.sizes and any(map(_asks_for_broadcast, version.program.fn.eqns)):
        raise NotImplementedError("whether arrays are broadcast depends on the sizes")
    if is_open(version.program.fn):
        verify.check(version.program.fn)
        if not interpreting():
            version.binary  # noqa: B018
    return version


def _asks_for_broadcast(eqn: Eqn) -> bool:
    """Whether the program checks that two sizes are equal; where one is 1, NumPy would broadcast."""
    if eqn.op.name == "check":
        return eqn.attrs["text"].startswith("operands could not be broadcast together")
    return any(_asks_for_broadcast(inner) for region in eqn.regions for inner in region.eqns)


def _equal_to_sizes(call: Call) -> list[int]:
    """The Python ints that equal a size of an array."""
    sizes = {n for shape in call.shapes for n in shape if n >= LEAST}
    return [i for i, n in enumerate(call.numbers) if n.__class__ is int and n in sizes]


def _candidates(call: Call, tied: Collection[int]) -> Iterator[Collection[int]]:
    """Python ints and bools to compile in: those that equal sizes, as these, then one of them, then all."""
    numbers = [i for i, n in enumerate(call.numbers) if n is not None]
    if tied:
        yield tied
    yield from ([i] for i in numbers if i not in tied)
    if len(numbers) > 1:
        yield numbers
