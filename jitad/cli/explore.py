"""`explore`: the page that shows every stage of a compilation side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..inspection import inspect
from ..inspection.page import document
from . import target
from .serve import serve


def add(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("explore", help="write the page of a function, or serve it")
    target.add_arguments(parser)
    target.add_mode(parser, "grad")
    parser.add_argument("-o", "--output", metavar="PAGE", help="the file to write (FUNCTION.html)")
    measured = parser.add_mutually_exclusive_group()
    measured.add_argument(
        "--profile", action="store_true", help="call it, and show measured times instead of estimates"
    )
    measured.add_argument(
        "--serve", action="store_true", help="show the page at a local address, anew when the file changes"
    )
    parser.add_argument("--port", type=int, default=0, help="for --serve (a free one)")
    parser.add_argument("--live", type=int, default=0, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.serve:
        return serve(options)
    found = target.load(options)
    seen = inspect(found.f, *found.args, mode=found.mode, **found.kwargs)
    profile = seen.profile() if options.profile else None
    path = Path(options.output or f"{options.target.rpartition(':')[2]}.html")
    try:
        path.write_text(document(seen, profile, options.live), encoding="utf-8")
    except OSError as error:
        raise target.Refused(f"{path} cannot be written: {error.strerror}") from None
    if profile is not None:
        print(str(profile).splitlines()[0])
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB, {len(seen.stages)} stages")
    return 0
