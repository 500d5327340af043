"""`show`: stages of a compilation as text."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from ..inspection import Inspection, inspect
from ..inspection.stages import Stage
from . import target

#: Short names of stages: the first that there is, is meant.
SHORT = {
    "adjoint": ("adjoint_ir",),
    "tangent": ("tangent_ir",),
    "optimized": ("optimized_ir",),
    "lowered": ("lowered_ir",),
}


def add(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("show", help="print stages: source, IR, plan, LLVM, assembly, remarks")
    target.add_arguments(parser)
    target.add_mode(parser, "value")
    parser.add_argument(
        "--stage",
        default="ir",
        metavar="A,B",
        help="which: source, ir, simplified_ir, adjoint, tangent, optimized, lowered, memory, plan, llvm, "
        "optimized_llvm, asm, remarks, or all (ir); adjoint and tangent choose a mode by themselves",
    )
    parser.add_argument("--line", type=int, metavar="N", help="only what serves this line of the source")
    target.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    names = [name.strip() for name in options.stage.split(",")]
    if options.mode == "value":
        options.mode = next((m for n, m in (("adjoint", "grad"), ("tangent", "jvp")) if n in names), "value")
    found = target.load(options)
    seen = inspect(found.f, *found.args, mode=found.mode, **found.kwargs)
    stages = [_only(stage, options.line) for stage in _chosen(seen, names)]
    if options.json:
        print(json.dumps({stage.name: [_entry(line) for line in stage.lines] for stage in stages}))
        return 0
    for stage in stages:
        if len(stages) > 1:
            print(f"== {stage.name}: {stage.title}")
        _print(stage)
    return 0


def _chosen(seen: Inspection, names: list[str]) -> list[Stage]:
    if names == ["all"]:
        return list(seen.stages.values())
    chosen = []
    for name in names:
        known = [n for n in SHORT.get(name, (name,)) if n in seen.stages]
        if not known:
            raise target.Refused(f"there is no stage {name!r}; there are {', '.join(seen.stages)}, all")
        chosen.append(seen.stages[known[0]])
    return chosen


def _only(stage: Stage, line: int | None) -> Stage:
    if line is None:
        return stage
    return Stage(stage.name, stage.title, stage.language, tuple(stage.of_line(line)))


def _entry(line: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"text": line.text}
    if line.loc is not None:
        entry |= {"file": line.loc.file, "line": line.loc.line}
    if line.origin:
        entry["origin"] = line.origin
    if line.eqn >= 0:
        entry["equation"] = line.eqn
    return entry


def _print(stage: Stage) -> None:
    """In colour on a terminal, where the libraries for that are installed."""
    if sys.stdout.isatty():
        try:
            from rich.console import Console

            Console(soft_wrap=True).print(stage)
            return
        except ImportError:
            pass
    print(stage)
