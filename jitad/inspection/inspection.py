"""Inspection: every stage of one compilation as an object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import pipeline
from ..api.cacheinfo import VersionInfo
from ..api.jit import Jit, jit
from ..ir.graph import Function
from ..lower.located import equations_of, located
from .graph import Accumulation, Graph, accumulation, graph_of
from .machine import asm_stage, llvm_stage
from .memory import memory_stage
from .modes import compiled_for
from .nests import Nest, nests_of
from .page import document
from .plan import plan_stage
from .profile import Profile, profile_of
from .programs import stage_of
from .remarks import remarks_stage
from .source import source_stage
from .stages import Stage

#: What the pipeline calls a stage → its name here, and its title.
NAMES = {
    "primal": ("ir", "what was captured"),
    "traced": ("ir", "what was captured"),
    "simplified": ("simplified_ir", "after simplification, before differentiation"),
    "tangent": ("tangent_ir", "with tangents"),
    "adjoint": ("adjoint_ir", "with the reverse sweep"),
    "optimized": ("optimized_ir", "after optimisation"),
}


class Inspection:
    """What became of a function for one set of argument types.

    Every stage is an attribute, and an entry of `stages`, by its name: `source`, `ir`, `simplified_ir`,
    `tangent_ir` or `adjoint_ir`, `optimized_ir`, `lowered_ir`, `memory`, `plan`, `llvm`, `optimized_llvm`,
    `asm`, `remarks`. A derivative of a derivative has its inner stages as `ir`, `adjoint_ir` …, and the outer
    ones as `ir.2` ….

    name     of the compiled function
    version  the specialisation
    """

    def __init__(
        self, function: Jit, args: tuple, kwargs: dict[str, Any], given: tuple[Callable, tuple] | None = None
    ) -> None:
        """`given`: the function that this one is a derivative of, and its arguments."""
        self.name = function.__name__
        self._function = function
        self._given = (*(given or (function._function, args)), kwargs)
        self._call = call = function._binder.bind(args, kwargs)
        self.version = function._version(call)
        noted: list[tuple[str, Function]] = []
        with pipeline.watched(lambda stage, fn: noted.append((stage, fn))):
            again = function._trace(list(self.version.leaves), list(self.version.names), call)
            self.binary = pipeline.compile_native(again.fn)
        self.captures = again.captures
        self.functions = _named(noted)

    def __getattr__(self, name: str) -> Stage:
        if name.startswith("_") or name not in self.__dict__.get("functions", ()):
            raise AttributeError(f"{type(self).__name__} has no {name!r}; see its `stages`")
        return self.stages[name]

    @cached_property
    def equations(self) -> Any:
        """The equations that were lowered, by number."""
        return equations_of(self.binary.lowered)

    @cached_property
    def stages(self) -> Mapping[str, Stage]:
        """All stages, in order."""
        found = {name: stage_of(name, title, fn) for name, (title, fn) in self.functions.items()}
        found["lowered_ir"] = self.lowered_ir
        locs = [line.loc for stage in found.values() for line in stage.lines if line.loc]
        later = (self.memory, self.plan, self.llvm, self.optimized_llvm, self.asm, self.remarks)
        named = {stage.name: stage for stage in later}
        return {"source": source_stage(dict.fromkeys(locs)), **found, **named}

    @cached_property
    def lowered_ir(self) -> Stage:
        """The IR that became code; its equations are what `Line.eqn` numbers."""
        (source, *_) = reversed(self.binary.lowered.sources.values())
        numbers = {eqn: k for k, eqn in enumerate(self.equations)}
        return stage_of("lowered_ir", "as it was lowered", source.fn, numbers)

    @cached_property
    def nests(self) -> list[Nest]:
        """What the kernel runs one after the other, with estimated costs; functions that it calls aside."""
        return nests_of(next(reversed(self.binary.lowered.sources.values())))

    @cached_property
    def memory(self) -> Stage:
        """What loops keep for the way back, what is computed again, and the workspace, in bytes."""
        return memory_stage(self.captures, self.binary.lowered.workspace_bytes)

    @cached_property
    def plan(self) -> Stage:
        """Which equations share a nest, which buffers exist, what happens in place."""
        return plan_stage(self.binary.lowered, self.equations)

    @cached_property
    def _located(self) -> tuple[str, str, str]:
        text = located(self.binary.lowered)
        return (text, *self.binary.module.texts(text))

    @cached_property
    def source(self) -> Stage:
        """The user's functions."""
        return self.stages["source"]

    @cached_property
    def llvm(self) -> Stage:
        """LLVM's language, as it was emitted."""
        return llvm_stage("llvm", "as emitted", self._located[0], self.equations)

    @cached_property
    def optimized_llvm(self) -> Stage:
        """LLVM's language after its passes."""
        return llvm_stage("optimized_llvm", "after LLVM's passes", self._located[1], self.equations)

    @cached_property
    def asm(self) -> Stage:
        """Assembly."""
        return asm_stage(self._located[2], self.equations)

    @cached_property
    def remarks(self) -> Stage:
        """What the machine does for each line: vectors or single numbers, calls, divisions, spills."""
        return remarks_stage(self.asm)

    def graph(self, stage: str = "") -> Graph:
        """The computational graph of an IR stage as a picture.

        stage  the name of one; "": that with the derivative if there is one, where what the reverse sweep
               added stands beside the program, with the values that flow between; else what was captured
        """
        stage = stage or next((n for n in ("adjoint_ir", "tangent_ir") if n in self.functions), "ir")
        if stage not in self.functions:
            raise ValueError(f"{stage!r} is no IR stage; there are {', '.join(self.functions)}")
        return graph_of(self.functions[stage][1])

    def accumulation(self, mode: str = "reverse") -> Accumulation:
        """The function, not its derivative, step by step at the arguments of `inspect`: a table and pictures.

        mode  "reverse": values, then adjoints from the result back; "forward": values and tangents together

        ValueError unless it is straight code on numbers with one result.
        """
        f, args, kwargs = self._given
        plain = Inspection(jit(f), args, kwargs)
        return accumulation(plain.functions["ir"][1], list(plain._call.leaves), mode)

    def profile(self, *args: Any, repeat: int | None = None, **kwargs: Any) -> Profile:
        """Measure where the time goes: native timers between nests, shown by line.

        args    of the types that were inspected; those of `inspect` if none are given
        repeat  calls, of which the best counts; None: as many as take 0.2 s

        TypeError for arguments of other types.
        """
        call = self._function._binder.bind(args, kwargs) if args or kwargs else self._call
        if self._function._version(call) is not self.version:
            raise TypeError(
                f"{self.name} was inspected for {self._arguments()}; inspect it for these arguments"
            )
        return profile_of(self.version, call.leaves, repeat)

    def diff(self, one: str, other: str) -> str:
        """What changed between two stages, as a unified diff; ValueError for a name that there is not."""
        for name in (one, other):
            if name not in self.stages:
                raise ValueError(f"no stage is called {name!r}; there are {', '.join(self.stages)}")
        return self.stages[one].diff(self.stages[other])

    def save(self, directory: str | Path) -> list[Path]:
        """Write every stage to a file of its own, `ir.txt`, `asm.s` …; their paths."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        endings = {"python": "py", "llvm": "ll", "asm": "s"}
        paths = []
        for stage in self.stages.values():
            paths.append(directory / f"{stage.name}.{endings.get(stage.language, 'txt')}")
            stage.save(paths[-1])
        return paths

    def to_html(self, path: str | Path | None = None, profile: Profile | None = None) -> str:
        """The explorer page: every stage side by side, in one file that needs nothing else.

        path     where to write it; None: nowhere
        profile  what `profile` gave: the bars beside the source are its times; None: estimates

        Returns the page as text. Pointing at a line shows in all panes what it became and what it came from.
        """
        text = document(self, profile)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.functions]

    def __repr__(self) -> str:
        rows = [
            f"  {name:<16} {stage.title}, {len(stage.lines)} lines" for name, stage in self.stages.items()
        ]
        return "\n".join([f"{self.name}({self._arguments()})", *rows])

    def _arguments(self) -> str:
        return VersionInfo.of(self.version).arguments


def _named(noted: list[tuple[str, Function]]) -> dict[str, tuple[str, Function]]:
    """Unique names of stages, with their titles. What a derivative is put into is no stage by itself."""
    if any(stage == "primal" for stage, _ in noted):
        noted = [x for x in noted if x[0] != "traced"]
    found: dict[str, tuple[str, Function]] = {}
    for stage, fn in noted:
        if stage in NAMES:
            name, title = NAMES[stage]
            count = sum(known.split(".")[0] == name for known in found)
            found[f"{name}.{count + 1}" if count else name] = title, fn
    return found


def inspect(f: Callable, *args: Any, mode: str = "value", **kwargs: Any) -> Inspection:
    """Every stage of the compilation of `f` for arguments of these types.

    f     a Python function, or the result of a transformation such as `jad.grad(f)`
    args  as `f` takes them
    mode  "value": `f` itself; "grad", "value_and_grad", "derivative": that transformation of `f` with
          respect to its first argument; "jvp", "vjp": with respect to all, with tangents or cotangents given

    Returns an `Inspection`. The function is compiled once more for it, with what connects each instruction
    with the user's line; its code is that of the calls. Raises what compiling `f` raises, ValueError for
    another mode.
    """
    function, own = compiled_for(f, args, kwargs, mode)
    return Inspection(function, own, kwargs, (f._function if isinstance(f, Jit) else f, args))
