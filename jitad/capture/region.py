"""RegionTrace: the trace of a loop body or a branch, with what it reads and writes of arrays around it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ..ir.graph import Loc, Value
from ..ir.named import named
from .handles import is_array, lose_rivals, see, state_of
from .order import refuse_if_reordered
from .source import at, user_line
from .trace import Trace

if TYPE_CHECKING:
    from .traced import Traced


class Entry(NamedTuple):
    """An array from around a region, and the placeholder for its value when the region begins."""

    handle: Traced
    placeholder: Value


class Reread(BaseException):
    """A loop body writes an array whose elements it took for known: it has to be traced again, and will find
    them unknown.

    region  the outermost region that has to be traced again
    """

    def __init__(self, region: RegionTrace) -> None:
        super().__init__("an array whose elements were taken for known is written")
        self.region = region


class RegionTrace(Trace):
    """The trace of a region, which becomes part of the function around it, not a function of its own.

    Numbers and read-only arrays of enclosing traces are read directly, as free values of the region. An array
    that may be written is read through a placeholder; whoever closes the region puts for it a parameter of
    the region (if the region writes the array: then it is carried) or the value before the region.

    entry    by id of root handle: the arrays of enclosing traces that were read before any write here
    local    by id of root handle: the value that it has here now
    written  by id of root handle: the arrays of enclosing traces that were written here, in order
    assumed  by id of root handle: those whose elements were taken for known. When the body of a loop, or of
             one around it, then writes one, `Reread` is raised

    lost     by id of root handle: the arrays of enclosing traces that nobody knows from here on, and why

    All of this is in this object alone: an abandoned region leaves nothing behind. Closing one, after
    `with region: …`:

        for x in region.handles():                       # arrays read or written, in order
            before = see(x, region.outer)                # now that `region.outer` is the innermost trace
            inside = region.entry_value(x)               # placeholder in the region, None if never read
            after = region.final_value(x)                # at the end of the region, None if never written
            …
            region.outer.write(x, result)                # results of the region's equation
    """

    __slots__ = ("entry", "local", "written", "assumed", "lost", "_stamps", "_views")

    def __init__(self, name: str = "loop", loc: Loc | None = None) -> None:
        super().__init__(name, loc)
        assert self.outer is not None
        self.entry: dict[int, Entry] = {}
        self.local: dict[int, Value] = {}
        self.written: dict[int, Traced] = {}
        self.assumed: dict[int, Traced] = {}
        self.lost: dict[int, tuple[Traced, str]] = {}
        self._stamps: dict[int, int] = {}
        self._views: dict[int, tuple[Traced, int, Value]] = {}

    def bring(self, value: Value, owner: Trace) -> Value:
        """IR values of enclosing traces are read as they are, up to the nearest function boundary."""
        if owner is self:
            return value
        assert self.outer is not None
        return self.outer.bring(value, owner)

    def see(self, x: Traced) -> Value:
        """The value here of a root handle of an enclosing trace."""
        if id(x) in self.lost:
            raise NotImplementedError(
                named("lost-array", f"{self.lost[id(x)][1]}; it was used again{at(user_line(3))}")
            )
        found = self.local.get(id(x))
        if found is not None:
            return found
        assert self.outer is not None
        if not self.can_write(x):
            return see(x, self.outer)
        return self._enter(x)

    def _enter(self, x: Traced) -> Value:
        placeholder = Value(x.type)
        self.entry[id(x)] = Entry(x, placeholder)
        self.local[id(x)] = placeholder
        return placeholder

    def can_write(self, x: Traced) -> bool:
        """Whether the root `x` is an array of this function: not read-only, no function boundary between."""
        if not is_array(x) or (x.state is not None and x.state.sealed is not None):
            return False
        trace: Trace = self
        while trace.__class__ is RegionTrace and trace is not x.home:
            assert trace.outer is not None
            trace = trace.outer
        return trace is x.home

    def see_view(self, x: Traced, stamp: int) -> Value:
        """The value here of a view that belongs to an enclosing trace."""
        kept = self._views.get(id(x))
        if kept is None or kept[1] != stamp:
            kept = self._views[id(x)] = x, stamp, super().see_view(x, stamp)
        return kept[2]

    def stamp(self, root: Traced) -> int:
        if root.home is self:
            return super().stamp(root)
        return self._stamps.get(id(root), 0)

    def may_assume(self, x: Traced) -> bool:
        if self is x.home:
            return True
        varies = x.state is not None and x.state.varies
        if (
            varies
            or id(x) in self.written
            or id(x) in self.lost
            or self.outer is None
            or not self.outer.may_assume(x)
        ):
            return False
        if self.name != "branch":  # a branch runs once each time: what it reads comes before what it writes
            self.assumed[id(x)] = x
        return True

    def _note_write(self, x: Traced) -> None:
        """The elements of `x` are not known in regions any more; Reread where they were taken for known."""
        state_of(x).varies = True
        self.root.writes.append(x)
        trace: Trace | None = self
        found: RegionTrace | None = None
        while isinstance(trace, RegionTrace) and trace is not x.home:
            if id(x) in trace.assumed:
                found = trace
            trace = trace.outer
        if found is not None:
            raise Reread(found)

    def write(self, x: Traced, value: Value) -> None:
        """Give the root handle `x` a new value; for an array of an enclosing trace in this region only."""
        if x.home is self or not self.can_write(x):
            super().write(x, value)
            return
        self._note_write(x)
        if x.state is not None and x.state.reshaped:
            refuse_if_reordered(x)
        if x.state is not None and x.state.rivals:
            lose_rivals(x, self)
        self.local[id(x)] = value
        self.written[id(x)] = x
        self._stamps[id(x)] = self._stamps.get(id(x), 0) + 1

    def lose(self, x: Traced, text: str) -> None:
        """From here on nobody knows what the root `x` holds; of an enclosing trace also after the region."""
        if x.home is self or not self.can_write(x):
            super().lose(x, text)
            return
        self._note_write(x)
        self.lost[id(x)] = x, text

    # for whoever closes the region

    def handles(self) -> Iterable[Traced]:
        """The root handles of enclosing traces that were read or written here."""
        read = {key: entry.handle for key, entry in self.entry.items()}
        return (read | self.written).values()

    def entry_value(self, x: Traced) -> Value | None:
        """The placeholder for what `x` holds when the region begins; None if that was not read."""
        entry = self.entry.get(id(x))
        return None if entry is None else entry.placeholder

    def final_value(self, x: Traced) -> Value | None:
        """What `x` holds when the region ends; None if it was not written here."""
        return self.local[id(x)] if id(x) in self.written else None


__all__ = ["Entry", "RegionTrace", "Reread"]
