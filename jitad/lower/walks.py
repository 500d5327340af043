"""Loops of a nest from the outermost in, and where the code of each goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..ir.types import is_int
from .amounts import Amount
from .edges import Between
from .emitter import Reg

if TYPE_CHECKING:
    from .kernel import Kernel

#: What is known of a loop's index: from … below, numbers or what only the program knows; None: nothing.
Range = tuple[int, int] | Between | None
#: Elements a vector body computes at once, on every target, so that results do not depend on the width of the
#: machine's registers; and where everything that is computed with has four bytes or less.
LANES, NARROW_LANES = 8, 16


def lanes_of(narrow: bool, extent: int) -> int:
    """Lanes of the vectors along an axis of that many elements (1 where it is too short for any)."""
    if narrow and extent >= NARROW_LANES:
        return NARROW_LANES
    return LANES if extent >= LANES else 1


class Loops:
    """The loops that are open, with what is known in each.

    lists   where code goes that is known outside the loops, in the first one, the second one …
    memos   by the same numbers: what has been computed there
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.e = kernel.e
        self.lists = [self.e.lines]
        self.memos: list[dict[object, Reg]] = [{}]
        self.ivs: list[str] = []
        self.ranges: list[Range] = []
        self.lanes = 1  # lanes of the innermost open loop
        self.width = LANES  # lanes of its vector loops
        self.crossing = False  # whether the innermost loop's vectors may lie across borders

    def loop(self, lo: int, hi: int, step: int, body: Callable[[], None], unroll: int = 0) -> None:
        """Run `body` for each index lo, lo+step … < hi of the next axis; a step > 1 makes vector lanes."""
        if hi <= lo:
            return
        if hi - lo > step:
            self.span(str(lo), hi - lo, (lo, hi), step, body, unroll)
            return
        with self._axis(str(lo), (lo, hi), step, self.e.lines):
            body()

    def span(
        self,
        start: str,
        length: int,
        bounds: tuple[int, int],
        step: int,
        body: Callable[[], None],
        unroll: int = 0,
    ) -> None:
        """A loop over the next axis from the register `start`; all its indices lie within `bounds`."""
        iv = f"%{self.e.label('L')}"
        inner: list[str] = []
        with self._axis(iv, bounds, step, inner):
            body()
        if start.startswith("%"):
            stop = self.e.define(f"add nuw nsw i64 {start}, {length}", "i64").text
        else:
            stop = str(int(start) + length)
        self._loop_text(iv, start, stop, step, inner, unroll)

    def open_loop(
        self,
        start: Amount,
        stop: Amount,
        step: int,
        body: Callable[[], None],
        unroll: int = 0,
        where: Between | None = None,
    ) -> None:
        """A loop over the next axis from start to stop, which may be known only when it runs."""
        if is_int(start) and is_int(stop) and where is None:
            self.loop(start, stop, step, body, unroll)  # type: ignore[arg-type]
            return
        iv = f"%{self.e.label('L')}"
        inner: list[str] = []
        with self._axis(iv, where, step, inner):
            body()
        self._loop_text(iv, str(start), str(stop), step, inner, unroll, guarded=True)

    @contextmanager
    def once(self, at: str, lanes: int, where: Between) -> Iterator[None]:
        """The next axis at one place, of so many lanes."""
        with self._axis(at, where, lanes, self.e.lines):
            yield

    def covering_loop(self, lo: int, hi: int, body: Callable[[Reg], None]) -> None:
        """A vector loop over lo … hi whose last vector starts a vector before hi.

        `body(overlap)` is told how many of its lanes the vector before it had.
        """
        e = self.e
        iv = f"%{e.label('C')}"
        at = f"{iv}.at"
        e.declarations["@llvm.smin.i64"] = "declare i64 @llvm.smin.i64(i64, i64)"
        inner = [f"{at} = call i64 @llvm.smin.i64(i64 {iv}, i64 {hi - self.width})"]
        with self._axis(at, (lo, hi), self.width, inner):
            body(e.op("sub", Reg(iv, "i64", 1, e.chunk), Reg(at, "i64", 1, e.chunk)))
        self._loop_text(iv, str(lo), str(hi), self.width, inner, 1)

    def crossing_loop(
        self,
        count: str,
        position: Callable[[Reg], Reg],
        last: Amount,
        bounds: Range,
        body: Callable[[Reg], None],
    ) -> None:
        """A loop over so many vectors of the next axis, which may lie across borders.

        Vector t is at `position(t)`, or at the last place; `body(overlap)` is told how far it moved.
        """
        e = self.e
        turn = f"%{e.label('X')}"
        inner: list[str] = []
        outer, e.lines = e.lines, inner
        e.declarations["@llvm.smin.i64"] = "declare i64 @llvm.smin.i64(i64, i64)"
        meant = position(Reg(turn, "i64", 1, e.chunk))
        at = e.define(f"call i64 @llvm.smin.i64(i64 {meant.text}, i64 {last})", "i64")
        e.lines = outer
        with self._axis(at.text, bounds, self.width, inner):
            self.crossing = True
            body(e.op("sub", meant, at))
            self.crossing = False
        self._loop_text(turn, "0", count, 1, inner, 1, guarded=isinstance(bounds, Between))

    def plain_loop(
        self, start: str, stop: str, step: int, body: Callable[[str], None], guarded: bool = False
    ) -> None:
        """A loop that is no axis of the nest: `body(at)` for at = start, start+step … < stop."""
        if start == stop:
            return
        iv = f"%{self.e.label('B')}"
        inner: list[str] = []
        outer = self.e.lines
        self.e.lines = inner
        body(iv)
        self.e.lines = outer
        self._loop_text(iv, start, stop, step, inner, 1, guarded)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Code before the outermost loop."""
        lines, self.e.lines = self.e.lines, self.lists[0]
        yield
        self.e.lines = lines

    @contextmanager
    def within(self, ranges: Mapping[int, Range]) -> Iterator[list[str]]:
        """Code for some indices of the open loops only, in a list of its own, as is all that it finds out."""
        kept = self.memos, self.lists, self.ranges, self.e.lines
        lines: list[str] = []
        self.memos = [self.memos[0], *({} for _ in self.memos[1:])]
        self.lists = [self.lists[0], *(lines for _ in self.lists[1:])]
        self.ranges = [ranges.get(a, bounds) for a, bounds in enumerate(self.ranges)]
        self.e.lines = lines
        yield lines
        self.memos, self.lists, self.ranges, self.e.lines = kept

    @contextmanager
    def _axis(self, iv: str, bounds: Range, lanes: int, lines: list[str]) -> Iterator[None]:
        """Open the next axis: code of its body goes to `lines`, what is known outside goes outside."""
        outer, outer_lanes = self.e.lines, self.lanes
        self.ivs.append(iv)
        self.ranges.append(bounds)
        self.memos.append({})
        self.lists.append(lines)
        self.e.lines, self.lanes = lines, lanes
        yield
        for stack in (self.ivs, self.ranges, self.memos, self.lists):
            stack.pop()
        self.e.lines, self.lanes = outer, outer_lanes

    def _loop_text(
        self, iv: str, start: str, stop: str, step: int, inner: list[str], unroll: int, guarded: bool = False
    ) -> None:
        """The text of a loop that runs at least once; `guarded`: one that may not."""
        tag = iv[1:]
        metadata = self.kernel.loop_metadata(unroll)
        enter = [f"br label %{tag}.pre"]
        if guarded:
            enter = [
                f"{iv}.some = icmp slt i64 {start}, {stop}",
                f"br i1 {iv}.some, label %{tag}.pre, label %{tag}.exit",
            ]
        self.e.lines += [
            *enter,
            f"{tag}.pre:",
            f"br label %{tag}.body",
            f"{tag}.body:",
            f"{iv} = phi i64 [ {start}, %{tag}.pre ], [ {iv}.next, %{tag}.latch ]",
            *inner,
            f"br label %{tag}.latch",
            f"{tag}.latch:",
            f"{iv}.next = add nuw nsw i64 {iv}, {step}",
            f"{iv}.more = icmp slt i64 {iv}.next, {stop}",
            f"br i1 {iv}.more, label %{tag}.body, label %{tag}.exit, !llvm.loop {metadata}",
            f"{tag}.exit:",
        ]
