"""Loops and branches around the code of their regions; what they carry is phis, or memory used in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.graph import Const, Function, Value, dims_of
from ..ops.lowering import Gather, Window
from . import tapes
from .buffers import Buffers
from .emitter import Reg, memory_type
from .heap import count, ensure, nbytes
from .plan import Plan, is_small
from .roots import RegionRoot, Step, carried_inits, is_branch
from .slots import carried_params
from .work import is_long, unpolled_work

if TYPE_CHECKING:
    from .kernel import Kernel

Places = dict[Value, "str | list[Reg]"]


def emit_region(kernel: Kernel, root: RegionRoot) -> None:
    """The code of an equation with regions; its results are registers or in their buffers."""
    for v in needed_in_memory(root):
        kernel.spill(v)
    for v in dims_of(root.eqn):
        kernel.registers(v)
    stacked = root.eqn.attrs.get("carried", 0) if "rows" in root.eqn.attrs else len(root.eqn.results)
    for k, (v, memory) in enumerate(zip(root.eqn.results, root.memory)):
        if memory:
            ensure(kernel, kernel.buffers.of.get(v), root.eqn if k >= stacked else None)
    for inner in root.inner:
        inner.base = kernel.buffers.base + (root.workspace.offset if root.workspace else 0)
        inner.targets = [
            kernel.pointer(v) if memory else "" for v, memory in zip(root.eqn.results, root.memory)
        ]
    kernel.leave_if_failed()
    if is_branch(root.eqn):
        (_Branch if root.eqn.operands else _Region)(kernel, root).emit()
        return
    for v in root.reads.leaves:  # loaded once, before the loop
        if is_small(v) and not isinstance(v, Const):
            kernel.registers(v)
    if "trips" in root.eqn.attrs:
        _Counted(kernel, root).emit()
    else:
        _While(kernel, root).emit()


def needed_in_memory(root: RegionRoot) -> list[Value]:
    """The small arrays that a region reads at indices which are not known when it is compiled."""
    found: dict[Value, None] = {}
    for plan in root.plans:
        for step in plan.steps:
            found.update(dict.fromkeys(_memory_reads(plan, step)))
    if "trips" in root.eqn.attrs:
        found.update(dict.fromkeys(root.eqn.operands[1 + root.eqn.attrs["carried"] :]))
    return [v for v in found if v in root.reads.leaves]


def _memory_reads(plan: Plan, step: Step) -> list[Value]:
    found: list[Value] = []
    for root in step.roots:
        found += needed_in_memory(root) if isinstance(root, RegionRoot) else root.reads.leaves
    for eqn in step.eqns:
        if isinstance(eqn.op.lowering, Gather | Window) or not all(map(is_small, eqn.operands)):
            found += plan.small_reads(eqn)
    return [v for v in found if v.ndim and not isinstance(v, Const)]


class _Region:
    """`checkpoint`: one region, which runs; and what loops and branches share."""

    def __init__(self, kernel: Kernel, root: RegionRoot) -> None:
        self.kernel, self.root, self.eqn = kernel, root, root.eqn
        self.e = kernel.e
        self.tag = self.e.label("R")
        #: per result in registers, its number
        self.numbers = [k for k, memory in enumerate(root.memory) if not memory]

    def emit(self) -> None:
        self.set_results(self.run(self.root.inner[0], {}))

    def label(self, stem: str) -> None:
        """Begin a block, reached from the one before."""
        self.e.lines += [f"br label %{self.tag}.{stem}", f"{self.tag}.{stem}:"]

    def run(self, inner: Buffers, places: Places) -> list[list[Reg]]:
        """The code of one region; its results that are registers."""
        kernel = self.kernel
        with kernel.scope(inner, places):
            if inner is self.root.inner[-1]:  # the test of a loop keeps them all
                tapes.drop_dead(kernel, inner.plan.fn.params)
            kernel.schedule()
            results = [
                list(kernel.registers(v))
                for v, memory in zip(inner.plan.fn.results, inner.memory)
                if not memory
            ]
            kernel.finish()
        return results

    def phis(self, like: list[list[Reg]]) -> list[list[Reg]]:
        """Names for values that meet."""
        return [[Reg(self.e.fresh(), x.ty, 1, self.kernel.chunk.number) for x in xs] for xs in like]

    def join(self, phis: list[list[Reg]], sources: list[tuple[str, list[list[Reg]]]]) -> list[str]:
        """The phi instructions of values that come from blocks."""
        lines = []
        for k, names in enumerate(phis):
            for n, phi in enumerate(names):
                edges = ", ".join(f"[ {xs[k][n].text}, %{self.tag}.{block} ]" for block, xs in sources)
                lines.append(f"{phi.text} = phi {phi.ty} {edges}")
        return lines

    def set_results(self, registers: list[list[Reg]]) -> None:
        for k, xs in zip(self.numbers, registers):
            self.kernel.set_registers(self.eqn.results[k], xs)
        tapes.drop_dead(self.kernel, self.eqn.results)


class _Branch(_Region):
    """`cond`: one of two regions, behind a branch."""

    def emit(self) -> None:
        (choice,) = self.kernel.registers(self.eqn.operands[0])
        tag = self.tag
        self.e.put(f"br i1 {choice.text}, label %{tag}.0, label %{tag}.1")
        sources = []
        for number, inner in enumerate(self.root.inner):
            self.e.put(f"{tag}.{number}:")
            tapes.drop_unread(self.kernel, self.root, inner.plan)
            results = self.run(inner, {})
            self.label(f"{number}.end")
            self.e.put(f"br label %{tag}.exit")
            sources.append((f"{number}.end", results))
        self.e.put(f"{tag}.exit:")
        phis = self.phis(sources[0][1])
        self.e.lines += self.join(phis, sources)
        self.set_results(phis)


class _Loop(_Region):
    """What both kinds of loops share: carried values, first in registers or in their memory."""

    def start(self) -> list[list[Reg]]:
        """Put first values where the loop carries them; those in registers."""
        kernel, registers = self.kernel, []
        for buffer in self.root.inner[-1].swapped.values():
            ensure(kernel, buffer)
        for v, memory, target in zip(carried_inits(self.eqn), self.root.memory, self.root.inner[-1].targets):
            if not memory:
                registers.append(list(kernel.registers(v)))
            elif kernel.registers_of(v) is not None or kernel.pointer(v) != target:
                kernel.write(v, target)
        return registers

    def swap(self) -> list[list[Reg]]:
        """Pairs of places that change: where a carried array is, and where its next value is computed."""
        inner = self.root.inner[-1]
        pairs = []
        for k, buffer in inner.swapped.items():
            pairs.append([Reg(inner.targets[k], "ptr"), Reg(self.kernel.place(inner, buffer), "ptr")])
        return pairs

    def place_pairs(self, names: list[list[Reg]]) -> list[list[Reg]]:
        """Let the body work in such pairs; what they are in the next run."""
        inner = self.root.inner[-1]
        self.homes = list(inner.targets)
        for (k, buffer), (here, there) in zip(inner.swapped.items(), names):
            inner.targets[k], buffer.pointer = here.text, there.text
        return [[there, here] for here, there in names]

    def bring_home(self, finals: list[list[Reg]]) -> None:
        """Behind the loop: carried arrays that ended in the other place are copied."""
        kernel, e = self.kernel, self.e
        for k, (at, _) in zip(self.root.inner[-1].swapped, finals):
            copy, on = e.label("copy"), e.label("on")
            away = e.define(f"icmp ne ptr {at.text}, {self.homes[k]}", "i1")
            e.lines += [f"br i1 {away.text}, label %{copy}, label %{on}", f"{copy}:"]
            kernel.memcpy(self.homes[k], at.text, nbytes(kernel, self.eqn.results[k].type).text)
            e.lines += [f"br label %{on}", f"{on}:"]

    def carried(self, region: Function, phis: list[list[Reg]]) -> Places:
        """Where the carried parameters of a region are."""
        registers = iter(phis)
        params = zip(carried_params(self.eqn, region), self.root.memory, self.root.inner[-1].targets)
        return {p: target if memory else next(registers) for p, memory, target in params}

    def poll(self) -> None:
        """At the end of the body, if the loop may be long."""
        if is_long(self.root):
            self.kernel.poll(sum(map(unpolled_work, self.root.inner)))


class _Counted(_Loop):
    """`for`: a counter, carried values, and rows of stacked arrays."""

    def emit(self) -> None:
        attrs, e, tag = self.eqn.attrs, self.e, self.tag
        trips = attrs["trips"]
        firsts = self.start()
        (count,) = self.kernel.registers(self.eqn.operands[0])
        if trips == 0:
            self.set_results(firsts)
            return
        self.label("guard")
        if trips < 0:
            some = e.icmp("sgt", count, e.literal(0, "i64"))
            last = e.op("sub", count, e.literal(1, "i64")).text
            e.put(f"br i1 {some.text}, label %{tag}.body, label %{tag}.exit")
        else:
            last = str(trips - 1)
            e.put(f"br label %{tag}.body")
        k = Reg(f"%{tag}.k", "i64", 1, self.kernel.chunk.number)
        places = self.swap()
        phis, pairs, outer = self.phis(firsts), self.phis(places), e.lines
        swapped = self.place_pairs(pairs)
        lines: list[str] = []
        e.lines = lines
        results = self.run(self._rows(k), self.carried(self.root.plans[0].fn, phis) | self._elements(k))
        self.poll()
        e.lines = outer
        begin, step, end = (last, -1, "0") if attrs["reverse"] else ("0", 1, last)
        e.lines += [
            f"{tag}.body:",
            f"{k.text} = phi i64 [ {begin}, %{tag}.guard ], [ {k.text}.next, %{tag}.latch ]",
            *self.join(phis + pairs, [("guard", firsts + places), ("latch", results + swapped)]),
            *lines,
            f"br label %{tag}.latch",
            f"{tag}.latch:",
            f"{k.text}.next = add nsw i64 {k.text}, {step}",
            f"{k.text}.done = icmp eq i64 {k.text}, {end}",
            f"br i1 {k.text}.done, label %{tag}.exit, label %{tag}.body, "
            f"!llvm.loop {self.kernel.loop_metadata(0)}",
            f"{tag}.exit:",
        ]
        finals, ends = self.phis(firsts), self.phis(places)
        sources = [("guard", firsts + places), ("latch", results + swapped)]
        e.lines += self.join(finals + ends, sources[1:] if trips > 0 else sources)
        self.bring_home(ends)
        self.set_results(finals)

    def _rows(self, k: Reg) -> Buffers:
        """The body's buffers, with the rows that it collects."""
        (inner,) = self.root.inner
        carried = self.eqn.attrs["carried"]
        results = self.eqn.results[carried:]
        rows = [self._row(target, v, k) for target, v in zip(inner.targets[carried:], results)]
        inner.targets = [*inner.targets[:carried], *rows]
        return inner

    def _elements(self, k: Reg) -> Places:
        """Where the rows of stacked operands are."""
        carried = self.eqn.attrs["carried"]
        stacks = self.eqn.operands[1 + carried :]
        (region,) = self.eqn.regions
        places: Places = {region.params[0]: [k]}
        for p, v in zip(region.params[1 + carried :], stacks):
            places[p] = self._row(self.kernel.pointer(v), v, k)
        return places

    def _row(self, base: str, v: Value, k: Reg) -> str:
        size = count(self.kernel, v.shape[1:])
        row = self.e.op("mul", k, Reg(size, "i64")) if size != "1" else k
        return self.e.gep(base, memory_type(v.dtype), row.text)


class _While(_Loop):
    """`while`: the test at the top, results are what it tested last."""

    def emit(self) -> None:
        e, tag = self.e, self.tag
        test, body = self.root.inner
        firsts = self.start()
        self.label("guard")
        e.put(f"br label %{tag}.test")
        places = self.swap()
        phis, pairs, outer = self.phis(firsts), self.phis(places), e.lines
        swapped = self.place_pairs(pairs)
        lines: list[str] = []
        e.lines = lines
        ((more,),) = self.run(test, self.carried(test.plan.fn, phis))
        e.put(f"br i1 {more.text}, label %{tag}.body, label %{tag}.exit")
        e.put(f"{tag}.body:")
        results = self.run(body, self.carried(body.plan.fn, phis))
        self.poll()
        self.label("latch")
        e.put(f"br label %{tag}.test, !llvm.loop {self.kernel.loop_metadata(0)}")
        e.lines = outer
        e.lines += [
            f"{tag}.test:",
            *self.join(phis + pairs, [("guard", firsts + places), ("latch", results + swapped)]),
            *lines,
            f"{tag}.exit:",
        ]
        self.bring_home(pairs)
        self.set_results(phis)
