"""`explain`: what was captured, which loops are rolled and why, what they keep, which names are guarded."""

from __future__ import annotations

import argparse
import json

from ..api.explain import explain
from ..inspection.modes import compiled_for
from . import target


def add(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("explain", help="loops, branches, what is kept, captured names and guards")
    target.add_arguments(parser)
    target.add_mode(parser, "value")
    target.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = target.load(options)
    f, args = compiled_for(found.f, found.args, found.kwargs, found.mode)
    text = explain(f, *args, **found.kwargs)
    print(json.dumps({"explanation": text.splitlines()}) if options.json else text)
    return 0
